//! What is known of an import, as items.

use jiff::Timestamp;
use leadyard_domain::import::{BadRow, Import};
use serde::{Deserialize, Serialize};

use crate::codec::{Deflated, Item, expires_at, from_item, number, to_item};
use crate::error::StoreError;
use crate::keys::{self, Key};

/// The attribute by which items go.
const EXPIRES_AT: &str = "expires_at";

pub(super) fn expire(item: &mut Item, now: Timestamp, days: u16) {
    item.insert(EXPIRES_AT.to_owned(), number(expires_at(now, days)));
}

pub(super) fn import_item(import: &Import, log_days: u16, now: Timestamp) -> Result<Item, StoreError> {
    let key = keys::import(&import.account, &import.id);
    let mut item = to_item(&key.to_string(), import)?;
    expire(&mut item, now, log_days);
    item.extend(key.item());
    Ok(item)
}

pub(super) fn read_import(key: &Key, item: Item) -> Result<Import, StoreError> {
    from_item(&key.to_string(), item)
}

/// The bad rows that one step found.
#[derive(Serialize, Deserialize)]
struct BadItem {
    step: u64,
    rows: Deflated<Vec<BadRow>>,
}

pub(super) fn bad_item(import: &Import, bad: &[BadRow], log_days: u16, now: Timestamp) -> Result<Item, StoreError> {
    let key = keys::import_bad(&import.account, &import.id, import.step);
    let mut item = to_item(&key.to_string(), &BadItem { step: import.step, rows: Deflated(bad.to_vec()) })?;
    expire(&mut item, now, log_days);
    item.extend(key.item());
    Ok(item)
}

pub(super) fn read_bad(key: &Key, item: Item) -> Result<(u64, Vec<BadRow>), StoreError> {
    let BadItem { step, rows } = from_item(&key.to_string(), item)?;
    Ok((step, rows.0))
}
