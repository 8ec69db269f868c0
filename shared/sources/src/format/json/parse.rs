//! Reading JSON that a stranger wrote.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::numbers;
use crate::request::{DEPTH_MAX, Malformed};

/// Reads a body.
///
/// Beyond what `serde_json` does: a key that stands twice in one object is refused, for one of its values would be lost;
/// the depth is bounded; and a number that no double holds stays as it is written, as a text.
///
/// # Errors
/// What is wrong, with its line and column. Nothing of the values stands in it.
pub(in crate::format) fn parse(body: &[u8]) -> Result<Value, Malformed> {
    // Some senders begin with a byte order mark, which RFC 8259 lets a reader skip.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = std::str::from_utf8(body)
        .map_err(|error| syntax(format!("byte {} does not belong to UTF-8", error.valid_up_to() + 1)))?;
    let text = numbers::keep_exact(text);
    let mut json = serde_json::Deserializer::from_str(&text);
    let value = Node { depth: 0 }.deserialize(&mut json).map_err(|error| syntax(error.to_string()))?;
    json.end().map_err(|error| syntax(error.to_string()))?;
    Ok(value)
}

fn syntax(what: String) -> Malformed {
    Malformed::Syntax { syntax: "JSON", what }
}

/// A value at some depth.
#[derive(Clone, Copy)]
struct Node {
    depth: usize,
}

impl Node {
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            return Err(E::custom(format!("nested more than {DEPTH_MAX} deep")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(below)? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if object.contains_key(&key) {
                let key: String = key.chars().take(80).collect();
                return Err(A::Error::custom(format!("the key {key:?} stands twice in one object")));
            }
            object.insert(key, map.next_value_seed(below)?);
        }
        Ok(object.into())
    }
}
