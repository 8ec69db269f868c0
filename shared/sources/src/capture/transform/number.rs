//! Numbers as people write them.

use serde_json::Value;

/// A number without its currency, unit and marks between thousands, as a text that a number field takes. `decimal` is the
/// decimal mark; without it the text itself must say which one it is. Two numbers, such as a range (`500-1000`), are none:
/// which end is meant is for nobody to guess.
pub(super) fn plain(text: &str, decimal: Option<char>) -> Result<Value, String> {
    digits(text, decimal).map(Value::String).ok_or_else(|| match decimal {
        Some(mark) => format!("a number whose decimal mark is '{mark}'"),
        None => "a number that can be read in one way only (1,250 is two: say `decimal: \",\"` or `decimal: \".\"`)"
            .to_owned(),
    })
}

fn digits(text: &str, decimal: Option<char>) -> Option<String> {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}');
    let begin = text.find(|c: char| c.is_ascii_digit())?;
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let number = &text[begin..end];
    if !number.chars().all(is_number) {
        return None;
    }
    let is_negative = is_negative(&text[..begin], &text[end..]);
    let mark = match decimal {
        Some(mark) => Some(mark).filter(|mark| number.contains(*mark)),
        None => decimal_mark(number)?,
    };
    let (whole, fraction) = match mark {
        Some(mark) => number.rsplit_once(mark)?,
        None => (number, ""),
    };
    let fits = fraction.bytes().all(|byte| byte.is_ascii_digit()) && mark.is_none_or(|mark| !whole.contains(mark));
    let groups: Vec<&str> = whole.split(|c: char| !c.is_ascii_digit()).collect();
    let are_thousands =
        groups.len() == 1 || (groups[1..].iter().all(|group| group.len() == 3) && (1..=3).contains(&groups[0].len()));
    if !fits || !are_thousands {
        return None;
    }
    let sign = if is_negative { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{}{point}{fraction}", groups.concat()))
}

/// Whether what stands around a number takes it from nothing: a minus before it, or brackets around it as bookkeepers write
/// them. A hyphen within words (`Mid-market 500`), a dash after them (`Budget - 500`) and a remark in brackets
/// (`Budget (EUR) 500 (net)`) say nothing of the number.
fn is_negative(before: &str, after: &str) -> bool {
    let Some(at) = before.rfind(['-', '−', '(']) else { return false };
    let (outside, sign_on) = before.split_at(at);
    let mut inner = sign_on.chars();
    let sign = inner.next();
    if !is_currency(inner.as_str()) {
        return false;
    }
    if sign == Some('(') {
        let closed = after.split_once(')');
        return is_currency(outside) && closed.is_some_and(|(unit, rest)| is_unit(unit) && is_unit(rest));
    }
    let is_glued = !inner.as_str().starts_with(char::is_whitespace) && !outside.ends_with(char::is_alphanumeric);
    is_currency(outside) || is_glued
}

/// Marks of currencies; those that are written with letters are in [`CURRENCIES`].
const CURRENCY_SIGNS: &str = "$€£¥¢¤₹₽₩₺₴₦₫₪฿₱₡₲₵₸₼₾₿";
/// What stands for a currency, or in front of its sign, beside codes of three capitals.
const CURRENCIES: &[&str] =
    &["kr", "Kr", "zł", "Kč", "Ft", "Fr", "SFr", "Rs", "lei", "R", "US", "CA", "C", "AU", "A", "NZ", "HK", "S"];

/// Whether a text is nothing but spaces, signs of currencies and their codes.
fn is_currency(text: &str) -> bool {
    let words =
        text.split(|c: char| c.is_whitespace() || CURRENCY_SIGNS.contains(c)).map(|word| word.trim_end_matches('.'));
    let is_code = |word: &str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    words.filter(|word| !word.is_empty()).all(|word| is_code(word) || CURRENCIES.contains(&word))
}

/// The same after a number, which may be of a hundred too.
fn is_unit(text: &str) -> bool {
    is_currency(&text.replace('%', " "))
}

/// The decimal mark of a number, as far as it says so itself; `None` when it could be either.
#[expect(clippy::option_option, reason = "no mark at all is an answer of its own")]
fn decimal_mark(number: &str) -> Option<Option<char>> {
    let last = number.rfind(['.', ',']);
    let Some(last) = last else { return Some(None) };
    let mark = if number[last..].starts_with('.') { '.' } else { ',' };
    let other = if mark == '.' { ',' } else { '.' };
    let count = number.matches(mark).count();
    match (number.contains(other), count, number.len() - last - 1) {
        // 1.250,50
        (true, 1, _) => Some(Some(mark)),
        // 1,250,000
        (_, 2.., 3) => Some(None),
        // 1,250: one thing in Boston, another in Berlin. With a point it is what a computer writes.
        (false, 1, 3) if mark == ',' => None,
        (false, 1, _) => Some(Some(mark)),
        _ => None,
    }
}
