//! What a source would make of a request that somebody pastes: each step that intake and evaluate would take, with what it
//! finds. Nothing is stored and nothing is sent.

mod sample;
mod view;

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{Method, StatusCode};
use leadyard_domain::config::{Checked, Source};
use leadyard_domain::event::{EventRecord, EventStatus, Intent, Origin, Received};
use leadyard_domain::id::EventId;
use leadyard_domain::sync::PushKind;
use leadyard_runtime::now;
use leadyard_sources::capture::{Known, possible_keys};
use leadyard_sources::{
    BODY_BYTES_MAX, Draft, Format, Malformed, Part, Request, Split, apply, capture_event, format, identify,
};

use self::sample::{PastedRequest, read};
use self::view::{OutcomeView, VerificationView, Verified, VerifiedEvent};
use crate::app::App;
use crate::auth::Caller;
use crate::connector::{Connector, SeenConnector};
use crate::problem::Problem;

/// Most events of one answer: a person looks at it.
const EVENTS_SHOWN_MAX: usize = 100;

/// Verify a sample
///
/// Runs a sample through a source and tells what would become of it: its events, each field with the place of its value,
/// what is left over, the search keys, whether a lead with them is known, and what would be done. What does not fit is told
/// with its place. Nothing is stored and nothing is sent.
///
/// The request's body is the sample, under the content type that the sender would use. Or, to try a signature as well, it is
/// JSON with the `body` as a text and the `headers` beside it, and nothing else.
#[utoipa::path(
    post,
    path = "/v1/sources/{id}/verify",
    tag = "sources",
    operation_id = "verify_sample",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The source's id in the config.")),
    request_body(content(
        (PastedRequest = "application/json"),
        (String = "application/x-www-form-urlencoded"),
        (String = "*/*"),
    )),
    responses(
        (status = 200, description = "What would become of it; also of one that is refused.", body = Verified),
        (status = 400, description = "A header that is none."),
        (status = 404, description = "The config in force has no such source."),
        (status = 413, description = "The body is over 1.5 MiB."),
    )
)]
pub(crate) async fn verify(
    SeenConnector(Connector { caller, id, .. }): SeenConnector,
    State(app): State<App>,
    request: HttpRequest,
) -> Result<Json<Verified>, Problem> {
    let unknown = || Problem::unknown("source", &id);
    let published = app.configs.get(&caller.account, now()).await?.ok_or_else(unknown)?;
    let source = published.checked.source(&id).ok_or_else(unknown)?;
    // A published config names formats that exist; one that is newer than this program may not.
    let format = format(&source.format).ok_or_else(|| Problem::behind(false, &"the source's format is unknown"))?;
    let pasted = read(request).await?;
    let url = pasted.url.clone().unwrap_or_else(|| format!("{}/in/{{key}}", app.public_url));
    let request = Request {
        id: "sample",
        method: &Method::POST,
        url: &url,
        query: url.split_once('?').map_or("", |(_, query)| query),
        headers: &pasted.headers,
        received_at: now(),
        body: &pasted.body,
    };
    let verification = match pasted.may_prove {
        true => Some(prove(&app, &caller, source, format, &request).await?),
        false => None,
    };
    let answered = |events: &[EventId]| (format.reply)(source, events).status;
    let mut verified = Verified::answered(StatusCode::OK);
    verified.verification = verification;
    match split(source, format, &request) {
        Ok(Split::Events(parts)) => {
            let origin = origin(&request);
            let received = |(index, part)| received(&caller, source, &origin, index, part);
            let events: Vec<Received> = parts.into_iter().enumerate().map(received).collect();
            let ids: Vec<EventId> = events.iter().map(|event| event.event.clone()).collect();
            verified.set_answer(answered(&ids));
            verified.more = events.len().saturating_sub(EVENTS_SHOWN_MAX);
            let shown = &events[..events.len().min(EVENTS_SHOWN_MAX)];
            verified.events = judge(&app, &caller, &published.checked, source, shown).await?;
        }
        Ok(Split::Ignored { reason }) => {
            verified.set_answer(answered(&[]));
            verified.ignored = Some(reason);
        }
        Err(error) => {
            verified.set_answer(if format.forgiving { answered(&[]) } else { error.status() });
            verified.malformed = Some(error.to_string());
        }
    }
    Ok(Json(verified))
}

fn split(source: &Source, format: &Format, request: &Request<'_>) -> Result<Split, Malformed> {
    match request.body.len() {
        bytes if bytes > BODY_BYTES_MAX => Err(Malformed::TooLarge { bytes }),
        _ => format.read(source, request),
    }
}

async fn prove(
    app: &App,
    caller: &Caller,
    source: &Source,
    format: &Format,
    request: &Request<'_>,
) -> Result<VerificationView, Problem> {
    let values = match source.verify.secret() {
        Some(name) => Some(app.outbound.secrets().get(&caller.account, name, now()).await?),
        None => None,
    };
    let secrets: Vec<&[u8]> =
        values.iter().flat_map(|values| values.iter()).map(|secret| secret.expose().as_bytes()).collect();
    Ok((format.verify)(source, &secrets, request, now()).into())
}

fn origin(request: &Request<'_>) -> Origin {
    let text = |name| request.header(name).ok().map(str::to_owned);
    Origin { referrer: text("referer"), user_agent: text("user-agent"), ip: None }
}

fn received(caller: &Caller, source: &Source, origin: &Origin, index: usize, part: Part) -> Received {
    let (event, identity) = identify(&caller.account, &source.id, "sample", index, &part);
    Received {
        account: caller.account.clone(),
        source: source.id.clone(),
        event,
        received_at: now(),
        identity,
        payload: part.payload,
        origin: origin.clone(),
        intent: part.intent,
    }
}

/// Says what would become of each event, by what is known now.
async fn judge(
    app: &App,
    caller: &Caller,
    config: &Checked,
    source: &Source,
    events: &[Received],
) -> Result<Vec<VerifiedEvent>, Problem> {
    let account = &caller.account;
    let captured = |event: &Received| {
        let is_lead = match &event.intent {
            Intent::Capture => true,
            Intent::Sync(head) => head.kind != PushKind::Deleted,
            _ => false,
        };
        let draft = is_lead.then(|| capture_event(config, source, event));
        draft.transpose().map_err(|error| error.to_string())
    };
    let drafts: Vec<Result<Option<Draft>, String>> = events.iter().map(captured).collect();
    let ids: BTreeSet<EventId> = events.iter().map(|event| event.event.clone()).collect();
    let records = app.store.events(account, &ids).await?;
    let drafted = || drafts.iter().flatten().flatten();
    let pushes = || drafted().filter_map(|draft| draft.push.as_ref());
    let mut looked_up: BTreeSet<_> =
        drafted().flat_map(|draft| possible_keys(config, &source.entity, &draft.fields)).collect();
    looked_up.extend(pushes().flat_map(|push| push.links(&source.entity)));
    let mut known = Known::default();
    if !looked_up.is_empty() {
        known.keys = app.store.find_leads(account, &looked_up, true).await?;
    }
    let ids: BTreeSet<_> = known.keys.values().cloned().chain(pushes().filter_map(|push| push.known_as())).collect();
    if !ids.is_empty() {
        known.leads = app.store.leads(account, &ids, true).await?;
    }
    let judged = |(event, draft): (&Received, Result<Option<Draft>, String>)| {
        let mut view = VerifiedEvent::of(event);
        view.outcome = match draft {
            Ok(Some(draft)) => {
                view.tell(config, source, event, &draft, &known);
                Some(outcome(draft, source, event, &known))
            }
            Ok(None) => by_intent(&event.intent),
            Err(reason) => Some(OutcomeView::failed(reason)),
        };
        if let Some(record) = records.get(&event.event) {
            view.outcome = Some(repeated(record));
        }
        view
    };
    Ok(events.iter().zip(drafts).map(judged).collect())
}

fn outcome(draft: Draft, source: &Source, event: &Received, known: &Known) -> OutcomeView {
    let met = known.met(&draft, source, event);
    let oddity = known.oddity(&draft, source, event, met);
    match apply(draft, met, source, event, event.received_at) {
        Ok(applied) => {
            let reasons: Vec<&str> = applied.reason().into_iter().chain(oddity.as_deref()).collect();
            OutcomeView {
                status: applied.status(),
                reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
                lead: met.map(|lead| lead.id.to_string()),
            }
        }
        Err(error) => OutcomeView::failed(error.to_string()),
    }
}

/// What becomes of an event of which no lead is captured here; `None` when the platform has to be asked for it, or a lead
/// would be erased.
fn by_intent(intent: &Intent) -> Option<OutcomeView> {
    match intent {
        Intent::Capture | Intent::Fetch | Intent::Sync(_) | Intent::Erase { .. } => None,
        Intent::Log { reason } => {
            Some(OutcomeView { status: EventStatus::Unchanged, reason: Some(reason.clone()), lead: None })
        }
        Intent::Fail { reason } => Some(OutcomeView::failed(reason.clone())),
    }
}

fn repeated(record: &EventRecord) -> OutcomeView {
    OutcomeView {
        status: EventStatus::Duplicate,
        reason: Some(format!("this event came before; it is {} in the log", record.status.name())),
        lead: record.lead.as_ref().map(ToString::to_string),
    }
}
