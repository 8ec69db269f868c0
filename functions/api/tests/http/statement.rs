//! What a partner owes, as JSON and as CSV.

use axum::body::Body;
use axum::http::{Method, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::assignment::{Assignment, Cause, End, Ending, Outcome, Standing};
use leadyard_domain::delivery::{DeliveryRecord, DeliveryStatus};
use leadyard_domain::trace::Trace;
use serde_json::{Value, json};

use crate::seeds::{account, at, bare, delivery_id, held, lead_id, put};
use crate::services::{Services, request};

const CONFIG: &str = r"
account: { timezone: Europe/Berlin }
sources: [{ id: web, format: json }]
assignees:
  - { id: acme, name: Acme Loans, kind: partner, price: 0.10 }
  - { id: anna, name: Anna }
profiles: [{ id: inbound, default: [{ assign_to: acme }] }]
";

async fn start() -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    services
}

/// A lead that the partner accepted, and gave back where a moment is given.
async fn accepted(services: &Services, number: u32, price: &str, since: &str, returned: Option<&str>) {
    let mut holding = held(1, "acme", at(since));
    let end = |at| End { how: Ending::Returned, at, reason: None, by: None, refunds: Vec::new() };
    holding.ended = returned.map(at).map(end);
    let mut lead = bare(number, Standing::Unassigned { attempt: 1 }, at(since));
    lead.holdings = vec![holding];
    put(&services.store, lead).await;
    let assignment = Assignment {
        lead: lead_id(number),
        attempt: 1,
        cause: Cause::Drained,
        config_version: 1,
        profile: None,
        rule: Some("north".parse().unwrap()),
        outcome: Outcome::Assigned {
            assignee: "acme".parse().unwrap(),
            pool: None,
            picks: Vec::new(),
            destinations: Vec::new(),
            price: Some(price.parse().unwrap()),
        },
        decided_at: at(since),
        trace: Trace::default(),
    };
    let moment: Timestamp = at(since);
    let delivery = DeliveryRecord {
        id: delivery_id(number, "crm"),
        account: account(),
        source: "web".parse().unwrap(),
        channel: "webhook".to_owned(),
        status: DeliveryStatus::Delivered,
        tries: 1,
        tries_before_replay: 0,
        reason: None,
        next_try_at: None,
        lease_until: None,
        created_at: moment,
        updated_at: moment,
    };
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    services.store.book_accepted(&zone, &assignment, &delivery).await.unwrap();
}

/// Three leads of July, one of which came back in July and one in August.
async fn july() -> Services {
    let services = start().await;
    accepted(&services, 1, "0.1", "2026-07-01T10:00:00Z", None).await;
    accepted(&services, 2, "0.2", "2026-07-02T10:00:00Z", Some("2026-07-03T10:00:00Z")).await;
    // In Berlin it is August: an hour and a half before the month ends in UTC.
    accepted(&services, 3, "42.5", "2026-07-31T21:00:00Z", Some("2026-07-31T22:30:00Z")).await;
    services
}

async fn read(services: &Services, query: &str) -> Value {
    let answer = services.get("main-viewer", &format!("/v1/partners/acme/statement?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn a_month_as_json() {
    let services = july().await;
    let july = read(&services, "month=2026-07").await;
    assert_eq!(
        (&july["partner"], &july["name"], &july["month"]),
        (&json!("acme"), &json!("Acme Loans"), &json!("2026-07"))
    );
    let totals = json!({
        "accepted": { "count": 3, "amount": "42.8" },
        "credited": { "count": 1, "amount": "0.2" },
        "net": { "count": 2, "amount": "42.6" },
    });
    assert_eq!(july["totals"], totals);
    let kinds: Vec<&str> =
        july["entries"].as_array().unwrap().iter().map(|its| its["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["charge", "charge", "credit", "charge"]);
    let credit = json!({
        "kind": "credit",
        "at": "2026-07-03T10:00:00Z",
        "lead": lead_id(2).as_str(),
        "attempt": 1,
        "rule": "north",
        "delivery": delivery_id(2, "crm").as_str(),
        "reason": "returned",
        "amount": "0.2",
    });
    assert_eq!(july["entries"][2], credit);
    assert_eq!(july["next_cursor"], Value::Null);
    // What came back on the first of August, by the account's clock.
    let august = read(&services, "month=2026-08").await;
    assert_eq!(august["totals"]["net"], json!({ "count": -1, "amount": "-42.5" }));
    let june = read(&services, "month=2026-06").await;
    assert_eq!((&june["entries"], &june["totals"]["net"]), (&json!([]), &json!({ "count": 0, "amount": "0" })));
}

#[tokio::test]
async fn a_month_as_csv_in_parts_that_make_one_file() {
    let services = july().await;
    let accept = request(Method::GET, "main-viewer", "/v1/partners/acme/statement?month=2026-07");
    let whole = services.send(accept.header(header::ACCEPT, "text/csv").body(Body::empty()).unwrap()).await;
    assert_eq!((whole.status, whole.header(header::CONTENT_TYPE)), (200, "text/csv; charset=utf-8"));
    let lines: Vec<&str> = whole.text.lines().collect();
    assert_eq!(lines.len(), 8, "{}", whole.text);
    assert_eq!(lines[0], "kind,at,lead,attempt,rule,delivery,reason,count,amount");
    let (lead, delivery) = (lead_id(2), delivery_id(2, "crm"));
    assert_eq!(lines[3], format!("credit,2026-07-03T10:00:00Z,{lead},1,north,{delivery},returned,1,0.2"));
    assert_eq!(lines[5..], ["total_accepted,,,,,,,3,42.8", "total_credited,,,,,,,1,0.2", "total_net,,,,,,,2,42.6"]);

    let mut parts = String::new();
    let mut path = "/v1/partners/acme/statement?month=2026-07&format=csv&limit=3".to_owned();
    for part in 1.. {
        let answer = services.get("main-viewer", &path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        parts.push_str(&answer.text);
        match answer.header(header::LINK).strip_suffix(">; rel=\"next\"") {
            Some(next) => path = next.trim_start_matches('<').to_owned(),
            None => {
                assert_eq!(part, 2);
                break;
            }
        }
    }
    assert_eq!(parts, whole.text);
}

#[tokio::test]
async fn pages_of_json_follow_each_other_and_the_first_has_the_totals() {
    let services = july().await;
    let first = read(&services, "month=2026-07&limit=3").await;
    assert_eq!((first["entries"].as_array().unwrap().len(), &first["totals"]["net"]["amount"]), (3, &json!("42.6")));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = read(&services, &format!("month=2026-07&limit=3&cursor={cursor}")).await;
    assert_eq!((second["entries"].as_array().unwrap().len(), &second["totals"]), (1, &Value::Null));
    assert_eq!((&second["entries"][0]["amount"], &second["next_cursor"]), (&json!("42.5"), &Value::Null));
}

#[tokio::test]
async fn who_has_no_statement() {
    let services = july().await;
    for (key, path, status, says) in [
        ("main-viewer", "acme/statement?month=2026-13", 400, "'month' does not fit"),
        ("main-viewer", "acme/statement?month=July", 400, "such as 2026-07"),
        ("main-viewer", "acme/statement", 400, "month"),
        ("main-viewer", "acme/statement?month=2026-07&cursor=x", 400, "'cursor' does not fit"),
        ("main-viewer", "acme/statement?month=2026-07&limit=5001", 400, "'limit' is 5001"),
        ("main-viewer", "acme/statement?month=2026-07&format=xml", 400, "format"),
        ("main-viewer", "eve/statement?month=2026-07", 404, "no partner 'eve'"),
        ("main-viewer", "anna/statement?month=2026-07", 404, "'anna' is a user"),
        ("other-viewer", "acme/statement?month=2026-07", 404, "no partner 'acme'"),
        ("nobody", "acme/statement?month=2026-07", 401, "API key"),
    ] {
        let answer = services.get(key, &format!("/v1/partners/{path}")).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert!(answer.detail().contains(says), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_partner_that_has_left_the_config_still_owes_what_it_owes() {
    let services = Services::start().await;
    assert_eq!(services.publish(&CONFIG.replace("acme", "brand"), None).await.status, 200);
    accepted(&services, 1, "0.1", "2026-07-01T10:00:00Z", None).await;
    let july = read(&services, "month=2026-07").await;
    assert_eq!((&july["name"], &july["totals"]["net"]["amount"]), (&Value::Null, &json!("0.1")));
    assert_eq!(services.get("main-viewer", "/v1/partners/acme/statement?month=2026-08").await.status, 404);
}
