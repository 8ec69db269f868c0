//! Sending a sample lead to a destination, to see what it says. Nothing is stored, and nothing is tried again.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use leadyard_domain::config::{Channel, Destination};
use leadyard_domain::delivery::{DeliveryStatus, Told, judge, payload, template_context};
use leadyard_domain::id::{DeliveryId, DeliveryKind, DestinationId};
use leadyard_domain::sync::PushKind;
use leadyard_outbound::outcome::{Sent, refused};
use leadyard_outbound::ready::{Ready, Values};
use leadyard_runtime::now;
use leadyard_store::Published;
use serde::Serialize;
use serde_json::json;
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
    /// The URL, without secrets; of a Slack channel the host alone. `null` when no request could be made.
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

/// Test a destination
///
/// Sends a sample lead as a delivery would go out: the same body, headers, authentication and signature. Every field of the
/// config has a value, `extra.test` is true, and the id is another one each time. The receiver can't tell it from a lead
/// otherwise, so let it know.
///
/// A destination that automations tell and no assignee has gets a push instead, of type `test`: another account notes in its log
/// that it arrived, and makes no lead of it.
///
/// Nothing is stored and nothing is tried again. The exchange may take 20 seconds, or less where the destination says so; a
/// token is asked for before it, where the destination needs one.
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
        (status = 422, description = "The destination's channel can't be tested so."),
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
    // A destination that automations tell, and nobody has, gets a push.
    let config = published.checked.config();
    let is_had = config.assignees.iter().any(|assignee| assignee.destinations.contains(&id));
    let is_told = config.automations.iter().any(|automation| automation.push == id);
    let delivery = match is_told && !is_had {
        true => DeliveryId::of_push(&order.lead.id, 1, &id),
        false => DeliveryId::of(&order.lead.id, 1, &id),
    };
    let (method, sent) = attempt(&app, &caller, &published, destination, &order, &delivery, at).await?;
    Ok(Json(trial(method, sent, destination, &delivery)))
}

/// Makes the request of a delivery's first attempt and sends it; answers its method, when there was one. What would end the
/// delivery is no refusal of the test.
async fn attempt(
    app: &App,
    caller: &Caller,
    published: &Published,
    destination: &Destination,
    order: &Order,
    delivery: &DeliveryId,
    at: Timestamp,
) -> Result<(Option<String>, Sent), Problem> {
    if matches!(destination.channel, Channel::Email(_)) {
        return Err(Problem::new(
            Kind::Unprocessable,
            "A destination that sends emails can't be tested this way: give a lead to somebody who has it, and look at the \
             delivery.",
        ));
    }
    let exchange = app.outbound.exchange().await.map_err(|error| Problem::behind(false, &error))?;
    let tokens = app.outbound.tokens();
    let mut values = Values::new();
    for name in destination.channel.secrets() {
        let good = app.outbound.secrets().get(&caller.account, name, at).await?;
        values.insert(name.clone(), good.iter().map(|value| value.expose().to_owned()).collect());
    }
    let ready = match Ready::new(&destination.channel, &values, exchange, tokens, at).await {
        Ok(ready) => ready,
        Err(sent) => return Ok((None, sent)),
    };
    let told = Told { lead: &order.lead, assignment: &order.assignment, activity: None };
    let context = template_context(&told, delivery, &published.checked);
    let mut payload = payload(&told, delivery, &published.checked);
    if let DeliveryKind::Push { .. } = delivery.kind() {
        // Another account must not make a lead of it.
        payload["type"] = json!(PushKind::Test);
    }
    Ok(match ready.prepare(&context, &payload, delivery.as_str(), at) {
        Ok(mut prepared) => {
            prepared.request.timeout = prepared.request.timeout.min(TIMEOUT_MAX);
            let method = prepared.request.method.to_string();
            (Some(method), ready.send(&prepared, exchange, tokens, now()).await)
        }
        Err(error) => (None, refused(error.code(), &error.to_string())),
    })
}

fn trial(method: Option<String>, sent: Sent, destination: &Destination, delivery: &DeliveryId) -> Trial {
    let Sent { result, may_have_arrived, code, exchange, elapsed_ms, .. } = sent;
    let result = if destination.at_most_once { result.at_most_once(may_have_arrived) } else { result };
    let (status, next_attempt_at, reason) = judge(result, delivery, 1, &destination.retry, now()).into_parts();
    let headers =
        |pairs: Vec<(String, String)>| pairs.into_iter().map(|(name, value)| HeaderView { name, value }).collect();
    let sent = method.is_some();
    Trial {
        url: sent.then_some(exchange.to),
        request: sent.then(|| MessageView { headers: headers(exchange.request_headers), body: exchange.request_body }),
        response: exchange.response_status.map(|status| AnswerView {
            status,
            headers: headers(exchange.response_headers),
            body: exchange.response_body,
        }),
        method,
        elapsed_ms,
        outcome: TrialOutcome { status, code, reason, next_attempt_at },
    }
}
