//! Checking hosted forms.

use std::collections::BTreeSet;

use super::Check;
use crate::config::{FormPage, PAGE_BYTES_MAX, PAGE_QUESTIONS_MAX, PAGE_STEPS_MAX};
use crate::field::FieldType;

impl Check<'_> {
    pub(super) fn form_page(&mut self, page: &FormPage, path: &str) {
        if page.title.trim().is_empty() {
            self.problem(format!("{path}.title"), "is empty: a page needs a heading");
        }
        let language = &page.language;
        if language.is_empty() || !language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            self.problem(format!("{path}.language"), format!("found '{language}', expected a tag such as en or pt-BR"));
        }
        self.at_most(&format!("{path}.steps"), page.steps.len(), PAGE_STEPS_MAX, "steps");
        self.at_most(&format!("{path}.steps"), page.questions().count(), PAGE_QUESTIONS_MAX, "questions");
        let bytes = page.bytes_most(|question| match question.choices.as_slice() {
            [] => self.fields.get(&question.field).map_or(&[], |info| &info.options),
            own => own,
        });
        if bytes > PAGE_BYTES_MAX {
            let message = format!("the page may have {bytes} bytes, expected at most {PAGE_BYTES_MAX}: ask for less");
            self.problem(path, message);
        }
        let mut asked = BTreeSet::new();
        for (step, of_step) in page.steps.iter().enumerate() {
            if of_step.questions.is_empty() {
                self.problem(format!("{path}.steps[{step}].questions"), "a step without questions: leave it out");
            }
            for (at, question) in of_step.questions.iter().enumerate() {
                let path = format!("{path}.steps[{step}].questions[{at}]");
                self.target_field(&question.field, format!("{path}.field"));
                if self.fields.get(&question.field).is_some_and(|info| info.kind == FieldType::Geo) {
                    self.problem(format!("{path}.field"), "a place can't be asked for: ask for its address");
                }
                if let Some(when) = &question.when {
                    if !asked.contains(&when.field) {
                        let message = format!("'{}' is not asked before this question", when.field);
                        self.problem(format!("{path}.when.field"), message);
                    }
                    if when.is.is_empty() {
                        self.problem(format!("{path}.when.is"), "no answer is named: the question is never asked");
                    }
                }
                if !asked.insert(question.field.clone()) {
                    self.problem(format!("{path}.field"), format!("'{}' is asked twice", question.field));
                }
            }
        }
    }
}
