//! Who is told when something goes wrong with a destination.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who is told by email when a destination is suspended, or deliveries to it are given up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// Their addresses; nobody is told where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
}

impl Notify {
    /// Whether it names nobody.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.emails.is_empty()
    }
}
