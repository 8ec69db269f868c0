use jiff::Timestamp;
use leadyard_domain::assignment::{End, Ending, Outcome};
use leadyard_domain::delivery::DeliveryStatus;
use leadyard_domain::id::{DeliveryId, DestinationId, LeadId};
use leadyard_domain::ledger::Sum;

use super::*;
use crate::testing::{account, assignee, assignment, at, commit, created, event_id, source, store};

const MONTH: &str = "2026-07";

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn sold(number: u32, price: &str) -> Assignment {
    Assignment {
        outcome: Outcome::Assigned {
            assignee: assignee("anna"),
            pool: None,
            picks: Vec::new(),
            destinations: Vec::new(),
            price: Some(price.parse().unwrap()),
        },
        ..assignment(number, 1)
    }
}

fn delivered(number: u32, to: &str, at: Timestamp) -> DeliveryRecord {
    let to: DestinationId = to.parse().unwrap();
    DeliveryRecord {
        id: DeliveryId::of(&LeadId::from_event(&event_id(number)), 1, &to),
        account: account(),
        source: source(),
        channel: "webhook".to_owned(),
        status: DeliveryStatus::Delivered,
        tries: 1,
        tries_before_replay: 0,
        reason: None,
        next_try_at: None,
        lease_until: None,
        created_at: at,
        updated_at: at,
    }
}

/// The lead of a number after it came back.
fn returned(number: u32, at: Timestamp) -> Lead {
    let mut lead = crate::testing::lead(number);
    let end = End { how: Ending::Returned, at, reason: Some("a person".to_owned()), by: None, refunds: Vec::new() };
    lead.holdings[0].ended = Some(end);
    lead
}

async fn lines(store: &Store, of: &str) -> Vec<(&'static str, String)> {
    let page = store.ledger(&account(), &assignee("anna"), month(of), 100, None).await.unwrap();
    assert_eq!(page.next, None);
    page.rows.iter().map(|entry| (entry.kind.name(), entry.amount.to_string())).collect()
}

async fn totals(store: &Store) -> Totals {
    store.ledger_totals(&account(), &assignee("anna"), month(MONTH)).await.unwrap()
}

#[tokio::test]
async fn an_attempt_is_charged_once_whatever_comes_again() {
    let store = store().await;
    store.commit(&commit(vec![created(1)])).await.unwrap();
    let (utc, berlin) = (TimeZone::UTC, TimeZone::get("Europe/Berlin").unwrap());
    let end_of_july: Timestamp = "2026-07-31T22:30:00Z".parse().unwrap();
    store.book_accepted(&utc, &sold(1, "42.5"), &delivered(1, "crm", end_of_july)).await.unwrap();
    // The message again; another destination, in another month; the account has moved meanwhile.
    for (zone, to, at) in [
        (&utc, "crm", end_of_july),
        (&utc, "mail", "2026-08-01T09:00:00Z".parse().unwrap()),
        (&berlin, "crm", end_of_july),
    ] {
        store.book_accepted(zone, &sold(1, "42.5"), &delivered(1, to, at)).await.unwrap();
    }
    assert_eq!(lines(&store, MONTH).await, [("charge", "42.5".to_owned())]);
    assert_eq!(lines(&store, "2026-08").await, []);
    // Accounts and partners are apart.
    let other = "other".parse().unwrap();
    assert_eq!(store.ledger_totals(&other, &assignee("anna"), month(MONTH)).await.unwrap(), Totals::default());
    assert_eq!(store.ledger_totals(&account(), &assignee("bo"), month(MONTH)).await.unwrap(), Totals::default());
}

#[tokio::test]
async fn what_came_back_is_credited_once_in_the_month_in_which_it_did() {
    let store = store().await;
    let back = returned(1, "2026-08-02T10:00:00Z".parse().unwrap());
    store.book_ended(&TimeZone::UTC, &back, 1).await.unwrap();
    assert_eq!(lines(&store, "2026-08").await, [], "nothing was charged");
    store.commit(&commit(vec![created(1)])).await.unwrap();
    store.book_accepted(&TimeZone::UTC, &sold(1, "42.5"), &delivered(1, "crm", at(5))).await.unwrap();
    for _ in 0..2 {
        store.book_ended(&TimeZone::UTC, &back, 1).await.unwrap();
        store.book_ended(&TimeZone::UTC, &back, 2).await.unwrap();
    }
    assert_eq!(lines(&store, MONTH).await, [("charge", "42.5".to_owned())]);
    assert_eq!(lines(&store, "2026-08").await, [("credit", "42.5".to_owned())]);
    let page = store.ledger(&account(), &assignee("anna"), month("2026-08"), 1, None).await.unwrap();
    assert_eq!((page.rows[0].how, page.rows[0].at), (Some(Ending::Returned), "2026-08-02T10:00:00Z".parse().unwrap()));
    let key = keys::booked(&account(), EntryKind::Credit, &back.id, 1);
    let item = store.raw(&key).await.unwrap();
    assert!(!format!("{item:?}").contains("a person"), "no words of people: {item:?}");
}

#[tokio::test]
async fn a_charge_that_comes_after_the_end_brings_its_credit() {
    let store = store().await;
    let mut settled = created(1);
    settled.lead.as_mut().unwrap().lead = returned(1, at(60));
    store.commit(&commit(vec![settled])).await.unwrap();
    // Evaluate has looked and found no charge; then the delivery's outcome is booked.
    store.book_ended(&TimeZone::UTC, &returned(1, at(60)), 1).await.unwrap();
    assert_eq!(totals(&store).await, Totals::default());
    for _ in 0..2 {
        store.book_accepted(&TimeZone::UTC, &sold(1, "42.5"), &delivered(1, "crm", at(90))).await.unwrap();
    }
    assert_eq!(totals(&store).await.net(), (0, Decimal::ZERO));
    assert_eq!(lines(&store, MONTH).await.len(), 2);
}

#[tokio::test]
async fn a_month_is_paged_in_the_order_of_its_moments_and_summed_exactly() {
    let store = store().await;
    for number in 0..7 {
        store.commit(&commit(vec![created(number)])).await.unwrap();
        let accepted = at(100 - i64::from(number));
        store.book_accepted(&TimeZone::UTC, &sold(number, "0.1"), &delivered(number, "crm", accepted)).await.unwrap();
    }
    let (mut moments, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.ledger(&account(), &assignee("anna"), month(MONTH), 3, cursor.as_ref()).await.unwrap();
        assert!(page.rows.len() <= 3);
        moments.extend(page.rows.iter().map(|entry| entry.at));
        pages += 1;
        // As it goes through the API.
        match page.next {
            Some(next) => cursor = Some(next.to_string().parse().unwrap()),
            None => break,
        }
    }
    assert_eq!((moments.len(), pages), (7, 3));
    assert!(moments.is_sorted());
    let sum = Sum { count: 7, amount: "0.7".parse().unwrap() };
    assert_eq!(totals(&store).await, Totals { accepted: sum, credited: Sum::default() });
}

/// More than one answer of the table holds.
#[tokio::test]
async fn a_month_of_many_leads_is_paged_and_summed_whole() {
    const MANY: u32 = 5_000;
    let store = store().await;
    let zone = TimeZone::UTC;
    for numbers in (0..MANY).collect::<Vec<_>>().chunks(50) {
        let booked = numbers.iter().map(async |&number| {
            let order = sold(number, "0.10");
            let entry = Entry::charge(&order, &delivered(number, "crm", at(i64::from(number)))).unwrap();
            store.book(&account(), &zone, &entry).await.unwrap();
        });
        futures_util::future::join_all(booked).await;
    }
    let partition = keys::ledger_month(&account(), &assignee("anna"), month(MONTH));
    let first = store.query(&partition).send().await.unwrap();
    assert!(first.last_evaluated_key.is_some(), "it is more than one answer holds");
    let (mut leads, mut moments, mut cursor) = (std::collections::BTreeSet::new(), Vec::new(), None);
    loop {
        let page = store.ledger(&account(), &assignee("anna"), month(MONTH), 700, cursor.as_ref()).await.unwrap();
        moments.extend(page.rows.iter().map(|entry| entry.at));
        leads.extend(page.rows.into_iter().map(|entry| entry.lead));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((leads.len(), moments.len()), (5_000, 5_000), "each once");
    assert!(moments.is_sorted());
    let totals = store.ledger_totals(&account(), &assignee("anna"), month(MONTH)).await.unwrap();
    assert_eq!((totals.accepted.count, totals.accepted.amount), (u64::from(MANY), "500".parse().unwrap()));
}
