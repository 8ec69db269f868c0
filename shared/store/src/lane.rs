//! The lane of a pool: who writes to it next, when many want to.
//!
//! Whoever writes to a rotation that others write to as well decides in vain, over and over. So writers that meet take a
//! number each and wait for their turn. A lane only spares work: what is written rests on the conditions of the commit
//! alone, so a number that is never called (its process has ended) costs the others a wait and nothing else.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use leadyard_domain::id::{AccountId, PoolId};

use crate::Store;
use crate::codec::{Item, number};
use crate::error::StoreError;
use crate::keys;

/// A number in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// It is this one's turn when the one before was called and is done.
    pub number: u64,
    /// Who was called last when the number was taken.
    pub last: Call,
}

/// Who was called last in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Call {
    /// The number of the one whose turn ended with this call; 0 before the first.
    pub done: u64,
    /// The version of the pool's rotation once that one's commit is through: whoever reads an earlier one reads again.
    pub version: u64,
}

/// The attributes of a lane's item: how many numbers were taken, and the last call.
const TAKEN: &str = "taken";
const DONE: &str = "done";
const VERSION: &str = "version";

impl Store {
    /// Takes the next number of a pool's lane.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_ticket(&self, account: &AccountId, pool: &PoolId) -> Result<Ticket, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::lane(account, pool).item()))
            .update_expression("ADD #taken :one")
            .expression_attribute_names("#taken", TAKEN)
            .expression_attribute_values(":one", number(1u64))
            .return_values(ReturnValue::AllNew);
        let answer = request.send().await.map_err(StoreError::of("UpdateItem"))?;
        let item = answer.attributes.unwrap_or_default();
        Ok(Ticket { number: count(&item, TAKEN), last: Call::of(&item) })
    }

    /// The last call in a pool's lane.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_call(&self, account: &AccountId, pool: &PoolId) -> Result<Call, StoreError> {
        let item = self.get(&keys::lane(account, pool), true).await?;
        Ok(item.as_ref().map(Call::of).unwrap_or_default())
    }

    /// Calls the one after a number. One that was passed over meanwhile, for it took too long, calls nobody back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn call_next(&self, account: &AccountId, pool: &PoolId, call: Call) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::lane(account, pool).item()))
            .update_expression("SET #done = :done, #version = :version")
            .condition_expression("attribute_not_exists(#done) OR #done < :done")
            .expression_attribute_names("#done", DONE)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":done", number(call.done))
            .expression_attribute_values(":version", number(call.version));
        match request.send().await {
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            result => result.map(|_| ()).map_err(StoreError::of("UpdateItem")),
        }
    }
}

impl Call {
    pub(crate) fn of(item: &Item) -> Self {
        Self { done: count(item, DONE), version: count(item, VERSION) }
    }
}

fn count(item: &Item, name: &str) -> u64 {
    match item.get(name) {
        Some(AttributeValue::N(count)) => count.parse().unwrap_or_default(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, store};

    #[tokio::test]
    async fn numbers_are_taken_once_and_called_in_order() {
        let (store, pool) = (store().await, "sales".parse().unwrap());
        let take = async || store.take_ticket(&account(), &pool).await.unwrap();
        assert_eq!(take().await, Ticket { number: 1, last: Call::default() });
        assert_eq!(take().await, Ticket { number: 2, last: Call::default() });
        let second = Call { done: 2, version: 8 };
        store.call_next(&account(), &pool, second).await.unwrap();
        // The first took too long and was passed over.
        store.call_next(&account(), &pool, Call { done: 1, version: 7 }).await.unwrap();
        assert_eq!(store.last_call(&account(), &pool).await.unwrap(), second);
        assert_eq!(take().await, Ticket { number: 3, last: second });
        let taken = futures_util::future::join_all((0..20).map(|_| take())).await;
        let mut numbers: Vec<u64> = taken.iter().map(|ticket| ticket.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (4..24).collect::<Vec<_>>());
    }
}
