//! The rules of a draft: proved sound with what the account has beside it, and compiled for one question.

use std::collections::BTreeSet;

use leadyard_domain::config::{self, Checked, Config, Known};
use leadyard_domain::id::{AccountId, ListName, SecretName};
use leadyard_domain::rules::Rules;
use leadyard_store::{ListIndex, Pins};

use crate::app::App;
use crate::problem::{Finding, Problem};

/// What the account has beside a config, as the check of one asks for it.
pub(crate) struct Beside {
    secrets: BTreeSet<SecretName>,
    /// The lists as they are now.
    pub(crate) index: ListIndex,
    /// Their names.
    pub(crate) lists: BTreeSet<ListName>,
}

impl Beside {
    pub(crate) async fn read(app: &App, account: &AccountId) -> Result<Self, Problem> {
        let secrets = app.store.secret_names(account).await?;
        let index = app.store.list_index(account).await?;
        let lists = index.lists.keys().cloned().collect();
        Ok(Self { secrets, index, lists })
    }

    /// The same beside a version that has its lists pinned: they are there even where one was removed since.
    pub(crate) fn with_lists_of(mut self, pins: &Pins) -> Self {
        self.lists.extend(pins.keys().cloned());
        self
    }

    /// Proves a config sound with what there is beside it.
    pub(crate) fn check(&self, config: Config) -> Result<Checked, config::Problems> {
        let formats = leadyard_sources::format_names();
        config.check(&Known { secrets: &self.secrets, formats: &formats, lists: &self.lists })
    }

    /// The present revision of each list that a config names.
    pub(crate) fn pins(&self, config: &Config) -> Pins {
        let current = |(name, _): (ListName, _)| Some((name.clone(), self.index.current(&name)?.clone()));
        config.lists().into_iter().filter_map(current).collect()
    }
}

/// The rules of a config that was just proved sound.
///
/// # Errors
/// A list that was removed in the meantime, or the table.
pub(crate) async fn compile(app: &App, account: &AccountId, checked: Checked, pins: &Pins) -> Result<Rules, Problem> {
    let lists = app.store.load_lists(account, pins, &checked.config().lists()).await?;
    checked.compile(&lists).map_err(|problems| Problem::config(Finding::all(problems)))
}

/// Most bytes that the lists of one config take in the memory of whoever decides. Evaluate holds them twice while it goes
/// from one version to the next.
const LISTS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What an entry takes beside its text: its end, and its place in a table that is half full.
const ENTRY_BYTES: usize = 16;

/// Holds that a function can have all lists of a config in its memory. One that rules name with and without `case: exact`
/// is there twice.
pub(crate) fn fit(config: &Config, pins: &Pins) -> Result<(), config::Problem> {
    let sizes = config.lists().into_iter().filter_map(|(name, _)| {
        let revision = pins.get(&name)?;
        Some((revision.bytes + ENTRY_BYTES * revision.entries, name))
    });
    let sizes: Vec<(usize, ListName)> = sizes.collect();
    let bytes: usize = sizes.iter().map(|(bytes, _)| bytes).sum();
    if bytes <= LISTS_BYTES_MAX {
        return Ok(());
    }
    let largest =
        sizes.iter().max().map(|(bytes, name)| format!(" The largest is '{name}' with {}.", mebibytes(*bytes)));
    Err(config::Problem::new(
        "lists",
        format!(
            "the lists that the rules name take {} of memory together, and {} are allowed.{} Shorten them, or name fewer",
            mebibytes(bytes),
            mebibytes(LISTS_BYTES_MAX),
            largest.unwrap_or_default()
        ),
    ))
}

fn mebibytes(bytes: usize) -> String {
    format!("{} MiB", bytes.div_ceil(1024 * 1024))
}

#[cfg(test)]
mod tests {
    use leadyard_domain::config::document::from_value;
    use leadyard_store::{ListRevision, RevisionId};
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_bounded_by_the_memory_that_they_take_together() {
        let rule = |id: &str, list: &str, case: &str| {
            let when = json!({ "field": "city", "op": "in_list", "value": list, "case": case });
            json!({ "id": id, "when": when, "then": ["park"] })
        };
        let config =
            |rules: serde_json::Value| from_value(json!({ "profiles": [{ "id": "p", "rules": rules }] })).unwrap();
        let two = config(json!([rule("r", "a", "fold"), rule("s", "b", "fold")]));
        let pins = |bytes, entries| {
            let list = |name: &str, bytes, entries| {
                (name.parse().unwrap(), ListRevision { id: RevisionId::of(name), entries, bytes })
            };
            Pins::from([list("a", bytes, entries), list("b", 1, 1), list("unnamed", LISTS_BYTES_MAX, 1)])
        };
        let room = LISTS_BYTES_MAX - 1 - ENTRY_BYTES;
        assert!(fit(&two, &pins(room - ENTRY_BYTES, 1)).is_ok());
        let refused = fit(&two, &pins(room - ENTRY_BYTES, 2)).unwrap_err();
        assert!(refused.message.contains("The largest is 'a' with 64 MiB"), "{refused}");
        // With both cases a list is there twice.
        let both = config(json!([rule("r", "a", "fold"), rule("s", "a", "exact")]));
        assert!(fit(&both, &pins(LISTS_BYTES_MAX / 2, 1)).is_err());
    }
}
