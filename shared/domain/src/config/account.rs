//! Settings of the account as a whole.

use std::fmt;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::notify::Notify;
use crate::field::FieldName;
use crate::id::AccountName;
use crate::near;

/// Settings of the account as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// Its name, for people.
    pub name: String,
    /// The name by which other accounts know this one in sync; its id where none is given. Accounts that tell each other of
    /// leads need different ones, also in different deployments. Once leads were told it must not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_name: Option<AccountName>,
    /// The IANA time zone in which dates without a zone are read; assignees may have their own.
    pub timezone: Zone,
    /// The day on which a week begins, for weekly caps.
    pub first_weekday: Weekday,
    /// Days that the event log is kept; at least 30, for it also tells repeats apart.
    pub log_days: u16,
    /// The stages in which a lead is no longer worked on: it is not open, and counts against no capacity.
    pub closed_stages: Vec<String>,
    /// The number field that says what a lead is worth, for capacities by value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_field: Option<FieldName>,
    /// Who is told by email of destinations that are suspended and deliveries that are given up, where a destination names
    /// nobody itself.
    #[serde(skip_serializing_if = "Notify::is_nobody")]
    pub notify: Notify,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            name: String::new(),
            sync_name: None,
            timezone: Zone::default(),
            first_weekday: Weekday::default(),
            log_days: LOG_DAYS_DEFAULT,
            closed_stages: ["closed", "won", "lost"].map(str::to_owned).to_vec(),
            value_field: None,
            notify: Notify::default(),
        }
    }
}

const LOG_DAYS_DEFAULT: u16 = 90;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    #[default]
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<Weekday> for jiff::civil::Weekday {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

/// An IANA time zone, such as `Europe/Berlin`. `UTC` where none is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone itself.
    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

/// A name that is no time zone.
#[derive(Debug, thiserror::Error)]
#[error("{name:?} is no time zone: use an IANA name such as Europe/Berlin{hint}")]
pub struct UnknownZone {
    name: String,
    /// The zone that was probably meant.
    hint: String,
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        TimeZone::get(&name).map(Self).map_err(|_| {
            let name: String = name.chars().take(80).collect();
            UnknownZone { hint: hint(&name), name }
        })
    }
}

/// `; did you mean 'Europe/Berlin'?`, for a slip of the pen or a city alone.
fn hint(name: &str) -> String {
    let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
    let city = |zone: &str| zone.rsplit('/').next().unwrap_or_default().to_lowercase();
    let wanted = city(&name.replace(' ', "_"));
    match zones.iter().find(|zone| city(zone) == wanted) {
        Some(zone) => format!("; did you mean '{zone}'?"),
        None => near::hint(name, zones.iter().map(String::as_str)),
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.to_string()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}
