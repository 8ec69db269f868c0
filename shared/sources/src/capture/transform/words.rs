//! Transforms of a text as it is written.

use std::collections::BTreeMap;

use leadyard_domain::text::fold;
use serde_json::Value;

pub(super) fn trim(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each word with one capital letter; `anna-maria` is two words, `o'neil` is one.
pub(super) fn title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            titled.extend(c.to_uppercase());
        } else {
            titled.extend(c.to_lowercase());
        }
        begins = c.is_whitespace() || matches!(c, '-' | '/' | '.');
    }
    titled
}

pub(super) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

pub(super) fn mapped(map: &BTreeMap<String, String>, text: &str) -> String {
    let text = text.trim();
    let folded = || {
        let wanted = fold(text);
        map.iter().find(|(from, _)| fold(from) == wanted).map(|(_, to)| to)
    };
    map.get(text).or_else(folded).cloned().unwrap_or_else(|| text.to_owned())
}

pub(super) fn boolean(text: &str) -> Result<Value, String> {
    match fold(text).as_str() {
        "true" | "yes" | "y" | "1" | "on" | "x" | "✓" | "✔" | "☑" | "checked" | "accepted" | "agreed" | "ja"
        | "wahr" | "an" | "oui" | "vrai" | "si" | "sí" | "sì" | "verdadero" | "vero" => Ok(true.into()),
        "false" | "no" | "n" | "0" | "off" | "☐" | "unchecked" | "declined" | "nein" | "falsch" | "aus" | "non"
        | "faux" | "falso" => Ok(false.into()),
        _ => Err("yes or no, true or false, or the same in another language".to_owned()),
    }
}
