//! Telephone numbers.

use phonenumber::{Mode, country};

/// Longer than any number with its extension and all the ways to space it.
const CHARS_MAX: usize = 50;

/// The number as E.164 (`+49301234567`). `None` when it is no number that can be dialled, or when it has no country code
/// and `country` (ISO 3166, `DE`) gives none.
pub(super) fn normalise(text: &str, country: Option<&str>) -> Option<String> {
    let text = text.trim();
    // The library reads "call me on 030 123" and words on keypads as numbers; a form field that holds prose is a misfit.
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '/' | '(' | ')' | ' ' | '\u{a0}');
    if text.chars().count() > CHARS_MAX || !text.chars().all(is_part) {
        return None;
    }
    let country = country.and_then(|country| country.parse::<country::Id>().ok());
    let number = phonenumber::parse(country, text).ok()?;
    number.is_valid().then(|| number.format().mode(Mode::E164).to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers() {
        for (text, country, expected) in [
            ("030 1234567", Some("DE"), Some("+49301234567")),
            ("(030) 123-45 67", Some("DE"), Some("+49301234567")),
            ("+49 (0)30 1234567", None, Some("+49301234567")),
            ("0049 30 1234567", Some("DE"), Some("+49301234567")),
            ("+1 650 253 0000", Some("DE"), Some("+16502530000")),
            ("(650) 253-0000", Some("US"), Some("+16502530000")),
            ("07911 123456", Some("GB"), Some("+447911123456")),
            ("030 1234567", None, None),
            ("12", Some("DE"), None),
            ("+49", Some("DE"), None),
            ("call me", Some("US"), None),
            ("650 253 0000 ext 5", Some("US"), None),
            ("", Some("DE"), None),
            ("+", None, None),
            ("0000000000", Some("US"), None),
        ] {
            assert_eq!(normalise(text, country).as_deref(), expected, "{text:?} {country:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_none(text in "[-+ ()./0-9]{0,60}|.{0,60}", country in "[A-Z]{2}|") {
            let country = Some(country).filter(|country| !country.is_empty());
            if let Some(number) = normalise(&text, country.as_deref()) {
                // What was normalised is normal.
                prop_assert_eq!(normalise(&number, None), Some(number.clone()), "{}", number);
            }
        }
    }
}
