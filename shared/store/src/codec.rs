//! From values to items and back.
//!
//! Small facts are attributes of their own, under readable names. Bulky parts (a payload, a trace, an exchange) are one
//! binary attribute each: JSON, deflated. A write costs by the kilobyte, so this halves what a lead costs.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::StoreError;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Most bytes of one inflated part. An item holds 400 KB; what was written from less than this reads back.
pub(crate) const PART_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Deflate's usual trade of time for size; a kilobyte takes some ten microseconds.
const LEVEL: u8 = 6;

/// A part that is stored as deflated JSON in a binary attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Deflated<T>(pub(crate) T);

pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(bytes, LEVEL)
}

/// Inflates at most `bytes_max` bytes: a part that was changed by hand must not fill the memory.
pub(crate) fn inflate(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>, String> {
    miniz_oxide::inflate::decompress_to_vec_with_limit(bytes, bytes_max).map_err(|error| match error.status {
        miniz_oxide::inflate::TINFLStatus::HasMoreOutput => format!("it inflates to more than {bytes_max} bytes"),
        _ => "it is not deflated data".to_owned(),
    })
}

impl<T: Serialize> Serialize for Deflated<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = serde_json::to_vec(&self.0).map_err(serde::ser::Error::custom)?;
        serializer.serialize_bytes(&deflate(&json))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Deflated<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(DeflatedVisitor(PhantomData))
    }
}

struct DeflatedVisitor<T>(PhantomData<T>);

impl<T: DeserializeOwned> Visitor<'_> for DeflatedVisitor<T> {
    type Value = Deflated<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deflated JSON")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        let json = inflate(bytes, PART_BYTES_MAX).map_err(E::custom)?;
        // serde_json's own words repeat the value that does not fit, which may be a lead's.
        let value = serde_json::from_slice(&json).map_err(|error| {
            E::custom(format_args!(
                "a part does not fit its type ({:?} error at byte {})",
                error.classify(),
                error.column()
            ))
        })?;
        Ok(Deflated(value))
    }
}

/// Turns a value into attributes.
pub(crate) fn to_item(name: &str, value: &impl Serialize) -> Result<Item, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(value)
        .map_err(|error| StoreError::corrupt(name, format!("it can't be written: {error}")))
}

/// Reads a value from attributes. `name` says which item it is, by its ids.
pub(crate) fn from_item<T: DeserializeOwned>(name: &str, item: Item) -> Result<T, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|error| StoreError::corrupt(name, error))
}

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn number(value: impl fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A moment in UTC to the millisecond, always 24 characters: such texts sort, and compare in conditions, as the moments do.
pub(crate) fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// When an item may be forgotten, in seconds since the epoch, the unit of the table's time to live.
pub(crate) fn expires_at(from: Timestamp, days: u16) -> i64 {
    from.as_second().saturating_add(i64::from(days) * 24 * 60 * 60)
}

/// The bytes of an item as DynamoDB counts them: names and values in UTF-8, numbers at about half their digits, and a
/// few bytes for each list and map.
pub(crate) fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_bytes(value)).sum::<usize>(),
        AttributeValue::M(map) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + value_bytes(value)).sum::<usize>()
        }
        AttributeValue::Ss(set) => set.iter().map(String::len).sum(),
        // Booleans and nulls; this crate writes no other kind.
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
