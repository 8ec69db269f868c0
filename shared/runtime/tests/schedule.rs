//! The scheduler against an HTTP server that speaks as EventBridge Scheduler does.
#![cfg(test)] // clippy takes helper functions for test code only so

mod fake_aws;

use fake_aws::FakeAws;
use leadyard_runtime::{ScheduleError, Scheduler};
use serde_json::{Value, json};

const QUEUE_ARN: &str = "arn:aws:sqs:eu-central-1:000000000000:webhook";
const DEAD_LETTERS_ARN: &str = "arn:aws:sqs:eu-central-1:000000000000:schedules-dead";
const ROLE_ARN: &str = "arn:aws:iam::000000000000:role/scheduler";

async fn schedule(aws: &FakeAws, name: &str) -> Result<(), ScheduleError> {
    let at = "2026-07-01T12:30:00.250Z".parse().unwrap();
    Scheduler::new(aws.aws().scheduler(), "leadyard", ROLE_ARN, QUEUE_ARN)
        .with_dead_letters(Some(DEAD_LETTERS_ARN))
        .send_at(name, at, r#"{"delivery":"dlv-1"}"#)
        .await
}

fn refusal(code: &str) -> Value {
    json!({ "__type": code, "Message": "no" })
}

#[tokio::test]
async fn a_schedule_runs_once_and_deletes_itself() {
    let aws = FakeAws::answering([(200, json!({ "ScheduleArn": "arn:made" }))]).await;
    schedule(&aws, "dlv-1.0002").await.unwrap();
    let [asked] = <[_; 1]>::try_from(aws.asked()).unwrap();
    assert_eq!(asked.what, "POST /schedules/dlv-1.0002");
    let mut body = asked.body;
    let token = body.as_object_mut().unwrap().remove("ClientToken");
    assert!(token.is_some());
    assert_eq!(
        body,
        json!({
            "GroupName": "leadyard",
            "ScheduleExpression": "at(2026-07-01T12:30:01)",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "ActionAfterCompletion": "DELETE",
            "Target": { "Arn": QUEUE_ARN, "RoleArn": ROLE_ARN, "Input": r#"{"delivery":"dlv-1"}"#, "DeadLetterConfig": { "Arn": DEAD_LETTERS_ARN } },
        })
    );
}

#[tokio::test]
async fn one_that_was_made_before_is_a_success() {
    let aws = FakeAws::answering([(409, refusal("ConflictException"))]).await;
    schedule(&aws, "dlv-1.0002").await.unwrap();
    assert_eq!(aws.asked().len(), 1);
}

#[tokio::test]
async fn a_refusal_says_which_schedule_and_whether_to_try_again() {
    let cases = [
        (400, "ValidationException", false, 1),
        (404, "ResourceNotFoundException", true, 1),
        (403, "AccessDeniedException", true, 1),
        (402, "ServiceQuotaExceededException", true, 1),
        (429, "ThrottlingException", true, 3),
        (500, "InternalServerException", true, 3),
    ];
    for (status, code, retryable, calls) in cases {
        let aws = FakeAws::with(move |_| (status, refusal(code))).await;
        let error = schedule(&aws, "dlv-1.0002").await.unwrap_err();
        assert_eq!(error.retryable, retryable, "{code}");
        assert_eq!(error.reason, code);
        assert!(error.to_string().starts_with("schedule dlv-1.0002 was not made and "), "{error}");
        assert_eq!(aws.asked().len(), calls, "{code}");
    }
}

#[tokio::test]
async fn a_long_name_is_shortened_the_same_way_each_time() {
    let aws = FakeAws::with(|_| (200, json!({ "ScheduleArn": "arn:made" }))).await;
    let name = "account-1/delivery-".repeat(5);
    schedule(&aws, &name).await.unwrap();
    schedule(&aws, &name).await.unwrap();
    let asked = aws.asked();
    assert_eq!(asked[0].what, asked[1].what);
    assert_eq!(asked[0].what.len(), "POST /schedules/".len() + 64);
}
