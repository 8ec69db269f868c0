//! The screen of a pool: what it owes whom, who can take a lead, and who is next.

use jiff::civil::Date;
use leadyard_domain::caps::{CapClock, Counters};
use leadyard_domain::decision::State;
use leadyard_domain::rotation::{Candidate, LEAD, PoolState};
use leadyard_store::Commit;
use serde_json::{Value, json};

use crate::seeds::account;
use crate::services::Services;

const CONFIG: &str = r"
account: { timezone: Europe/Berlin }
sources: [{ id: web, format: json }]
fields: [{ name: score, type: number }]
assignees:
  - { id: anna, name: Anna, weight: 2, filter: { field: score, op: gt, value: 80 } }
  - { id: bo, name: Bo, caps: [{ period: day, limit: 3 }] }
  - { id: cy, name: Cy, weight: 0, duplicate_days: 30 }
  - { id: di, name: Di, hours: {} }
  - { id: eve, name: Eve, capacity: { leads: 4 } }
pools:
  - { id: inner, name: Team, members: [eve, di] }
  - { id: closed, members: [di], fallback: inner }
  - id: sales
    name: Sales
    fallback: inner
    members: [anna, { assignee: bo, caps: [{ period: month, limit: 9 }] }, cy, { pool: inner, weight: 0.5 }, { pool: closed }]
profiles: [{ id: inbound, default: { pool: sales } }]
";

/// Some leads of today and of earlier days, as the rotation moves them, and Bo's counters.
async fn seed(services: &Services) {
    let rules = services.publish(CONFIG, None).await;
    assert_eq!(rules.status, 200, "{rules:?}");
    let published = services.store.published_config(&account(), 1).await.unwrap();
    let pool = published.pool(&"sales".parse().unwrap()).unwrap();
    let mut rotation = PoolState::new(pool.id.clone());
    rotation.seat(pool.members.iter().map(|member| &member.member));
    let now = leadyard_runtime::now();
    let today = published.today(now);
    let candidates = |seats: &[usize]| -> Vec<Candidate> {
        seats.iter().map(|&seat| Candidate { seat, weight: published.weight_of(&pool.members[seat]) }).collect()
    };
    let long_ago: Date = "2020-05-05".parse().unwrap();
    for _ in 0..7 {
        rotation.pick(&candidates(&[0, 1, 3]), long_ago).unwrap();
    }
    let picks: Vec<_> = (0..4).map(|_| rotation.pick(&candidates(&[0, 1]), today).unwrap()).collect();
    rotation.refund(&picks[3], today);
    let bo: leadyard_domain::id::AssigneeId = "bo".parse().unwrap();
    let mut counters = Counters::new(bo.clone());
    let zone = published.config().account.timezone.time_zone();
    counters.add(Some(&pool.id), CapClock { now, zone, first_weekday: jiff::civil::Weekday::Monday });
    counters.open.add("12.50".parse().unwrap());
    let mut after = State::default();
    after.pools.insert(pool.id.clone(), rotation);
    after.counters.insert(bo, counters);
    let (before, settled) = (State::default(), Vec::new());
    let commit = Commit { account: account(), now, log_days: 90, had_days: 0, settled, before, after };
    services.store.commit(&commit).await.unwrap();
}

async fn read(services: &Services, path: &str) -> Value {
    let answer = services.get("main-viewer", &format!("/v1/pools/{path}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

fn sum(pool: &Value, of: &str) -> i64 {
    pool["members"].as_array().unwrap().iter().map(|member| member[of].as_i64().unwrap()).sum()
}

#[tokio::test]
async fn a_pool_adds_up() {
    let services = Services::start().await;
    seed(&services).await;
    let lifetime = read(&services, "sales?period=lifetime").await;
    assert_eq!(
        (&lifetime["name"], &lifetime["strategy"], &lifetime["fallback"]),
        (&json!("Sales"), &json!("rotate"), &json!("inner"))
    );
    assert_eq!((&lifetime["turns"], &lifetime["former_members"]), (&json!(12), &json!([])));
    assert_eq!(sum(&lifetime, "credit_millionths"), 0);
    assert_eq!((sum(&lifetime, "assigned"), sum(&lifetime, "entitled_millionths")), (10, 10 * LEAD));
    for member in lifetime["members"].as_array().unwrap() {
        let of = |name: &str| member[name].as_i64().unwrap();
        assert_eq!(of("entitled_millionths") - of("assigned") * LEAD, of("credit_millionths"), "{member}");
    }
    // Today three leads were given, all of them to Anna and Bo; the others had theirs long ago.
    let day = read(&services, "sales").await;
    assert_eq!(day, read(&services, "sales?period=day").await);
    assert_eq!((sum(&day, "assigned"), sum(&day, "entitled_millionths")), (3, 3 * LEAD));
    // Two thirds of each of three leads; of the rounding she gets the millionth.
    assert_eq!(day["members"][0]["entitled_millionths"], 3 * 666_667);
    assert_eq!((&day["members"][3]["assigned"], &day["members"][3]["entitled_millionths"]), (&json!(0), &json!(0)));
    assert_eq!(sum(&read(&services, "sales?period=month").await, "assigned"), 3);
    assert_eq!(sum(&day, "credit_millionths"), 0, "credits are of no period");
}

#[tokio::test]
async fn members_say_whether_they_can_take_a_lead() {
    let services = Services::start().await;
    seed(&services).await;
    let pool = read(&services, "sales").await;
    let [anna, bo, cy, inner, closed] = pool["members"].as_array().unwrap().as_slice() else { panic!("{pool}") };
    // Her filter is about leads, so it is left out.
    assert_eq!((&anna["assignee"], &anna["weight"], &anna["eligible"]), (&json!("anna"), &json!(2.0), &json!(true)));
    let caps = json!([
        { "period": "day", "in_pool": false, "used": 1, "limit": 3 },
        { "period": "month", "in_pool": true, "used": 1, "limit": 9 },
    ]);
    assert_eq!((&bo["caps"], &bo["eligible"]), (&caps, &json!(true)));
    assert_eq!(bo["open"], json!({ "leads": 1, "leads_max": null, "value": "12.5", "value_max": null }));
    assert_eq!((&cy["reason"], &cy["why"]), (&json!("zero_weight"), &json!("has weight 0 in this pool")));
    assert_eq!((&inner["pool"], &inner["assignee"], &inner["name"]), (&json!("inner"), &Value::Null, &json!("Team")));
    assert_eq!((&inner["eligible"], &inner["weight"], &inner["open"]), (&json!(true), &json!(0.5), &Value::Null));
    assert_eq!((&closed["reason"], &closed["free_at"]), (&json!("nobody_eligible"), &Value::Null));

    let off = json!({ "availability": "off", "until": "2999-01-01T00:00:00Z" });
    let path = "/v1/assignees/eve/availability";
    assert_eq!(services.json(axum::http::Method::PUT, "main-operator", path, &off).await.status, 200);
    let inner = &read(&services, "sales").await["members"][3];
    assert_eq!((&inner["reason"], &inner["free_at"]), (&json!("nobody_eligible"), &json!("2999-01-01T00:00:00Z")));
}

#[tokio::test]
async fn the_look_ahead_moves_nothing_and_stops_where_nobody_is_left() {
    let services = Services::start().await;
    seed(&services).await;
    let pool = read(&services, "sales").await;
    let next = pool["next_picks"].as_array().unwrap();
    assert_eq!(next.len(), 20);
    let count = |who: &str| next.iter().filter(|pick| pick["assignee"] == who).count();
    // Bo has two left of today's cap, and Eve has room for four.
    assert_eq!((count("bo"), count("eve"), count("cy"), count("di")), (2, 4, 0, 0), "{next:?}");
    let eve = next.iter().find(|pick| pick["assignee"] == "eve").unwrap();
    assert_eq!(eve["pool"], "inner");
    // The one who is owed most comes first.
    assert_eq!(read(&services, "sales").await, pool, "nothing was moved");
    let inner = read(&services, "inner").await;
    assert_eq!(inner["next_picks"], json!(vec![json!({ "assignee": "eve", "pool": "inner" }); 4]));
    // The fallback is another pool.
    assert_eq!(read(&services, "closed").await["next_picks"], json!([]));
}

#[tokio::test]
async fn whoever_left_keeps_a_credit() {
    let services = Services::start().await;
    seed(&services).await;
    let before = read(&services, "sales").await;
    let without = CONFIG.replace("members: [anna, {", "members: [{");
    assert_eq!(services.publish(&without, None).await.status, 200);
    let after = read(&services, "sales").await;
    let credit = &before["members"][0]["credit_millionths"];
    assert_ne!(*credit, json!(0), "the seed leaves Anna with a credit");
    assert_eq!(after["former_members"], json!([{ "member": "anna", "credit_millionths": credit }]));
    assert_eq!(sum(&after, "credit_millionths") + credit.as_i64().unwrap(), 0);
}

#[tokio::test]
async fn pools_that_are_not_there() {
    let services = Services::start().await;
    let none = services.get("main-viewer", "/v1/pools/sales").await;
    assert_eq!(none.status, 404);
    seed(&services).await;
    let answer = services.get("main-viewer", "/v1/pools/till").await;
    assert_eq!(answer.status, 404);
    assert!(answer.detail().contains("no pool 'till'"), "{answer:?}");
    assert_eq!(services.get("other-viewer", "/v1/pools/sales").await.status, 404);
    let year = services.get("main-viewer", "/v1/pools/sales?period=year").await;
    assert_eq!(year.status, 400);
    assert!(year.detail().contains("unknown variant `year`"), "{year:?}");
}
