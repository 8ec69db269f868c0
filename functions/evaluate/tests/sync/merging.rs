//! What a connector does with a push: each behaviour with new and known leads, by the primary and the secondary key.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{World, config};

/// North tells south, which has a lead of its own.
async fn told(connector: Value, own: Value, push: Value) -> (World, String, Option<String>) {
    let mut silent = config(&[], &connector);
    silent["sources"][1]["search_by"] = json!(["email", "phone"]);
    let mut world = World::start(&[("north", config(&["south"], &json!({}))), ("south", silent)]).await;
    if !own.is_null() {
        world.form("south", own).await;
    }
    world.pass(SignedDuration::from_secs(1));
    world.form("north", push).await;
    world.settle().await;
    let [(status, reason)] = world.outcomes("south").await.try_into().expect("one push");
    (world, status, reason)
}

#[tokio::test]
async fn each_behaviour_with_new_and_known_leads_by_either_key() {
    let new = json!({ "email": "ann@example.com", "phone": "+4930123456", "company": "New" });
    let by_email = json!({ "email": "ann@example.com", "company": "Own" });
    let by_phone = json!({ "phone": "+4930123456", "company": "Own" });
    for (behaviour, own, status, company) in [
        ("create_and_update", json!(null), "created", Some("New")),
        ("create_and_update", by_email.clone(), "updated", Some("New")),
        ("create_and_update", by_phone.clone(), "updated", Some("New")),
        ("create_only", json!(null), "created", Some("New")),
        ("create_only", by_email.clone(), "unchanged", Some("Own")),
        ("create_only", by_phone.clone(), "unchanged", Some("Own")),
        ("update_only", json!(null), "unchanged", None),
        ("update_only", by_email.clone(), "updated", Some("New")),
        ("update_only", by_phone.clone(), "updated", Some("New")),
        ("nothing", json!(null), "unchanged", None),
        ("nothing", by_email.clone(), "unchanged", Some("Own")),
        ("nothing", by_phone.clone(), "unchanged", Some("Own")),
    ] {
        let (world, found, reason) = told(json!({ "behaviour": behaviour }), own.clone(), new.clone()).await;
        let fields = world.fields("south").await;
        let companies: Vec<Option<&str>> = fields.iter().map(|fields| fields["company"].as_str()).collect();
        assert_eq!(found, status, "{behaviour} {own}: {reason:?}");
        assert_eq!(companies, company.into_iter().map(Some).collect::<Vec<_>>(), "{behaviour} {own}");
        assert_eq!(reason.is_none(), ["created", "updated"].contains(&status), "{behaviour} {own}: {reason:?}");
    }
}

#[tokio::test]
async fn whose_value_counts_is_the_connectors_to_say() {
    let own = json!({ "email": "ann@example.com", "company": "Own", "city": "Bonn" });
    let push = json!({ "email": "ann@example.com", "company": "New", "city": "Kiel", "job_title": "Boss" });
    for (sync, company, city) in [
        (json!({}), "New", "Kiel"),
        (json!({ "conflicts": "ours" }), "Own", "Bonn"),
        (json!({ "conflicts": "theirs" }), "New", "Kiel"),
        (json!({ "conflicts": "ours", "fields": { "city": "theirs" } }), "Own", "Kiel"),
        (json!({ "fields": { "city": "ours" } }), "New", "Bonn"),
    ] {
        let (world, status, _) = told(json!({ "sync": sync }), own.clone(), push.clone()).await;
        let expected = json!({ "email": "ann@example.com", "company": company, "city": city, "job_title": "Boss" });
        assert_eq!((status.as_str(), world.fields("south").await), ("updated", vec![expected]), "{sync}");
    }
}

#[tokio::test]
async fn a_mapping_leads_from_their_names_to_ours() {
    let connector = json!({
        "mapping": [
            { "from": "company", "to": "job_title" },
            { "from": "city", "to": "city", "enabled": false },
            { "from": "country", "to": "country", "default": "DE" },
            { "from": "state", "to": "state", "default": "Berlin" },
        ],
        "lead_source": "North",
    });
    let own = json!({ "email": "ann@example.com", "state": "Hessen" });
    let push = json!({ "email": "ann@example.com", "company": "ACME", "city": "Kiel", "lead_source": "web" });
    let (world, status, reason) = told(connector, own, push).await;
    assert_eq!(status, "updated", "{reason:?}");
    let expected = json!({
        "email": "ann@example.com", "job_title": "ACME", "country": "DE", "state": "Hessen", "lead_source": "North",
    });
    assert_eq!(
        world.fields("south").await,
        [expected],
        "a default yields to what the lead has; what is off is not taken"
    );
}

#[tokio::test]
async fn where_two_leads_have_the_keys_the_primary_wins_and_the_log_says_so() {
    let mut silent = config(&[], &json!({}));
    silent["sources"][1]["search_by"] = json!(["email", "phone"]);
    let mut world = World::start(&[("north", config(&["south"], &json!({}))), ("south", silent)]).await;
    let by_email = world.form("south", json!({ "email": "ann@example.com" })).await;
    let by_phone = world.form("south", json!({ "phone": "+4930123456" })).await;
    world.form("north", json!({ "email": "ann@example.com", "phone": "+4930123456", "company": "New" })).await;
    world.settle().await;
    let [(status, reason)] = world.outcomes("south").await.try_into().expect("one push");
    let reason = reason.unwrap();
    assert_eq!(status, "updated");
    assert!(reason.contains("'phone'") && reason.contains(by_phone.as_str()), "{reason}");
    let leads = world.leads("south").await;
    let of = |id| leads.iter().find(|lead| lead.id == id).unwrap();
    assert!(of(by_email).fields.contains_key("company") && !of(by_phone).fields.contains_key("company"));
}

#[tokio::test]
async fn a_value_that_does_not_fit_fails_with_its_field_and_goes_through_after_the_mend() {
    let mut mismatched = config(&[], &json!({ "mapping": [{ "from": "company", "to": "score" }] }));
    mismatched["fields"] = json!([{ "name": "score", "type": "number" }]);
    let mut world = World::start(&[("north", config(&["south"], &json!({}))), ("south", mismatched)]).await;
    world.form("north", json!({ "email": "ann@example.com", "company": "ACME" })).await;
    world.settle().await;
    let [(status, reason)] = world.outcomes("south").await.try_into().expect("one push");
    let reason = reason.unwrap();
    assert_eq!(status, "failed");
    assert!(reason.contains("score") && !reason.contains("ACME"), "{reason}");
    world.publish("south", &config(&[], &json!({}))).await;
    world.pass(SignedDuration::from_secs(5));
    world.retry_failed("south").await;
    let [(status, _)] = world.outcomes("south").await.try_into().expect("one push");
    assert_eq!(status, "created");
    assert_eq!(world.fields("south").await, [json!({ "email": "ann@example.com", "company": "ACME" })]);
}

#[tokio::test]
async fn each_type_against_each_type_either_arrives_or_fails_with_field_and_type() {
    let types = ["text", "number", "boolean", "date", "datetime", "time", "phone", "email", "list", "geo", "choice"];
    let field = |kind: &str| match kind {
        "choice" => json!({ "name": "it", "type": "choice", "options": ["S", "L"] }),
        _ => json!({ "name": "it", "type": kind }),
    };
    let with = |kind: &str, peers: &[&str]| {
        let mut config = config(peers, &json!({}));
        config["fields"] = json!([field(kind)]);
        config
    };
    for (kind, value, taken_by) in [
        ("text", json!("ACME"), &["text", "list"][..]),
        ("number", json!(75), &["text", "number", "list"]),
        ("boolean", json!(true), &["text", "boolean", "list"]),
        ("date", json!("1990-02-01"), &["text", "date", "list"]),
        ("datetime", json!("2026-09-01T10:00:00Z"), &["text", "date", "datetime", "list"]),
        ("email", json!("bob@example.com"), &["text", "email", "list"]),
        ("list", json!(["a", "b"]), &["list"]),
        ("geo", json!({ "lat": 52.5, "lon": 13.4 }), &["geo"]),
        ("choice", json!("S"), &["text", "list", "choice"]),
    ] {
        let accounts: Vec<(&str, Value)> = types.iter().map(|to| (*to, with(to, &[]))).collect();
        let mut world = World::start(&accounts).await;
        world.publish("north", &with(kind, &types)).await;
        world.form("north", json!({ "email": "ann@example.com", "it": value })).await;
        world.settle().await;
        let mut taken = Vec::new();
        for to in types {
            let [(status, reason)] = world.outcomes(to).await.try_into().expect("one push");
            match (status.as_str(), reason) {
                ("created", None) if world.fields(to).await[0].get("it").is_some() => taken.push(to),
                ("failed", Some(reason)) => {
                    assert!(reason.contains("'it'") && !reason.contains("ACME"), "{kind} {to}: {reason}")
                }
                // What is no place is not taken for one, nor a place for anything else: it is left as it came.
                ("created", None) if [kind, to].contains(&"geo") => {}
                (status, reason) => panic!("{kind} into {to}: {status} {reason:?}"),
            }
        }
        assert_eq!(taken, taken_by, "{kind}");
    }
}
