//! Named groups of assignees.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{Cap, Weight};
use crate::id::{AssigneeId, PoolId};
use crate::strategy::Strategy;

/// A named group of assignees with a strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Its name in rules and logs.
    pub id: PoolId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How one of the eligible members is picked.
    #[serde(default)]
    pub strategy: Strategy,
    /// The members; their order settles the last tie.
    pub members: Vec<PoolMember>,
    /// The pool that is tried when nobody in this one is eligible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<PoolId>,
}

/// A member of a pool: an assignee's id, or the id with settings that hold in this pool only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "MemberForm", into = "MemberForm")]
pub struct PoolMember {
    /// Who.
    pub assignee: AssigneeId,
    /// The share in this pool; the assignee's own weight where none is given.
    pub weight: Option<Weight>,
    /// Most leads in a period from this pool, beside the assignee's own caps.
    pub caps: Vec<Cap>,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
enum MemberForm {
    Id(AssigneeId),
    Full(FullMember),
}

/// By hand: an untagged enum would not say what is wrong with the form that was meant.
impl<'de> Deserialize<'de> for MemberForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = MemberForm;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an assignee's id, or {assignee, weight, caps}")
            }
            fn visit_str<E: de::Error>(self, id: &str) -> Result<MemberForm, E> {
                AssigneeId::new(id).map(MemberForm::Id).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MemberForm, A::Error> {
                FullMember::deserialize(MapAccessDeserializer::new(map)).map(MemberForm::Full)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FullMember {
    assignee: AssigneeId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<Weight>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    caps: Vec<Cap>,
}

impl From<MemberForm> for PoolMember {
    fn from(form: MemberForm) -> Self {
        match form {
            MemberForm::Id(assignee) => Self { assignee, weight: None, caps: Vec::new() },
            MemberForm::Full(FullMember { assignee, weight, caps }) => Self { assignee, weight, caps },
        }
    }
}

impl From<PoolMember> for MemberForm {
    fn from(member: PoolMember) -> Self {
        let PoolMember { assignee, weight, caps } = member;
        if weight.is_none() && caps.is_empty() {
            Self::Id(assignee)
        } else {
            Self::Full(FullMember { assignee, weight, caps })
        }
    }
}
