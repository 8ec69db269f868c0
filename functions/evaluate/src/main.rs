//! The start of the function.

// The SDK's futures lie deep in one another: a whole batch of them is deeper than the compiler's default.
#![recursion_limit = "256"]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use evaluate::Evaluate;
use evaluate::fetch::Fetcher;
use evaluate::lanes::Lanes;
use evaluate::outbox::Outbox;
use evaluate::point::Points;
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{QueueSender, Scheduler, SettingsError, Start, now, start};
use leadyard_store::{RulesCache, Store};

/// A batch does not begin with less time than this left.
const START_RESERVE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    start("evaluate", async |function: Start| {
        let [table, webhook, email, leads, leads_arn, role, group] = function.settings.all_required([
            "TABLE_NAME",
            "WEBHOOK_QUEUE_URL",
            "EMAIL_QUEUE_URL",
            "LEADS_QUEUE_URL",
            "LEADS_QUEUE_ARN",
            "SCHEDULER_ROLE_ARN",
            "SCHEDULE_GROUP",
        ])?;
        let policy = AddressPolicy::from_settings(|name| function.settings.optional(name)).map_err(|error| {
            SettingsError::Invalid { name: error.setting(), value: error.value().to_owned(), reason: error.to_string() }
        })?;
        let store = Store::new(function.aws.dynamodb(), table.to_owned());
        let queue = |url: &str| QueueSender::new(function.aws.sqs(), url);
        let evaluate = Evaluate {
            rules: RulesCache::new(store.clone()),
            fetcher: Fetcher::new(store.clone(), policy),
            store,
            outbox: Outbox {
                webhook: queue(webhook),
                email: queue(email),
                leads: queue(leads),
                later: Scheduler::new(function.aws.scheduler(), group, role, leads_arn)
                    .with_dead_letters(function.settings.optional("SCHEDULES_DEAD_LETTER_ARN")),
                points: Points::default(),
            },
            lanes: Lanes::default(),
            metrics: function.metrics.clone(),
            now: Arc::new(now),
        };
        function.serve_together(START_RESERVE, async |records| evaluate.handle(records).await).await
    })
}
