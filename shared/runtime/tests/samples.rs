//! The sample Lambda events: each holds one good message and one that is poison.
#![cfg(test)] // clippy takes helper functions for test code only so

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use jiff::Timestamp;
use leadyard_domain::message::{DeliveryMessage, LeadsMessage};
use leadyard_runtime::{Limits, Record, RecordResult, batch};

fn sample(json: &str) -> (SqsEvent, [String; 2]) {
    let event: SqsEvent = serde_json::from_str(json).unwrap();
    let ids: Vec<String> = event.records.iter().map(|record| record.message_id.clone().unwrap()).collect();
    (event, ids.try_into().unwrap())
}

#[tokio::test]
async fn a_batch_of_leads() {
    let (event, [_, poison]) = sample(include_str!("../../../events/lambda_sqs_leads.json"));
    let handler = async |records: Vec<Record<LeadsMessage>>| {
        let LeadsMessage::Received { event, retry } = &records[0].message else { panic!("no event") };
        assert_eq!((event.source.as_str(), *retry), ("website", false));
        records.into_iter().map(|record| RecordResult::done(record.message_id)).collect()
    };
    let response = batch::together(event, Timestamp::MAX, Duration::ZERO, leadyard_runtime::now, handler).await;
    let failed: Vec<_> = response.batch_item_failures.iter().map(|failure| failure.item_identifier.clone()).collect();
    assert_eq!(failed, [poison]);
}

#[tokio::test]
async fn a_batch_of_deliveries() {
    let (event, [_, poison]) = sample(include_str!("../../../events/lambda_sqs_webhook.json"));
    let limits = Limits { concurrency: NonZeroUsize::MIN, start_reserve: Duration::ZERO };
    let seen = RefCell::new(Vec::new());
    let handler = async |record: Record<DeliveryMessage>| {
        seen.borrow_mut().push(record.message.delivery.destination().to_string());
        Ok::<_, String>(())
    };
    let response = batch::each(event, Timestamp::MAX, limits, leadyard_runtime::now, handler).await;
    let failed: Vec<_> = response.batch_item_failures.iter().map(|failure| failure.item_identifier.clone()).collect();
    assert_eq!(failed, [poison]);
    assert_eq!(*seen.borrow(), ["crm"]);
}
