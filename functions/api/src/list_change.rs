//! Changing a list, and with it the config that looks in it.
//!
//! A list that the config in force names moves with a new version of the same document, so that a decision's version tells
//! what the list held. Another list moves by itself. Either way what was read must still hold when it is written: one that
//! came between is seen, and the change is made anew on what is there then, unless it was the list itself that changed.

use leadyard_domain::id::ListName;
use leadyard_runtime::now;
use leadyard_store::{Cause, LISTS_MAX, ListIndex, ListRevision, MoveList, Pins, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::entries::Entries;
use crate::problem::{Kind, Problem};
use crate::prove::WarningView;
use crate::publish::{self, Base, Draft, PublishedConfig};

/// How often a change is made anew when something else came between. Whoever changes many lists at once waits in line.
const TRIES_MAX: u32 = 8;

/// What is done with the entries that were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// They are the list.
    Replace,
    /// They are added to it; a list that is not there begins with them.
    Add,
    /// They are taken away from it.
    Remove,
}

/// What became of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedList {
    /// Its name.
    name: String,
    /// Names what it holds: the same entries have the same revision.
    revision: String,
    /// How many entries it has.
    entries: usize,
    /// The bytes of its text.
    bytes: usize,
    /// Whether anything is different.
    changed: bool,
    /// The config version that was published because its rules look in the list; `null` where nothing was.
    version: Option<u64>,
    /// What of that version is allowed and most likely not meant.
    warnings: Vec<WarningView>,
}

/// What a change starts from.
pub(crate) struct Seen {
    /// The config version in force; 0 for none.
    pub(crate) version: u64,
    /// The lists that it names, as it pins them.
    pub(crate) pins: Pins,
    /// The lists as they are.
    pub(crate) index: ListIndex,
}

impl Seen {
    pub(crate) async fn read(app: &App, caller: &Caller) -> Result<Self, Problem> {
        let pointer = app.store.config_pointer(&caller.account).await?;
        let version = pointer.map_or(0, |pointer| pointer.version);
        let in_force = app.store.config_version(&caller.account, version).await?;
        let pins = in_force.map(|version| version.pins).unwrap_or_default();
        let index = app.store.list_index(&caller.account).await?;
        Ok(Self { version, pins, index })
    }

    /// Whether the config in force names a list.
    pub(crate) fn names(&self, list: &ListName) -> bool {
        self.pins.contains_key(list)
    }
}

/// Changes a list.
///
/// # Errors
/// What the list would hold is refused, a routing test of the config fails with it, or someone else changed the same list.
pub(crate) async fn change(
    app: &App,
    caller: &Caller,
    list: &ListName,
    change: Change,
    entries: &Entries,
) -> Result<ChangedList, Problem> {
    let mut seen = Seen::read(app, caller).await?;
    let first = seen.index.current(list).cloned();
    let after = content(app, caller, list, change, entries, first.as_ref()).await?;
    if first.is_none() && seen.index.lists.len() >= LISTS_MAX {
        return Err(Problem::new(
            Kind::Unprocessable,
            format!("This account has {LISTS_MAX} lists, the most there can be: remove one that no rule names first."),
        ));
    }
    let revision = app.store.write_list_revision(&caller.account, list, after.lines()).await?;
    for _ in 0..TRIES_MAX {
        if seen.index.current(list) == Some(&revision) {
            return Ok(ChangedList::of(list, &revision, first.as_ref(), None));
        }
        if seen.index.current(list) != first.as_ref() {
            break;
        }
        match put(app, caller, list, &revision, &seen).await {
            Ok(published) => return Ok(ChangedList::of(list, &revision, first.as_ref(), published)),
            Err(problem) if problem.kind() == Kind::Superseded => seen = Seen::read(app, caller).await?,
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::new(
        Kind::Superseded,
        format!("The list '{list}' was changed at the same moment. Look at it, and send the request again."),
    ))
}

/// What a list holds after a change.
async fn content(
    app: &App,
    caller: &Caller,
    list: &ListName,
    change: Change,
    entries: &Entries,
    before: Option<&ListRevision>,
) -> Result<Entries, Problem> {
    let after = match (change, before) {
        (Change::Replace, _) | (Change::Add, None) => entries.clone(),
        (Change::Remove, None) => return Err(Problem::unknown("list", list)),
        (Change::Add, Some(before)) => kept(app, caller, list, before).await?.with(entries),
        (Change::Remove, Some(before)) => kept(app, caller, list, before).await?.without(entries),
    };
    after.fit()?;
    Ok(after)
}

/// What a revision of a list holds.
pub(crate) async fn kept(
    app: &App,
    caller: &Caller,
    list: &ListName,
    revision: &ListRevision,
) -> Result<Entries, Problem> {
    let text = app.store.list_text(&caller.account, list, &revision.id).await?;
    let text = text.ok_or_else(|| Problem::behind(false, &format!("list {list} has no revision {}", revision.id)))?;
    Ok(Entries::from_kept(text))
}

/// Makes a revision the current one, with a publish when the config in force names the list.
async fn put(
    app: &App,
    caller: &Caller,
    list: &ListName,
    revision: &ListRevision,
    seen: &Seen,
) -> Result<Option<PublishedConfig>, Problem> {
    if !seen.names(list) {
        let to = Some(revision.clone());
        move_alone(app, caller, list, to, seen).await?;
        return Ok(None);
    }
    let checked = app.store.published_config(&caller.account, seen.version).await?;
    let mut pins = seen.pins.clone();
    pins.insert(list.clone(), revision.clone());
    let draft = Draft {
        checked,
        pins,
        lists: seen.index.clone(),
        // Its sources got theirs when the document was first published.
        endpoints: Vec::new(),
        cause: Cause::List { list: list.clone() },
        note: None,
    };
    let base = Base { version: seen.version, asked: false };
    publish::put_in_force(app, caller.clone(), base, draft).await.map(Some)
}

/// Moves or removes a list that the config in force does not name.
pub(crate) async fn move_alone(
    app: &App,
    caller: &Caller,
    list: &ListName,
    to: Option<ListRevision>,
    seen: &Seen,
) -> Result<(), StoreError> {
    let moved = MoveList {
        account: caller.account.clone(),
        list: list.clone(),
        to,
        index: seen.index.clone(),
        config_version: seen.version,
        by: caller.name.clone(),
        now: now(),
    };
    app.store.move_list(&moved).await
}

impl ChangedList {
    fn of(
        list: &ListName,
        after: &ListRevision,
        before: Option<&ListRevision>,
        published: Option<PublishedConfig>,
    ) -> Self {
        let (version, warnings) = published.map(|published| (published.version, published.warnings)).unzip();
        Self {
            name: list.to_string(),
            revision: after.id.to_string(),
            entries: after.entries,
            bytes: after.bytes,
            changed: before != Some(after),
            version,
            warnings: warnings.unwrap_or_default(),
        }
    }
}
