//! One event of a source's log, with the request that brought it and what its sender was answered.

use std::slice;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use leadyard_domain::config::Behaviour;
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Received};
use leadyard_domain::id::{EventId, SourceId};
use leadyard_domain::import::is_row;
use leadyard_sources::format;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{JobStatus, SyncStatus, Tab};
use crate::app::App;
use crate::body::Ids;
use crate::connector::{Connector, SeenConnector};
use crate::problem::{Kind, Problem};
use crate::routes::events::{OriginView, behaviour_schema, status_schema};

/// An event with its request and its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogEntry {
    /// Its id.
    id: String,
    /// Where it came in.
    source: String,
    /// Where it stands in the log.
    tab: Tab,
    /// Whether it could be worked through.
    job_status: JobStatus,
    /// Whether its lead has what it brought.
    sync_status: SyncStatus,
    /// When it was received.
    received_at: Timestamp,
    /// When it was settled.
    settled_at: Timestamp,
    /// What the source let it do when it was settled; `null` where nobody knows any more.
    #[schema(schema_with = behaviour_schema)]
    behaviour: Option<Behaviour>,
    /// How often it was tried again after it had failed.
    retries: u32,
    /// Whether it can be tried again.
    can_retry: bool,
    /// What came.
    request: RequestView,
    /// What the sender was answered, as its source's format answers; `null` for a row of a file, and when the source is no
    /// longer in the config.
    ///
    /// Intake answers when the events are safe in the queue, long before they are settled, so this tells nothing of what
    /// became of them; and it is not kept, so it is worked out anew: a request that brought several events named all of
    /// them, and a sender that waited for the outcome (`?wait=1`) was told that.
    response: Option<ResponseView>,
    /// What became of each lead that the event is about. An event is one lead's worth of a request, so there is one.
    results: Vec<ResultView>,
}

/// What came.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestView {
    /// The method; `null` for a row of a file.
    method: Option<&'static str>,
    /// Where it came in. The key in it is kept as a hash alone, so it is not shown; `null` for a row of a file.
    #[schema(example = "https://example.com/in/{key}")]
    url: Option<String>,
    /// The sender's own id of the event, when the source names one.
    external_id: Option<String>,
    /// The decoded body: of a request with several leads, the part that is this one.
    #[schema(value_type = Object)]
    payload: Map<String, Value>,
    /// Where it came from.
    origin: OriginView,
}

/// What the sender was answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResponseView {
    /// The status.
    status: u16,
    /// The body.
    body: String,
}

/// What became of one lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultView {
    /// What became of it.
    #[schema(schema_with = status_schema)]
    status: EventStatus,
    /// Why, when it did not simply go through.
    reason: Option<String>,
    /// The lead that was made or met.
    lead: Option<String>,
}

/// One event of a source's log
///
/// With the request that brought it, what its sender was answered, and what became of its lead.
#[utoipa::path(
    get,
    path = "/v1/sources/{id}/log/{event}",
    tag = "sources",
    operation_id = "read_source_log_entry",
    security(("api_key" = ["viewer"])),
    params(
        ("id" = String, Path, description = "The source's id in the config."),
        ("event" = String, Path, description = "The event's id."),
    ),
    responses(
        (status = 200, description = "The event.", body = LogEntry),
        (status = 404, description = "The source has no such event, or it was not settled yet."),
    )
)]
pub(crate) async fn read(
    SeenConnector(connector): SeenConnector,
    State(app): State<App>,
    Ids(source, id): Ids<SourceId, EventId>,
) -> Result<Json<LogEntry>, Problem> {
    let event = app.store.event(&connector.caller.account, &id).await?;
    let event = event.filter(|event| event.received.source == source);
    let event = event.ok_or_else(|| {
        let detail = format!("The source '{source}' has no event '{id}' in its log.");
        Problem::new(Kind::NotFound, detail)
    })?;
    Ok(Json(entry(&app, &connector, event)))
}

fn entry(app: &App, connector: &Connector, record: EventRecord) -> LogEntry {
    let EventRecord { received, status, reason, lead, settled_at, behaviour, retries } = record;
    let Received { source, event, received_at, identity, payload, origin, intent: _, account: _ } = received;
    let of_file = is_row(&identity);
    let response = connector.source().filter(|_| !of_file).and_then(|source| {
        let reply = (format(&source.format)?.reply)(source, slice::from_ref(&event));
        Some(ResponseView { status: reply.status.as_u16(), body: reply.body })
    });
    LogEntry {
        id: event.into(),
        source: source.into(),
        tab: Tab::of(status, retries > 0),
        job_status: JobStatus::of(status),
        sync_status: SyncStatus::of(status),
        received_at,
        settled_at,
        behaviour,
        retries,
        can_retry: status == EventStatus::Failed,
        request: RequestView {
            method: (!of_file).then_some("POST"),
            url: (!of_file).then(|| format!("{}/in/{{key}}", app.public_url)),
            external_id: match identity {
                Identity::External(id) => Some(id),
                Identity::Body(_) => None,
            },
            payload,
            origin: origin.into(),
        },
        response,
        results: vec![ResultView { status, reason, lead: lead.map(String::from) }],
    }
}
