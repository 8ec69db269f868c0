//! What a rule does with a lead.

use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::field::FieldName;
use crate::id::{AssigneeId, InvalidId, PoolId, QueueId};

/// What to do with a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// One of the pool's eligible members, by its strategy.
    Pool(Recipient<PoolId>),
    /// This assignee, when eligible.
    AssignTo(Recipient<AssigneeId>),
    /// The lead waits in a queue until a member claims it.
    Queue(QueueId),
    /// Whoever has the lead keeps it, when eligible.
    KeepOwner,
    /// The assignee whom this field of the lead names by id, email or external id, when eligible. A lead without the field
    /// goes on to the next action; a name that no assignee has is refused, never passed over.
    Named(FieldName),
    /// The lead waits, whoever is eligible.
    Park,
    /// The lead's owner stays what it was.
    DoNothing,
}

/// Whom an action names: an id, or the id with what a reached cap or capacity means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(into = "RecipientForm<I>")]
#[schemars(with = "RecipientForm<I>")]
pub struct Recipient<I: Clone + Serialize + JsonSchema> {
    /// Who.
    pub id: I,
    /// What happens when the one whose turn it is has had enough.
    pub over_cap: OverCap,
}

/// What happens when the one whose turn it is has reached a cap or the capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OverCap {
    /// The next candidate is taken.
    #[default]
    Next,
    /// The next action is tried.
    Else,
    /// The lead waits for that one.
    Park,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
enum RecipientForm<I> {
    Id(I),
    Full(FullRecipient<I>),
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FullRecipient<I> {
    id: I,
    #[serde(default)]
    over_cap: OverCap,
}

impl<I: Clone + Serialize + JsonSchema> From<I> for Recipient<I> {
    fn from(id: I) -> Self {
        Self { id, over_cap: OverCap::Next }
    }
}

impl<I: Clone + Serialize + JsonSchema> From<Recipient<I>> for RecipientForm<I> {
    fn from(Recipient { id, over_cap }: Recipient<I>) -> Self {
        match over_cap {
            OverCap::Next => Self::Id(id),
            OverCap::Else | OverCap::Park => Self::Full(FullRecipient { id, over_cap }),
        }
    }
}

/// By hand: an untagged enum would not say what is wrong with the form that was meant.
impl<'de, I> Deserialize<'de> for Recipient<I>
where
    I: Clone + Serialize + JsonSchema + Deserialize<'de> + std::str::FromStr<Err = InvalidId>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form<I>(PhantomData<I>);
        impl<'de, I> Visitor<'de> for Form<I>
        where
            I: Clone + Serialize + JsonSchema + Deserialize<'de> + std::str::FromStr<Err = InvalidId>,
        {
            type Value = Recipient<I>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, or {id, over_cap}")
            }
            fn visit_str<E: de::Error>(self, id: &str) -> Result<Recipient<I>, E> {
                id.parse().map(|id| Recipient { id, over_cap: OverCap::Next }).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Recipient<I>, A::Error> {
                let FullRecipient { id, over_cap } = FullRecipient::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Recipient { id, over_cap })
            }
        }
        deserializer.deserialize_any(Form(PhantomData))
    }
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
