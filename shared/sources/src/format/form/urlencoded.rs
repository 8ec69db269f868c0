//! `application/x-www-form-urlencoded`.

use serde_json::Value;

use crate::request::Malformed;

/// The pairs of a body, in its order. A pair without a name is left out, as browsers never send one.
///
/// Stricter than the URL standard, which replaces what it cannot read: then a name would arrive with a hole in it, and
/// nobody would know.
pub(in crate::format) fn parse(body: &[u8]) -> Result<Vec<(String, Value)>, Malformed> {
    let pairs = body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
    let mut parsed = Vec::new();
    for (index, pair) in pairs.enumerate() {
        let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
        let (name, value) = (&pair[..equals], pair.get(equals + 1..).unwrap_or_default());
        let name = decode(name).map_err(|what| syntax(format!("the name of pair {} {what}", index + 1)))?;
        let value = decode(value).map_err(|what| {
            let shown: String = name.chars().take(80).collect();
            syntax(format!("the value of field {shown:?} {what}"))
        })?;
        if !name.is_empty() {
            parsed.push((name, Value::String(value)));
        }
    }
    Ok(parsed)
}

fn syntax(what: String) -> Malformed {
    Malformed::Syntax { syntax: "form", what }
}

fn decode(text: &[u8]) -> Result<String, &'static str> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let digit = |at: usize| after.get(at).and_then(|&byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                    return Err("has a '%' without two hexadecimal digits; a plain '%' is written %25");
                };
                decoded.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits fit a byte"));
                rest = &after[2..];
            }
            other => decoded.push(*other),
        }
    }
    String::from_utf8(decoded).map_err(|_| "is not UTF-8")
}
