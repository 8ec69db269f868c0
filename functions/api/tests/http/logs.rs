//! The two logs: day ranges in the account's zone, filters, pages.

use jiff::{SignedDuration, Timestamp};
use leadyard_domain::delivery::Verdict;
use leadyard_domain::event::EventStatus;
use serde_json::json;

use crate::seeds::{self, at, delivery_id, event_id};
use crate::services::Services;

async fn ids(services: &Services, query: &str) -> Vec<String> {
    let answer = services.get("main-viewer", query).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let list = answer.body["events"].as_array().or_else(|| answer.body["deliveries"].as_array()).unwrap();
    list.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn events(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|number| event_id(*number).to_string()).collect()
}

#[tokio::test]
async fn days_are_days_of_the_account() {
    let services = Services::start().await;
    for (number, received_at) in [
        (1, "2026-07-20T06:59:59.999Z"),
        (2, "2026-07-20T07:00:00Z"),
        (3, "2026-07-21T06:59:59.999Z"),
        (4, "2026-07-21T07:00:00Z"),
        (5, "2026-07-21T23:30:00Z"),
    ] {
        seeds::event(&services.store, number, EventStatus::Created, at(received_at)).await;
    }
    let day = "/v1/events?from=2026-07-20&to=2026-07-20";
    assert_eq!(ids(&services, day).await, events(&[2, 1]), "UTC before the first config");
    services.publish("account: { timezone: America/Los_Angeles }", None).await;
    assert_eq!(ids(&services, day).await, events(&[3, 2]));
    assert_eq!(ids(&services, "/v1/events?from=2026-07-20&to=2026-07-21").await, events(&[5, 4, 3, 2]));
    assert_eq!(ids(&services, "/v1/events?to=2026-07-19").await, events(&[1]));
    assert_eq!(ids(&services, "/v1/events?from=2026-07-22&to=2026-07-22").await, events(&[]));
    let other = services.get("other-viewer", day).await;
    assert_eq!(other.body, json!({"events": [], "next_cursor": null}));
}

#[tokio::test]
async fn the_week_is_what_is_listed_where_nothing_is_said() {
    let services = Services::start().await;
    let now = Timestamp::now();
    seeds::event(&services.store, 1, EventStatus::Created, now - SignedDuration::from_hours(3 * 24)).await;
    seeds::event(&services.store, 2, EventStatus::Created, now - SignedDuration::from_hours(63 * 24)).await;
    assert_eq!(ids(&services, "/v1/events").await, events(&[1]));
    assert_eq!(ids(&services, "/v1/events?range=last_7_days").await, events(&[1]));
    assert_eq!(ids(&services, "/v1/events?range=today").await, events(&[]));
}

#[tokio::test]
async fn events_page_by_page_and_by_status() {
    let services = Services::start().await;
    for number in 0..25 {
        let status = if number % 5 == 0 { EventStatus::Failed } else { EventStatus::Created };
        let received_at = at("2026-07-21T00:00:00Z") + SignedDuration::from_mins(i64::from(number) * 50);
        seeds::event(&services.store, number, status, received_at).await;
    }
    let newest_first: Vec<u32> = (0..25).rev().collect();
    let range = "from=2026-07-21&to=2026-07-21";
    let mut found = Vec::new();
    let mut cursor = String::new();
    for _ in 0..25 {
        let page = services.get("main-viewer", &format!("/v1/events?{range}&limit=7{cursor}")).await;
        let list = page.body["events"].as_array().unwrap();
        assert!(list.len() <= 7);
        found.extend(list.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, events(&newest_first));
    assert_eq!(ids(&services, &format!("/v1/events?{range}&status=failed")).await, events(&[20, 15, 10, 5, 0]));

    let failed = services.get("main-viewer", &format!("/v1/events/{}", event_id(5))).await;
    assert_eq!(failed.body["status"], "failed");
    assert_eq!(failed.body["reason"], "field 'age' is no number");
    assert_eq!((&failed.body["external_id"], &failed.body["origin"]["ip"]), (&json!("5"), &json!("203.0.113.7")));
    assert_eq!(failed.body["payload"], json!({"email": "anna@example.com"}));
    assert_eq!(services.get("other-admin", &format!("/v1/events/{}", event_id(5))).await.status, 404);
}

#[tokio::test]
async fn deliveries_by_status_and_destination() {
    let services = Services::start().await;
    let now = at("2026-07-21T10:00:00Z");
    for number in 1..=3 {
        seeds::lead(&services.store, number, &["crm", "mail"], now).await;
        let later = now + SignedDuration::from_secs(i64::from(number));
        let verdict = if number == 2 { seeds::dead() } else { Verdict::Delivered };
        seeds::attempt(&services.store, &delivery_id(number, "crm"), 1, verdict, later).await;
    }
    seeds::attempt(&services.store, &delivery_id(1, "mail"), 1, Verdict::Delivered, now).await;
    let list =
        async |filter: &str| ids(&services, &format!("/v1/deliveries?from=2026-07-21&to=2026-07-21&{filter}")).await;
    let crm = |number| delivery_id(number, "crm").to_string();
    let mail = delivery_id(1, "mail").to_string();
    assert_eq!(list("").await, [crm(3), crm(2), crm(1), mail.clone()]);
    assert_eq!(list("status=dead").await, [crm(2)]);
    assert_eq!(list("destination=crm&status=delivered").await, [crm(3), crm(1)]);
    assert_eq!(list("destination=mail").await, [mail]);
    let dead = services.get("main-viewer", "/v1/deliveries?to=2026-07-21&status=dead").await;
    assert_eq!(dead.body["deliveries"][0]["reason"], "the receiver answered 500");
    assert_eq!(dead.body["deliveries"][0]["lead"], json!(seeds::lead_id(2)));
}

#[tokio::test]
async fn queries_that_do_not_fit() {
    let services = Services::start().await;
    for (query, says) in [
        ("limit=0", "'limit' is 0"),
        ("limit=101", "'limit' is 101"),
        ("limit=ten", "limit"),
        ("status=lost", "status"),
        ("statsu=failed", "statsu"),
        ("range=yesterday", "range"),
        ("range=today&from=2026-07-01", "'range'"),
        ("from=2026-02-30", "from"),
        ("from=2026-07-02&to=2026-07-01", "ends before it begins"),
        ("from=2025-01-01&to=2026-01-01", "366 days"),
        ("cursor=nonsense", "'cursor'"),
    ] {
        for log in ["events", "deliveries"] {
            let answer = services.get("main-viewer", &format!("/v1/{log}?{query}")).await;
            assert_eq!(answer.status, 400, "{query}");
            assert!(answer.detail().contains(says), "{answer:?}");
        }
    }
}
