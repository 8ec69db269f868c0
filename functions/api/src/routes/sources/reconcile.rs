//! Looking through a platform's own list for leads that never arrived.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::config::{FetchSettings, Source};
use leadyard_domain::event::{EventStatus, Received};
use leadyard_domain::id::EventId;
use leadyard_domain::message::LeadsMessage;
use leadyard_outbound::exchange::{BodyEnd, Exchange, Method, OutboundRequest, Reply};
use leadyard_runtime::{Outgoing, SendError, now};
use leadyard_sources::fetch::received;
use leadyard_sources::{Answer, Api, Ask, Fetch, FetchError, Listed, format};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::body::OptionalJsonBody;
use crate::connector::{Connector, OperatedConnector};
use crate::problem::{Kind, Problem};

/// No page is asked for after this: with the last request the answer still comes within the gateway's 29 s.
const ASKING: Duration = Duration::from_secs(15);
/// For one request.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Days that are looked through where none are named.
const DAYS: u8 = 3;
/// Platforms keep leads for 90 days.
const DAYS_MAX: u8 = 90;

/// What to look through.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// So many days back from now, 1 to 90; 3 where none are given.
    #[schema(minimum = 1, maximum = 90)]
    days: Option<u8>,
    /// Where to go on: `next_cursor` of the answer before. The time that is looked through is that of the first request.
    cursor: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reconciled {
    /// The source.
    source: String,
    /// From when on the platform's leads were looked through.
    from: Timestamp,
    /// Until when.
    until: Timestamp,
    /// Leads that the platform has.
    platform: usize,
    /// Those of them that are in our log.
    ours: usize,
    /// Those of ours that failed: they are left as they are, and can be retried one by one.
    failed: usize,
    /// Those that had not arrived: they are taken now, as if their webhooks had come.
    taken: usize,
    /// There is more to look through: ask again with this. `null` when all was looked through.
    next_cursor: Option<String>,
}

/// The place up to which it was looked.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    from: Timestamp,
    until: Timestamp,
    list: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<String>,
}

impl Place {
    fn begin(days: u8, now: Timestamp) -> Self {
        let back = SignedDuration::from_hours(24 * i64::from(days));
        Self { from: now.checked_sub(back).unwrap_or(Timestamp::MIN), until: now, list: 0, page: None }
    }

    fn read(cursor: &str) -> Option<Self> {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?).ok()
    }

    fn write(&self) -> Result<String, Problem> {
        let json = serde_json::to_vec(self).map_err(|error| Problem::behind(false, &error))?;
        Ok(BASE64URL_NOPAD.encode(&json))
    }
}

/// Take leads that never arrived
///
/// For platforms that send ids only (`meta_lead_ads`, `linkedin`): reads the platform's own list of the last days, over the
/// `forms` that the source's `fetch` names, and takes each lead that is not in the log as if its webhook had come. A lead
/// whose webhook comes later is known by the same id, so there is never a second one.
///
/// A call looks for some 15 seconds; while `next_cursor` is not `null`, call again with it.
#[utoipa::path(
    post,
    path = "/v1/sources/{id}/reconcile",
    tag = "sources",
    operation_id = "reconcile_source",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The source's id in the config.")),
    request_body = Option<Reconcile>,
    responses(
        (status = 200, description = "What was found and taken.", body = Reconciled),
        (status = 400, description = "The days or the cursor do not fit."),
        (status = 404, description = "The config in force has no such source."),
        (status = 422, description = "The source fetches nothing, names no forms, or its platform does not let us look."),
        (status = 503, description = "The platform did not answer, or asks to slow down."),
    )
)]
pub(crate) async fn reconcile(
    OperatedConnector(Connector { caller, id, .. }): OperatedConnector,
    State(app): State<App>,
    OptionalJsonBody(asked): OptionalJsonBody<Reconcile>,
) -> Result<Json<Reconciled>, Problem> {
    let began = Instant::now();
    let published = app.configs.get(&caller.account, now()).await?;
    let unknown = || Problem::unknown("source", &id);
    let published = published.ok_or_else(unknown)?;
    let source = published.checked.source(&id).ok_or_else(unknown)?;
    let place = begin(&asked)?;
    let mut look = Look::new(&app, &caller, source, place).await?;
    if asked.cursor.is_none() {
        app.store.put_audit(&caller.account, now(), &caller.name, "source.reconcile", &id).await?;
    }
    while !look.is_over() && began.elapsed() < ASKING {
        let asked_at = Instant::now();
        match look.page().await {
            Ok(()) => {}
            // What was taken before is told; the next call meets the platform again.
            Err(_) if look.found.platform > 0 => break,
            Err(problem) => return Err(problem),
        }
        tokio::time::sleep(look.pace().saturating_sub(asked_at.elapsed())).await;
    }
    look.end().map(Json)
}

fn begin(asked: &Reconcile) -> Result<Place, Problem> {
    let days = asked.days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(Problem::new(Kind::BadRequest, format!("'days' is {days}: expected 1 to {DAYS_MAX}.")));
    }
    match &asked.cursor {
        None => Ok(Place::begin(days, now())),
        Some(cursor) => Place::read(cursor).ok_or_else(|| {
            let detail = "The cursor is none of this route: send back 'next_cursor' of its last answer as it is.";
            Problem::new(Kind::BadRequest, detail)
        }),
    }
}

/// A walk through the platform's lists.
struct Look<'a> {
    app: &'a App,
    caller: &'a Caller,
    source: &'a Source,
    fetch: &'static Fetch,
    settings: &'a FetchSettings,
    token: String,
    exchange: &'a Exchange,
    lists: Vec<String>,
    place: Place,
    found: Found,
}

#[derive(Default)]
struct Found {
    platform: usize,
    ours: usize,
    failed: usize,
    taken: usize,
}

impl<'a> Look<'a> {
    async fn new(app: &'a App, caller: &'a Caller, source: &'a Source, place: Place) -> Result<Self, Problem> {
        let refuse = |detail: String| Problem::new(Kind::Unprocessable, detail);
        let id = &source.id;
        let fetch = format(&source.format).and_then(|format| format.fetch).ok_or_else(|| {
            refuse(format!(
                "The source '{id}' has the format '{}', whose platform has no list to look through.",
                source.format
            ))
        })?;
        let settings = source.fetch.as_ref().ok_or_else(|| {
            refuse(format!("The source '{id}' does not say how to reach its platform: give it 'fetch' and publish."))
        })?;
        let lists = (fetch.lists)(&settings.forms);
        if lists.is_empty() {
            let detail =
                format!("The source '{id}' names no forms to look through: list them in 'fetch.forms' and publish.");
            return Err(refuse(detail));
        }
        let values = app.outbound.secrets().get(&caller.account, &settings.token, now()).await?;
        let token = values.first().map(|value| value.expose().to_owned()).ok_or_else(|| {
            refuse(format!("The secret '{}' has no value: PUT /v1/secrets/{} sets it.", settings.token, settings.token))
        })?;
        let exchange = app.outbound.exchange().await.map_err(|error| Problem::behind(false, &error))?;
        Ok(Self { app, caller, source, fetch, settings, token, exchange, lists, place, found: Found::default() })
    }

    fn is_over(&self) -> bool {
        self.place.list >= self.lists.len()
    }

    /// The least time from one request to the next.
    fn pace(&self) -> Duration {
        Duration::from_secs(1) / self.settings.per_second.max(1)
    }

    /// Reads the next page and takes what had not arrived.
    async fn page(&mut self) -> Result<(), Problem> {
        let Place { from, until, list, page } = &self.place;
        let Some(name) = self.lists.get(*list) else { return Ok(()) };
        let api = Api::new(self.fetch, self.settings, &self.token);
        let ask = (self.fetch.list)(&api, name, (*from, *until), page.as_deref());
        let read = |answer: &Answer<'_>| (self.fetch.read_list)(name, page.as_deref(), answer);
        let Listed { parts, next } = self.ask(ask, read).await.map_err(|error| match error {
            FetchError::Later(reason) => Problem::new(Kind::Unavailable, format!("{reason}. Send the request again.")),
            FetchError::Denied(reason) | FetchError::Final(reason) => {
                Problem::new(Kind::Unprocessable, format!("{reason}."))
            }
        })?;
        self.take(
            parts.into_iter().filter_map(|part| received(&self.caller.account, &self.source.id, part, now())).collect(),
        )
        .await?;
        match next {
            Some(next) => self.place.page = Some(next),
            None => {
                self.place.list += 1;
                self.place.page = None;
            }
        }
        Ok(())
    }

    async fn take(&mut self, events: Vec<Received>) -> Result<(), Problem> {
        if events.is_empty() {
            return Ok(());
        }
        let account = &self.caller.account;
        let ids = events.iter().map(|event| event.event.clone()).collect();
        let known = self.app.store.events(account, &ids).await?;
        self.found.platform += ids.len();
        self.found.ours += known.len();
        self.found.failed += known.values().filter(|record| record.status == EventStatus::Failed).count();
        let mut missing: Vec<Received> = events.into_iter().filter(|event| !known.contains_key(&event.event)).collect();
        let mut seen = BTreeSet::new();
        missing.retain(|event| seen.insert(event.event.clone()));
        let taken: Vec<EventId> = missing.iter().map(|event| event.event.clone()).collect();
        let message = |event: Received| {
            let id = event.event.to_string();
            let message = LeadsMessage::Received { event: Box::new(event), retry: false };
            Outgoing::json(id, account.as_str(), &message)
        };
        let messages: Vec<Outgoing> = missing.into_iter().map(message).collect::<Result<_, SendError>>()?;
        if !messages.is_empty() {
            self.app.queues.leads.send_all(messages).await?;
        }
        for event in &taken {
            tracing::info!(%account, source = %self.source.id, %event, "a lead that never arrived is taken");
        }
        self.found.taken += taken.len();
        Ok(())
    }

    async fn ask<T>(&self, ask: Ask, read: impl FnOnce(&Answer<'_>) -> Result<T, FetchError>) -> Result<T, FetchError> {
        let headers = ask.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let request =
            OutboundRequest { method: Method::GET, url: ask.url, headers, body: Vec::new(), timeout: TIMEOUT };
        match self.exchange.send(request).await {
            Reply::Failure(failure) if failure.code.is_retryable() => Err(FetchError::Later(failure.to_string())),
            Reply::Failure(failure) => Err(FetchError::Final(failure.to_string())),
            Reply::Answer(answer) if answer.body_end == BodyEnd::Complete => {
                read(&Answer { status: answer.status, body: &answer.body })
            }
            Reply::Answer(_) => Err(FetchError::Later("the platform's list broke off, or is too large".to_owned())),
        }
    }

    fn end(self) -> Result<Reconciled, Problem> {
        let next_cursor = if self.is_over() { None } else { Some(self.place.write()?) };
        let Found { platform, ours, failed, taken } = self.found;
        let Place { from, until, .. } = self.place;
        Ok(Reconciled { source: self.source.id.to_string(), from, until, platform, ours, failed, taken, next_cursor })
    }
}
