//! One pool: how its leads are shared, who can take one now, and who is next.

mod ahead;
mod members;

use axum::Json;
use axum::extract::State;
use leadyard_domain::id::PoolId;
use leadyard_domain::rotation::{Seat, Span};
use leadyard_domain::simulation;
use leadyard_runtime::now;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::ahead::NextPick;
use self::members::{MemberView, Members};
use crate::app::App;
use crate::auth::Viewer;
use crate::body::{Id, Parameters};
use crate::neutral;
use crate::problem::{Kind, Problem};
use crate::room::Look;

/// Most members that are listed: an answer has room for so many.
const MEMBERS_MAX: usize = 2_000;

/// Over which time.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PoolQuery {
    /// The time over which `assigned` and `entitled_millionths` are told; `day` where none is given.
    #[param(inline)]
    period: Option<PoolPeriod>,
}

/// A time over which a pool's shares are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolPeriod {
    /// Today, in the account's zone.
    #[default]
    Day,
    /// This month, in the account's zone.
    Month,
    /// Since the pool's first lead.
    Lifetime,
}

/// A pool, its members and how its leads are shared.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolView {
    /// Its id.
    id: String,
    /// Its name for people.
    name: Option<String>,
    /// How one of the eligible members is picked.
    strategy: &'static str,
    /// The pool that is tried when nobody in this one is eligible.
    fallback: Option<String>,
    /// The time over which `assigned` and `entitled_millionths` are told.
    period: PoolPeriod,
    /// Leads that were picked for a member, and picks that were taken back, since the pool's first lead.
    turns: u64,
    /// The members in the order of the pool, at most 2,000.
    members: Vec<MemberView>,
    /// Members that are left out.
    omitted: usize,
    /// Those who left the pool with a credit: with them, all credits sum to zero.
    former_members: Vec<FormerMember>,
    /// Who would get the next leads, at most 20, if they came one after another now. It is assumed that nothing of the lead
    /// matters (no filter, nobody had it or another of the same person, it is worth nothing), that none is closed or comes
    /// back, and that nobody's working time begins or ends. It stops where nobody is left.
    next_picks: Vec<NextPick>,
}

/// Who left a pool.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormerMember {
    /// An assignee's id, or `pool:` and the id of a pool.
    member: String,
    /// What the pool owes it, in millionths of a lead.
    credit_millionths: i64,
}

/// One pool
///
/// With every member's weight, credit, leads and entitlement, what was used of its caps, whether it can take a lead now or
/// why not, and who would get the next leads.
///
/// Credits are in millionths of a lead and sum to zero: a member with a positive credit is owed something. Over the
/// lifetime, `entitled_millionths` less a million for each lead of `assigned` is `credit_millionths`.
#[utoipa::path(
    get,
    path = "/v1/pools/{id}",
    tag = "pools",
    operation_id = "read_pool",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The pool's id in the config."), PoolQuery),
    responses(
        (status = 200, description = "The pool.", body = PoolView),
        (status = 400, description = "A parameter does not fit; the detail names it."),
        (status = 404, description = "The config in force has no such pool, or there is none in force yet."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<PoolId>,
    Parameters(PoolQuery { period }): Parameters<PoolQuery>,
) -> Result<Json<PoolView>, Problem> {
    let unknown =
        || Problem::new(Kind::NotFound, format!("The config in force has no pool '{id}': GET /v1/config lists them."));
    let now = now();
    let published = app.configs.get(&caller.account, now).await?;
    let config = published.as_ref().map(|published| &published.checked).ok_or_else(unknown)?;
    let pool = config.pool(&id).ok_or_else(unknown)?;
    let rules = neutral::rules(config, Some(&id))?;
    let lead = neutral::lead(&rules, now)?;
    let subject = lead.subject(rules.checked().config().account.timezone.time_zone());
    let needs = simulation::needs(&rules, &subject);
    let mut state = app.store.load_state(&caller.account, &needs).await?;
    // Seated as the next pick would, so that a member who joined since has a seat.
    let rotation = state.pool_mut(&id);
    rotation.seat(pool.members.iter().map(|member| &member.member));
    let (turns, seats) = (rotation.turns, rotation.seats.clone());
    let (present, former) = seats.split_at(pool.members.len().min(seats.len()));
    let period = period.unwrap_or_default();
    let span = match period {
        PoolPeriod::Day => Span::Day,
        PoolPeriod::Month => Span::Month,
        PoolPeriod::Lifetime => Span::Lifetime,
    };
    let look = Look { rules: &rules, subject: &subject, state: &state, now };
    let mut members = Members::new(look, config.today(now), span);
    let views =
        pool.members.iter().zip(present).take(MEMBERS_MAX).map(|(member, seat)| members.view(pool, member, seat));
    let views: Vec<MemberView> = views.collect();
    let owed = |seat: &&Seat| seat.credit != 0;
    Ok(Json(PoolView {
        id: id.to_string(),
        name: pool.name.clone(),
        strategy: pool.strategy.name(),
        fallback: pool.fallback.as_ref().map(ToString::to_string),
        period,
        turns,
        omitted: pool.members.len() - views.len(),
        members: views,
        former_members: former.iter().filter(owed).map(FormerMember::of).collect(),
        next_picks: ahead::next_picks(&rules, &subject, state.clone(), now),
    }))
}

impl FormerMember {
    fn of(seat: &Seat) -> Self {
        Self { member: seat.member.to_string(), credit_millionths: seat.credit }
    }
}
