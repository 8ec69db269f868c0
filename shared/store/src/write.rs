//! Writes that go through together.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, ConditionCheck, Put, TransactWriteItem};

use crate::Store;
use crate::codec::{Item, number};
use crate::error::StoreError;
use crate::keys::{Key, PK};

const OPERATION: &str = "TransactWriteItems";

/// A request that the SDK would not build: an error of this program, not of the table.
pub(crate) fn unbuilt(error: BuildError) -> StoreError {
    StoreError::Sdk { operation: OPERATION, code: "request".to_owned(), message: error.to_string(), retryable: false }
}

/// Why each action of a cancelled transaction was not carried out, in the order of the actions.
pub(crate) fn cancellation_reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
        _ => &[],
    }
}

/// Whether an action was not carried out because its condition did not hold.
pub(crate) fn condition_failed(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

/// The attribute that moves with each write of an item.
const VERSION: &str = "version";

/// The condition that an item has the version that was read, with the value of `:version` where it needs one.
fn at_version(read: u64) -> (&'static str, Option<AttributeValue>) {
    match read {
        0 => ("attribute_not_exists(#version)", None),
        version => ("#version = :version", Some(number(version))),
    }
}

impl Store {
    /// A put that must not meet an item.
    pub(crate) fn put_new(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .build();
        Ok(TransactWriteItem::builder().put(put.map_err(unbuilt)?).build())
    }

    /// A put of an item that nothing else writes.
    pub(crate) fn put_action(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
        Ok(TransactWriteItem::builder().put(put.map_err(unbuilt)?).build())
    }

    /// A put of the next version of an item: it is as it was read, version 0 being not there.
    pub(crate) fn put_version(&self, item: Item, read: u64) -> Result<TransactWriteItem, StoreError> {
        let (condition, value) = at_version(read);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .expression_attribute_names("#version", VERSION)
            .set_expression_attribute_values(value.map(|value| Item::from([(":version".to_owned(), value)])))
            .build();
        Ok(TransactWriteItem::builder().put(put.map_err(unbuilt)?).build())
    }

    /// Holds that an item is as it was read, version 0 being not there, and writes nothing.
    pub(crate) fn check_version(&self, key: &Key, read: u64) -> Result<TransactWriteItem, StoreError> {
        let (condition, value) = at_version(read);
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.item()))
            .condition_expression(condition)
            .expression_attribute_names("#version", VERSION)
            .set_expression_attribute_values(value.map(|value| Item::from([(":version".to_owned(), value)])))
            .build();
        Ok(TransactWriteItem::builder().condition_check(check.map_err(unbuilt)?).build())
    }

    /// Writes one item, whatever was there.
    pub(crate) async fn put(&self, item: Item) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map_err(StoreError::of("PutItem"))?;
        Ok(())
    }

    /// Deletes one item, if it is there.
    pub(crate) async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(key.item()));
        request.send().await.map_err(StoreError::of("DeleteItem"))?;
        Ok(())
    }

    /// Writes all or nothing; a failed condition is a conflict over `what`.
    pub(crate) async fn transact(&self, what: &str, actions: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let request = self.client.transact_write_items().set_transact_items(Some(actions));
        request.send().await.map_err(|error| StoreError::from_transaction(what, &error))?;
        Ok(())
    }
}
