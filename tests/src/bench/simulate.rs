//! Ten thousand past leads decided again: how long the API takes to answer, on the local stack.

use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use super::BenchError;
use crate::{
    client::{Answer, Api},
    stack::{Profile, Queue, Stack, StackError, StackOptions},
};

/// Leads that are simulated.
const LEADS: usize = 10_000;

/// Leads of one request, so that sending them is not what takes the time.
const LEADS_A_REQUEST: usize = 200;

/// Longest wait until all leads are decided.
const LIMIT: Duration = Duration::from_secs(1_800);

/// The most seconds that one simulation may take.
const SECONDS_GOAL: f64 = 20.0;

/// A rule for each of a hundred scores, a pool of four with caps: enough that a draft changes something.
fn config(first_score: usize) -> String {
    let rules: Vec<Value> = (0..100)
        .map(|number| {
            let score = first_score + number;
            json!({ "id": format!("score-{number}"), "when": { "all": [
                { "field": "score", "op": "eq", "value": score },
                { "field": "city", "op": "starts_with", "value": "ber" },
            ] }, "then": [{ "assign_to": "anna" }] })
        })
        .collect();
    json!({
        "fields": [{ "name": "score", "type": "number" }],
        "sources": [{ "id": "web", "format": "json", "external_id": { "field": "id" } }],
        "assignees": [
            { "id": "anna", "name": "Anna", "weight": 4, "caps": [{ "period": "day", "limit": 100_000 }] },
            { "id": "ben", "name": "Ben", "weight": 3 },
            { "id": "carla", "name": "Carla", "weight": 2 },
            { "id": "david", "name": "David" },
        ],
        "pools": [{ "id": "sales", "members": ["anna", "ben", "carla", "david"] }],
        "profiles": [{ "id": "all", "rules": rules, "default": { "pool": "sales" } }],
    })
    .to_string()
}

fn lead(number: usize) -> Value {
    json!({
        "id": format!("n-{number}"),
        "email": format!("lead-{number}@example.com"),
        "score": number % 400,
        "city": if number.is_multiple_of(2) { "Berlin" } else { "Hamburg" },
        "company": "Example GmbH",
        "message": "Please call me about an offer. I am best reached in the afternoon.",
    })
}

/// Runs the benchmark and prints its figures. True when every simulation was within the goal.
pub async fn simulate() -> Result<bool, BenchError> {
    eprintln!("building the functions optimised, as they are deployed (minutes the first time) ...");
    let stack = Stack::start(StackOptions::named("bench-simulate").profile(Profile::Release)).await?;
    let api = Api::of(&stack, "bench").await?;
    let published = api.publish(&config(0)).await?;
    let first_day = Timestamp::now().to_zoned(TimeZone::UTC).date();
    eprintln!("sending {LEADS} leads and waiting until all are decided ...");
    for first in (0..LEADS).step_by(LEADS_A_REQUEST) {
        let leads: Vec<Value> = (first..first + LEADS_A_REQUEST).map(lead).collect();
        let request = stack.http().post(published.endpoint("web")?).json(&leads);
        Answer::to(request).await?.accepted("POST /in/{key}")?;
    }
    stack.drained(Queue::Leads, LIMIT).await?;

    let past = json!({ "from": first_day, "to": first_day.saturating_add(1.day()) });
    let draft: Value = serde_json::from_str(&config(50)).unwrap_or_default();
    let cases = [
        ("in_force", json!({ "past": past, "list": "none" })),
        ("draft", json!({ "past": past, "config": draft })),
        ("reset", json!({ "past": past, "state": "reset", "list": "all" })),
    ];
    let mut within = true;
    for (case, request) in cases {
        let (seconds, answer) = ask(&api, &request).await?;
        let (simulated, differ) = (&answer["simulated"], &answer["differ"]);
        println!("simulate case={case} leads={simulated} differ={differ} s={seconds:.1} goal={SECONDS_GOAL}");
        within &= seconds < SECONDS_GOAL && answer["simulated"] == LEADS;
    }
    Ok(within)
}

async fn ask(api: &Api<'_>, request: &Value) -> Result<(f64, Value), StackError> {
    let began = Instant::now();
    let answer = Answer::to(api.request(reqwest::Method::POST, "/v1/simulate").json(request)).await?;
    let seconds = began.elapsed().as_secs_f64();
    Ok((seconds, answer.accepted("POST /v1/simulate")?))
}
