//! From a lead and a destination's templates to a mail. Pure: what is wrong with a template or an address comes back as
//! words for the delivery log.

mod alert;
mod attachment;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use email_address::EmailAddress;
use leadyard_domain::config::Email;
use leadyard_outbound::template::{Escape, TemplateError, Templates};

pub use alert::alert_mail;
pub use attachment::File;

/// The subject where a destination gives none.
const SUBJECT: &str = "{% if notice %}Not contacted yet{% else %}New lead{% endif %}{% if lead.fields.full_name %}: {{ lead.fields.full_name }}\
{% elif lead.fields.last_name %}: {{ lead.fields.first_name }} {{ lead.fields.last_name }}\
{% elif lead.fields.company %}: {{ lead.fields.company }}{% endif %}";
const TEXT: &str = include_str!("../templates/lead.txt");
const HTML: &str = include_str!("../templates/lead.html");

/// SES takes 50 recipients a mail (<https://docs.aws.amazon.com/ses/latest/dg/quotas.html>).
const RECIPIENTS_MAX: usize = 50;
/// A subject longer than this is cut; a header line ends at 998 bytes (RFC 5322, 2.1.1).
const SUBJECT_CHARS_MAX: usize = 200;

/// A mail ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Checked addresses.
    pub to: Vec<String>,
    /// The lead's address, where answers shall go there.
    pub reply_to: Option<String>,
    /// One line.
    pub subject: String,
    /// The text body.
    pub text: String,
    /// The HTML body, in which values are escaped.
    pub html: String,
    /// The lead as a file.
    pub file: Option<File>,
}

/// Why no mail can be made. None of it goes better by itself: the config or the lead has to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A template that can't be rendered.
    #[error("the template of '{part}' can't be rendered: {why}")]
    Template {
        /// Which of the destination's settings.
        part: &'static str,
        /// What is wrong, with its place; never a value of the lead.
        why: String,
    },
    /// A recipient that is no address.
    #[error("recipient {position} of 'to' is no email address: give one, or a template that yields one")]
    Recipient {
        /// From 1.
        position: usize,
    },
    /// Too many recipients.
    #[error("there are {0} recipients; SES takes at most {RECIPIENTS_MAX}")]
    TooMany(usize),
}

/// Makes the mail of one delivery. `context` holds `lead`, `assignee`, `assignment`, `account` and, for
/// a notice of a service level, `notice`; `payload` is what a
/// webhook would get.
///
/// # Errors
/// A template or an address of the destination that can't be used.
pub fn compose(email: &Email, context: &serde_json::Value, payload: &serde_json::Value) -> Result<Mail, ComposeError> {
    let templates = Templates::new(context);
    let render = |part, template: &str, escape| {
        let failed = |error: TemplateError| ComposeError::Template { part, why: error.to_string() };
        templates.render(template, escape).map_err(failed)
    };
    let to = email
        .to
        .iter()
        .enumerate()
        .map(|(index, template)| {
            let address = render("to", template, Escape::Text)?;
            checked(address.trim()).ok_or(ComposeError::Recipient { position: index + 1 })
        })
        .collect::<Result<Vec<_>, _>>()?;
    if to.len() > RECIPIENTS_MAX {
        return Err(ComposeError::TooMany(to.len()));
    }
    let lead_address = context.pointer("/lead/fields/email").and_then(serde_json::Value::as_str);
    Ok(Mail {
        to,
        reply_to: lead_address.filter(|_| email.reply_to_lead).and_then(checked),
        subject: one_line(&render("subject", email.subject.as_deref().unwrap_or(SUBJECT), Escape::Text)?),
        text: render("text", email.text.as_deref().unwrap_or(TEXT), Escape::Text)?,
        html: render("html", email.html.as_deref().unwrap_or(HTML), Escape::Html)?,
        file: email.attachment.map(|kind| File::new(kind, payload)),
    })
}

fn checked(address: &str) -> Option<String> {
    // Control characters would end the header that the address stands in.
    let clean = !address.chars().any(char::is_control);
    EmailAddress::from_str(address).ok().filter(|_| clean).map(|address| address.email())
}

/// One header line: white space of any kind becomes a space, other control characters vanish.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(SUBJECT_CHARS_MAX).collect()
}
