//! A lead's values as the rules of one profile read them: each is looked up, derived and folded at most once.

use std::cell::{Cell, OnceCell};

use crate::condition::{Scalar, Subject};
use crate::field::FieldName;

/// Which value a comparison reads: its place in the profile's list.
pub(super) type SlotId = usize;

/// The values that the rules of one profile read.
#[derive(Debug, Default)]
pub(super) struct Slots(Vec<Slot>);

/// A field, and whether its text keeps its case.
#[derive(Debug, PartialEq, Eq)]
struct Slot {
    field: FieldName,
    exact: bool,
}

impl Slots {
    /// The place of a value; it gets one when it has none.
    pub(super) fn place(&mut self, field: &FieldName, exact: bool) -> SlotId {
        let known = self.0.iter().position(|slot| slot.exact == exact && slot.field == *field);
        known.unwrap_or_else(|| {
            self.0.push(Slot { field: field.clone(), exact });
            self.0.len() - 1
        })
    }
}

/// What is known of one lead while the rules are tried.
pub(super) struct Facts<'a> {
    slots: &'a Slots,
    subject: &'a Subject<'a>,
    values: Vec<OnceCell<Option<Scalar>>>,
    answers: Vec<Cell<Answer>>,
}

/// Whether a comparison that several rules share holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Unknown,
    Yes,
    No,
}

impl<'a> Facts<'a> {
    /// Nothing is read before it is asked for.
    pub(super) fn new(slots: &'a Slots, shared: usize, subject: &'a Subject<'a>) -> Self {
        let values = std::iter::repeat_with(OnceCell::new).take(slots.0.len()).collect();
        Self { slots, subject, values, answers: vec![Cell::new(Answer::Unknown); shared] }
    }

    /// A value, ready to compare; `None` when it is missing.
    pub(super) fn value(&self, slot: SlotId) -> Option<&Scalar> {
        self.values[slot]
            .get_or_init(|| {
                let Slot { field, exact } = &self.slots.0[slot];
                self.subject.get(field).map(|value| Scalar::of(&value, *exact, self.subject.zone))
            })
            .as_ref()
    }

    /// The answer of a shared comparison, worked out once.
    pub(super) fn shared(&self, number: usize, work_out: impl FnOnce() -> bool) -> bool {
        let answer = &self.answers[number];
        if answer.get() == Answer::Unknown {
            answer.set(if work_out() { Answer::Yes } else { Answer::No });
        }
        answer.get() == Answer::Yes
    }

    /// The lead and what surrounds it.
    pub(super) fn subject(&self) -> &Subject<'a> {
        self.subject
    }
}
