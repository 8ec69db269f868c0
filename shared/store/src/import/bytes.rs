//! The bytes of a file: each part in pieces, deflated one by one, so that reading can begin anywhere.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use leadyard_domain::id::{AccountId, ImportId};
use leadyard_domain::import::{BYTES_DAYS, Import, Part};

use crate::Store;
use crate::codec::{Item, deflate, inflate};
use crate::error::StoreError;
use crate::keys::{self, Key};

/// The bytes of one piece: deflated or not, they fit into an item of 400 KB.
const PIECE_BYTES: usize = 256 * 1024;
/// Pieces that are written at a time.
const WRITES_AT_ONCE: usize = 4;
/// The attribute of a piece that holds its bytes.
const PIECE: &str = "bytes";

/// Bytes of a file from some place on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Some bytes.
    Bytes(Vec<u8>),
    /// The file ends there.
    End,
    /// They were there once: the table keeps them for some days only.
    Gone,
}

impl Store {
    /// Writes the bytes of a part, before the import names it ([`Store::change_import`]).
    ///
    /// # Errors
    /// [`StoreError`]; the same call again goes on from there.
    pub async fn write_part(
        &self,
        account: &AccountId,
        import: &ImportId,
        part: &Part,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let writes = bytes.chunks(PIECE_BYTES).enumerate().map(|(index, piece)| {
            let key = keys::import_piece(account, import, part.number, &part.sha256, index);
            // Packed when it is written: all of them at once would be as large again as the part.
            async move {
                let mut item: Item = key.item();
                item.insert(PIECE.to_owned(), AttributeValue::B(Blob::new(deflate(piece))));
                super::record::expire(&mut item, now, BYTES_DAYS);
                self.put(item).await
            }
        });
        let writes: Vec<_> = writes.collect();
        stream::iter(writes).buffer_unordered(WRITES_AT_ONCE).try_collect::<()>().await
    }

    /// The bytes of an import's file from a place on, as many as one item has.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when they are not what was written, or the table's.
    pub async fn read_piece(&self, import: &Import, offset: u64) -> Result<Piece, StoreError> {
        let Some((part, within)) = import.part_at(offset) else { return Ok(Piece::End) };
        // A part is far smaller than any machine's memory.
        let within = usize::try_from(within).unwrap_or(usize::MAX);
        let (index, passed) = (within / PIECE_BYTES, within % PIECE_BYTES);
        let key = keys::import_piece(&import.account, &import.id, part.number, &part.sha256, index);
        let Some(item) = self.get(&key, true).await? else { return Ok(Piece::Gone) };
        let mut bytes = unpack(&key, &item)?;
        if passed >= bytes.len() {
            return Err(StoreError::corrupt(key.to_string(), "it is shorter than it was"));
        }
        bytes.drain(..passed);
        Ok(Piece::Bytes(bytes))
    }
}

fn unpack(key: &Key, item: &Item) -> Result<Vec<u8>, StoreError> {
    let Some(AttributeValue::B(packed)) = item.get(PIECE) else {
        return Err(StoreError::corrupt(key.to_string(), "it has no bytes"));
    };
    inflate(packed.as_ref(), PIECE_BYTES).map_err(|why| StoreError::corrupt(key.to_string(), why))
}
