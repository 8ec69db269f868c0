//! What a lead costs: a write is charged by the kilobyte, so the items of an ordinary lead stay below one.

use std::collections::BTreeMap;

use jiff::civil::{Weekday, date};
use jiff::tz::TimeZone;
use leadyard_domain::assignment::{Assignment, Holding, Outcome, PoolPick, Standing};
use leadyard_domain::caps::{CapClock, Counters};
use leadyard_domain::decision::State;
use leadyard_domain::delivery::{Attempt, DeliveryStatus, Exchange, Verdict};
use leadyard_domain::event::{EventStatus, Identity, Origin};
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{AssigneeId, PoolId};
use leadyard_domain::rotation::{Member, Opening, Pick, PoolState, Seat};
use leadyard_domain::trace::{ActionTrace, CandidateTrace, FailedComparison, RuleTrace, Trace};
use serde_json::{Map, Value, json};

use crate::codec::item_bytes;
use crate::delivery::{Claim, ClaimRequest};
use crate::testing::{account, at, commit, created, delivery_id, event_id, key, lead, source, store};
use crate::{Commit, Settled, Store, keys};

const KILOBYTE: usize = 1_024;

const FIELDS: [(&str, &str); 8] = [
    ("email", "anna.schmidt@nordlicht-energie.example"),
    ("phone", "+4930901820442"),
    ("name", "Anna Schmidt"),
    ("company", "Nordlicht Energie GmbH"),
    ("city", "Hamburg"),
    ("industry", "renewable energy"),
    ("utm.source", "newsletter"),
    ("message", "Please call me about the roof of our second warehouse, mornings are best."),
];

fn assignees() -> Vec<AssigneeId> {
    let names = [
        "anna-berger",
        "bo-lindqvist",
        "carla-rossi",
        "dmitri-orlov",
        "elena-vega",
        "farid-haddad",
        "grace-oneill",
        "hugo-martin",
    ];
    names.map(|name| AssigneeId::new(name).unwrap()).into()
}

fn pool() -> PoolId {
    PoolId::new("sales-north").unwrap()
}

fn members() -> impl Iterator<Item = Member> {
    assignees().into_iter().map(Member::from)
}

fn shares() -> Vec<(Member, i64)> {
    members().zip((0..).map(|place| 125_000 + place % 3)).collect()
}

fn trace() -> Trace {
    let names = ["enterprise", "partners", "solar-roof", "returning", "north"];
    let rules = names.map(|name| RuleTrace {
        profile: None,
        rule: name.parse().unwrap(),
        out_of_time: false,
        failed: (name != "north").then(|| FailedComparison {
            field: "company_size".to_owned(),
            op: "gt".to_owned(),
            expected: "500".to_owned(),
            found: Some(format!("{}", name.len() * 7)),
            alternatives: 0,
        }),
    });
    let candidates = (1..).zip(members()).map(|(place, member)| CandidateTrace {
        member,
        ineligible: None,
        credit: Some([place * 71_429 - 250_000, place * 83_571 - 374_999]),
    });
    let action = ActionTrace {
        action: "pool sales-north".to_owned(),
        pool: Some(pool()),
        candidates: candidates.collect(),
        picked: members().nth(3),
        ..ActionTrace::default()
    };
    Trace { rules: rules.into(), actions: vec![action], ..Trace::default() }
}

/// An ordinary lead, told by its body and given by a pool of eight.
fn ordinary(number: u32) -> Settled {
    let mut settled = created(number);
    let payload: Map<String, Value> =
        FIELDS.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect();
    let hash = leadyard_domain::id::body_hash(&number.to_be_bytes());
    settled.seen = Some(hash.clone());
    let record = settled.record.as_mut().unwrap();
    record.received.payload = payload;
    record.received.identity = Identity::Body(hash.clone());
    record.received.origin = Origin {
        ip: Some("203.0.113.7".to_owned()),
        referrer: Some("https://nordlicht-energie.example/contact?from=roof".to_owned()),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned()),
    };
    record.status = EventStatus::Created;
    let write = settled.lead.as_mut().unwrap();
    let field = |(name, text): (&str, &str)| (FieldName::new(name).unwrap(), FieldValue::Text(text.to_owned()));
    write.lead.fields = FIELDS.map(field).into();
    write.lead.extra = BTreeMap::from([("form_name".to_owned(), json!("contact-2026"))]);
    write.lead.owner = Some(assignees()[3].clone());
    let holding = Holding { assignee: assignees()[3].clone(), pool: Some(pool()), ..write.lead.holdings[0].clone() };
    write.lead.holdings = vec![Holding { rule: Some("north".parse().unwrap()), ..holding }];
    write.lead.last_event.body_hash = Some(hash);
    write.keys = ["email", "phone"]
        .map(|field| key(&leadyard_domain::id::body_hash(format!("{field}{number}").as_bytes())).into())
        .into();
    write.lead.standing = Standing::Assigned { attempt: 1, deliveries: vec![delivery_id(number)], at: at(1) };
    settled.assignments = vec![Assignment {
        rule: Some("north".parse().unwrap()),
        profile: Some("leads".parse().unwrap()),
        outcome: Outcome::Assigned {
            assignee: assignees()[3].clone(),
            pool: Some(pool()),
            picks: vec![PoolPick {
                pool: pool(),
                pick: Pick { turn: 8_004, member: assignees()[3].clone().into(), shares: shares() },
            }],
            price: None,
            destinations: vec![crate::testing::destination()],
        },
        trace: trace(),
        ..settled.assignments.remove(0)
    }];
    settled
}

fn commit_of(settled: Vec<Settled>) -> Commit {
    let seats = (1i64..).zip(members()).map(|(place, member)| {
        let (credit, assigned) = (place * 71_429 - 250_000, place.unsigned_abs() + 1_000);
        let opening =
            |on, before: i64| Opening { on, credit: credit - before, assigned: assigned - before.unsigned_abs() };
        let (day, month) = (opening(date(2026, 7, 21), 3), opening(date(2026, 7, 1), 70));
        Seat { credit, assigned, day, month, ..Seat::new(member) }
    });
    let state = PoolState { seats: seats.collect(), turns: 8_004, ..PoolState::new(pool()) };
    let mut after = State { pools: [(pool(), state)].into(), ..State::default() };
    for assignee in assignees() {
        let clock = CapClock { now: at(0), zone: &TimeZone::UTC, first_weekday: Weekday::Monday };
        let counters = after.counters.entry(assignee.clone()).or_insert_with(|| Counters::new(assignee));
        for pool in [None, Some(pool()), Some("sales-south".parse().unwrap())] {
            counters.add(pool.as_ref(), clock);
        }
    }
    Commit { after, ..commit(settled) }
}

fn exchange() -> Exchange {
    let header = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let fields: Map<String, Value> =
        FIELDS.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect();
    let body = json!({
        "type": "lead.assigned", "delivery": delivery_id(1).as_str(), "account": "main",
        "lead": {"id": lead(1).id.as_str(), "entity": "lead", "source": "web", "fields": fields, "created_at": at(0)},
        "assignment": {"attempt": 1, "rule": "north", "pool": "sales-north", "assignee": "dmitri-orlov"}
    });
    Exchange {
        to: "https://hooks.crm.example/leadyard/inbound".to_owned(),
        request_headers: [
            ("content-type", "application/json"),
            ("user-agent", "Leadyard/0.1"),
            ("webhook-id", delivery_id(1).as_str()),
            ("webhook-timestamp", "1784628000"),
            ("webhook-signature", "(redacted)"),
            ("idempotency-key", delivery_id(1).as_str()),
        ]
        .map(header)
        .into(),
        request_body: body.to_string(),
        response_status: Some(200),
        response_headers: [
            ("content-type", "application/json"),
            ("date", "Tue, 21 Jul 2026 10:00:01 GMT"),
            ("server", "nginx"),
            ("content-length", "15"),
        ]
        .map(header)
        .into(),
        response_body: r#"{"status":"ok"}"#.to_owned(),
    }
}

async fn bytes(store: &Store, key: &keys::Key) -> usize {
    item_bytes(&store.raw(key).await.unwrap_or_else(|| panic!("{key} is missing")))
}

#[tokio::test]
async fn the_items_of_an_ordinary_lead_stay_below_a_kilobyte() {
    let store = store().await;
    let commit = commit_of(vec![ordinary(1)]);
    store.commit(&commit).await.unwrap();
    let request = ClaimRequest {
        account: account(),
        delivery: delivery_id(1),
        number: 1,
        source: source(),
        channel: "webhook".to_owned(),
        lease_until: at(60),
        now: at(2),
        at_most_once: false,
    };
    let Claim::Claimed(lease) = store.claim_delivery(&request).await.unwrap() else { panic!("not claimed") };
    let status = DeliveryStatus::Delivered;
    let attempt =
        Attempt { number: 1, at: at(2), elapsed_ms: 87, status, code: None, reason: None, exchange: exchange() };
    store.finish_delivery(&lease, &attempt, &Verdict::Delivered, 90, at(3)).await.unwrap();
    let sizes = [
        ("event", bytes(&store, &keys::event(&account(), &event_id(1))).await),
        ("lead", bytes(&store, &keys::lead(&account(), &lead(1).id)).await),
        ("assignment", bytes(&store, &keys::assignment(&account(), &lead(1).id, 1)).await),
        ("pool", bytes(&store, &keys::pool(&account(), &pool())).await),
        ("counters", bytes(&store, &keys::counters(&account(), &assignees()[0])).await),
        ("delivery", bytes(&store, &keys::delivery(&account(), &delivery_id(1))).await),
    ];
    assert!(sizes.iter().all(|(_, bytes)| *bytes < KILOBYTE), "{sizes:?}");
}

/// Ten ordinary leads, the most of one batch, go to eight assignees of one pool in one transaction.
#[tokio::test]
async fn a_batch_of_ten_fits_into_one_transaction() {
    let commit = commit_of((0..10).map(ordinary).collect());
    // Each its event, body, assignment, lead and two keys; the pool and eight counters.
    assert_eq!(commit.actions().unwrap(), 10 * 6 + 1 + 8);
    store().await.commit(&commit).await.unwrap();
}
