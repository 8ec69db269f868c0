//! Names of fields.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A field's name: lower-case words joined by dots, such as `company_size` or `utm.campaign`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct FieldName(String);

/// A text that is no field name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no field name: use words of a-z, 0-9 and '_' joined by '.', at most 64 characters")]
pub struct InvalidFieldName(String);

impl FieldName {
    /// Checks and wraps a name.
    ///
    /// # Errors
    /// When the text is not of the form above.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidFieldName> {
        let text = text.into();
        let word = |word: &str| !word.is_empty() && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if text.len() <= 64 && text.split('.').all(word) {
            Ok(Self(text))
        } else {
            Err(InvalidFieldName(text.chars().take(80).collect()))
        }
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FieldName {
    type Error = InvalidFieldName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<FieldName> for String {
    fn from(name: FieldName) -> String {
        name.0
    }
}

impl std::borrow::Borrow<str> for FieldName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["email", "utm.campaign", "mx_score1", "1st_choice"] {
            assert!(FieldName::new(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "a.", "A", "a b", "a-b", "ä", &"x".repeat(65)] {
            assert!(FieldName::new(bad).is_err(), "{bad}");
        }
    }
}
