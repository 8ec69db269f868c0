//! Secrets by name: of sources and destinations. Their values leave this crate only to sign and to verify.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use jiff::Timestamp;
use leadyard_domain::id::{AccountId, SecretName};
use serde::Deserialize;

use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::{from_item, text};
use crate::error::StoreError;
use crate::fresh::Fresh;
use crate::keys::{self, SK};
use crate::write::unbuilt;

/// A secret's value. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, to sign or to verify with. It goes into no log and no answer.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A secret to be set.
#[derive(Debug, Clone)]
pub struct SetSecret {
    /// The tenant.
    pub account: AccountId,
    /// Under which name.
    pub name: SecretName,
    /// Its new value.
    pub value: Secret,
    /// Whether the value before stays good beside it, while senders and receivers change over.
    pub keep_previous: bool,
    /// Who sets it: the name of the API key.
    pub by: String,
    /// Now.
    pub now: Timestamp,
}

/// The item of a secret, beside its keys.
#[derive(Deserialize)]
struct SecretItem {
    current: Secret,
    #[serde(default)]
    previous: Option<Secret>,
}

impl Store {
    /// Sets a secret, with an audit entry that names it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_secret(&self, set: &SetSecret) -> Result<(), StoreError> {
        // An expression reads the item as it was before: the present value becomes the previous one without a read. The
        // first value becomes its own previous one, which reading leaves out.
        let expression = if set.keep_previous {
            "SET #previous = if_not_exists(#current, :value), #current = :value, #updated_at = :now"
        } else {
            "SET #current = :value, #updated_at = :now REMOVE #previous"
        };
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::secret(&set.account, &set.name).item()))
            .update_expression(expression)
            .expression_attribute_names("#previous", "previous")
            .expression_attribute_names("#current", "current")
            .expression_attribute_names("#updated_at", "updated_at")
            .expression_attribute_values(":value", text(set.value.expose()))
            .expression_attribute_values(":now", text(set.now.to_string()))
            .build();
        let entry = AuditEntry::new(set.now, &set.by, "secret.set", &set.name);
        let actions = vec![
            TransactWriteItem::builder().update(update.map_err(unbuilt)?).build(),
            self.put_action(entry.item(&set.account)?)?,
        ];
        self.transact("the secret", actions).await
    }

    /// The names of the secrets that are set, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn secret_names(&self, account: &AccountId) -> Result<BTreeSet<SecretName>, StoreError> {
        #[derive(Deserialize)]
        struct Named {
            sk: SecretName,
        }
        let query = self.query(&keys::secrets(account)).consistent_read(true);
        let query = query.projection_expression("#name").expression_attribute_names("#name", SK);
        let name = format!("the secrets of account {account}");
        let items = self.query_all(query).await?;
        items.into_iter().map(|item| from_item(&name, item).map(|Named { sk }| sk)).collect()
    }

    /// The good values of a secret, the newest first: one, or two during a change; empty when it is not set.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn secret_values(&self, account: &AccountId, name: &SecretName) -> Result<Vec<Secret>, StoreError> {
        let key = keys::secret(account, name);
        let Some(item) = self.get(&key, true).await? else { return Ok(Vec::new()) };
        let SecretItem { current, previous } = from_item(&key.to_string(), item)?;
        let previous = previous.filter(|previous| *previous != current);
        Ok(std::iter::once(current).chain(previous).collect())
    }
}

/// Secrets, per process. As fresh as the config (2 s, a minute while the table can't be read): a secret that was just
/// set works with the config that was just published, and one that leaked is dead at once. The price is one small read
/// every two seconds, and only while requests come.
#[derive(Debug)]
pub struct SecretCache {
    store: Store,
    kept: Fresh<(AccountId, SecretName), Arc<[Secret]>>,
}

impl SecretCache {
    /// Nothing is read before it is asked for.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, kept: Fresh::default() }
    }

    /// The good values of a secret, the newest first; empty when it is not set.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(
        &self,
        account: &AccountId,
        name: &SecretName,
        now: Timestamp,
    ) -> Result<Arc<[Secret]>, StoreError> {
        let key = (account.clone(), name.clone());
        self.kept.get(&key, now, async |_| Ok(self.store.secret_values(account, name).await?.into())).await
    }
}

#[cfg(test)]
mod tests;
