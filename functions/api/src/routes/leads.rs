//! One lead, with everything that says where it went and why.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use leadyard_domain::assignment::{Assignment, Outcome, Standing};
use leadyard_domain::config::Checked;
use leadyard_domain::id::{AccountId, LeadId};
use leadyard_domain::trace::{Names, Trace, explain};
use leadyard_store::LeadFile;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::deliveries::{DeliveryFile, deliveries_of};
use crate::app::App;
use crate::auth::Viewer;
use crate::body::Id;
use crate::problem::Problem;

/// A lead with its assignments and deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadView {
    /// Its id.
    id: String,
    /// The lead type.
    entity: String,
    /// Moves by one with each change.
    version: u64,
    /// The source that created it.
    source: String,
    /// Known fields by name, typed and normalised.
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Value>,
    /// What arrived without a mapping, as it came.
    #[schema(value_type = Object)]
    extra: BTreeMap<String, Value>,
    /// The assignee who has it.
    owner: Option<String>,
    /// Where its distribution stands.
    standing: StandingView,
    /// How often an event met this lead after the first.
    duplicate_count: u32,
    /// The event that last created or met it.
    last_event: String,
    /// When its first event was received.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
    /// Every decision about it, in order.
    assignments: Vec<AssignmentView>,
    /// Its deliveries that were begun, with their attempts.
    deliveries: Vec<DeliveryFile>,
    /// Deliveries that were decided and have not begun yet.
    deliveries_pending: Vec<String>,
}

/// Where a lead's distribution stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingView {
    /// In one word.
    state: StandingState,
    /// Decisions so far.
    attempt: u32,
    /// Since when it is assigned or parked.
    since: Option<Timestamp>,
    /// Why it is parked.
    reason: Option<String>,
    /// The pool or rule in whose line it is parked.
    line: Option<String>,
}

/// Where a lead's distribution stands, in one word.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandingState {
    /// Nobody was asked to take it.
    Unassigned,
    /// Someone has it.
    Assigned,
    /// Nobody eligible could take it; it waits.
    Parked,
}

/// The recorded decision of one attempt.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentView {
    /// From 1.
    attempt: u32,
    /// The event that asked for the decision.
    event: String,
    /// The config version that decided.
    config_version: u64,
    /// The profile; `null` when none distributes this lead type.
    profile: Option<String>,
    /// The rule that matched; `null` for the default action.
    rule: Option<String>,
    /// What was decided.
    outcome: OutcomeKind,
    /// Who got the lead.
    assignee: Option<String>,
    /// From which pool.
    pool: Option<String>,
    /// Where it is delivered.
    destinations: Vec<String>,
    /// Why it was parked.
    reason: Option<String>,
    /// The pool or rule in whose line it was parked.
    line: Option<String>,
    /// When it was decided.
    decided_at: Timestamp,
    /// Why, in sentences.
    explanation: Vec<String>,
    /// The record behind the sentences: `rules` in the order they were tried, each with the first comparison that
    /// failed, and `actions` with every candidate, why not, and its credit before and after in millionths of a lead.
    #[schema(value_type = Object)]
    trace: Trace,
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// Someone gets the lead.
    Assigned,
    /// Nobody eligible could take it.
    Parked,
    /// The owner stays what it was.
    Nothing,
}

impl From<Standing> for StandingView {
    fn from(standing: Standing) -> Self {
        let attempt = standing.attempt();
        let (state, since, reason, line) = match standing {
            Standing::Unassigned { .. } => (StandingState::Unassigned, None, None, None),
            Standing::Assigned { at, .. } => (StandingState::Assigned, Some(at), None, None),
            Standing::Parked { since, reason, line, .. } => {
                (StandingState::Parked, Some(since), Some(reason), Some(line))
            }
        };
        Self { state, attempt, since, reason, line }
    }
}

impl AssignmentView {
    fn new(assignment: Assignment, names: &Names<'_>) -> Self {
        let explanation = explain(&assignment, names);
        let Assignment { attempt, event, config_version, profile, rule, outcome, decided_at, trace, lead: _ } =
            assignment;
        let mut view = Self {
            attempt,
            event: event.into(),
            config_version,
            profile: profile.map(String::from),
            rule: rule.map(String::from),
            outcome: OutcomeKind::Nothing,
            assignee: None,
            pool: None,
            destinations: Vec::new(),
            reason: None,
            line: None,
            decided_at,
            explanation,
            trace,
        };
        match outcome {
            Outcome::Assigned { assignee, pool, destinations, pick: _ } => {
                view.outcome = OutcomeKind::Assigned;
                view.assignee = Some(assignee.into());
                view.pool = pool.map(String::from);
                view.destinations = destinations.into_iter().map(String::from).collect();
            }
            Outcome::Parked { line, reason } => {
                view.outcome = OutcomeKind::Parked;
                view.line = Some(line);
                view.reason = Some(reason);
            }
            Outcome::Nothing => {}
        }
        view
    }
}

/// One lead
///
/// With its fields, where it stands, every decision about it with the reasons, and its deliveries with their attempts.
#[utoipa::path(
    get,
    path = "/v1/leads/{id}",
    tag = "leads",
    operation_id = "read_lead",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The lead's id.")),
    responses(
        (status = 200, description = "The lead.", body = LeadView),
        (status = 404, description = "The account has no such lead."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<LeadId>,
) -> Result<Json<LeadView>, Problem> {
    let file = app.store.lead_file(&caller.account, &id).await?.ok_or_else(|| Problem::unknown("lead", &id))?;
    let LeadFile { lead, assignments, deliveries, pending } = file;
    let configs = configs_of(&app, &caller.account, &assignments).await;
    let view = |assignment: Assignment| {
        let config = configs.get(&assignment.config_version);
        AssignmentView::new(assignment, &config.map_or_else(Names::ids, Names::of))
    };
    let decisions = assignments.into_iter().map(view).collect();
    Ok(Json(LeadView {
        id: lead.id.into(),
        entity: lead.entity.into(),
        version: lead.version,
        source: lead.source.into(),
        fields: lead.fields.into_iter().map(|(name, value)| (name.into(), value.to_json())).collect(),
        extra: lead.extra,
        owner: lead.owner.map(String::from),
        standing: lead.standing.into(),
        duplicate_count: lead.duplicate_count,
        last_event: lead.last_event.event.into(),
        created_at: lead.created_at,
        updated_at: lead.updated_at,
        assignments: decisions,
        deliveries: deliveries_of(&app, &caller, deliveries).await?,
        deliveries_pending: pending.into_iter().map(String::from).collect(),
    }))
}

/// The configs that decided, for the names of people, pools and rules as they were. One that can't be read leaves ids.
async fn configs_of(app: &App, account: &AccountId, assignments: &[Assignment]) -> BTreeMap<u64, Checked> {
    let mut configs = BTreeMap::new();
    for assignment in assignments {
        let version = assignment.config_version;
        if configs.contains_key(&version) {
            continue;
        }
        match app.store.published_config(account, version).await {
            Ok(checked) => {
                configs.insert(version, checked);
            }
            // A lead can be shown without the names.
            Err(error) => tracing::warn!(%account, version, %error, "a config version can't be read for its names"),
        }
    }
    configs
}
