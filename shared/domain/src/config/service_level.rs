//! Service levels: by when a lead is to be contacted, and what happens else.

use std::fmt;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Action;
use crate::id::AssigneeId;

/// By when an assigned lead is to be contacted, and what happens as long as it is not. The time of each step counts from the
/// assignment; a contact ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceLevel {
    /// Which time counts.
    #[serde(default)]
    pub clock: Clock,
    /// One after another, each later than the one before.
    pub steps: Vec<Step>,
}

/// Which time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// All of it.
    #[default]
    Wall,
    /// That in which the assignee works.
    Working,
}

/// What happens when a lead was not contacted in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// How long after the assignment.
    pub after: Wait,
    /// What happens.
    #[serde(rename = "do")]
    pub action: StepAction,
}

/// What a step of a service level does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepAction {
    /// A notice goes to the destinations of whoever has the lead.
    Remind,
    /// The next candidate gets the lead, never one who had it. When there is none, whoever has it keeps it.
    Reassign,
    /// A notice goes to the destinations of this assignee, a manager say; the lead stays where it is.
    Escalate(AssigneeId),
}

/// How often a lead is offered before something else happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attempts {
    /// The number of assignees that it is offered to, one after another.
    pub at_most: u8,
    /// What happens then; the lead waits for a person where nothing is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Action>,
}

/// A length of time, from a minute to 90 days: `15m`, `1h30m`, `2d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Wait(SignedDuration);

const WAIT_MIN: SignedDuration = SignedDuration::from_mins(1);
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Wait {
    /// The time.
    #[must_use]
    pub fn duration(self) -> SignedDuration {
        self.0
    }
}

/// A text that is no length of time.
#[derive(Debug, thiserror::Error)]
#[error("'{text}' is no time from a minute to 90 days: write 15m, 1h30m or 2d")]
pub struct InvalidWait {
    text: String,
}

impl TryFrom<String> for Wait {
    type Error = InvalidWait;
    fn try_from(text: String) -> Result<Self, InvalidWait> {
        // The library has no days without a calendar; here a day is 24 hours.
        let days = text.strip_suffix('d').and_then(|days| days.parse::<i32>().ok());
        let duration = match days {
            Some(days) => Some(SignedDuration::from_hours(i64::from(days) * 24)),
            None => text.parse::<SignedDuration>().ok(),
        };
        let wait = duration.filter(|duration| (WAIT_MIN..=WAIT_MAX).contains(duration));
        wait.map(Self).ok_or_else(|| InvalidWait { text: text.chars().take(40).collect() })
    }
}

impl From<Wait> for String {
    fn from(wait: Wait) -> Self {
        wait.to_string()
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.0.as_hours(), self.0.as_mins() % 60, self.0.as_secs() % 60);
        if hours > 0 && hours % 24 == 0 && minutes == 0 && seconds == 0 {
            return write!(f, "{}d", hours / 24);
        }
        for (count, unit) in [(hours, "h"), (minutes, "m"), (seconds, "s")] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits() {
        for (written, seconds, again) in [
            ("15m", 900, "15m"),
            ("1h30m", 5_400, "1h30m"),
            ("90m", 5_400, "1h30m"),
            ("2d", 172_800, "2d"),
            ("90s", 90, "1m30s"),
        ] {
            let wait = Wait::try_from(written.to_owned()).unwrap();
            assert_eq!((wait.duration().as_secs(), wait.to_string().as_str()), (seconds, again));
            assert_eq!(Wait::try_from(wait.to_string()).unwrap(), wait);
        }
        for bad in ["", "15", "soon", "-5m", "59s", "91d", "1.5d"] {
            assert!(Wait::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
