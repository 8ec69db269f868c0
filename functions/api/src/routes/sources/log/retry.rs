//! Trying again all failed events of a source.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use leadyard_domain::event::EventStatus;
use leadyard_runtime::now;
use leadyard_store::{Cursor, EventFilter, EventRow, Page};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::app::App;
use crate::body::JsonBody;
use crate::connector::{Connector, OperatedConnector};
use crate::listing;
use crate::many::{self, Came, Many, NotDone, Report, Wish};
use crate::problem::Problem;
use crate::range::{self, NamedRange, Span};
use crate::routes::events::try_again;

/// Which failed events to try again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryManyBody {
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
    /// Only counts.
    #[serde(default)]
    dry_run: bool,
    /// How many there are, by the count before or by `left` of the call before. Without it nothing is tried.
    #[serde(default)]
    expected: Option<usize>,
    /// Where to go on: `next` of the call before, with the same days.
    #[serde(default)]
    cursor: Option<String>,
}

/// The count, or what became of the retry.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RetriedMany {
    /// Of a dry run.
    Counted(EventCount),
    /// Of a real one.
    Asked(RetryReport),
}

/// How many events failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventCount {
    /// How many, up to 10,000.
    count: usize,
    /// Whether there are more than that.
    more: bool,
}

/// What became of a retry.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetryReport {
    /// Events that will be tried again in a moment.
    retried: usize,
    /// Events that went through meanwhile.
    skipped: usize,
    /// Events that a service behind the API kept from being tried. They are as they were.
    failed: usize,
    /// Those that were skipped or failed, and why.
    problems: Vec<RetryProblem>,
    /// How many are left behind `next`, up to 10,000: what the next call has to expect.
    left: usize,
    /// Where to go on; `null` when nothing is left. After a failure it is there at once: look at what is wrong first.
    next: Option<String>,
}

/// Why an event is not tried again.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetryProblem {
    /// The event.
    event: String,
    /// Whether a service failed; else the event was skipped.
    failed: bool,
    /// Why.
    reason: String,
}

/// The failed events of a source on some days.
struct Wanted<'a> {
    app: &'a App,
    connector: &'a Connector,
    span: Span,
    filter: EventFilter,
}

/// Try again all failed events of a source
///
/// Ask with `"dry_run": true` first: it answers how many there are. Then name that number as `expected`. When there are
/// others by now, nothing is tried and the refusal says how many.
///
/// Each is tried with the config in force then, so with today's mapping: mend it first. A call asks for at most 500, and for
/// what fits into 20 seconds. While `next` is not `null`, go on with it as `cursor` and with `left` as `expected`. An event
/// that the source rejects is not tried again: it did not fail.
#[utoipa::path(
    post,
    path = "/v1/sources/{id}/log/retry",
    tag = "sources",
    operation_id = "retry_source_events",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The source's id in the config.")),
    request_body = RetryManyBody,
    responses(
        (status = 200, description = "The count, of a dry run.", body = RetriedMany),
        (status = 202, description = "What will be tried in a moment, and what will not.", body = RetriedMany),
        (status = 400, description = "The body does not fit, or names no `expected`."),
        (status = 404, description = "The account has and had no such source."),
        (status = 409, description = "There are not as many as `expected` says; the detail has how many there are."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
        (status = 422, description = "The days hold too much to be counted in time."),
    )
)]
pub(crate) async fn retry(
    OperatedConnector(connector): OperatedConnector,
    State(app): State<App>,
    JsonBody(body): JsonBody<RetryManyBody>,
) -> Result<(StatusCode, Json<RetriedMany>), Problem> {
    let started = Instant::now();
    let RetryManyBody { range, from, to, dry_run, expected, cursor } = body;
    super::known(&app, &connector).await?;
    let cursor = listing::cursor(cursor)?;
    let (account, now) = (&connector.caller.account, now());
    let span = range::span(range, from, to, &app.zone(account).await?, now)?;
    let source = Some(connector.id.clone());
    let filter = EventFilter { source, ..EventFilter::with_status(Some(EventStatus::Failed)) };
    let wanted = Wanted { app: &app, connector: &connector, span, filter };
    match many::run(&wanted, Wish { dry_run, expected, cursor }, started).await? {
        Came::Counted { count, more } => Ok((StatusCode::OK, Json(RetriedMany::Counted(EventCount { count, more })))),
        Came::Done(report) => {
            app.store.put_audit(account, now, &connector.caller.name, "source.retry", &connector.id).await?;
            Ok((StatusCode::ACCEPTED, Json(RetriedMany::Asked(report.into()))))
        }
    }
}

impl Many for Wanted<'_> {
    type Row = EventRow;
    const NAME: &'static str = "events";

    async fn page(&self, limit: usize, cursor: Option<Cursor>) -> Result<Page<EventRow>, Problem> {
        super::page(self.app, &self.connector.caller.account, self.span, &self.filter, limit, cursor).await
    }

    async fn one(&self, EventRow { id, .. }: EventRow) -> (String, Result<(), Problem>) {
        // The list may be a moment behind: only what still is failed is tried.
        let became = try_again(self.app, &self.connector.caller, &id).await;
        (id.into(), became)
    }
}

impl From<Report> for RetryReport {
    fn from(Report { done, skipped, failed, problems, left, next }: Report) -> Self {
        let problem = |NotDone { id, failed, reason }| RetryProblem { event: id, failed, reason };
        let problems = problems.into_iter().map(problem).collect();
        Self { retried: done, skipped, failed, problems, left, next }
    }
}
