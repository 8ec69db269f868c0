//! Beginning a backfill: how many leads there are, and telling of them.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use leadyard_domain::backfill::{Backfill, Counts, Filter, PER_MINUTE_DEFAULT, PER_MINUTE_MAX, PassedOver, teller};
use leadyard_domain::config::CheckedAutomation;
use leadyard_domain::id::{AccountId, AutomationId, SourceId};
use leadyard_runtime::now;
use leadyard_store::{Cursor, Ruled};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::absent;
use crate::app::App;
use crate::auth::Operator;
use crate::body::{Id, OptionalJsonBody};
use crate::problem::{Kind, Problem};
use crate::range;
use crate::routes::backfills::{BackfillView, ProgressView, announce, begin as begin_steps, sentence};

/// Up to how many leads are counted.
const COUNT_MAX: usize = 10_000;
/// Leads that are read together to be counted.
const COUNTED_TOGETHER: usize = 1_000;
/// Most reads of the list for one count: long times without a lead take many.
const READS_MAX: u32 = 40;

/// Which leads are told, and how fast.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBackfill {
    /// Leads that were created on this day or later, in the account's time zone; since the account's first config where none is
    /// given.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day, included; today where none is given.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Only leads for which the automation's `when` holds, as they are now; `true` where nothing is said.
    #[serde(default)]
    when: Option<bool>,
    /// Only leads that this source created.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    source: Option<SourceId>,
    /// Most leads a minute, 1 to 6,000; 300 where nothing is said.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 6_000)]
    per_minute: Option<u32>,
    /// Only counts.
    #[serde(default)]
    dry_run: bool,
}

/// What a backfill would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackfillCount {
    /// The leads that were looked at, up to 10,000, and what would become of them.
    #[serde(flatten)]
    counts: ProgressView,
    /// Whether there are more.
    more: bool,
}

/// Tell of all leads
///
/// Pushes every lead of the automation's type that was created in a time, in the order in which they came, to the automation's
/// destination, at a bounded rate. The automation has to be published or paused, its `when` is asked of each lead as it is then,
/// and `was` and `changed` are not. Passed over are leads that were erased, that have no field, and those of which everything came
/// from the automation's peer. A version of a lead that the destination has been told of is not told again.
///
/// With `dry_run` nothing is told: the answer says how many it would be.
#[utoipa::path(
    post,
    path = "/v1/automations/{id}/backfill",
    tag = "automations",
    operation_id = "begin_backfill",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The automation's id in the config.")),
    request_body(content = Option<NewBackfill>, description = "Which leads, and how fast."),
    responses(
        (status = 200, description = "Of a dry run: what it would do.", body = BackfillCount),
        (status = 202, description = "It runs.", body = BackfillView, headers(
            ("Location" = String, description = "Where it is."),
        )),
        (status = 400, description = "The body does not fit; the detail says where."),
        (status = 404, description = "The config in force has no such automation."),
        (status = 409, description = "The automation has a backfill that is not over."),
        (status = 422, description = "The automation is a draft, its destination takes nothing, or there is no such source."),
    )
)]
pub(crate) async fn begin(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<AutomationId>,
    OptionalJsonBody(asked): OptionalJsonBody<NewBackfill>,
) -> Result<Response, Problem> {
    // Who has just published or paused it is to see that.
    app.forget_config(&caller.account);
    let ruled = app.ruled(&caller.account).await?;
    if !ruled.rules.checked().config().automations.iter().any(|automation| automation.id == id) {
        return Err(absent(&id));
    }
    let checked = teller(&ruled.rules, &id).map_err(|why| Problem::new(Kind::Unprocessable, sentence(&why)))?;
    let now = now();
    let per_minute = per_minute(asked.per_minute)?;
    let dry_run = asked.dry_run;
    let filter = filter(&app, &caller.account, &ruled, checked, asked, now).await?;
    if dry_run {
        return Ok(Json(count(&app, &caller.account, &ruled, checked, &filter).await?).into_response());
    }
    let slot = app.store.backfill_slot(&caller.account, &id).await?;
    if let Some(last) = &slot.last
        && let Some(last) = app.store.backfill(&caller.account, last).await?
        && !last.state.is_over()
    {
        let detail = format!(
            "The automation has the backfill '{}', which is {}: resume it, or cancel it and begin another.",
            last.id,
            last.state.name()
        );
        return Err(Problem::new(Kind::WrongState, detail));
    }
    let backfill = Backfill::new(caller.account, checked, filter, per_minute, &caller.name, now);
    announce(&app, &backfill).await?;
    app.store.create_backfill(&backfill, &slot).await?;
    begin_steps(&app, &backfill).await;
    let location = HeaderValue::from_str(&format!("/v1/backfills/{}", backfill.id));
    let location = location.map_err(|error| Problem::behind(false, &error))?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(BackfillView::from(backfill))).into_response())
}

fn per_minute(asked: Option<u32>) -> Result<u32, Problem> {
    let per_minute = asked.unwrap_or(PER_MINUTE_DEFAULT);
    if (1..=PER_MINUTE_MAX).contains(&per_minute) {
        return Ok(per_minute);
    }
    let detail = format!("'per_minute' is {per_minute}; a backfill tells of 1 to {PER_MINUTE_MAX} leads a minute.");
    Err(Problem::new(Kind::BadRequest, detail))
}

/// The moments that the days stand for, and the rest as it was asked.
async fn filter(
    app: &App,
    account: &AccountId,
    ruled: &Ruled,
    checked: &CheckedAutomation,
    asked: NewBackfill,
    now: Timestamp,
) -> Result<Filter, Problem> {
    let config = ruled.rules.checked();
    let NewBackfill { from, to, when, source, .. } = asked;
    if let Some(source) = &source
        && config.source(source).is_none()
    {
        let detail = format!("The config in force has no source '{source}': name one that it has, or leave it out.");
        return Err(Problem::new(Kind::Unprocessable, detail));
    }
    let zone = config.config().account.timezone.time_zone();
    let day = |moment: Timestamp| moment.to_zoned(zone.clone()).date();
    let to = to.unwrap_or_else(|| day(now));
    let from = match from {
        Some(from) => from,
        // Before that nothing came.
        None => match app.store.config_version(account, 1).await? {
            Some(first) => day(first.published_at).min(to),
            None => {
                return Err(Problem::new(Kind::BadRequest, "'from' is missing: say on which day to begin."));
            }
        },
    };
    let range::Span { from, until } = range::days_of(from, to, zone)?;
    Ok(Filter { entity: checked.automation.entity.clone(), from, until, when: when.unwrap_or(true), source })
}

async fn count(
    app: &App,
    account: &AccountId,
    ruled: &Ruled,
    checked: &CheckedAutomation,
    filter: &Filter,
) -> Result<BackfillCount, Problem> {
    let (mut counts, mut cursor, mut seen) = (Counts::default(), None::<Cursor>, 0);
    for _ in 0..READS_MAX {
        let limit = COUNTED_TOGETHER.min(COUNT_MAX - seen);
        let page = app.store.leads_created(account, (filter.from, filter.until), cursor.as_ref(), limit).await?;
        let wanted = page.rows.iter().filter(|lead| filter.fits(&lead.entity, &lead.source).is_ok());
        let wanted = wanted.map(|lead| lead.id.clone()).collect();
        let leads = app.store.leads(account, &wanted, false).await?;
        seen += page.rows.len();
        for row in &page.rows {
            let lead = leads.get(&row.id).ok_or(PassedOver::Other);
            counts.add(lead.and_then(|lead| filter.tells(&ruled.rules, checked, lead)));
        }
        cursor = page.next;
        if cursor.is_none() || seen >= COUNT_MAX {
            break;
        }
    }
    Ok(BackfillCount { counts: counts.into(), more: cursor.is_some() })
}
