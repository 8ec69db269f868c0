//! Asks the running stack what leads would get.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use leadyard_tests::{
    client::{Answer, Api},
    demo,
    stack::Stack,
};
use serde_json::{Map, Value, json};

/// How many days back leads are looked for when no days are given.
const DAYS: i32 = 7;

/// What to simulate.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Simulate {
    /// A draft, as YAML or JSON; what is in force where none is given.
    pub config: Option<PathBuf>,
    /// Sample leads, as a JSON list; the leads of the last days where none are given.
    pub leads: Option<PathBuf>,
    /// The first and the last day of past leads.
    pub days: Option<(String, String)>,
    /// Whether caps and rotations begin anew.
    pub reset: bool,
}

/// Prints what each lead would get, and how the totals differ from what happened.
pub async fn simulate(asked: &Simulate) -> Result<(), Box<dyn Error>> {
    let stack = Stack::attach().await?;
    let api = Api::of(&stack, demo::ACCOUNT).await?;
    let body = body(asked)?;
    let answer = Answer::to(api.request(reqwest::Method::POST, "/v1/simulate").json(&body)).await?;
    for problem in answer.body["problems"].as_array().into_iter().flatten() {
        eprintln!("{}: {}", text(&problem["path"]), text(&problem["message"]));
    }
    let answer = answer.accepted("POST /v1/simulate")?;
    println!("simulated {}, of which {} would get something else", answer["simulated"], answer["differ"]);
    for (what, name) in [("outcomes", "outcome"), ("rules", "rule"), ("assignees", "assignee")] {
        println!("\n  {name:<40} would     did");
        for (name, tally) in answer[what].as_object().into_iter().flatten() {
            println!("  {name:<40} {:>5}   {:>5}", tally["would"], tally["did"]);
        }
    }
    for lead in answer["leads"].as_array().into_iter().flatten() {
        let name = lead["lead"].as_str().map_or_else(|| format!("lead {}", lead["index"]), str::to_owned);
        println!("\n{name}: {}", list(&lead["would"]));
        if lead["did"].is_array() {
            println!("  it got: {}", list(&lead["did"]));
        }
        for sentence in lead["why"].as_array().into_iter().flatten() {
            println!("  {}", text(sentence));
        }
    }
    Ok(())
}

fn body(asked: &Simulate) -> Result<Value, Box<dyn Error>> {
    let mut body = Map::new();
    if let Some(path) = &asked.config {
        body.insert("config".to_owned(), Value::String(read(path)?));
    }
    match (&asked.leads, &asked.days) {
        (Some(path), _) => {
            let leads: Value =
                serde_json::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
            // Few leads are told with their reasons.
            body.insert("explain".to_owned(), json!(leads.as_array().is_some_and(|leads| leads.len() <= 100)));
            body.insert("leads".to_owned(), leads);
        }
        (None, Some((from, to))) => {
            body.insert("past".to_owned(), json!({ "from": from, "to": to }));
        }
        (None, None) => {
            let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
            let past = json!({ "from": today.saturating_sub(DAYS.days()), "to": today.tomorrow()? });
            body.insert("past".to_owned(), past);
        }
    }
    body.insert("state".to_owned(), json!(if asked.reset { "reset" } else { "as_is" }));
    Ok(Value::Object(body))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn list(given: &Value) -> String {
    let one = |given: &Value| {
        let rule = given["rule"].as_str().unwrap_or("default");
        let to = given["assignee"].as_str().or(given["outcome"].as_str()).unwrap_or_default();
        match given["pool"].as_str() {
            Some(pool) => format!("{to} from pool {pool} by rule {rule}"),
            None => format!("{to} by rule {rule}"),
        }
    };
    given.as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join("; ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
