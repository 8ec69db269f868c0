//! One assignee: what it may take, what it has had, and whether it can take a lead now.

pub mod availability;

use axum::Json;
use axum::extract::State;
use leadyard_domain::caps::Counters;
use leadyard_domain::config::{Assignee, AssigneeKind, Checked, Period};
use leadyard_domain::decision::Needs;
use leadyard_domain::id::AssigneeId;
use leadyard_domain::rotation::Member;
use leadyard_runtime::now;
use serde::Serialize;
use utoipa::ToSchema;

use self::availability::AvailabilityView;
use crate::app::App;
use crate::auth::Viewer;
use crate::body::Id;
use crate::neutral;
use crate::problem::{Kind, Problem};
use crate::room::{CapView, EligibleView, Look, OpenView};

/// Most pools of an assignee that are listed.
const POOLS_MAX: usize = 1_000;

/// An assignee and how it stands now.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssigneeView {
    /// Its id.
    id: String,
    /// Its name for people.
    name: String,
    /// `user` or `partner`.
    kind: &'static str,
    /// Whether the config switches it on at all.
    active: bool,
    /// The zone in which its caps count and its hours are read.
    timezone: String,
    /// Its share against the others of a pool.
    weight: f64,
    /// Days within which it may return a lead.
    return_days: u16,
    /// Where its leads are delivered.
    destinations: Vec<String>,
    /// What was said by hand, as far as it holds now.
    availability: AvailabilityView,
    #[serde(flatten)]
    eligible: EligibleView,
    /// Leads given in each period that holds now, in all.
    given: Vec<GivenView>,
    /// Its caps, whatever the pool.
    caps: Vec<CapView>,
    /// What it has open.
    open: OpenView,
    /// The pools that name it, at most 1,000.
    pools: Vec<MembershipView>,
}

/// Leads given in a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenView {
    /// `hour`, `day`, `week`, `month` or `lifetime`, in the assignee's zone.
    period: &'static str,
    /// Their number, less those that came back in the period.
    leads: u32,
}

/// A pool that names an assignee.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipView {
    /// The pool.
    pool: String,
    /// The share against the other members.
    weight: f64,
    /// The caps that hold in this pool, beside its own.
    caps: Vec<CapView>,
}

/// One assignee
///
/// With what it was given in each period, its caps, what it has open, and whether it can take a lead now, whatever the lead
/// says: its filter and the leads it had are left out of that. The moment from which on it can is told as far as time alone
/// decides.
#[utoipa::path(
    get,
    path = "/v1/assignees/{id}",
    tag = "assignees",
    operation_id = "read_assignee",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The assignee's id in the config.")),
    responses(
        (status = 200, description = "The assignee.", body = AssigneeView),
        (status = 404, description = "The config in force has no such assignee, or there is none in force yet."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<AssigneeId>,
) -> Result<Json<AssigneeView>, Problem> {
    let now = now();
    let published = app.configs.get(&caller.account, now).await?;
    let config = published.as_ref().map(|published| &published.checked).ok_or_else(|| unknown(&id))?;
    let assignee = config.assignee(&id).ok_or_else(|| unknown(&id))?;
    let needs = Needs { assignees: [id.clone()].into(), ..Needs::default() };
    let state = app.store.load_state(&caller.account, &needs).await?;
    let counters = state.counters_of(&id);
    let rules = neutral::rules(config, None)?;
    let lead = neutral::lead(&rules, now)?;
    let subject = lead.subject(config.config().account.timezone.time_zone());
    // Without its filter, as in the rules that are asked.
    let plain = rules.checked().assignee(&id).ok_or_else(|| unknown(&id))?;
    let eligible = Look { rules: &rules, subject: &subject, state: &state, now }.at(plain, None);
    let clock = config.cap_clock(assignee, now);
    let given = |period: Period| GivenView { period: period.name(), leads: counters.given(period, None, clock) };
    Ok(Json(AssigneeView {
        id: id.to_string(),
        name: assignee.name.clone(),
        kind: match assignee.kind {
            AssigneeKind::User => "user",
            AssigneeKind::Partner => "partner",
        },
        active: assignee.active,
        timezone: assignee.timezone.as_ref().unwrap_or(&config.config().account.timezone).to_string(),
        weight: weight(assignee.weight.millionths()),
        return_days: assignee.return_days,
        destinations: assignee.destinations.iter().map(ToString::to_string).collect(),
        availability: AvailabilityView::of(counters.availability.as_ref(), now),
        eligible,
        given: Period::ALL.map(given).into(),
        caps: CapView::all(&assignee.caps, None, &counters, clock),
        open: OpenView::new(counters.open, assignee.capacity),
        pools: memberships(config, assignee, &counters, now),
    }))
}

fn memberships(
    config: &Checked,
    assignee: &Assignee,
    counters: &Counters,
    now: jiff::Timestamp,
) -> Vec<MembershipView> {
    let me = Member::Assignee(assignee.id.clone());
    let clock = config.cap_clock(assignee, now);
    let of_pool = config.config().pools.iter().filter_map(|pool| {
        let member = pool.members.iter().find(|member| member.member == me)?;
        Some(MembershipView {
            pool: pool.id.to_string(),
            weight: weight(config.weight_of(member).millionths()),
            caps: CapView::all(&member.caps, Some(&pool.id), counters, clock),
        })
    });
    of_pool.take(POOLS_MAX).collect()
}

/// A weight as a config writes it.
pub(super) fn weight(millionths: u32) -> f64 {
    f64::from(millionths) / 1e6
}

fn unknown(id: &AssigneeId) -> Problem {
    Problem::new(Kind::NotFound, format!("The config in force has no assignee '{id}': GET /v1/config lists them."))
}
