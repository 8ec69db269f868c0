//! Days and moments in the format that a mapping says.

use jiff::civil;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::config::{DateFormat, UNIX_MS, Zone};

/// The day as `2026-01-31`, or the moment as `2026-01-31T14:00:00Z`.
///
/// # Errors
/// What is expected, in words.
pub(super) fn read(format: &DateFormat, text: &str, source_zone: &TimeZone) -> Result<String, String> {
    let zone = format.zone.as_ref().map_or(source_zone, Zone::time_zone);
    parse(&format.format, text.trim(), zone)
        .ok_or_else(|| format!("a date or a time in the format '{}'", format.format))
}

fn parse(format: &str, text: &str, zone: &TimeZone) -> Option<String> {
    if format == UNIX_MS {
        let moment = Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_millis(text.parse().ok()?)).ok()?;
        return Some(moment.to_string());
    }
    let parsed = strtime::parse(format, text).ok()?;
    // With an offset or a zone of its own it is a moment as it stands.
    if let Ok(moment) = parsed.to_timestamp() {
        return Some(moment.to_string());
    }
    let day = parsed.to_date().ok()?;
    if parsed.hour().is_none() {
        return Some(day.to_string());
    }
    let time: civil::Time = parsed.to_time().ok()?;
    // As capture does it: in the hour that a clock goes through twice the earlier one, in the one that it leaves out the
    // later.
    Some(day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp().to_string())
}
