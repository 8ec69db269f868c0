//! Deliveries: who may try, what came of it, and trying again.
//!
//! The item of a delivery lies beside its lead. It holds the last try whole, so that a delivery that goes through at
//! once costs two writes: the claim and the outcome. When a further try ends, the one before it is first put aside as an
//! item of its own (`ATTEMPT#{number}`). That put needs no condition and no transaction, for it repeats what stands in
//! the delivery: a crash between the two leaves the same try in both places, and [`Store::attempts`] shows it once.
//!
//! A delivery enters the index by time with its first outcome: before that it is seen on its lead.

mod claim;
mod finish;
mod replay;
mod report;

use std::collections::BTreeMap;

use jiff::Timestamp;
use leadyard_domain::delivery::{Attempt, DeliveryRecord, DeliveryStatus};
use leadyard_domain::id::{AccountId, DeliveryId, DestinationId, SourceId};
use serde::{Deserialize, Serialize};

pub use claim::{Claim, ClaimRequest, Lease};
pub use replay::{Replay, ReplayRequest};
pub use report::{Heard, Report, Told};

use crate::Store;
use crate::codec::{Deflated, Item, from_item};
use crate::error::StoreError;
use crate::keys::{self, Kind};
use crate::listing::{Cursor, DayRange, Listing, Page, Test};

/// A delivery as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its id, which tells the lead and the destination.
    pub id: DeliveryId,
    /// When it was first claimed, to the millisecond.
    pub created_at: Timestamp,
    /// The source of the lead.
    pub source: SourceId,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// What happened last, when it did not go through.
    pub reason: Option<String>,
}

/// Which deliveries a list shows: those that fit every part that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Those that stand so.
    pub status: Option<DeliveryStatus>,
    /// Those to this destination.
    pub destination: Option<DestinationId>,
    /// Those of this source's leads.
    pub source: Option<SourceId>,
}

/// The item of a delivery, beside its keys.
#[derive(Deserialize)]
struct DeliveryItem {
    source: SourceId,
    channel: String,
    status: DeliveryStatus,
    tries: u32,
    #[serde(default)]
    tries_before_replay: u32,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    next_try_at: Option<Timestamp>,
    #[serde(default)]
    lease_until: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(default)]
    attempt: Option<Deflated<Attempt>>,
}

/// The item of a try that was put aside, beside its keys.
#[derive(Serialize, Deserialize)]
struct AttemptItem {
    attempt: Deflated<Attempt>,
    #[serde(default)]
    expires_at: i64,
}

/// A delivery with its last try.
struct Stored {
    record: DeliveryRecord,
    attempt: Option<Attempt>,
}

fn read_stored(account: &AccountId, id: &DeliveryId, item: Item) -> Result<Stored, StoreError> {
    let stored: DeliveryItem = from_item(&keys::delivery(account, id).to_string(), item)?;
    let record = DeliveryRecord {
        id: id.clone(),
        account: account.clone(),
        source: stored.source,
        channel: stored.channel,
        status: stored.status,
        tries: stored.tries,
        tries_before_replay: stored.tries_before_replay,
        reason: stored.reason,
        next_try_at: stored.next_try_at,
        lease_until: stored.lease_until,
        created_at: stored.created_at,
        updated_at: stored.updated_at,
    };
    Ok(Stored { record, attempt: stored.attempt.map(|attempt| attempt.0) })
}

pub(crate) fn read_delivery(account: &AccountId, id: &DeliveryId, item: Item) -> Result<DeliveryRecord, StoreError> {
    read_stored(account, id, item).map(|stored| stored.record)
}

impl Store {
    /// One delivery, read consistently; `None` when it was never claimed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delivery(&self, account: &AccountId, id: &DeliveryId) -> Result<Option<DeliveryRecord>, StoreError> {
        let item = self.get(&keys::delivery(account, id), true).await?;
        item.map(|item| read_delivery(account, id, item)).transpose()
    }

    /// The tries of a delivery that ended, by number. Those before the last are kept as long as the event log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn attempts(&self, account: &AccountId, id: &DeliveryId) -> Result<Vec<Attempt>, StoreError> {
        // The delivery first: a try that is put aside after that is still in this copy, one that was put aside before is
        // found below.
        let delivery = self.get(&keys::delivery(account, id), true).await?;
        let last = delivery.map(|item| read_stored(account, id, item)).transpose()?.and_then(|stored| stored.attempt);
        let partition = keys::attempts(account, id);
        let mut by_number = BTreeMap::new();
        for item in self.query_all(self.query(&partition).consistent_read(true)).await? {
            let AttemptItem { attempt, .. } = from_item(&format!("an item of {partition}"), item)?;
            by_number.insert(attempt.0.number, attempt.0);
        }
        by_number.extend(last.map(|last| (last.number, last)));
        Ok(by_number.into_values().collect())
    }

    /// The deliveries of some days (UTC, by when they were first claimed) that had an outcome, newest first, at most
    /// `limit`. The list may be a second behind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_deliveries(
        &self,
        account: &AccountId,
        days: DayRange,
        filter: &DeliveryFilter,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<DeliveryRow>, StoreError> {
        let DeliveryFilter { status, destination, source } = filter;
        let status = status.map(|status| Test::Is("status", status.name().to_owned()));
        let destination = destination.as_ref().map(|destination| Test::Is("destination", destination.to_string()));
        let source = source.as_ref().map(|source| Test::Is("source", source.to_string()));
        let filters = status.into_iter().chain(destination).chain(source).collect();
        let listing = Listing { account, kind: Kind::Delivery, days, filters, limit, cursor };
        self.list_by_time(&listing, delivery_row).await
    }
}

#[derive(Deserialize)]
struct RowItem {
    source: SourceId,
    status: DeliveryStatus,
    #[serde(default)]
    reason: Option<String>,
}

fn delivery_row(at: Timestamp, id: &str, item: Item) -> Result<DeliveryRow, StoreError> {
    let name = format!("delivery {id} in the index by time");
    let id = id.parse().map_err(|error| StoreError::corrupt(&name, error))?;
    let RowItem { source, status, reason } = from_item(&name, item)?;
    Ok(DeliveryRow { id, created_at: at, source, status, reason })
}

#[cfg(test)]
mod tests;
