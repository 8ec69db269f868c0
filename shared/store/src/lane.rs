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
    /// It is this one's turn when the one before was served.
    pub number: u64,
    /// The last that was served when the number was taken.
    pub served: u64,
}

/// The attributes of a lane's item: how many numbers were taken, and the last one served.
const TAKEN: &str = "taken";
const SERVED: &str = "served";

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
        Ok(Ticket { number: count(&item, TAKEN), served: count(&item, SERVED) })
    }

    /// The last number of a pool's lane that was served.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_served(&self, account: &AccountId, pool: &PoolId) -> Result<u64, StoreError> {
        let item = self.get(&keys::lane(account, pool), true).await?;
        Ok(item.map_or(0, |item| count(&item, SERVED)))
    }

    /// Says that a number was served. One that was passed over meanwhile, for it took too long, calls nobody back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn serve_ticket(&self, account: &AccountId, pool: &PoolId, ticket: u64) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::lane(account, pool).item()))
            .update_expression("SET #served = :ticket")
            .condition_expression("attribute_not_exists(#served) OR #served < :ticket")
            .expression_attribute_names("#served", SERVED)
            .expression_attribute_values(":ticket", number(ticket));
        match request.send().await {
            Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
                Ok(())
            }
            result => result.map(|_| ()).map_err(StoreError::of("UpdateItem")),
        }
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
    async fn numbers_are_taken_once_and_served_in_order() {
        let (store, pool) = (store().await, "sales".parse().unwrap());
        let take = async || store.take_ticket(&account(), &pool).await.unwrap();
        assert_eq!(take().await, Ticket { number: 1, served: 0 });
        assert_eq!(take().await, Ticket { number: 2, served: 0 });
        store.serve_ticket(&account(), &pool, 2).await.unwrap();
        // The first took too long and was passed over.
        store.serve_ticket(&account(), &pool, 1).await.unwrap();
        assert_eq!(store.last_served(&account(), &pool).await.unwrap(), 2);
        assert_eq!(take().await, Ticket { number: 3, served: 2 });
        let taken = futures_util::future::join_all((0..20).map(|_| take())).await;
        let mut numbers: Vec<u64> = taken.iter().map(|ticket| ticket.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (4..24).collect::<Vec<_>>());
    }
}
