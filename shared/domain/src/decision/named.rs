//! The assignee whom a lead names.

use super::Route;
use crate::config::{Action, Assignee, Checked};
use crate::field::FieldName;
use crate::lead::Lead;

/// A lead names somebody who is not there. The name itself may be an address of a person, so it is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNamed {
    /// Nobody has this name.
    #[error(
        "the field '{0}' names an assignee that does not exist by its id, external_id or email: correct it, or add the \
         assignee, and retry"
    )]
    Unknown(FieldName),
    /// Several have it.
    #[error("the field '{0}' names several assignees, who share an external_id or an email: use the id, and retry")]
    Ambiguous(FieldName),
}

impl Checked {
    /// The assignee whom a field of the lead names, by id, else by external id, else by email; `None` when the lead has no
    /// such field.
    pub(super) fn named(&self, lead: &Lead, field: &FieldName) -> Option<Result<&Assignee, NotNamed>> {
        let value = lead.fields.get(field).filter(|value| !value.is_empty())?.to_string();
        let name = value.trim();
        if let Some(assignee) = name.parse().ok().and_then(|id| self.assignee(&id)) {
            return Some(Ok(assignee));
        }
        let assignees = &self.config().assignees;
        let by_external = |assignee: &&Assignee| assignee.external_id.as_deref() == Some(name);
        let by_email =
            |assignee: &&Assignee| assignee.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(name));
        let mut found: Vec<&Assignee> = assignees.iter().filter(by_external).collect();
        if found.is_empty() {
            found = assignees.iter().filter(by_email).collect();
        }
        Some(match found.as_slice() {
            [only] => Ok(only),
            [] => Err(NotNamed::Unknown(field.clone())),
            _ => Err(NotNamed::Ambiguous(field.clone())),
        })
    }
}

impl Route<'_> {
    /// Holds that whomever the lead names exists, as far as the rules that decide it ask for a name.
    ///
    /// # Errors
    /// [`NotNamed`]: such an event has failed, for passing over the name would give the lead to someone it was not meant
    /// for.
    pub fn check_names(&self, config: &Checked, lead: &Lead) -> Result<(), NotNamed> {
        for branch in self.branches() {
            for action in branch.actions().chain(branch.fallback()) {
                if let Action::Named(field) = action
                    && let Some(named) = config.named(lead, field)
                {
                    named?;
                }
            }
        }
        Ok(())
    }
}
