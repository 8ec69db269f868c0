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
    /// Of what is set here, now.
    #[must_use]
    pub fn here(own: &AccountName, at: Timestamp) -> Self {
        Self { at, by: own.clone(), via: Vec::new() }
    }

    /// Of what an account sends that keeps no stamps itself.
    #[must_use]
    pub fn of_sender(sender: &AccountName, at: Timestamp) -> Self {
        Self { at, by: sender.clone(), via: vec![sender.clone()] }
    }

    /// The same after one more account.
    #[must_use]
    pub fn through(&self, account: &AccountName) -> Self {
        let via = self.via.iter().cloned().chain([account.clone()]).collect();
        Self { via, ..self.clone() }
    }

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
    /// Further leads there that are this one here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub also: BTreeSet<String>,
}

impl Link {
    /// Whether a lead of that account is the only one of it that is known to be this one.
    #[must_use]
    pub fn is_only(&self, lead: &str) -> bool {
        self.lead == lead && self.also.is_empty()
    }
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
    /// When and where the lead was erased, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<Stamp>,
}

impl Marks {
    /// Whether there is nothing to remember.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Notes a change that was made here, or that came from an account which keeps no stamps: every field that differs is of
    /// `now` and of whoever made it. A field that is gone keeps a stamp, so that others hear of that, too.
    ///
    /// A value that was set on top of another is later than that one, also where the other account's clock is ahead.
    pub fn change(
        &mut self,
        before: &BTreeMap<FieldName, FieldValue>,
        after: &BTreeMap<FieldName, FieldValue>,
        made: &Stamp,
    ) {
        self.news.clear();
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        let other = after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, _)| name);
        for name in gone.chain(other) {
            let next =
                self.stamps.get(name).and_then(|stamp| stamp.at.checked_add(SignedDuration::from_millis(1)).ok());
            let at = next.map_or(made.at, |next| next.max(made.at));
            self.stamps.insert(name.clone(), Stamp { at, ..made.clone() });
            self.news.insert(name.clone());
        }
    }

    /// Gives every value that was set before anybody kept count a stamp: it is as old as the lead. So everybody who meets it
    /// compares it with the same moment.
    pub fn settle(&mut self, fields: &BTreeMap<FieldName, FieldValue>, own: &AccountName, since: Timestamp) {
        for name in fields.keys().filter(|name| !self.stamps.contains_key(*name)).cloned().collect::<Vec<_>>() {
            self.stamps.insert(name, Stamp::here(own, since));
        }
    }

    /// Notes that the lead was erased. What stays tells nothing of a person: the accounts that know the lead, and its ids there.
    pub fn erase(&mut self, made: Stamp) {
        self.stamps.clear();
        self.news.clear();
        self.gone = Some(made);
    }

    /// Whether the last change has something in it that did not come from an account, by whatever way. One change may bring
    /// along another that came by another way, so this is told of each field.
    #[must_use]
    pub fn is_news_to(&self, account: &AccountName) -> bool {
        self.ways().any(|stamp| stamp.via.len() < HOPS_MAX && !stamp.is_known_to(account))
    }

    /// The accounts that all of the lead came through: for them a push of it would be an echo. A push holds the whole lead as
    /// it is when it is sent, with changes that came by other ways than the last one.
    #[must_use]
    pub fn hops(&self) -> Vec<AccountName> {
        let mut ways = self.gone.iter().chain(self.stamps.values().filter(|_| self.gone.is_none()));
        let Some(first) = ways.next() else { return Vec::new() };
        let others: Vec<&Stamp> = ways.collect();
        first.via.iter().filter(|hop| others.iter().all(|stamp| stamp.is_known_to(hop))).cloned().collect()
    }

    fn ways(&self) -> impl Iterator<Item = &Stamp> {
        self.gone.iter().chain(self.news.iter().filter_map(|field| self.stamps.get(field)))
    }
}
