//! Telling people what is wrong with a destination. None of it holds up or loses a delivery: what can't be told is logged, and
//! told with the next delivery that is given up.

use jiff::Timestamp;
use leadyard_domain::delivery::alert::{Alert, AlertMessage, SuspendedFor};
use leadyard_domain::delivery::{DeliveryRecord, DeliveryStatus};
use leadyard_domain::id::{AccountId, DestinationId};
use leadyard_runtime::FollowUps;
use leadyard_store::{Published, Store};

/// Who tells people.
pub(crate) struct Alerts<'a> {
    pub(crate) store: &'a Store,
    pub(crate) follow_ups: &'a FollowUps,
    pub(crate) published: &'a Published,
}

impl Alerts<'_> {
    /// Counts a delivery that has just been given up, and asks for the mail about it.
    pub(crate) async fn of_delivery(&self, record: &DeliveryRecord, now: Timestamp) {
        let (account, destination) = (&record.account, record.id.destination());
        if record.status != DeliveryStatus::Dead || self.published.checked.notified(&destination).is_empty() {
            return;
        }
        match self.store.count_given_up(account, &destination, now).await {
            Ok(true) => self.ask(account, &destination, Alert::GivenUp).await,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%account, delivery = %record.id, %error, "a delivery that was given up could not be counted for its mail");
            }
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
        if !self.published.checked.notified(destination).is_empty() {
            self.ask(account, destination, Alert::Suspended { why, since }).await;
        }
    }

    async fn ask(&self, account: &AccountId, destination: &DestinationId, alert: Alert) {
        let message = AlertMessage { account: account.clone(), destination: destination.clone(), alert };
        if let Err(error) = self.follow_ups.tell(&message, alert.delay_s()).await {
            tracing::warn!(%account, %destination, alert = alert.name(), %error, "a mail to those who are to be told could not be asked for");
        }
    }
}
