//! Amounts: prices and values.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A price or a value in the account's own unit: a decimal of 0 or more, without rounding. Written as a number, or as a text
/// where a number would lose digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Amount(Decimal);

impl Amount {
    /// The decimal.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }
}

impl Amount {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|amount: &Decimal| !amount.is_sign_negative()).map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A decimal of 0 or more, as a number or a text.",
            "oneOf": [{ "type": "number", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?$" }],
        })
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        match text.parse::<f64>() {
            Ok(number) if number.to_string() == text => match text.parse::<u64>() {
                Ok(whole) => serializer.serialize_u64(whole),
                Err(_) => serializer.serialize_f64(number),
            },
            _ => serializer.serialize_str(&text),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl Visitor<'_> for Form {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal of 0 or more, such as 12.50")
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Amount, E> {
                Ok(Amount(number.into()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amount, E> {
                Amount::read(&number.to_string()).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Amount, E> {
                // The shortest text that means this number is the one that was written.
                Amount::read(&number.to_string()).ok_or_else(|| E::invalid_value(de::Unexpected::Float(number), &self))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                Amount::read(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        for (written, read, written_again) in [
            ("12", "12", "12"),
            ("12.50", "12.5", "12.5"),
            ("\"0.10\"", "0.1", "0.1"),
            ("\"12345678901234567890.5\"", "12345678901234567890.5", "\"12345678901234567890.5\""),
        ] {
            let amount: Amount = serde_json::from_str(written).unwrap();
            assert_eq!(amount.to_string(), read);
            assert_eq!(serde_json::to_string(&amount).unwrap(), written_again);
        }
        for bad in ["-1", "-0.5", "\"x\"", "true", "[]"] {
            assert!(serde_json::from_str::<Amount>(bad).is_err(), "{bad}");
        }
    }
}
