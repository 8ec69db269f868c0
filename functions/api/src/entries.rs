//! The entries of a list: from what was sent to what is kept.
//!
//! Kept are lines, normalised as texts compare (NFKC, no white space around), sorted, none twice: the same entries are
//! always the same text, in whatever order and form they came.

mod body;
mod read;

use std::borrow::Cow;
use std::cmp::Ordering;

use leadyard_domain::list::{ENTRIES_MAX, ENTRY_BYTES_MAX};
use leadyard_domain::text;
use leadyard_store::LIST_BYTES_MAX;

use crate::problem::{Finding, Kind, Problem};

pub(crate) use body::EntriesBody;

/// Most wrong entries that one answer lists.
const FINDINGS_MAX: usize = 20;
/// Most characters of a wrong entry that the answer repeats.
const SHOWN_CHARS: usize = 40;

/// The entries of a list: sorted lines, none twice, each ended by a line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entries(String);

impl Entries {
    /// Reads values, each with what it is called: `line 17`. Empty ones are left out.
    ///
    /// # Errors
    /// Values that cannot be entries, each by its name; none at all; too many.
    fn of<'a>(values: impl Iterator<Item = (usize, Cow<'a, str>)>, what: &str) -> Result<Self, Problem> {
        let mut kept: Vec<Cow<'a, str>> = Vec::new();
        let mut wrong = Vec::new();
        for (place, value) in values {
            let entry = normalised(value);
            if entry.is_empty() {
                continue;
            }
            match fault(&entry) {
                None => kept.push(entry),
                Some(message) if wrong.len() < FINDINGS_MAX => {
                    let shown: String = entry.chars().take(SHOWN_CHARS).collect();
                    let message = format!("the entry that begins with {shown:?} {message}");
                    wrong.push(Finding { path: format!("{what} {place}"), message });
                }
                // Twenty show what is the matter.
                Some(_) => break,
            }
        }
        if !wrong.is_empty() {
            let detail = format!(
                "Some values of the body cannot be entries of a list; the first {} are listed with their places. Nothing \
                 was changed. Mend them and send all again.",
                wrong.len()
            );
            return Err(Problem::refused(detail, wrong));
        }
        kept.sort_unstable();
        kept.dedup();
        if kept.is_empty() {
            return Err(Problem::new(
                Kind::Unprocessable,
                "The body holds no entry: send at least one. DELETE /v1/lists/{name} removes a whole list.",
            ));
        }
        let mut lines = String::with_capacity(kept.iter().map(|entry| entry.len() + 1).sum());
        kept.iter().for_each(|entry| push(&mut lines, entry));
        Ok(Self(lines))
    }

    /// What the table keeps of a list.
    pub(crate) fn from_kept(lines: String) -> Self {
        Self(lines)
    }

    /// The lines.
    pub(crate) fn lines(&self) -> &str {
        &self.0
    }

    /// These and the others.
    #[must_use]
    pub(crate) fn with(&self, others: &Self) -> Self {
        self.merged(others, |_| true)
    }

    /// These without the others.
    #[must_use]
    pub(crate) fn without(&self, others: &Self) -> Self {
        self.merged(others, |only_here| only_here)
    }

    /// Goes through both in order. `keep` says of each entry, by whether it is here alone, if it stays.
    fn merged(&self, others: &Self, keep: impl Fn(bool) -> bool) -> Self {
        let mut lines = String::with_capacity(self.0.len() + others.0.len());
        let (mut here, mut there) = (self.0.lines().peekable(), others.0.lines().peekable());
        loop {
            let order = match (here.peek(), there.peek()) {
                (Some(here), Some(there)) => here.cmp(there),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return Self(lines),
            };
            let entry = if order == Ordering::Greater { None } else { here.next() };
            let entry = if order == Ordering::Less { entry } else { there.next().or(entry) };
            if let Some(entry) = entry.filter(|_| keep(order == Ordering::Less)) {
                push(&mut lines, entry);
            }
        }
    }

    /// Holds that a list can have all of these.
    ///
    /// # Errors
    /// They are too many, too much text, or none.
    pub(crate) fn fit(&self) -> Result<(), Problem> {
        let refuse = |detail: String| Err(Problem::new(Kind::Unprocessable, detail));
        let entries = self.0.lines().count();
        if entries == 0 {
            return refuse(
                "The list would be empty: DELETE /v1/lists/{name} removes it, when no rule names it.".to_owned(),
            );
        }
        if entries > ENTRIES_MAX {
            return refuse(format!(
                "The list would have {entries} entries; {ENTRIES_MAX} are the most. Split it into several lists, which a \
                 rule can name side by side under 'any'."
            ));
        }
        if self.0.len() > LIST_BYTES_MAX {
            let (bytes, most) = (self.0.len().div_ceil(1024 * 1024), LIST_BYTES_MAX / (1024 * 1024));
            return refuse(format!(
                "The list would have {bytes} MiB of text; {most} MiB are the most. Split it into several lists, which a \
                 rule can name side by side under 'any'."
            ));
        }
        Ok(())
    }
}

fn push(lines: &mut String, entry: &str) {
    lines.push_str(entry);
    lines.push('\n');
}

/// As [`text::normalise`], without a copy where nothing is to be done: there may be a million.
fn normalised(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(text) if text.is_ascii() => Cow::Borrowed(text.trim()),
        other => Cow::Owned(text::normalise(&other)),
    }
}

/// Why a text cannot be an entry.
fn fault(entry: &str) -> Option<String> {
    if entry.len() > ENTRY_BYTES_MAX {
        return Some(format!("has {} bytes; an entry has {ENTRY_BYTES_MAX} at most", entry.len()));
    }
    let control = entry.chars().find(|character| character.is_control());
    control.map(|control| format!("holds the control character {control:?}; an entry is one line of text"))
}

#[cfg(test)]
mod tests;
