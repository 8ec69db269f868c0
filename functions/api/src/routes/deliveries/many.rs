//! Sending again all deliveries of a filter.
//!
//! Who asks names how many they expect to be sent: a filter that is wider than was thought, or a receiver that went down
//! since they looked, must not turn into ten thousand requests to somebody.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::{StreamExt as _, stream};
use jiff::civil::Date;
use leadyard_domain::delivery::DeliveryStatus;
use leadyard_domain::id::{DeliveryId, DestinationId, SourceId};
use leadyard_runtime::now;
use leadyard_store::{Cursor, DeliveryFilter, DeliveryRow, Page};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{send_again, status_schema};
use crate::app::App;
use crate::auth::{Caller, Operator};
use crate::body::JsonBody;
use crate::listing::{self, Pager};
use crate::problem::{Kind, Problem};
use crate::range::{self, NamedRange, Span};

/// Up to how many deliveries are counted.
const COUNT_MAX: usize = 10_000;
/// Most deliveries that one call sends again.
const REPLAYS_MAX: usize = 500;
/// Rows that are read together to be counted: the most that the store gives.
const COUNTED_TOGETHER: usize = 1_000;
/// Deliveries between two looks at the clock. A call ends behind a whole page only, so that its cursor leaves nothing out.
const PAGE: usize = 50;
/// Deliveries that are asked for at once.
const CONCURRENCY: usize = 10;
/// The function ends within 29 s. Counting may take so much of it,
const COUNTING_MAX: Duration = Duration::from_secs(10);
/// and after so much of it no page is begun; one takes about a second.
const REPLAYING_MAX: Duration = Duration::from_secs(20);

/// Which deliveries to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayManyBody {
    /// Days counted from today in the account's time zone; `last_7_days` where neither this nor days are given.
    #[serde(default)]
    range: Option<NamedRange>,
    /// The first day, in the account's time zone.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day, included; today where only `from` is given. At most 92 days.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Deliveries that stand so; `dead` where none is given.
    #[serde(default)]
    #[schema(schema_with = status_schema)]
    status: Option<DeliveryStatus>,
    /// Only deliveries to this destination.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    destination: Option<DestinationId>,
    /// Only deliveries of leads from this source.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    source: Option<SourceId>,
    /// Only counts.
    #[serde(default)]
    dry_run: bool,
    /// How many there are, by the count before or by `left` of the call before. Without it nothing is sent.
    #[serde(default)]
    expected: Option<usize>,
    /// Sends again even what the receiver took.
    #[serde(default)]
    force: bool,
    /// Where to go on: `next` of the call before, with the same filters.
    #[serde(default)]
    cursor: Option<String>,
}

/// The count, or what became of a replay.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ReplayedMany {
    /// Of a dry run.
    Counted(DeliveryCount),
    /// Of a real one.
    Sent(ReplayReport),
}

/// How many deliveries a filter has.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryCount {
    /// How many, up to 10,000.
    count: usize,
    /// Whether there are more than that.
    more: bool,
}

/// What became of a replay.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ReplayReport {
    /// Deliveries that will be sent in a moment.
    replayed: usize,
    /// Deliveries that are no longer as the filter asks, or can't be sent as things stand.
    skipped: usize,
    /// Deliveries that a service behind the API kept from being sent. They may have left the filter: replay each by its id.
    failed: usize,
    /// Those that were skipped or failed, and why.
    problems: Vec<ReplayProblem>,
    /// How many are left behind `next`, up to 10,000: what the next call has to expect.
    left: usize,
    /// Where to go on; `null` when nothing is left. After a failure it is there at once: look at what is wrong first.
    next: Option<String>,
}

/// Why a delivery is not sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayProblem {
    /// The delivery.
    delivery: String,
    /// Whether a service failed; else the delivery was skipped.
    failed: bool,
    /// Why.
    reason: String,
}

/// Deliveries of some days that fit a filter.
struct Wanted<'a> {
    app: &'a App,
    caller: &'a Caller,
    span: Span,
    filter: DeliveryFilter,
    force: bool,
}

/// Send again all deliveries of a filter
///
/// Ask with `"dry_run": true` first: it answers how many there are. Then name that number as `expected`. When there are
/// others by now, nothing is sent and the refusal says how many.
///
/// A call sends at most 500 again, and what fits into 20 seconds. While `next` is not `null`, go on with it as `cursor` and
/// with `left` as `expected`. Each delivery is replayed as by itself: a new attempt under the same id, noted in the audit
/// log. What stands otherwise by now is skipped, so a call that is sent twice sends nothing twice.
#[utoipa::path(
    post,
    path = "/v1/deliveries/replay",
    tag = "deliveries",
    operation_id = "replay_deliveries",
    security(("api_key" = ["operator"])),
    request_body = ReplayManyBody,
    responses(
        (status = 200, description = "The count, of a dry run.", body = ReplayedMany),
        (status = 202, description = "What will be sent in a moment, and what will not.", body = ReplayedMany),
        (status = 400, description = "The body does not fit, or names no `expected`."),
        (status = 409, description = "There are not as many as `expected` says; the detail has how many there are."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
        (status = 422, description = "The days hold too much to be counted in time."),
    )
)]
pub(crate) async fn replay(
    Operator(caller): Operator,
    State(app): State<App>,
    JsonBody(body): JsonBody<ReplayManyBody>,
) -> Result<(StatusCode, Json<ReplayedMany>), Problem> {
    let started = Instant::now();
    let ReplayManyBody { range, from, to, status, destination, source, dry_run, expected, force, cursor } = body;
    let cursor = listing::cursor(cursor)?;
    let span = range::span(range, from, to, &app.zone(&caller.account).await?, now())?;
    let status = Some(status.unwrap_or(DeliveryStatus::Dead));
    let filter = DeliveryFilter { status, destination, source };
    let wanted = Wanted { app: &app, caller: &caller, span, filter, force };
    let found = wanted.count(cursor.clone(), started).await?;
    let (count, more) = (found.min(COUNT_MAX), found > COUNT_MAX);
    if dry_run {
        return Ok((StatusCode::OK, Json(ReplayedMany::Counted(DeliveryCount { count, more }))));
    }
    let Some(expected) = expected else {
        let detail = "'expected' is missing: ask with {\"dry_run\": true} how many there are, and name that number.";
        return Err(Problem::new(Kind::BadRequest, detail));
    };
    if expected != count {
        let detail = format!(
            "{count}{} deliveries fit the filter now, not {expected}: nothing was sent. Look at them, and ask with \
             \"expected\": {count}.",
            if more { " and more" } else { "" }
        );
        return Err(Problem::new(Kind::WrongState, detail));
    }
    let report = wanted.replay(cursor, found, started).await?;
    Ok((StatusCode::ACCEPTED, Json(ReplayedMany::Sent(report))))
}

impl Wanted<'_> {
    async fn page(&self, limit: usize, cursor: Option<Cursor>) -> Result<Page<DeliveryRow>, Problem> {
        let mut pager = Pager::new(self.span, limit, cursor);
        while let Some(read) = pager.next() {
            let page = self
                .app
                .store
                .list_deliveries(&self.caller.account, read.days, &self.filter, read.limit, read.cursor.as_ref())
                .await?;
            pager.take(page, |row| row.created_at);
        }
        Ok(pager.page())
    }

    /// How many there are, up to as many as can be told apart after a call has sent its share.
    async fn count(&self, mut cursor: Option<Cursor>, started: Instant) -> Result<usize, Problem> {
        let mut count = 0;
        loop {
            let page = self.page(COUNTED_TOGETHER, cursor).await?;
            count += page.rows.len();
            cursor = page.next;
            if cursor.is_none() || count >= COUNT_MAX + REPLAYS_MAX {
                return Ok(count);
            }
            if started.elapsed() > COUNTING_MAX {
                let detail = "These days hold too many deliveries to look through at once: ask for fewer days.";
                return Err(Problem::new(Kind::Unprocessable, detail));
            }
        }
    }

    /// Sends again what there is behind the cursor, as far as one call goes.
    async fn replay(
        &self,
        mut cursor: Option<Cursor>,
        found: usize,
        started: Instant,
    ) -> Result<ReplayReport, Problem> {
        let mut report = ReplayReport::default();
        let mut looked_at = 0;
        loop {
            let page = match self.page(PAGE, cursor.clone()).await {
                Ok(page) => page,
                // What was done so far is told.
                Err(problem) if looked_at > 0 => {
                    tracing::warn!(kind = ?problem.kind(), "a replay of many ends early");
                    break;
                }
                Err(problem) => return Err(problem),
            };
            cursor = page.next;
            looked_at += page.rows.len();
            let tries = stream::iter(page.rows).map(async |row: DeliveryRow| {
                let became = self.replay_one(&row.id).await;
                (row.id, became)
            });
            let became: Vec<(DeliveryId, Result<u32, Problem>)> = tries.buffered(CONCURRENCY).collect().await;
            became.into_iter().for_each(|(delivery, became)| report.note(delivery, became));
            let enough = looked_at + PAGE > REPLAYS_MAX || started.elapsed() > REPLAYING_MAX || report.failed > 0;
            if cursor.is_none() || enough {
                break;
            }
        }
        if cursor.is_some() {
            report.left = found.saturating_sub(looked_at).min(COUNT_MAX);
        }
        // The last page may end exactly with the last delivery, and its cursor then leads to nothing.
        report.next = cursor.filter(|_| report.left > 0).map(|cursor| cursor.to_string());
        Ok(report)
    }

    /// The list may be a moment behind, and somebody else may be at it too: only what still stands as was asked for is sent.
    async fn replay_one(&self, id: &DeliveryId) -> Result<u32, Problem> {
        let record = self.app.store.delivery(&self.caller.account, id).await?;
        match (record, self.filter.status) {
            (Some(record), Some(wanted)) if record.status != wanted => Err(Problem::new(
                Kind::WrongState,
                format!("It is {} by now, not {}.", record.status.name(), wanted.name()),
            )),
            _ => send_again(self.app, self.caller, id, self.force).await,
        }
    }
}

impl ReplayReport {
    fn note(&mut self, delivery: DeliveryId, became: Result<u32, Problem>) {
        let Err(problem) = became else {
            self.replayed += 1;
            return;
        };
        let failed = !matches!(problem.kind(), Kind::WrongState | Kind::NotFound);
        if failed {
            self.failed += 1
        } else {
            self.skipped += 1
        }
        if failed {
            tracing::warn!(%delivery, kind = ?problem.kind(), "a delivery of a filter could not be replayed");
        }
        let reason = problem.detail().to_owned();
        self.problems.push(ReplayProblem { delivery: delivery.into(), failed, reason });
    }
}
