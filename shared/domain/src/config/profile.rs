//! Distribution profiles: ordered rules and a default.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Amount, Attempts, DefaultAction, Else, ServiceLevel, is_true, yes};
use crate::condition::Condition;
use crate::id::{Entity, ProfileId, RuleId};

/// The ordered rules of one entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name in logs.
    pub id: ProfileId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The lead type that it distributes.
    #[serde(default = "super::source::default_entity")]
    pub entity: Entity,
    /// A disabled profile decides nothing.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// Which of the matching rules decide.
    #[serde(default, rename = "match")]
    pub match_mode: MatchMode,
    /// What becomes of a lead that somebody has when another event meets it.
    #[serde(default, skip_serializing_if = "Redistribute::is_never")]
    pub redistribute: Redistribute,
    /// By when the lead is to be contacted, where a rule says nothing of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<ServiceLevel>,
    /// How often a lead is offered, where a rule says nothing of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Attempts>,
    /// Tried in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Runs when no rule matches, or when a matching one ends with nobody eligible and says `else: default`. Without one,
    /// a lead that no rule matches goes on to the next enabled profile of its entity; after the last it is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultAction>,
}

/// Which of the matching rules decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchMode {
    /// The first one.
    #[default]
    First,
    /// Every one: each makes an assignment of its own, and nobody is given the same lead twice.
    All,
}

/// What becomes of a lead that somebody has when another event meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Redistribute {
    /// Whoever has it keeps it.
    #[default]
    Never,
    /// It is decided anew when its stage is a closed one.
    Closed,
    /// It is decided anew with each event that changes it.
    Always,
}

impl Redistribute {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_never(&self) -> bool {
        *self == Self::Never
    }
}

/// Conditions and actions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name in logs and traces.
    pub id: RuleId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// From when it can match: a day or a time, in the account's zone when it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_from: Option<String>,
    /// Until when it can match; that moment itself is too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_until: Option<String>,
    /// What must hold; a rule without conditions always matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Tried in order: the first that yields an eligible assignee wins.
    pub then: Vec<Action>,
    /// What happens when none of the actions yields an eligible assignee.
    #[serde(default, rename = "else")]
    pub otherwise: Else,
    /// By when the lead is to be contacted; the profile's where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<ServiceLevel>,
    /// How often a lead is offered; the profile's where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Attempts>,
    /// What a partner pays for a lead that this rule gives it, instead of the pool member's and the assignee's own price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
}
