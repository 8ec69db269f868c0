//! Telling people what is wrong with a destination. None of it holds up or loses a delivery: what can't be told is logged, and
//! told with the next delivery that is lost.

use jiff::Timestamp;
use leadyard_domain::delivery::alert::{Alert, AlertMessage, Loss, Subject, SuspendedFor};
use leadyard_domain::id::{AccountId, DeliveryId, DestinationId};
use leadyard_runtime::FollowUps;
use leadyard_store::{Published, Store};

/// Who tells people.
pub(crate) struct Alerts<'a> {
    pub(crate) store: &'a Store,
    pub(crate) follow_ups: &'a FollowUps,
    pub(crate) published: &'a Published,
}

impl Alerts<'_> {
    /// Counts a delivery that a person has to look at, and asks for the mail about it.
    pub(crate) async fn of_delivery(&self, id: &DeliveryId, account: &AccountId, loss: Option<Loss>, now: Timestamp) {
        let subject = Subject::Destination(id.destination());
        let Some(loss) = loss.filter(|_| !self.published.checked.notified(&subject).is_empty()) else { return };
        let failed = |error: &dyn std::error::Error, what| {
            tracing::warn!(%account, delivery = %id, %error, "a delivery that was lost: {what}");
        };
        match self.store.count_loss(account, &subject, loss, 1, now).await {
            Ok(Some(asked)) => {
                // Whoever comes next asks, where this one could not.
                if !self.ask(account, subject.clone(), Alert::GivenUp).await
                    && let Err(error) = self.store.unask_alert(account, &subject, asked).await
                {
                    failed(&error, "that its mail was not asked for could not be noted, so that it comes minutes late");
                }
            }
            Ok(None) => {}
            Err(error) => failed(&error, "it could not be counted for its mail"),
        }
    }

    /// Asks for the mail about a suspension that has just begun.
    pub(crate) async fn of_suspension(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        why: SuspendedFor,
        since: Timestamp,
    ) {
        let subject = Subject::Destination(destination.clone());
        if !self.published.checked.notified(&subject).is_empty() {
            self.ask(account, subject, Alert::Suspended { why, since }).await;
        }
    }

    /// Whether the mail is asked for.
    async fn ask(&self, account: &AccountId, subject: Subject, alert: Alert) -> bool {
        let message = AlertMessage { account: account.clone(), subject, alert };
        let asked = self.follow_ups.tell(&message, alert.delay_s()).await;
        if let Err(error) = &asked {
            tracing::warn!(%account, subject = %message.subject, alert = alert.name(), %error, "a mail to those who are to be told could not be asked for");
        }
        asked.is_ok()
    }
}
