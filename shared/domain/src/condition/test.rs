//! A compiled condition.

use super::{Operand, Operator, Scalar, Subject};
use crate::field::FieldName;

/// A compiled condition: every operand has its type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// Every one holds.
    All(Vec<Test>),
    /// At least one holds.
    Any(Vec<Test>),
    /// It does not hold.
    Not(Box<Test>),
    /// A comparison of one field.
    Is(Predicate),
}

/// A compiled comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Predicate {
    /// The field of the lead.
    pub(crate) field: FieldName,
    /// How it is compared.
    pub(crate) op: Operator,
    /// With what.
    pub(crate) operand: Operand,
    /// Whether the lead's text keeps its case before it is compared: what [`Scalar::of`] is told.
    pub(crate) exact: bool,
    /// The value as it was written, as JSON, for the trace; empty where there is none.
    pub(crate) expected: String,
}

/// The first comparison that kept a rule from matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The field that was compared.
    pub field: FieldName,
    /// The operator; `not` stands before it when the comparison held and should not have.
    pub op: String,
    /// The value as the rule gives it, as JSON; empty where there is none.
    pub expected: String,
    /// The lead's value; `None` when it is missing.
    pub found: Option<String>,
    /// How many other parts of an `any` did not hold either: each of them would have been enough.
    pub alternatives: usize,
}

impl Failed {
    /// The same, as one of so many parts of which one would have been enough.
    pub(crate) fn of_alternatives(self, parts: usize) -> Self {
        Self { alternatives: self.alternatives + parts.saturating_sub(1), ..self }
    }
}

impl Test {
    /// Tries the condition.
    ///
    /// # Errors
    /// The first comparison that failed. Where an `any` fails it is the last of its parts, the one nearest to matching
    /// in the order the person wrote.
    pub fn check(&self, subject: &Subject<'_>) -> Result<(), Failed> {
        match self {
            Self::All(parts) => parts.iter().try_for_each(|part| part.check(subject)),
            Self::Any(parts) => {
                let mut last = Ok(());
                for part in parts {
                    last = part.check(subject);
                    if last.is_ok() {
                        return Ok(());
                    }
                }
                last.map_err(|failed| failed.of_alternatives(parts.len()))
            }
            Self::Not(part) => match part.check(subject) {
                Ok(()) => Err(part.held(subject)),
                Err(_) => Ok(()),
            },
            Self::Is(predicate) => {
                if predicate.holds(subject) {
                    Ok(())
                } else {
                    Err(predicate.failed(subject, ""))
                }
            }
        }
    }

    /// A comparison that held where none should have: the first one inside.
    fn held(&self, subject: &Subject<'_>) -> Failed {
        match self {
            // Compiled lists are never empty; were one, there would be nothing to name but the tree itself.
            Self::All(parts) | Self::Any(parts) => {
                match parts.iter().find(|part| part.check(subject).is_ok()).or_else(|| parts.first()) {
                    // All of them held, and it would have been enough if one had not.
                    Some(part) if matches!(self, Self::All(_)) => part.held(subject).of_alternatives(parts.len()),
                    Some(part) => part.held(subject),
                    None => unreachable!("compiled lists are never empty"),
                }
            }
            Self::Not(part) => part.held(subject),
            Self::Is(predicate) => predicate.failed(subject, "not "),
        }
    }
}

impl Predicate {
    /// Whether it holds for a value, folded or only normalised as `exact` says; `None` is a missing one.
    #[must_use]
    pub fn holds_for(&self, value: Option<&Scalar>) -> bool {
        let spec = self.op.spec();
        value.map_or(spec.when_missing, |value| (spec.test)(value, &self.operand))
    }

    fn holds(&self, subject: &Subject<'_>) -> bool {
        let value = subject.get(&self.field).map(|value| Scalar::of(&value, self.exact, subject.zone));
        self.holds_for(value.as_ref())
    }

    fn failed(&self, subject: &Subject<'_>, prefix: &str) -> Failed {
        Failed {
            field: self.field.clone(),
            op: format!("{prefix}{}", self.op.name()),
            expected: self.expected.clone(),
            found: subject.get(&self.field).map(|value| value.to_string()),
            alternatives: 0,
        }
    }
}
