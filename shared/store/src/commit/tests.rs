//! Each condition of the commit, by what happens when someone was faster.

use std::collections::BTreeSet;

use jiff::civil::date;
use jiff::tz::TimeZone;
use leadyard_domain::availability::{Availability, Switch};
use leadyard_domain::caps::{CapClock, Counters};
use leadyard_domain::config::Weight;
use leadyard_domain::contact::{Contact, Had};
use leadyard_domain::decision::Needs;
use leadyard_domain::event::EventStatus;
use leadyard_domain::id::PoolId;
use leadyard_domain::rotation::{Candidate, Member};

use super::*;
use crate::testing::{account, assignee, assignment, at, commit, created, event_id, key, lead, record, source, store};
use crate::{codec, keys};

fn pool() -> PoolId {
    PoolId::new("sales").unwrap()
}

/// The state after one more lead for `anna`, given the one before.
fn one_more(before: &State) -> State {
    let mut after = before.clone();
    let rotation = after.pool_mut(&pool());
    rotation.seat(["anna", "bo"].map(|name| Member::from(assignee(name))).iter());
    let candidates = [0, 1].map(|seat| Candidate { seat, weight: Weight::ONE });
    rotation.pick(&candidates, date(2026, 7, 21)).unwrap();
    let clock = CapClock { now: at(0), zone: &TimeZone::UTC, first_weekday: jiff::civil::Weekday::Monday };
    let anna = assignee("anna");
    after.counters.entry(anna.clone()).or_insert_with(|| Counters::new(anna)).add(Some(&pool()), clock);
    after
}

fn rotating(number: u32, before: State) -> Commit {
    let after = one_more(&before);
    Commit { before, after, ..commit(vec![created(number)]) }
}

fn needs() -> Needs {
    Needs { pools: [pool()].into(), assignees: [assignee("anna"), assignee("bo")].into(), ..Needs::default() }
}

fn conflict(result: Result<(), CommitError>) -> Conflict {
    match result {
        Err(CommitError::Conflict(conflict)) => conflict,
        other => panic!("a conflict was expected, not {other:?}"),
    }
}

/// The commit of a second event for the lead of the first.
fn second_event(number: u32, change: impl FnOnce(&mut Settled)) -> Commit {
    let mut settled = created(1);
    settled.record = Some(record(number, EventStatus::Updated));
    settled.assignments.clear();
    let write = settled.lead.as_mut().unwrap();
    write.previous = Some(write.lead.standing.clone());
    write.lead.version = 2;
    change(&mut settled);
    commit(vec![settled])
}

#[tokio::test]
async fn a_commit_reads_back() {
    let store = store().await;
    let first = rotating(1, State::default());
    store.commit(&first).await.unwrap();
    let id = lead(1).id;
    let file = store.lead_file(&account(), &id).await.unwrap().unwrap();
    assert_eq!((file.lead, file.assignments), (lead(1), vec![assignment(1, 1)]));
    assert_eq!(file.pending, [crate::testing::delivery_id(1)]);
    let order = store.order(&account(), &crate::testing::delivery_id(1)).await.unwrap().unwrap();
    assert_eq!((order.lead, order.assignment), (lead(1), assignment(1, 1)));
    assert_eq!(store.order(&account(), &crate::testing::delivery_id(2)).await.unwrap(), None);
    let events = store.events(&account(), &BTreeSet::from([event_id(1), event_id(2)])).await.unwrap();
    assert_eq!(events.into_values().collect::<Vec<_>>(), [first.settled[0].record.clone().unwrap()]);
    let found = store.find_leads(&account(), &BTreeSet::from([key("key1"), key("no")]), false).await.unwrap();
    assert_eq!(found, [(key("key1"), id.clone())].into());
    let read = store.leads(&account(), &[id.clone(), lead(2).id].into(), true).await.unwrap();
    assert_eq!(read, [(id, lead(1))].into());
    let mut expected = first.after.clone();
    expected.pools.get_mut(&pool()).unwrap().version = 1;
    expected.counters.get_mut(&assignee("anna")).unwrap().version = 1;
    assert_eq!(store.load_state(&account(), &needs()).await.unwrap(), expected);
    let other = "other".parse().unwrap();
    assert_eq!(store.load_state(&other, &needs()).await.unwrap(), State::default());
    assert!(store.lead_file(&other, &lead(1).id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_redelivered_batch_changes_nothing() {
    let store = store().await;
    let batch = commit(vec![created(1), created(2)]);
    store.commit(&batch).await.unwrap();
    let items = store.items().await;
    let conflict = conflict(store.commit(&batch).await);
    assert_eq!(conflict.settled, [event_id(1), event_id(2)]);
    assert_eq!(store.items().await, items);
}

#[tokio::test]
async fn an_event_is_settled_once() {
    let store = store().await;
    let settle = |status| {
        let settled = Settled {
            record: Some(record(1, status)),
            lead: None,
            assignments: Vec::new(),
            seen: None,
            activity: None,
        };
        commit(vec![settled])
    };
    // A failed event may be tried again, and fail again.
    store.commit(&settle(EventStatus::Failed)).await.unwrap();
    store.commit(&settle(EventStatus::Failed)).await.unwrap();
    store.commit(&settle(EventStatus::Rejected)).await.unwrap();
    let refused = conflict(store.commit(&settle(EventStatus::Failed)).await);
    assert_eq!(refused, Conflict { settled: vec![event_id(1)], ..Conflict::default() });
    let stored = store.event(&account(), &event_id(1)).await.unwrap().unwrap();
    assert_eq!(stored.status, EventStatus::Rejected);
}

#[tokio::test]
async fn a_batch_is_all_or_nothing() {
    let store = store().await;
    store.commit(&commit(vec![created(1)])).await.unwrap();
    let items = store.items().await;
    let refused = conflict(store.commit(&commit(vec![created(2), created(1), created(3)])).await);
    assert_eq!(refused.settled, [event_id(1)]);
    assert_eq!(store.items().await, items);
}

#[tokio::test]
async fn two_decisions_on_one_state_make_one() {
    let store = store().await;
    let (one, other) = (rotating(1, State::default()), rotating(2, State::default()));
    let (one, other) = tokio::join!(store.commit(&one), store.commit(&other));
    let refused = conflict(if one.is_ok() { other } else { one });
    let now = store.load_state(&account(), &needs()).await.unwrap();
    assert_eq!(refused.pools, now.pools.clone().into_values().collect::<Vec<_>>());
    assert_eq!(refused.counters, now.counters.clone().into_values().collect::<Vec<_>>());
    assert!(!refused.other && refused.settled.is_empty());
    assert_eq!(now.pools[&pool()].version, 1);
}

/// What a conflict brings is enough to decide again, and a version counts on.
#[tokio::test]
async fn a_stale_pool_or_counter_is_refused() {
    let store = store().await;
    store.commit(&rotating(1, State::default())).await.unwrap();
    let now = store.load_state(&account(), &needs()).await.unwrap();
    // Only the pool is stale, then only the counters.
    let pool_stale = State { counters: now.counters.clone(), ..State::default() };
    let refused = conflict(store.commit(&rotating(2, pool_stale)).await);
    assert_eq!((refused.pools.len(), refused.counters.len()), (1, 0));
    let counters_stale = State { pools: now.pools.clone(), ..State::default() };
    let refused = conflict(store.commit(&rotating(2, counters_stale)).await);
    assert_eq!((refused.pools.len(), refused.counters.len()), (0, 1));
    store.commit(&rotating(2, now.clone())).await.unwrap();
    let refused = conflict(store.commit(&rotating(3, now)).await);
    assert_eq!((refused.pools[0].version, refused.counters[0].version), (2, 2));
    let fresh = State {
        had: Default::default(),
        pools: [(pool(), refused.pools[0].clone())].into(),
        counters: [(assignee("anna"), refused.counters[0].clone())].into(),
        ..State::default()
    };
    store.commit(&rotating(3, fresh)).await.unwrap();
    let now = store.load_state(&account(), &needs()).await.unwrap();
    assert_eq!(now.pools[&pool()].version, 3);
}

#[tokio::test]
async fn state_that_did_not_move_is_not_written() {
    let before = one_more(&State::default());
    let mut still = Commit { before: before.clone(), after: before, ..commit(vec![]) };
    // Looking at a pool makes a state that has given nothing.
    let empty = PoolId::new("empty").unwrap();
    still.after.pools.insert(empty.clone(), PoolState::new(empty));
    assert_eq!(still.actions().unwrap(), 0);
    store().await.commit(&still).await.unwrap();
}

#[tokio::test]
async fn a_lead_that_was_changed_is_refused() {
    let store = store().await;
    store.commit(&commit(vec![created(1)])).await.unwrap();
    store.commit(&second_event(2, |_| {})).await.unwrap();
    // Read before the second event, or before the first.
    let refused = conflict(store.commit(&second_event(3, |_| {})).await);
    assert_eq!(refused, Conflict { other: true, ..Conflict::default() });
    let anew = second_event(3, |settled| settled.lead.as_mut().unwrap().lead.version = 1);
    assert!(conflict(store.commit(&anew).await).other);
    store.commit(&second_event(3, |settled| settled.lead.as_mut().unwrap().lead.version = 3)).await.unwrap();
}

#[tokio::test]
async fn a_unique_key_belongs_to_one_lead() {
    let store = store().await;
    store.commit(&commit(vec![created(1)])).await.unwrap();
    // The same lead may claim it again.
    store
        .commit(&second_event(2, |settled| settled.lead.as_mut().unwrap().keys.push(key("new").into())))
        .await
        .unwrap();
    let mut thief = created(3);
    thief.lead.as_mut().unwrap().keys = vec![key("key1").into()];
    let refused = conflict(store.commit(&commit(vec![thief.clone()])).await);
    assert_eq!(refused, Conflict { other: true, ..Conflict::default() });
    // In one batch it would be an error of the decision.
    let other = Settled { lead: created(4).lead, ..created(4) };
    let mut both = commit(vec![thief, other]);
    both.settled[1].lead.as_mut().unwrap().keys = vec![key("key1").into()];
    assert!(matches!(both.actions(), Err(StoreError::Corrupt { .. })));
}

#[tokio::test]
async fn a_unique_key_moves_from_the_lead_that_was_read_and_no_other() {
    let store = store().await;
    store.commit(&commit(vec![created(1)])).await.unwrap();
    let taking = |number: u32, from: u32| {
        let mut settled = created(number);
        settled.lead.as_mut().unwrap().keys = vec![Claim { key: key("key1"), from: Some(lead(from).id) }];
        commit(vec![settled])
    };
    assert!(conflict(store.commit(&taking(2, 9)).await).other, "it was read as another's");
    store.commit(&taking(3, 1)).await.unwrap();
    // Who read the first one too comes too late.
    assert_eq!(conflict(store.commit(&taking(4, 1)).await), Conflict { other: true, ..Conflict::default() });
    let found = store.find_leads(&account(), &[key("key1")].into(), true).await.unwrap();
    assert_eq!(found, [(key("key1"), lead(3).id)].into());
    // Among the leads of one source it is another key.
    assert!(store.find_leads(&account(), &[key("key1").of_source(&source())].into(), true).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_attempt_is_decided_once() {
    let store = store().await;
    store.commit(&commit(vec![created(1)])).await.unwrap();
    let again = second_event(2, |settled| settled.assignments = vec![assignment(1, 1)]);
    assert!(conflict(store.commit(&again).await).other);
    store.commit(&second_event(2, |settled| settled.assignments = vec![assignment(1, 2)])).await.unwrap();
    let file = store.lead_file(&account(), &lead(1).id).await.unwrap().unwrap();
    assert_eq!(file.assignments.iter().map(|assignment| assignment.attempt).collect::<Vec<_>>(), [1, 2]);
}

/// An event of a source without external ids.
fn body(number: u32, received_s: i64, status: EventStatus) -> Settled {
    let mut record = record(number, status);
    record.received.received_at = at(received_s);
    Settled { record: Some(record), lead: None, assignments: Vec::new(), seen: Some("hash".to_owned()), activity: None }
}

#[tokio::test]
async fn the_same_body_within_a_minute_is_a_repeat() {
    use EventStatus::{Failed, Unchanged};
    let store = store().await;
    store.commit(&commit(vec![body(1, 100, Failed)])).await.unwrap();
    for (number, received_s) in [(2, 100), (3, 160), (4, 40)] {
        let refused = conflict(store.commit(&commit(vec![body(number, received_s, Unchanged)])).await);
        assert_eq!(refused, Conflict { seen: vec![event_id(number)], ..Conflict::default() }, "at {received_s}");
    }
    // Another source, and the event itself when it is tried again.
    let mut elsewhere = body(5, 110, Unchanged);
    elsewhere.record.as_mut().unwrap().received.source = "form".parse().unwrap();
    store.commit(&commit(vec![elsewhere])).await.unwrap();
    store.commit(&commit(vec![body(1, 100, Unchanged)])).await.unwrap();
    // A second more than a minute before, and after, it is an event of its own.
    store.commit(&commit(vec![body(6, 39, Unchanged)])).await.unwrap();
    store.commit(&commit(vec![body(7, 100, Unchanged)])).await.unwrap();
    let refused = conflict(store.commit(&commit(vec![body(8, 110, Unchanged)])).await);
    assert_eq!(refused.seen, [event_id(8)]);
}

/// Bodies that waited long in the queue may meet in one batch, each a minute from the other.
#[tokio::test]
async fn bodies_of_one_batch_are_each_looked_at() {
    use EventStatus::Unchanged;
    let store = store().await;
    store.commit(&commit(vec![body(1, 0, Unchanged)])).await.unwrap();
    let both = |first_s| commit(vec![body(2, first_s, Unchanged), body(3, 200, Unchanged)]);
    let refused = conflict(store.commit(&both(30)).await);
    assert_eq!(refused.seen, [event_id(2)]);
    // A failed event that is tried again is no repeat of itself.
    let failed = |status| Settled { seen: Some("other".to_owned()), ..body(4, 0, status) };
    store.commit(&commit(vec![failed(EventStatus::Failed)])).await.unwrap();
    let repeat = Settled { seen: Some("other".to_owned()), ..body(5, 30, Unchanged) };
    let refused = conflict(store.commit(&commit(vec![failed(Unchanged), repeat])).await);
    assert_eq!(refused.seen, [event_id(5)]);
    store.commit(&both(100)).await.unwrap();
    let seen = store.raw(&keys::seen(&account(), &source(), "hash")).await.unwrap();
    assert_eq!(seen["seen_at"].as_s().unwrap(), &codec::moment(at(200)));
}

fn parked(line: &str) -> Standing {
    Standing::Parked {
        attempt: 1,
        reason: "nobody is there".to_owned(),
        line: line.to_owned(),
        since: at(1),
        group: "leads/north".to_owned(),
        until: Some(at(3_600)),
    }
}

fn queued() -> Standing {
    Standing::Queued { attempt: 1, queue: "hot".parse().unwrap(), since: at(1) }
}

#[tokio::test]
async fn a_lead_that_waits_stands_in_one_place() {
    let store = store().await;
    let places = [
        keys::parked(&account(), lead(1).created_at, &lead(1).id),
        keys::queued(&account(), &"hot".parse().unwrap(), lead(1).created_at, &lead(1).id),
    ];
    let mut first = created(1);
    first.lead.as_mut().unwrap().lead.standing = parked("pool:sales");
    store.commit(&commit(vec![first])).await.unwrap();
    let moves = [
        (parked("pool:sales"), parked("pool:sales"), [true, false], 0),
        // For others in the same place: it says so.
        (parked("pool:sales"), parked("rule:leads/big"), [true, false], 1),
        (parked("rule:leads/big"), queued(), [false, true], 2),
        (queued(), lead(1).standing, [false, false], 1),
    ];
    for (version, (previous, standing, expected, moved)) in (2..).zip(moves) {
        let write = second_event(u32::try_from(version).unwrap(), |settled| {
            let write = settled.lead.as_mut().unwrap();
            write.previous = Some(previous);
            write.lead.standing = standing;
            write.lead.version = version;
        });
        // Beside the event, the lead and its key: a lead that stays in its line moves nothing.
        assert_eq!(write.actions().unwrap(), 3 + moved, "version {version}");
        store.commit(&write).await.unwrap();
        let there = [store.raw(&places[0]).await, store.raw(&places[1]).await];
        assert_eq!(there.map(|item| item.is_some()), expected, "version {version}");
        let told = store.parked_leads(&account(), 9, None).await.unwrap().rows.pop();
        assert_eq!(told.is_some_and(|told| told.line == "rule:leads/big"), version == 3);
    }
}

#[tokio::test]
async fn whom_an_assignee_had_is_as_it_was_read() {
    let store = store().await;
    let whom = (assignee("buyer"), Contact::of(&lead(1).fields).remove(0));
    let needs = Needs { had: [whom.clone()].into(), ..Needs::default() };
    let give = |number: u32, before: State, given_s: i64| {
        let had = Had { lead: lead(number).id, at: at(given_s) };
        let after = State { had: [(whom.clone(), had)].into(), ..State::default() };
        Commit { before, after, ..commit(vec![created(number)]) }
    };
    store.commit(&give(1, State::default(), 10)).await.unwrap();
    let read = store.load_state(&account(), &needs).await.unwrap();
    assert_eq!(read.had[&whom], Had { lead: lead(1).id, at: at(10) });
    assert!(conflict(store.commit(&give(2, State::default(), 20)).await).other, "someone else gave one meanwhile");
    store.commit(&give(2, read, 20)).await.unwrap();
    let kept = store.raw(&keys::had(&account(), &whom.0, &whom.1)).await.unwrap();
    assert_eq!(kept["expires_at"].as_n().unwrap(), &codec::expires_at(at(20), 30).to_string());
}

#[tokio::test]
async fn a_switch_stands_with_the_counters_and_refuses_what_was_decided_before_it() {
    let store = store().await;
    let anna = assignee("anna");
    store.commit(&rotating(1, State::default())).await.unwrap();
    let read = store.load_state(&account(), &needs()).await.unwrap();
    let off = Availability { switch: Switch::Off, until: None, at: at(5), by: "ops".to_owned() };
    store.set_availability(&account(), &anna, Some(&off), "ops", at(5)).await.unwrap();
    let refused = conflict(store.commit(&rotating(2, read.clone())).await);
    assert_eq!(refused.counters[0].availability.as_ref(), Some(&off));
    assert_eq!(refused.counters[0].counts, read.counters[&anna].counts, "what was counted stays");
    store.set_availability(&account(), &anna, None, "ops", at(5)).await.unwrap();
    let after = store.load_state(&account(), &needs()).await.unwrap();
    assert_eq!((after.counters[&anna].availability.as_ref(), after.counters[&anna].version), (None, 3));
    // Whoever was given nothing has no counters yet.
    store.set_availability(&account(), &assignee("new"), Some(&off), "ops", at(5)).await.unwrap();
}

#[tokio::test]
async fn switches_and_decisions_at_once_lose_nothing() {
    let store = store().await;
    store.commit(&rotating(1, State::default())).await.unwrap();
    let anna = assignee("anna");
    let switching = async {
        for number in 0..20 {
            let said = Availability { switch: Switch::On, until: None, at: at(number), by: "ops".to_owned() };
            store.set_availability(&account(), &anna, Some(&said), "ops", at(5)).await.unwrap();
        }
    };
    let deciding = async {
        for number in 2..22 {
            loop {
                let read = store.load_state(&account(), &needs()).await.unwrap();
                if store.commit(&rotating(number, read)).await.is_ok() {
                    break;
                }
            }
        }
    };
    tokio::join!(switching, deciding);
    let state = store.load_state(&account(), &needs()).await.unwrap();
    assert_eq!(state.counters[&anna].counts["lifetime"].leads, 21);
    assert_eq!(state.counters[&anna].availability.as_ref().unwrap().at, at(19));
}

/// A transaction may name an item once: what a batch does to one lead is one write.
#[tokio::test]
async fn one_batch_may_meet_a_lead_twice() {
    let store = store().await;
    let first = created(1);
    let mut second = second_event(2, |settled| {
        let write = settled.lead.as_mut().unwrap();
        write.lead.duplicate_count = 1;
        write.keys.push(key("phone").into());
    });
    second.settled.insert(0, first);
    // Two events, the lead, its two keys, the assignment.
    assert_eq!(second.actions().unwrap(), 6);
    store.commit(&second).await.unwrap();
    let read = store.leads(&account(), &[lead(1).id].into(), true).await.unwrap();
    assert_eq!((read[&lead(1).id].version, read[&lead(1).id].duplicate_count), (2, 1));
    let found = store.find_leads(&account(), &[key("key1"), key("phone")].into(), true).await.unwrap();
    assert_eq!(found.len(), 2);
    // The condition is that of the first.
    assert!(conflict(store.commit(&second).await).other);
}

#[tokio::test]
async fn what_does_not_fit_is_told_before_it_is_sent() {
    let store = store().await;
    let many = commit((0..26).map(created).collect());
    assert_eq!(many.actions().unwrap(), 104);
    match store.commit(&many).await {
        Err(CommitError::TooLarge(TooLarge { actions: 104, oversized, .. })) => assert!(oversized.is_empty()),
        other => panic!("{other:?}"),
    }
    // A text that does not pack, in a request and in a lead.
    let mut random = 1u64;
    let noise: String = std::iter::repeat_with(|| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        char::from(b'0' + u8::try_from(random % 64).unwrap())
    })
    .take(600_000)
    .collect();
    let mut large = created(1);
    large.record.as_mut().unwrap().received.payload.insert("noise".to_owned(), noise.clone().into());
    let mut large_lead = created(2);
    large_lead.lead.as_mut().unwrap().lead.extra.insert("noise".to_owned(), noise.into());
    match store.commit(&commit(vec![created(3), large, large_lead])).await {
        Err(CommitError::TooLarge(TooLarge { oversized, .. })) => assert_eq!(oversized, [event_id(1), event_id(2)]),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.items().await, 0);
}

#[tokio::test]
async fn a_broken_state_is_told_by_its_key() {
    let store = store().await;
    let mut item = keys::pool(&account(), &pool()).item();
    item.insert("pool".to_owned(), codec::text("sales"));
    item.insert("version".to_owned(), codec::number(7));
    item.insert("members".to_owned(), codec::text("anna"));
    store.client.put_item().table_name(&store.table).set_item(Some(item)).send().await.unwrap();
    let read = store.load_state(&account(), &needs()).await.unwrap_err();
    assert!(!read.is_retryable());
    assert!(read.to_string().contains("A#main#POOL#sales"), "{read}");
    let refused = store.commit(&rotating(1, State::default())).await.unwrap_err();
    assert!(matches!(refused, CommitError::Store(StoreError::Corrupt { .. })), "{refused:?}");
    assert!(!refused.is_retryable());
}

#[tokio::test]
async fn leads_that_wait_are_listed_oldest_first_page_by_page() {
    let store = store().await;
    for (number, created_s) in [(1, 30), (2, 10), (3, 20)] {
        let mut settled = created(number);
        let write = settled.lead.as_mut().unwrap();
        write.lead.created_at = at(created_s);
        write.lead.standing = if number == 3 { queued() } else { parked("pool:sales") };
        store.commit(&commit(vec![settled])).await.unwrap();
    }
    let page = store.parked_leads(&account(), 1, None).await.unwrap();
    let [oldest] = page.rows.as_slice() else { panic!("{:?}", page.rows) };
    assert_eq!((&oldest.lead, oldest.line.as_str(), oldest.until), (&lead(2).id, "pool:sales", Some(at(3_600))));
    let cursor = page.next.unwrap();
    assert_eq!(cursor, oldest.cursor());
    let page = store.parked_leads(&account(), 9, Some(&cursor.to_string().parse().unwrap())).await.unwrap();
    assert_eq!(page.rows.iter().map(|waiting| &waiting.lead).collect::<Vec<_>>(), [&lead(1).id]);
    assert_eq!(page.next, None);
    let queue = store.queued_leads(&account(), &"hot".parse().unwrap(), 9, None).await.unwrap();
    assert_eq!(queue.rows.iter().map(|waiting| &waiting.lead).collect::<Vec<_>>(), [&lead(3).id]);
}

#[tokio::test]
async fn a_table_that_does_not_answer_is_tried_again() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let store = Store::new(crate::testing::client(&format!("http://{nobody}")), "none".to_owned());
    let error = store.commit(&commit(vec![created(1)])).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
}
