//! How much a destination takes: so many tries a minute, so many at once. Only destinations with a limit have these items.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use leadyard_domain::id::{AccountId, DeliveryId, DestinationId};

use crate::Store;
use crate::codec::{Item, number};
use crate::error::StoreError;
use crate::keys::{self, Key};

/// The attributes: the next free moment in milliseconds, and who goes now.
const NEXT: &str = "next_ms";
const NOW: &str = "in_flight";
/// How often somebody is tried to be let in, when places of the dead are cleared.
const TRIES_MAX: u32 = 3;
const MINUTE_MS: i64 = 60_000;

/// A place among those that go to a destination now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    account: AccountId,
    destination: DestinationId,
    /// Until when, and for which delivery.
    name: String,
}

/// Whether somebody was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// It goes; the place is to be given back.
    Yes(Place),
    /// As many go as may.
    Full,
}

impl Store {
    /// Takes the next free moment of a destination that takes so many tries a minute, evenly spread. It is now or later, and
    /// nobody else's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_slot(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        per_minute: u32,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let key = keys::slots(account, destination);
        let (now_ms, step_ms) = (now.as_millisecond(), (MINUTE_MS / i64::from(per_minute.max(1))).max(1));
        // One of the two holds, unless somebody else takes a slot in between: then the other does.
        loop {
            let free = "attribute_not_exists(#next) OR #next <= :now";
            if self
                .slot(&key, "SET #next = :after", free, &[(":now", now_ms), (":after", now_ms + step_ms)])
                .await?
                .is_some()
            {
                return Ok(now);
            }
            let taken =
                self.slot(&key, "ADD #next :step", "#next > :now", &[(":now", now_ms), (":step", step_ms)]).await?;
            if let Some(next_ms) = taken {
                return Ok(Timestamp::from_millisecond(next_ms).unwrap_or(now));
            }
        }
    }

    /// Moves the next free moment, when the condition holds; answers the one before, 0 where there was none.
    async fn slot(
        &self,
        key: &Key,
        update: &str,
        condition: &str,
        values: &[(&str, i64)],
    ) -> Result<Option<i64>, StoreError> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.item()))
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_names("#next", NEXT)
            .return_values(ReturnValue::UpdatedOld);
        for (name, value) in values {
            request = request.expression_attribute_values(*name, number(*value));
        }
        match request.send().await {
            Ok(answer) => Ok(Some(match answer.attributes.as_ref().and_then(|item| item.get(NEXT)) {
                Some(AttributeValue::N(next)) => next.parse().unwrap_or_default(),
                _ => 0,
            })),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(StoreError::from_sdk("UpdateItem", &error)),
            },
        }
    }

    /// Lets a delivery go to a destination that takes so many at once. A place whose holder died is free again at `until`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enter_destination(
        &self,
        account: &AccountId,
        delivery: &DeliveryId,
        at_once: u32,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Entered, StoreError> {
        let destination = delivery.destination();
        let name = format!("{:020} {delivery}", until.as_millisecond());
        let place = Place { account: account.clone(), destination, name };
        for _ in 0..TRIES_MAX {
            let full = self.move_place("ADD #now :name", &place, Some(at_once)).await?;
            if !full {
                return Ok(Entered::Yes(place));
            }
            if !self.clear_places(&place, now).await? {
                break;
            }
        }
        Ok(Entered::Full)
    }

    /// Gives a place back.
    ///
    /// # Errors
    /// [`StoreError`]; the place is then free when its time is over.
    pub async fn leave_destination(&self, place: &Place) -> Result<(), StoreError> {
        self.move_place("DELETE #now :name", place, None).await.map(|_| ())
    }

    /// Adds or takes away a name. `true` when there is no room.
    async fn move_place(&self, update: &str, place: &Place, at_once: Option<u32>) -> Result<bool, StoreError> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::in_flight(&place.account, &place.destination).item()))
            .update_expression(update)
            .expression_attribute_names("#now", NOW)
            .expression_attribute_values(":name", AttributeValue::Ss(vec![place.name.clone()]));
        if let Some(at_once) = at_once {
            request = request
                .condition_expression("attribute_not_exists(#now) OR size(#now) < :most")
                .expression_attribute_values(":most", number(at_once));
        }
        match request.send().await {
            Ok(_) => Ok(false),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(true),
                _ => Err(StoreError::from_sdk("UpdateItem", &error)),
            },
        }
    }

    /// Takes away the names of those whose time is over; whether there were any.
    async fn clear_places(&self, place: &Place, now: Timestamp) -> Result<bool, StoreError> {
        let item: Item =
            self.get(&keys::in_flight(&place.account, &place.destination), true).await?.unwrap_or_default();
        let Some(AttributeValue::Ss(names)) = item.get(NOW) else { return Ok(true) };
        let over = format!("{:020}", now.as_millisecond());
        let dead = names.iter().filter(|name| name.as_str() < over.as_str());
        let mut any = false;
        for name in dead {
            any = true;
            self.leave_destination(&Place { name: name.clone(), ..place.clone() }).await?;
        }
        Ok(any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, lead, store};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn delivery(index: u32) -> DeliveryId {
        DeliveryId::of(&lead(index).id, 1, &DestinationId::new("crm").unwrap())
    }

    #[tokio::test]
    async fn slots_are_evenly_spread_and_nobody_has_two() {
        let (store, crm) = (store().await, DestinationId::new("crm").unwrap());
        let account = account();
        let taken = futures_util::future::try_join_all((0..20).map(|_| store.take_slot(&account, &crm, 600, at(0))));
        let mut taken = taken.await.unwrap();
        taken.sort_unstable();
        let expected: Vec<Timestamp> = (0..20).map(|index| at(index * 100)).collect();
        assert_eq!(taken, expected);
        assert_eq!(store.take_slot(&account, &crm, 600, at(5_000)).await.unwrap(), at(5_000), "nothing is saved up");
        assert_eq!(store.take_slot(&account, &crm, 600, at(5_000)).await.unwrap(), at(5_100));
    }

    #[tokio::test]
    async fn so_many_go_at_once_and_no_more() {
        let store = store().await;
        let account = account();
        let enter = async |index, now| {
            store.enter_destination(&account, &delivery(index), 3, at(now + 40_000), at(now)).await.unwrap()
        };
        let entered = futures_util::future::join_all((0..8).map(|index| enter(index, 0))).await;
        let places: Vec<Place> = entered
            .into_iter()
            .filter_map(|entered| match entered {
                Entered::Yes(place) => Some(place),
                Entered::Full => None,
            })
            .collect();
        assert_eq!(places.len(), 3);
        store.leave_destination(&places[0]).await.unwrap();
        store.leave_destination(&places[0]).await.unwrap();
        assert!(matches!(enter(10, 0).await, Entered::Yes(_)));
        assert_eq!(enter(11, 39_000).await, Entered::Full);
        assert!(matches!(enter(12, 41_000).await, Entered::Yes(_)), "those who died made room");
    }
}
