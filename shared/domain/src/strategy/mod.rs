//! How one of the eligible members is picked. Each strategy narrows the eligible set; what is left goes to the rotation,
//! so every strategy is deterministic. A new strategy is one file here and one line in [`Strategy::narrow`].

mod rotate;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rotation::Candidate;

/// How one of the eligible members is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Weighted round robin.
    #[default]
    Rotate,
}

impl Strategy {
    /// The candidates among whom the rotation picks.
    #[must_use]
    pub fn narrow(self, eligible: Vec<Candidate>) -> Vec<Candidate> {
        match self {
            Self::Rotate => rotate::narrow(eligible),
        }
    }
}
