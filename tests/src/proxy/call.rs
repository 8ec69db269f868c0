//! One AWS call, by service and operation.

use std::fmt;

use hyper::{body::Bytes, header, http::request::Parts};
use serde_json::Value;

/// One AWS call. Its `Debug` shows no body.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// `dynamodb`, `sqs`, `ses` or `scheduler`, as in the call's signature.
    pub service: String,
    /// The operation, as in the service's API reference.
    pub operation: String,
    /// The body of the request.
    pub request: Bytes,
    /// The status of the answer; 502 when the emulator did not answer.
    pub status: u16,
    /// The body of the answer.
    pub answer: Bytes,
}

impl Call {
    /// The request, as JSON; `null` when it is none.
    pub fn input(&self) -> Value {
        serde_json::from_slice(&self.request).unwrap_or_default()
    }

    /// The answer, as JSON; `null` when it is none.
    pub fn output(&self) -> Value {
        serde_json::from_slice(&self.answer).unwrap_or_default()
    }

    /// The message bodies that an SQS call sends, with the URL of their queue.
    pub fn sent_messages(&self) -> Vec<(String, String)> {
        if self.service != "sqs" || self.status != 200 {
            return Vec::new();
        }
        let input = self.input();
        let body = |entry: &Value| entry["MessageBody"].as_str().map(str::to_owned);
        let bodies: Vec<String> = match self.operation.as_str() {
            "SendMessage" => body(&input).into_iter().collect(),
            "SendMessageBatch" => input["Entries"].as_array().into_iter().flatten().filter_map(body).collect(),
            _ => Vec::new(),
        };
        let queue = input["QueueUrl"].as_str().unwrap_or_default();
        bodies.into_iter().map(|body| (queue.to_owned(), body)).collect()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, operation, status, .. } = self;
        write!(f, "{service} {operation}: {status}")
    }
}

/// The service and the operation of a call.
///
/// JSON services name the operation in a header; of those that speak REST, the functions call one operation each.
pub(super) fn name(head: &Parts) -> (&str, &str) {
    let service = scope(head).unwrap_or("unknown");
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next());
    let operation = operation.unwrap_or(match service {
        "ses" => "SendEmail",
        "scheduler" => "CreateSchedule",
        _ => "unknown",
    });
    (service, operation)
}

/// The service in `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn scope(head: &Parts) -> Option<&str> {
    let authorization = head.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    credential.split('/').nth(3)
}

/// Has DynamoDB say what a call consumed, as every one of them can. The functions do not look at it.
pub(super) fn ask_for_capacity(service: &str, operation: &str, body: Bytes) -> Bytes {
    let has_capacity =
        ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "TransactWriteItems"];
    if service != "dynamodb" || !has_capacity.contains(&operation) {
        return body;
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(mut input) if input.is_object() => {
            input["ReturnConsumedCapacity"] = "INDEXES".into();
            input.to_string().into()
        }
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn named(target: Option<&str>, service: &str) -> (String, String) {
        let authorization = format!("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, x");
        let mut request = Request::builder().uri("/").header("authorization", authorization);
        if let Some(target) = target {
            request = request.header("x-amz-target", target);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let (service, operation) = name(&head);
        (service.to_owned(), operation.to_owned())
    }

    #[test]
    fn calls_are_named_by_service_and_operation() {
        for (target, service, operation) in [
            (Some("DynamoDB_20120810.GetItem"), "dynamodb", "GetItem"),
            (Some("AmazonSQS.SendMessageBatch"), "sqs", "SendMessageBatch"),
            (None, "ses", "SendEmail"),
            (None, "scheduler", "CreateSchedule"),
        ] {
            assert_eq!(named(target, service), (service.to_owned(), operation.to_owned()));
        }
    }

    #[test]
    fn messages_are_read_from_both_ways_of_sending() {
        let call = |operation: &str, request: &str| Call {
            service: "sqs".to_owned(),
            operation: operation.to_owned(),
            request: request.to_owned().into(),
            status: 200,
            answer: Bytes::new(),
        };
        let queue = || "q".to_owned();
        let one = call("SendMessage", r#"{"QueueUrl":"q","MessageBody":"a"}"#);
        assert_eq!(one.sent_messages(), [(queue(), "a".to_owned())]);
        let two = call("SendMessageBatch", r#"{"QueueUrl":"q","Entries":[{"MessageBody":"a"},{"MessageBody":"b"}]}"#);
        assert_eq!(two.sent_messages(), [(queue(), "a".to_owned()), (queue(), "b".to_owned())]);
        assert_eq!(call("GetQueueAttributes", r#"{"QueueUrl":"q"}"#).sent_messages(), []);
    }

    #[test]
    fn only_what_has_a_capacity_is_asked_for_it() {
        let asked = |service: &str, operation: &str| ask_for_capacity(service, operation, Bytes::from_static(b"{}"));
        assert_eq!(asked("dynamodb", "GetItem"), r#"{"ReturnConsumedCapacity":"INDEXES"}"#);
        assert_eq!(asked("sqs", "SendMessage"), "{}");
        assert_eq!(ask_for_capacity("dynamodb", "Query", Bytes::from_static(b"[]")), "[]");
    }
}
