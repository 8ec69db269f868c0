//! Routing tests: sample leads beside the rules, with what each is expected to get.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AssigneeId, PoolId, ProfileId, RuleId};
use crate::sample::SampleLead;

/// A sample lead with what it is expected to get. A config whose test fails is refused.
///
/// It is decided as the first lead ever: no caps are used and no rotation has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingTest {
    /// What it shows, for people.
    pub name: String,
    /// The lead.
    pub lead: SampleLead,
    /// What it shall get.
    pub expect: Expectation,
}

/// What a sample lead shall get: everything that is given must be so. Where all matching rules decide, one of them must
/// fit the whole of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The profile that decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileId>,
    /// The rule that matches; `default` for the default action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// The pool it is given from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// Who gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AssigneeId>,
    /// What becomes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ExpectedOutcome>,
}

/// What becomes of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedOutcome {
    /// Someone gets it.
    Assigned,
    /// Nobody eligible can take it.
    Parked,
    /// It waits in a queue.
    Queued,
    /// Its owner stays what it was.
    Nothing,
}

impl ExpectedOutcome {
    /// The outcome as logs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Parked => "parked",
            Self::Queued => "queued",
            Self::Nothing => "nothing",
        }
    }
}

/// The word for the default action where a rule is expected.
pub const DEFAULT_RULE: &str = "default";

/// Most routing tests of a config.
pub const TESTS_MAX: usize = 1_000;
