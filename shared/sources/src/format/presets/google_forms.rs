//! `google_forms`: a response that the form's or the sheet's Apps Script sends; docs/sources.md has the script.
//!
//! The script's own shape is `{response_id, form_id, form_title, submitted_at, respondent_email, answers: {title: answer}}`.
//! The event of a sheet's trigger as it is, with `namedValues` of titles and lists, is read too; the row and what stands in it name it then.

use serde_json::{Map, Value};

use super::super::answers::Answers;
use super::super::{Format, PLAIN};
use super::{Ids, PROOF, put_all, split_by};

/// A form of Google.
pub(in crate::format) const FORMAT: Format = Format {
    name: "google_forms",
    title: "Google Forms: a response, by Apps Script",
    split: |source, request| split_by(source, request, IDS, read),
    proof: PROOF,
    names: true,
    ..PLAIN
};

/// A row is counted anew when one above it is deleted.
const IDS: &Ids = &Ids { sure: &["response_id", "responseId"], unsure: &["row_id", "rowId", "row", "id"] };

/// What the script says of the response.
const OF_SUBMISSION: &[&str] = &[
    "response_id",
    "responseId",
    "form_id",
    "formId",
    "form_title",
    "formTitle",
    "submitted_at",
    "submittedAt",
    "timestamp",
    "row_id",
    "rowId",
    "row",
    "range",
    "triggerUid",
    "authMode",
    "source",
    "values",
];

fn read(mut event: Map<String, Value>) -> Answers {
    let mut answers = Answers::default();
    for key in ["answers", "namedValues", "responses"] {
        match event.remove(key) {
            Some(Value::Object(given)) => {
                for (title, answer) in given {
                    let answer = match answer {
                        // A sheet has every answer as a list.
                        Value::Array(mut items) if items.len() == 1 => items.remove(0),
                        other => other,
                    };
                    answers.put(&[&title], answer);
                }
            }
            other => drop(answers.put(&[key], other.unwrap_or_default())),
        }
    }
    for key in ["respondent_email", "respondentEmail"] {
        if let Some(email) = event.remove(key)
            && let Some(name) = answers.put(&[key], email)
        {
            answers.name("email", &name);
        }
    }
    for key in OF_SUBMISSION {
        if let Some(value) = event.remove(*key) {
            answers.about(key, value);
        }
    }
    put_all(&mut answers, event);
    answers
}
