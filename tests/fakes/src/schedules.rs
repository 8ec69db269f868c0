//! Schedules that are kept and never run by themselves: a test says what time it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use leadyard_runtime::Scheduler;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Service;

/// A schedule that waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scheduled {
    /// When it runs, as `at(…)` names it: `2026-07-21T10:00:00`, in UTC. Sorts by time.
    pub at: String,
    /// Its name.
    pub name: String,
    /// The message.
    pub body: String,
}

/// Answers `CreateSchedule` as EventBridge Scheduler does, and knows each name once.
pub struct Schedules {
    service: Service,
    kept: Arc<Mutex<BTreeMap<String, Scheduled>>>,
}

impl Schedules {
    /// Starts with none.
    pub async fn start() -> Self {
        let kept: Arc<Mutex<BTreeMap<String, Scheduled>>> = Arc::default();
        let known = Arc::clone(&kept);
        let service = Service::start(move |asked| {
            let name = asked.what.trim_start_matches("POST /schedules/").to_owned();
            let mut known = known.lock().unwrap();
            if known.contains_key(&name) {
                return (409, json!({ "__type": "ConflictException", "Message": "it exists" }));
            }
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let at = text(&asked.body["ScheduleExpression"]);
            let at = at.trim_start_matches("at(").trim_end_matches(')').to_owned();
            let body = text(&asked.body["Target"]["Input"]);
            known.insert(name.clone(), Scheduled { at, name, body });
            (200, json!({ "ScheduleArn": "arn:made" }))
        });
        Self { service: service.await, kept }
    }

    /// A scheduler that makes them.
    #[must_use]
    pub fn scheduler(&self) -> Scheduler {
        Scheduler::new(self.service.aws().scheduler(), "group", "arn:aws:iam::0:role/scheduler", "arn:aws:sqs:::leads")
    }

    /// Those that wait, the earliest first.
    #[must_use]
    pub fn waiting(&self) -> Vec<Scheduled> {
        let mut waiting: Vec<Scheduled> = self.kept.lock().unwrap().values().cloned().collect();
        waiting.sort();
        waiting
    }

    /// Runs the earliest: it is gone, and its message comes back with when it was for.
    pub fn run_next<T: DeserializeOwned>(&self) -> Option<(String, T)> {
        let next = self.waiting().into_iter().next()?;
        self.kept.lock().unwrap().remove(&next.name);
        Some((next.at, serde_json::from_str(&next.body).unwrap()))
    }
}
