//! What becomes of a push where it arrives.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::marks::{HOPS_MAX, LINKS_MAX, Link, Marks, Stamp};
use super::push::Origin;
use crate::field::{FieldName, FieldValue};
use crate::id::AccountName;

/// How far ahead another account's clock may be. What is set later than that would win over everything for as long.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);

/// Whose value a field keeps when both accounts have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The one that was set last, wherever that was.
    #[default]
    Newest,
    /// The other account's.
    Theirs,
    /// Ours; theirs only fills what is empty.
    Ours,
}

/// A connector's policy, for each field that has one of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policies {
    /// Of all others.
    pub usual: Policy,
    /// By field.
    pub fields: BTreeMap<FieldName, Policy>,
}

impl Policies {
    fn of(&self, field: &FieldName) -> Policy {
        self.fields.get(field).copied().unwrap_or(self.usual)
    }
}

/// How a push is met before its fields are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is to be merged.
    New,
    /// It went through this account before: it is an echo.
    Echo,
    /// It came through more accounts than any sensible set-up has: a loop through accounts that do not keep hops.
    TooFar,
    /// A newer version of the same lead arrived before it.
    Overtaken,
}

/// Decides how a push is met by an account and the lead that it finds there, if any.
#[must_use]
pub fn arrival(own: &AccountName, origin: &Origin, hops: &[AccountName], known: Option<&Marks>) -> Arrival {
    if hops.contains(own) || origin.account == *own {
        return Arrival::Echo;
    }
    if hops.len() > HOPS_MAX {
        return Arrival::TooFar;
    }
    let seen = known.and_then(|marks| marks.links.get(&origin.account)).filter(|link| link.lead == origin.lead);
    match seen {
        // The same version again is merged again: it changes nothing, and its first time may have been cut off.
        Some(link) if link.version > origin.version => Arrival::Overtaken,
        _ => Arrival::New,
    }
}

/// The values of a push, by the fields that they are mapped to.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The account that it arrives at.
    pub own: &'a AccountName,
    /// Who sends it.
    pub origin: &'a Origin,
    /// Its values, mapped and typed; `None` where it says that a field has none any more.
    pub fields: &'a BTreeMap<FieldName, Option<FieldValue>>,
    /// Their stamps by the same names. A value without one was set before its account kept count.
    pub stamps: &'a BTreeMap<FieldName, Stamp>,
}

/// What a push came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// The fields that have another value now.
    pub changed: Vec<FieldName>,
    /// The fields that keep their own value against another one.
    pub kept: Vec<FieldName>,
}

/// Merges a push into a lead's fields and marks. What others are to hear of is in [`Marks::news`] then: also a stamp that alone is
/// new, for one of them may hold another value with a stamp in between.
pub fn merge(
    fields: &mut BTreeMap<FieldName, FieldValue>,
    marks: &mut Marks,
    incoming: &Incoming<'_>,
    policies: &Policies,
) -> Merged {
    let (mut merged, mut news) = (Merged::default(), BTreeSet::new());
    let sender = &incoming.origin.account;
    for (name, theirs) in incoming.fields {
        let (stamp, own) = (incoming.stamps.get(name), marks.stamps.get(name));
        let known = fields.get(name);
        let take = match (known, policies.of(name)) {
            (_, Policy::Theirs) => true,
            (None, _) if own.is_none() => true,
            // Ours only yields where there is nothing of ours, also nothing that was taken away here.
            (None, Policy::Ours) => stamp > own,
            (Some(_), Policy::Ours) => false,
            // Where neither side kept count, whoever tells of it now is the newer one. Of one and the same change everybody keeps
            // what his mapping made of it.
            (_, Policy::Newest) => stamp > own || own.is_none(),
        };
        if !take {
            if known != theirs.as_ref() {
                merged.kept.push(name.clone());
            }
            continue;
        }
        if known != theirs.as_ref() {
            merged.changed.push(name.clone());
            news.insert(name.clone());
            match theirs {
                Some(value) => fields.insert(name.clone(), value.clone()),
                None => fields.remove(name),
            };
        }
        let is_newer = stamp.is_some_and(|stamp| own.is_none_or(|own| stamp > own));
        let next = match (stamp, own) {
            // Also with the same value: a third account may have heard of an older one.
            (Some(stamp), _) if is_newer => Some(stamp.through(sender)),
            // It counts although it is older: that makes it the newest, set here. The sender is told, too: it may hold another
            // value by now.
            (_, Some(own)) if news.contains(name) => {
                let at = own.at.checked_add(SignedDuration::from_millis(1)).unwrap_or(own.at);
                Some(Stamp::here(incoming.own, at))
            }
            _ => None,
        };
        if let Some(next) = next {
            marks.stamps.insert(name.clone(), next);
            news.insert(name.clone());
        }
    }
    marks.news = news;
    marks.link(incoming.origin);
    merged
}

/// Most further leads of one account that are remembered to be one lead here.
const ALSO_MAX: usize = 8;

impl Marks {
    /// Notes where a push came from.
    pub fn link(&mut self, origin: &Origin) {
        let Origin { account, lead, version } = origin;
        if self.links.len() >= LINKS_MAX && !self.links.contains_key(account) {
            return;
        }
        let link = self.links.entry(account.clone()).or_insert_with(|| Link {
            lead: lead.clone(),
            version: 0,
            also: BTreeSet::new(),
        });
        if link.lead == *lead {
            link.version = link.version.max(*version);
            return;
        }
        let mut also = std::mem::take(&mut link.also);
        also.insert(std::mem::take(&mut link.lead));
        also.remove(lead);
        while also.len() > ALSO_MAX {
            also.pop_first();
        }
        *link = Link { lead: lead.clone(), version: *version, also };
    }
}
