//! The log of one source as three tabs: what made leads, what met known ones, what failed.

pub mod entry;
pub mod retry;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use leadyard_domain::event::EventStatus;
use leadyard_domain::id::{AccountId, SourceId};
use leadyard_runtime::now;
use leadyard_store::{Cursor, EventFilter, EventRow, Page};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::Parameters;
use crate::connector::{Connector, SeenConnector};
use crate::listing::{Asked, Pager};
use crate::many::COUNT_MAX;
use crate::problem::Problem;
use crate::range::{self, NamedRange, Span};
use crate::routes::events::status_schema;

/// Rows that are read together to be counted: the most that the store gives.
const COUNTED_TOGETHER: usize = 1_000;

/// A tab of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// Events that made a lead at once.
    New,
    /// Events that met a known lead, or none; and all that failed first and went through when they were tried again.
    Updated,
    /// Events that failed, and those that the source rejects.
    Failed,
}

impl Tab {
    /// Where an event stands.
    fn of(status: EventStatus, retried: bool) -> Self {
        match status {
            EventStatus::Failed | EventStatus::Rejected => Self::Failed,
            EventStatus::Created if !retried => Self::New,
            EventStatus::Created
            | EventStatus::Updated
            | EventStatus::Unchanged
            | EventStatus::Duplicate
            | EventStatus::Flagged => Self::Updated,
        }
    }
}

/// Whether an event could be worked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// It was, whatever came of it.
    Success,
    /// It was not: it can be tried again when its cause is mended.
    Failure,
}

impl JobStatus {
    fn of(status: EventStatus) -> Self {
        match status {
            EventStatus::Failed => Self::Failure,
            _ => Self::Success,
        }
    }
}

/// Whether what an event brought is in its lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncStatus {
    /// It is, or nothing of it was to be.
    Success,
    /// It is not, and somebody may have to look: it failed, was rejected, or waits for review.
    Error,
}

impl SyncStatus {
    fn of(status: EventStatus) -> Self {
        match status {
            EventStatus::Failed | EventStatus::Rejected | EventStatus::Flagged => Self::Error,
            EventStatus::Created | EventStatus::Updated | EventStatus::Unchanged | EventStatus::Duplicate => {
                Self::Success
            }
        }
    }
}

/// A filter by job status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobFilter {
    /// Any.
    #[default]
    All,
    /// Those that were worked through.
    Success,
    /// Those that were not.
    Failure,
}

/// A filter by sync status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncFilter {
    /// Any.
    #[default]
    All,
    /// Those whose lead has not taken what they brought.
    Error,
    /// The others.
    Success,
}

/// Which events, apart from their days.
#[derive(Debug, Clone, Copy, Default)]
struct Which {
    tab: Option<Tab>,
    job: JobFilter,
    sync: SyncFilter,
}

impl Which {
    fn fits(self, status: EventStatus, retried: bool) -> bool {
        let job = match self.job {
            JobFilter::All => true,
            JobFilter::Success => JobStatus::of(status) == JobStatus::Success,
            JobFilter::Failure => JobStatus::of(status) == JobStatus::Failure,
        };
        let sync = match self.sync {
            SyncFilter::All => true,
            SyncFilter::Error => SyncStatus::of(status) == SyncStatus::Error,
            SyncFilter::Success => SyncStatus::of(status) == SyncStatus::Success,
        };
        job && sync && self.tab.is_none_or(|tab| tab == Tab::of(status, retried))
    }

    fn filter(self, source: &SourceId) -> EventFilter {
        let statuses = |retried| EventStatus::ALL.into_iter().filter(|status| self.fits(*status, retried)).collect();
        EventFilter { source: Some(source.clone()), at_once: statuses(false), retried: statuses(true) }
    }
}

/// Which events of the source.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Only what stands in this tab; all where none is given.
    #[param(inline)]
    tab: Option<Tab>,
    /// Days counted from today in the account's time zone; `last_7_days` where neither this nor days are given.
    #[param(inline)]
    range: Option<NamedRange>,
    /// The first day, in the account's time zone.
    from: Option<Date>,
    /// The last day, included; today where only `from` is given. At most 92 days.
    to: Option<Date>,
    /// Only events that could be worked through, or could not.
    #[param(inline)]
    #[serde(default)]
    job_status: JobFilter,
    /// Only events whose lead has taken what they brought, or has not.
    #[param(inline)]
    #[serde(default)]
    sync_status: SyncFilter,
    /// Whether the events of each tab are counted, with the other filters as they are. It reads them all: ask for it once,
    /// not with each page.
    #[serde(default)]
    counts: bool,
    /// Entries of a page, 1 to 100; 50 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before, with the same filters.
    cursor: Option<String>,
}

/// An event of a source as its log shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogRow {
    /// Its id.
    id: String,
    /// Where it stands in the log.
    tab: Tab,
    /// What became of it.
    #[schema(schema_with = status_schema)]
    status: EventStatus,
    /// Whether it could be worked through.
    job_status: JobStatus,
    /// Whether its lead has what it brought.
    sync_status: SyncStatus,
    /// Whether it was tried again after it had failed.
    retried: bool,
    /// Why, when it did not simply go through.
    reason: Option<String>,
    /// The lead that it made or met.
    lead: Option<String>,
    /// When it was received.
    received_at: Timestamp,
}

impl From<EventRow> for LogRow {
    fn from(row: EventRow) -> Self {
        let EventRow { id, received_at, source: _, status, reason, lead, retried } = row;
        Self {
            id: id.into(),
            tab: Tab::of(status, retried),
            status,
            job_status: JobStatus::of(status),
            sync_status: SyncStatus::of(status),
            retried,
            reason,
            lead: lead.map(String::from),
            received_at,
        }
    }
}

/// A page of a source's log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogPage {
    /// The events.
    entries: Vec<LogRow>,
    /// How many stand in each tab; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    counts: Option<TabCounts>,
    /// Leads to the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// How many events stand in each tab.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct TabCounts {
    /// In New.
    new: usize,
    /// In Updated.
    updated: usize,
    /// In Failed.
    failed: usize,
    /// Whether there are more: 10,000 are counted, the newest.
    more: bool,
}

/// The log of a source
///
/// Newest first, as `GET /v1/events` has it: the list may be a second behind, and a page may be short with more behind it.
/// The log of a source that was removed from the config stays as long as the log is kept.
#[utoipa::path(
    get,
    path = "/v1/sources/{id}/log",
    tag = "sources",
    operation_id = "read_source_log",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The source's id in the config."), LogQuery),
    responses(
        (status = 200, description = "A page.", body = LogPage),
        (status = 400, description = "A parameter does not fit; the detail names it."),
        (status = 404, description = "The account has and had no such source."),
    )
)]
pub(crate) async fn list(
    SeenConnector(connector): SeenConnector,
    State(app): State<App>,
    Parameters(query): Parameters<LogQuery>,
) -> Result<Json<LogPage>, Problem> {
    let LogQuery { tab, range, from, to, job_status: job, sync_status: sync, counts, limit, cursor } = query;
    known(&app, &connector).await?;
    let Connector { caller, id, .. } = &connector;
    let (zone, now) = (app.zone(&caller.account).await?, now());
    let span = range::span(range, from, to, &zone, now)?;
    let mut pager = Asked { range, from, to, limit, cursor }.pager(&zone, now)?;
    let filter = Which { tab, job, sync }.filter(id);
    while let Some(read) = pager.next() {
        let page = app.store.list_events(&caller.account, read.days, &filter, read.limit, read.cursor.as_ref()).await?;
        pager.take(page, |row| row.received_at);
    }
    let page = pager.page();
    let counts = match counts {
        true => Some(count(&app, &caller.account, span, &Which { tab: None, job, sync }.filter(id)).await?),
        false => None,
    };
    let next_cursor = page.next.map(|cursor| cursor.to_string());
    Ok(Json(LogPage { entries: page.rows.into_iter().map(LogRow::from).collect(), counts, next_cursor }))
}

/// Holds that there is or was such a source: a misspelt one must not look like a quiet one.
async fn known(app: &App, connector: &Connector) -> Result<(), Problem> {
    if connector.is_known(app).await? {
        return Ok(());
    }
    Err(Problem::unknown("source", &connector.id))
}

/// One page of events of some moments.
async fn page(
    app: &App,
    account: &AccountId,
    span: Span,
    filter: &EventFilter,
    limit: usize,
    cursor: Option<Cursor>,
) -> Result<Page<EventRow>, Problem> {
    let mut pager = Pager::new(span, limit, cursor);
    while let Some(read) = pager.next() {
        let page = app.store.list_events(account, read.days, filter, read.limit, read.cursor.as_ref()).await?;
        pager.take(page, |row| row.received_at);
    }
    Ok(pager.page())
}

async fn count(app: &App, account: &AccountId, span: Span, filter: &EventFilter) -> Result<TabCounts, Problem> {
    let mut counts = TabCounts::default();
    let (mut counted, mut cursor) = (0, None);
    loop {
        let page = page(app, account, span, filter, COUNTED_TOGETHER, cursor).await?;
        for row in &page.rows {
            match Tab::of(row.status, row.retried) {
                Tab::New => counts.new += 1,
                Tab::Updated => counts.updated += 1,
                Tab::Failed => counts.failed += 1,
            }
        }
        counted += page.rows.len();
        cursor = page.next;
        if cursor.is_none() || counted >= COUNT_MAX {
            counts.more = cursor.is_some();
            return Ok(counts);
        }
    }
}
