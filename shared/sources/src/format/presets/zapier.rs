//! `zapier`: *Webhooks by Zapier*, POST or custom request, as JSON or as a form. A list of objects is a list of events.

use super::super::answers::Answers;
use super::super::{Format, PLAIN};
use super::{Ids, PROOF, put_all, split_by};

/// A step of a Zap.
pub(in crate::format) const FORMAT: Format = Format {
    name: "zapier",
    title: "Zapier: a webhook step",
    split: |source, request| split_by(source, request, IDS, read),
    proof: PROOF,
    names: true,
    ..PLAIN
};

const IDS: &Ids = &Ids { sure: &["event_id", "entry_id"], unsure: &["id", "ID", "row_id", "Row ID"] };

fn read(event: serde_json::Map<String, serde_json::Value>) -> Answers {
    let mut answers = Answers::default();
    put_all(&mut answers, event);
    answers
}
