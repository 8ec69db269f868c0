//! What is done to an outside value before it gets its field's type.

use std::collections::BTreeMap;

use jiff::Zoned;
use jiff::fmt::strtime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Zone;

/// Most transforms of one mapping.
pub const TRANSFORMS_MAX: usize = 20;

/// The date format for milliseconds since 1970, which no directive means; seconds are `%s`.
pub const UNIX_MS: &str = "unix_ms";

/// One step on an outside value's way to its field: each takes what the one before left. Those that change texts change each
/// text of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// White space at both ends goes, and what is more than one space within becomes one.
    Trim,
    /// Small letters.
    Lower,
    /// Capital letters.
    Upper,
    /// Each word with a capital letter first and small ones after it.
    Title,
    /// Only the digits 0 to 9.
    Digits,
    /// Cuts a text into a list.
    Split(Split),
    /// Makes one text of a list, or of an object's values, with this between them. What is empty is left out.
    Join(String),
    /// Other texts for texts: compared exactly, then without regard to case. A text that is not listed stays.
    Map(BTreeMap<String, String>),
    /// Reads a day or a moment.
    Date(DateFormat),
    /// Reads a number with its currency, unit or percent sign and the marks between thousands: `$1,250.50` is 1250.50. What
    /// could be two numbers (`1,250`) does not fit; `decimal` says which one it is. A range (`500-1000`) does not fit. A minus
    /// counts only before the number, with nothing but spaces and a currency between; brackets only around it.
    Number,
    /// As `number`, with this decimal mark: `,` or `.`.
    Decimal(String),
    /// Reads yes or no in English, German, French, Spanish and Italian, a tick, or a number.
    Boolean,
    /// Makes a telephone number with its country code, by the source's `default_country`.
    Phone,
}

/// How a text is cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// What stands between the parts.
    pub by: String,
    /// Only this part, counted from 0; from -1 backwards counted from the end. Without it all of them, as a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<i16>,
}

/// How a day or a moment is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DateFormat {
    /// In directives of `strftime`: `%d/%m/%Y`, `%d.%m.%Y %H:%M`, `%s` for seconds since 1970; or `unix_ms`.
    pub format: String,
    /// The zone of a time that names none; the source's where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
}

impl Transform {
    /// What is wrong with its settings, and below which key, if anything is.
    #[must_use]
    pub fn fault(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Split(split) if split.by.is_empty() => {
                Some(("split.by", "is empty: say what stands between the parts, such as \",\"".to_owned()))
            }
            Self::Map(map) if map.is_empty() => Some(("map", "maps nothing: write {old: new}".to_owned())),
            Self::Decimal(mark) if !matches!(mark.as_str(), "." | ",") => {
                Some(("decimal", format!("found {mark:?}, expected \",\" or \".\"")))
            }
            Self::Date(date) => date.fault().map(|fault| ("date.format", fault)),
            _ => None,
        }
    }
}

impl DateFormat {
    fn fault(&self) -> Option<String> {
        let format = self.format.as_str();
        if format == UNIX_MS {
            return None;
        }
        if !format.contains('%') {
            return Some(format!("found {format:?}, expected directives such as %d/%m/%Y, or {UNIX_MS}"));
        }
        // Whoever can write with a format can read with it, but for the few directives that are only written.
        let written = match strtime::format(format, &Zoned::default()) {
            Ok(written) => written,
            Err(error) => return Some(format!("found {format:?}, which is no format: {error}")),
        };
        strtime::parse(format, &written).err().map(|error| format!("found {format:?}, which cannot be read: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_work_are_told() {
        let fault = |text: &str| serde_json::from_str::<Transform>(text).unwrap().fault().map(|(at, _)| at);
        for (text, expected) in [
            (r#""trim""#, None),
            (r#"{"split": {"by": ","}}"#, None),
            (r#"{"split": {"by": ""}}"#, Some("split.by")),
            (r#"{"map": {}}"#, Some("map")),
            (r#"{"decimal": ","}"#, None),
            (r#"{"decimal": ";"}"#, Some("decimal")),
            (r#"{"date": {"format": "%d/%m/%Y", "zone": "Europe/Berlin"}}"#, None),
            (r#"{"date": {"format": "%d.%m.%Y %H:%M"}}"#, None),
            (r#"{"date": {"format": "%s"}}"#, None),
            (r#"{"date": {"format": "unix_ms"}}"#, None),
            (r#"{"date": {"format": "dd/mm/yyyy"}}"#, Some("date.format")),
            (r#"{"date": {"format": "%K"}}"#, Some("date.format")),
            (r#"{"date": {"format": ""}}"#, Some("date.format")),
        ] {
            assert_eq!(fault(text), expected, "{text}");
        }
    }
}
