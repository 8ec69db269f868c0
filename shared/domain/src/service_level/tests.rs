//! What is due when.

use super::*;
use crate::config::document::{Syntax, parse};

const CONFIG: &str = r"
account: { timezone: Europe/Berlin }
calendars: [{ id: de, days: [2026-07-22] }]
assignees:
  - { id: office, name: O, holidays: [de], hours: { tuesday: ['09:00-12:00', '13:00-17:00'], thursday: ['09:00-17:00'] } }
  - { id: never, name: N, hours: {} }
  - { id: leaves, name: L, absences: [{ from: 2026-07-21T13:00, until: 2030-01-01 }] }
  - { id: always, name: A }
profiles:
  - id: wall
    sla: { steps: [{ after: 15m, do: remind }, { after: 1h, do: reassign }, { after: 1d, do: { escalate: always } }] }
  - id: working
    sla: { clock: working, steps: [{ after: 30m, do: remind }, { after: 2h, do: reassign }, { after: 6h, do: { escalate: always } }] }
";

fn steps(profile: usize, assignee: &str) -> Vec<String> {
    let checked = parse(CONFIG, Syntax::Yaml).unwrap().check_published().unwrap();
    let level = checked.config().profiles[profile].sla.as_ref().unwrap();
    let assignee = checked.assignee(&assignee.parse().unwrap()).unwrap();
    // A Tuesday at half past eleven in Berlin.
    let timers = Timers::start(level, &checked, assignee, "2026-07-21T09:30:00Z".parse().unwrap());
    timers.map(|timers| timers.steps.iter().map(|step| step.at.to_string()).collect()).unwrap_or_default()
}

#[test]
fn all_time_counts_or_only_that_in_which_the_assignee_works() {
    let wall = ["2026-07-21T09:45:00Z", "2026-07-21T10:30:00Z", "2026-07-22T09:30:00Z"];
    assert_eq!(steps(0, "office"), wall);
    assert_eq!(steps(0, "never"), wall, "who has it and never works is late all the same");
    // The last moment before lunch; an hour and a half after it; the rest of it on Thursday.
    assert_eq!(steps(1, "office"), ["2026-07-21T10:00:00Z", "2026-07-21T12:30:00Z", "2026-07-23T08:30:00Z"]);
    assert_eq!(steps(1, "always"), ["2026-07-21T10:00:00Z", "2026-07-21T11:30:00Z", "2026-07-21T15:30:00Z"]);
}

#[test]
fn what_is_never_due_is_left_away_with_all_that_follows() {
    assert_eq!(steps(1, "never"), [""; 0]);
    assert_eq!(steps(1, "leaves"), ["2026-07-21T10:00:00Z"]);
}

#[test]
fn one_step_after_another() {
    let at = |text: &str| Timer { at: text.parse().unwrap(), action: Due::Remind };
    let mut timers = Timers {
        steps: vec![at("2026-07-21T10:00:00Z"), Timer { action: Due::Reassign, ..at("2026-07-21T11:00:00Z") }],
        done: 0,
        notices: Vec::new(),
    };
    assert_eq!(timers.next().map(|(number, timer)| (number, &timer.action)), Some((1, &Due::Remind)));
    timers.done = 1;
    assert_eq!(timers.next().map(|(number, timer)| (number, &timer.action)), Some((2, &Due::Reassign)));
    timers.done = 2;
    assert_eq!(timers.next(), None);
}

#[test]
fn timers_are_read_back_as_they_were() {
    let escalate =
        Timer { at: "2026-07-21T10:00:00Z".parse().unwrap(), action: Due::Escalate("boss".parse().unwrap()) };
    let timers = Timers { steps: vec![escalate], done: 0, notices: Vec::new() };
    let json = serde_json::to_string(&timers).unwrap();
    assert_eq!(json, r#"{"steps":[{"at":"2026-07-21T10:00:00Z","do":{"escalate":"boss"}}],"done":0}"#);
    assert_eq!(serde_json::from_str::<Timers>(&json).unwrap(), timers);
}
