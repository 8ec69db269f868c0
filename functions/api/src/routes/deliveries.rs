//! The log of deliveries, and sending one again.

pub mod many;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use leadyard_domain::config::Carrier;
use leadyard_domain::delivery::{Attempt, DeliveryRecord, DeliveryStatus, Exchange};
use leadyard_domain::id::{DeliveryId, DestinationId, SourceId};
use leadyard_domain::message::DeliveryMessage;
use leadyard_runtime::{Outgoing, QueueSender, now};
use leadyard_store::{DeliveryFilter, DeliveryRow, Replay, ReplayRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, Schema, Type};

use crate::app::{App, send};
use crate::auth::{Caller, Operator, Viewer};
use crate::body::{Id, OptionalJsonBody, Parameters};
use crate::listing::Asked;
use crate::problem::{Kind, Problem};
use crate::range::NamedRange;

/// Which deliveries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesQuery {
    /// Days counted from today in the account's time zone; `last_7_days` where neither this nor days are given.
    #[param(inline)]
    range: Option<NamedRange>,
    /// The first day, in the account's time zone.
    from: Option<Date>,
    /// The last day, included; today where only `from` is given. At most 92 days.
    to: Option<Date>,
    /// Only deliveries that stand so.
    #[param(schema_with = status_schema)]
    status: Option<DeliveryStatus>,
    /// Only deliveries to this destination.
    #[param(value_type = Option<String>)]
    destination: Option<DestinationId>,
    /// Only deliveries of leads from this source.
    #[param(value_type = Option<String>)]
    source: Option<SourceId>,
    /// Entries of a page, 1 to 100; 50 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before, with the same filters.
    cursor: Option<String>,
}

/// A delivery and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its id, which receivers get as `webhook-id` on every attempt.
    id: String,
    /// The lead that is delivered.
    lead: String,
    /// Which decision about the lead asked for it, from 1; `null` for what is sent of a lead whoever has it.
    assignment: Option<u32>,
    /// Where it goes.
    destination: String,
    /// The source of the lead.
    source: String,
    /// `webhook` or `email`.
    channel: String,
    /// Where it stands.
    #[schema(schema_with = status_schema)]
    status: DeliveryStatus,
    /// Attempts that were begun.
    attempts_begun: u32,
    /// What happened last.
    reason: Option<String>,
    /// When the next attempt is due.
    next_attempt_at: Option<Timestamp>,
    /// When the first attempt began.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

/// A delivery with its attempts.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryFile {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// Its attempts, in order.
    attempts: Vec<AttemptView>,
}

/// One attempt.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptView {
    /// From 1.
    number: u32,
    /// When it began.
    at: Timestamp,
    /// How long it took.
    elapsed_ms: u64,
    /// Where the delivery stood afterwards.
    #[schema(schema_with = status_schema)]
    status: DeliveryStatus,
    /// The kind of failure, such as `E_TIMEOUT`.
    code: Option<String>,
    /// What happened.
    reason: Option<String>,
    /// The URL, or the recipients.
    to: String,
    /// What was sent; secrets are redacted.
    request: MessageView,
    /// What was answered, when something was.
    response: Option<AnswerView>,
}

/// What was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// Its headers; secrets are redacted.
    pub(super) headers: Vec<HeaderView>,
    /// Its body, or the mail's subject and text; capped.
    pub(super) body: String,
}

/// What was answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerView {
    /// The status.
    pub(super) status: u16,
    /// Its headers.
    pub(super) headers: Vec<HeaderView>,
    /// The beginning of its body, at most 16 KiB.
    pub(super) body: String,
}

/// One header.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeaderView {
    /// Its name.
    pub(super) name: String,
    /// Its value, or that it was redacted.
    pub(super) value: String,
}

/// A delivery as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliverySummary {
    /// Its id.
    id: String,
    /// The lead that is delivered.
    lead: String,
    /// Where it goes.
    destination: String,
    /// The source of the lead.
    source: String,
    /// Where it stands.
    #[schema(schema_with = status_schema)]
    status: DeliveryStatus,
    /// What happened last, when it did not go through.
    reason: Option<String>,
    /// When the first attempt began.
    created_at: Timestamp,
}

/// A page of deliveries, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryPage {
    /// The deliveries.
    deliveries: Vec<DeliverySummary>,
    /// Leads to the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// How to replay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReplayBody {
    /// Sends again even what the receiver took.
    force: bool,
}

/// A delivery that is sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replayed {
    /// The delivery; its id stays the same.
    delivery: String,
    /// The number of the attempt that follows.
    attempt: u32,
}

impl From<DeliveryRow> for DeliverySummary {
    fn from(row: DeliveryRow) -> Self {
        let DeliveryRow { id, created_at, source, status, reason } = row;
        Self {
            lead: id.lead().into(),
            destination: id.destination().into(),
            id: id.into(),
            source: source.into(),
            status,
            reason,
            created_at,
        }
    }
}

impl From<DeliveryRecord> for DeliveryView {
    fn from(record: DeliveryRecord) -> Self {
        Self {
            lead: record.id.lead().into(),
            assignment: record.id.attempt(),
            destination: record.id.destination().into(),
            id: record.id.into(),
            source: record.source.into(),
            channel: record.channel,
            status: record.status,
            attempts_begun: record.tries,
            reason: record.reason,
            next_attempt_at: record.next_try_at,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let Attempt { number, at, elapsed_ms, status, code, reason, exchange } = attempt;
        let Exchange { to, request_headers, request_body, response_status, response_headers, response_body } = exchange;
        let headers =
            |pairs: Vec<(String, String)>| pairs.into_iter().map(|(name, value)| HeaderView { name, value }).collect();
        let request = MessageView { headers: headers(request_headers), body: request_body };
        let response = response_status.map(|status| AnswerView {
            status,
            headers: headers(response_headers),
            body: response_body,
        });
        Self { number, at, elapsed_ms, status, code, reason, to, request, response }
    }
}

pub(super) fn status_schema() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Where it stands."))
        .enum_values(Some(DeliveryStatus::ALL.map(DeliveryStatus::name)))
        .into()
}

/// Deliveries with their attempts.
pub(super) async fn deliveries_of(
    app: &App,
    caller: &Caller,
    records: Vec<DeliveryRecord>,
) -> Result<Vec<DeliveryFile>, Problem> {
    let file = async |record: DeliveryRecord| {
        let attempts = app.store.attempts(&caller.account, &record.id).await?;
        let attempts = attempts.into_iter().map(AttemptView::from).collect();
        Ok(DeliveryFile { delivery: record.into(), attempts })
    };
    try_join_all(records.into_iter().map(file)).await
}

/// The log of deliveries
///
/// Newest first, each once it had an outcome; before that it is seen on its lead. The list may be a second behind, and a
/// page may be short with more behind it: go on until `next_cursor` is `null`.
#[utoipa::path(
    get,
    path = "/v1/deliveries",
    tag = "deliveries",
    operation_id = "list_deliveries",
    security(("api_key" = ["viewer"])),
    params(DeliveriesQuery),
    responses(
        (status = 200, description = "A page.", body = DeliveryPage),
        (status = 400, description = "A parameter does not fit; the detail names it."),
    )
)]
pub(crate) async fn list(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Parameters(query): Parameters<DeliveriesQuery>,
) -> Result<Json<DeliveryPage>, Problem> {
    let DeliveriesQuery { range, from, to, status, destination, source, limit, cursor } = query;
    let filter = DeliveryFilter { status, destination, source };
    let asked = Asked { range, from, to, limit, cursor };
    let mut pager = asked.pager(&app.zone(&caller.account).await?, now())?;
    while let Some(read) = pager.next() {
        let page =
            app.store.list_deliveries(&caller.account, read.days, &filter, read.limit, read.cursor.as_ref()).await?;
        pager.take(page, |row| row.created_at);
    }
    let page = pager.page();
    let next_cursor = page.next.map(|cursor| cursor.to_string());
    Ok(Json(DeliveryPage { deliveries: page.rows.into_iter().map(DeliverySummary::from).collect(), next_cursor }))
}

/// One delivery
///
/// With its attempts: what was sent and what was answered, capped and without secrets.
#[utoipa::path(
    get,
    path = "/v1/deliveries/{id}",
    tag = "deliveries",
    operation_id = "read_delivery",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The delivery's id.")),
    responses(
        (status = 200, description = "The delivery.", body = DeliveryFile),
        (status = 404, description = "The account has no such delivery, or it was not begun yet."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<DeliveryId>,
) -> Result<Json<DeliveryFile>, Problem> {
    let unknown = || Problem::unknown("delivery", &id);
    let record = app.store.delivery(&caller.account, &id).await?.ok_or_else(unknown)?;
    deliveries_of(&app, &caller, vec![record]).await?.pop().map(Json).ok_or_else(unknown)
}

/// Send a delivery again
///
/// A new attempt under the same id, with the whole retry schedule before it. To ask again is harmless until the attempt
/// has begun. What the receiver took is sent again only with `force`.
#[utoipa::path(
    post,
    path = "/v1/deliveries/{id}/replay",
    tag = "deliveries",
    operation_id = "replay_delivery",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The delivery's id.")),
    request_body(content = Option<ReplayBody>, description = "May be left out."),
    responses(
        (status = 202, description = "It will be sent in a moment.", body = Replayed),
        (status = 400, description = "The body does not fit."),
        (status = 404, description = "No decision of the account asked for such a delivery."),
        (status = 409, description = "It is being sent right now, or was delivered and `force` is not given, or its \
            destination is gone from the config."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
    )
)]
pub(crate) async fn replay(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<DeliveryId>,
    OptionalJsonBody(ReplayBody { force }): OptionalJsonBody<ReplayBody>,
) -> Result<(StatusCode, Json<Replayed>), Problem> {
    let number = send_again(&app, &caller, &id, force).await?;
    Ok((StatusCode::ACCEPTED, Json(Replayed { delivery: id.into(), attempt: number })))
}

/// Asks for a further attempt of one delivery; the answer is its number.
async fn send_again(app: &App, caller: &Caller, id: &DeliveryId, force: bool) -> Result<u32, Problem> {
    let queue = queue_of(app, caller, id).await?;
    let request = ReplayRequest {
        account: caller.account.clone(),
        delivery: id.clone(),
        force,
        by: caller.name.clone(),
        now: now(),
    };
    let wrong_state = |detail: String| Err(Problem::new(Kind::WrongState, detail));
    let number = match app.store.request_replay(&request).await? {
        Replay::Send { number } => number,
        Replay::NotFound => return Err(Problem::unknown("delivery", id)),
        Replay::InFlight { until } => {
            return wrong_state(format!("The delivery '{id}' is being sent right now: ask again after {until}."));
        }
        Replay::AlreadyDelivered => {
            return wrong_state(format!(
                "The delivery '{id}' was delivered: to send it a second time, ask with {{\"force\": true}}."
            ));
        }
    };
    // Recorded first: the attempt's number is what makes a message that comes twice harmless.
    let message = DeliveryMessage::try_number(&caller.account, id, number);
    send(queue, Outgoing::json(id.as_str(), message.group(), &message)).await?;
    Ok(number)
}

/// The queue of a delivery's channel, by the config in force: the destination's settings are read from it too.
async fn queue_of<'a>(app: &'a App, caller: &Caller, id: &DeliveryId) -> Result<&'a QueueSender, Problem> {
    let published = app.configs.get(&caller.account, now()).await?;
    let destination = id.destination();
    let found = published.as_ref().and_then(|published| published.checked.destination(&destination));
    match found.map(|destination| destination.channel.carrier()) {
        Some(Carrier::Webhook) => Ok(&app.queues.webhook),
        Some(Carrier::Email) => Ok(&app.queues.email),
        None if app.store.delivery(&caller.account, id).await?.is_none() => Err(Problem::unknown("delivery", id)),
        None => Err(Problem::new(
            Kind::WrongState,
            format!(
                "The config in force has no destination '{destination}', so nothing can be sent to it: publish one \
                 that has it, and replay then."
            ),
        )),
    }
}
