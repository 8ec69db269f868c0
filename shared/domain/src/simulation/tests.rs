//! Simulations over a small config.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::config::Known;
use crate::config::document::from_value;
use crate::list::Lists;
use crate::sample::{Sample, SampleLead};

fn rules() -> Rules {
    let config = json!({
        "assignees": [
            { "id": "anna", "name": "A", "caps": [{ "period": "day", "limit": 1 }] },
            { "id": "bo", "name": "B" },
        ],
        "pools": [{ "id": "both", "members": ["anna", "bo"] }],
        "profiles": [{
            "id": "leads",
            "rules": [{ "id": "west", "when": { "field": "state", "op": "eq", "value": "ca" }, "then": [{ "pool": "both" }] }],
            "default": "do_nothing",
        }],
    });
    let known = Known { secrets: &BTreeSet::new(), formats: &[], lists: &BTreeSet::new() };
    from_value(config).unwrap().check(&known).unwrap().compile(&Lists::default()).unwrap()
}

fn sample(rules: &Rules, state: &str, day: u8) -> Sample {
    let written: SampleLead = serde_json::from_value(
        json!({ "fields": { "state": state }, "received_at": format!("2026-07-{day:02}T10:00:00Z") }),
    )
    .unwrap();
    let mut problems = Vec::new();
    written.read(rules.checked(), Timestamp::UNIX_EPOCH, "leads[0]", &mut problems).unwrap()
}

fn assignees(rules: &Rules, simulation: &mut Simulation<'_>, days: &[u8]) -> Vec<String> {
    let zone = jiff::tz::TimeZone::UTC;
    let mut given = Vec::new();
    for &day in days {
        let sample = sample(rules, "CA", day);
        let simulated = simulation.run(&sample.subject(&zone));
        given.push(simulated.given().remove(0).assignee.unwrap().to_string());
    }
    given
}

#[test]
fn each_lead_in_its_own_day_or_all_of_them_now() {
    let rules = rules();
    let days = [1, 2, 3, 4];
    let mut then = Simulation::new(&rules, State::default(), Clock::Received);
    assert_eq!(assignees(&rules, &mut then, &days), ["anna", "bo", "anna", "bo"]);
    let now = Clock::At("2026-07-09T10:00:00Z".parse().unwrap());
    let mut today = Simulation::new(&rules, State::default(), now);
    assert_eq!(assignees(&rules, &mut today, &days), ["anna", "bo", "bo", "bo"], "a cap of one a day");
}

#[test]
fn what_differs_is_named_and_counted() {
    let rules = rules();
    let zone = jiff::tz::TimeZone::UTC;
    let mut simulation = Simulation::new(&rules, State::default(), Clock::Received);
    let west = sample(&rules, "ca", 1);
    let subject = west.subject(&zone);
    assert_eq!(needs(&rules, &subject).assignees.len(), 2);
    let explained = simulation.explain(&subject);
    assert_eq!(explained.decisions[0].trace.rules.len(), 1);
    let would = explained.given();
    let mut did = would.clone();
    assert_eq!(differences(&would, &did), []);
    did[0].assignee = Some(AssigneeId::new("bo").unwrap());
    assert_eq!(differences(&would, &did), [Difference::Assignee]);
    let nothing = simulation.run(&sample(&rules, "ny", 1).subject(&zone)).given();
    assert_eq!(
        differences(&would, &nothing),
        [Difference::Rule, Difference::Outcome, Difference::Pool, Difference::Assignee]
    );
    let mut totals = Totals::default();
    totals.count(&would, &did, true);
    totals.count(&nothing, &nothing, false);
    assert_eq!((totals.leads, totals.differ), (2, 1));
    assert_eq!(totals.rules["leads/west"], Tally { would: 1, did: 1 });
    assert_eq!(totals.assignees[&AssigneeId::new("anna").unwrap()], Tally { would: 1, did: 0 });
    assert_eq!(totals.outcomes["nothing"], Tally { would: 1, did: 1 });
}
