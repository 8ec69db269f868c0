use super::*;
use crate::codec::text;
use crate::testing::{account, at, client, store};
use crate::{PublishConfig, keys};

async fn publish(store: &Store, expected: u64, name: &str) {
    let document = format!(r#"{{"account": {{"name": "{name}"}}}}"#);
    store.publish_config(&PublishConfig::new(account(), document, expected, "ci", at(0))).await.unwrap();
}

fn name(published: Option<Arc<Published>>) -> Option<(u64, String)> {
    published.map(|published| (published.version, published.checked.config().account.name.clone()))
}

#[tokio::test]
async fn a_new_version_is_in_force_after_two_seconds() {
    let store = store().await;
    let cache = ConfigCache::new(store.clone());
    assert!(cache.get(&account(), at(0)).await.unwrap().is_none());
    publish(&store, 0, "one").await;
    assert!(cache.get(&account(), at(1)).await.unwrap().is_none());
    let one = cache.get(&account(), at(2)).await.unwrap();
    assert_eq!(name(one.clone()), Some((1, "one".to_owned())));
    // The same version is not read and compiled again.
    let again = cache.get(&account(), at(5)).await.unwrap();
    assert!(Arc::ptr_eq(&one.unwrap(), &again.unwrap()));
    publish(&store, 1, "two").await;
    assert_eq!(name(cache.get(&account(), at(6)).await.unwrap()).unwrap().0, 1);
    cache.forget(&account());
    assert_eq!(name(cache.get(&account(), at(6)).await.unwrap()), Some((2, "two".to_owned())));
    assert!(cache.get(&"other".parse().unwrap(), at(6)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_document_that_does_not_fit_is_an_error() {
    let store = store().await;
    let cache = ConfigCache::new(store.clone());
    for (expected, document, why) in [
        (0, "{", "EOF"),
        (1, r#"{"pools": 7}"#, "pools"),
        (2, r#"{"pools": [{"id": "p", "members": [{"assignee": "no"}]}]}"#, "pools[0]"),
    ] {
        store.publish_config(&PublishConfig::new(account(), document, expected, "ci", at(0))).await.unwrap();
        let error = cache.get(&account(), at(0)).await.unwrap_err();
        assert!(!error.is_retryable() && error.to_string().contains(why), "{error}");
        let version = format!("config version {} of account main", expected + 1);
        assert!(error.to_string().contains(&version), "{error}");
    }
}

#[tokio::test]
async fn a_chunk_that_is_missing_or_broken_is_an_error() {
    let store = store().await;
    publish(&store, 0, "one").await;
    let cache = ConfigCache::new(store.clone());
    let key = keys::config_chunk(&account(), 1, 0);
    let mut item = key.item();
    item.insert("document".to_owned(), text("{}"));
    store.client.put_item().table_name(&store.table).set_item(Some(item)).send().await.unwrap();
    assert!(cache.get(&account(), at(0)).await.unwrap_err().to_string().contains("a chunk has no document"));
    store.client.delete_item().table_name(&store.table).set_key(Some(key.item())).send().await.unwrap();
    assert!(cache.get(&account(), at(0)).await.unwrap_err().to_string().contains("its document is missing"));
}

#[tokio::test]
async fn without_a_table_the_error_is_told() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cache = ConfigCache::new(Store::new(client(&format!("http://{nobody}")), "none".to_owned()));
    assert!(cache.get(&account(), at(0)).await.unwrap_err().is_retryable());
}
