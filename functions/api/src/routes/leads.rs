//! One lead: where it went and why, and what is done to it by hand.

pub mod activities;
pub mod contact;
pub mod edit;
pub mod erase;
pub mod handback;
pub mod stage;
mod view;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use leadyard_domain::assignment::Assignment;
use leadyard_domain::config::Checked;
use leadyard_domain::id::{AccountId, LeadId};
use leadyard_domain::lead::Lead;
use leadyard_domain::trace::Names;
use leadyard_store::LeadFile;

use self::view::{AssignmentView, HoldingView, LeadTimes, LeadView};
use super::deliveries::deliveries_of;
use crate::app::App;
use crate::auth::Viewer;
use crate::body::Id;
use crate::problem::{Kind, Problem};

/// One lead
///
/// With its fields, where it stands, who has and had it, every decision about it with the reasons, and its deliveries with
/// their attempts.
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
    let times = LeadTimes::of(&lead);
    Ok(Json(LeadView {
        id: lead.id.into(),
        entity: lead.entity.into(),
        version: lead.version,
        source: lead.source.into(),
        fields: lead.fields.into_iter().map(|(name, value)| (name.into(), value.to_json())).collect(),
        extra: lead.extra,
        owner: lead.owner.map(String::from),
        standing: lead.standing.into(),
        holdings: lead.holdings.into_iter().map(HoldingView::from).collect(),
        times,
        duplicate_count: lead.duplicate_count,
        last_event: lead.last_event.event.into(),
        created_at: lead.created_at,
        updated_at: lead.updated_at,
        erased_at: lead.erased_at,
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

/// The same, unless everything personal of it was erased.
async fn living_lead_of(app: &App, account: &AccountId, id: &LeadId) -> Result<Lead, Problem> {
    let lead = lead_of(app, account, id).await?;
    match lead.erased_at {
        None => Ok(lead),
        Some(at) => Err(Problem::new(
            Kind::WrongState,
            format!("The lead '{id}' was erased at {at}, and nothing is to stand in it again."),
        )),
    }
}

/// A lead of the caller's account, as it is now.
async fn lead_of(app: &App, account: &AccountId, id: &LeadId) -> Result<Lead, Problem> {
    let found = app.store.leads(account, &[id.clone()].into(), true).await?.remove(id);
    found.ok_or_else(|| Problem::unknown("lead", id))
}
