//! Distribution profiles: ordered rules and a default.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{is_true, yes};
use crate::condition::Condition;
use crate::id::{AssigneeId, Entity, PoolId, ProfileId, RuleId};

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
}

/// What to do with a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// One of the pool's eligible members, by its strategy.
    Pool(PoolId),
    /// This assignee, when eligible.
    AssignTo(AssigneeId),
    /// The lead waits, whoever is eligible.
    Park,
    /// The lead's owner stays what it was.
    DoNothing,
}

/// What happens when nobody is eligible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Else {
    /// The lead waits until someone is.
    #[default]
    Park,
    /// The profile's default action runs.
    Default,
    /// The lead's owner stays what it was.
    DoNothing,
}

/// The default action of a profile: `do_nothing`, or actions in order. With nobody eligible the lead is parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "DefaultForm", into = "DefaultForm")]
pub struct DefaultAction(pub Vec<Action>);

#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
enum DefaultForm {
    One(Action),
    Several(Vec<Action>),
}

/// By hand: an untagged enum would not say what is wrong with the form that was meant.
impl<'de> Deserialize<'de> for DefaultForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = DefaultForm;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an action such as do_nothing, park, {pool: …} or {assign_to: …}, or a list of actions")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<DefaultForm, E> {
                Action::deserialize(name.into_deserializer()).map(DefaultForm::One)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DefaultForm, A::Error> {
                Action::deserialize(MapAccessDeserializer::new(map)).map(DefaultForm::One)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<DefaultForm, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(DefaultForm::Several)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl From<DefaultForm> for DefaultAction {
    fn from(form: DefaultForm) -> Self {
        match form {
            DefaultForm::One(action) => Self(vec![action]),
            DefaultForm::Several(actions) => Self(actions),
        }
    }
}

impl From<DefaultAction> for DefaultForm {
    fn from(DefaultAction(mut actions): DefaultAction) -> Self {
        match (actions.pop(), actions.is_empty()) {
            (Some(only), true) => Self::One(only),
            (Some(last), false) => {
                actions.push(last);
                Self::Several(actions)
            }
            (None, _) => Self::Several(actions),
        }
    }
}
