//! One request: read, decide, write, report.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use lambda_http::http::{HeaderMap, Method, header};
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt as _, Response};
use leadyard_domain::config::{Checked, Source};
use leadyard_domain::event::{Origin, Received};
use leadyard_domain::id::{AccountId, SourceId};
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Metrics, Outgoing, QueueSender, SendError};
use leadyard_sources::page::{Visit, page};
use leadyard_sources::{BODY_BYTES_MAX, Malformed, Reply, Request, format};
use leadyard_store::{ConfigCache, SecretCache, Store, StoreError};

use crate::endpoints::Endpoints;
use crate::problem::Problem;
use crate::receive::{Outcome, Target, receive};
use crate::wait::{self, Pause, Waiter};

/// The part of the path under which a source's form is hosted.
const PAGE: &str = "f";

/// Most characters of a header that are kept as an event's origin.
const ORIGIN_CHARS_MAX: usize = 2_048;

/// The function.
pub struct Intake {
    endpoints: Endpoints,
    configs: ConfigCache,
    secrets: SecretCache,
    queue: QueueSender,
    metrics: Metrics,
    waiter: Waiter,
    now: fn() -> Timestamp,
}

/// What the log line says of a request. Never anything of its body.
#[derive(Default)]
struct Noted {
    account: Option<AccountId>,
    source: Option<SourceId>,
    events: usize,
    /// The event of a request with one, by which it is followed from here on.
    event: Option<String>,
    ignored: Option<&'static str>,
    /// How long the sender waited for what becomes of its lead: no work of this function's.
    waited: Duration,
}

impl Intake {
    /// Nothing is asked of a service before the first request.
    #[must_use]
    pub fn new(store: Store, queue: QueueSender, metrics: Metrics, now: fn() -> Timestamp) -> Self {
        Self {
            endpoints: Endpoints::new(store.clone()),
            configs: ConfigCache::new(store.clone()),
            secrets: SecretCache::new(store.clone()),
            queue,
            metrics,
            waiter: Waiter::new(store, now),
            now,
        }
    }

    /// The same with other pauses than those of the machine's clock, for a test that moves its own.
    #[must_use]
    pub fn pausing(mut self, pause: Pause) -> Self {
        self.waiter.pause = pause;
        self
    }

    /// Answers one request.
    pub async fn handle(&self, request: lambda_http::Request) -> Response<Body> {
        let began = Instant::now();
        let mut noted = Noted::default();
        let result = self.settle(&request, &mut noted).await;
        self.report(&result, &noted, began);
        let Reply { status, headers, body } = result.unwrap_or_else(|problem| problem.reply());
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response.headers_mut().extend(headers);
        response
    }

    async fn settle(&self, request: &lambda_http::Request, noted: &mut Noted) -> Result<Reply, Problem> {
        let body: &[u8] = request.body();
        if body.len() > BODY_BYTES_MAX {
            return Err(Problem::malformed(&Malformed::TooLarge { bytes: body.len() }));
        }
        let now = (self.now)();
        // The routes are /in/{key} and /f/{key}: a stage or a mapped path may stand before them.
        let mut path = request.uri().path().rsplit('/');
        let key = path.next().unwrap_or_default();
        let asks_for_page = path.next() == Some(PAGE);
        let endpoint = self.endpoints.find(key, now).await.map_err(away)?;
        let (account, source) = endpoint.ok_or_else(|| Problem::no_source("unknown key"))?;
        let (account, source) = (&*noted.account.insert(account), &*noted.source.insert(source));

        let published = self.configs.get(account, now).await.map_err(away)?;
        let missing = || Problem::no_source("the config has no such source");
        let published = published.ok_or_else(missing)?;
        let source = published.checked.source(source).ok_or_else(missing)?;
        if !source.enabled {
            return Err(Problem::no_source("disabled"));
        }
        if asks_for_page {
            return hosted_page(request, &published.checked, source, key, now);
        }
        // A published config names formats that exist; one that is newer than this program may not.
        let format = format(&source.format).ok_or_else(|| Problem::unavailable(&"the source's format is unknown"))?;
        let tries = *request.method() == Method::GET;
        let secret = if tries { source.verify.challenge_secret() } else { source.verify.secret() };
        let secrets = match secret {
            Some(name) => Some(self.secrets.get(account, name, now).await.map_err(away)?),
            None => None,
        };
        let secrets: Vec<&[u8]> =
            secrets.iter().flat_map(|values| values.iter()).map(|secret| secret.expose().as_bytes()).collect();

        let (id, ip) = context(request);
        let asked = Request {
            id,
            method: request.method(),
            url: &request.uri().to_string(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            received_at: now,
            body,
        };
        let target = Target { account, source, format, secrets: &secrets };
        match receive(target, &asked, &origin(request.headers(), ip), now) {
            Outcome::Take { events, reply } => {
                noted.events = events.len();
                if let [only] = events.as_slice() {
                    noted.event = Some(only.event.to_string());
                }
                let waits_for = wait::asked(source, format, asked.query, &events);
                self.enqueue(account, events).await?;
                // From here on nothing can be lost, whatever becomes of the waiting.
                let Some(event) = waits_for else { return Ok(reply) };
                let waiting = Instant::now();
                let outcome = self.waiter.outcome(account, &published, source, &event).await;
                noted.waited = waiting.elapsed();
                Ok(outcome.unwrap_or(reply))
            }
            Outcome::Ignore { reply, reason } => {
                noted.ignored = Some(reason);
                Ok(reply)
            }
            Outcome::Answer(reply) => Ok(reply),
            Outcome::Refuse(problem) => Err(problem),
        }
    }

    /// Returns when the queue has all events. When it has only some, the sender sends again, and evaluate knows them.
    async fn enqueue(&self, account: &AccountId, events: Vec<Received>) -> Result<(), Problem> {
        let message = |event: Received| {
            let id = event.event.to_string();
            let message = LeadsMessage::Received { event: Box::new(event), retry: false };
            Outgoing::json(id, account.as_str(), &message)
        };
        let messages: Result<Vec<Outgoing>, SendError> = events.into_iter().map(message).collect();
        let sent = match messages {
            Ok(messages) => self.queue.send_all(messages).await,
            Err(error) => Err(error),
        };
        sent.map_err(
            |error| {
                if error.is_retryable() { Problem::unavailable(&error) } else { Problem::outgrown(&error) }
            },
        )
    }

    /// One line a request, and what CloudWatch counts.
    fn report(&self, result: &Result<Reply, Problem>, noted: &Noted, began: Instant) {
        let took = began.elapsed().saturating_sub(noted.waited);
        let account = noted.account.as_ref().map(AccountId::as_str);
        let source = noted.source.as_ref().map(SourceId::as_str);
        let (events, event, ignored) = (noted.events, noted.event.as_deref(), noted.ignored);
        let ms = took.as_secs_f64() * 1000.0;
        let waited_ms = noted.waited.as_millis();
        match result {
            Ok(reply) => {
                let status = reply.status.as_u16();
                // A usize always fits: no machine has more than 64 bits of them.
                self.metrics.count("EventsReceived", u64::try_from(events).unwrap_or(u64::MAX));
                tracing::info!(account, source, status, events, event, ignored, ms, waited_ms, "request answered");
            }
            Err(problem) => {
                let (status, cause) = (problem.status.as_u16(), problem.cause.as_str());
                self.metrics.count("RequestsRefused", 1);
                if problem.status.is_server_error() {
                    tracing::error!(account, source, status, events, event, cause, ms, "request failed");
                } else if problem.is_our_fault {
                    tracing::warn!(account, source, status, cause, ms, "request refused");
                } else {
                    tracing::info!(account, source, status, cause, ms, "request refused");
                }
            }
        }
        self.metrics.millis("Intake", took);
        self.metrics.flush();
    }
}

/// The form of a source that has one; whoever may send may see it.
fn hosted_page(
    request: &lambda_http::Request,
    config: &Checked,
    source: &Source,
    key: &str,
    now: Timestamp,
) -> Result<Reply, Problem> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Problem::method_not_allowed());
    }
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|error| Problem::unavailable(&error))?;
    let nonce = data_encoding::HEXLOWER.encode(&nonce);
    let referrer = request.headers().get(header::REFERER).and_then(|value| value.to_str().ok());
    let query = request.uri().query().unwrap_or_default();
    page(config, source, &Visit { key, query, referrer, nonce: &nonce, at: now })
        .ok_or_else(|| Problem::no_source("the source has no hosted form"))
}

/// The table cannot be asked: whether or not it is worth a retry for us, the sender has done nothing wrong and should
/// send again.
fn away(error: StoreError) -> Problem {
    Problem::unavailable(&error)
}

/// The gateway's id of the request, and the sender's address.
fn context(request: &lambda_http::Request) -> (&str, Option<&str>) {
    let (id, ip) = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            (context.request_id.as_deref(), context.http.source_ip.as_deref())
        }
        _ => (None, None),
    };
    // Without a gateway, Lambda's own id of the invocation: it too is one per request.
    let own = || request.lambda_context_ref().map(|context| context.request_id.as_str());
    (id.or_else(own).unwrap_or_default(), ip)
}

fn origin(headers: &HeaderMap, ip: Option<&str>) -> Origin {
    let text = |name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.chars().take(ORIGIN_CHARS_MAX).collect::<String>()).filter(|value| !value.is_empty())
    };
    Origin { ip: ip.map(str::to_owned), referrer: text(header::REFERER), user_agent: text(header::USER_AGENT) }
}
