//! `gravity_forms`: the Webhooks Add-On of Gravity Forms (WordPress), as JSON or as a form
//! (docs.gravityforms.com/triggering-webhooks-form-submissions).
//!
//! *Select Fields* has the keys that a person chose. *All Fields* is the entry itself, with the ids of its fields for keys:
//! `2`, and `1.3` and `1.6` for the first and the last name of field 1. An id says nothing of what was asked, so that an
//! address and a telephone number are known by what they look like; a mapping says it better.

use serde_json::{Map, Value};

use super::super::answers::Answers;
use super::super::{Format, PLAIN};
use super::{Ids, PROOF, put_all, split_by};

/// A form of Gravity Forms.
pub(in crate::format) const FORMAT: Format = Format {
    name: "gravity_forms",
    title: "Gravity Forms (WordPress): an entry",
    split: |source, request| split_by(source, request, IDS, read),
    proof: PROOF,
    names: true,
    ..PLAIN
};

const IDS: &Ids = &Ids { sure: &["entry_id"], unsure: &["id"] };

/// The entry's own keys (docs.gravityforms.com/entry-object).
const OF_SUBMISSION: &[&str] = &[
    "id",
    "entry_id",
    "form_id",
    "form_title",
    "post_id",
    "date_created",
    "date_updated",
    "is_starred",
    "is_read",
    "ip",
    "user_agent",
    "currency",
    "payment_status",
    "payment_date",
    "payment_amount",
    "payment_method",
    "transaction_id",
    "is_fulfilled",
    "created_by",
    "transaction_type",
    "status",
    "source_id",
];

fn read(mut entry: Map<String, Value>) -> Answers {
    let mut answers = Answers::default();
    for key in OF_SUBMISSION {
        if let Some(value) = entry.remove(*key) {
            answers.about(key, value);
        }
    }
    let looks = looks(&entry);
    put_all(&mut answers, entry);
    for (field, key) in looks {
        answers.name(field, &key);
    }
    answers
}

/// Which of the ids look like what.
fn looks(entry: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (key, value) in entry {
        let Value::String(value) = value else { continue };
        let value = value.trim();
        if value.is_empty() || !key.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            continue;
        }
        if let Some((field, part @ ("3" | "6"))) = key.split_once('.') {
            // An address has a street and a country too, and check boxes begin with 1; a name has neither.
            let has = |part: &str| entry.contains_key(&format!("{field}.{part}"));
            if !has("1") && !has("5") {
                found.push((if part == "3" { "first_name" } else { "last_name" }, key.clone()));
            }
        } else if value.contains('@') && !value.contains(char::is_whitespace) {
            found.push(("email", key.clone()));
        } else if looks_like_phone(value) {
            found.push(("phone", key.clone()));
        }
    }
    found
}

fn looks_like_phone(value: &str) -> bool {
    const DIGITS_MIN: usize = 7;
    let is_part = |c: char| c.is_ascii_digit() || "+-()/. ".contains(c);
    let is_marked = value.starts_with(['+', '(', '0']) || value.contains(['-', '/', ' ']);
    let is_date = value.len() == 10 && value.as_bytes().get(4) == Some(&b'-') && value.as_bytes().get(7) == Some(&b'-');
    value.chars().all(is_part)
        && is_marked
        && !is_date
        && value.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN
}
