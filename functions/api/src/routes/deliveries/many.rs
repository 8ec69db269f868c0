//! Sending again all deliveries of a filter.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
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
use crate::many::{self, Came, Many, NotDone, Report, Wish};
use crate::problem::{Kind, Problem};
use crate::range::{self, NamedRange, Span};

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
#[derive(Debug, Serialize, ToSchema)]
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
    match many::run(&wanted, Wish { dry_run, expected, cursor }, started).await? {
        Came::Counted { count, more } => {
            Ok((StatusCode::OK, Json(ReplayedMany::Counted(DeliveryCount { count, more }))))
        }
        Came::Done(report) => Ok((StatusCode::ACCEPTED, Json(ReplayedMany::Sent(report.into())))),
    }
}

impl Many for Wanted<'_> {
    type Row = DeliveryRow;
    const NAME: &'static str = "deliveries";

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

    async fn one(&self, DeliveryRow { id, .. }: DeliveryRow) -> (String, Result<(), Problem>) {
        let became = self.replay_one(&id).await;
        (id.into(), became)
    }
}

impl Wanted<'_> {
    /// The list may be a moment behind, and somebody else may be at it too: only what still stands as was asked for is sent.
    async fn replay_one(&self, id: &DeliveryId) -> Result<(), Problem> {
        let record = self.app.store.delivery(&self.caller.account, id).await?;
        match (record, self.filter.status) {
            (Some(record), Some(wanted)) if record.status != wanted => Err(Problem::new(
                Kind::WrongState,
                format!("It is {} by now, not {}.", record.status.name(), wanted.name()),
            )),
            _ => send_again(self.app, self.caller, id, self.force).await.map(|_| ()),
        }
    }
}

impl From<Report> for ReplayReport {
    fn from(Report { done, skipped, failed, problems, left, next }: Report) -> Self {
        let problem = |NotDone { id, failed, reason }| ReplayProblem { delivery: id, failed, reason };
        let problems = problems.into_iter().map(problem).collect();
        Self { replayed: done, skipped, failed, problems, left, next }
    }
}
