//! Telling people what is wrong with a destination or a source: counting what is lost here, and the mails themselves.

use std::time::Duration;

use jiff::Timestamp;
use leadyard_domain::delivery::alert::{Alert, AlertMessage, Loss, Subject};
use leadyard_domain::delivery::{DeliveryRecord, TryResult};
use leadyard_store::{AlertClaim, Published, Tally};

use crate::compose::alert_mail;
use crate::handler::{DeliverEmail, DeliverError};
use crate::post::PostError;

/// How long a mail is nobody else's: the SDK's whole call, and time to note it.
const LEASE: Duration = Duration::from_secs(30);

impl DeliverEmail {
    /// Counts a delivery that a person has to look at, and asks for the mail about it. What can't be told is logged, and told
    /// with the next one.
    pub(crate) async fn count(&self, published: &Published, record: &DeliveryRecord, loss: Option<Loss>) {
        let (account, subject) = (&record.account, Subject::Destination(record.id.destination()));
        let Some(loss) = loss.filter(|_| !published.checked.notified(&subject).is_empty()) else { return };
        let failed = |error: &dyn std::error::Error, what| {
            tracing::warn!(%account, delivery = %record.id, %error, "a delivery that was lost: {what}");
        };
        match self.store.count_loss(account, &subject, loss, 1, (self.now)()).await {
            Ok(Some(asked)) => {
                let message = AlertMessage { account: account.clone(), subject, alert: Alert::GivenUp };
                let Err(error) = self.follow_ups.tell(&message, message.alert.delay_s()).await else { return };
                failed(&error, "a mail to those who are to be told could not be asked for");
                // Whoever comes next asks.
                if let Err(error) = self.store.unask_alert(account, &message.subject, asked).await {
                    failed(&error, "that its mail was not asked for could not be noted, so that it comes minutes late");
                }
            }
            Ok(None) => {}
            Err(error) => failed(&error, "it could not be counted for its mail"),
        }
    }

    /// Sends the mail that a message asks for, unless it was sent, or is not due, or there is nobody to tell.
    ///
    /// # Errors
    /// The message has to come again.
    pub(crate) async fn tell(&self, message: &AlertMessage) -> Result<(), DeliverError> {
        let now = (self.now)();
        let AlertMessage { account, subject, alert } = message;
        let log = |what: &'static str| {
            tracing::info!(%account, %subject, alert = alert.name(), "{what}");
        };
        let published = self.configs.get(account, now).await?;
        let Some(published) = published.filter(|published| !published.checked.notified(subject).is_empty()) else {
            log("nobody is to be told any more");
            return Ok(());
        };
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let tally = match self.store.claim_alert(message, until, now).await? {
            AlertClaim::Claimed(tally) => tally,
            AlertClaim::Told => return Ok(()),
            AlertClaim::Later(at) => return Ok(self.follow_ups.tell(message, wait_s(now, at)).await?),
            AlertClaim::Busy { until } => {
                return Err(DeliverError::AlertBusy { subject: subject.clone(), until });
            }
        };
        match self.mail(message, &published, tally).await {
            Ok(said) => log(said),
            Err(Failed::Passing(error)) => return Err(error),
            // The alarm of the stack has told of it all the same.
            Err(Failed::Final(why)) => {
                tracing::error!(%account, %subject, alert = alert.name(), why, "those who are to be told could not be told");
            }
        }
        if self.store.finish_alert(message, tally, (self.now)()).await? {
            self.follow_ups.tell(message, alert.delay_s()).await?;
        }
        Ok(())
    }

    async fn mail(&self, message: &AlertMessage, published: &Published, tally: Tally) -> Result<&'static str, Failed> {
        let AlertMessage { account, subject, alert } = message;
        let mail = alert_mail(message, tally, &published.checked).map_err(|error| Failed::Final(error.to_string()))?;
        let (mail, _) = self.leave_out(account, mail).await.map_err(|sent| match sent.result {
            TryResult::Final { reason } => Failed::Final(reason),
            _ => Failed::Passing(DeliverError::Alert { subject: subject.clone(), why: "E_TABLE" }),
        })?;
        let tags = vec![
            ("account", account.to_string()),
            (subject.kind(), subject.id().to_owned()),
            ("alert", alert.name().to_owned()),
        ];
        match self.post.send(mail, tags).await {
            Ok(_) => {
                self.metrics.count("AlertsSent", 1);
                Ok("those who are to be told were told")
            }
            Err(PostError::NoSender) => Ok("there is no sender for a mail: the stack's alarm alone tells of it"),
            Err(error @ PostError::Refused { .. }) => Err(Failed::Final(error.code().to_owned())),
            Err(error) => Err(Failed::Passing(DeliverError::Alert { subject: subject.clone(), why: error.code() })),
        }
    }
}

/// Why a mail did not go.
enum Failed {
    /// Its message has to come again.
    Passing(DeliverError),
    /// It will not go better by itself.
    Final(String),
}

/// How long it is until a moment, in whole seconds, as far as a queue can wait.
fn wait_s(now: Timestamp, at: Timestamp) -> u16 {
    let wait_s = (at.as_millisecond() - now.as_millisecond()).max(0).unsigned_abs().div_ceil(1_000);
    u16::try_from(wait_s).unwrap_or(u16::MAX)
}
