//! What the answers mean.

use jiff::Timestamp;
use leadyard_domain::delivery::TryResult;
use leadyard_domain::delivery::health::Sign;
use serde_json::{Value, json};

use super::super::read;
use super::{made, settings};
use crate::exchange::{Answer, BodyEnd, Reply};
use crate::outcome::{Sent, by_rules, weigh_by};

fn answered(more: Value, status: u16, headers: &[(&str, &str)], body: &str, body_end: BodyEnd) -> Sent {
    let settings = settings(more.clone());
    let prepared = made(more, json!({ "email": "a@b.c" })).unwrap();
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let answer = Answer { status, headers, body: body.as_bytes().to_vec(), body_end, elapsed_ms: 3 };
    weigh_by(&prepared, Reply::Answer(answer), Timestamp::UNIX_EPOCH, |answer, wish| {
        by_rules(&settings.answers, answer, wish).or_else(|| read(&settings, answer, wish))
    })
}

fn error(exception: &str, message: &str) -> String {
    json!({ "Status": "Error", "ExceptionType": exception, "ExceptionMessage": message }).to_string()
}

/// What a result is, in one word, with its reason.
fn words(sent: &Sent) -> (&'static str, &str) {
    match &sent.result {
        TryResult::Delivered => ("delivered", ""),
        TryResult::Rejected { reason } => ("rejected", reason),
        TryResult::Duplicate { reason } => ("duplicate", reason),
        TryResult::Transient { reason, .. } => ("transient", reason),
        TryResult::Final { reason } => ("final", reason),
        TryResult::Unknown { reason } => ("unknown", reason),
    }
}

#[test]
fn answers() {
    let limit = error("MXAPIRateLimitExceededException", "API calls exceeded the limit of 25 in 5 second(s)");
    let success = r#"{"Status":"Success","Message":{"Id":"1"}}"#;
    let duplicate = error("MXDuplicateEntryException", "Duplicate entry 'jane@example.com' for key 'EmailAddress'");
    let missing = error("MXMandatoryAttributeMissingException", "'mx_City' is mandatory");
    let unknown =
        error("MXUnknownAttributeException", "Attribute(s) does not exist - SourceContent, jane@example.com.");
    let (alive, failing) = (Some(Sign::Alive), Some(Sign::Failing));
    // Status and body; what it means, a piece of the reason, what it says of the destination, whether it may have arrived.
    for (status, body, what, piece, sign, arrived) in [
        (200, success, "delivered", "", alive, true),
        (200, r#"{"status":"x","Status":"success"}"#, "delivered", "", alive, true),
        (200, "", "unknown", "without the 'Status'", alive, true),
        (200, "<html>", "unknown", "'host'", alive, true),
        (200, "[]", "unknown", "'host'", alive, true),
        (401, "", "final", "'access_key'", alive, false),
        (
            401,
            &error("MXUnAuthorizedAccessException", "use api-in21"),
            "final",
            "'host' is the account's region",
            alive,
            false,
        ),
        (500, &error("MXUnauthorizedRequestException", ""), "final", "'secret_key'", alive, false),
        (429, "", "transient", "too many calls", failing, false),
        (429, &limit, "transient", "too many calls", failing, false),
        // Seen under 200 and 500, too.
        (200, &limit, "transient", "too many calls", failing, false),
        (500, &limit, "transient", "too many calls", failing, false),
        (500, &duplicate, "duplicate", "it names EmailAddress", alive, false),
        (200, &duplicate, "duplicate", "unique", alive, false),
        (500, &missing, "final", "add it under 'fields'; it names mx_City", alive, false),
        (400, &missing, "final", "MXMandatoryAttributeMissingException", alive, false),
        (500, &unknown, "final", "no such attribute", alive, false),
        (200, &unknown, "final", "it names SourceContent", alive, false),
        (
            500,
            &error("MXInvalidInputException", "Invalid SearchBy value provided"),
            "final",
            "'search_by'",
            alive,
            false,
        ),
        (500, &error("MXInvalidActivityException", "Event Code is invalid"), "final", "'activity.event'", alive, false),
        (500, &error("MXSomethingNew", "x"), "final", "(MXSomethingNew)", alive, false),
        (500, &error("SqlException", "no connection"), "transient", "(SqlException)", failing, false),
        (200, &error("", "no connection"), "transient", "(without a name)", failing, false),
        (500, &error("jane@example.com", ""), "transient", "(without a name)", failing, false),
        (500, "", "transient", "answered 500", failing, false),
        (502, "<html>", "transient", "answered 502", failing, true),
        (503, "[1]", "transient", "answered 503", failing, false),
        (400, "{}", "final", "answered 400", alive, false),
        (404, "<html>", "final", "'host'", alive, false),
        (404, &error("MXNotFoundException", ""), "final", "MXNotFoundException", alive, false),
        (302, "", "final", "redirect", alive, false),
        (410, "", "final", "410", Some(Sign::Gone), false),
    ] {
        let sent = answered(json!({}), status, &[], body, BodyEnd::Complete);
        let (is, reason) = words(&sent);
        assert_eq!((is, sent.sign, sent.may_have_arrived), (what, sign, arrived), "{status} {body}: {reason}");
        assert!(reason.contains(piece), "{status} {body}: {reason}");
        assert!(!reason.contains("jane@"), "no word of the lead: {reason}");
    }
    for (end, what) in [(BodyEnd::Broken, "transient"), (BodyEnd::TimedOut, "transient"), (BodyEnd::Capped, "unknown")]
    {
        let sent = answered(json!({}), 200, &[], success, end);
        assert_eq!((words(&sent).0, sent.may_have_arrived), (what, true), "{end:?}");
    }
}

#[test]
fn a_limit_waits_for_what_it_counts_by_or_for_what_is_asked() {
    for (headers, wait) in [(&[][..], 5), (&[("retry-after", "60")][..], 60)] {
        let sent = answered(json!({}), 429, headers, "", BodyEnd::Complete);
        assert!(
            matches!(sent.result, TryResult::Transient { retry_after_s: Some(found), .. } if found == wait),
            "{sent:?}"
        );
    }
}

#[test]
fn a_message_of_an_activity_names_its_fields_and_rules_go_first() {
    let more = json!({
        "activity": { "event": 201, "fields": { "mx_Custom_7": "x" } },
        "answers": [{ "json": { "path": "ExceptionType", "in": ["MXDuplicateEntryException"] }, "then": "accepted" }],
    });
    let body = error("MXInvalidFieldException", "mx_Custom_7: 12345 is no date");
    let sent = answered(more.clone(), 500, &[], &body, BodyEnd::Complete);
    let (what, reason) = words(&sent);
    assert!(what == "final" && reason.ends_with("it names mx_Custom_7") && !reason.contains("12345"), "{reason}");
    let sent = answered(more, 500, &[], &error("MXDuplicateEntryException", ""), BodyEnd::Complete);
    assert_eq!(words(&sent).0, "delivered");
}
