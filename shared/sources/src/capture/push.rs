//! What another account tells of a lead of its own: which lead here it is about, and what becomes of both.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leadyard_domain::activity::{Activity, ActivityBehaviour};
use leadyard_domain::config::{ActivitySync, Behaviour, Checked, FieldTable, Source};
use leadyard_domain::event::{Intent, Received};
use leadyard_domain::field::{FIELDS_MAX, FieldName, FieldValue};
use leadyard_domain::id::{AccountName, Entity, LeadId};
use leadyard_domain::key::UniqueKey;
use leadyard_domain::lead::Lead;
use leadyard_domain::sync::{AHEAD_MAX, Arrival, Incoming, Marks, Merged, Stamp, SyncHead, arrival, merge};

use serde_json::Value;

use super::behaviour::{self, Applied, LOGS_ONLY};
use super::draft::{self, Draft};
use super::error::CaptureError;
use super::mapping::is_left_to_source;

/// A push beside the values that it brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    /// Who sends it, and which way it came.
    pub head: SyncHead,
    /// The name of the account that it arrived at.
    own: AccountName,
    /// When each field was set, by the names that fields have here.
    stamps: BTreeMap<FieldName, Stamp>,
    /// The fields that the sender has taken a value out of.
    removed: Vec<FieldName>,
}

/// Captures an event by its source's mapping, in its account's zone, with what it says of the way that it came.
///
/// # Errors
/// As [`draft::capture`].
pub fn capture_event(config: &Checked, source: &Source, received: &Received) -> Result<Draft, CaptureError> {
    let zone = config.config().account.timezone.time_zone();
    let mut draft = match &received.intent {
        // All of its values may have been taken away.
        Intent::Sync(_) => match draft::capture(source, config.fields(), zone, received) {
            Err(CaptureError::Empty) => Draft::default(),
            captured => captured?,
        },
        _ => draft::capture(source, config.fields(), zone, received)?,
    };
    if let Intent::Sync(head) = &received.intent {
        check_sender(source, head)?;
        let own = config.sync_name(&received.account);
        draft.push = Some(Box::new(Pushed::of(head, own, source, config.fields(), &draft)));
    }
    Ok(draft)
}

impl Pushed {
    fn of(head: &SyncHead, own: AccountName, source: &Source, table: &FieldTable, draft: &Draft) -> Self {
        let mut stamps: BTreeMap<FieldName, Stamp> = draft
            .from
            .iter()
            .filter_map(|(name, from)| Some((name.clone(), stamp_of(&head.stamps, from)?.clone())))
            .collect();
        let taken: Vec<&String> = draft.from.values().collect();
        let mut removed = Vec::new();
        for (from, stamp) in head.stamps.iter().filter(|(from, _)| !taken.contains(from)) {
            for name in targets(from, source, table) {
                if draft.fields.contains_key(&name) {
                    continue;
                }
                // Of several of theirs that fill one of ours, the last one that was emptied says when.
                if stamps.get(&name).is_none_or(|known| stamp > known) {
                    stamps.insert(name.clone(), stamp.clone());
                }
                if !removed.contains(&name) {
                    removed.push(name);
                }
            }
        }
        // A sender that keeps no stamps says when the lead was last changed.
        let told = Stamp::here(&head.origin.account, head.updated_at);
        for name in draft.fields.keys() {
            stamps.entry(name.clone()).or_insert_with(|| told.clone());
        }
        Self { head: head.clone(), own, stamps, removed }
    }

    /// The keys by which a lead of an entity is found that this account knows already: by the sender's id of it, and by those
    /// of others that the sender knows.
    #[must_use]
    pub fn links(&self, entity: &Entity) -> Vec<UniqueKey> {
        let SyncHead { origin, links, .. } = &self.head;
        let others = links.iter().filter(|(account, _)| **account != self.own && **account != origin.account);
        let sender = UniqueKey::of_link(entity, &origin.account, &origin.lead);
        let others = others.map(|(account, lead)| UniqueKey::of_link(entity, account, lead));
        std::iter::once(sender).chain(others).collect()
    }

    /// The lead here, where the sender knows it.
    #[must_use]
    pub fn known_as(&self) -> Option<LeadId> {
        self.head.known_as(&self.own)
    }

    /// The activity that it tells of, as one of a lead here; `None` where it tells of none, or the source takes none.
    #[must_use]
    pub fn activity(&self, source: &Source, lead: &Lead, now: Timestamp) -> Option<(Activity, ActivityBehaviour)> {
        let told = self.head.activity.as_ref()?;
        let ActivitySync { behaviour, types, mapping } = source.sync.as_ref()?.activities.as_ref()?;
        let named = |(from, value): (&String, &Value)| {
            let mapped = mapping.iter().find(|mapping| mapping.from == *from);
            match mapped {
                Some(mapping) => mapping.enabled.then(|| (mapping.to.clone(), value.clone())),
                None => Some((from.clone(), value.clone())),
            }
        };
        let activity = Activity {
            id: told.origin.id_in(&self.own),
            account: lead.account.clone(),
            lead: lead.id.clone(),
            kind: types.get(&told.kind).unwrap_or(&told.kind).clone(),
            at: told.at,
            fields: told.fields.iter().filter_map(named).collect(),
            origin: told.origin.clone(),
            version: 1,
            updated_at: told.updated_at,
            via: self.head.hops.clone(),
            created_at: now,
        };
        Some((activity, *behaviour))
    }

    fn incoming<'a>(&'a self, values: &'a BTreeMap<FieldName, Option<FieldValue>>) -> Incoming<'a> {
        Incoming { own: &self.own, origin: &self.head.origin, fields: values, stamps: &self.stamps }
    }

    /// Notes where else the lead is known.
    fn link(&self, marks: &mut Marks) {
        let SyncHead { origin, links, .. } = &self.head;
        for (account, lead) in links.iter().filter(|(account, _)| **account != self.own && **account != origin.account)
        {
            if !marks.links.contains_key(account) {
                marks.link(&leadyard_domain::sync::Origin { account: account.clone(), lead: lead.clone(), version: 0 });
            }
        }
    }
}

/// Why a push is not taken: the source is one account's, and another one sends.
///
/// # Errors
/// [`CaptureError::Stranger`].
pub fn check_sender(source: &Source, head: &SyncHead) -> Result<(), CaptureError> {
    let found = &head.origin.account;
    match source.sync.as_ref().and_then(|sync| sync.account.as_ref()) {
        Some(expected) if expected != found => {
            Err(CaptureError::Stranger { found: found.clone(), expected: expected.clone() })
        }
        _ => Ok(()),
    }
}

/// The stamp of the field that has the value at a path. A place is read from below its field, part by part.
fn stamp_of<'a>(stamps: &'a BTreeMap<String, Stamp>, from: &str) -> Option<&'a Stamp> {
    let mut at = from.split(", ").next().unwrap_or(from);
    loop {
        if let Some(stamp) = stamps.get(at) {
            return Some(stamp);
        }
        (at, _) = at.rsplit_once('.')?;
    }
}

/// The fields that a field of the sender fills: those that a mapping names, else the one that is called the same.
fn targets(from: &str, source: &Source, table: &FieldTable) -> Vec<FieldName> {
    let mapped: Vec<_> = source.mapping.iter().filter(|mapping| mapping.from == from).collect();
    if !mapped.is_empty() {
        return mapped.into_iter().filter(|mapping| mapping.enabled).map(|mapping| mapping.to.clone()).collect();
    }
    let same = FieldName::new(from).ok().filter(|name| table.get(name).is_some_and(|info| !info.derived));
    let left_out =
        |name: &FieldName| is_left_to_source(source, name) || source.mapping.iter().any(|mapping| mapping.to == *name);
    same.into_iter().filter(|name| !left_out(name)).collect()
}

/// Settles what becomes of a push: by the way that it came, the source's behaviour, and whose values are newer.
pub(super) fn apply(
    draft: Draft,
    pushed: &Pushed,
    known: Option<&Lead>,
    source: &Source,
    received: &Received,
    now: Timestamp,
) -> Result<Applied, CaptureError> {
    let SyncHead { origin, hops, .. } = &pushed.head;
    let own = &pushed.own;
    let skipped =
        |reason: &'static str| Ok(Applied::Skipped { lead: known.map(|lead| lead.id.clone()), reason: reason.into() });
    let met_as = arrival(own, origin, hops, known.map(|lead| &lead.sync));
    match met_as {
        Arrival::Echo => return skipped("an echo: all of it came through this account before"),
        Arrival::TooFar => return skipped("it came through more accounts than any set-up has: look for a loop"),
        Arrival::Overtaken | Arrival::New => {}
    }
    let takes_activities = source.sync.as_ref().is_some_and(|sync| sync.activities.is_some());
    if pushed.head.activity.is_some() && !takes_activities {
        return skipped("it tells of an activity, and the source takes none");
    }
    if known.is_some_and(|lead| lead.erased_at.is_some()) {
        return skipped("the lead was erased here");
    }
    let left_alone = match source.behaviour {
        _ if met_as == Arrival::Overtaken => Some("a newer version of the lead arrived before it"),
        Behaviour::Nothing => Some(LOGS_ONLY),
        _ => None,
    };
    if let Some(reason) = left_alone {
        return match known.filter(|_| pushed.head.activity.is_some()) {
            // What happened to the lead counts all the same.
            Some(known) => Ok(Applied::Unchanged { lead: unmoved(known, received), reason: reason.into() }),
            None => skipped(reason),
        };
    }
    let latest = now.saturating_add(AHEAD_MAX).unwrap_or(Timestamp::MAX);
    if let Some((field, stamp)) = pushed.stamps.iter().find(|(_, stamp)| stamp.at > latest) {
        return Err(CaptureError::AheadOfTime { field: field.clone(), at: stamp.at, by: stamp.by.clone() });
    }
    let values = draft.fields.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
    let gone = pushed.removed.iter().map(|name| (name.clone(), None));
    let values: BTreeMap<FieldName, Option<FieldValue>> = values.chain(gone).collect();
    let policies = source.sync.as_ref().map(|sync| sync.policies()).unwrap_or_default();
    let Some(known) = known else {
        if source.behaviour == Behaviour::UpdateOnly {
            return skipped(behaviour::UPDATES_ONLY);
        }
        if draft.fields.is_empty() {
            return skipped("no lead was found, and it has no value for a new one");
        }
        let mut lead = behaviour::created(Draft { fields: BTreeMap::new(), ..draft.clone() }, source, received, now);
        lead.fields.clear();
        merge(&mut lead.fields, &mut lead.sync, &pushed.incoming(&values), &policies);
        pushed.link(&mut lead.sync);
        fill(&mut lead, draft, pushed);
        return Ok(Applied::Created(lead));
    };
    let mut met = unmoved(known, received);
    if source.behaviour == Behaviour::CreateOnly {
        met.sync.link(origin);
        return Ok(Applied::Unchanged { lead: met, reason: behaviour::CREATES_ONLY.into() });
    }
    let extra = met.extra.clone();
    met.sync.settle(&known.fields, own, known.created_at);
    let Merged { kept, .. } = merge(&mut met.fields, &mut met.sync, &pushed.incoming(&values), &policies);
    pushed.link(&mut met.sync);
    fill(&mut met, draft, pushed);
    if met.fields == known.fields && met.extra == extra {
        let reason = match kept.is_empty() {
            true => "the lead already has what the push says".into(),
            false => format!("the lead keeps its own {}: those count here, or are newer", list(&kept)).into(),
        };
        return Ok(Applied::Unchanged { lead: met, reason });
    }
    let fields = met.fields.len() + met.extra.len();
    if fields > FIELDS_MAX {
        return Err(CaptureError::TooManyFields { fields });
    }
    met.updated_at = now;
    Ok(Applied::Updated(met))
}

/// The known lead in its next version, with nothing new in it. What another account tells is no duplicate.
fn unmoved(known: &Lead, received: &Received) -> Lead {
    let (duplicate_count, last_event) = (known.duplicate_count, known.last_event.clone());
    let mut lead = Lead { duplicate_count, last_event, ..behaviour::met(known, received) };
    lead.sync.news.clear();
    lead
}

/// Fills what neither account has. A default yields to every value that anybody has set, whenever that was, and is no news.
fn fill(lead: &mut Lead, draft: Draft, pushed: &Pushed) {
    let before = lead.fields.clone();
    let defaults = draft.defaults.into_iter().filter(|(name, _)| !pushed.removed.contains(name));
    behaviour::fill(&mut lead.fields, defaults.collect());
    for name in lead.fields.keys().filter(|name| !before.contains_key(*name)) {
        lead.sync.stamps.insert(name.clone(), Stamp::here(&pushed.own, Timestamp::UNIX_EPOCH));
    }
    for (key, value) in draft.extra {
        lead.extra.entry(key).or_insert(value);
    }
}

fn list(names: &[FieldName]) -> String {
    names.iter().map(FieldName::as_str).collect::<Vec<_>>().join(", ")
}
