//! What a receiver's answer means, by the rules of its destination.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TryResult;

/// Most characters of a receiver's reason that are kept.
const REASON_CHARS_MAX: usize = 200;

/// What an answer means. Every part that is given has to fit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// The status is one of these; any where none is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<u16>,
    /// A header has this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderTest>,
    /// The body is JSON, and a value in it is one of some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<JsonTest>,
    /// What it means.
    pub then: Meaning,
    /// Where in the body the receiver says why, as a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A header's value, in any case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderTest {
    /// The header.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A value in a JSON body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonTest {
    /// Names and places of lists with dots between them, such as `result.errors.0.code`.
    pub path: String,
    /// The value is one of these. Texts compare in any case. With none given, it is enough that the value is there.
    #[serde(default, rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Value>,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// The receiver took the lead.
    #[default]
    Accepted,
    /// It does not want this lead: the next candidate is offered it.
    Rejected,
    /// It has this lead already. When an earlier try of the same delivery may have brought it, it is delivered; else the next
    /// candidate is offered it.
    Duplicate,
    /// It may go better later.
    Retry,
}

/// An answer, as far as rules can see it.
#[derive(Debug, Clone, Copy)]
pub struct AnswerSeen<'a> {
    /// The status.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: &'a [(String, String)],
    /// The body, as far as it was read.
    pub body: &'a [u8],
}

/// What the first rule that fits says; `None` when none does. `retry_after_s` is the receiver's wish.
#[must_use]
pub fn meaning(rules: &[AnswerRule], answer: AnswerSeen<'_>, retry_after_s: Option<u32>) -> Option<TryResult> {
    let wants_body = rules.iter().any(|rule| rule.json.is_some() || rule.reason.is_some());
    let body = if wants_body { serde_json::from_slice(answer.body).unwrap_or_default() } else { Value::Null };
    let rule = rules.iter().find(|rule| rule.fits(answer, &body))?;
    let said = rule.reason.as_deref().and_then(|path| at(&body, path)).map(words);
    let reason = |what: &str| match &said {
        Some(said) => format!("{what}: {said}"),
        None => format!("{what} (it answered {})", answer.status),
    };
    Some(match rule.then {
        Meaning::Accepted => TryResult::Delivered,
        Meaning::Rejected => TryResult::Rejected { reason: reason("the receiver does not want this lead") },
        Meaning::Duplicate => TryResult::Duplicate { reason: reason("the receiver has this lead already") },
        Meaning::Retry => {
            TryResult::Transient { reason: reason("the receiver asks to try it again later"), retry_after_s }
        }
    })
}

impl AnswerRule {
    fn fits(&self, answer: AnswerSeen<'_>, body: &Value) -> bool {
        let status = self.status.is_empty() || self.status.contains(&answer.status);
        let header = self.header.as_ref().is_none_or(|HeaderTest { name, value }| {
            let named = |(found, is): &&(String, String)| {
                found.eq_ignore_ascii_case(name) && is.trim().eq_ignore_ascii_case(value.trim())
            };
            answer.headers.iter().find(named).is_some()
        });
        let json = self.json.as_ref().is_none_or(|JsonTest { path, one_of }| {
            at(body, path).is_some_and(|found| one_of.is_empty() || one_of.iter().any(|wanted| equal(found, wanted)))
        });
        status && header && json
    }
}

/// The value at a path of names and places with dots between them.
fn at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.strip_prefix("$.").unwrap_or(path);
    path.split('.').try_fold(body, |value, part| match value {
        Value::Object(object) => object.get(part),
        Value::Array(list) => list.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A number that a receiver sends as a text is the same to whoever writes the rule.
fn equal(found: &Value, wanted: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    found == wanted || text(found).is_some_and(|found| text(wanted).as_deref() == Some(found.as_str()))
}

/// What the receiver says, on one line and not too long.
fn words(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(REASON_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<AnswerRule> {
        serde_json::from_str(text).unwrap()
    }

    fn seen(rules: &[AnswerRule], status: u16, body: &str) -> Option<TryResult> {
        let headers = [("x-result".to_owned(), "No".to_owned())];
        meaning(rules, AnswerSeen { status, headers: &headers, body: body.as_bytes() }, Some(7))
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules = rules(
            r#"[
                { "json": { "path": "outcome", "in": ["success"] }, "then": "accepted" },
                { "status": [200, 409], "json": { "path": "result.code", "in": [17, "dup"] }, "then": "duplicate" },
                { "json": { "path": "outcome", "in": ["failure"] }, "then": "rejected", "reason": "errors.0.text" },
                { "status": [503], "then": "retry" },
                { "header": { "name": "X-Result", "value": "no" }, "status": [202], "then": "rejected" }
            ]"#,
        );
        assert_eq!(seen(&rules, 200, r#"{"outcome":"Success"}"#), Some(TryResult::Delivered));
        let rejected = |reason: &str| Some(TryResult::Rejected { reason: reason.to_owned() });
        for body in [r#"{"result":{"code":"17"}}"#, r#"{"result":{"code":"DUP"}}"#] {
            let reason = "the receiver has this lead already (it answered 409)".to_owned();
            assert_eq!(seen(&rules, 409, body), Some(TryResult::Duplicate { reason }));
        }
        assert_eq!(
            seen(&rules, 200, r#"{"outcome":"failure","errors":[{"text":"out of\n area"}]}"#),
            rejected("the receiver does not want this lead: out of area")
        );
        assert!(matches!(seen(&rules, 503, ""), Some(TryResult::Transient { retry_after_s: Some(7), .. })));
        assert_eq!(seen(&rules, 202, "no json"), rejected("the receiver does not want this lead (it answered 202)"));
        assert_eq!(seen(&rules, 200, "no json"), None);
        assert_eq!(seen(&rules, 200, r#"{"outcome":null}"#), None);
    }

    #[test]
    fn a_long_reason_is_cut() {
        let rules = rules(r#"[{ "then": "rejected", "reason": "why" }]"#);
        let body = format!(r#"{{"why":"{}"}}"#, "x".repeat(5_000));
        let Some(TryResult::Rejected { reason }) = seen(&rules, 200, &body) else { panic!() };
        assert!(reason.len() < 300, "{}", reason.len());
    }
}
