//! The keys of the table: built and taken apart here and nowhere else.
//!
//! Every key of an account's item begins with `A#{account}`, so no read or write can cross accounts. Ids are slugs or
//! digests and never hold a `#`.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use leadyard_domain::contact::Contact;
use leadyard_domain::delivery::alert::Subject;
use leadyard_domain::id::{
    AccountId, ActivityId, AssigneeId, AutomationId, BackfillId, DeliveryId, DestinationId, EventId, ImportId, LeadId,
    ListName, PoolId, QueueId, SecretName, SourceId,
};
use leadyard_domain::key::UniqueKey;
use leadyard_domain::ledger::{Entry, EntryKind, Month};
use leadyard_domain::suppression::AddressHash;

use crate::codec::{Item, moment, text};

/// The partition key.
pub(crate) const PK: &str = "pk";
/// The sort key.
pub(crate) const SK: &str = "sk";
/// The index of the log screens: what happened on a day.
pub(crate) const BY_TIME: &str = "by_time";
/// Its partition key.
pub(crate) const TIME_PK: &str = "time_pk";
/// Its sort key.
pub(crate) const TIME_SK: &str = "time_sk";
/// The index of an assignee's leads.
pub(crate) const BY_OWNER: &str = "by_owner";
/// Its partition key.
pub(crate) const OWNER_PK: &str = "owner_pk";
/// Its sort key.
pub(crate) const OWNER_SK: &str = "owner_sk";

/// Partitions that a day of one kind is spread over: one takes 1,000 writes a second.
pub(crate) const SHARDS: u32 = 4;

/// The sort key of a lead's own item, beside its assignments and deliveries.
pub(crate) const LEAD_SK: &str = "LEAD";
/// The beginning of the sort keys of a lead's activities.
pub(crate) const ACTIVITIES: &str = "ACTIVITY#";
/// Above the sort keys of all activities, and below those of everything else of a lead.
pub(crate) const ACTIVITIES_END: &str = "ACTIVITY#~";
const ASSIGNMENT: &str = "ASSIGN#";
const DELIVERY: &str = "DELIVERY#";
const LEDGER: &str = "LEDGER#";

/// The key of one item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    /// The key as attributes.
    pub(crate) fn item(&self) -> Item {
        Item::from([(PK.to_owned(), text(&self.pk)), (SK.to_owned(), text(&self.sk))])
    }

    /// The key of an item that was read.
    pub(crate) fn of(item: &Item) -> Option<Self> {
        Some(Self::new(get_text(item, PK)?.to_owned(), get_text(item, SK)?))
    }
}

/// How a message names an item: by its ids, which tell nothing of a lead.
impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "item {} {}", self.pk, self.sk)
    }
}

fn get_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    match item.get(name) {
        Some(AttributeValue::S(value)) => Some(value),
        _ => None,
    }
}

pub(crate) fn config_pointer(account: &AccountId) -> Key {
    Key::new(format!("A#{account}"), "CONFIG")
}

/// The beginning of the sort keys of a config version's chunks; their partition is the pointer's.
pub(crate) fn config_chunks(version: u64) -> String {
    format!("CONFIG#{version:010}#")
}

pub(crate) fn config_chunk(account: &AccountId, version: u64, chunk: usize) -> Key {
    Key::new(format!("A#{account}"), format!("{}{chunk:04}", config_chunks(version)))
}

/// What is known of a config version, beside its chunks; the partition is the pointer's.
pub(crate) fn config_version(account: &AccountId, version: u64) -> Key {
    Key::new(format!("A#{account}"), format!("VERSION#{version:010}"))
}

/// Which revision of each list is current.
pub(crate) fn list_index(account: &AccountId) -> Key {
    Key::new(format!("A#{account}"), "LISTS")
}

/// A revision of a list. Its chunks stand behind it in the same partition, under its sort key and their number.
pub(crate) fn list_revision(account: &AccountId, list: &ListName, revision: &str) -> Key {
    Key::new(format!("A#{account}#LIST#{list}"), revision)
}

pub(crate) fn list_chunk(account: &AccountId, list: &ListName, revision: &str, chunk: usize) -> Key {
    Key::new(format!("A#{account}#LIST#{list}"), format!("{revision}#{chunk:04}"))
}

pub(crate) fn source_endpoint(key_hash: &str) -> Key {
    Key::new(format!("SOURCE#{key_hash}"), "SOURCE")
}

pub(crate) fn secrets(account: &AccountId) -> String {
    format!("A#{account}#SECRET")
}

pub(crate) fn secret(account: &AccountId, name: &SecretName) -> Key {
    Key::new(secrets(account), name.as_str())
}

pub(crate) fn api_key(hash: &str) -> Key {
    Key::new(format!("APIKEY#{hash}"), "APIKEY")
}

pub(crate) fn event(account: &AccountId, id: &EventId) -> Key {
    Key::new(format!("A#{account}#EVENT#{id}"), "EVENT")
}

/// The partition of everything about one lead.
pub(crate) fn lead_partition(account: &AccountId, id: &LeadId) -> String {
    format!("A#{account}#LEAD#{id}")
}

pub(crate) fn lead(account: &AccountId, id: &LeadId) -> Key {
    Key::new(lead_partition(account, id), LEAD_SK)
}

pub(crate) fn assignment(account: &AccountId, lead: &LeadId, attempt: u32) -> Key {
    Key::new(lead_partition(account, lead), format!("{ASSIGNMENT}{attempt:04}"))
}

/// By its id alone: when it happened may be corrected.
pub(crate) fn activity(account: &AccountId, lead: &LeadId, id: &ActivityId) -> Key {
    Key::new(lead_partition(account, lead), format!("{ACTIVITIES}{id}"))
}

pub(crate) fn delivery(account: &AccountId, id: &DeliveryId) -> Key {
    Key::new(lead_partition(account, &id.lead()), format!("{DELIVERY}{id}"))
}

/// The partition of a delivery's earlier tries.
pub(crate) fn attempts(account: &AccountId, id: &DeliveryId) -> String {
    format!("A#{account}#DELIVERY#{id}")
}

pub(crate) fn attempt(account: &AccountId, id: &DeliveryId, number: u32) -> Key {
    Key::new(attempts(account, id), format!("ATTEMPT#{number:04}"))
}

pub(crate) fn unique(account: &AccountId, key: &UniqueKey) -> Key {
    let UniqueKey { entity, source, fields, digest } = key;
    let among = source.as_ref().map(|source| format!("@{source}")).unwrap_or_default();
    Key::new(format!("A#{account}#KEY#{entity}{among}#{fields}#{digest}"), "KEY")
}

pub(crate) fn pool(account: &AccountId, id: &PoolId) -> Key {
    Key::new(format!("A#{account}#POOL#{id}"), "STATE")
}

/// Who writes to a pool next.
pub(crate) fn lane(account: &AccountId, id: &PoolId) -> Key {
    Key::new(format!("A#{account}#POOL#{id}"), "LANE")
}

pub(crate) fn counters(account: &AccountId, id: &AssigneeId) -> Key {
    Key::new(format!("A#{account}#ASSIGNEE#{id}"), "COUNTERS")
}

/// The partition of the leads that wait for somebody who can take them: all of an account, so that the oldest is found
/// whatever it waits for.
pub(crate) fn parked_leads(account: &AccountId) -> String {
    format!("A#{account}#PARKED")
}

/// The place of a parked lead. `since` is when its first event was received: the oldest lead is tried first.
pub(crate) fn parked(account: &AccountId, since: Timestamp, lead: &LeadId) -> Key {
    Key::new(parked_leads(account), timed(since, lead.as_str()))
}

/// The partition of the leads that wait to be claimed from a queue.
pub(crate) fn queued_leads(account: &AccountId, queue: &QueueId) -> String {
    format!("A#{account}#QUEUE#{queue}")
}

/// The place of a lead in a queue; as in [`parked`].
pub(crate) fn queued(account: &AccountId, queue: &QueueId, since: Timestamp, lead: &LeadId) -> Key {
    Key::new(queued_leads(account, queue), timed(since, lead.as_str()))
}

/// When an assignee was last given a lead of a person.
/// How a destination does.
pub(crate) fn health(account: &AccountId, id: &DestinationId) -> Key {
    Key::new(format!("A#{account}#DESTINATION#{id}"), "HEALTH")
}

/// The next free moment of a destination that takes so many tries a minute.
pub(crate) fn slots(account: &AccountId, id: &DestinationId) -> Key {
    Key::new(format!("A#{account}#DESTINATION#{id}"), "SLOTS")
}

/// Who goes to a destination that takes so many at once.
pub(crate) fn in_flight(account: &AccountId, id: &DestinationId) -> Key {
    Key::new(format!("A#{account}#DESTINATION#{id}"), "IN_FLIGHT")
}

/// What people were told of a destination or a source.
pub(crate) fn alerts(account: &AccountId, subject: &Subject) -> Key {
    let partition = match subject {
        Subject::Destination(id) => format!("A#{account}#DESTINATION#{id}"),
        Subject::Source(id) => format!("A#{account}#SOURCE#{id}"),
    };
    Key::new(partition, "ALERTS")
}

/// The destinations to which nothing is sent until a person resumes them.
pub(crate) fn suspended(account: &AccountId) -> Key {
    Key::new(format!("A#{account}#SUSPENDED"), "SUSPENDED")
}

pub(crate) fn had(account: &AccountId, assignee: &AssigneeId, contact: &Contact) -> Key {
    Key::new(format!("A#{account}#HAD#{assignee}"), contact.as_str())
}

pub(crate) fn seen(account: &AccountId, source: &SourceId, body_hash: &str) -> Key {
    Key::new(format!("A#{account}#SEEN#{source}#{body_hash}"), "SEEN")
}

/// That no mail goes to an address. A partition each: there is nothing to list, for only hashes are kept.
pub(crate) fn suppression(account: &AccountId, address: &AddressHash) -> Key {
    Key::new(format!("A#{account}#SUPPRESSED#{}", address.as_str()), "SUPPRESSED")
}

/// The partition of what a partner was charged and credited in a month.
pub(crate) fn ledger_month(account: &AccountId, partner: &AssigneeId, month: Month) -> String {
    format!("A#{account}#{LEDGER}{partner}#{month}")
}

/// The line of a month's ledger for an entry: lines stand in the order of their moments.
pub(crate) fn ledger_line(account: &AccountId, month: Month, entry: &Entry) -> Key {
    let Entry { kind, partner, lead, attempt, at, .. } = entry;
    Key::new(ledger_month(account, partner, month), timed(*at, &format!("{}#{lead}#{attempt:04}", kind.name())))
}

/// The one place of an attempt's charge or credit, beside its lead. It is the same whatever the moment, the month and the
/// account's zone, so that an attempt is charged and credited once.
pub(crate) fn booked(account: &AccountId, kind: EntryKind, lead: &LeadId, attempt: u32) -> Key {
    Key::new(lead_partition(account, lead), format!("{LEDGER}{attempt:04}#{}", kind.name()))
}

/// The partition of everything about one import of a file.
fn import_partition(account: &AccountId, id: &ImportId) -> String {
    format!("A#{account}#IMPORT#{id}")
}

pub(crate) fn import(account: &AccountId, id: &ImportId) -> Key {
    Key::new(import_partition(account, id), "IMPORT")
}

/// A piece of a part of a file, under the part's hash: another content does not overwrite it.
pub(crate) fn import_piece(account: &AccountId, id: &ImportId, part: u32, hash: &str, piece: usize) -> Key {
    Key::new(import_partition(account, id), format!("PART#{part:04}#{hash}#{piece:04}"))
}

/// The bad rows that a step of an import found.
pub(crate) fn import_bad(account: &AccountId, id: &ImportId, step: u64) -> Key {
    Key::new(import_partition(account, id), format!("BAD#{step:010}"))
}

/// Above the sort keys of all bad rows.
pub(crate) fn import_bad_end() -> &'static str {
    "BAD#~"
}

/// The partition of an account's imports, each by when it was made.
pub(crate) fn imports(account: &AccountId) -> String {
    format!("A#{account}#IMPORTS")
}

pub(crate) fn import_place(account: &AccountId, at: Timestamp, id: &ImportId) -> Key {
    Key::new(imports(account), timed(at, id.as_str()))
}

/// The partition of an account's backfills, by their ids, which sort by when they were begun.
pub(crate) fn backfills(account: &AccountId) -> String {
    format!("A#{account}#BACKFILL")
}

pub(crate) fn backfill(account: &AccountId, id: &BackfillId) -> Key {
    Key::new(backfills(account), id.as_str())
}

/// The last backfill of an automation.
pub(crate) fn last_backfill(account: &AccountId, automation: &AutomationId) -> Key {
    Key::new(format!("A#{account}#AUTOMATION#{automation}"), "BACKFILL")
}

pub(crate) fn audits(account: &AccountId) -> String {
    format!("A#{account}#AUDIT")
}

pub(crate) fn audit(account: &AccountId, at: Timestamp, id: &str) -> Key {
    Key::new(audits(account), timed(at, id))
}

/// `{time}#{id}`: sorts by time, then by id.
pub(crate) fn timed(at: Timestamp, id: &str) -> String {
    format!("{}#{id}", moment(at))
}

/// Takes `{time}#{id}` apart.
pub(crate) fn split_timed(sk: &str) -> Option<(Timestamp, &str)> {
    let (at, id) = sk.split_once('#')?;
    Some((at.parse().ok()?, id))
}

/// What the index by time lists.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Event,
    Delivery,
    Lead,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Event => "EVENT",
            Self::Delivery => "DELIVERY",
            Self::Lead => "LEAD",
        }
    }
}

/// One shard of one day of one kind.
pub(crate) fn day_partition(account: &AccountId, kind: Kind, day: Date, shard: u32) -> String {
    format!("A#{account}#{}#{day}#{shard}", kind.name())
}

/// The attributes that put an item into the index by time.
pub(crate) fn by_time(account: &AccountId, kind: Kind, at: Timestamp, id: &str) -> [(String, AttributeValue); 2] {
    let day = at.to_zoned(TimeZone::UTC).date();
    let partition = day_partition(account, kind, day, shard(id));
    [(TIME_PK.to_owned(), text(partition)), (TIME_SK.to_owned(), text(timed(at, id)))]
}

/// Spreads ids evenly; any fixed function of the id would do.
fn shard(id: &str) -> u32 {
    id.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) % SHARDS
}

/// The partition of an assignee's leads in the index by owner.
pub(crate) fn owner_partition(account: &AccountId, owner: &AssigneeId) -> String {
    format!("A#{account}#OWNER#{owner}")
}

/// The attributes that put a lead into the index by owner.
pub(crate) fn by_owner(
    account: &AccountId,
    owner: &AssigneeId,
    since: Timestamp,
    lead: &LeadId,
) -> [(String, AttributeValue); 2] {
    [
        (OWNER_PK.to_owned(), text(owner_partition(account, owner))),
        (OWNER_SK.to_owned(), text(timed(since, lead.as_str()))),
    ]
}

/// What an item of a lead's partition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LeadPart {
    Lead,
    Assignment,
    Delivery(DeliveryId),
    /// Read in another way, such as an activity or a line of a ledger, or written by a version that knows more.
    Other,
}

/// The lead in whose partition an item is.
pub(crate) fn lead_of(item: &Item) -> Option<LeadId> {
    get_text(item, PK)?.rsplit('#').next()?.parse().ok()
}

/// Tells what an item of a lead's partition is.
pub(crate) fn lead_part(item: &Item) -> LeadPart {
    let sk = get_text(item, SK).unwrap_or_default();
    if sk == LEAD_SK {
        LeadPart::Lead
    } else if sk.starts_with(ASSIGNMENT) {
        LeadPart::Assignment
    } else {
        match sk.strip_prefix(DELIVERY).map(str::parse) {
            Some(Ok(id)) => LeadPart::Delivery(id),
            _ => LeadPart::Other,
        }
    }
}

#[cfg(test)]
mod tests;
