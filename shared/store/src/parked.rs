//! Leads that wait for someone who can take them.

use leadyard_domain::id::{AccountId, LeadId};
use serde::Deserialize;

use crate::Store;
use crate::codec::from_item;
use crate::error::StoreError;
use crate::keys;

impl Store {
    /// The leads that wait longest in a line (`pool:{pool}`, `rule:{rule}`), at most `limit`. A lead leaves its line with
    /// the commit that decides it anew.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn oldest_parked(
        &self,
        account: &AccountId,
        line: &str,
        limit: usize,
    ) -> Result<Vec<LeadId>, StoreError> {
        #[derive(Deserialize)]
        struct Parked {
            lead_id: LeadId,
        }
        let partition = keys::parked_line(account, line);
        let limit = i32::try_from(limit.max(1)).unwrap_or(i32::MAX);
        let answer = self.query(&partition).consistent_read(true).limit(limit).send().await;
        let items = answer.map_err(StoreError::of("Query"))?.items.unwrap_or_default();
        let name = format!("a place in {partition}");
        items.into_iter().map(|item| from_item(&name, item).map(|Parked { lead_id }| lead_id)).collect()
    }
}
