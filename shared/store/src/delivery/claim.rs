//! Claiming a delivery: of several functions that hold its message, one tries.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use leadyard_domain::delivery::{Attempt, DeliveryRecord, DeliveryStatus};
use leadyard_domain::id::{AccountId, DeliveryId, SourceId};

use super::{Stored, read_stored};
use crate::Store;
use crate::codec::{moment, number, text};
use crate::error::StoreError;
use crate::keys::{self, Kind};

/// What a function claims that read a delivery message.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// The tenant.
    pub account: AccountId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The try that the message asks for, from 1.
    pub number: u32,
    /// The source of the lead.
    pub source: SourceId,
    /// `webhook` or `email`.
    pub channel: String,
    /// Until when nobody else may try: longer than the try can take.
    pub lease_until: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// Whether a try whose outcome nobody knows must not be repeated.
    pub at_most_once: bool,
}

/// What became of a claim.
#[derive(Debug)]
pub enum Claim {
    /// Try it, then [`Store::finish_delivery`].
    Claimed(Lease),
    /// This try has its outcome already. What follows from it may not have been done: send the message of the next try
    /// again when the status is `retry` (it is harmless when it was sent), then drop this message.
    Settled(DeliveryRecord),
    /// Someone else is trying: give the message back to the queue.
    Busy {
        /// Until when at most.
        until: Timestamp,
    },
    /// A later try has begun, or a replay was asked for: drop the message.
    Superseded,
    /// An at-most-once try ended without an outcome; it waits for a person. Drop the message.
    Unknown(DeliveryRecord),
}

/// The right to try a delivery once. Only its holder can store an outcome.
#[derive(Debug)]
pub struct Lease {
    pub(super) record: DeliveryRecord,
    /// The try before, which the delivery's item still holds.
    pub(super) earlier: Option<Box<Attempt>>,
    pub(super) until: Timestamp,
}

impl Lease {
    /// The delivery, with this try counted.
    #[must_use]
    pub fn record(&self) -> &DeliveryRecord {
        &self.record
    }

    /// Which try of the present series this is, from 1: what [`leadyard_domain::delivery::judge`] asks for.
    #[must_use]
    pub fn number_in_series(&self) -> u32 {
        self.record.tries.saturating_sub(self.record.tries_before_replay)
    }
}

/// What stands in the way of a claim.
#[derive(Debug, PartialEq)]
enum Obstacle {
    Settled,
    Busy(Timestamp),
    Superseded,
    /// An at-most-once try whose lease ran out.
    Lost(Timestamp),
    /// The message asks for a try that comes after the next one.
    Ahead,
}

/// Why a claim's condition did not hold for what is there.
fn obstacle(record: &DeliveryRecord, request: &ClaimRequest) -> Obstacle {
    let lease_until = record.lease_until.unwrap_or(request.now);
    // As the condition compares them.
    let ran_out = moment(lease_until) < moment(request.now);
    match record.status {
        _ if record.tries > request.number => Obstacle::Superseded,
        _ if record.tries + 1 < request.number => Obstacle::Ahead,
        DeliveryStatus::Sending if record.tries == request.number && ran_out => Obstacle::Lost(lease_until),
        DeliveryStatus::Sending => Obstacle::Busy(lease_until),
        // A person asked for the next try.
        DeliveryStatus::Pending => Obstacle::Superseded,
        _ if record.tries == request.number => Obstacle::Settled,
        // Delivered, dead or unknown, and nobody asked for more.
        _ => Obstacle::Superseded,
    }
}

impl Store {
    /// Claims a try of a delivery. The same try is claimed again when its lease ran out, for then its function died; it
    /// goes out with the same id.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Corrupt`] when the message asks for a try whose predecessors were never made.
    pub async fn claim_delivery(&self, request: &ClaimRequest) -> Result<Claim, StoreError> {
        let key = keys::delivery(&request.account, &request.delivery);
        let sent = self.claim_request(request).send().await;
        let error = match sent {
            Ok(answer) => {
                let stored =
                    answer.attributes.ok_or_else(|| StoreError::corrupt(key.to_string(), "it came back empty"))?;
                let Stored { record, attempt } = read_stored(&request.account, &request.delivery, stored)?;
                return Ok(Claim::Claimed(Lease {
                    record,
                    earlier: attempt.map(Box::new),
                    until: request.lease_until,
                }));
            }
            Err(error) => error,
        };
        let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
            return Err(StoreError::from_sdk("UpdateItem", &error));
        };
        let ahead =
            || StoreError::corrupt(key.to_string(), "the tries before the one that a message asks for are missing");
        // Only a first try may meet nothing, and it does not fail then.
        let item = failed.item.clone().filter(|item| !item.is_empty()).ok_or_else(ahead)?;
        let Stored { record, attempt } = read_stored(&request.account, &request.delivery, item)?;
        // The SDK repeats a request whose answer was lost: then what stands in the way is this very claim.
        let ours = record.status == DeliveryStatus::Sending
            && record.tries == request.number
            && record.updated_at == request.now
            && record.lease_until.map(moment) == Some(moment(request.lease_until));
        if ours {
            return Ok(Claim::Claimed(Lease { record, earlier: attempt.map(Box::new), until: request.lease_until }));
        }
        match obstacle(&record, request) {
            Obstacle::Settled => Ok(Claim::Settled(record)),
            Obstacle::Busy(until) => Ok(Claim::Busy { until }),
            Obstacle::Superseded => Ok(Claim::Superseded),
            Obstacle::Lost(lease_until) if request.at_most_once => {
                self.mark_unknown(request, record, lease_until).await.map(Claim::Unknown)
            }
            // It was free by the time its condition had failed.
            Obstacle::Lost(until) => Ok(Claim::Busy { until }),
            Obstacle::Ahead => Err(ahead()),
        }
    }

    fn claim_request(
        &self,
        request: &ClaimRequest,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        let mut condition = "(#status IN (:pending, :retry) AND #tries = :before)".to_owned();
        if request.number == 1 {
            condition.push_str(" OR attribute_not_exists(#pk)");
        }
        if !request.at_most_once {
            condition.push_str(" OR (#status = :sending AND #tries = :number AND #lease_until < :moment)");
        }
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::delivery(&request.account, &request.delivery).item()))
            .update_expression(
                "SET #status = :sending, #tries = :number, #lease_until = :lease_until, #updated_at = :now, \
                 #source = if_not_exists(#source, :source), #channel = if_not_exists(#channel, :channel), \
                 #destination = if_not_exists(#destination, :destination), \
                 #created_at = if_not_exists(#created_at, :now) REMOVE #next_try_at",
            )
            .expression_attribute_values(":pending", text(DeliveryStatus::Pending.name()))
            .expression_attribute_values(":retry", text(DeliveryStatus::Retry.name()))
            .expression_attribute_values(":sending", text(DeliveryStatus::Sending.name()))
            .expression_attribute_values(":before", number(request.number.saturating_sub(1)))
            .expression_attribute_values(":number", number(request.number))
            .expression_attribute_values(":lease_until", text(moment(request.lease_until)))
            .expression_attribute_values(":now", text(request.now.to_string()))
            .expression_attribute_values(":source", text(request.source.as_str()))
            .expression_attribute_values(":channel", text(&request.channel))
            .expression_attribute_values(":destination", text(request.delivery.destination().as_str()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let names = ["status", "tries", "lease_until", "updated_at", "source", "channel", "destination", "created_at"];
        for name in names.into_iter().chain(["next_try_at"]) {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        if request.number == 1 {
            update = update.expression_attribute_names("#pk", keys::PK);
        }
        if !request.at_most_once {
            update = update.expression_attribute_values(":moment", text(moment(request.now)));
        }
        update.condition_expression(condition)
    }

    async fn mark_unknown(
        &self,
        request: &ClaimRequest,
        record: DeliveryRecord,
        lease_until: Timestamp,
    ) -> Result<DeliveryRecord, StoreError> {
        let reason =
            "the function that was sending it stopped before it stored the outcome: it may have arrived or not";
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::delivery(&request.account, &request.delivery).item()))
            .update_expression(
                "SET #status = :unknown, #reason = :reason, #updated_at = :now, #time_pk = :time_pk, \
                 #time_sk = :time_sk REMOVE #lease_until",
            )
            .condition_expression("#status = :sending AND #tries = :tries AND #lease_until = :lease_until")
            .expression_attribute_values(":unknown", text(DeliveryStatus::Unknown.name()))
            .expression_attribute_values(":reason", text(reason))
            .expression_attribute_values(":now", text(request.now.to_string()))
            .expression_attribute_values(":sending", text(DeliveryStatus::Sending.name()))
            .expression_attribute_values(":tries", number(record.tries))
            .expression_attribute_values(":lease_until", text(moment(lease_until)));
        for (name, value) in keys::by_time(&record.account, Kind::Delivery, record.created_at, record.id.as_str()) {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        for name in ["status", "reason", "updated_at", "time_pk", "time_sk", "lease_until", "tries"] {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        update.send().await.map_err(|error| match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => {
                StoreError::conflict(format!("delivery {}", record.id))
            }
            _ => StoreError::from_sdk("UpdateItem", &error),
        })?;
        Ok(DeliveryRecord {
            status: DeliveryStatus::Unknown,
            reason: Some(reason.to_owned()),
            lease_until: None,
            updated_at: request.now,
            ..record
        })
    }
}
