//! What SES tells of a mail after it took it. A mail that came back for good, or that somebody called spam, makes its delivery
//! dead, and no further mail goes to the address.

use leadyard_domain::delivery::alert::Loss;
use leadyard_domain::delivery::{BOUNCED, COMPLAINT, DeliveryStatus};
use leadyard_domain::id::AccountId;
use leadyard_domain::suppression::{AddressHash, Suppression, SuppressionReason};
use leadyard_store::{Heard, Report, Told};

use crate::event::{News, SesEvent};
use crate::handler::{DeliverEmail, DeliverError};
use crate::tags::Tags;

const SOFT_BOUNCE: &str = "E_SOFT_BOUNCE";

/// What to do about an address that is suppressed now.
const WHAT_TO_DO: &str = "no further mail goes there. Correct the address, or lift the suppression with \
                          DELETE /v1/suppressions?address=, and replay";

impl DeliverEmail {
    /// Takes down one event; `Ok` once everything that it causes is durable. The same event twice changes nothing more.
    pub(crate) async fn hear(&self, event: &SesEvent) -> Result<(), DeliverError> {
        if event.is_alert() {
            return self.hear_of_alert(event).await;
        }
        let Some(Tags { account, delivery, number }) = event.tags() else {
            tracing::warn!("an event of a mail that was not tagged here");
            return Ok(());
        };
        let all = event.recipients();
        let (told, suppress) = match event.news() {
            News::Bounced { kind, addresses } => {
                let some = addresses.len();
                let reason = format!("it bounced at {some} of {all} recipients ({kind}): {WHAT_TO_DO}");
                (Told::Failed { code: BOUNCED, reason }, Some((SuppressionReason::Bounce, addresses)))
            }
            News::Complained { addresses } => {
                let reason = format!("a recipient called it spam: {WHAT_TO_DO}");
                (Told::Failed { code: COMPLAINT, reason }, Some((SuppressionReason::Complaint, addresses)))
            }
            News::CameBack { kind, recipients } => {
                let reason = format!(
                    "it came back from {recipients} of {all} recipients ({kind}) and may not have arrived: replay it with \
                     force to send it again"
                );
                (Told::Note { code: SOFT_BOUNCE, reason }, None)
            }
            News::Arrived => (Told::Arrived, None),
            News::Nothing => return Ok(()),
        };
        let now = (self.now)();
        let Some(published) = self.configs.get(&account, now).await? else {
            tracing::warn!(%account, %delivery, "an event of an account that has no config");
            return Ok(());
        };
        // First, for it holds whatever becomes of the delivery.
        if let Some((reason, addresses)) = suppress {
            let suppression = Suppression { reason, at: now, delivery: Some(delivery.clone()) };
            self.suppress(&account, &addresses, &suppression).await?;
        }
        let log_days = published.checked.config().account.log_days;
        let report = Report { account, delivery, number, told, log_days, now };
        match self.store.hear_of_delivery(&report).await? {
            Heard::Changed(record) => {
                // SES has it after all: who accepted it is charged.
                if record.status == DeliveryStatus::Delivered
                    && let Some(order) = self.store.order(&record.account, &record.id).await?
                {
                    let zone = published.checked.config().account.timezone.time_zone();
                    self.store.book_accepted(zone, &order.assignment, &record).await?;
                }
                let code = match &report.told {
                    Told::Failed { code, .. } | Told::Note { code, .. } => Some(*code),
                    Told::Arrived => None,
                };
                self.count(&published, &record, Loss::of(&record.id, record.status, code)).await;
                if record.status == DeliveryStatus::Dead || record.reason.is_none() {
                    self.metrics.count(record.status.metric(&record.id, code), 1);
                }
                tracing::info!(
                    account = %record.account, delivery = %record.id, attempt = record.tries,
                    status = record.status.name(), code, "SES told of a delivery"
                );
                Ok(())
            }
            Heard::Nothing => Ok(()),
            // The mail is faster than the record of its try.
            Heard::Busy { until } => Err(DeliverError::Busy { delivery: report.delivery, until }),
            Heard::NoDelivery => {
                tracing::warn!(account = %report.account, delivery = %report.delivery, "an event of an unknown delivery");
                Ok(())
            }
        }
    }

    /// A mail that told people of a destination: nothing becomes of a delivery, and who is not to be written to is not.
    async fn hear_of_alert(&self, event: &SesEvent) -> Result<(), DeliverError> {
        let (reason, addresses) = match event.news() {
            News::Bounced { addresses, .. } => (SuppressionReason::Bounce, addresses),
            News::Complained { addresses } => (SuppressionReason::Complaint, addresses),
            News::CameBack { .. } | News::Arrived | News::Nothing => return Ok(()),
        };
        let now = (self.now)();
        let Some(account) = event.account() else {
            tracing::warn!("an event of a mail that was not tagged here");
            return Ok(());
        };
        if self.configs.get(&account, now).await?.is_none() {
            tracing::warn!(%account, "an event of an account that has no config");
            return Ok(());
        }
        self.suppress(&account, &addresses, &Suppression { reason, at: now, delivery: None }).await?;
        tracing::warn!(
            %account, reason = reason.name(),
            "a mail to those who are told of destinations and sources came back, and no further one goes there: look at 'notify' in the config"
        );
        Ok(())
    }

    async fn suppress(
        &self,
        account: &AccountId,
        addresses: &[&str],
        suppression: &Suppression,
    ) -> Result<(), DeliverError> {
        for address in addresses.iter().filter_map(|address| AddressHash::of(address)) {
            self.store.suppress(account, &address, suppression).await?;
        }
        Ok(())
    }
}
