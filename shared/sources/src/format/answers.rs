//! The answers of a form as an event: each under the name that a person reads, with the names by which the platform and
//! its documents call it beside.

use std::collections::HashMap;

use leadyard_domain::text::shortened;
use serde_json::{Map, Value};

use crate::capture::is_nothing;

/// Where an event keeps the other names of its fields: each leads to a path in the event. Mappings may use them, and usual
/// names are found among them. Only formats with [`Format::names`](super::Format::names) have it, and it is no part of a
/// lead.
pub(crate) const OTHER_NAMES: &str = "other_names";
/// Where an event keeps what the platform says of the submission as a whole.
pub(super) const SUBMISSION: &str = "submission";

/// Most characters of a question that are kept as its name: it is a question, not an essay.
const NAME_CHARS_MAX: usize = 100;

/// An event in the making.
#[derive(Debug, Default)]
pub(super) struct Answers {
    payload: Map<String, Value>,
    names: Map<String, Value>,
    submission: Map<String, Value>,
    /// The next number to try for a name that is taken: a form whose questions are all called alike costs one look each.
    next: HashMap<String, usize>,
}

impl Answers {
    /// Keeps an answer under the first of the names that is free; the others lead to it. An answer that is empty is left
    /// out. Gives the name that it has, if it was kept.
    pub(super) fn put(&mut self, names: &[&str], value: Value) -> Option<String> {
        if is_nothing(&value) {
            return None;
        }
        let names: Vec<String> = names.iter().map(|name| short(name)).filter(|name| !name.is_empty()).collect();
        let name = match names.iter().find(|name| self.is_free(name)) {
            Some(name) => name.clone(),
            None => self.numbered(names.first().map_or("answer", String::as_str)),
        };
        for other in names.iter().filter(|other| **other != name) {
            self.name(other, &name);
        }
        self.payload.insert(name.clone(), value);
        Some(name)
    }

    fn is_free(&self, name: &str) -> bool {
        !self.payload.contains_key(name) && name != OTHER_NAMES && name != SUBMISSION
    }

    /// A name with a number that no answer has.
    fn numbered(&mut self, name: &str) -> String {
        let mut number = self.next.get(name).copied().unwrap_or(2);
        loop {
            let numbered = format!("{name} ({number})");
            number += 1;
            if self.is_free(&numbered) {
                self.next.insert(name.to_owned(), number);
                return numbered;
            }
        }
    }

    /// Another name of what stands at a path. A name that leads somewhere already keeps its meaning.
    pub(super) fn name(&mut self, name: &str, path: &str) {
        let name = short(name);
        if !name.is_empty() && name != path && !self.names.contains_key(&name) {
            self.names.insert(name, Value::String(path.to_owned()));
        }
    }

    /// Keeps what the platform says of the submission.
    pub(super) fn about(&mut self, key: &str, value: Value) {
        if !is_nothing(&value) {
            self.submission.insert(key.to_owned(), value);
        }
    }

    /// Keeps all of it.
    pub(super) fn about_all(&mut self, rest: Map<String, Value>) {
        for (key, value) in rest {
            self.about(&key, value);
        }
    }

    /// The event.
    pub(super) fn into_payload(mut self) -> Map<String, Value> {
        for (key, value) in [(SUBMISSION, self.submission), (OTHER_NAMES, self.names)] {
            if !value.is_empty() {
                self.payload.insert(key.to_owned(), value.into());
            }
        }
        self.payload
    }
}

fn short(name: &str) -> String {
    shortened(name.trim(), NAME_CHARS_MAX).trim().to_owned()
}

/// The text under a key; empty where there is none.
pub(super) fn text<'a>(object: &'a Map<String, Value>, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_answer_takes_the_name_of_another() {
        let mut answers = Answers::default();
        for (names, value) in [
            (&["Name", "q1"][..], json!("a")),
            (&["Name", "q2"], json!("b")),
            (&["Name"], json!("c")),
            (&["submission"], json!("d")),
            (&[" "], json!("e")),
            (&["Empty"], json!(" ")),
        ] {
            answers.put(names, value);
        }
        answers.name("full_name", "Name");
        answers.name("full_name", "q2");
        answers.about("id", json!(1));
        let expected = json!({
            "Name": "a", "q2": "b", "Name (2)": "c", "submission (2)": "d", "answer (2)": "e", "submission": {"id": 1},
            "other_names": {"q1": "Name", "Name": "q2", "submission": "submission (2)", "full_name": "Name"},
        });
        assert_eq!(Value::from(answers.into_payload()), expected);
    }

    #[test]
    fn a_number_that_was_tried_is_not_tried_again() {
        // Looked for from 2 on each time this takes minutes.
        const ANSWERS: usize = 50_000;
        let mut answers = Answers::default();
        answers.put(&["Name (3)"], json!("own"));
        let names: Vec<String> = (0..ANSWERS).filter_map(|_| answers.put(&["Name"], json!("a"))).collect();
        assert_eq!(names[..3], ["Name", "Name (2)", "Name (4)"]);
        assert_eq!((names.len(), names[ANSWERS - 1].as_str()), (ANSWERS, "Name (50001)"));
        assert_eq!(answers.next["Name"], ANSWERS + 2);
    }

    #[test]
    fn a_question_is_shortened() {
        let mut answers = Answers::default();
        let name = answers.put(&["ü".repeat(600).as_str()], json!("a")).unwrap();
        assert_eq!(name.chars().count(), NAME_CHARS_MAX + 1);
    }
}
