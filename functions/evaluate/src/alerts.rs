//! Telling people that events of a source fail. None of it holds up an event: what can't be counted or asked for is logged, and
//! told with the next event that fails.

use std::collections::BTreeMap;

use leadyard_domain::config::Checked;
use leadyard_domain::delivery::alert::{Alert, AlertMessage, GATHER_S, Loss, Subject};
use leadyard_domain::event::{EventRecord, EventStatus};
use leadyard_domain::id::AccountId;
use leadyard_runtime::{Outgoing, SendError};

use crate::handler::Evaluate;

impl Evaluate {
    /// Counts the events that were settled as failed, where somebody is to be told of their source, and asks for the mail. A
    /// process that ends before this counts none of them; a message that comes again finds its event settled, and does not
    /// count it.
    pub(crate) async fn tell_of_failures(
        &self,
        account: &AccountId,
        config: &Checked,
        records: impl IntoIterator<Item = &EventRecord>,
    ) {
        let mut failed: BTreeMap<Subject, u64> = BTreeMap::new();
        for record in records.into_iter().filter(|record| record.status == EventStatus::Failed) {
            *failed.entry(Subject::Source(record.received.source.clone())).or_default() += 1;
        }
        for (subject, how_many) in failed {
            if !config.notified(&subject).is_empty() {
                self.tell_of(account, subject, how_many).await;
            }
        }
    }

    async fn tell_of(&self, account: &AccountId, subject: Subject, how_many: u64) {
        let unable = |error: &dyn std::error::Error, what| {
            tracing::warn!(%account, %error, "events failed: {what}");
        };
        match self.store.count_loss(account, &subject, Loss::GivenUp, how_many, (self.now)()).await {
            Ok(Some(asked)) => {
                let message = AlertMessage { account: account.clone(), subject, alert: Alert::Failed };
                let Err(error) = self.ask_for_mail(&message).await else { return };
                unable(&error, "a mail to those who are to be told could not be asked for");
                // Whoever comes next asks.
                if let Err(error) = self.store.unask_alert(account, &message.subject, asked).await {
                    unable(&error, "that its mail was not asked for could not be noted, so that it comes minutes late");
                }
            }
            Ok(None) => {}
            Err(error) => unable(&error, "they could not be counted for their mail"),
        }
    }

    async fn ask_for_mail(&self, message: &AlertMessage) -> Result<(), SendError> {
        let outgoing = Outgoing::json(message.id(), message.group(), message)?;
        self.outbox.email.send_one(outgoing.delayed(GATHER_S)).await
    }
}
