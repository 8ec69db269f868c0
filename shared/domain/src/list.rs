//! Lists: values kept beside the config, such as the ZIP codes of a territory, that rules name.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::condition::Case;
use crate::id::ListName;
use crate::text;

/// Most entries of a list.
pub const ENTRIES_MAX: usize = 1_000_000;
/// Most bytes of one entry, as it is written.
pub const ENTRY_BYTES_MAX: usize = 255;

/// One seed for all: whether a value is in a list must not depend on the process that asks.
const HASHER: FixedState = FixedState::with_seed(0);

/// The entries of one list, looked up in constant time.
///
/// All text stands in one string, so that an entry costs its text and less than 20 bytes: 4 for where it ends, and 6 to 12
/// in the hash table, as full as that is.
pub struct EntrySet {
    /// The entries, one after another.
    text: String,
    /// Where each entry ends.
    ends: Vec<u32>,
    /// The entries' numbers by the hash of their text.
    table: HashTable<u32>,
}

impl EntrySet {
    /// Reads entries, one a line; empty lines and repeated entries are dropped.
    ///
    /// The caller keeps to [`ENTRIES_MAX`] and [`ENTRY_BYTES_MAX`].
    #[must_use]
    pub fn new(lines: &str, case: Case) -> Self {
        let lines_max = lines.lines().count();
        let mut set = Self {
            text: String::with_capacity(lines.len()),
            ends: Vec::with_capacity(lines_max),
            table: HashTable::with_capacity(lines_max),
        };
        for line in lines.lines() {
            let entry = text::comparable(line, case == Case::Exact);
            if !entry.is_empty() {
                set.insert(&entry);
            }
        }
        set.text.shrink_to_fit();
        set.ends.shrink_to_fit();
        let Self { text, ends, table } = &mut set;
        table.shrink_to_fit(|&index| HASHER.hash_one(entry(text, ends, index)));
        set
    }

    fn insert(&mut self, new: &str) {
        let Self { text, ends, table } = self;
        let hash = HASHER.hash_one(new);
        if table.find(hash, |&index| entry(text, ends, index) == new).is_some() {
            return;
        }
        const SMALL: &str = "a list within its limits has less than 4 GiB of text";
        let index = u32::try_from(ends.len()).expect(SMALL);
        text.push_str(new);
        ends.push(u32::try_from(text.len()).expect(SMALL));
        table.insert_unique(hash, index, |&index| HASHER.hash_one(entry(text, ends, index)));
    }

    /// Whether a text, folded as the set's entries are, is one of them.
    #[must_use]
    pub fn contains(&self, folded: &str) -> bool {
        let Self { text, ends, table } = self;
        table.find(HASHER.hash_one(folded), |&index| entry(text, ends, index) == folded).is_some()
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The entries, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let entry = &self.text[start..end as usize];
            start = end as usize;
            entry
        })
    }

    /// The memory that the set holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.text.capacity()
            + self.ends.capacity() * size_of::<u32>()
            + self.table.allocation_size()
    }
}

fn entry<'a>(text: &'a str, ends: &[u32], index: u32) -> &'a str {
    let index = index as usize;
    let start = index.checked_sub(1).map_or(0, |before| ends[before] as usize);
    &text[start..ends[index] as usize]
}

/// Entries may be personal data: only their number is shown.
impl fmt::Debug for EntrySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntrySet").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The same entries, in whatever order.
impl PartialEq for EntrySet {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|entry| other.contains(entry))
    }
}

impl Eq for EntrySet {}

/// By the number of entries: their order must not count, and two lists of one size are rarely compared.
impl Hash for EntrySet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
    }
}

/// The loaded lists of a config.
#[derive(Debug, Clone, Default)]
pub struct Lists(BTreeMap<(ListName, Case), Arc<EntrySet>>);

impl Lists {
    /// Adds a list, one entry a line, as rules with that case compare it. A list of that name and case is replaced.
    pub fn add(&mut self, name: ListName, case: Case, lines: &str) {
        self.0.insert((name, case), Arc::new(EntrySet::new(lines, case)));
    }

    /// A list as rules with that case compare it, if it is loaded.
    #[must_use]
    pub fn get(&self, name: &ListName, case: Case) -> Option<&Arc<EntrySet>> {
        // A slug is at most 64 bytes and this runs once per comparison of a config.
        self.0.get(&(name.clone(), case))
    }

    /// The memory that all sets hold, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.values().map(|set| set.bytes()).sum()
    }
}

#[cfg(test)]
mod tests;
