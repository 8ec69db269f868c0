//! Two functions with one message, crashes at every point, retries and replays.

use leadyard_domain::delivery::{Exchange, Verdict};
use leadyard_domain::id::LeadId;

use super::*;
use crate::testing::{account, at, commit, created, delivery_id, destination, event_id, source, store};

fn request(number: u32, now_s: i64) -> ClaimRequest {
    ClaimRequest {
        account: account(),
        delivery: delivery_id(1),
        number,
        source: source(),
        channel: "webhook".to_owned(),
        lease_until: at(now_s + 60),
        now: at(now_s),
        at_most_once: false,
    }
}

fn once(number: u32, now_s: i64) -> ClaimRequest {
    ClaimRequest { at_most_once: true, ..request(number, now_s) }
}

async fn claim(store: &Store, request: ClaimRequest) -> Lease {
    match store.claim_delivery(&request).await.unwrap() {
        Claim::Claimed(lease) => lease,
        other => panic!("{other:?}"),
    }
}

fn attempt(number: u32, status: DeliveryStatus) -> Attempt {
    let exchange = Exchange {
        to: "https://crm.example".to_owned(),
        response_body: format!("answer {number}"),
        ..Exchange::default()
    };
    Attempt { number, at: at(1), elapsed_ms: 41, status, code: None, reason: None, exchange }
}

fn retry() -> Verdict {
    Verdict::Retry { at: at(100), reason: "the receiver answered 503".to_owned() }
}

async fn finish(store: &Store, lease: &Lease, verdict: &Verdict) -> Result<DeliveryRecord, StoreError> {
    let (status, ..) = verdict.clone().into_parts();
    store.finish_delivery(lease, &attempt(lease.record().tries, status), verdict, 90, at(2)).await
}

async fn stored(store: &Store) -> DeliveryRecord {
    store.delivery(&account(), &delivery_id(1)).await.unwrap().unwrap()
}

async fn replay(store: &Store, force: bool, now_s: i64) -> Replay {
    let by = "ops".to_owned();
    let request = ReplayRequest { account: account(), delivery: delivery_id(1), force, by, now: at(now_s) };
    store.request_replay(&request).await.unwrap()
}

#[tokio::test]
async fn delivered_at_the_first_try() {
    let store = store().await;
    let lease = claim(&store, request(1, 0)).await;
    let record = stored(&store).await;
    assert_eq!((&record, record.status, record.tries), (lease.record(), DeliveryStatus::Sending, 1));
    assert_eq!((record.created_at, record.channel.as_str()), (at(0), "webhook"));
    let done = finish(&store, &lease, &Verdict::Delivered).await.unwrap();
    assert_eq!(stored(&store).await, done);
    assert_eq!((done.status, done.lease_until, done.created_at), (DeliveryStatus::Delivered, None, at(0)));
    let tries = store.attempts(&account(), &delivery_id(1)).await.unwrap();
    assert_eq!(tries, [attempt(1, DeliveryStatus::Delivered)]);
    assert_eq!(store.items().await, 1);
    // The message comes again.
    assert!(matches!(store.claim_delivery(&request(1, 3)).await.unwrap(), Claim::Settled(record) if record == done));
}

#[tokio::test]
async fn of_two_functions_one_tries() {
    let store = store().await;
    let a = request(1, 0);
    // Two functions never read the clock in the same nanosecond.
    let b = ClaimRequest { now: a.now + jiff::SignedDuration::from_nanos(1), ..a.clone() };
    let (a, b) = tokio::join!(store.claim_delivery(&a), store.claim_delivery(&b));
    let claims = [a.unwrap(), b.unwrap()];
    assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Claimed(_))).count(), 1);
    let busy =
        claims.iter().any(|claim| matches!(claim, Claim::Busy { until } if until.as_second() == at(60).as_second()));
    assert!(busy, "{claims:?}");
}

/// The SDK sends a request again whose answer was lost.
#[tokio::test]
async fn the_same_claim_sent_twice_is_one() {
    let store = store().await;
    let first = claim(&store, request(1, 0)).await;
    let again = claim(&store, request(1, 0)).await;
    assert_eq!(again.record(), first.record());
    finish(&store, &again, &retry()).await.unwrap();
    let (_, again) = (claim(&store, request(2, 9)).await, claim(&store, request(2, 9)).await);
    finish(&store, &again, &Verdict::Delivered).await.unwrap();
    let tries = store.attempts(&account(), &delivery_id(1)).await.unwrap();
    assert_eq!(tries.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2]);
    assert!(matches!(store.claim_delivery(&request(2, 9)).await.unwrap(), Claim::Settled(_)));
}

#[tokio::test]
async fn retries_keep_every_try() {
    let store = store().await;
    for number in 1..=3 {
        let lease = claim(&store, request(number, i64::from(number) * 100)).await;
        assert_eq!(lease.number_in_series(), number);
        let record = finish(&store, &lease, &retry()).await.unwrap();
        assert_eq!((record.status, record.next_try_at), (DeliveryStatus::Retry, Some(at(100))));
        assert_eq!(stored(&store).await, record);
        // A message that comes again says what to send again.
        let again = store.claim_delivery(&request(number, 900)).await.unwrap();
        assert!(matches!(again, Claim::Settled(settled) if settled == record));
        // The message before it is old.
        if number > 1 {
            let old = store.claim_delivery(&request(number - 1, 900)).await.unwrap();
            assert!(matches!(old, Claim::Superseded));
        }
    }
    let lease = claim(&store, request(4, 1_000)).await;
    assert_eq!(stored(&store).await.next_try_at, None);
    assert_eq!(stored(&store).await.reason.as_deref(), Some("the receiver answered 503"));
    assert!(matches!(store.claim_delivery(&request(3, 1_001)).await.unwrap(), Claim::Superseded));
    let done = finish(&store, &lease, &Verdict::Delivered).await.unwrap();
    assert_eq!((done.reason, done.next_try_at), (None, None));
    let tries = store.attempts(&account(), &delivery_id(1)).await.unwrap();
    let expected = [
        (1, DeliveryStatus::Retry),
        (2, DeliveryStatus::Retry),
        (3, DeliveryStatus::Retry),
        (4, DeliveryStatus::Delivered),
    ];
    assert_eq!(tries, expected.map(|(number, status)| attempt(number, status)));
    let aside = store.raw(&keys::attempt(&account(), &delivery_id(1), 3)).await.unwrap();
    assert_eq!(aside["expires_at"].as_n().unwrap(), &(at(2).as_second() + 90 * 86_400).to_string());
}

#[tokio::test]
async fn a_try_whose_function_died_is_made_again() {
    let store = store().await;
    let dead = claim(&store, request(1, 0)).await;
    assert!(matches!(store.claim_delivery(&request(1, 60)).await.unwrap(), Claim::Busy { .. }));
    let lease = claim(&store, request(1, 61)).await;
    assert_eq!(lease.record().tries, 1);
    assert_eq!(lease.record().created_at, at(0));
    // The one that was thought dead comes back: the outcome of the other stands, whether it is there yet or not.
    let late = finish(&store, &dead, &retry()).await.unwrap_err();
    assert!(
        matches!(&late, StoreError::Conflict { item } if item.contains(delivery_id(1).as_str())) && late.is_retryable()
    );
    finish(&store, &lease, &Verdict::Delivered).await.unwrap();
    assert!(finish(&store, &dead, &retry()).await.is_err());
    assert_eq!(stored(&store).await.status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn an_outcome_is_stored_once() {
    let store = store().await;
    let lease = claim(&store, request(1, 0)).await;
    finish(&store, &lease, &retry()).await.unwrap();
    assert!(finish(&store, &lease, &Verdict::Delivered).await.is_err());
    let next = claim(&store, request(2, 1)).await;
    assert!(finish(&store, &lease, &Verdict::Delivered).await.is_err());
    finish(&store, &next, &Verdict::Delivered).await.unwrap();
}

#[tokio::test]
async fn an_at_most_once_try_is_not_repeated() {
    let store = store().await;
    let dead = claim(&store, once(1, 0)).await;
    assert!(matches!(store.claim_delivery(&once(1, 60)).await.unwrap(), Claim::Busy { .. }));
    let Claim::Unknown(record) = store.claim_delivery(&once(1, 61)).await.unwrap() else { panic!("it was repeated") };
    assert_eq!(stored(&store).await, record);
    assert_eq!((record.status, record.lease_until), (DeliveryStatus::Unknown, None));
    assert!(matches!(store.claim_delivery(&once(1, 62)).await.unwrap(), Claim::Settled(_)));
    assert!(finish(&store, &dead, &Verdict::Delivered).await.is_err());
    let page = list(&store, Some(DeliveryStatus::Unknown), None).await;
    assert_eq!(page.len(), 1);
    // A person decides.
    assert_eq!(replay(&store, false, 70).await, Replay::Send { number: 2 });
    claim(&store, once(2, 71)).await;
}

#[tokio::test]
async fn a_try_without_those_before_it_is_an_error() {
    let store = store().await;
    let error = store.claim_delivery(&request(2, 0)).await.unwrap_err();
    assert!(!error.is_retryable() && matches!(error, StoreError::Corrupt { .. }), "{error}");
    claim(&store, request(1, 0)).await;
    assert!(store.claim_delivery(&request(3, 0)).await.is_err());
    // The next one, sent before the outcome of this was stored, waits.
    assert!(matches!(store.claim_delivery(&request(2, 0)).await.unwrap(), Claim::Busy { .. }));
    assert_eq!(store.items().await, 1);
}

#[tokio::test]
async fn a_replay_begins_a_new_series() {
    let store = store().await;
    assert_eq!(replay(&store, false, 0).await, Replay::NotFound);
    let lease = claim(&store, request(1, 0)).await;
    assert!(matches!(replay(&store, true, 1).await, Replay::InFlight { .. }));
    finish(&store, &lease, &retry()).await.unwrap();
    let dead = Verdict::Dead { reason: "the receiver answered 410".to_owned() };
    finish(&store, &claim(&store, request(2, 2)).await, &dead).await.unwrap();
    assert_eq!(replay(&store, false, 3).await, Replay::Send { number: 3 });
    assert_eq!(replay(&store, false, 4).await, Replay::Send { number: 3 });
    let record = stored(&store).await;
    assert_eq!((record.status, record.tries, record.tries_before_replay), (DeliveryStatus::Pending, 2, 2));
    // The message of the try that ended is old now.
    assert!(matches!(store.claim_delivery(&request(2, 4)).await.unwrap(), Claim::Superseded));
    let lease = claim(&store, request(3, 5)).await;
    assert_eq!(lease.number_in_series(), 1);
    finish(&store, &lease, &Verdict::Delivered).await.unwrap();
    assert_eq!(replay(&store, false, 6).await, Replay::AlreadyDelivered);
    assert_eq!(replay(&store, true, 7).await, Replay::Send { number: 4 });
    let audit = store.list_audit(&account(), 10, None).await.unwrap();
    let times: Vec<_> = audit.rows.iter().map(|entry| (entry.at, entry.by.as_str(), entry.action.as_str())).collect();
    assert_eq!(times, [(at(7), "ops", "delivery.replay"), (at(3), "ops", "delivery.replay")]);
    assert_eq!(audit.rows[0].target, delivery_id(1).as_str());
}

#[tokio::test]
async fn a_delivery_whose_function_died_can_be_replayed() {
    let store = store().await;
    let dead = claim(&store, request(1, 0)).await;
    assert_eq!(replay(&store, false, 61).await, Replay::Send { number: 2 });
    assert!(finish(&store, &dead, &Verdict::Delivered).await.is_err());
    claim(&store, request(2, 62)).await;
}

#[tokio::test]
async fn a_delivery_whose_message_was_lost_can_be_replayed() {
    let store = store().await;
    store.commit(&commit(vec![created(1)])).await.unwrap();
    assert_eq!(replay(&store, false, 3).await, Replay::Send { number: 1 });
    let lead = LeadId::from_event(&event_id(1));
    let file = store.lead_file(&account(), &lead).await.unwrap().unwrap();
    assert_eq!((file.deliveries.len(), file.pending), (0, vec![delivery_id(1)]));
    claim(&store, request(1, 4)).await;
    let file = store.lead_file(&account(), &lead).await.unwrap().unwrap();
    assert_eq!((file.deliveries, file.pending), (vec![stored(&store).await], vec![]));
    // A destination that the decision did not name.
    let other = DeliveryId::of(&lead, 1, &"other".parse().unwrap());
    let by = "ops".to_owned();
    let request = ReplayRequest { account: account(), delivery: other, force: true, by, now: at(5) };
    assert_eq!(store.request_replay(&request).await.unwrap(), Replay::NotFound);
}

async fn list(store: &Store, status: Option<DeliveryStatus>, destination: Option<&DestinationId>) -> Vec<DeliveryRow> {
    let day = at(0).to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = DayRange { from: day, to: day };
    let filter = DeliveryFilter { status, destination: destination.cloned(), source: None };
    store.list_deliveries(&account(), days, &filter, 10, None).await.unwrap().rows
}

#[tokio::test]
async fn the_list_shows_outcomes() {
    let store = store().await;
    let lease = claim(&store, request(1, 0)).await;
    assert_eq!(list(&store, None, None).await, []);
    finish(&store, &lease, &retry()).await.unwrap();
    let row = DeliveryRow {
        id: delivery_id(1),
        created_at: "2026-07-21T10:00:00.123Z".parse().unwrap(),
        source: source(),
        status: DeliveryStatus::Retry,
        reason: Some("the receiver answered 503".to_owned()),
    };
    assert_eq!(list(&store, None, None).await, std::slice::from_ref(&row));
    assert_eq!(list(&store, Some(DeliveryStatus::Retry), Some(&destination())).await, [row]);
    assert_eq!(list(&store, Some(DeliveryStatus::Dead), None).await, []);
    assert_eq!(list(&store, None, Some(&"other".parse().unwrap())).await, []);
    let day = at(0).to_zoned(jiff::tz::TimeZone::UTC).date();
    for (id, rows) in [(source(), 1), ("other".parse().unwrap(), 0)] {
        let filter = DeliveryFilter { source: Some(id), ..DeliveryFilter::default() };
        let days = DayRange { from: day, to: day };
        let listed = store.list_deliveries(&account(), days, &filter, 10, None).await.unwrap().rows;
        assert_eq!(listed.len(), rows, "{filter:?}");
    }
    finish(&store, &claim(&store, request(2, 1)).await, &Verdict::Delivered).await.unwrap();
    assert_eq!(list(&store, Some(DeliveryStatus::Delivered), None).await.len(), 1);
    assert_eq!(list(&store, None, None).await.len(), 1);
}

fn report(told: Told, number: u32, now_s: i64) -> Report {
    let number = Some(number);
    Report { account: account(), delivery: delivery_id(1), number, told, log_days: 90, now: at(now_s) }
}

fn bounced() -> Told {
    Told::Failed { code: "E_BOUNCED", reason: "it came back".to_owned() }
}

#[tokio::test]
async fn what_was_delivered_comes_back_once() {
    let store = store().await;
    assert!(matches!(store.hear_of_delivery(&report(bounced(), 1, 1)).await.unwrap(), Heard::NoDelivery));
    let lease = claim(&store, request(1, 0)).await;
    // The outcome of the try has to be stored first.
    assert!(matches!(store.hear_of_delivery(&report(bounced(), 1, 1)).await.unwrap(), Heard::Busy { .. }));
    finish(&store, &lease, &Verdict::Delivered).await.unwrap();
    assert!(matches!(store.hear_of_delivery(&report(Told::Arrived, 1, 3)).await.unwrap(), Heard::Nothing));
    let Heard::Changed(record) = store.hear_of_delivery(&report(bounced(), 1, 4)).await.unwrap() else {
        panic!("it was not heard")
    };
    assert_eq!(record, stored(&store).await);
    assert_eq!((record.status, record.reason.as_deref()), (DeliveryStatus::Dead, Some("it came back")));
    let [told] = store.attempts(&account(), &delivery_id(1)).await.unwrap().try_into().unwrap();
    assert_eq!((told.status, told.code.as_deref()), (DeliveryStatus::Dead, Some("E_BOUNCED")));
    assert_eq!(told.exchange.response_body, "answer 1", "what was answered stays on record");
    for told in [bounced(), Told::Arrived] {
        assert!(matches!(store.hear_of_delivery(&report(told, 1, 5)).await.unwrap(), Heard::Nothing));
    }
    assert_eq!(list(&store, Some(DeliveryStatus::Dead), None).await.len(), 1);
    // Sent again: what is heard of the try before says nothing of this one.
    assert_eq!(replay(&store, false, 6).await, Replay::Send { number: 2 });
    assert!(matches!(store.hear_of_delivery(&report(bounced(), 1, 7)).await.unwrap(), Heard::Nothing));
    finish(&store, &claim(&store, request(2, 8)).await, &Verdict::Delivered).await.unwrap();
    assert!(matches!(store.hear_of_delivery(&report(bounced(), 1, 9)).await.unwrap(), Heard::Nothing));
    assert_eq!(stored(&store).await.status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn of_two_reports_at_once_one_is_taken_down() {
    let store = store().await;
    finish(&store, &claim(&store, request(1, 0)).await, &Verdict::Delivered).await.unwrap();
    let complaint = Told::Failed { code: "E_COMPLAINT", reason: "it was called spam".to_owned() };
    let [a, b] = [report(bounced(), 1, 4), report(complaint, 1, 5)];
    let (a, b) = tokio::join!(store.hear_of_delivery(&a), store.hear_of_delivery(&b));
    let changed = [&a, &b].into_iter().filter(|heard| matches!(heard, Ok(Heard::Changed(_)))).count();
    assert_eq!(changed, 1, "{a:?} {b:?}");
}

#[tokio::test]
async fn a_note_leaves_the_delivery_as_it_is() {
    let store = store().await;
    finish(&store, &claim(&store, request(1, 0)).await, &Verdict::Delivered).await.unwrap();
    let note = || report(Told::Note { code: "E_SOFT_BOUNCE", reason: "the mailbox is full".to_owned() }, 1, 3);
    assert!(matches!(store.hear_of_delivery(&note()).await.unwrap(), Heard::Changed(_)));
    assert!(matches!(store.hear_of_delivery(&note()).await.unwrap(), Heard::Nothing));
    let record = stored(&store).await;
    assert_eq!((record.status, record.reason.as_deref()), (DeliveryStatus::Delivered, Some("the mailbox is full")));
}

/// The function died after the mail was taken: nothing needs to be sent a second time.
#[tokio::test]
async fn what_is_heard_of_a_try_without_an_outcome_is_its_outcome() {
    for (told, status) in [(Told::Arrived, DeliveryStatus::Delivered), (bounced(), DeliveryStatus::Dead)] {
        let store = store().await;
        finish(&store, &claim(&store, request(1, 0)).await, &retry()).await.unwrap();
        let lost = claim(&store, request(2, 10)).await;
        assert!(matches!(store.hear_of_delivery(&report(told.clone(), 2, 70)).await.unwrap(), Heard::Busy { .. }));
        assert!(matches!(store.hear_of_delivery(&report(told, 2, 71)).await.unwrap(), Heard::Changed(_)));
        let record = stored(&store).await;
        assert_eq!((record.status, record.lease_until), (status, None));
        let numbers: Vec<_> = store.attempts(&account(), &delivery_id(1)).await.unwrap().into_iter().collect();
        assert_eq!(
            numbers.iter().map(|tried| (tried.number, tried.status)).collect::<Vec<_>>(),
            [(1, DeliveryStatus::Retry), (2, status)]
        );
        assert!(finish(&store, &lost, &Verdict::Delivered).await.is_err());
        assert!(!matches!(store.claim_delivery(&request(2, 80)).await.unwrap(), Claim::Claimed(_)));
    }
}
