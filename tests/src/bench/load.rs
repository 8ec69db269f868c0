//! Two thousand leads through the local stack: how many a second, how long each takes, and what a million would cost.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    BenchError,
    usage::{Usage, number},
};
use crate::{
    client::{Answer, Api, hmac_header},
    proxy::{Call, Proxy},
    receiver::{Receiver, Recorded},
    stack::{Profile, Queue, Stack, StackError, StackOptions, free_port, wait_until},
};

/// Leads that are measured.
const LEADS: usize = 2_000;

/// Leads before them, which start the functions' processes.
pub(super) const WARM_UP_LEADS: usize = 100;

/// Requests on their way at a time.
const AT_ONCE: usize = 32;

/// Longest wait for the last lead.
const LIMIT: Duration = Duration::from_secs(900);

/// The functions of a lead's way, and whether a queue feeds them.
const FUNCTIONS: [(&str, bool); 4] =
    [("intake", false), ("evaluate", true), ("deliver-webhook", true), ("deliver-email", true)];

/// The most that a million leads may cost, without SES, in US dollars.
const USD_GOAL: f64 = 12.0;

pub(super) const HMAC_SECRET: &str = "bench";
pub(super) const SIGNING_SECRET: &str = "whsec_YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g=";

/// One signed source, a rule that most leads do not match, a pool of four, one signed webhook.
const CONFIG: &str = r#"
fields: [{ name: company_size, type: number }]
sources:
  - id: web
    format: json
    verify: { hmac: { secret: hmac, header: x-signature, prefix: "sha256=" } }
    external_id: { field: id }
assignees:
  - { id: anna, name: Anna, weight: 4, destinations: [crm], caps: [{ period: day, limit: 100000 }] }
  - { id: ben, name: Ben, weight: 3, destinations: [crm] }
  - { id: carla, name: Carla, weight: 2, destinations: [crm] }
  - { id: david, name: David, weight: 1, destinations: [crm] }
pools: [{ id: sales, members: [anna, ben, carla, david] }]
destinations: [{ id: crm, channel: { webhook: { url: "RECEIVER/crm", secret: signing } } }]
profiles:
  - id: all
    rules: [{ id: large, when: { field: company_size, op: gt, value: 500 }, then: [{ assign_to: anna }] }]
    default: [{ pool: sales }]
"#;

/// What the proxy counts into.
#[derive(Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Usage>>);

impl Meter {
    pub(super) fn lock(&self) -> MutexGuard<'_, Usage> {
        // A panic elsewhere leaves at worst one call uncounted.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the benchmark and prints its figures. True when the price is within the goal.
pub async fn load() -> Result<bool, BenchError> {
    eprintln!("building the functions optimised, as they are deployed (minutes the first time) ...");
    let port = free_port()?;
    let meter = Meter::default();
    let counting = meter.clone();
    let proxy = Proxy::start(&format!("http://127.0.0.1:{port}"), move |call: Call| counting.lock().call(&call))
        .map_err(BenchError::system("the counting proxy"))?;
    let options =
        StackOptions::named("bench-load").profile(Profile::Release).port(port).functions_endpoint(&proxy.url());
    let stack = Stack::start(options).await?;
    let receiver = Receiver::start().await.map_err(BenchError::system("the receiver"))?;
    let url = publish(&stack, &receiver).await?;

    eprintln!("sending {WARM_UP_LEADS} leads to start the functions, then {LEADS} ...");
    run(&stack, &receiver, &url, 0..WARM_UP_LEADS).await?;
    let began_ms = Timestamp::now().as_millisecond();
    *meter.lock() = Usage::default();
    let sent = run(&stack, &receiver, &url, WARM_UP_LEADS..WARM_UP_LEADS + LEADS).await?;
    let mut usage = meter.lock().clone();
    usage.api_requests(sent.len().try_into().unwrap_or(u64::MAX));
    for (function, fed_by_queue) in FUNCTIONS {
        usage.logs(&stack.logs(function, began_ms).await?, fed_by_queue);
    }
    Ok(report(&usage, &sent, &receiver.requests()))
}

async fn publish(stack: &Stack, receiver: &Receiver) -> Result<String, StackError> {
    let api = Api::of(stack, "bench").await?;
    api.set_secret("hmac", HMAC_SECRET).await?;
    api.set_secret("signing", SIGNING_SECRET).await?;
    let published = api.publish(&CONFIG.replace("RECEIVER", &receiver.base())).await?;
    published.endpoint("web").map(str::to_owned)
}

/// A lead as a website sends one.
fn lead(number: usize) -> String {
    json!({
        "id": format!("n-{number}"),
        "email": email(number),
        "phone": format!("+49 30 {:07}", number + 1_000_000),
        "name": "Kim Lee",
        "company": "Example GmbH",
        "company_size": number % 400,
        "postal_code": "10115",
        "city": "Berlin",
        "message": "Please call me about an offer. I am best reached in the afternoon.",
        "utm_source": "newsletter",
        "utm_campaign": "spring",
    })
    .to_string()
}

fn email(number: usize) -> String {
    format!("lead-{number}@example.com")
}

/// Sends the leads and waits until all are delivered and on record. When each was sent, by email.
async fn run(
    stack: &Stack,
    receiver: &Receiver,
    url: &str,
    numbers: std::ops::Range<usize>,
) -> Result<HashMap<String, Timestamp>, StackError> {
    let all = receiver.count() + numbers.len();
    let sent = send(stack, url, numbers).await?;
    wait_until("all leads are delivered", LIMIT, async || Ok((receiver.count() >= all).then_some(()))).await?;
    for queue in Queue::LIVE {
        stack.drained(queue, LIMIT).await?;
    }
    Ok(sent)
}

/// Sends the leads, many at a time, until all are accepted. When each was sent, by email.
pub(super) async fn send(
    stack: &Stack,
    url: &str,
    numbers: std::ops::Range<usize>,
) -> Result<HashMap<String, Timestamp>, StackError> {
    let mut sent = HashMap::with_capacity(numbers.len());
    let mut sending = JoinSet::new();
    for number in numbers {
        if sending.len() == AT_ONCE {
            accepted(sending.join_next().await)?;
        }
        let body = lead(number);
        let request = stack
            .http()
            .post(url)
            .header("content-type", "application/json")
            .header("x-signature", hmac_header(HMAC_SECRET, body.as_bytes()))
            .body(body);
        sent.insert(email(number), Timestamp::now());
        sending.spawn(Answer::to(request));
    }
    while let Some(joined) = sending.join_next().await {
        accepted(Some(joined))?;
    }
    Ok(sent)
}

fn accepted(joined: Option<Result<Result<Answer, StackError>, tokio::task::JoinError>>) -> Result<(), StackError> {
    match joined {
        Some(Ok(answer)) => answer?.accepted("POST /in/{key}").map(drop),
        // Nothing aborts these tasks, and they do not panic.
        Some(Err(_)) | None => Ok(()),
    }
}

/// Prints the figures; true when the price is within the goal.
fn report(usage: &Usage, sent: &HashMap<String, Timestamp>, requests: &[Recorded]) -> bool {
    let mut took_ms = Vec::with_capacity(sent.len());
    let mut last = None;
    for request in requests {
        let body: Value = request.json();
        let email = body["data"]["lead"]["fields"]["email"].as_str().unwrap_or_default();
        if let Some(at) = sent.get(email) {
            took_ms.push(request.at.duration_since(*at).as_secs_f64() * 1000.0);
            last = last.max(Some(request.at));
        }
    }
    took_ms.sort_by(f64::total_cmp);
    let leads = u64::try_from(took_ms.len()).unwrap_or(u64::MAX);
    let seconds = match (sent.values().min(), last) {
        (Some(first), Some(last)) => last.duration_since(*first).as_secs_f64(),
        _ => f64::NAN,
    };
    for (service, operation, count) in usage.calls() {
        println!(
            "call service={service} operation={operation} count={count} per_lead={:.3}",
            number(count) / number(leads)
        );
    }
    for (operation, units) in usage.units() {
        let (write, read) = (units.write / number(leads), units.read / number(leads));
        println!("units operation={operation} write_per_lead={write:.2} read_per_lead={read:.2}");
    }
    println!("call failed={} (conditions that did not hold)", usage.failed_calls());
    println!("lambda ms_per_invocation={:.1} (release build, measured in the functions here)", usage.invocation_ms());
    let parts = usage.parts(leads);
    for part in &parts {
        println!(
            "price part=\"{}\" units_per_lead={:.4} usd_per_million={:.2}",
            part.name, part.units_per_lead, part.usd_per_million
        );
    }
    let usd: f64 = parts.iter().map(|part| part.usd_per_million).sum();
    println!(
        "load leads={leads} per_s={:.1} p50_ms={:.0} p99_ms={:.0} calls_per_lead={:.2} usd_per_million={usd:.2}",
        number(leads) / seconds,
        percentile(&took_ms, 50),
        percentile(&took_ms, 99),
        number(usage.calls_total()) / number(leads),
    );
    usd < USD_GOAL
}

/// The value below or at which so many of a hundred lie; of a sorted list.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_of_a_sorted_list() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((percentile(&hundred, 50), percentile(&hundred, 99)), (50.0, 99.0));
        assert_eq!(percentile(&[7.0], 99), 7.0);
        assert!(percentile(&[], 50).is_nan());
    }
}
