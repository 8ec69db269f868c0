//! Which known lead an event is about, and which keys the lead has from then on.
//!
//! A key leads to one lead. Where a source counts only its own leads, or only those of some days, a person may have several:
//! then the key moves to the newest, so that the next event finds that one. It moves only from the lead that was read: of
//! events at the same moment, one makes the lead and the others meet it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use leadyard_domain::activity::Activity;
use leadyard_domain::config::{Checked, DuplicateScope, Duplicates, SearchKey, Source};
use leadyard_domain::event::Received;
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{ActivityId, Entity, LeadId};
use leadyard_domain::key::{Claim, UniqueKey};
use leadyard_domain::lead::Lead;

use super::behaviour::is_repeat;
use super::draft::Draft;
use super::push::Pushed;

/// Every key that a lead may have, whichever source made it: by those of all sources it is one lead whichever source meets it
/// next, by a source's own that source finds its own leads only. Those that are empty are left out.
#[must_use]
pub fn possible_keys(
    config: &Checked,
    entity: &Entity,
    fields: &BTreeMap<FieldName, FieldValue>,
) -> BTreeSet<UniqueKey> {
    let sources = config.config().sources.iter().filter(|source| source.entity == *entity);
    let own = sources.flat_map(|source| own_keys(source, fields));
    shared_keys(config, entity, fields).into_iter().chain(own).collect()
}

/// The keys by which sources of an entity find each other's leads.
fn shared_keys(config: &Checked, entity: &Entity, fields: &BTreeMap<FieldName, FieldValue>) -> Vec<UniqueKey> {
    let sources = config.config().sources.iter().filter(|source| source.entity == *entity);
    let searched: BTreeSet<SearchKey> = sources.flat_map(Source::search_keys).collect();
    searched.iter().filter_map(|key| UniqueKey::of(entity, key, fields)).collect()
}

/// The keys of a lead as it is, whichever source meets it next: those of all sources of its entity, and those of its own source
/// where that counts its own leads only.
#[must_use]
pub fn keys_of(config: &Checked, lead: &Lead) -> BTreeSet<UniqueKey> {
    let own = config.source(&lead.source).map(|source| own_keys(source, &lead.fields)).unwrap_or_default();
    shared_keys(config, &lead.entity, &lead.fields).into_iter().chain(own).collect()
}

/// The keys by which a source finds its own leads only, where it does.
fn own_keys(source: &Source, fields: &BTreeMap<FieldName, FieldValue>) -> BTreeSet<UniqueKey> {
    if source.duplicates.scope != DuplicateScope::Source {
        return BTreeSet::new();
    }
    let keys = source.search_keys();
    let own = keys.iter().filter_map(|key| UniqueKey::of(&source.entity, key, fields));
    own.map(|key| key.of_source(&source.id)).collect()
}

/// Whether an event is about a known lead that has its key: by the source's window and scope, or because the same event
/// made or met it before.
#[must_use]
pub fn counts(source: &Source, lead: &Lead, received: &Received) -> bool {
    let Duplicates { within_days, scope } = source.duplicates;
    if scope == DuplicateScope::Source && lead.source != source.id {
        return false;
    }
    // An event that was received before the lead was made is about it as well: queues do not keep order.
    let age = received.received_at.duration_since(lead.created_at);
    let in_time = within_days.is_none_or(|days| age <= SignedDuration::from_hours(24 * i64::from(days)));
    (in_time && scope != DuplicateScope::Partner) || is_repeat(lead, received)
}

/// A search key and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'a> {
    /// Its fields, as the config writes them.
    pub fields: String,
    /// The lead that has it.
    pub lead: Option<&'a LeadId>,
    /// Whether that lead counts.
    pub counts: Option<bool>,
}

/// What is known of the leads that have some keys.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Who has which key.
    pub keys: BTreeMap<UniqueKey, LeadId>,
    /// The leads: those that the keys lead to, at least.
    pub leads: BTreeMap<LeadId, Lead>,
    /// Activities that are told again. An id is one within its lead.
    pub activities: BTreeMap<(LeadId, ActivityId), Activity>,
}

impl Known {
    /// The lead that a draft is about: by the primary key, else by the secondary, else the one that the very event made
    /// when it came before.
    #[must_use]
    pub fn met(&self, draft: &Draft, source: &Source, received: &Received) -> Option<&Lead> {
        if let Some(pushed) = &draft.push
            && let Some(lead) = self.linked(pushed, source)
        {
            return Some(lead);
        }
        let fits = |lead: &&Lead| lead.erased_at.is_none() && counts(source, lead, received);
        let holder = |key: &UniqueKey| self.leads.get(self.keys.get(key)?).filter(fits);
        // A key that the config names no more may still lead to a lead that was erased: nobody meets that. Among its own leads
        // first; from before the source had a scope, they have the account's keys only.
        let by_key = draft.keys.iter().find_map(|key| holder(&key.of_source(&source.id)).or_else(|| holder(key)));
        by_key.or_else(|| self.leads.get(&LeadId::from_event(&received.event)))
    }

    /// The lead that a push is about, where this account or the sender knows which one that is. It may have been erased.
    fn linked(&self, pushed: &Pushed, source: &Source) -> Option<&Lead> {
        let by_key = pushed.links(&source.entity).into_iter().find_map(|key| self.leads.get(self.keys.get(&key)?));
        // The sender's word alone leads to no lead of a type that the source has nothing to do with.
        let named = || self.leads.get(&pushed.known_as()?).filter(|lead| lead.entity == source.entity);
        by_key.or_else(named)
    }

    /// What is odd about the lead that a draft met, in words for a person: a key of it leads to another one.
    #[must_use]
    pub fn oddity(&self, draft: &Draft, source: &Source, received: &Received, met: Option<&Lead>) -> Option<String> {
        if draft.push.is_some() && draft.keys.is_empty() {
            return Some("every search key is empty: it is found by the other account's id alone".to_owned());
        }
        let met = met?;
        let other = self
            .found(draft, source, received)
            .into_iter()
            .find(|found| found.counts == Some(true) && found.lead.is_some_and(|lead| *lead != met.id))?;
        let (key, other, met) = (other.fields, other.lead?, &met.id);
        Some(format!("its key '{key}' leads to another lead, {other}, which was left alone: {met} came first"))
    }

    /// Each search key of a draft with the lead that has it, for people: among the source's own leads first.
    #[must_use]
    pub fn found<'a>(&'a self, draft: &Draft, source: &Source, received: &Received) -> Vec<Found<'a>> {
        let found = |key: &UniqueKey| {
            let id = self.keys.get(&key.of_source(&source.id)).or_else(|| self.keys.get(key));
            let lead = id.and_then(|id| self.leads.get(id));
            let counts = lead.map(|lead| counts(source, lead, received));
            Found { fields: key.fields.clone(), lead: lead.map(|lead| &lead.id), counts }
        };
        draft.keys.iter().map(found).collect()
    }

    /// The keys that a lead gets: those that nobody has, and those of an older lead that counts no more. What was not looked
    /// up is not claimed, and what another lead has stays with it.
    #[must_use]
    pub fn claims(
        &self,
        config: &Checked,
        source: &Source,
        lead: &Lead,
        looked_up: &[UniqueKey],
        received: &Received,
    ) -> Vec<Claim> {
        let mut keys: BTreeSet<UniqueKey> = shared_keys(config, &source.entity, &lead.fields).into_iter().collect();
        keys.extend(own_keys(source, &lead.fields));
        keys.extend(looked_up.iter().filter(|key| key.is_link()).cloned());
        // The source that made the lead has to know it by what others add.
        keys.extend(config.source(&lead.source).into_iter().flat_map(|source| own_keys(source, &lead.fields)));
        let claim = |key: UniqueKey| {
            let Some(from) = self.keys.get(&key) else { return Some(Claim { key, from: None }) };
            // A key may outlive its lead, or lead to one that was erased.
            let may_move = match self.leads.get(from).filter(|holder| holder.erased_at.is_none()) {
                Some(holder) => {
                    *from != lead.id
                        && holder.created_at <= lead.created_at
                        && !counts(source, holder, received)
                        && self.is_found_without(config, holder, &key)
                }
                None => true,
            };
            may_move.then(|| Claim { key, from: Some(from.clone()) })
        };
        keys.into_iter().filter(|key| looked_up.contains(key)).filter_map(claim).collect()
    }

    /// Of some keys those that nobody has, to be claimed by a lead that was changed by hand: what another lead has stays with it.
    #[must_use]
    pub fn free(&self, keys: BTreeSet<UniqueKey>) -> Vec<Claim> {
        let claim = |key: UniqueKey| {
            let Some(from) = self.keys.get(&key) else { return Some(Claim { key, from: None }) };
            // A key may outlive its lead, or lead to one that was erased.
            let is_free = self.leads.get(from).is_none_or(|holder| holder.erased_at.is_some());
            is_free.then(|| Claim { key, from: Some(from.clone()) })
        };
        keys.into_iter().filter_map(claim).collect()
    }

    /// Whether the source of a lead still finds it when one of its keys moves to another lead. A source that counts its own
    /// leads only may have made this one before it did: such a lead has no key but that one.
    fn is_found_without(&self, config: &Checked, holder: &Lead, key: &UniqueKey) -> bool {
        let Some(source) = config.source(&holder.source) else { return true };
        if source.duplicates.scope != DuplicateScope::Source {
            return true;
        }
        let searched = source.search_keys().iter().any(|by| by.to_string() == key.fields);
        !searched || self.keys.get(&key.of_source(&source.id)) == Some(&holder.id)
    }
}
