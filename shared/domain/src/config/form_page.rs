//! A form that is hosted with the source, for who has no form yet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::field::FieldName;

/// Most steps of a page.
pub const PAGE_STEPS_MAX: usize = 10;
/// Most questions of a page.
pub const PAGE_QUESTIONS_MAX: usize = 50;
/// Most bytes of a page: whoever has a bad connection waits for each.
pub const PAGE_BYTES_MAX: usize = 20 * 1024;

/// At most so much of a page is there in any case: style, script, hidden fields with what came in the page's URL.
const FRAME_BYTES: usize = 8 * 1024;
/// At most so much stands around the texts of a question, of one of its choices, and of a step.
const QUESTION_BYTES: usize = 260;
const CHOICE_BYTES: usize = 120;
const STEP_BYTES: usize = 160;

/// A form at `GET /f/{key}`, with the key of the source's endpoint; it posts to the source itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormPage {
    /// Its heading.
    pub title: String,
    /// A sentence or two below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intro: Option<String>,
    /// The language of its texts, as HTML names it (`en`, `de`, `pt-BR`).
    #[serde(default = "english")]
    pub language: String,
    /// The words on its buttons.
    #[serde(default)]
    pub buttons: Buttons,
    /// What it says afterwards, where the source names no page of its own.
    #[serde(default = "thanks")]
    pub thanks: String,
    /// What a visitor must agree to; kept with the lead, as it stood, in the field `consent.text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// Its questions, a step at a time. Without any, it asks for the account's own fields that the source may fill, and
    /// then for name, email, phone, company and a message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<FormStep>,
    /// Whether what was answered is kept in the log each time that a step is left: those who never send are seen there.
    /// Where nothing is said, it is where no consent is asked for: before it was given, nothing is kept unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_partial: Option<bool>,
}

/// Questions that are asked together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormStep {
    /// What they are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The questions.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The lead's field that the answer fills; its type says how it is asked.
    pub field: FieldName,
    /// The question; the field's name where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// A hint below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
    /// The answers to choose from; the field's own options where none are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Asked only when an earlier question has one of these answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<QuestionWhen>,
}

/// What an earlier question was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionWhen {
    /// The field of the earlier question.
    pub field: FieldName,
    /// The answers; of a yes-or-no question `true`.
    pub is: Vec<String>,
}

/// The words on a form's buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Buttons {
    pub next: String,
    pub back: String,
    pub send: String,
}

impl Default for Buttons {
    fn default() -> Self {
        Self { next: "Next".to_owned(), back: "Back".to_owned(), send: "Send".to_owned() }
    }
}

fn english() -> String {
    "en".to_owned()
}

fn thanks() -> String {
    "Thank you. We will be in touch.".to_owned()
}

impl FormPage {
    /// Whether what was answered is kept when a step is left.
    #[must_use]
    pub fn keeps_partial(&self) -> bool {
        self.keep_partial.unwrap_or(self.consent.is_none())
    }

    /// Its questions in their order.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.steps.iter().flat_map(|step| &step.questions)
    }

    /// How large the page may get at most, in bytes. `options` are the choices of a question that names none itself.
    #[must_use]
    pub fn bytes_most<'a>(&'a self, options: impl Fn(&'a Question) -> &'a [String]) -> usize {
        // An escaped character is up to six long; texts have few of them, and those that have many are refused early.
        let of = |text: &str| text.len() + 5 * text.matches(['&', '<', '>', '"', '\'']).count();
        let of_question = |question: &'a Question| {
            // Names and choices stand there twice: as what is sent and as what is read.
            let choices: usize = options(question).iter().map(|choice| CHOICE_BYTES + 2 * of(choice)).sum();
            let texts = [&question.label, &question.help].into_iter().flatten().map(|text| of(text)).sum::<usize>();
            let when =
                question.when.as_ref().map_or(0, |when| when.is.iter().map(|is| of(is) + 16).sum::<usize>() + 80);
            QUESTION_BYTES + 2 * question.field.as_str().len() + choices + texts + when
        };
        let Buttons { next, back, send } = &self.buttons;
        let steps = self.steps.iter().map(|step| STEP_BYTES + step.title.as_deref().map_or(0, of));
        let texts = [&self.title, &self.title, &self.language, send].into_iter().map(|text| of(text));
        FRAME_BYTES
            + texts.sum::<usize>()
            + self.steps.len() * (of(next) + of(back))
            + self.intro.as_deref().map_or(0, of)
            + 2 * self.consent.as_deref().map_or(0, of)
            + steps.sum::<usize>()
            + self.questions().map(of_question).sum::<usize>()
    }
}
