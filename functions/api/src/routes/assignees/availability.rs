//! Switching assignees on and off by hand: it holds from the next lead on.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use leadyard_domain::availability::{Availability, Switch};
use leadyard_domain::config::Checked;
use leadyard_domain::id::AssigneeId;
use leadyard_runtime::now;
use leadyard_store::{Published, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::unknown;
use crate::app::App;
use crate::auth::{Caller, Operator};
use crate::body::{Id, JsonBody, LargeJsonBody};
use crate::drain;
use crate::problem::{Finding, Kind, Problem};

/// Most assignees of one request.
const CHANGES_MAX: usize = 500;
/// Changes under way at the same time.
const AT_ONCE: usize = 8;

/// What is said by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// At work, whatever the schedule, the holidays and the absences say. Caps and capacity hold on.
    On,
    /// Given nothing.
    Off,
    /// The schedule says it.
    Schedule,
}

/// What holds from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityBody {
    availability: Said,
    /// Until when `on` or `off` holds (RFC 3339); until it is changed where none is given. Then the schedule says it again.
    #[serde(default)]
    until: Option<Timestamp>,
}

/// What holds of several from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilitiesBody {
    /// One of each assignee, at most 500.
    #[schema(max_items = 500)]
    assignees: Vec<AvailabilityChange>,
}

/// What holds of one of several from now on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityChange {
    /// The assignee.
    #[schema(value_type = String)]
    id: AssigneeId,
    availability: Said,
    /// Until when `on` or `off` holds (RFC 3339); until it is changed where none is given.
    #[serde(default)]
    until: Option<Timestamp>,
}

/// What was said by hand, as far as it holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityView {
    /// `schedule` where nothing was said, or it is over.
    availability: Said,
    /// Until when it holds; until it is changed where this is `null`.
    until: Option<Timestamp>,
    /// When it was said.
    at: Option<Timestamp>,
    /// The API key that said it.
    by: Option<String>,
}

/// What became of one of several.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityResult {
    /// The assignee.
    id: String,
    /// Whether it holds now.
    changed: bool,
    /// Why not, where it does not: send those again.
    problem: Option<String>,
}

/// What became of several, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityResults {
    assignees: Vec<AvailabilityResult>,
}

impl AvailabilityView {
    pub(super) fn of(said: Option<&Availability>, now: Timestamp) -> Self {
        match said.and_then(|said| Some((said, said.switch_at(now)?))) {
            None => Self { availability: Said::Schedule, until: None, at: None, by: None },
            Some((said, switch)) => Self {
                availability: match switch {
                    Switch::On => Said::On,
                    Switch::Off => Said::Off,
                },
                until: said.until,
                at: Some(said.at),
                by: Some(said.by.clone()),
            },
        }
    }
}

impl Said {
    /// What is kept; `None` for the schedule.
    fn kept(self, until: Option<Timestamp>, by: &str, at: Timestamp) -> Option<Availability> {
        let switch = match self {
            Self::On => Switch::On,
            Self::Off => Switch::Off,
            Self::Schedule => return None,
        };
        Some(Availability { switch, until, at, by: by.to_owned() })
    }

    /// Whether leads that wait are to be tried again: somebody may be freed now, or will be when it ends, which only a look at
    /// them finds.
    fn wants_drain(self, until: Option<Timestamp>) -> bool {
        self != Self::Off || until.is_some()
    }

    /// What is wrong with an end, if anything is.
    fn fault(self, until: Option<Timestamp>, now: Timestamp) -> Option<String> {
        let until = until?;
        if self == Self::Schedule {
            return Some("'until' goes with \"on\" or \"off\": the schedule has no end. Leave it out".to_owned());
        }
        (until <= now).then(|| {
            format!("'until' is {until}, and it is {now} here: give a later moment, or \"schedule\" to end it now")
        })
    }
}

/// Switch an assignee on or off
///
/// It holds from the next lead on, without a new config. When it may free the assignee, now or at its end, leads that wait
/// are tried again.
#[utoipa::path(
    put,
    path = "/v1/assignees/{id}/availability",
    tag = "assignees",
    operation_id = "set_availability",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The assignee's id in the config.")),
    request_body = AvailabilityBody,
    responses(
        (status = 200, description = "It holds.", body = AvailabilityView),
        (status = 400, description = "The body does not fit, or `until` has passed."),
        (status = 404, description = "The config in force has no such assignee, or there is none in force yet."),
        (status = 409, description = "The assignee was given leads again and again at the same moment: ask again."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
    )
)]
pub(crate) async fn set(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<AssigneeId>,
    JsonBody(AvailabilityBody { availability, until }): JsonBody<AvailabilityBody>,
) -> Result<Json<AvailabilityView>, Problem> {
    let now = now();
    if let Some(fault) = availability.fault(until, now) {
        return Err(Problem::new(Kind::BadRequest, format!("In the body, {fault}.")));
    }
    let published = app.configs.get(&caller.account, now).await?;
    if config_of(published.as_deref()).and_then(|config| config.assignee(&id)).is_none() {
        return Err(unknown(&id));
    }
    let kept = availability.kept(until, &caller.name, now);
    app.store.set_availability(&caller.account, &id, kept.as_ref(), &caller.name, now).await?;
    if availability.wants_drain(until) {
        drain::ask(&app, &caller.account).await?;
    }
    Ok(Json(AvailabilityView::of(kept.as_ref(), now)))
}

/// Switch several assignees on or off
///
/// All of the request is checked first: one that is refused changes nothing. Then each is changed by itself and has its own
/// result.
#[utoipa::path(
    put,
    path = "/v1/assignees/availability",
    tag = "assignees",
    operation_id = "set_availabilities",
    security(("api_key" = ["operator"])),
    request_body = AvailabilitiesBody,
    responses(
        (status = 200, description = "What became of each.", body = AvailabilityResults),
        (status = 400, description = "The body does not fit."),
        (status = 413, description = "The body is over 4 MiB, or names more than 500 assignees."),
        (status = 415, description = "The body is not JSON."),
        (status = 422, description = "Some of them are refused, and nothing was changed; `problems` lists each."),
    )
)]
pub(crate) async fn set_several(
    Operator(caller): Operator,
    State(app): State<App>,
    LargeJsonBody(AvailabilitiesBody { assignees: changes }): LargeJsonBody<AvailabilitiesBody>,
) -> Result<Json<AvailabilityResults>, Problem> {
    if changes.len() > CHANGES_MAX {
        let detail = format!("There are {} assignees; one request takes {CHANGES_MAX}.", changes.len());
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    let now = now();
    let published = app.configs.get(&caller.account, now).await?;
    let findings = findings(&changes, config_of(published.as_deref()), now);
    if !findings.is_empty() {
        let detail = format!(
            "{} of the changes can't be made, each listed with its place, so none was. Mend them and send all again.",
            findings.len()
        );
        return Err(Problem::refused(detail, findings));
    }
    // Collected, for a stream that maps borrowed changes while it runs makes futures that no task can carry.
    let all: Vec<_> = changes.iter().map(|change| apply(&app, &caller, change, now)).collect();
    let results: Vec<(AvailabilityResult, bool)> = stream::iter(all).buffered(AT_ONCE).collect().await;
    if results.iter().any(|(_, drain)| *drain) {
        drain::ask(&app, &caller.account).await?;
    }
    Ok(Json(AvailabilityResults { assignees: results.into_iter().map(|(result, _)| result).collect() }))
}

fn config_of(published: Option<&Published>) -> Option<&Checked> {
    published.map(|published| &published.checked)
}

/// Everything that is wrong with several changes.
fn findings(changes: &[AvailabilityChange], config: Option<&Checked>, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (place, AvailabilityChange { id, availability, until }) in changes.iter().enumerate() {
        if config.and_then(|config| config.assignee(id)).is_none() {
            let message = format!("the config in force has no assignee '{id}'");
            findings.push(Finding { path: format!("assignees[{place}].id"), message });
        } else if !seen.insert(id) {
            findings
                .push(Finding { path: format!("assignees[{place}].id"), message: format!("'{id}' is there twice") });
        }
        if let Some(message) = availability.fault(*until, now) {
            findings.push(Finding { path: format!("assignees[{place}].until"), message });
        }
    }
    findings
}

/// Makes one of several changes. Also tells whether leads that wait are to be tried again.
async fn apply(app: &App, caller: &Caller, change: &AvailabilityChange, now: Timestamp) -> (AvailabilityResult, bool) {
    let AvailabilityChange { id, availability, until } = change;
    let kept = availability.kept(*until, &caller.name, now);
    match app.store.set_availability(&caller.account, id, kept.as_ref(), &caller.name, now).await {
        Ok(()) => {
            (AvailabilityResult { id: id.to_string(), changed: true, problem: None }, availability.wants_drain(*until))
        }
        Err(error) => {
            tracing::warn!(account = %caller.account, assignee = %id, %error, "an availability was not changed");
            let problem = match error {
                StoreError::Conflict { .. } => "was given leads again and again at the same moment",
                _ => "could not be changed for the moment",
            };
            // A change whose answer was lost may hold.
            let drain = availability.wants_drain(*until);
            (AvailabilityResult { id: id.to_string(), changed: false, problem: Some(problem.to_owned()) }, drain)
        }
    }
}
