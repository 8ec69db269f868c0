//! Lists of values beside the config, such as the ZIP codes of a territory, that rules name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use leadyard_domain::condition::Condition;
use leadyard_domain::config::Config;
use leadyard_domain::id::ListName;
use leadyard_store::CurrentList;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Admin, Caller, Viewer};
use crate::body::Id;
use crate::entries::EntriesBody;
use crate::list_change::{self, Change, ChangedList, Seen};
use crate::problem::{Kind, Problem};

/// Rules that a refusal names at most.
const RULES_SHOWN: usize = 5;

/// The lists of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lists {
    /// By name.
    lists: Vec<ListSummary>,
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListSummary {
    /// The name by which rules mean it.
    name: String,
    /// Names what it holds: the same entries have the same revision.
    revision: String,
    /// How many entries it has.
    entries: usize,
    /// The bytes of its text.
    bytes: usize,
    /// Since when it holds that.
    updated_at: Timestamp,
    /// Who put it there: the name of the API key.
    updated_by: String,
    /// Whether a rule of the config in force names it.
    in_force: bool,
}

/// A list and where it is named.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListView {
    #[serde(flatten)]
    summary: ListSummary,
    /// The rules of the config in force that name it.
    rules: Vec<NamingRule>,
}

/// A rule that names a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamingRule {
    /// The profile.
    profile: String,
    /// The rule.
    rule: String,
}

impl ListSummary {
    fn of(name: &ListName, current: &CurrentList, seen: &Seen) -> Self {
        let CurrentList { revision, updated_at, updated_by } = current.clone();
        Self {
            name: name.to_string(),
            revision: revision.id.to_string(),
            entries: revision.entries,
            bytes: revision.bytes,
            updated_at,
            updated_by,
            in_force: seen.names(name),
        }
    }
}

/// The rules of the config in force that name a list.
async fn naming_rules(app: &App, caller: &Caller, list: &ListName, seen: &Seen) -> Result<Vec<NamingRule>, Problem> {
    if !seen.names(list) {
        return Ok(Vec::new());
    }
    let checked = app.store.published_config(&caller.account, seen.version).await?;
    Ok(rules_of(checked.config(), list))
}

fn rules_of(config: &Config, list: &ListName) -> Vec<NamingRule> {
    let mut naming = Vec::new();
    for profile in &config.profiles {
        for rule in &profile.rules {
            if rule.when.as_ref().is_some_and(|when| names(when, list)) {
                naming.push(NamingRule { profile: profile.id.to_string(), rule: rule.id.to_string() });
            }
        }
    }
    naming
}

fn names(when: &Condition, list: &ListName) -> bool {
    let mut named = false;
    when.each_comparison(&mut |comparison| named |= comparison.list() == Some(list.as_str()));
    named
}

/// The lists
///
/// With how much each holds, and whether a rule of the config in force names it.
#[utoipa::path(
    get,
    path = "/v1/lists",
    tag = "lists",
    operation_id = "list_lists",
    security(("api_key" = ["viewer"])),
    responses((status = 200, description = "All of them, by name.", body = Lists))
)]
pub(crate) async fn list(Viewer(caller): Viewer, State(app): State<App>) -> Result<Json<Lists>, Problem> {
    let seen = Seen::read(&app, &caller).await?;
    let lists = seen.index.lists.iter().map(|(name, current)| ListSummary::of(name, current, &seen)).collect();
    Ok(Json(Lists { lists }))
}

/// One list
///
/// With the rules of the config in force that name it. `GET /v1/lists/{name}/entries` has what it holds.
#[utoipa::path(
    get,
    path = "/v1/lists/{name}",
    tag = "lists",
    operation_id = "read_list",
    security(("api_key" = ["viewer"])),
    params(("name" = String, Path, description = "The name by which rules mean it.")),
    responses(
        (status = 200, description = "The list.", body = ListView),
        (status = 404, description = "The account has no such list."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(name): Id<ListName>,
) -> Result<Json<ListView>, Problem> {
    let seen = Seen::read(&app, &caller).await?;
    let Some(current) = seen.index.lists.get(&name) else { return Err(Problem::unknown("list", &name)) };
    let summary = ListSummary::of(&name, current, &seen);
    let rules = naming_rules(&app, &caller, &name, &seen).await?;
    Ok(Json(ListView { summary, rules }))
}

/// Set what a list holds
///
/// The entries replace what it held; a list that is not there is made. They are kept normalised (NFKC, no white space around)
/// and sorted, empty and repeated ones are left out, and the same entries again change nothing.
///
/// When a rule of the config in force names the list, a new version of the same document is published with it: a decision's
/// version tells what the list held, and a roll back brings that back too. Its routing tests run first.
///
/// A body has at most 4 MiB, packed with `Content-Encoding: gzip` or not. Build a longer list in parts, with
/// `POST /v1/lists/{name}/entries`, before a rule names it.
#[utoipa::path(
    put,
    path = "/v1/lists/{name}",
    tag = "lists",
    operation_id = "set_list",
    security(("api_key" = ["admin"])),
    params(
        ("name" = String, Path, description = "The name by which rules mean it: 1 to 64 characters of a-z, 0-9, '-' and '_'."),
        ("Content-Encoding" = Option<String>, Header, description = "`gzip`, or nothing.")
    ),
    request_body(
        description = "One entry a line, the first column of a table (`header=present` leaves out its first row), or an array of texts.",
        content((String = "text/plain"), (String = "text/csv"), (Vec<String> = "application/json"))
    ),
    responses(
        (status = 200, description = "It holds that now.", body = ChangedList),
        (status = 400, description = "The body is not of its type, no UTF-8 or no gzip; the detail has the place."),
        (status = 404, description = "The name is none."),
        (status = 409, description = "Someone else changed the list at the same moment."),
        (status = 413, description = "The body is over 4 MiB, or unpacks to more than 64 MiB."),
        (status = 415, description = "The body is of a type or an encoding that is not read here."),
        (status = 422, description = "There is no entry, there are too many, some cannot be entries, or a routing test fails; `problems` has each with its place."),
    )
)]
pub(crate) async fn set(
    Admin(caller): Admin,
    State(app): State<App>,
    Id(name): Id<ListName>,
    EntriesBody(entries): EntriesBody,
) -> Result<Json<ChangedList>, Problem> {
    list_change::change(&app, &caller, &name, Change::Replace, &entries).await.map(Json)
}

/// Remove a list
///
/// Only one that the config in force does not name. Versions that named it keep what it held, so that they can be put in
/// force again.
#[utoipa::path(
    delete,
    path = "/v1/lists/{name}",
    tag = "lists",
    operation_id = "remove_list",
    security(("api_key" = ["admin"])),
    params(("name" = String, Path, description = "The name by which rules mean it.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "The account has no such list."),
        (status = 409, description = "The config in force names it, or something changed at the same moment."),
    )
)]
pub(crate) async fn remove(
    Admin(caller): Admin,
    State(app): State<App>,
    Id(name): Id<ListName>,
) -> Result<StatusCode, Problem> {
    let seen = Seen::read(&app, &caller).await?;
    if !seen.index.lists.contains_key(&name) {
        return Err(Problem::unknown("list", &name));
    }
    if seen.names(&name) {
        let rules = naming_rules(&app, &caller, &name, &seen).await?;
        let mut shown: Vec<String> =
            rules.iter().take(RULES_SHOWN).map(|naming| format!("{}/{}", naming.profile, naming.rule)).collect();
        if rules.len() > RULES_SHOWN {
            shown.push(format!("{} more", rules.len() - RULES_SHOWN));
        }
        return Err(Problem::new(
            Kind::WrongState,
            format!(
                "The config in force names the list '{name}' in {}: publish one that does not, then remove it.",
                shown.join(", ")
            ),
        ));
    }
    list_change::move_alone(&app, &caller, &name, None, &seen).await?;
    Ok(StatusCode::NO_CONTENT)
}
