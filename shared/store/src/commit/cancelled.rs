//! What a cancelled commit says.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use leadyard_domain::caps::Counters;
use leadyard_domain::id::EventId;
use leadyard_domain::rotation::PoolState;
use serde::Deserialize;

use super::plan::{Plan, Purpose, Write, repeat_window};
use super::{CommitError, Conflict};
use crate::codec::from_item;
use crate::error::StoreError;
use crate::state::{read_counters, read_pool};
use crate::write::{cancellation_reasons, condition_failed};

/// Sorts the error of a commit. A failed condition comes before throttling: the decision has to be made anew anyhow.
pub(super) fn explain(plan: &Plan, error: &SdkError<TransactWriteItemsError>) -> CommitError {
    let reasons = error.as_service_error().map(cancellation_reasons).unwrap_or_default();
    if reasons.iter().any(condition_failed) {
        return conflict(plan, reasons).map_or_else(CommitError::Store, CommitError::Conflict);
    }
    match StoreError::from_transaction("the commit", error) {
        StoreError::Throttled { reason, .. } => CommitError::Throttled { reason },
        other => CommitError::Store(other),
    }
}

/// The item that remembers a body.
#[derive(Deserialize)]
struct Seen {
    event_id: EventId,
    seen_at: String,
}

/// Reads the failed conditions; reasons stand in the order of the writes.
fn conflict(plan: &Plan, reasons: &[CancellationReason]) -> Result<Conflict, StoreError> {
    let mut conflict = Conflict::default();
    let failed = plan.writes.iter().zip(reasons).filter(|(_, reason)| condition_failed(reason));
    for (Write { key, purpose, .. }, reason) in failed {
        let name = key.to_string();
        let item = reason.item.clone().filter(|item| !item.is_empty());
        match purpose {
            Purpose::Event(event) => conflict.settled.push(event.clone()),
            Purpose::Seen(events) => {
                let seen: Seen = from_item(&name, item.unwrap_or_default())?;
                let repeats = events.iter().filter(|(event, received_at)| {
                    let (from, to) = repeat_window(*received_at);
                    *event != seen.event_id && (from..=to).contains(&seen.seen_at)
                });
                conflict.seen.extend(repeats.map(|(event, _)| event.clone()));
            }
            // An item that is gone has the state of one that never was.
            Purpose::Pool(id) => conflict.pools.push(match item {
                Some(item) => read_pool(&name, item)?,
                None => PoolState::new(id.clone()),
            }),
            Purpose::Counters(id) => conflict.counters.push(match item {
                Some(item) => read_counters(&name, item)?,
                None => Counters::new(id.clone()),
            }),
            Purpose::Lead => conflict.other = true,
        }
    }
    Ok(conflict)
}
