//! Suppressing, looking up and lifting.

use leadyard_domain::suppression::SuppressionReason;

use super::*;
use crate::testing::{account, at, delivery_id, store};

fn hash(address: &str) -> AddressHash {
    AddressHash::of(address).unwrap()
}

fn bounced(now_s: i64) -> Suppression {
    Suppression { reason: SuppressionReason::Bounce, at: at(now_s), delivery: Some(delivery_id(1)) }
}

#[tokio::test]
async fn what_was_heard_first_stays() {
    let (store, anna) = (store().await, hash("anna@example.com"));
    assert_eq!(store.suppression(&account(), &anna).await.unwrap(), None);
    store.suppress(&account(), &anna, &bounced(1)).await.unwrap();
    let complaint = Suppression { reason: SuppressionReason::Complaint, ..bounced(2) };
    store.suppress(&account(), &anna, &complaint).await.unwrap();
    assert_eq!(store.suppression(&account(), &anna).await.unwrap(), Some(bounced(1)));
    assert_eq!(store.suppression(&"other".parse().unwrap(), &anna).await.unwrap(), None);
}

#[tokio::test]
async fn of_some_addresses_those_that_are_suppressed() {
    let store = store().await;
    let [anna, ben] = ["anna@example.com", "ben@example.com"].map(hash);
    store.suppress(&account(), &anna, &bounced(1)).await.unwrap();
    let asked = || BTreeSet::from([anna.clone(), ben.clone()]);
    assert_eq!(store.suppressed(&account(), asked()).await.unwrap(), BTreeSet::from([anna.clone()]));
    assert!(store.suppressed(&"other".parse().unwrap(), asked()).await.unwrap().is_empty());
    assert!(store.suppressed(&account(), BTreeSet::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn lifting_is_on_record_without_the_address() {
    let (store, anna) = (store().await, hash("anna@example.com"));
    assert!(!store.lift_suppression(&account(), &anna, "ops", at(1)).await.unwrap());
    assert!(store.list_audit(&account(), 10, None).await.unwrap().rows.is_empty());
    store.suppress(&account(), &anna, &bounced(1)).await.unwrap();
    assert!(store.lift_suppression(&account(), &anna, "ops", at(2)).await.unwrap());
    assert_eq!(store.suppression(&account(), &anna).await.unwrap(), None);
    let [entry] = store.list_audit(&account(), 10, None).await.unwrap().rows.try_into().unwrap();
    assert_eq!(
        (entry.by.as_str(), entry.action.as_str(), entry.target.as_str()),
        ("ops", "suppression.lift", anna.as_str())
    );
}
