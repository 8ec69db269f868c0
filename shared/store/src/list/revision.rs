//! What a list holds: immutable, deflated, in chunks.
//!
//! The chunks are written first, the revision's own item last: who finds that item finds all chunks. A writer that dies
//! before leaves chunks that nothing leads to, and who writes the same content again writes them again.

use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use leadyard_domain::id::{AccountId, ListName};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Store;
use crate::codec::{Item, deflate, from_item, inflate, to_item};
use crate::error::StoreError;
use crate::keys::{self, SK};
use crate::read::SortKey;

/// Most bytes of the text of one list: a million entries of 32 characters.
pub const LIST_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Most bytes of one chunk, deflated; an item holds 400 KB.
const CHUNK_BYTES: usize = 350_000;
/// Chunks that are written at a time.
const WRITES_AT_ONCE: usize = 8;
/// The attribute of a chunk that holds its part of the text.
const CHUNK: &str = "part";
/// Characters of a revision's name: 64 bits, of one list's contents only.
const ID_CHARS: usize = 16;

/// The name of a revision: the beginning of its content's SHA-256, as hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RevisionId(String);

/// A text that names no revision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no revision of a list: it is 16 hexadecimal digits in lower case")]
pub struct InvalidRevision(String);

impl RevisionId {
    /// The name of the revision that holds these lines.
    #[must_use]
    pub fn of(lines: &str) -> Self {
        let mut hex = data_encoding::HEXLOWER.encode(&Sha256::digest(lines));
        hex.truncate(ID_CHARS);
        Self(hex)
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RevisionId {
    type Err = InvalidRevision;
    fn from_str(text: &str) -> Result<Self, InvalidRevision> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for RevisionId {
    type Error = InvalidRevision;
    fn try_from(text: String) -> Result<Self, InvalidRevision> {
        let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == ID_CHARS && hex { Ok(Self(text)) } else { Err(InvalidRevision(text)) }
    }
}

impl From<RevisionId> for String {
    fn from(id: RevisionId) -> Self {
        id.0
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One content of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRevision {
    /// Its name: the same content has the same.
    pub id: RevisionId,
    /// How many entries it has.
    pub entries: usize,
    /// The bytes of its text.
    pub bytes: usize,
}

/// The item of a revision, beside its keys.
#[derive(Serialize, Deserialize)]
struct RevisionItem {
    entries: usize,
    bytes: usize,
    chunks: usize,
}

impl Store {
    /// Writes what a list is to hold, and makes nothing use it yet. The same content again writes nothing.
    ///
    /// `lines` are the entries as they are kept: normalised, sorted, none twice, each followed by a line feed, at most
    /// [`LIST_BYTES_MAX`] bytes in all.
    ///
    /// # Errors
    /// [`StoreError`]; the same call again goes on from there.
    pub async fn write_list_revision(
        &self,
        account: &AccountId,
        list: &ListName,
        lines: &str,
    ) -> Result<ListRevision, StoreError> {
        let id = RevisionId::of(lines);
        let key = keys::list_revision(account, list, id.as_str());
        let revision = ListRevision { id, entries: lines.lines().count(), bytes: lines.len() };
        if self.get(&key, true).await?.is_some() {
            return Ok(revision);
        }
        let packed = deflate(lines.as_bytes());
        let parts = packed.chunks(CHUNK_BYTES).enumerate();
        let chunks = parts.len();
        let writes = parts.map(|(index, part)| {
            let mut item = keys::list_chunk(account, list, revision.id.as_str(), index).item();
            item.insert(CHUNK.to_owned(), AttributeValue::B(Blob::new(part)));
            self.put(item)
        });
        let writes: Vec<_> = writes.collect();
        stream::iter(writes).buffer_unordered(WRITES_AT_ONCE).try_collect::<()>().await?;
        let stored = RevisionItem { entries: revision.entries, bytes: revision.bytes, chunks };
        let mut item = to_item(&key.to_string(), &stored)?;
        item.extend(key.item());
        self.put(item).await?;
        Ok(revision)
    }

    /// What a revision holds, as it was written; `None` when there is no such revision.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not what its name says, or the table's.
    pub async fn list_text(
        &self,
        account: &AccountId,
        list: &ListName,
        revision: &RevisionId,
    ) -> Result<Option<String>, StoreError> {
        let key = keys::list_revision(account, list, revision.as_str());
        let narrowed = SortKey { name: SK, test: "begins_with(#sk, :sk)", value: &key.sk };
        // The revision's own item sorts before its chunks. Read consistently: it may have been written just now.
        let query = self.query_by(None, keys::PK, &key.pk, Some(narrowed)).consistent_read(true);
        let mut items = self.query_all(query).await?.into_iter();
        let own = items.next().filter(|item| !item.contains_key(CHUNK));
        let Some(own) = own else { return Ok(None) };
        let name = key.to_string();
        let RevisionItem { chunks, .. } = from_item(&name, own)?;
        unpack(items.collect(), chunks, revision).map(Some).map_err(|why| StoreError::corrupt(name, why))
    }
}

fn unpack(items: Vec<Item>, chunks: usize, revision: &RevisionId) -> Result<String, String> {
    if items.len() != chunks {
        return Err(format!("it has {} of {chunks} chunks", items.len()));
    }
    let mut packed = Vec::new();
    for item in &items {
        match item.get(CHUNK) {
            Some(AttributeValue::B(part)) => packed.extend_from_slice(part.as_ref()),
            _ => return Err("a chunk has no entries".to_owned()),
        }
    }
    // The packed items are as large again as what is inflated next.
    drop(items);
    let text = inflate(&packed, LIST_BYTES_MAX)?;
    let text = String::from_utf8(text).map_err(|_| "it is no UTF-8 text".to_owned())?;
    if RevisionId::of(&text) != *revision { Err("its content is another".to_owned()) } else { Ok(text) }
}
