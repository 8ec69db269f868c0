//! Sending a sample lead to a destination, to see what it says. Nothing is stored, and nothing is tried again.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use leadyard_domain::config::{Auth, Channel, Destination};
use leadyard_domain::delivery::{AnswerRule, DeliveryStatus, judge, payload, template_context};
use leadyard_domain::id::{DeliveryId, DestinationId, SecretName};
use leadyard_outbound::outcome::{Sent, refused, weigh};
use leadyard_outbound::redact::REDACTED;
use leadyard_outbound::request::{self, Credentials, PrepareError, Prepared};
use leadyard_outbound::signature::Secret;
use leadyard_runtime::now;
use leadyard_store::Published;
use serde::Serialize;
use utoipa::ToSchema;

use super::sample::{self, Order};
use crate::app::App;
use crate::auth::{Caller, Operator};
use crate::body::Id;
use crate::problem::{Kind, Problem};
use crate::routes::deliveries::{AnswerView, HeaderView, MessageView, status_schema};

/// The longest exchange of a test: the function's own answer must come within 29 s.
const TIMEOUT_MAX: Duration = Duration::from_secs(20);

/// What a destination said to a sample lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trial {
    /// The URL, without secrets; `null` when no request could be made.
    url: Option<String>,
    /// The method; `null` when no request could be made.
    method: Option<String>,
    /// What was sent; secrets are redacted. `null` when no request could be made.
    request: Option<MessageView>,
    /// What was answered, when something was.
    response: Option<AnswerView>,
    /// How long it took, in milliseconds.
    elapsed_ms: u64,
    /// What this would mean for a delivery.
    outcome: TrialOutcome,
}

/// What an answer would mean for the first attempt of a delivery.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialOutcome {
    /// Where the delivery would stand.
    #[schema(schema_with = status_schema)]
    status: DeliveryStatus,
    /// The kind of failure, such as `E_TIMEOUT`.
    code: Option<String>,
    /// What happened.
    reason: Option<String>,
    /// When the next attempt would be due.
    next_attempt_at: Option<Timestamp>,
}

/// What was made of a destination's settings.
struct Ready {
    /// The request, and the rules that read its answer.
    request: Result<(Prepared, Vec<AnswerRule>), Sent>,
    /// The values of secrets that went into it.
    secrets: Vec<String>,
    /// Whether the URL itself is a secret.
    url_is_secret: bool,
}

impl Ready {
    fn refused(code: &str, reason: &str) -> Self {
        Self { request: Err(refused(code, reason)), secrets: Vec::new(), url_is_secret: false }
    }
}

/// Test a destination
///
/// Sends a sample lead as a delivery would go out: the same body, headers, authentication and signature. Every field of the
/// config has a value, `extra.test` is true, and the id is another one each time. The receiver can't tell it from a lead
/// otherwise, so let it know.
///
/// Nothing is stored and nothing is tried again. The exchange may take 20 seconds, or less where the destination says so.
/// That the receiver can't be reached, or refuses the lead, is a good answer here.
#[utoipa::path(
    post,
    path = "/v1/destinations/{id}/test",
    tag = "destinations",
    operation_id = "test_destination",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The destination's id.")),
    responses(
        (status = 200, description = "What was sent, what was answered, and what it means.", body = Trial),
        (status = 404, description = "The config in force has no such destination."),
        (status = 422, description = "The destination's channel or authentication can't be tested so."),
    )
)]
pub(crate) async fn send(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<DestinationId>,
) -> Result<Json<Trial>, Problem> {
    let published = app.configs.get(&caller.account, now()).await?;
    let unknown = || Problem::unknown("destination", &id);
    let published = published.ok_or_else(unknown)?;
    let destination = published.checked.destination(&id).ok_or_else(unknown)?;
    let at = now();
    let order = sample::order(&caller.account, &published.checked, published.version, &id, at)?;
    let delivery = DeliveryId::of(&order.lead.id, 1, &id);
    let Ready { request, secrets, url_is_secret } =
        prepare(&app, &caller, &published, destination, &order, &delivery, at).await?;
    let sent = match request {
        Err(sent) => (None, sent),
        Ok((mut prepared, rules)) => {
            let exchange = app.outbound.exchange().await.map_err(|error| Problem::behind(false, &error))?;
            prepared.request.timeout = prepared.request.timeout.min(TIMEOUT_MAX);
            let method = prepared.request.method.to_string();
            let reply = exchange.send(prepared.request.clone()).await;
            (Some(method), weigh(&prepared, reply, &rules, now()))
        }
    };
    Ok(Json(trial(sent, destination, &delivery, &Scrub { secrets, url_is_secret })))
}

/// Makes the request of a delivery's first attempt. What would end the delivery is no refusal of the test.
async fn prepare(
    app: &App,
    caller: &Caller,
    published: &Published,
    destination: &Destination,
    order: &Order,
    delivery: &DeliveryId,
    at: Timestamp,
) -> Result<Ready, Problem> {
    let untestable = |detail: &str| Err(Problem::new(Kind::Unprocessable, detail));
    let Order { lead, assignment } = order;
    let context = template_context(lead, assignment, delivery, &published.checked);
    match &destination.channel {
        Channel::Email(_) => untestable(
            "A destination that sends emails can't be tested this way: give a lead to somebody who has it, and look at \
             the delivery.",
        ),
        Channel::Webhook(webhook) => {
            if matches!(webhook.auth, Some(Auth::Oauth2(_))) {
                return untestable(
                    "A destination whose token comes from an authorisation server can't be tested this way: give a lead \
                     to somebody who has it, and look at the delivery.",
                );
            }
            let signing = match &webhook.secret {
                Some(name) => values(app, caller, name, at).await?,
                None => Vec::new(),
            };
            // Sending unsigned what should be signed would teach receivers not to look.
            if webhook.secret.is_some() && signing.is_empty() {
                return Ok(Ready::refused("E_SECRET", "the secret that signs it has no value: set it"));
            }
            let keys: Vec<Secret> = match signing.iter().map(|value| Secret::parse(value)).collect() {
                Ok(keys) => keys,
                Err(error) => return Ok(Ready::refused("E_SECRET", &error.to_string())),
            };
            let auth = match &webhook.auth {
                Some(auth) => values(app, caller, auth.secret(), at).await?,
                None => Vec::new(),
            };
            if webhook.auth.is_some() && auth.is_empty() {
                return Ok(Ready::refused("E_SECRET", "the secret of 'auth' has no value: set it"));
            }
            let credentials = Credentials { signing: &keys, auth: auth.first().map(String::as_str) };
            let payload = payload(lead, assignment, delivery, &published.checked);
            let request = request::webhook(webhook, &context, &payload, delivery.as_str(), at, credentials);
            let request = request.map(|prepared| (prepared, webhook.answers.clone())).map_err(|error| failed(&error));
            Ok(Ready { request, secrets: [signing, auth].concat(), url_is_secret: false })
        }
        Channel::Slack(slack) => {
            let urls = values(app, caller, &slack.secret, at).await?;
            let Some(url) = urls.first() else {
                return Ok(Ready::refused(
                    "E_SECRET",
                    "the secret with the incoming webhook's URL has no value: set it",
                ));
            };
            let request = request::slack(slack, url, &context, delivery.as_str());
            let request = request.map(|prepared| (prepared, Vec::new())).map_err(|error| failed(&error));
            Ok(Ready { request, secrets: urls, url_is_secret: true })
        }
    }
}

fn failed(error: &PrepareError) -> Sent {
    refused(error.code(), &error.to_string())
}

/// The good values of a secret, the newest first.
async fn values(app: &App, caller: &Caller, name: &SecretName, at: Timestamp) -> Result<Vec<String>, Problem> {
    let values = app.outbound.secrets().get(&caller.account, name, at).await?;
    Ok(values.iter().map(|value| value.expose().to_owned()).collect())
}

fn trial(
    (method, sent): (Option<String>, Sent),
    destination: &Destination,
    delivery: &DeliveryId,
    scrub: &Scrub,
) -> Trial {
    let Sent { result, may_have_arrived, code, exchange, elapsed_ms, .. } = sent;
    let result = if destination.at_most_once { result.at_most_once(may_have_arrived) } else { result };
    let (status, next_attempt_at, reason) = judge(result, delivery, 1, &destination.retry, now()).into_parts();
    let headers = |pairs: Vec<(String, String)>| {
        pairs.into_iter().map(|(name, value)| HeaderView { name, value: scrub.text(value) }).collect()
    };
    let sent = method.is_some();
    Trial {
        url: sent.then(|| if scrub.url_is_secret { REDACTED.to_owned() } else { scrub.text(exchange.to) }),
        request: sent.then(|| MessageView {
            headers: headers(exchange.request_headers),
            body: scrub.text(exchange.request_body),
        }),
        response: exchange.response_status.map(|status| AnswerView {
            status,
            headers: headers(exchange.response_headers),
            body: scrub.text(exchange.response_body),
        }),
        method,
        elapsed_ms,
        outcome: TrialOutcome { status, code, reason: reason.map(|reason| scrub.text(reason)), next_attempt_at },
    }
}

/// Takes secrets out of what a receiver says: one that shows what it was sent would tell an operator what only an admin set.
struct Scrub {
    secrets: Vec<String>,
    url_is_secret: bool,
}

impl Scrub {
    fn text(&self, mut text: String) -> String {
        for secret in self.secrets.iter().filter(|secret| !secret.is_empty()) {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), REDACTED);
            }
        }
        text
    }
}
