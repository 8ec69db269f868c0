//! Config versions as the API shows them.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::Timestamp;
use leadyard_domain::config::diff::{Change, ChangeKind};
use leadyard_store::{Cause, ConfigVersion, ListRevision};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::ConfigDocument;

/// Most bytes of the differences in one answer; Lambda answers at most 6 MB.
const CHANGES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The number of a version in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub(super) u64);

impl FromStr for Number {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| *number > 0);
        number.map(Self).ok_or_else(|| format!("{text:?} is no version of the config: versions are numbers from 1"))
    }
}

/// A page of versions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionPage {
    /// The versions.
    pub(super) versions: Vec<VersionSummary>,
    /// Leads to the next page; `null` on the last one.
    pub(super) next_cursor: Option<String>,
}

/// A config version.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionSummary {
    /// Its number; every decision names the one that it used.
    version: u64,
    /// Whether it is in force.
    in_force: bool,
    /// When it was published.
    published_at: Timestamp,
    /// By whom: the name of the API key.
    published_by: String,
    /// What the publisher said about it.
    note: Option<String>,
    /// What made it.
    cause: CauseName,
    /// The version that was gone back to, when that made it.
    rolled_back_to: Option<u64>,
    /// The list that was changed, when that made it.
    changed_list: Option<String>,
    /// What each list held that its rules name.
    lists: Vec<PinnedList>,
    /// The bytes of its document.
    bytes: usize,
}

/// What made a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseName {
    /// A document was published.
    Document,
    /// An earlier version was put in force again.
    RollBack,
    /// A list that its rules name was changed.
    List,
}

/// What a list held.
#[derive(Debug, Serialize, ToSchema)]
pub struct PinnedList {
    /// Its name.
    name: String,
    #[serde(flatten)]
    held: Held,
}

/// One content of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Held {
    /// Its name: `GET /v1/lists/{name}/entries?revision=…` has it.
    revision: String,
    /// How many entries it has.
    entries: usize,
}

/// A version with its document.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionView {
    #[serde(flatten)]
    pub(super) summary: VersionSummary,
    /// The document.
    #[schema(value_type = ConfigDocument)]
    pub(super) document: Value,
}

/// What two versions differ in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Differences {
    /// The old version.
    from: u64,
    /// The new version.
    to: u64,
    /// What is different in the document, in the order of the new one.
    changes: Vec<ChangeView>,
    /// Differences that are left out because the answer would be too large.
    omitted: usize,
    /// The lists that are named by one only, or held something else.
    lists: Vec<ListDifference>,
}

/// One difference.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeView {
    /// The node, with the ids of things in lists.
    #[schema(example = "profiles[inbound].rules[enterprise].when.all[1].value")]
    path: String,
    /// What happened to it.
    change: ChangeName,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    old: Option<Value>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    new: Option<Value>,
    /// Its place in the old list, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    old_place: Option<usize>,
    /// Its place in the new list, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    new_place: Option<usize>,
}

/// What happened to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeName {
    /// Only the new version has it.
    Added,
    /// Only the old version has it.
    Removed,
    /// It has another value.
    Changed,
    /// It stands elsewhere in its list.
    Moved,
}

/// A list that is not the same in both versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListDifference {
    /// Its name.
    name: String,
    /// What it held; `null` when the old version does not name it.
    old: Option<Held>,
    /// What it holds; `null` when the new version does not name it.
    new: Option<Held>,
}

impl From<&ListRevision> for Held {
    fn from(revision: &ListRevision) -> Self {
        Self { revision: revision.id.to_string(), entries: revision.entries }
    }
}

impl VersionSummary {
    pub(super) fn of(version: ConfigVersion, in_force: u64) -> Self {
        let ConfigVersion { version, published_at, published_by, note, cause, pins, bytes } = version;
        let (cause, rolled_back_to, changed_list) = match cause {
            Cause::Document => (CauseName::Document, None, None),
            Cause::RollBack { version } => (CauseName::RollBack, Some(version), None),
            Cause::List { list } => (CauseName::List, None, Some(list.into())),
        };
        let lists = pins.iter().map(|(name, revision)| PinnedList { name: name.to_string(), held: revision.into() });
        Self {
            version,
            in_force: version == in_force,
            published_at,
            published_by,
            note,
            cause,
            rolled_back_to,
            changed_list,
            lists: lists.collect(),
            bytes,
        }
    }
}

impl Differences {
    pub(super) fn of(old: &ConfigVersion, new: &ConfigVersion, changes: Vec<Change>) -> Self {
        let total = changes.len();
        let mut bytes = 0;
        let fits = |change: &ChangeView| {
            bytes += change.bytes();
            bytes <= CHANGES_BYTES_MAX
        };
        let changes: Vec<ChangeView> = changes.into_iter().map(ChangeView::from).take_while(fits).collect();
        let names: BTreeSet<_> = old.pins.keys().chain(new.pins.keys()).collect();
        let lists = names.into_iter().filter(|name| old.pins.get(*name) != new.pins.get(*name));
        let lists = lists.map(|name| ListDifference {
            name: name.to_string(),
            old: old.pins.get(name).map(Held::from),
            new: new.pins.get(name).map(Held::from),
        });
        let omitted = total - changes.len();
        Self { from: old.version, to: new.version, lists: lists.collect(), omitted, changes }
    }
}

impl ChangeView {
    /// About how many bytes it takes in an answer.
    fn bytes(&self) -> usize {
        let value = |value: &Option<Value>| value.as_ref().map_or(0, |value| value.to_string().len());
        self.path.len() + value(&self.old) + value(&self.new) + 100
    }
}

impl From<Change> for ChangeView {
    fn from(Change { path, kind }: Change) -> Self {
        let plain = Self {
            path: path.to_string(),
            change: ChangeName::Changed,
            old: None,
            new: None,
            old_place: None,
            new_place: None,
        };
        match kind {
            ChangeKind::Added { new, to } => Self { change: ChangeName::Added, new: Some(new), new_place: to, ..plain },
            ChangeKind::Removed { old, from } => {
                Self { change: ChangeName::Removed, old: Some(old), old_place: from, ..plain }
            }
            ChangeKind::Changed { old, new } => Self { old: Some(old), new: Some(new), ..plain },
            ChangeKind::Moved { from, to } => {
                Self { change: ChangeName::Moved, old_place: Some(from), new_place: Some(to), ..plain }
            }
        }
    }
}
