//! The start of the function.

// The SDK's futures lie deep in one another: a whole batch of them is deeper than the compiler's default.
#![recursion_limit = "256"]

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use deliver_email::handler::DeliverEmail;
use deliver_email::post::Post;
use leadyard_runtime::{FollowUps, Limits, QueueSender, Scheduler, Start, now, start};
use leadyard_store::{ConfigCache, Store};

/// A try does not begin with less time than this left: the SDK's whole call and what surrounds it.
const LIMITS: Limits =
    Limits { concurrency: NonZeroUsize::new(5).expect("5 is not 0"), start_reserve: Duration::from_secs(15) };

fn main() -> ExitCode {
    start("deliver-email", async |function: Start| {
        let Start { settings, aws, metrics } = &function;
        let [table, url, arn, leads, group, role] = settings.all_required([
            "TABLE_NAME",
            "EMAIL_QUEUE_URL",
            "EMAIL_QUEUE_ARN",
            "LEADS_QUEUE_URL",
            "SCHEDULE_GROUP",
            "SCHEDULER_ROLE_ARN",
        ])?;
        let store = Store::new(aws.dynamodb(), table.to_owned());
        let scheduler = Scheduler::new(aws.scheduler(), group, role, arn)
            .with_dead_letters(settings.optional("SCHEDULES_DEAD_LETTER_ARN"));
        let [sender, configuration_set] =
            ["EMAIL_SENDER", "CONFIGURATION_SET"].map(|name| settings.optional(name).map(str::to_owned));
        let deliver = DeliverEmail {
            configs: ConfigCache::new(store.clone()),
            store,
            follow_ups: FollowUps::new(QueueSender::new(aws.sqs(), url), scheduler, QueueSender::new(aws.sqs(), leads))
                .with_alerts(QueueSender::new(aws.sqs(), url)),
            post: Post::new(aws.config(), sender, configuration_set),
            metrics: metrics.clone(),
            now,
        };
        function.serve_each(LIMITS, async |record| deliver.handle(record).await).await
    })
}
