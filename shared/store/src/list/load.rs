//! Lists as rules look values up in them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use leadyard_domain::condition::Case;
use leadyard_domain::id::{AccountId, ListName};
use leadyard_domain::list::Lists;

use super::Pins;
use crate::Store;
use crate::error::StoreError;

/// Lists that are read at a time. Each is in memory as text while its set is made.
const READS_AT_ONCE: usize = 2;

impl Store {
    /// The lists that a config names ([`leadyard_domain::config::Config::lists`]), as these pins have them.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a name without a pin and a revision that is not there, or the table's.
    pub async fn load_lists(
        &self,
        account: &AccountId,
        pins: &Pins,
        named: &BTreeSet<(ListName, Case)>,
    ) -> Result<Lists, StoreError> {
        let mut cases: BTreeMap<&ListName, Vec<Case>> = BTreeMap::new();
        for (name, case) in named {
            cases.entry(name).or_default().push(*case);
        }
        let mut lists = Lists::default();
        // Collected, as in `get_many`.
        let texts: Vec<_> = cases.keys().map(|name| self.pinned_text(account, pins, name)).collect();
        let mut texts = stream::iter(texts).buffer_unordered(READS_AT_ONCE);
        while let Some((name, text)) = texts.try_next().await? {
            for case in cases.get(&name).into_iter().flatten() {
                lists.add(name.clone(), *case, &text);
            }
        }
        Ok(lists)
    }

    async fn pinned_text(
        &self,
        account: &AccountId,
        pins: &Pins,
        name: &ListName,
    ) -> Result<(ListName, String), StoreError> {
        let corrupt = |why: &str| StoreError::corrupt(format!("list {name} of account {account}"), why);
        let pin = pins.get(name).ok_or_else(|| corrupt("a rule names it and the config version pins no revision"))?;
        let text = self.list_text(account, name, &pin.id).await?;
        let text = text.ok_or_else(|| corrupt("the revision that the config version pins is not there"))?;
        Ok((name.clone(), text))
    }
}
