//! What became of each lead, as the API tells it.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::{lead::Sent, why};
use crate::{client::Api, stack::StackError};

/// How a lead's way ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It has not ended.
    Open,
    /// Someone has it, and every delivery went through.
    Delivered,
    /// Someone has it, and a delivery was given up.
    Undelivered,
    /// It waits for someone eligible.
    Parked,
    /// It was decided that nobody gets it.
    Kept,
    /// The event met what was known before, and asked for no decision of its own.
    Known,
    /// The event could not be captured.
    Failed,
}

/// What became of one lead, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub ended: Ended,
    pub rule: String,
    pub assignee: String,
    pub why: String,
    pub delivery: String,
    /// From when it was sent to when its last delivery was done.
    pub took_ms: Option<i64>,
}

/// What stands where there is nothing to say.
const NONE: &str = "-";

impl Outcome {
    fn new(ended: Ended, why: impl Into<String>) -> Self {
        let none = || NONE.to_owned();
        Self { ended, rule: none(), assignee: none(), why: why.into(), delivery: none(), took_ms: None }
    }
}

/// What has become of the leads so far.
pub(super) async fn look(api: &Api<'_>, sent: &[Sent]) -> Result<Vec<Outcome>, StackError> {
    let by_email = events_by_email(api, sent).await?;
    let mut seen = BTreeSet::new();
    let mut outcomes = Vec::with_capacity(sent.len());
    for one in sent {
        let by_email = || by_email.get(one.email.as_ref()?).cloned();
        let Some(event) = one.event.clone().or_else(by_email) else {
            outcomes.push(Outcome::new(Ended::Open, "it is not in the log of events"));
            continue;
        };
        let outcome = match api.find(&format!("/v1/events/{event}")).await? {
            _ if !seen.insert(event) => Outcome::new(Ended::Known, "the same event again: nothing is done twice"),
            None => Outcome::new(Ended::Open, "it is not settled yet"),
            Some(event) => of_event(api, &event, one.at).await?,
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// The events of those leads whose sender was not told an id, by the email that they brought.
async fn events_by_email(api: &Api<'_>, sent: &[Sent]) -> Result<HashMap<String, String>, StackError> {
    let told: BTreeSet<&str> = sent.iter().filter_map(|one| one.event.as_deref()).collect();
    let mut found = HashMap::new();
    for row in api.list("events", "").await? {
        let Some(id) = row["id"].as_str().filter(|id| !told.contains(id)) else { continue };
        let event = api.get(&format!("/v1/events/{id}")).await?;
        if let Some(email) = event["payload"]["email"].as_str() {
            found.insert(email.to_owned(), id.to_owned());
        }
    }
    Ok(found)
}

async fn of_event(api: &Api<'_>, event: &Value, sent_at: Timestamp) -> Result<Outcome, StackError> {
    let reason = || event["reason"].as_str().unwrap_or("no reason is given").to_owned();
    match (event["status"].as_str(), event["lead"].as_str()) {
        (Some("failed"), _) => Ok(Outcome { delivery: "retry it".to_owned(), ..Outcome::new(Ended::Failed, reason()) }),
        (Some("created"), Some(lead)) => Ok(of_lead(&api.get(&format!("/v1/leads/{lead}")).await?, sent_at)),
        (status, _) => Ok(Outcome::new(Ended::Known, format!("{}: {}", status.unwrap_or_default(), reason()))),
    }
}

fn of_lead(lead: &Value, sent_at: Timestamp) -> Outcome {
    let Some(assignment) = lead["assignments"].as_array().and_then(|all| all.last()) else {
        return Outcome::new(Ended::Open, "no decision is on record");
    };
    let rule = assignment["rule"].as_str().unwrap_or("(default)").to_owned();
    let outcome = Outcome { rule, ..Outcome::new(Ended::Open, why::sentence(assignment)) };
    match assignment["outcome"].as_str() {
        Some("parked") => Outcome { ended: Ended::Parked, delivery: "parked".to_owned(), ..outcome },
        Some("nothing") => Outcome { ended: Ended::Kept, ..outcome },
        _ => {
            let assignee = assignment["assignee"].as_str().unwrap_or(NONE).to_owned();
            let (ended, delivery, took_ms) = deliveries(lead, sent_at);
            Outcome { ended, assignee, delivery, took_ms, ..outcome }
        }
    }
}

/// How the deliveries of a lead stand, in one word and in words, and when the last one was done.
fn deliveries(lead: &Value, sent_at: Timestamp) -> (Ended, String, Option<i64>) {
    let begun = lead["deliveries"].as_array().map(Vec::as_slice).unwrap_or_default();
    let pending = lead["deliveries_pending"].as_array().map_or(0, Vec::len);
    let (mut words, mut statuses) = (Vec::new(), BTreeSet::new());
    for delivery in begun {
        let text = |name: &str| delivery[name].as_str().unwrap_or_default();
        let (destination, status) = (text("destination"), text("status"));
        statuses.insert(status);
        words.push(match status {
            "delivered" => destination.to_owned(),
            status => format!("{destination} {status} ({})", text("reason")),
        });
    }
    if pending > 0 {
        words.push(format!("{pending} not begun"));
    }
    let is_final = |status: &&str| matches!(*status, "delivered" | "dead" | "unknown");
    let ended = match () {
        () if pending > 0 || begun.is_empty() || !statuses.iter().all(is_final) => Ended::Open,
        () if statuses.iter().all(|status| *status == "delivered") => Ended::Delivered,
        () => Ended::Undelivered,
    };
    let done_at = begun.iter().filter_map(|delivery| delivery["updated_at"].as_str()?.parse().ok()).max();
    let took_ms = |at: Timestamp| at.as_millisecond() - sent_at.as_millisecond();
    (ended, words.join(", "), done_at.filter(|_| ended == Ended::Delivered).map(took_ms))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ended(pending: &[&str], statuses: &[&str]) -> Ended {
        let delivery = |status: &&str| json!({ "destination": "crm", "status": status });
        let deliveries: Vec<Value> = statuses.iter().map(delivery).collect();
        let lead = json!({
            "assignments": [{ "outcome": "assigned", "assignee": "anna" }],
            "deliveries": deliveries,
            "deliveries_pending": pending,
        });
        of_lead(&lead, Timestamp::UNIX_EPOCH).ended
    }

    #[test]
    fn a_lead_is_settled_when_all_of_its_deliveries_are() {
        assert_eq!(ended(&[], &["delivered", "delivered"]), Ended::Delivered);
        assert_eq!(ended(&[], &["delivered", "dead"]), Ended::Undelivered);
        for (pending, statuses) in
            [(&["x"][..], &["delivered"][..]), (&[], &["delivered", "retry"]), (&[], &["sending"]), (&[], &[])]
        {
            assert_eq!(ended(pending, statuses), Ended::Open, "{pending:?} {statuses:?}");
        }
    }

    #[test]
    fn a_parked_lead_and_one_for_nobody_are_settled() {
        let of = |outcome: &str| of_lead(&json!({ "assignments": [{ "outcome": outcome }] }), Timestamp::UNIX_EPOCH);
        assert_eq!(of("parked").ended, Ended::Parked);
        assert_eq!(of("nothing").ended, Ended::Kept);
        assert_eq!(of_lead(&json!({}), Timestamp::UNIX_EPOCH).ended, Ended::Open);
    }
}
