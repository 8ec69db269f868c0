//! Named groups of assignees.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{Amount, Cap, Tier, Weight};
use crate::id::{AssigneeId, PoolId};
use crate::rotation::Member;
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

/// A member of a pool: an assignee's id, or a map with settings that hold in this pool only. A member may be another pool:
/// the rotation then goes on among its members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "MemberForm", into = "MemberForm")]
pub struct PoolMember {
    /// Who.
    pub member: Member,
    /// The share in this pool; where none is given the assignee's own weight, and 1 for a pool.
    pub weight: Option<Weight>,
    /// Most leads in a period from this pool, beside the assignee's own caps.
    pub caps: Vec<Cap>,
    /// Which tier it is in for the strategy `priority`, instead of the assignee's own.
    pub tier: Option<Tier>,
    /// What it pays for a lead from this pool, instead of the assignee's own price.
    pub price: Option<Amount>,
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
                f.write_str("an assignee's id, {assignee, weight, caps}, or {pool, weight}")
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

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FullMember {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignee: Option<AssigneeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pool: Option<PoolId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<Weight>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    caps: Vec<Cap>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tier: Option<Tier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<Amount>,
}

/// A member that names nobody, or two.
#[derive(Debug, thiserror::Error)]
#[error("found {found}, expected one of them: a member is an assignee or a pool")]
pub struct NotOneMember {
    found: &'static str,
}

impl TryFrom<MemberForm> for PoolMember {
    type Error = NotOneMember;
    fn try_from(form: MemberForm) -> Result<Self, NotOneMember> {
        let FullMember { assignee, pool, weight, caps, tier, price } = match form {
            MemberForm::Id(assignee) => FullMember { assignee: Some(assignee), ..FullMember::default() },
            MemberForm::Full(full) => full,
        };
        let member = match (assignee, pool) {
            (Some(assignee), None) => Member::Assignee(assignee),
            (None, Some(pool)) => Member::Pool(pool),
            (None, None) => return Err(NotOneMember { found: "neither 'assignee' nor 'pool'" }),
            (Some(_), Some(_)) => return Err(NotOneMember { found: "both 'assignee' and 'pool'" }),
        };
        Ok(Self { member, weight, caps, tier, price })
    }
}

impl From<PoolMember> for MemberForm {
    fn from(PoolMember { member, weight, caps, tier, price }: PoolMember) -> Self {
        let settings = FullMember { weight, caps, tier, price, ..FullMember::default() };
        match member {
            Member::Assignee(id) => {
                let plain = settings.weight.is_none() && settings.tier.is_none() && settings.price.is_none();
                if plain && settings.caps.is_empty() {
                    Self::Id(id)
                } else {
                    Self::Full(FullMember { assignee: Some(id), ..settings })
                }
            }
            Member::Pool(id) => Self::Full(FullMember { pool: Some(id), ..settings }),
        }
    }
}
