//! The start of the function.

// The SDK's futures lie deep in one another: a whole batch of them is deeper than the compiler's default.
#![recursion_limit = "256"]

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use deliver_webhook::handler::DeliverWebhook;
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{FollowUps, Limits, QueueSender, Scheduler, SettingsError, Start, now, start};
use leadyard_store::Store;

/// A try does not begin with less time than this left: the longest exchange and what surrounds it.
const LIMITS: Limits =
    Limits { concurrency: NonZeroUsize::new(64).expect("64 is not 0"), start_reserve: Duration::from_secs(45) };

fn main() -> ExitCode {
    start("deliver-webhook", async |function: Start| {
        let Start { settings, aws, metrics } = &function;
        let [table, url, arn, leads, email, group, role] = settings.all_required([
            "TABLE_NAME",
            "WEBHOOK_QUEUE_URL",
            "WEBHOOK_QUEUE_ARN",
            "LEADS_QUEUE_URL",
            "EMAIL_QUEUE_URL",
            "SCHEDULE_GROUP",
            "SCHEDULER_ROLE_ARN",
        ])?;
        let policy = AddressPolicy::from_settings(|name| settings.optional(name)).map_err(|error| {
            SettingsError::Invalid { name: error.setting(), value: error.value().to_owned(), reason: error.to_string() }
        })?;
        let store = Store::new(aws.dynamodb(), table.to_owned());
        let scheduler = Scheduler::new(aws.scheduler(), group, role, arn)
            .with_dead_letters(settings.optional("SCHEDULES_DEAD_LETTER_ARN"));
        let queue = |url: &str| QueueSender::new(aws.sqs(), url);
        let follow_ups = FollowUps::new(queue(url), scheduler, queue(leads)).with_alerts(queue(email));
        let deliver = DeliverWebhook::new(store, follow_ups, policy, metrics.clone(), Arc::new(now));
        function.serve_each(LIMITS, async |record| deliver.handle(record).await).await
    })
}
