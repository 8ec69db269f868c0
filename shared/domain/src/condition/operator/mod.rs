//! The operators. Each family has a file; each operator has one line in the list below.

mod equality;
mod listed;
mod membership;
mod ordering;
mod pattern;
mod presence;
mod range;
mod substring;
mod vicinity;
mod written;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

pub(super) use written::shown;
pub use written::{Fault, Written};

use super::{Operand, Scalar};
use crate::field::FieldType;
use crate::near;

/// What an operator is: the compiled form calls nothing else.
pub struct Spec {
    /// Whether it can compare fields of a type.
    pub applies: fn(FieldType) -> bool,
    /// The fields that it can compare, for the error message.
    pub expects: &'static str,
    /// Reads its value.
    pub read: fn(&Written<'_>) -> Result<Operand, Fault>,
    /// Whether it looks at texts with their case, whatever the comparison says.
    pub keeps_case: bool,
    /// Its answer for a missing field.
    pub when_missing: bool,
    /// Its answer for a present one.
    pub test: fn(&Scalar, &Operand) -> bool,
}

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident $name:literal => $spec:expr,)*) => {
        /// How a field is compared.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        pub enum Operator {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Operator {
            /// Every operator.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The operator as it is written in a config.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it does.
            #[must_use]
            pub fn spec(self) -> &'static Spec {
                match self { $(Self::$variant => &$spec,)* }
            }
        }
    };
}

operators! {
    /// The same value; for a list, it holds the value.
    Eq "eq" => equality::EQ,
    /// Not `eq`; true for a missing field.
    Ne "ne" => equality::NE,
    /// One of the values.
    In "in" => membership::IN,
    /// None of the values; true for a missing field.
    NotIn "not_in" => membership::NOT_IN,
    /// Greater, or later.
    Gt "gt" => ordering::GT,
    /// Greater or equal.
    Gte "gte" => ordering::GTE,
    /// Less, or earlier.
    Lt "lt" => ordering::LT,
    /// Less or equal.
    Lte "lte" => ordering::LTE,
    /// Between two values, or one of them.
    Between "between" => range::BETWEEN,
    /// The text stands somewhere in it; for a list, it holds the value.
    Contains "contains" => substring::CONTAINS,
    /// Not `contains`; true for a missing field.
    NotContains "not_contains" => substring::NOT_CONTAINS,
    /// It begins with the text.
    StartsWith "starts_with" => substring::STARTS_WITH,
    /// It ends with the text.
    EndsWith "ends_with" => substring::ENDS_WITH,
    /// A regular expression stands somewhere in it.
    Matches "matches" => pattern::MATCHES,
    /// An entry of a list beside the config.
    InList "in_list" => listed::IN_LIST,
    /// No entry of it; true for a missing field.
    NotInList "not_in_list" => listed::NOT_IN_LIST,
    /// Not farther than so many kilometres from a place.
    WithinKm "within_km" => vicinity::WITHIN_KM,
    /// There is a value.
    Exists "exists" => presence::EXISTS,
    /// There is none.
    Missing "missing" => presence::MISSING,
}

/// By hand, so that a misspelt name is answered with the right one.
impl<'de> Deserialize<'de> for Operator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let names = || Self::ALL.iter().map(|op| op.name());
        Self::ALL.iter().find(|op| op.name() == name).copied().ok_or_else(|| {
            let all: Vec<String> = names().map(|name| format!("`{name}`")).collect();
            let name: String = name.chars().take(NAME_CHARS_SHOWN).collect();
            let hint = near::hint(&name, names());
            serde::de::Error::custom(format!("there is no operator '{name}'{hint} (one of {})", all.join(", ")))
        })
    }
}

/// Longest piece of an unknown name that a message repeats.
const NAME_CHARS_SHOWN: usize = 80;

#[cfg(test)]
mod tests;
