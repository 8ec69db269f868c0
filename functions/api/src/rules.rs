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
