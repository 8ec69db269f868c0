//! What SES tells of a mail after it took it. A mail that came back for good, or that somebody called spam, makes its delivery
//! dead, and no further mail goes to the address.

use leadyard_domain::delivery::DeliveryStatus;
use leadyard_domain::suppression::{AddressHash, Suppression, SuppressionReason};
use leadyard_store::{Heard, Report, Told};

use crate::event::{News, SesEvent};
use crate::handler::{DeliverEmail, DeliverError};
use crate::tags::Tags;

const BOUNCED: &str = "E_BOUNCED";
const SOFT_BOUNCE: &str = "E_SOFT_BOUNCE";
const COMPLAINT: &str = "E_COMPLAINT";

/// What to do about an address that is suppressed now.
const WHAT_TO_DO: &str = "no further mail goes there. Correct the address, or lift the suppression with \
                          DELETE /v1/suppressions?address=, and replay";

impl DeliverEmail {
    /// Takes down one event; `Ok` once everything that it causes is durable. The same event twice changes nothing more.
    pub(crate) async fn hear(&self, event: &SesEvent) -> Result<(), DeliverError> {
        if event.is_alert() {
            if matches!(event.news(), News::Bounced { .. } | News::Complained { .. }) {
                tracing::warn!(
                    "a mail to those who are told of destinations came back: look at 'notify' in the config"
                );
            }
            return Ok(());
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
            for address in addresses.into_iter().filter_map(AddressHash::of) {
                let suppression = Suppression { reason, at: now, delivery: delivery.clone() };
                self.store.suppress(&account, &address, &suppression).await?;
            }
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
                self.count(&published, &record).await;
                if record.status == DeliveryStatus::Dead || record.reason.is_none() {
                    self.metrics.count(record.status.metric(), 1);
                }
                let code = match &report.told {
                    Told::Failed { code, .. } | Told::Note { code, .. } => Some(*code),
                    Told::Arrived => None,
                };
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
}
