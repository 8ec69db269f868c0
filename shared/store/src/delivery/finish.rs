//! Storing what came of a try.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use leadyard_domain::delivery::{Attempt, DeliveryRecord, DeliveryStatus, Verdict};

use super::{AttemptItem, Lease};
use crate::Store;
use crate::codec::{Deflated, deflate, expires_at, moment, number, text, to_item};
use crate::error::StoreError;
use crate::keys::{self, Kind};

impl Store {
    /// Stores a try and what happens next, and gives the lease back. Answers the delivery as it is then.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lease ran out and someone else took over: their outcome stands. Else the
    /// table's; the try may then be claimed again once the lease has run out.
    pub async fn finish_delivery(
        &self,
        lease: &Lease,
        attempt: &Attempt,
        verdict: &Verdict,
        log_days: u16,
        now: Timestamp,
    ) -> Result<DeliveryRecord, StoreError> {
        let record = after(lease, verdict, now);
        if let Some(earlier) = &lease.earlier {
            self.put_aside(&record, earlier, log_days, now).await?;
        }
        let update = self
            .outcome(&record, attempt)?
            .condition_expression("#status = :sending AND #tries = :tries AND #lease_until = :lease_until")
            .expression_attribute_names("#tries", "tries")
            .expression_attribute_values(":sending", text(DeliveryStatus::Sending.name()))
            .expression_attribute_values(":tries", number(record.tries))
            .expression_attribute_values(":lease_until", text(moment(lease.until)));
        update.send().await.map_err(|error| overtaken(&record, &error))?;
        Ok(record)
    }

    /// The update that stores how a delivery stands after a try or a report of it, and its last try. The condition is the
    /// caller's; it may use the names of what is written (`#status`, `#updated_at`, `#lease_until`).
    pub(super) fn outcome(
        &self,
        record: &DeliveryRecord,
        attempt: &Attempt,
    ) -> Result<UpdateItemFluentBuilder, StoreError> {
        let key = keys::delivery(&record.account, &record.id);
        let json = serde_json::to_vec(attempt).map_err(|error| StoreError::corrupt(key.to_string(), error))?;
        let mut set = vec!["status", "updated_at", "attempt", keys::TIME_PK, keys::TIME_SK];
        let mut remove = vec!["lease_until"];
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.item()))
            .expression_attribute_values(":status", text(record.status.name()))
            .expression_attribute_values(":updated_at", text(record.updated_at.to_string()))
            .expression_attribute_values(":attempt", AttributeValue::B(Blob::new(deflate(&json))));
        for (name, value) in keys::by_time(&record.account, Kind::Delivery, record.created_at, record.id.as_str()) {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        let next_try_at = record.next_try_at.map(|at| at.to_string());
        for (name, value) in [("reason", &record.reason), ("next_try_at", &next_try_at)] {
            match value {
                Some(value) => {
                    set.push(name);
                    update = update.expression_attribute_values(format!(":{name}"), text(value));
                }
                None => remove.push(name),
            }
        }
        let assigned: Vec<String> = set.iter().map(|name| format!("#{name} = :{name}")).collect();
        let removed: Vec<String> = remove.iter().map(|name| format!("#{name}")).collect();
        for name in set.into_iter().chain(remove) {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        Ok(update.update_expression(format!("SET {} REMOVE {}", assigned.join(", "), removed.join(", "))))
    }

    /// Keeps a try that is no longer the last one.
    pub(super) async fn put_aside(
        &self,
        record: &DeliveryRecord,
        earlier: &Attempt,
        log_days: u16,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = keys::attempt(&record.account, &record.id, earlier.number);
        let aside = AttemptItem { attempt: Deflated(earlier.clone()), expires_at: expires_at(now, log_days) };
        let mut item = to_item(&key.to_string(), &aside)?;
        item.extend(key.item());
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map_err(StoreError::of("PutItem"))?;
        Ok(())
    }
}

/// The delivery after a try.
fn after(lease: &Lease, verdict: &Verdict, now: Timestamp) -> DeliveryRecord {
    let (status, next_try_at, reason) = verdict.clone().into_parts();
    DeliveryRecord { status, next_try_at, reason, lease_until: None, updated_at: now, ..lease.record.clone() }
}

/// What the failure of a guarded update says.
pub(super) fn overtaken(record: &DeliveryRecord, error: &SdkError<UpdateItemError>) -> StoreError {
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(_)) => {
            StoreError::conflict(format!("delivery {}", record.id))
        }
        _ => StoreError::from_sdk("UpdateItem", error),
    }
}
