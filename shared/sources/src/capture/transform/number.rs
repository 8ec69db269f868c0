//! Numbers as people write them.

use serde_json::Value;

/// A number without its currency, unit and marks between thousands, as a text that a number field takes. `decimal` is the
/// decimal mark; without it the text itself must say which one it is.
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
    // A minus, or an amount in brackets as bookkeepers write it.
    let before = text[..begin].trim_end_matches(|c: char| !matches!(c, '-' | '−' | '('));
    let is_negative = before.ends_with(['-', '−']) || (before.ends_with('(') && text[end..].contains(')'));
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
