//! What people were told of a destination or a source, and what is still to be told.
//!
//! One item a destination, made with the first delivery that is lost (given up, or nobody knows whether it arrived) or the first
//! suspension; one item a source, made with the first event that failed. Deliveries and events are counted in it; who counts the first asks for the mail, and who sends it takes the count away. A
//! mail that could not be asked for is asked for by the next delivery that is counted. One that has not gone some minutes after
//! its time, for its message was lost or who was to ask died, is asked for by the first delivery that is counted then.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use leadyard_domain::delivery::alert::{Alert, AlertMessage, EVERY_S, GATHER_S, Loss, Subject, next_at};
use leadyard_domain::id::AccountId;
use serde::Deserialize;

use crate::Store;
use crate::codec::{Item, from_item, number};
use crate::error::StoreError;
use crate::keys::{self, Key};

/// A mail that has not gone so long after its time is asked for again, in milliseconds.
const LATE_MS: i64 = 5 * 60 * 1_000;

/// What is known of the alerts of a destination or a source: moments in milliseconds.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AlertsItem {
    /// Deliveries that were lost, or events that failed, and were not told of.
    untold: u64,
    /// Those of them of which nobody knows whether they arrived.
    unknown: u64,
    /// When the first of them was counted.
    since_ms: Option<i64>,
    /// When the last mail about them went.
    sent_ms: Option<i64>,
    /// The suspension that was last told of.
    told_ms: Option<i64>,
    /// Until when somebody is sending a mail.
    lease_ms: Option<i64>,
}

/// What a mail tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many deliveries were given up; of a source, how many events failed.
    pub given_up: u64,
    /// Of how many nobody knows whether they arrived.
    pub unknown: u64,
    /// Since when.
    pub since: Timestamp,
}

/// A mail that is to be asked for, by when it was said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked(Timestamp);

/// Whether an alert is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertClaim {
    /// Send it, then [`Store::finish_alert`].
    Claimed(Tally),
    /// Not before then.
    Later(Timestamp),
    /// Somebody is sending it.
    Busy {
        /// Until when at most.
        until: Timestamp,
    },
    /// It was told, or there is nothing to tell.
    Told,
}

impl Store {
    /// Counts so many deliveries or events that a person has to look at since `now`. `Some` when the mail about it is to be asked for; what could
    /// not be asked for is given back ([`Store::unask_alert`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_loss(
        &self,
        account: &AccountId,
        subject: &Subject,
        loss: Loss,
        how_many: u64,
        now: Timestamp,
    ) -> Result<Option<Asked>, StoreError> {
        let key = keys::alerts(account, subject);
        // A mail that was asked for before `asked_before` went by now, unless the last one before it went after `sent_before`:
        // else it is lost.
        let asked_before = now.as_millisecond() - i64::from(GATHER_S) * 1_000 - LATE_MS;
        let sent_before = now.as_millisecond() - EVERY_S * 1_000 - LATE_MS;
        let request = |update: &str, condition: &str| {
            self.alerts(&key, update, condition)
                .expression_attribute_names("#asked", "asked_ms")
                .expression_attribute_names("#sent", "sent_ms")
                .expression_attribute_names("#since", "since_ms")
                .expression_attribute_names("#untold", "untold")
                .expression_attribute_names("#unknown", "unknown")
                .expression_attribute_values(":many", number(how_many))
                .expression_attribute_values(":unknown", number(if loss == Loss::Unknown { how_many } else { 0 }))
                .expression_attribute_values(":now", number(now.as_millisecond()))
                .expression_attribute_values(":asked_before", number(asked_before))
                .expression_attribute_values(":sent_before", number(sent_before))
        };
        // One of the two holds, unless somebody else asks or a mail goes in between: then the other does.
        loop {
            // Where a mail is asked for already, which is so for all but the first, one write does.
            let counted = request(
                "SET #since = if_not_exists(#since, :now) ADD #untold :many, #unknown :unknown",
                "#asked > :asked_before OR (attribute_exists(#asked) AND #sent > :sent_before)",
            );
            if sent(counted).await?.is_ok() {
                return Ok(None);
            }
            let first = request(
                "SET #asked = :now, #since = if_not_exists(#since, :now) ADD #untold :many, #unknown :unknown",
                "attribute_not_exists(#asked) OR \
                 (#asked <= :asked_before AND (attribute_not_exists(#sent) OR #sent <= :sent_before))",
            );
            if sent(first).await?.is_ok() {
                return Ok(Some(Asked(now)));
            }
        }
    }

    /// Notes that a mail could not be asked for: the next delivery that is counted asks for it.
    ///
    /// # Errors
    /// [`StoreError`]; then a delivery that is counted a few minutes later asks.
    pub async fn unask_alert(&self, account: &AccountId, subject: &Subject, asked: Asked) -> Result<(), StoreError> {
        let key = keys::alerts(account, subject);
        let request = self
            .alerts(&key, "REMOVE #asked", "#asked = :asked")
            .expression_attribute_names("#asked", "asked_ms")
            .expression_attribute_values(":asked", number(asked.0.as_millisecond()));
        // Otherwise somebody else has asked meanwhile.
        sent(request).await.map(|_| ())
    }

    /// Claims the sending of an alert until `until`: of several that hold its message one sends it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_alert(
        &self,
        message: &AlertMessage,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<AlertClaim, StoreError> {
        let key = keys::alerts(&message.account, &message.subject);
        let free = "(attribute_not_exists(#lease) OR #lease < :now)";
        let request = match message.alert {
            Alert::Suspended { since, .. } => self
                .alerts(
                    &key,
                    "SET #lease = :until",
                    &format!("{free} AND (attribute_not_exists(#told) OR #told < :since)"),
                )
                .expression_attribute_names("#told", "told_ms")
                .expression_attribute_values(":since", number(since.as_millisecond())),
            Alert::GivenUp | Alert::Failed => self
                .alerts(
                    &key,
                    "SET #lease = :until",
                    &format!("{free} AND #untold > :none AND (attribute_not_exists(#sent) OR #sent <= :before)"),
                )
                .expression_attribute_names("#untold", "untold")
                .expression_attribute_names("#sent", "sent_ms")
                .expression_attribute_values(":none", number(0))
                .expression_attribute_values(":before", number(now.as_millisecond() - EVERY_S * 1_000)),
        };
        let request = request
            .expression_attribute_names("#lease", "lease_ms")
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        let outcome = sent(request).await?;
        let (claimed, item) = match outcome {
            Ok(item) => (true, item),
            Err(item) => (false, item),
        };
        let known: AlertsItem = from_item(&key.to_string(), item)?;
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or(now);
        if claimed {
            let since = known.since_ms.map_or(now, at);
            let given_up = known.untold.saturating_sub(known.unknown);
            return Ok(AlertClaim::Claimed(Tally { given_up, unknown: known.unknown, since }));
        }
        let told = match message.alert {
            Alert::Suspended { since, .. } => known.told_ms.is_some_and(|told| told >= since.as_millisecond()),
            Alert::GivenUp | Alert::Failed => known.untold == 0,
        };
        if told {
            return Ok(AlertClaim::Told);
        }
        let lease = known.lease_ms.filter(|lease| *lease >= now.as_millisecond());
        Ok(match (lease, known.sent_ms) {
            (Some(lease), _) => AlertClaim::Busy { until: at(lease) },
            (None, Some(sent)) => AlertClaim::Later(next_at(at(sent)).max(now)),
            // It was free by the time its condition had failed.
            (None, None) => AlertClaim::Busy { until: now },
        })
    }

    /// Notes that a claimed alert was sent. `true` when more was counted meanwhile, which is to be asked for.
    ///
    /// # Errors
    /// [`StoreError`]; the alert may then be sent a second time.
    pub async fn finish_alert(&self, message: &AlertMessage, tally: Tally, now: Timestamp) -> Result<bool, StoreError> {
        let key = keys::alerts(&message.account, &message.subject);
        let Alert::Suspended { since, .. } = message.alert else { return self.finish_losses(&key, tally, now).await };
        let request = self
            .alerts(&key, "SET #told = :since REMOVE #lease", "attribute_exists(#lease)")
            .expression_attribute_names("#told", "told_ms")
            .expression_attribute_names("#lease", "lease_ms")
            .expression_attribute_values(":since", number(since.as_millisecond()));
        // Otherwise the lease ran out, and another has sent and noted it.
        sent(request).await.map(|_| false)
    }

    async fn finish_losses(&self, key: &Key, tally: Tally, now: Timestamp) -> Result<bool, StoreError> {
        let told = tally.given_up.saturating_add(tally.unknown);
        let minus = |count: u64| number(-i64::try_from(count).unwrap_or(i64::MAX));
        let request = |update: &str, condition: &str| {
            self.alerts(key, &format!("{update} ADD #untold :minus, #unknown :minus_unknown"), condition)
                .expression_attribute_names("#sent", "sent_ms")
                .expression_attribute_names("#asked", "asked_ms")
                .expression_attribute_names("#since", "since_ms")
                .expression_attribute_names("#untold", "untold")
                .expression_attribute_names("#unknown", "unknown")
                .expression_attribute_names("#lease", "lease_ms")
                .expression_attribute_values(":now", number(now.as_millisecond()))
                .expression_attribute_values(":told", number(told))
                .expression_attribute_values(":minus", minus(told))
                .expression_attribute_values(":minus_unknown", minus(tally.unknown))
        };
        let all = request("SET #sent = :now REMOVE #lease, #asked, #since", "#untold = :told");
        if sent(all).await?.is_ok() {
            return Ok(false);
        }
        // The rest is asked for here, so that the next delivery that is counted does not ask as well.
        let some = request("SET #sent = :now, #asked = :now, #since = :now REMOVE #lease", "#untold > :told");
        // Where less is left than was told the lease ran out, and another has sent and noted it.
        Ok(sent(some).await?.is_ok())
    }

    /// An update of alerts that answers the item: as it is afterwards, or as it was when the condition did not
    /// hold.
    fn alerts(&self, key: &Key, update: &str, condition: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.item()))
            .update_expression(update)
            .condition_expression(condition)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

/// The item after an update, or, as the inner error, the one that stood in its way.
async fn sent(request: UpdateItemFluentBuilder) -> Result<Result<Item, Item>, StoreError> {
    match request.send().await {
        Ok(answer) => Ok(Ok(answer.attributes.unwrap_or_default())),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Err(failed.item.clone().unwrap_or_default()))
            }
            _ => Err(StoreError::from_sdk("UpdateItem", &error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use leadyard_domain::delivery::alert::SuspendedFor;

    use super::*;
    use crate::testing::{account, store};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn message(alert: Alert) -> AlertMessage {
        AlertMessage { account: account(), subject: crm(), alert }
    }

    async fn claim(store: &Store, alert: Alert, now: i64) -> AlertClaim {
        store.claim_alert(&message(alert), at(now + 30), at(now)).await.unwrap()
    }

    fn crm() -> Subject {
        Subject::Destination("crm".parse().unwrap())
    }

    async fn count(store: &Store, now: i64) -> Option<Asked> {
        store.count_loss(&account(), &crm(), Loss::GivenUp, 1, at(now)).await.unwrap()
    }

    async fn finish(store: &Store, tally: Tally, now: i64) -> bool {
        store.finish_alert(&message(Alert::GivenUp), tally, at(now)).await.unwrap()
    }

    fn given_up(given_up: u64, since: i64) -> Tally {
        Tally { given_up, unknown: 0, since: at(since) }
    }

    #[tokio::test]
    async fn many_that_are_given_up_are_one_mail_an_hour() {
        let store = store().await;
        assert_eq!(claim(&store, Alert::GivenUp, 0).await, AlertClaim::Told, "there is nothing to tell");
        let counted = futures_util::future::join_all((0..64).map(|_| count(&store, 1))).await;
        assert_eq!(counted.into_iter().flatten().count(), 1, "one asks");
        let claims = futures_util::future::join_all((0..4).map(|_| claim(&store, Alert::GivenUp, 61))).await;
        let claimed: Vec<_> = claims.iter().filter(|claim| matches!(claim, AlertClaim::Claimed(_))).collect();
        assert_eq!(
            claimed,
            [&AlertClaim::Claimed(given_up(64, 1))],
            "those that raced with the first are counted, too"
        );
        assert!(claims.contains(&AlertClaim::Busy { until: at(91) }));
        // More while it is being sent: it has to be asked for again, and comes an hour later.
        assert_eq!(count(&store, 62).await, None);
        assert!(finish(&store, given_up(64, 1), 63).await);
        assert_eq!(count(&store, 64).await, None, "it is asked for already");
        assert_eq!(count(&store, 3_600).await, None, "and not late yet");
        assert_eq!(claim(&store, Alert::GivenUp, 100).await, AlertClaim::Later(at(63 + 3_600)));
        let last = given_up(3, 63);
        assert_eq!(claim(&store, Alert::GivenUp, 63 + 3_600).await, AlertClaim::Claimed(last));
        assert!(!finish(&store, last, 3_700).await);
        assert!(!finish(&store, last, 3_701).await, "another noted it");
        assert_eq!(claim(&store, Alert::GivenUp, 9_000).await, AlertClaim::Told);
        assert!(count(&store, 9_001).await.is_some(), "the next one asks");
        assert_eq!(claim(&store, Alert::GivenUp, 9_061).await, AlertClaim::Claimed(given_up(1, 9_001)));
    }

    #[tokio::test]
    async fn those_that_may_have_arrived_are_counted_apart() {
        let store = store().await;
        let unknown = async || store.count_loss(&account(), &crm(), Loss::Unknown, 1, at(0)).await.unwrap();
        assert!(unknown().await.is_some());
        assert_eq!(count(&store, 1).await, None);
        let tally = Tally { given_up: 1, unknown: 1, since: at(0) };
        assert_eq!(claim(&store, Alert::GivenUp, 60).await, AlertClaim::Claimed(tally));
        assert_eq!(unknown().await, None);
        assert!(finish(&store, tally, 61).await);
        let rest = Tally { given_up: 0, unknown: 1, since: at(61) };
        assert_eq!(claim(&store, Alert::GivenUp, 3_661).await, AlertClaim::Claimed(rest));
    }

    #[tokio::test]
    async fn a_source_and_a_destination_of_one_name_are_counted_apart() {
        let store = store().await;
        let source = Subject::Source("crm".parse().unwrap());
        let failed = async |how_many, second| {
            store.count_loss(&account(), &source, Loss::GivenUp, how_many, at(second)).await.unwrap()
        };
        let of_source = AlertMessage { account: account(), subject: source.clone(), alert: Alert::Failed };
        let claim_source = async |now| store.claim_alert(&of_source, at(now + 30), at(now)).await.unwrap();
        assert!(failed(7, 0).await.is_some());
        assert_eq!(failed(3, 1).await, None);
        assert!(count(&store, 2).await.is_some(), "the destination's own mail");
        assert_eq!(claim_source(60).await, AlertClaim::Claimed(given_up(10, 0)));
        assert_eq!(claim(&store, Alert::GivenUp, 62).await, AlertClaim::Claimed(given_up(1, 2)));
        assert!(!store.finish_alert(&of_source, given_up(10, 0), at(61)).await.unwrap());
        assert_eq!(claim_source(62).await, AlertClaim::Told);
        assert!(failed(1, 63).await.is_some());
        assert_eq!(claim_source(123).await, AlertClaim::Later(at(61 + 3_600)), "one mail an hour");
        let first = failed(1, 64).await;
        assert_eq!(first, None);
    }

    #[tokio::test]
    async fn a_mail_that_was_lost_is_asked_for_again() {
        let store = store().await;
        assert!(count(&store, 0).await.is_some());
        // A minute for more of them, and five in which it may be late.
        assert_eq!(count(&store, 359).await, None);
        assert!(count(&store, 360).await.is_some());
        // And one whose sender died is sent by the next who holds the message.
        assert_eq!(claim(&store, Alert::GivenUp, 1_000).await, AlertClaim::Claimed(given_up(3, 0)));
        assert_eq!(claim(&store, Alert::GivenUp, 1_030).await, AlertClaim::Busy { until: at(1_030) });
        assert!(matches!(claim(&store, Alert::GivenUp, 1_031).await, AlertClaim::Claimed(_)));
        assert!(!finish(&store, given_up(3, 0), 1_032).await);
        // After a mail the next one has its time an hour later, however early it was asked for.
        assert!(count(&store, 1_100).await.is_some());
        assert_eq!(count(&store, 1_032 + 3_600 + 299).await, None);
        assert!(count(&store, 1_032 + 3_600 + 300).await.is_some());
    }

    #[tokio::test]
    async fn what_could_not_be_asked_for_is_asked_for_by_the_next() {
        let store = store().await;
        let first = count(&store, 0).await.unwrap();
        store.unask_alert(&account(), &crm(), first).await.unwrap();
        assert!(count(&store, 1).await.is_some());
        // Whoever is late takes nothing back that somebody else has asked for.
        store.unask_alert(&account(), &crm(), first).await.unwrap();
        assert_eq!(count(&store, 2).await, None);
        assert_eq!(claim(&store, Alert::GivenUp, 61).await, AlertClaim::Claimed(given_up(3, 0)));
    }

    #[tokio::test]
    async fn a_suspension_is_told_once_and_the_next_one_again() {
        let store = store().await;
        let suspended = |second| Alert::Suspended { why: SuspendedFor::Gone, since: at(second) };
        let AlertClaim::Claimed(tally) = claim(&store, suspended(0), 1).await else { panic!() };
        assert_eq!(claim(&store, suspended(0), 2).await, AlertClaim::Busy { until: at(31) });
        store.finish_alert(&message(suspended(0)), tally, at(3)).await.unwrap();
        assert_eq!(claim(&store, suspended(0), 4).await, AlertClaim::Told);
        assert!(matches!(claim(&store, suspended(100), 101).await, AlertClaim::Claimed(_)));
    }
}
