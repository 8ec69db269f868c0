//! Who can be given a lead.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Absence, Amount, WeeklyHours, Zone, is_true, yes};
use crate::condition::Condition;
use crate::field::FieldName;
use crate::id::{AssigneeId, CalendarId, DestinationId, ScheduleId};

/// Someone who can be given a lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignee {
    /// Its name in pools, rules and logs.
    pub id: AssigneeId,
    /// Its name for people.
    pub name: String,
    /// Its name for senders of leads, where a source's `answers` tells who got one. Without it nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_name: Option<String>,
    /// A sales rep or a buyer.
    #[serde(default)]
    pub kind: AssigneeKind,
    /// Where notices to this person go; templates name it `assignee.email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The manual switch: an inactive assignee is given nothing.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub active: bool,
    /// The share of this assignee against the others of a pool.
    #[serde(default)]
    pub weight: Weight,
    /// The zone in which its caps count and its hours are read; the account's where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Zone>,
    /// The weekly hours that it shares with others; without any it is always at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleId>,
    /// Weekly hours of its own, in the place of a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<WeeklyHours>,
    /// The calendars whose days are off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<CalendarId>,
    /// When it is away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absences: Vec<Absence>,
    /// Most leads in a period, whatever the pool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// Most open leads at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// What it is to be given in a period, for the strategy `furthest_below_target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Which tier it is in for the strategy `priority`.
    #[serde(default, skip_serializing_if = "Tier::is_first")]
    pub tier: Tier,
    /// What it pays for a lead, for the strategy `highest_price`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
    /// The leads it takes; all where no condition is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Condition>,
    /// Days within which it takes no second lead of the same email or phone, whatever the source or lead type; 0 for any.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duplicate_days: u16,
    /// Days within which it may return a lead; 0 for none.
    #[serde(default = "return_days", skip_serializing_if = "is_return_days")]
    pub return_days: u16,
    /// Its name in another system, by which the action `named` finds it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// What else is true of it or not: a source's `access` may ask for one of these.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<FieldName, bool>,
    /// Where its leads are delivered: each makes its own delivery.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<DestinationId>,
}

/// Two weeks: long enough to reach somebody on holiday.
const RETURN_DAYS: u16 = 14;

fn return_days() -> u16 {
    RETURN_DAYS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_return_days(days: &u16) -> bool {
    *days == RETURN_DAYS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(days: &u16) -> bool {
    *days == 0
}

/// Most open leads at a time: a lead is open from its assignment until it comes back or its stage is a closed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// Their number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads: Option<u32>,
    /// What they may be worth together, by the account's `value_field`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
}

/// What an assignee is to be given in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The period.
    pub period: Period,
    /// The number of leads; at least one.
    pub leads: u32,
}

/// A tier of the strategy `priority`: 1 is served before 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Tier(pub u8);

impl Default for Tier {
    fn default() -> Self {
        Self(1)
    }
}

impl Tier {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_first(&self) -> bool {
        *self == Self::default()
    }
}

/// A sales rep or a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssigneeKind {
    /// A sales rep.
    #[default]
    User,
    /// A buyer.
    Partner,
}

/// Most leads that may be given in one period. Never exceeded, under any concurrency or retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// The period.
    pub period: Period,
    /// The number of leads.
    pub limit: u32,
}

/// A period that begins anew in the assignee's own time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Period {
    Hour,
    Day,
    Week,
    Month,
    Lifetime,
}

impl Period {
    /// Every period. Each is counted for every assignee, so that a cap that is published later knows what was given.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Lifetime];

    /// The period as it is written in a config.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Lifetime => "lifetime",
        }
    }
}

/// A share in a rotation, in millionths; written as a number from 0 to 1,000 with up to six decimals.
///
/// 0 means never by rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u32);

impl Weight {
    /// A weight of 1.
    pub const ONE: Self = Self(1_000_000);
    const MAX: u32 = 1_000_000_000;

    /// The weight in millionths.
    #[must_use]
    pub fn millionths(self) -> u32 {
        self.0
    }

    /// A weight of so many millionths; at most 1,000 whole ones.
    #[must_use]
    pub fn from_millionths(millionths: u32) -> Option<Self> {
        (millionths <= Self::MAX).then_some(Self(millionths))
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self::ONE
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(self.0) / 1e6)
    }
}

impl JsonSchema for Weight {
    fn schema_name() -> Cow<'static, str> {
        "Weight".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A share in a rotation: 0 to 1000 with up to six decimals. 0 means never by rotation.",
            "type": "number",
            "minimum": 0,
            "maximum": 1000,
        })
    }
}

impl Serialize for Weight {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1_000_000) {
            serializer.serialize_u32(self.0 / 1_000_000)
        } else {
            serializer.serialize_f64(f64::from(self.0) / 1e6)
        }
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        let millionths = (value * 1e6).round();
        // The bound is checked first, so the cast below can neither cut nor wrap; NaN fails the comparison.
        if !(0.0..=1000.0).contains(&value) || (millionths / 1e6 - value).abs() > 1e-9 {
            return Err(serde::de::Error::custom(format!(
                "{value} is no weight: use a number from 0 to 1000 with at most six decimals"
            )));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1e9, checked above")]
        let millionths = millionths as u32;
        Ok(Self(millionths))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights() {
        let read = |text: &str| serde_json::from_str::<Weight>(text);
        assert_eq!(read("1").unwrap(), Weight::ONE);
        assert_eq!(read("0.333333").unwrap().millionths(), 333_333);
        assert_eq!(read("1000").unwrap().millionths(), 1_000_000_000);
        for bad in ["-1", "1000.1", "0.0000001", "\"1\""] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for text in ["0", "2", "0.5", "12.25", "0.000001"] {
            assert_eq!(serde_json::to_string(&read(text).unwrap()).unwrap().parse::<f64>(), text.parse());
        }
    }
}
