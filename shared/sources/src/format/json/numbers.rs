//! Numbers that a double would change.

use std::borrow::Cow;

/// Digits that every double holds.
const DOUBLE_DIGITS: usize = 15;

/// The same JSON with each number that would not survive as `i64`, `u64` or a double written as a text.
///
/// `serde_json` has a feature that keeps all digits, but it changes how every crate of a program reads numbers.
pub(super) fn keep_exact(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut kept = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at),
            b'-' | b'0'..=b'9' => {
                let end = number_end(bytes, at);
                let number = &json[at..end];
                // A number never is a key: what is none keeps its error.
                let is_key = bytes[end..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                if !is_exact(number) && is_number(number) && !is_key {
                    kept.push_str(&json[copied..at]);
                    kept.extend(["\"", number, "\""]);
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    kept.push_str(&json[copied..]);
    Cow::Owned(kept)
}

/// The place after the string that begins at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn number_end(bytes: &[u8], start: usize) -> usize {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    start + bytes[start..].iter().take_while(|byte| is_part(byte)).count()
}

fn is_exact(number: &str) -> bool {
    let digits = number.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).filter(u8::is_ascii_digit).count();
    digits <= DOUBLE_DIGITS || number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok()
}

/// Whether a text is a number by RFC 8259.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_double_would_change_becomes_a_text() {
        for same in [
            r#"{"id": 9223372036854775807, "n": [18446744073709551615, -9223372036854775808, 0.1, 1e20]}"#,
            r#"{"text": "123456789012345678901234567890 \" 123456789012345678901234567890"}"#,
            r#"{123456789012345678901234567890: 1}"#,
            r#"[01234567890123456789012345, 1234567890123456789012e, -, 1.2.3456789012345678901]"#,
            r#""\"#,
            "",
        ] {
            assert_eq!(keep_exact(same), same);
        }
        assert_eq!(
            keep_exact(r#"{"ü":18446744073709551616,"d":-0.12345678901234567,"e":1234567890123456e3}"#),
            r#"{"ü":"18446744073709551616","d":"-0.12345678901234567","e":"1234567890123456e3"}"#
        );
    }
}
