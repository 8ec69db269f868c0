//! How a destination does. Written only when that changes: a destination that is well has no item.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use jiff::Timestamp;
use leadyard_domain::delivery::health::{Health, Sign};
use leadyard_domain::id::{AccountId, DestinationId};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::{Item, from_item, to_item};
use crate::error::StoreError;
use crate::fresh::Fresh;
use crate::keys::{self, Key};
use crate::write::unbuilt;

/// How often a change is tried against others that change it meanwhile.
const TRIES_MAX: u32 = 8;

/// How a destination does, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownHealth {
    /// How it does.
    pub health: Health,
    /// Moves by one with each change; 0 before the first.
    pub version: u64,
}

#[derive(Serialize, Deserialize)]
struct HealthItem {
    version: u64,
    #[serde(flatten)]
    health: Health,
}

/// The attribute of the item that names an account's suspended destinations.
const SUSPENDED: &str = "destinations";

impl Store {
    /// How a destination does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn destination_health(
        &self,
        account: &AccountId,
        destination: &DestinationId,
    ) -> Result<KnownHealth, StoreError> {
        let key = keys::health(account, destination);
        let Some(item) = self.get(&key, true).await? else { return Ok(KnownHealth::default()) };
        let HealthItem { version, health } = from_item(&key.to_string(), item)?;
        Ok(KnownHealth { health, version })
    }

    /// Takes the one probe of a destination that does not answer. `false` when someone else has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_probe(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        known: &KnownHealth,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.move_health(account, destination, known, &known.health.probing(now)).await
    }

    /// Notes what a try says of its destination, and answers how it does since.
    ///
    /// # Errors
    /// [`StoreError`]; a conflict when others were faster each time.
    pub async fn note_sign(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        sign: Sign,
        reason: &str,
        now: Timestamp,
    ) -> Result<Health, StoreError> {
        for _ in 0..TRIES_MAX {
            let known = self.destination_health(account, destination).await?;
            let after = known.health.after(sign, reason, now);
            if after == known.health || self.move_health(account, destination, &known, &after).await? {
                return Ok(after);
            }
        }
        Err(StoreError::conflict(format!("the health of destination {destination}")))
    }

    /// Lets a destination be tried again from now on; `by` is who says so.
    ///
    /// # Errors
    /// [`StoreError`]; a conflict when others were faster each time.
    pub async fn resume_destination(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let audit = AuditEntry::new(now, by, "destination.resume", destination).item(account)?;
        self.transact("the audit entry", vec![self.put_action(audit)?]).await?;
        for _ in 0..TRIES_MAX {
            let known = self.destination_health(account, destination).await?;
            if known.health.is_well() || self.move_health(account, destination, &known, &Health::default()).await? {
                return Ok(());
            }
        }
        Err(StoreError::conflict(format!("the health of destination {destination}")))
    }

    /// The destinations of an account to which nothing is sent until a person resumes them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suspended_destinations(&self, account: &AccountId) -> Result<BTreeSet<DestinationId>, StoreError> {
        let key = keys::suspended(account);
        let item = self.get(&key, true).await?.unwrap_or_default();
        read_suspended(&key, &item)
    }

    async fn move_health(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        known: &KnownHealth,
        after: &Health,
    ) -> Result<bool, StoreError> {
        let key = keys::health(account, destination);
        let stored = HealthItem { version: known.version + 1, health: after.clone() };
        let mut item = to_item(&key.to_string(), &stored)?;
        item.extend(key.item());
        let what = format!("the health of destination {destination}");
        let mut actions = vec![self.put_version(item, known.version)?];
        // Together: who is suspended and not in the list would go on being given leads, and the other way round none.
        if after.suspended.is_some() != known.health.suspended.is_some() {
            actions.push(self.list_suspended(account, destination, after.suspended.is_some())?);
        }
        match self.transact(&what, actions).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. } | StoreError::Throttled { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn list_suspended(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        suspended: bool,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::suspended(account).item()))
            .update_expression(if suspended { "ADD #names :name" } else { "DELETE #names :name" })
            .expression_attribute_names("#names", SUSPENDED)
            .expression_attribute_values(":name", AttributeValue::Ss(vec![destination.to_string()]));
        Ok(TransactWriteItem::builder().update(update.build().map_err(unbuilt)?).build())
    }
}

/// The suspended destinations, of the item that names them.
pub(crate) fn read_suspended(key: &Key, item: &Item) -> Result<BTreeSet<DestinationId>, StoreError> {
    let Some(AttributeValue::Ss(names)) = item.get(SUSPENDED) else { return Ok(BTreeSet::new()) };
    let names = names.iter().map(|name| name.parse().map_err(|error| StoreError::corrupt(key.to_string(), error)));
    names.collect()
}

/// How destinations do, per process: as fresh as the config.
#[derive(Debug)]
pub struct HealthCache {
    store: Store,
    kept: Fresh<(AccountId, DestinationId), KnownHealth>,
}

impl HealthCache {
    /// Nothing is read before it is asked for.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, kept: Fresh::default() }
    }

    /// How a destination does, or did two seconds ago.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(
        &self,
        account: &AccountId,
        destination: &DestinationId,
        now: Timestamp,
    ) -> Result<KnownHealth, StoreError> {
        let key = (account.clone(), destination.clone());
        self.kept.get(&key, now, async |_| self.store.destination_health(account, destination).await).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, store};
    use leadyard_domain::delivery::health::Admission;

    fn crm() -> DestinationId {
        DestinationId::new("crm").unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[tokio::test]
    async fn what_does_not_answer_opens_and_one_probes() {
        let store = store().await;
        for index in 0..10 {
            store.note_sign(&account(), &crm(), Sign::Failing, "down", at(index * 40)).await.unwrap();
        }
        let known = store.destination_health(&account(), &crm()).await.unwrap();
        assert_eq!(known.health.open_since, Some(at(360)));
        let (account, crm) = (account(), crm());
        let probes = (0..8).map(|_| store.take_probe(&account, &crm, &known, at(500)));
        let taken = futures_util::future::join_all(probes).await;
        assert_eq!(taken.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);
        let health = store.note_sign(&account, &crm, Sign::Alive, "", at(501)).await.unwrap();
        assert!(health.is_well());
    }

    #[tokio::test]
    async fn failures_at_once_are_all_counted_as_long_as_it_is_well_tried() {
        let store = store().await;
        for _ in 0..5 {
            let (account, crm) = (account(), crm());
            let notes = (0..2).map(|_| store.note_sign(&account, &crm, Sign::Failing, "down", at(0)));
            futures_util::future::try_join_all(notes).await.unwrap();
        }
        assert_eq!(store.destination_health(&account(), &crm()).await.unwrap().health.failures, 10);
    }

    #[tokio::test]
    async fn what_is_gone_is_listed_until_it_is_resumed() {
        let store = store().await;
        assert!(store.suspended_destinations(&account()).await.unwrap().is_empty());
        store.note_sign(&account(), &crm(), Sign::Gone, "the receiver answered 410", at(0)).await.unwrap();
        assert_eq!(store.suspended_destinations(&account()).await.unwrap(), [crm()].into());
        store.resume_destination(&account(), &crm(), "ops", at(1)).await.unwrap();
        assert!(store.suspended_destinations(&account()).await.unwrap().is_empty());
        let known = store.destination_health(&account(), &crm()).await.unwrap();
        let lead = crate::testing::lead(1);
        let delivery = leadyard_domain::id::DeliveryId::of(&lead.id, 1, &crm());
        assert_eq!(known.health.admit(&delivery, at(2)), Admission::Go);
    }
}
