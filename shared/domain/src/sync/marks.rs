//! What a lead remembers of its way through accounts.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::field::{FieldName, FieldValue};
use crate::id::AccountName;

/// Most accounts that one change goes through.
pub const HOPS_MAX: usize = 16;
/// Most accounts in which one lead is known.
pub const LINKS_MAX: usize = 16;

/// When a value was set, and where. Later ones win; of two at the same moment the account whose name is greater, so that
/// everybody agrees on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// In which account.
    pub by: AccountName,
    /// The accounts that it came through to here, the one that set it first; empty where it was set. How a value came does not
    /// make it another one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<AccountName>,
}

impl Stamp {
    fn order(&self) -> (Timestamp, &AccountName) {
        (self.at, &self.by)
    }

    /// Whether an account has heard of the value, for it came from there.
    fn is_known_to(&self, account: &AccountName) -> bool {
        self.via.contains(account)
    }
}

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Stamp {}

impl PartialOrd for Stamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Stamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

/// The same lead in another account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id there.
    pub lead: String,
    /// The greatest version of it that arrived here: what is older was overtaken on its way.
    #[serde(default)]
    pub version: u64,
}

/// What a lead remembers of sync. Empty where an account syncs with nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Of each field when it was set, and by whom. A field without one was set before anybody kept count: anything wins.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stamps: BTreeMap<FieldName, Stamp>,
    /// Where else the lead is known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<AccountName, Link>,
    /// The fields whose values or stamps are new since the version before: what others are to hear of.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub news: BTreeSet<FieldName>,
}

impl Marks {
    /// Whether there is nothing to remember.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Notes a change that was made here: every field that differs is of `now` and ours.
    ///
    /// A value that was set on top of another is later than that one, also where the other account's clock is ahead.
    pub fn change(
        &mut self,
        before: &BTreeMap<FieldName, FieldValue>,
        after: &BTreeMap<FieldName, FieldValue>,
        own: &AccountName,
        now: Timestamp,
    ) {
        self.news.clear();
        for (name, value) in after {
            if before.get(name) == Some(value) {
                continue;
            }
            let next =
                self.stamps.get(name).and_then(|stamp| stamp.at.checked_add(SignedDuration::from_millis(1)).ok());
            let at = next.map_or(now, |next| next.max(now));
            self.stamps.insert(name.clone(), Stamp { at, by: own.clone(), via: Vec::new() });
            self.news.insert(name.clone());
        }
    }

    /// Whether the last change has something in it that did not come from an account, by whatever way. One change may bring
    /// along another that came by another way, so this is told of each field.
    #[must_use]
    pub fn is_news_to(&self, account: &AccountName) -> bool {
        self.ways().any(|stamp| stamp.via.len() < HOPS_MAX && !stamp.is_known_to(account))
    }

    /// The accounts that everything in the last change came through: for them a push of it would be an echo.
    #[must_use]
    pub fn hops(&self) -> Vec<AccountName> {
        let mut ways = self.ways();
        let Some(first) = ways.next() else { return Vec::new() };
        let others: Vec<&Stamp> = ways.collect();
        first.via.iter().filter(|hop| others.iter().all(|stamp| stamp.is_known_to(hop))).cloned().collect()
    }

    fn ways(&self) -> impl Iterator<Item = &Stamp> {
        self.news.iter().filter_map(|field| self.stamps.get(field))
    }
}
