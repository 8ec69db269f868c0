//! What a run used: calls, request units, invocations, log bytes. And what that costs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    capacity::{self, Units, whole},
    prices::{
        API_REQUEST, DYNAMODB_READ, DYNAMODB_WRITE, LAMBDA_GB_SECOND, LAMBDA_REQUEST, LOG_BYTE, Price,
        SQS_FAIR_REQUEST, SQS_REQUEST,
    },
};
use crate::{proxy::Call, stack::LogLine};

/// An SQS request is billed for each 64 KB begun.
const SQS_PIECE_BYTES: usize = 64 * 1024;

/// The functions' memory, as in template.yaml, in GB.
const MEMORY_GB: f64 = 0.25;

/// CloudWatch Logs adds this to each event it takes in:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
const LOG_EVENT_BYTES: usize = 26;

/// What a run used.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Usage {
    calls: BTreeMap<(String, String), u64>,
    failed_calls: u64,
    units: BTreeMap<String, Units>,
    /// Those of calls whose conditions did not hold.
    failed_units: Units,
    sqs_requests: f64,
    api_requests: u64,
    invocations: u64,
    billed_ms: f64,
    log_bytes: usize,
}

/// One part of the price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub name: &'static str,
    /// Units for each lead, of the kind that the price is for.
    pub units_per_lead: f64,
    pub usd_per_million: f64,
}

impl Usage {
    /// Adds a call that a function made.
    pub fn call(&mut self, call: &Call) {
        self.count(&call.service, &call.operation, 1);
        self.failed_calls += u64::from(call.status != 200);
        match call.service.as_str() {
            "dynamodb" => {
                let units = capacity::units(call);
                if call.status == 200 {
                    *self.units.entry(call.operation.clone()).or_default() += units;
                } else {
                    self.failed_units += units;
                }
            }
            "sqs" => self.sqs_requests += whole(call.request.len(), SQS_PIECE_BYTES),
            _ => {}
        }
    }

    /// Adds requests to the HTTP API.
    pub fn api_requests(&mut self, count: u64) {
        self.api_requests += count;
    }

    /// Adds what a function logged. Its own line about each invocation tells how long that took; when a queue feeds it,
    /// an invocation also stands for one receive and one delete of a batch, which the event source makes.
    pub fn logs(&mut self, lines: &[LogLine], fed_by_queue: bool) {
        for line in lines {
            self.log_bytes += line.text.len() + LOG_EVENT_BYTES;
            let Some(ms) = invocation_ms(&line.text) else { continue };
            self.invocations += 1;
            self.billed_ms += ms.ceil();
            if fed_by_queue {
                self.count("sqs", "ReceiveMessage", 1);
                self.count("sqs", "DeleteMessageBatch", 1);
                self.sqs_requests += 2.0;
            }
        }
    }

    fn count(&mut self, service: &str, operation: &str, count: u64) {
        *self.calls.entry((service.to_owned(), operation.to_owned())).or_default() += count;
    }

    /// Calls by service and operation.
    pub fn calls(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.calls.iter().map(|((service, operation), count)| (service.as_str(), operation.as_str(), *count))
    }

    /// All calls together.
    pub fn calls_total(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Calls that were answered with an error: conditions that did not hold, for the most part.
    pub fn failed_calls(&self) -> u64 {
        self.failed_calls
    }

    /// DynamoDB's request units of the calls that succeeded, by operation.
    pub fn units(&self) -> impl Iterator<Item = (&str, Units)> {
        self.units.iter().map(|(operation, units)| (operation.as_str(), *units))
    }

    /// Mean of the time that an invocation took, in milliseconds.
    pub fn invocation_ms(&self) -> f64 {
        self.billed_ms / number(self.invocations)
    }

    /// The price by parts, the dearest first.
    pub fn parts(&self, leads: u64) -> Vec<Part> {
        let part = |price: Price, units: f64| {
            let units_per_lead = units / number(leads);
            Part { name: price.part, units_per_lead, usd_per_million: price.of(units_per_lead * 1e6) }
        };
        #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
        let log_bytes = self.log_bytes as f64;
        let write: f64 = self.units.values().map(|units| units.write).sum();
        let read: f64 = self.units.values().map(|units| units.read).sum();
        let mut parts = vec![
            part(API_REQUEST, number(self.api_requests)),
            part(LAMBDA_REQUEST, number(self.invocations)),
            part(LAMBDA_GB_SECOND, self.billed_ms / 1000.0 * MEMORY_GB),
            part(SQS_REQUEST, self.sqs_requests),
            // All of our messages have a group; receives and deletes of them are counted as if they did.
            part(SQS_FAIR_REQUEST, self.sqs_requests),
            part(DYNAMODB_WRITE, write),
            part(Price { part: "DynamoDB writes in vain", ..DYNAMODB_WRITE }, self.failed_units.write),
            part(DYNAMODB_READ, read + self.failed_units.read),
            part(LOG_BYTE, log_bytes),
        ];
        parts.sort_by(|one, other| other.usd_per_million.total_cmp(&one.usd_per_million));
        parts
    }
}

/// How long an invocation took, by the function's one line about it.
fn invocation_ms(line: &str) -> Option<f64> {
    // Most lines are others: they are not parsed.
    if !line.contains("\"ms\":") {
        return None;
    }
    let line: Value = serde_json::from_str(line).ok()?;
    let is_last = matches!(line["message"].as_str(), Some("batch handled" | "request answered"));
    line["ms"].as_f64().filter(|_| is_last)
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;

    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine { time_ms: 0, id: String::new(), text: text.to_owned() }
    }

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn an_invocation_is_billed_by_begun_milliseconds_and_stands_for_a_receive_and_a_delete() {
        let mut usage = Usage::default();
        let lines =
            [line(r#"{"message":"batch handled","ms":1.2}"#), line(r#"{"message":"event settled"}"#), line("REPORT")];
        usage.logs(&lines, true);
        usage.logs(&lines[..1], false);
        assert_eq!((usage.invocations, usage.calls_total()), (2, 2));
        assert!(close(usage.billed_ms, 4.0) && close(usage.sqs_requests, 2.0));
        let bytes: usize = lines.iter().chain(&lines[..1]).map(|line| line.text.len() + LOG_EVENT_BYTES).sum();
        assert_eq!(usage.log_bytes, bytes);
    }

    #[test]
    fn the_price_is_the_sum_of_its_parts() {
        let mut usage = Usage::default();
        usage.api_requests(10);
        let send = |bytes: usize| Call {
            service: "sqs".to_owned(),
            operation: "SendMessage".to_owned(),
            request: Bytes::from(vec![b'x'; bytes]),
            status: 200,
            answer: Bytes::new(),
        };
        usage.call(&send(10));
        usage.call(&send(SQS_PIECE_BYTES + 1));
        let parts = usage.parts(10);
        let usd = |name: &str| parts.iter().find(|part| part.name == name).unwrap().usd_per_million;
        assert!(close(usd("HTTP API requests"), 1.0));
        assert!(close(usd("SQS requests"), 0.3 * 0.4));
        assert!(parts.windows(2).all(|pair| pair[0].usd_per_million >= pair[1].usd_per_million));
    }
}
