//! The log of one source: its tabs, its filters, one entry, and trying again all that failed.

use std::collections::BTreeSet;

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::event::EventStatus::*;
use serde_json::{Value, json};

use crate::seeds::{self, at, event_id};
use crate::services::{Answer, Services};

const CONFIG: &str = "
sources:
  - { id: web, format: leadsquared }
  - { id: page, format: json }
";
const RETRY: &str = "/v1/sources/web/log/retry";

async fn services() -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    services
}

/// One event of each kind, a minute after another; the last one is another source's.
async fn filled() -> Services {
    let services = services().await;
    let minute = |number: u32| at("2026-07-21T10:00:00Z") + SignedDuration::from_mins(number.into());
    for (number, status, retries) in [
        (1, Created, 0),
        (2, Created, 1),
        (3, Updated, 0),
        (4, Unchanged, 0),
        (5, Duplicate, 0),
        (6, Flagged, 0),
        (7, Rejected, 0),
        (8, Failed, 0),
        (9, Failed, 3),
        (10, Updated, 2),
        (11, Rejected, 1),
    ] {
        seeds::tried_again(&services.store, number, status, retries, minute(number)).await;
    }
    seeds::event_of(&services.store, "page", 12, Created, minute(12)).await;
    services
}

async fn log(services: &Services, query: &str) -> Value {
    let answer = services.get("main-viewer", &format!("/v1/sources/web/log?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn listed(services: &Services, query: &str) -> Vec<String> {
    let body = log(services, &format!("from=2026-07-21&to=2026-07-21{query}")).await;
    body["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

fn events(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|number| event_id(*number).to_string()).collect()
}

#[tokio::test]
async fn tabs_and_filters() {
    let services = filled().await;
    for (query, expected) in [
        ("", &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1][..]),
        ("&tab=new", &[1]),
        // What failed first and was fixed stands here, whether it made a lead or met one.
        ("&tab=updated", &[10, 6, 5, 4, 3, 2]),
        ("&tab=failed", &[11, 9, 8, 7]),
        ("&tab=failed&job_status=all&sync_status=all", &[11, 9, 8, 7]),
        ("&tab=failed&job_status=failure", &[9, 8]),
        ("&tab=failed&job_status=success", &[11, 7]),
        ("&job_status=failure&sync_status=success", &[]),
        ("&tab=updated&sync_status=error", &[6]),
        ("&tab=updated&sync_status=success", &[10, 5, 4, 3, 2]),
        ("&tab=new&sync_status=error", &[]),
        ("&sync_status=error", &[11, 9, 8, 7, 6]),
    ] {
        assert_eq!(listed(&services, query).await, events(expected), "{query}");
    }
    let whole = log(&services, "from=2026-07-21&to=2026-07-21&tab=updated&limit=1").await;
    let expected = json!({
        "id": event_id(10), "tab": "updated", "status": "updated", "job_status": "success", "sync_status": "success",
        "retried": true, "reason": null, "lead": null, "received_at": "2026-07-21T10:10:00Z",
    });
    assert_eq!(whole["entries"], json!([expected]));
    assert!(whole.get("counts").is_none(), "{whole}");
    let page = services.get("main-viewer", "/v1/sources/page/log?from=2026-07-21&to=2026-07-21").await;
    assert_eq!(page.body["entries"][0]["id"], json!(event_id(12)));
    assert_eq!(page.body["entries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn counts_of_each_tab_and_pages() {
    let services = filled().await;
    let counted = log(&services, "from=2026-07-21&to=2026-07-21&tab=new&counts=true").await;
    assert_eq!(counted["counts"], json!({"new": 1, "updated": 6, "failed": 4, "more": false}));
    let counted = log(&services, "from=2026-07-21&to=2026-07-21&counts=true&job_status=failure").await;
    assert_eq!(counted["counts"], json!({"new": 0, "updated": 0, "failed": 2, "more": false}));

    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..12 {
        let page = log(&services, &format!("from=2026-07-21&to=2026-07-21&tab=updated&limit=4{cursor}")).await;
        found.extend(page["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, events(&[10, 6, 5, 4, 3, 2]));
}

#[tokio::test]
async fn what_does_not_fit_is_named_and_what_is_not_there_is_not_found() {
    let services = filled().await;
    for (query, says) in [
        ("tab=old", "tab"),
        ("job_status=maybe", "job_status"),
        ("sync_status=failure", "sync_status"),
        ("limit=0", "'limit' is 0"),
        ("range=today&from=2026-07-01", "both 'range' and days"),
        ("status=failed", "status"),
    ] {
        let answer = services.get("main-viewer", &format!("/v1/sources/web/log?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    let entry = |source: &str, event| format!("/v1/sources/{source}/log/{}", event_id(event));
    for path in
        ["/v1/sources/wbe/log", &entry("page", 1), &entry("web", 99), "/v1/sources/web/log/x", "/v1/sources/-/log"]
    {
        assert_eq!(services.get("main-viewer", path).await.status, 404, "{path}");
    }
    for path in ["/v1/sources/web/log", &entry("web", 1)] {
        assert_eq!(services.get("other-admin", path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_entry_tells_request_answer_and_result() {
    let services = filled().await;
    let entry = services.get("main-viewer", &format!("/v1/sources/web/log/{}", event_id(9))).await;
    let expected = json!({
        "id": event_id(9), "source": "web", "tab": "failed", "job_status": "failure", "sync_status": "error",
        "received_at": "2026-07-21T10:09:00Z", "settled_at": "2026-07-21T10:09:00Z",
        "behaviour": "create_and_update", "retries": 3, "can_retry": true,
        "request": {
            "method": "POST", "url": "https://leads.example/in/{key}", "external_id": "9",
            "payload": {"email": "anna@example.com"},
            "origin": {"ip": "203.0.113.7", "referrer": null, "user_agent": null},
        },
        "response": {"status": 200, "body": "{\"Status\":\"Success\",\"StatusReason\":\"\"}"},
        "results": [{"status": "failed", "reason": "field 'age' is no number", "lead": null}],
    });
    assert_eq!(entry.body, expected);
    let fixed = services.get("main-viewer", &format!("/v1/sources/web/log/{}", event_id(2))).await;
    assert_eq!((&fixed.body["tab"], &fixed.body["can_retry"]), (&json!("updated"), &json!(false)));
    // Another format answers otherwise.
    let page = services.get("main-viewer", &format!("/v1/sources/page/log/{}", event_id(12))).await;
    assert_eq!(page.body["response"]["status"], 202);
    assert!(page.body["response"]["body"].as_str().unwrap().contains(event_id(12).as_str()), "{page:?}");
}

#[tokio::test]
async fn the_log_of_a_removed_source_stays() {
    let services = filled().await;
    assert_eq!(services.publish("sources: [{ id: page, format: json }]", None).await.status, 200);
    // Who might see it is gone with its settings.
    let (log, entry) =
        ("/v1/sources/web/log?tab=new&from=2026-07-21&to=2026-07-21", format!("/v1/sources/web/log/{}", event_id(1)));
    for path in [log, &entry, &format!("/v1/events/{}", event_id(1))] {
        assert_eq!(services.get("main-viewer", path).await.status, 403, "{path}");
    }
    let all = services.get("main-admin", log).await;
    assert_eq!(all.body["entries"].as_array().map(Vec::len), Some(1), "{}", all.body);
    let entry = services.get("main-admin", &entry).await;
    assert_eq!((entry.status, &entry.body["response"]), (200, &Value::Null), "nobody knows its format");
}

async fn ask(services: &Services, body: &Value) -> Answer {
    services.json(Method::POST, "main-operator", RETRY, body).await
}

fn retried(services: &Services) -> BTreeSet<String> {
    let sent = services.sent_to("leads");
    assert!(sent.iter().all(|body| body["type"] == "received" && body["retry"] == true), "{sent:?}");
    sent.iter().map(|body| body["event"]["event"].as_str().unwrap().to_owned()).collect()
}

async fn failed(services: &Services, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        let at = Timestamp::now() - SignedDuration::from_hours(1) + SignedDuration::from_secs(number.into());
        seeds::event(&services.store, number, Failed, at).await;
    }
}

#[tokio::test]
async fn what_failed_is_counted_and_then_tried_again() {
    let services = services().await;
    failed(&services, 1..=3).await;
    seeds::event(&services.store, 4, Rejected, Timestamp::now()).await;
    seeds::event(&services.store, 5, Created, Timestamp::now()).await;
    seeds::event_of(&services.store, "page", 6, Failed, Timestamp::now()).await;
    let counted = ask(&services, &json!({"dry_run": true})).await;
    assert_eq!((counted.status, &counted.body), (200, &json!({"count": 3, "more": false})));
    let none = ask(&services, &json!({"dry_run": true, "to": "2020-01-01"})).await;
    assert_eq!(none.body["count"], 0);
    for expected in [0, 2, 4] {
        let answer = ask(&services, &json!({"expected": expected})).await;
        assert_eq!(answer.status, 409);
        assert!(answer.detail().contains("3 events fit the filter now"), "{answer:?}");
    }
    for (body, says) in [
        (json!({}), "'expected' is missing"),
        (json!({"tab": "failed"}), "tab"),
        (json!({"dry_run": true, "cursor": "nonsense"}), "cursor"),
    ] {
        let answer = ask(&services, &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    assert_eq!(services.json(Method::POST, "main-viewer", RETRY, &json!({"expected": 3})).await.status, 403);
    assert_eq!(services.json(Method::POST, "other-operator", RETRY, &json!({"expected": 3})).await.status, 404);
    assert_eq!((services.sent(), services.audited().await), (vec![], vec![]));

    let answer = ask(&services, &json!({"expected": 3})).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let expected = json!({"retried": 3, "skipped": 0, "failed": 0, "problems": [], "left": 0, "next": null});
    assert_eq!(answer.body, expected);
    assert_eq!(retried(&services), events(&[1, 2, 3]).into_iter().collect());
    let entry = ("main operator".to_owned(), "source.retry".to_owned(), "web".to_owned());
    assert_eq!(services.audited().await, [entry]);
}

#[tokio::test]
async fn a_call_goes_so_far_and_the_next_goes_on() {
    let services = services().await;
    failed(&services, 1..=502).await;
    let first = ask(&services, &json!({"expected": 502})).await;
    assert_eq!((&first.body["retried"], &first.body["left"]), (&json!(500), &json!(2)), "{first:?}");
    let rest = ask(&services, &json!({"expected": 2, "cursor": first.body["next"]})).await;
    assert_eq!((&rest.body["retried"], &rest.body["next"]), (&json!(2), &Value::Null), "{rest:?}");
    assert_eq!(retried(&services).len(), 502);
}

#[tokio::test]
async fn what_a_queue_does_not_take_is_told() {
    let services = services().await;
    failed(&services, 1..=2).await;
    services.set_queues_down(true);
    let answer = ask(&services, &json!({"expected": 2})).await;
    assert_eq!((answer.status, &answer.body["failed"]), (202, &json!(2)), "{answer:?}");
    assert!(answer.body["problems"].as_array().unwrap().iter().all(|problem| problem["failed"] == true));
}
