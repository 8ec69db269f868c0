use leadyard_domain::assignment::{Assignment, Cause, Outcome, Standing};

use super::*;
use crate::testing::{account, assignee, assignment, at, commit, created, event_id, lead, record, store};
use crate::{Commit, LeadWrite, Settled};

/// A lead that came at some moment.
fn came(number: u32, received_at: Timestamp) -> Settled {
    let mut settled = created(number);
    settled.record.as_mut().unwrap().received.received_at = received_at;
    settled.lead.as_mut().unwrap().lead.created_at = received_at;
    settled
}

async fn write(store: &Store, settled: Vec<Settled>) {
    store.commit(&commit(settled)).await.unwrap();
}

async fn numbers(store: &Store, from: Timestamp, until: Timestamp, limit: usize) -> Vec<u32> {
    let past = store.past_leads(&account(), from, until, limit).await.unwrap();
    let number = |past: &PastLead| (0..1_000).find(|number| lead(*number).id == past.lead.id).unwrap();
    past.iter().map(number).collect()
}

#[tokio::test]
async fn leads_of_a_time_the_oldest_first() {
    let store = store().await;
    let day = 24 * 60 * 60;
    let times = [day, 0, 3 * day, 1, day + 1, -1];
    for (number, seconds) in (1..).zip(times) {
        write(&store, vec![came(number, at(seconds))]).await;
    }
    // Events that created nothing.
    write(
        &store,
        vec![Settled {
            record: Some(record(9, EventStatus::Failed)),
            lead: None,
            assignments: Vec::new(),
            seen: None,
            activity: None,
        }],
    )
    .await;
    assert_eq!(numbers(&store, at(0), at(3 * day), 100).await, [2, 4, 1, 5]);
    assert_eq!(numbers(&store, at(0), at(3 * day + 1), 100).await, [2, 4, 1, 5, 3]);
    assert_eq!(numbers(&store, at(-1), at(1), 100).await, [6, 2]);
    assert_eq!(numbers(&store, at(0), at(3 * day), 3).await, [2, 4, 1]);
    assert_eq!(numbers(&store, at(0), at(0), 100).await, [] as [u32; 0]);
    assert_eq!(numbers(&store, at(1), at(0), 100).await, [] as [u32; 0]);
    assert_eq!(numbers(&store, at(0), at(day), 0).await, [] as [u32; 0]);
    let others = store.past_leads(&"other".parse().unwrap(), at(0), at(day), 9).await.unwrap();
    assert!(others.is_empty());
}

#[tokio::test]
async fn each_lead_comes_with_what_was_decided_first() {
    let store = store().await;
    let mut assigned = came(1, at(0));
    let decided = Assignment {
        profile: Some("leads".parse().unwrap()),
        rule: Some("north".parse().unwrap()),
        outcome: Outcome::Assigned {
            assignee: assignee("anna"),
            pool: Some("sales".parse().unwrap()),
            picks: Vec::new(),
            destinations: vec![],
            price: None,
        },
        ..assignment(1, 1)
    };
    assigned.assignments = vec![decided];
    let mut parked = came(2, at(1));
    let outcome = Outcome::Parked {
        line: "pool:sales".to_owned(),
        reason: "nobody".to_owned(),
        group: "leads/".to_owned(),
        until: None,
    };
    parked.assignments = vec![Assignment { outcome, ..assignment(2, 1) }];
    let mut nothing = came(3, at(2));
    nothing.assignments = vec![Assignment { outcome: Outcome::Nothing, ..assignment(3, 1) }];
    let mut undecided = came(4, at(3));
    undecided.assignments.clear();
    undecided.lead.as_mut().unwrap().lead.standing = Standing::Unassigned { attempt: 0 };
    write(&store, vec![assigned, parked, nothing, undecided]).await;

    // A later event asked for a second decision about the first lead.
    let mut again = lead(1);
    again.version = 2;
    again.created_at = at(0);
    again.standing = Standing::Assigned { attempt: 2, deliveries: vec![], at: at(9) };
    let mut record = record(5, EventStatus::Updated);
    record.received.received_at = at(9);
    let second = Assignment { cause: Cause::Event { event: event_id(5) }, ..assignment(1, 2) };
    let previous = Some(lead(1).standing);
    let lead = Some(LeadWrite { lead: again.clone(), previous, keys: vec![] });
    let later = Settled { record: Some(record), lead, assignments: vec![second], seen: None, activity: None };
    store.commit(&Commit { now: at(9), ..commit(vec![later]) }).await.unwrap();

    let past = store.past_leads(&account(), at(0), at(60), 100).await.unwrap();
    assert_eq!(past.len(), 4);
    assert_eq!(past[0].lead, again);
    let north = PastDecision {
        attempt: 1,
        config_version: 3,
        profile: Some("leads".parse().unwrap()),
        rule: Some("north".parse().unwrap()),
        outcome: PastOutcome::Assigned { assignee: assignee("anna"), pool: Some("sales".parse().unwrap()) },
        decided_at: at(1),
    };
    assert_eq!(past[0].decisions, [north]);
    let outcomes = |past: &PastLead| past.decisions.iter().map(|one| one.outcome.clone()).collect::<Vec<_>>();
    assert_eq!(outcomes(&past[1]), [PastOutcome::Parked]);
    assert_eq!(outcomes(&past[2]), [PastOutcome::Nothing]);
    assert_eq!(outcomes(&past[3]), []);
}

/// More than one batch, and than one page of a shard is asked for.
#[tokio::test]
async fn many_leads_keep_their_order() {
    let store = store().await;
    for ten in 0..25 {
        let leads = (0..10).map(|one| came(ten * 10 + one, at(i64::from(ten * 10 + one))));
        write(&store, leads.collect()).await;
    }
    assert_eq!(numbers(&store, at(0), at(1_000), 1_000).await, (0..250).collect::<Vec<_>>());
    assert_eq!(numbers(&store, at(0), at(1_000), 120).await, (0..120).collect::<Vec<_>>());
}
