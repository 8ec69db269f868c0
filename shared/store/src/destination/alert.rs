//! What people were told of a destination, and what is still to be told.
//!
//! One item a destination, made with the first delivery that is given up or the first suspension. Deliveries are counted in it;
//! who counts the first asks for the mail, and who sends it takes the count away. A message that is lost, or whose sender died,
//! is asked for again by a delivery that is given up later.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::delivery::alert::{Alert, AlertMessage, EVERY_S, next_at};
use leadyard_domain::id::{AccountId, DestinationId};
use serde::Deserialize;

use crate::Store;
use crate::codec::{Item, from_item, number};
use crate::error::StoreError;
use crate::keys::{self, Key};

/// A mail that was asked for so long ago and has not gone is asked for again.
const LOST: SignedDuration = SignedDuration::from_secs(3 * EVERY_S);

/// What is known of a destination's alerts: moments in milliseconds.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AlertsItem {
    /// Deliveries that were given up and not told of.
    given_up: u64,
    /// When the first of them was.
    since_ms: Option<i64>,
    /// When the last mail about such deliveries went.
    sent_ms: Option<i64>,
    /// The suspension that was last told of.
    told_ms: Option<i64>,
    /// Until when somebody is sending a mail.
    lease_ms: Option<i64>,
}

/// What a mail tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many deliveries were given up.
    pub given_up: u64,
    /// Since when.
    pub since: Timestamp,
}

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
    /// Counts a delivery that was given up at `now`. `true` when the mail about it is to be asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_given_up(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = keys::alerts(account, destination);
        let lost = number(now.checked_sub(LOST).unwrap_or(Timestamp::MIN).as_millisecond());
        // Where a mail is asked for already, which is so for all but the first, one write does.
        let counted = self
            .alerts(&key, "SET #since = if_not_exists(#since, :now) ADD #given_up :one", "#asked > :lost")
            .expression_attribute_names("#asked", "asked_ms")
            .expression_attribute_names("#since", "since_ms")
            .expression_attribute_names("#given_up", "given_up")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":lost", lost.clone());
        if sent(counted).await?.is_ok() {
            return Ok(false);
        }
        let first = self
            .alerts(
                &key,
                "SET #asked = :now, #since = if_not_exists(#since, :now) ADD #given_up :one",
                "attribute_not_exists(#asked) OR #asked <= :lost",
            )
            .expression_attribute_names("#asked", "asked_ms")
            .expression_attribute_names("#since", "since_ms")
            .expression_attribute_names("#given_up", "given_up")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":lost", lost);
        // Somebody else asked in between: who counts one too few says it a little late.
        Ok(sent(first).await?.is_ok())
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
        let key = keys::alerts(&message.account, &message.destination);
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
            Alert::GivenUp => self
                .alerts(
                    &key,
                    "SET #lease = :until",
                    &format!("{free} AND #given_up > :none AND (attribute_not_exists(#sent) OR #sent <= :before)"),
                )
                .expression_attribute_names("#given_up", "given_up")
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
            return Ok(AlertClaim::Claimed(Tally { given_up: known.given_up, since }));
        }
        let told = match message.alert {
            Alert::Suspended { since, .. } => known.told_ms.is_some_and(|told| told >= since.as_millisecond()),
            Alert::GivenUp => known.given_up == 0,
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
        let key = keys::alerts(&message.account, &message.destination);
        let request = match message.alert {
            Alert::Suspended { since, .. } => self
                .alerts(&key, "SET #told = :since REMOVE #lease", "attribute_exists(#lease)")
                .expression_attribute_names("#told", "told_ms")
                .expression_attribute_values(":since", number(since.as_millisecond())),
            Alert::GivenUp => self
                .alerts(
                    &key,
                    "SET #sent = :now REMOVE #lease, #asked, #since ADD #given_up :told",
                    "#given_up >= :least",
                )
                .expression_attribute_names("#sent", "sent_ms")
                .expression_attribute_names("#asked", "asked_ms")
                .expression_attribute_names("#since", "since_ms")
                .expression_attribute_names("#given_up", "given_up")
                .expression_attribute_values(":now", number(now.as_millisecond()))
                .expression_attribute_values(":told", number(-i64::try_from(tally.given_up).unwrap_or(i64::MAX)))
                .expression_attribute_values(":least", number(tally.given_up)),
        };
        let request = request.expression_attribute_names("#lease", "lease_ms");
        match sent(request).await? {
            Ok(item) => {
                let known: AlertsItem = from_item(&key.to_string(), item)?;
                Ok(matches!(message.alert, Alert::GivenUp) && known.given_up > 0)
            }
            // The lease ran out, and another has sent and noted it.
            Err(_) => Ok(false),
        }
    }

    /// An update of a destination's alerts that answers the item: as it is afterwards, or as it was when the condition did not
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
        AlertMessage { account: account(), destination: DestinationId::new("crm").unwrap(), alert }
    }

    async fn claim(store: &Store, alert: Alert, now: i64) -> AlertClaim {
        store.claim_alert(&message(alert), at(now + 30), at(now)).await.unwrap()
    }

    async fn count(store: &Store, now: i64) -> bool {
        store.count_given_up(&account(), &DestinationId::new("crm").unwrap(), at(now)).await.unwrap()
    }

    #[tokio::test]
    async fn many_that_are_given_up_are_one_mail_an_hour() {
        let store = store().await;
        assert_eq!(claim(&store, Alert::GivenUp, 0).await, AlertClaim::Told, "there is nothing to tell");
        let counted = futures_util::future::join_all((0..8).map(|_| count(&store, 1))).await;
        assert_eq!(counted.into_iter().filter(|asks| *asks).count(), 1, "one asks");
        let claims = futures_util::future::join_all((0..4).map(|_| claim(&store, Alert::GivenUp, 61))).await;
        let tallies: Vec<Tally> = claims
            .iter()
            .filter_map(|claim| match claim {
                AlertClaim::Claimed(tally) => Some(*tally),
                _ => None,
            })
            .collect();
        let [tally] = tallies[..] else { panic!("{claims:?}") };
        assert_eq!(tally.since, at(1));
        // Those that raced with the first may not be counted, and all others are.
        assert!((1..=8).contains(&tally.given_up), "{tally:?}");
        assert!(claims.contains(&AlertClaim::Busy { until: at(91) }));
        // More while it is being sent: it has to be asked for again, and comes an hour later.
        assert!(!count(&store, 62).await);
        assert!(store.finish_alert(&message(Alert::GivenUp), tally, at(63)).await.unwrap());
        assert_eq!(claim(&store, Alert::GivenUp, 100).await, AlertClaim::Later(at(63 + 3_600)));
        let AlertClaim::Claimed(tally) = claim(&store, Alert::GivenUp, 63 + 3_600).await else { panic!() };
        assert_eq!(tally.given_up, 1);
        assert!(!store.finish_alert(&message(Alert::GivenUp), tally, at(3_700)).await.unwrap());
        assert_eq!(claim(&store, Alert::GivenUp, 9_000).await, AlertClaim::Told);
        assert!(count(&store, 9_001).await, "the next one asks");
    }

    #[tokio::test]
    async fn a_mail_that_was_lost_is_asked_for_again() {
        let store = store().await;
        assert!(count(&store, 0).await);
        assert!(!count(&store, 3 * 3_600 - 1).await);
        assert!(count(&store, 3 * 3_600).await);
        // And one whose sender died is sent by the next who holds the message.
        assert!(matches!(claim(&store, Alert::GivenUp, 11_000).await, AlertClaim::Claimed(Tally { given_up: 3, .. })));
        assert_eq!(claim(&store, Alert::GivenUp, 11_030).await, AlertClaim::Busy { until: at(11_030) });
        assert!(matches!(claim(&store, Alert::GivenUp, 11_031).await, AlertClaim::Claimed(_)));
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
