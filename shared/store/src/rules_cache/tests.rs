use leadyard_domain::condition::Case;
use leadyard_domain::id::ListName;

use super::*;
use crate::testing::{account, at, store};
use crate::{Cause, MoveList, PublishConfig};

const CONFIG: &str = r#"{"profiles": [{"id": "p", "rules": [
    {"id": "near", "when": {"field": "postal_code", "op": "in_list", "value": "zips"}, "then": ["do_nothing"]}
]}]}"#;

fn zips() -> ListName {
    ListName::new("zips").unwrap()
}

/// Puts lines into the list and publishes the version that names it.
async fn publish(store: &Store, expected: u64, lines: &str) {
    let revision = store.write_list_revision(&account(), &zips(), lines).await.unwrap();
    let lists = store.list_index(&account()).await.unwrap();
    let cause = if expected == 0 { Cause::Document } else { Cause::List { list: zips() } };
    let pins = [(zips(), revision)].into();
    let publish = PublishConfig { cause, pins, lists, ..PublishConfig::new(account(), CONFIG, expected, "ci", at(0)) };
    store.publish_config(&publish).await.unwrap();
}

#[tokio::test]
async fn rules_look_in_the_lists_of_their_version() {
    let store = store().await;
    let cache = RulesCache::new(store.clone());
    assert!(cache.get(&account(), at(0)).await.unwrap().is_none());
    publish(&store, 0, "10115\n").await;
    assert!(cache.get(&account(), at(1)).await.unwrap().is_none());
    let one = cache.get(&account(), at(2)).await.unwrap().unwrap();
    assert_eq!((one.version, lines(&store, 1).await.as_str()), (1, "10115\n"));
    // The same version is not read and compiled again.
    assert!(Arc::ptr_eq(&one, &cache.get(&account(), at(5)).await.unwrap().unwrap()));
    publish(&store, 1, "80331\n").await;
    assert_eq!(cache.get(&account(), at(6)).await.unwrap().unwrap().version, 1);
    assert_eq!(cache.get(&account(), at(7)).await.unwrap().unwrap().version, 2);
    publish(&store, 2, "20095\n").await;
    cache.forget(&account());
    assert_eq!(cache.get(&account(), at(7)).await.unwrap().unwrap().version, 3);
    assert_eq!(lines(&store, 1).await, "10115\n");
    assert_eq!(lines(&store, 2).await, "80331\n");
}

/// What a version pins, as it is loaded.
async fn lines(store: &Store, version: u64) -> String {
    let pins = store.config_version(&account(), version).await.unwrap().unwrap().pins;
    let named = [(zips(), Case::Fold)].into();
    let lists = store.load_lists(&account(), &pins, &named).await.unwrap();
    lists.get(&zips(), Case::Fold).unwrap().iter().map(|entry| format!("{entry}\n")).collect()
}

#[tokio::test]
async fn a_list_without_a_pin_is_an_error() {
    let store = store().await;
    // Not what the API does: it pins what a document names.
    store.publish_config(&PublishConfig::new(account(), CONFIG, 0, "ci", at(0))).await.unwrap();
    let error = RulesCache::new(store.clone()).get(&account(), at(0)).await.unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("pins no revision"), "{error}");
}

/// A list that is removed stays with the versions that have it pinned.
#[tokio::test]
async fn a_version_outlives_its_list() {
    let store = store().await;
    publish(&store, 0, "10115\n").await;
    store.publish_config(&PublishConfig::new(account(), "{}", 1, "ci", at(0))).await.unwrap();
    let index = store.list_index(&account()).await.unwrap();
    let by = "ci".to_owned();
    let remove = MoveList { account: account(), list: zips(), to: None, index, config_version: 2, by, now: at(0) };
    store.move_list(&remove).await.unwrap();
    assert_eq!(store.ruled(&account(), 1).await.unwrap().version, 1);
    assert!(store.ruled(&account(), 3).await.is_err());
}
