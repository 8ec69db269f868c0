//! What a condition may name.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::Patterns;
use crate::config::FieldTable;
use crate::id::ListName;
use crate::list::Lists;

/// What a condition may name, and how it reads times.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The fields.
    pub fields: &'a FieldTable,
    /// The account's zone: in it a day without a time begins.
    pub zone: &'a TimeZone,
    /// The lists.
    pub lists: KnownLists<'a>,
    /// The patterns that its config has so far.
    pub patterns: &'a Patterns,
}

/// What is known of the lists.
#[derive(Debug, Clone, Copy)]
pub enum KnownLists<'a> {
    /// Which there are: enough to check a condition, not to try it.
    Names(&'a BTreeSet<ListName>),
    /// Their entries.
    Loaded(&'a Lists),
}
