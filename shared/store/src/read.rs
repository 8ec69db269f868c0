//! Reading items: by key, by many keys, by partition.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::Store;
use crate::codec::{Item, text};
use crate::error::StoreError;
use crate::keys::{Key, PK};

/// Most keys of one `BatchGetItem`.
pub(crate) const BATCH_KEYS_MAX: usize = 100;
/// Batches that are read at a time: many small callers share one table, and a large one must not take all of it.
pub(crate) const BATCHES_AT_ONCE: usize = 8;
/// How often keys that DynamoDB left out are asked for again.
const BATCH_TRIES_MAX: u32 = 6;
/// The longest wait before the first of those; it doubles with each.
const BATCH_WAIT_MS: u64 = 20;

impl Store {
    /// One item.
    pub(crate) async fn get(&self, key: &Key, consistent: bool) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.item()));
        let answer = request.consistent_read(consistent).send().await.map_err(StoreError::of("GetItem"))?;
        Ok(answer.item)
    }

    /// The items that exist of many keys, in no order. No key may be named twice.
    pub(crate) async fn get_many(&self, keys: &[Key], consistent: bool) -> Result<Vec<Item>, StoreError> {
        // Collected, for a stream that maps borrowed items while it runs makes futures that no task can carry.
        let batches: Vec<_> = keys.chunks(BATCH_KEYS_MAX).map(|batch| self.get_batch(batch, consistent, &[])).collect();
        let mut batches = stream::iter(batches).buffer_unordered(BATCHES_AT_ONCE);
        let mut items = Vec::with_capacity(keys.len());
        while let Some(batch) = batches.try_next().await? {
            items.extend(batch);
        }
        Ok(items)
    }

    /// The items that exist of at most [`BATCH_KEYS_MAX`] keys, with these attributes only; with all where none is named.
    pub(crate) async fn get_batch(
        &self,
        keys: &[Key],
        consistent: bool,
        attributes: &[&str],
    ) -> Result<Vec<Item>, StoreError> {
        // Named by `#` and a number: some names are reserved words.
        let names: HashMap<String, String> =
            attributes.iter().enumerate().map(|(index, name)| (format!("#a{index}"), (*name).to_owned())).collect();
        let projection = names.keys().cloned().collect::<Vec<_>>().join(", ");
        let mut wanted: Vec<Item> = keys.iter().map(Key::item).collect();
        let mut found = Vec::with_capacity(wanted.len());
        for tried in 0..BATCH_TRIES_MAX {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(consistent)
                .set_projection_expression(Some(projection.clone()).filter(|projection| !projection.is_empty()))
                .set_expression_attribute_names(Some(names.clone()).filter(|names| !names.is_empty()))
                .build();
            let request = request.map_err(|error| StoreError::Sdk {
                operation: "BatchGetItem",
                code: "request".to_owned(),
                message: error.to_string(),
                retryable: false,
            })?;
            let answer = self.client.batch_get_item().request_items(&self.table, request).send().await;
            let answer = answer.map_err(StoreError::of("BatchGetItem"))?;
            found.extend(answer.responses.into_iter().flat_map(HashMap::into_values).flatten());
            // DynamoDB leaves out what exceeds 16 MB or the partition's capacity.
            wanted =
                answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values).flat_map(|left| left.keys).collect();
            if wanted.is_empty() {
                return Ok(found);
            }
            tokio::time::sleep(full_jitter(tried)).await;
        }
        Err(StoreError::Throttled { operation: "BatchGetItem", reason: "UnprocessedKeys".to_owned() })
    }

    /// A query of one partition; callers narrow it further.
    pub(crate) fn query(&self, partition: &str) -> QueryFluentBuilder {
        self.query_by(None, PK, partition, None)
    }

    /// A query of one partition of the table or an index, narrowed by a condition on the sort key.
    pub(crate) fn query_by(
        &self,
        index: Option<&str>,
        partition_key: &str,
        partition: &str,
        narrowed: Option<SortKey<'_>>,
    ) -> QueryFluentBuilder {
        let mut condition = "#pk = :pk".to_owned();
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(index.map(str::to_owned))
            .expression_attribute_names("#pk", partition_key)
            .expression_attribute_values(":pk", text(partition));
        if let Some(SortKey { name, test, value }) = narrowed {
            condition.push_str(" AND ");
            condition.push_str(test);
            query = query.expression_attribute_names("#sk", name).expression_attribute_values(":sk", text(value));
        }
        query.key_condition_expression(condition)
    }

    /// All items that a query finds.
    pub(crate) async fn query_all(&self, query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
        let mut pages = query.into_paginator().send();
        let mut items = Vec::new();
        while let Some(page) = pages.next().await {
            items.extend(page.map_err(StoreError::of("Query"))?.items.unwrap_or_default());
        }
        Ok(items)
    }
}

/// A condition on a sort key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SortKey<'a> {
    /// The attribute.
    pub(crate) name: &'a str,
    /// The condition on `#sk` and `:sk`.
    pub(crate) test: &'static str,
    /// What `:sk` is.
    pub(crate) value: &'a str,
}

/// A random wait below a bound that doubles with each try: many that were turned away together do not come back so.
pub(crate) fn full_jitter(tried: u32) -> Duration {
    let bound_ms = BATCH_WAIT_MS << tried;
    // Without a source of randomness the whole wait is the safe one.
    Duration::from_millis(getrandom::u64().map_or(bound_ms, |random| random % bound_ms))
}
