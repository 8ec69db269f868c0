//! Five hundred leads at once into one pool of four weighted members, one of them capped: decided once, delivered once,
//! fairly. And all messages of the run once more: nothing changes.

use std::collections::{BTreeMap, BTreeSet};

use leadyard_tests::{
    client::event_ids,
    stack::{Queue, Stack, StackError},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    account::{Account, PATIENCE, post},
    history,
    shared::alone,
};

const ACCOUNT: &str = "five-hundred";

const LEADS: usize = 500;

/// Requests on their way at a time: more than the emulator runs functions for.
const AT_ONCE: usize = 50;

/// The most that anna may have; her weight alone would entitle her to 200.
const CAP: i64 = 120;

const CONFIG: &str = r#"
sources: [{ id: web, format: json, external_id: { field: id } }]
assignees:
  - { id: anna, name: Anna, weight: 4, destinations: [crm], caps: [{ period: lifetime, limit: 120 }] }
  - { id: ben, name: Ben, weight: 3, destinations: [crm] }
  - { id: carla, name: Carla, weight: 2, destinations: [crm] }
  - { id: david, name: David, weight: 1, destinations: [crm] }
pools: [{ id: sales, members: [anna, ben, carla, david] }]
destinations: [{ id: crm, channel: { webhook: { url: "RECEIVER/crm" } } }]
profiles: [{ id: all, default: [{ pool: sales }] }]
"#;

/// One lead of the test, as a sender sends it.
fn body(number: usize) -> Value {
    json!({ "id": format!("n-{number}"), "email": format!("lead-{number}@example.com") })
}

/// Sends all leads, many at a time, and gives the ids of their events.
async fn send_all(stack: &Stack, url: &str) -> BTreeSet<String> {
    let mut sending = JoinSet::new();
    let mut events = BTreeSet::new();
    let (http, mut next) = (stack.http().clone(), 0);
    loop {
        while next < LEADS && sending.len() < AT_ONCE {
            let request = http.post(url).json(&body(next));
            sending.spawn(async move { leadyard_tests::client::Answer::to(request).await });
            next += 1;
        }
        let Some(sent) = sending.join_next().await else { return events };
        let answer = sent.unwrap().unwrap();
        assert_eq!(answer.status, 202, "{}", answer.body);
        events.extend(event_ids(&answer.body));
    }
}

/// Everything that the table holds of the account, by key; but for API keys and endpoints, which are no account's.
async fn snapshot(stack: &Stack) -> Result<BTreeMap<(String, String), Value>, StackError> {
    let mut items = BTreeMap::new();
    let mut start = Value::Null;
    loop {
        let mut input = json!({
            "ConsistentRead": true,
            "FilterExpression": "begins_with(pk, :account)",
            "ExpressionAttributeValues": { ":account": { "S": format!("A#{ACCOUNT}") } },
        });
        if start.is_object() {
            input["ExclusiveStartKey"] = start;
        }
        let mut page = stack.dynamodb("Scan", input).await?;
        for item in page["Items"].as_array_mut().into_iter().flatten() {
            let key = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
            items.insert((key("pk"), key("sk")), item.take());
        }
        start = page["LastEvaluatedKey"].take();
        if !start.is_object() {
            return Ok(items);
        }
    }
}

/// What each member was entitled to and what it got, in millionths of a lead, in the order of the decisions: the shares
/// are those that each decision handed out.
fn assert_fair(assignments: &[Value]) {
    let mut entitled = BTreeMap::<&str, i64>::new();
    let mut assigned = BTreeMap::<&str, i64>::new();
    for assignment in assignments {
        let picked = assignment["assignee"].as_str().unwrap();
        let candidates = assignment["trace"]["actions"][0]["candidates"].as_array().unwrap();
        for candidate in candidates {
            let assignee = candidate["member"].as_str().unwrap();
            let Some(credit) = candidate["credit"].as_array() else { continue };
            // The credit moves by the share; who is picked also pays the whole lead.
            let paid = if assignee == picked { 1_000_000 } else { 0 };
            let share = credit[1].as_i64().unwrap() - credit[0].as_i64().unwrap() + paid;
            assert!((0..=1_000_000).contains(&share), "{share}");
            *entitled.entry(assignee).or_default() += share;
        }
        *assigned.entry(picked).or_default() += 1_000_000;
    }
    assert_eq!(entitled.values().sum::<i64>(), assigned.values().sum::<i64>());
    for (assignee, entitled) in &entitled {
        let assigned = assigned.get(assignee).copied().unwrap_or_default();
        let off = (assigned - entitled).abs();
        assert!(off < 1_500_000, "{assignee} has {assigned} of {entitled} millionths");
    }
    assert_eq!(assigned["anna"], CAP * 1_000_000, "the cap is reached and not exceeded");
}

#[tokio::test]
async fn each_is_decided_once_and_delivered_once_and_nothing_changes_when_all_messages_come_again() {
    let stack = alone().await;
    let account = Account::open(&stack, ACCOUNT, CONFIG).await;
    let sent_before = stack.sent_messages().len();
    let events = send_all(&stack, account.published.endpoint("web").unwrap()).await;
    assert_eq!(events.len(), LEADS, "nothing that was taken is lost");
    let all = async || Ok((account.receiver.count() >= LEADS).then_some(()));
    account.wait("every lead is delivered", all).await;
    for queue in Queue::LIVE {
        stack.drained(queue, PATIENCE).await.unwrap();
    }

    // Decided once and delivered once: one request a lead, each with an id of its own.
    let ids: BTreeSet<String> =
        account.receiver.requests().iter().map(|request| request.webhook_id().unwrap().to_owned()).collect();
    assert_eq!((account.receiver.count(), ids.len()), (LEADS, LEADS));
    let before = snapshot(&stack).await.unwrap();
    let count = |sk: &str| before.keys().filter(|(_, key)| key.starts_with(sk)).count();
    assert_eq!(
        (count("EVENT"), count("LEAD"), count("ASSIGN#"), count("DELIVERY#")),
        (LEADS, LEADS, LEADS, LEADS),
        "one of each"
    );
    let mut assignments = Vec::with_capacity(LEADS);
    for (pk, _) in before.keys().filter(|(_, sk)| sk == "LEAD") {
        let id = pk.rsplit('#').next().unwrap();
        let mut lead = account.api.get(&format!("/v1/leads/{id}")).await.unwrap();
        assert_eq!(lead["deliveries"][0]["status"], "delivered", "{lead}");
        assignments.push(lead["assignments"][0].take());
    }
    assert_fair(&assignments);
    history::prove(&stack, ACCOUNT, &events).await;

    // Every message of the run once more, as SQS may.
    let messages = stack.sent_messages().split_off(sent_before);
    assert!(messages.len() >= 2 * LEADS, "{} messages", messages.len());
    for (url, body) in &messages {
        let is_its = |queue: &&Queue| stack.queue_url(**queue).unwrap() == url;
        let queue = Queue::LIVE.iter().find(is_its).unwrap();
        stack.send(*queue, body).await.unwrap();
    }
    // In the order of a lead's way: what an earlier function sends is in the next queue before its own is empty.
    for queue in Queue::LIVE {
        stack.drained(queue, PATIENCE).await.unwrap();
    }
    let after = snapshot(&stack).await.unwrap();
    let changed: Vec<_> =
        before.iter().filter(|(key, item)| after.get(*key) != Some(*item)).map(|(key, _)| key).collect();
    assert_eq!((changed, after.len()), (Vec::new(), before.len()));
    assert_eq!(account.receiver.count(), LEADS, "the receiver saw no further request");
    // And the sender, who sends all of it again.
    let again = post(&stack, account.published.endpoint("web").unwrap(), &body(0)).await.unwrap();
    assert_eq!(again.status, 202);
    assert!(events.contains(&event_ids(&again.body)[0]));
    for queue in Queue::LIVE {
        stack.drained(queue, PATIENCE).await.unwrap();
    }
    assert_eq!(snapshot(&stack).await.unwrap(), before);
    for queue in Queue::DEAD {
        assert_eq!(stack.depth(queue).await.unwrap().total(), 0, "{queue:?}");
    }
}
