//! The leads that wait, and what makes them be tried again.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::lists::{self, NAMING};
use crate::seeds::{at, lead_id, parked};
use crate::services::Services;

async fn seed(services: &Services, count: u32) {
    for number in 1..=count {
        let line = if number % 3 == 0 { "pool:small" } else { "pool:sales" };
        let since = at("2026-07-21T10:00:00Z") + SignedDuration::from_secs(number.into());
        parked(&services.store, number, line, since).await;
    }
}

/// All pages of a query.
async fn all(services: &Services, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        assert!(found.len() < 100, "the pages do not end");
        let page = services.get("main-viewer", &format!("/v1/parked?{query}{cursor}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        found.extend(page.body["parked"].as_array().unwrap().iter().cloned());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn the_oldest_first_page_by_page_and_by_line() {
    let services = Services::start().await;
    assert_eq!(all(&services, "").await, [] as [Value; 0]);
    seed(&services, 9).await;
    let first = services.get("main-viewer", "/v1/parked?limit=1").await.body["parked"][0].clone();
    let expected = json!({
        "lead": lead_id(1), "line": "pool:sales", "reason": "nobody in pool sales is eligible",
        "since": "2026-07-21T10:00:01Z", "until": "2026-07-21T11:00:01Z",
    });
    assert_eq!(first, expected);
    let numbers = |found: Vec<Value>| found.into_iter().map(|one| one["lead"].clone()).collect::<Vec<_>>();
    let leads = |numbers: &[u32]| numbers.iter().map(|number| json!(lead_id(*number))).collect::<Vec<_>>();
    for limit in [2, 3, 9, 50] {
        let query = format!("limit={limit}");
        assert_eq!(numbers(all(&services, &query).await), leads(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), "{limit}");
        let query = format!("limit={limit}&line=pool:small");
        assert_eq!(numbers(all(&services, &query).await), leads(&[3, 6, 9]), "{limit}");
    }
    assert_eq!(all(&services, "line=rule:inbound/large").await, [] as [Value; 0]);
    assert_eq!(services.get("other-viewer", "/v1/parked").await.body["parked"], json!([]));
    for (query, says) in [
        ("limit=0", "'limit' is 0"),
        ("limit=101", "'limit' is 101"),
        ("cursor=x", "'cursor' does not fit"),
        ("lien=x", "lien"),
    ] {
        let answer = services.get("main-viewer", &format!("/v1/parked?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    let lead = services.get("main-viewer", &format!("/v1/leads/{}", lead_id(1))).await.body;
    assert_eq!((&lead["standing"]["state"], &lead["standing"]["until"]), (&json!("parked"), &expected["until"]));
}

#[tokio::test]
async fn every_way_into_force_tries_them_again() {
    let services = Services::start().await;
    lists::set(&services, "zips", "1").await;
    services.publish(NAMING, None).await;
    assert_eq!(services.sent(), [], "nothing waits");
    seed(&services, 1).await;
    let mut expected = 0;
    let mut drained = |what: &str| {
        expected += 1;
        let sent = services.sent();
        assert_eq!(sent.len(), expected, "{what}");
        let drain = json!({ "type": "drain", "account": "main", "rules_changed": true });
        // When every function has seen the version.
        assert_eq!((&sent[expected - 1].body, sent[expected - 1].delay_s), (&drain, Some(5)), "{what}");
    };
    services.publish(NAMING, None).await;
    drained("a document");
    lists::set(&services, "zips", "2").await;
    drained("a list");
    assert_eq!(services.post("main-admin", "/v1/config/versions/1/rollback").await.status, 200);
    drained("a roll back");
    services.publish("pools: 7", None).await;
    lists::set(&services, "unnamed", "2").await;
    assert_eq!(services.sent().len(), 3, "nothing else came into force");
    // A queue that is away keeps no config from coming into force.
    services.set_queues_down(true);
    assert_eq!(services.publish(NAMING, None).await.status, 200);
}
