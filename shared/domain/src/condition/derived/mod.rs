//! Fields that are computed from a lead and its event, each when a rule asks for it.

mod calling_codes;
mod free_mail;

use jiff::civil::{self, Weekday};

use super::Subject;
use crate::field::FieldValue;

/// The value of a derived field; `None` for a name that is none, and where what it is computed from is missing.
pub(super) fn value(subject: &Subject<'_>, name: &str) -> Option<FieldValue> {
    let lead = subject.lead;
    Some(match name {
        "email.domain" => FieldValue::Text(email_domain(subject)?.to_owned()),
        "email.is_free" => FieldValue::Boolean(free_mail::is_free(email_domain(subject)?)),
        "lead.duplicate_count" => FieldValue::Number { number: lead.duplicate_count.into() },
        "lead.is_new" => FieldValue::Boolean(subject.is_new),
        "lead.owner" => FieldValue::Text(lead.owner.as_ref()?.to_string()),
        "phone.country" => FieldValue::Text(calling_codes::country(text(subject, "phone")?)?.to_owned()),
        // To the second: with the fraction in it, no lead would come at 09:00.
        "received.time" => {
            let local = subject.received_at.to_zoned(subject.zone.clone()).time();
            FieldValue::Time { time: civil::time(local.hour(), local.minute(), local.second(), 0) }
        }
        "received.weekday" => {
            FieldValue::Text(day_name(subject.received_at.to_zoned(subject.zone.clone()).weekday()).to_owned())
        }
        "source.id" => FieldValue::Text(subject.source.to_string()),
        _ => return None,
    })
}

fn text<'a>(subject: &Subject<'a>, name: &str) -> Option<&'a str> {
    match subject.lead.fields.get(name)? {
        FieldValue::Text(text) => Some(text),
        _ => None,
    }
}

fn email_domain<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    text(subject, "email")?.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.trim().is_empty())
}

/// The day as `received.weekday` has it among its options.
fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}
