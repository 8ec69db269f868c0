//! What a person says of an assignee between two configs: it holds from the next lead on.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether someone was switched on or off by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// On or off.
    pub switch: Switch,
    /// Until when it holds; until it is changed where there is no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When it was said.
    pub at: Timestamp,
    /// By whom: the name of an API key.
    pub by: String,
}

/// On or off, by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// At work, whatever the schedule, the holidays and the absences say.
    On,
    /// Given nothing.
    Off,
}

impl Availability {
    /// What holds at a moment; `None` when it is over.
    #[must_use]
    pub fn switch_at(&self, now: Timestamp) -> Option<Switch> {
        self.until.is_none_or(|until| now < until).then_some(self.switch)
    }
}
