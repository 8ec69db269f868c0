//! The log of received events, and trying a failed one again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use leadyard_domain::config::Behaviour;
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Origin, Received};
use leadyard_domain::id::{EventId, SourceId};
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Outgoing, now};
use leadyard_store::{EventFilter, EventRow, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ObjectBuilder, Schema, Type};

use crate::app::{App, send};
use crate::auth::{Caller, Operator, Viewer};
use crate::body::{Id, Parameters};
use crate::connector::{allowed_of, sees};
use crate::listing::Asked;
use crate::problem::{Kind, Problem};
use crate::range::NamedRange;

/// Which events.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Days counted from today in the account's time zone; `last_7_days` where neither this nor days are given.
    #[param(inline)]
    range: Option<NamedRange>,
    /// The first day, in the account's time zone.
    from: Option<Date>,
    /// The last day, included; today where only `from` is given. At most 92 days.
    to: Option<Date>,
    /// Only events that this became of.
    #[param(schema_with = status_schema)]
    status: Option<EventStatus>,
    /// Entries of a page, 1 to 100; 50 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before, with the same filters.
    cursor: Option<String>,
}

/// An event and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventSummary {
    /// Its id.
    id: String,
    /// Where it came in.
    source: String,
    /// What became of it.
    #[schema(schema_with = status_schema)]
    status: EventStatus,
    /// Why, when it did not simply go through.
    reason: Option<String>,
    /// The lead that it made or met.
    lead: Option<String>,
    /// When it was received.
    received_at: Timestamp,
}

/// An event with what it brought.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    #[serde(flatten)]
    summary: EventSummary,
    /// When it was settled.
    settled_at: Timestamp,
    /// What its source let it do when it was settled; `null` where nobody knows any more.
    #[schema(schema_with = behaviour_schema)]
    behaviour: Option<Behaviour>,
    /// How often it was tried again after it had failed.
    retries: u32,
    /// The sender's own id of it, when the source names one.
    external_id: Option<String>,
    /// The decoded body.
    #[schema(value_type = Object)]
    payload: Map<String, Value>,
    /// Where the request came from.
    origin: OriginView,
}

/// Where a request came from, as far as the gateway knows.
#[derive(Debug, Serialize, ToSchema)]
pub struct OriginView {
    /// The sender's address.
    ip: Option<String>,
    /// The page that posted.
    referrer: Option<String>,
    /// The sender's program.
    user_agent: Option<String>,
}

/// A page of events, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// The events.
    events: Vec<EventSummary>,
    /// Leads to the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// An event that is tried again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Retried {
    /// The event.
    event: String,
}

impl From<EventRow> for EventSummary {
    fn from(row: EventRow) -> Self {
        let EventRow { id, received_at, source, status, reason, lead, retried: _ } = row;
        Self { id: id.into(), source: source.into(), status, reason, lead: lead.map(String::from), received_at }
    }
}

impl From<EventRecord> for EventView {
    fn from(record: EventRecord) -> Self {
        let EventRecord { received, status, reason, lead, settled_at, behaviour, retries } = record;
        let Received { source, event, received_at, identity, payload, origin, intent: _, account: _ } = received;
        Self {
            summary: EventSummary {
                id: event.into(),
                source: source.into(),
                status,
                reason,
                lead: lead.map(String::from),
                received_at,
            },
            settled_at,
            behaviour,
            retries,
            external_id: match identity {
                Identity::External(id) => Some(id),
                Identity::Body(_) => None,
            },
            payload,
            origin: origin.into(),
        }
    }
}

impl From<Origin> for OriginView {
    fn from(Origin { ip, referrer, user_agent }: Origin) -> Self {
        Self { ip, referrer, user_agent }
    }
}

pub(super) fn status_schema() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("What became of it."))
        .enum_values(Some(EventStatus::ALL.map(EventStatus::name)))
        .into()
}

pub(super) fn behaviour_schema() -> Schema {
    let names = ["create_and_update", "create_only", "update_only", "nothing"];
    ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::String, Type::Null]))
        .description(Some("What its source let it do when it was settled; `null` where nobody knows any more."))
        .enum_values(Some(names.map(Some).into_iter().chain([None])))
        .into()
}

/// The log of received events
///
/// Newest first, without the events of sources that the key may not see. The list may be a second behind, and a page may be short with more behind it: go on until `next_cursor`
/// is `null`.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    operation_id = "list_events",
    security(("api_key" = ["viewer"])),
    params(EventsQuery),
    responses(
        (status = 200, description = "A page.", body = EventPage),
        (status = 400, description = "A parameter does not fit; the detail names it."),
    )
)]
pub(crate) async fn list(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Parameters(query): Parameters<EventsQuery>,
) -> Result<Json<EventPage>, Problem> {
    let EventsQuery { range, from, to, status, limit, cursor } = query;
    let (asked, filter) = (Asked { range, from, to, limit, cursor }, EventFilter::with_status(status));
    let mut pager = asked.pager(&app.zone(&caller.account).await?, now())?;
    while let Some(read) = pager.next() {
        let page = app.store.list_events(&caller.account, read.days, &filter, read.limit, read.cursor.as_ref()).await?;
        pager.take(page, |row| row.received_at);
    }
    let mut page = pager.page();
    if let Some(published) = app.configs.get(&caller.account, now()).await? {
        let source = |id: &SourceId| published.checked.source(id);
        page.rows.retain(|row| source(&row.source).is_none_or(|source| sees(&caller, &published.checked, source)));
    }
    let next_cursor = page.next.map(|cursor| cursor.to_string());
    Ok(Json(EventPage { events: page.rows.into_iter().map(EventSummary::from).collect(), next_cursor }))
}

/// One event
///
/// With its payload and what became of it.
#[utoipa::path(
    get,
    path = "/v1/events/{id}",
    tag = "events",
    operation_id = "read_event",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The event's id.")),
    responses(
        (status = 200, description = "The event.", body = EventView),
        (status = 404, description = "The account has no such event, or it was not settled yet."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<EventId>,
) -> Result<Json<EventView>, Problem> {
    let event = app.store.event(&caller.account, &id).await?.ok_or_else(|| Problem::unknown("event", &id))?;
    of_allowed(&app, &caller, &event, Role::Viewer).await?;
    Ok(Json(event.into()))
}

/// Try a failed event again
///
/// With the config that is in force then: mend the mapping first. What comes of it replaces the failure in the log.
#[utoipa::path(
    post,
    path = "/v1/events/{id}/retry",
    tag = "events",
    operation_id = "retry_event",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The event's id.")),
    responses(
        (status = 202, description = "It will be tried again in a moment.", body = Retried),
        (status = 404, description = "The account has no such event, or it was not settled yet."),
        (status = 409, description = "It did not fail, so there is nothing to try again."),
    )
)]
pub(crate) async fn retry(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<EventId>,
) -> Result<(StatusCode, Json<Retried>), Problem> {
    try_again(&app, &caller, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(Retried { event: id.into() })))
}

/// Holds that the caller may do with the source of an event what needs this role.
async fn of_allowed(app: &App, caller: &Caller, event: &EventRecord, needed: Role) -> Result<(), Problem> {
    let published = app.configs.get(&caller.account, now()).await?;
    let config = published.as_ref().map(|published| &published.checked);
    allowed_of(app, caller, config, &event.received.source, needed).await
}

/// Asks for a failed event to be tried again.
///
/// # Errors
/// There is no such event, it did not fail, or a service behind the API is away.
pub(crate) async fn try_again(app: &App, caller: &Caller, id: &EventId) -> Result<(), Problem> {
    let event = app.store.event(&caller.account, id).await?.ok_or_else(|| Problem::unknown("event", id))?;
    of_allowed(app, caller, &event, Role::Operator).await?;
    if event.status != EventStatus::Failed {
        return Err(Problem::new(
            Kind::WrongState,
            format!("The event '{id}' is {}, not failed: only a failed event is tried again.", event.status.name()),
        ));
    }
    let message = LeadsMessage::Received { event: Box::new(event.received), retry: true };
    let group = caller.account.to_string();
    send(&app.queues.leads, Outgoing::json(id.as_str(), group, &message)).await
}
