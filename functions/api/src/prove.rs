//! What is asked of a sound config before it is put in force: do its routing tests hold, and does something look wrong.

use std::collections::BTreeSet;

use leadyard_domain::config::warning::{self, Facts, Warning};
use leadyard_domain::config::{Checked, Problems};
use leadyard_domain::id::{AccountId, ListName};
use leadyard_domain::routing_test;
use leadyard_runtime::now;
use leadyard_store::Pins;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;
use crate::rules;

/// Something that is allowed and most likely not meant.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarningView {
    /// What it is, for programs; the documentation of the config lists the codes.
    #[schema(example = "covered_by")]
    code: &'static str,
    /// The node of the document.
    #[schema(example = "profiles[0].rules[2]")]
    path: String,
    /// What is the matter and what to do about it.
    message: String,
}

impl From<Warning> for WarningView {
    fn from(Warning { code, path, message }: Warning) -> Self {
        Self { code, path, message }
    }
}

/// Runs the routing tests of a config with what its lists hold, and tells what looks wrong. The inner error has the tests
/// that fail, or that the lists are too large.
///
/// `lists` are the names of all lists there are: one that nothing names may be told.
///
/// # Errors
/// The table.
pub(crate) async fn prove(
    app: &App,
    account: &AccountId,
    checked: &Checked,
    pins: &Pins,
    lists: &BTreeSet<ListName>,
) -> Result<Result<Vec<WarningView>, Problems>, Problem> {
    if let Err(too_large) = rules::fit(checked.config(), pins) {
        return Ok(Err(Problems(vec![too_large])));
    }
    let now = now();
    // The check has proved that the rules compile; the lists are read for the tests alone.
    if !checked.config().tests.is_empty() {
        let rules = rules::compile(app, account, checked.clone(), pins).await?;
        let failures = routing_test::failures(&rules, now);
        if !failures.is_empty() {
            return Ok(Err(Problems(failures)));
        }
    }
    let warnings = warning::warnings(checked, &Facts { now, lists, fills: &leadyard_sources::fills });
    Ok(Ok(warnings.into_iter().map(WarningView::from).collect()))
}
