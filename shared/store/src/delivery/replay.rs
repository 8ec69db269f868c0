//! Trying a delivery again because a person asks for it.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use jiff::Timestamp;
use leadyard_domain::delivery::{DeliveryRecord, DeliveryStatus};
use leadyard_domain::id::{AccountId, DeliveryId};

use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::{moment, number, text};
use crate::error::StoreError;
use crate::keys;
use crate::lead::{read_assignment, wanted_deliveries};
use crate::write::unbuilt;

/// What a person asks for.
#[derive(Debug, Clone)]
pub struct ReplayRequest {
    /// The tenant.
    pub account: AccountId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// Whether it is sent although the receiver took it.
    pub force: bool,
    /// Who asks: the name of the API key.
    pub by: String,
    /// Now.
    pub now: Timestamp,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// Send the delivery's message for this try. To ask again gives the same answer until the try has begun, so a
    /// message that was lost can be sent again.
    Send {
        /// Which try.
        number: u32,
    },
    /// No decision asked for such a delivery.
    NotFound,
    /// It is being tried at this moment.
    InFlight {
        /// Until when at most.
        until: Timestamp,
    },
    /// The receiver took it; sending it again asks for `force`.
    AlreadyDelivered,
}

impl Store {
    /// Prepares a delivery to be tried again, with the whole retry schedule before it, and notes who asked for it.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Conflict`] when it changed at the same moment.
    pub async fn request_replay(&self, request: &ReplayRequest) -> Result<Replay, StoreError> {
        let Some(record) = self.delivery(&request.account, &request.delivery).await? else {
            return self.replay_unclaimed(request).await;
        };
        match record.status {
            DeliveryStatus::Sending if record.lease_until.is_some_and(|until| until >= request.now) => {
                Ok(Replay::InFlight { until: record.lease_until.unwrap_or(request.now) })
            }
            DeliveryStatus::Delivered if !request.force => Ok(Replay::AlreadyDelivered),
            // It was asked for before, and nobody has begun.
            DeliveryStatus::Pending => Ok(Replay::Send { number: record.tries + 1 }),
            _ => self.begin_series(request, &record).await,
        }
    }

    /// A delivery that was decided and never begun: its message was lost. It is sent as the first time.
    async fn replay_unclaimed(&self, request: &ReplayRequest) -> Result<Replay, StoreError> {
        let ReplayRequest { account, delivery, .. } = request;
        let wanted = match delivery.attempt() {
            Some(attempt) => {
                let key = keys::assignment(account, &delivery.lead(), attempt);
                let Some(item) = self.get(&key, true).await? else { return Ok(Replay::NotFound) };
                wanted_deliveries(&read_assignment(account, item)?)
            }
            None => {
                let lead = self.leads(account, &[delivery.lead()].into(), true).await?.remove(&delivery.lead());
                lead.map(|lead| lead.own_deliveries.into_iter().map(|own| own.delivery).collect()).unwrap_or_default()
            }
        };
        if !wanted.contains(delivery) {
            return Ok(Replay::NotFound);
        }
        self.transact("the audit entry", vec![self.audit_replay(request)?]).await?;
        Ok(Replay::Send { number: 1 })
    }

    async fn begin_series(&self, request: &ReplayRequest, record: &DeliveryRecord) -> Result<Replay, StoreError> {
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::delivery(&request.account, &request.delivery).item()))
            .update_expression(
                "SET #status = :pending, #tries_before_replay = :tries, #updated_at = :now \
                 REMOVE #next_try_at, #lease_until",
            )
            // The lease too: a try that died may be claimed again since it was read.
            .condition_expression(match record.lease_until {
                Some(_) => "#status = :status AND #tries = :tries AND #lease_until = :lease_until",
                None => "#status = :status AND #tries = :tries",
            })
            .expression_attribute_values(":pending", text(DeliveryStatus::Pending.name()))
            .expression_attribute_values(":status", text(record.status.name()))
            .expression_attribute_values(":tries", number(record.tries))
            .expression_attribute_values(":now", text(request.now.to_string()));
        if let Some(until) = record.lease_until {
            update = update.expression_attribute_values(":lease_until", text(moment(until)));
        }
        for name in ["status", "tries", "tries_before_replay", "updated_at", "next_try_at", "lease_until"] {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        let update = TransactWriteItem::builder().update(update.build().map_err(unbuilt)?).build();
        let actions = vec![update, self.audit_replay(request)?];
        self.transact(&format!("delivery {}", record.id), actions).await?;
        Ok(Replay::Send { number: record.tries + 1 })
    }

    fn audit_replay(&self, request: &ReplayRequest) -> Result<TransactWriteItem, StoreError> {
        let entry = AuditEntry::new(request.now, &request.by, "delivery.replay", &request.delivery);
        self.put_action(entry.item(&request.account)?)
    }
}
