//! Messages for later than an SQS delay reaches: one-time schedules of EventBridge Scheduler.

use aws_sdk_scheduler::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    operation::create_schedule::CreateScheduleError,
    types::{ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, Target},
};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use crate::fit::fit;

/// The longest name that EventBridge Scheduler takes.
const NAME_CHARS_MAX: usize = 64;

/// Schedules messages for one queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Scheduler {
    client: Client,
    group: String,
    role_arn: String,
    queue_arn: String,
    dead_letters: Option<String>,
}

impl Scheduler {
    /// Schedules are made in the schedule group `group`, and send to `queue_arn` in the role `role_arn`.
    pub fn new(
        client: Client,
        group: impl Into<String>,
        role_arn: impl Into<String>,
        queue_arn: impl Into<String>,
    ) -> Self {
        Self { client, group: group.into(), role_arn: role_arn.into(), queue_arn: queue_arn.into(), dead_letters: None }
    }

    /// Has what can't be sent to the queue put into the queue `arn`, if one is given: EventBridge gives up after its own retries
    /// (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html>).
    #[must_use]
    pub fn with_dead_letters(self, arn: Option<&str>) -> Self {
        Self { dead_letters: arn.map(str::to_owned), ..self }
    }

    /// Has `body` sent to the queue at `at`: never before, and up to a minute after
    /// (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>). The schedule then deletes
    /// itself.
    ///
    /// The name makes it idempotent: as long as a schedule of this name waits, another call changes nothing and
    /// succeeds. Names with characters other than `[0-9A-Za-z_.-]` or over 64 of them are replaced by a
    /// shortened form with a hash.
    pub async fn send_at(&self, name: &str, at: Timestamp, body: impl Into<String>) -> Result<(), ScheduleError> {
        let window = FlexibleTimeWindow::builder()
            .mode(FlexibleTimeWindowMode::Off)
            .build()
            .expect("the mode, the required field, is set");
        let target = Target::builder()
            .arn(&self.queue_arn)
            .role_arn(&self.role_arn)
            .input(body)
            .set_dead_letter_config(self.dead_letters.as_ref().map(|arn| DeadLetterConfig::builder().arn(arn).build()))
            .build()
            .expect("the ARNs, the required fields, are set");
        let name = schedule_name(name);
        let made = self
            .client
            .create_schedule()
            .name(&name)
            .group_name(&self.group)
            .schedule_expression(at_expression(at))
            .schedule_expression_timezone("UTC")
            .flexible_time_window(window)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target)
            .send()
            .await;
        match made {
            Ok(_) => Ok(()),
            // An earlier try of the same work made it.
            Err(error) if error.as_service_error().is_some_and(CreateScheduleError::is_conflict_exception) => Ok(()),
            Err(error) => Err(ScheduleError::new(name, &error)),
        }
    }
}

/// The schedule's name for `name`: see [`Scheduler::send_at`].
fn schedule_name(name: &str) -> String {
    fit(name, NAME_CHARS_MAX, |c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

/// `at(yyyy-mm-ddThh:mm:ss)`, rounded up to the second so that nothing comes too early.
fn at_expression(at: Timestamp) -> String {
    let up = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
    // Only a time in the last second of the year 9999 does not round up.
    let at = at.round(up).unwrap_or(at);
    at.strftime("at(%Y-%m-%dT%H:%M:%S)").to_string()
}

/// A schedule that was not made. Retry when [`retryable`](Self::retryable).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "schedule {name} was not made and {}: {reason}",
    if *retryable { "may be later" } else { "never will be" }
)]
pub struct ScheduleError {
    /// The schedule's name.
    pub name: String,
    /// What the service or the connection to it said.
    pub reason: String,
    /// Whether the same call may pass later. A missing group or right may: a person puts it right while the
    /// message waits.
    pub retryable: bool,
}

impl ScheduleError {
    fn new(name: String, error: &SdkError<CreateScheduleError>) -> Self {
        let refused = error.as_service_error().is_some_and(CreateScheduleError::is_validation_exception);
        let reason = match error.code() {
            // The service's own sentence can quote the body.
            Some(code) => code.to_owned(),
            None => "no answer that could be read".to_owned(),
        };
        Self { name, reason, retryable: !refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_whole_seconds_and_never_early() {
        let cases = [
            ("2026-03-29T01:59:59Z", "at(2026-03-29T01:59:59)"),
            ("2026-03-29T01:59:59.001Z", "at(2026-03-29T02:00:00)"),
            ("2026-12-31T23:59:59.999999999Z", "at(2027-01-01T00:00:00)"),
            ("2026-06-01T12:00:00+02:00", "at(2026-06-01T10:00:00)"),
        ];
        for (at, expression) in cases {
            assert_eq!(at_expression(at.parse().unwrap()), expression);
        }
    }

    #[test]
    fn a_name_fits_the_service() {
        assert_eq!(schedule_name("webhook-dlv_01.2"), "webhook-dlv_01.2");
        let long = schedule_name(&format!("webhook/{}", "x".repeat(80)));
        assert_eq!(long.len(), 64);
        assert!(long.starts_with("webhook-xxx"), "{long}");
    }
}
