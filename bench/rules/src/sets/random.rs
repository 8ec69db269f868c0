//! A random lead. Its values are independent of one another, so that the share of leads that a condition matches can be
//! worked out without trying.

use fastrand::Rng;

use crate::lead::{Lead, Value};

pub const STATES: usize = 50;
pub const CODES: usize = 100_000;
pub const CITIES: usize = 2_000;
pub const INDUSTRIES: usize = 40;
pub const CAMPAIGNS: usize = 120;
pub const TITLES: usize = 300;
pub const COMPANIES: usize = 4_000;
/// Scores are 0 to 100.
pub const SCORES: i64 = 101;
/// Companies have 1 to 10^5 people, as many of each order of magnitude.
pub const SIZE_DIGITS: f64 = 5.0;
/// Budgets are whole hundreds below 100,000.
pub const BUDGETS: i64 = 1_000;
pub const NEWSLETTER: f64 = 0.5;
pub const URGENT: f64 = 0.1;

pub fn lead(rng: &mut Rng) -> Lead {
    [
        Value::Text(state(rng.usize(..STATES))),
        Value::Text(code(rng.usize(..CODES))),
        Value::Text(city(rng.usize(..CITIES))),
        Value::Text(industry(rng.usize(..INDUSTRIES))),
        Value::Text(campaign(rng.usize(..CAMPAIGNS))),
        Value::Text(title(rng.usize(..TITLES))),
        Value::Text(company(rng.usize(..COMPANIES))),
        Value::Number(score(rng.f64())),
        Value::Number(size(rng.f64())),
        Value::Number(budget(rng.f64())),
        Value::Boolean(rng.f64() < NEWSLETTER),
        Value::Boolean(rng.f64() < URGENT),
    ]
}

/// Two letters.
pub fn state(number: usize) -> String {
    syllables(number, 1)
}

/// Five digits.
pub fn code(number: usize) -> String {
    format!("{number:05}")
}

pub fn city(number: usize) -> String {
    const KINDS: [&str; 5] = ["burg", "ville", " springs", "field", "ton"];
    format!("{}{}", syllables(number, 3), KINDS[number % KINDS.len()])
}

pub fn industry(number: usize) -> String {
    const KINDS: [&str; 4] = ["retail", "services", "manufacturing", "trade"];
    format!("{} {}", syllables(number, 2), KINDS[number % KINDS.len()])
}

pub fn campaign(number: usize) -> String {
    const KINDS: [&str; 6] = ["ent", "smb", "brand", "search", "partner", "event"];
    format!("{}-{}-{}", KINDS[number % KINDS.len()], 2024 + number % 3, syllables(number, 2))
}

pub fn title(number: usize) -> String {
    const RANKS: [&str; 6] = ["head", "manager", "director", "owner", "assistant", "vp"];
    format!("{} of {}", RANKS[number % RANKS.len()], syllables(number, 2))
}

pub fn company(number: usize) -> String {
    const FORMS: [&str; 4] = ["inc", "llc", "gmbh", "ltd"];
    format!("{} {}", syllables(number, 3), FORMS[number % FORMS.len()])
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "at most 100")]
pub fn score(share: f64) -> i64 {
    (share * SCORES as f64) as i64
}

/// The size of the company that has this share of all companies below it.
#[expect(clippy::cast_possible_truncation, reason = "at most 100,000")]
pub fn size(share: f64) -> i64 {
    10_f64.powf(share * SIZE_DIGITS) as i64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "below 100,000")]
pub fn budget(share: f64) -> i64 {
    (share * BUDGETS as f64) as i64 * 100
}

/// A word that is different for each number below `100^count`.
fn syllables(mut number: usize, count: usize) -> String {
    const CONSONANTS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";
    const VOWELS: &[u8; 5] = b"aeiou";
    let mut word = String::new();
    for _ in 0..count {
        let syllable = number % 100;
        number /= 100;
        word.push(char::from(CONSONANTS[syllable / 5]));
        word.push(char::from(VOWELS[syllable % 5]));
    }
    word
}
