//! Addresses that no mail goes to any more.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use jiff::Timestamp;
use leadyard_domain::id::AccountId;
use leadyard_domain::suppression::{AddressHash, Suppression};

use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::{from_item, to_item};
use crate::error::StoreError;
use crate::keys::{self, Key, PK};
use crate::write::unbuilt;

impl Store {
    /// Lets no mail of an account go to an address any more. One that is suppressed already stays as it is: what was heard
    /// first is why.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppress(
        &self,
        account: &AccountId,
        address: &AddressHash,
        suppression: &Suppression,
    ) -> Result<(), StoreError> {
        let key = keys::suppression(account, address);
        let mut item = to_item(&key.to_string(), suppression)?;
        item.extend(key.item());
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::from_sdk("PutItem", &error)),
            },
        }
    }

    /// Why no mail goes to an address, read consistently; `None` when mails may.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppression(
        &self,
        account: &AccountId,
        address: &AddressHash,
    ) -> Result<Option<Suppression>, StoreError> {
        let key = keys::suppression(account, address);
        self.get(&key, true).await?.map(|item| from_item(&key.to_string(), item)).transpose()
    }

    /// Which of some addresses are suppressed, read consistently: an address whose suppression was lifted gets the very next
    /// mail.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppressed(
        &self,
        account: &AccountId,
        addresses: BTreeSet<AddressHash>,
    ) -> Result<BTreeSet<AddressHash>, StoreError> {
        let keys: Vec<Key> = addresses.iter().map(|address| keys::suppression(account, address)).collect();
        let found: Vec<Key> = self.get_many(&keys, true).await?.iter().filter_map(Key::of).collect();
        let is_found = |address: &AddressHash| found.contains(&keys::suppression(account, address));
        Ok(addresses.into_iter().filter(is_found).collect())
    }

    /// Lets mails go to an address again, with an audit entry that names its hash. `false` when they could before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lift_suppression(
        &self,
        account: &AccountId,
        address: &AddressHash,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::suppression(account, address).item()))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .build();
        let entry = AuditEntry::new(now, by, "suppression.lift", address.as_str());
        let actions = vec![
            TransactWriteItem::builder().delete(delete.map_err(unbuilt)?).build(),
            self.put_action(entry.item(account)?)?,
        ];
        match self.transact("the suppression", actions).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
