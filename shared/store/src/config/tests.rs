use super::*;
use crate::endpoint_key_hash;
use crate::testing::{account, at, source, store};

fn endpoint(key: &str) -> Endpoint {
    Endpoint { source: source(), key_hash: endpoint_key_hash(key) }
}

fn publish(document: &str, expected: u64, endpoints: Vec<Endpoint>) -> PublishConfig {
    PublishConfig { endpoints, ..PublishConfig::new(account(), document, expected, "ci", at(0)) }
}

#[tokio::test]
async fn a_published_version_is_in_force() {
    let store = store().await;
    assert_eq!(store.config_pointer(&account()).await.unwrap(), None);
    assert_eq!(store.config_document(&account(), 1).await.unwrap(), None);
    assert!(store.endpoint_sources(&account()).await.unwrap().is_empty());
    assert_eq!(store.publish_config(&publish("{}", 0, vec![endpoint("k1")])).await.unwrap(), 1);
    assert_eq!(store.publish_config(&publish("{ }", 1, vec![])).await.unwrap(), 2);
    let pointer = Pointer { version: 2, published_at: at(0), published_by: "ci".to_owned() };
    assert_eq!(store.config_pointer(&account()).await.unwrap(), Some(pointer));
    assert_eq!(store.config_document(&account(), 1).await.unwrap().as_deref(), Some("{}"));
    assert_eq!(store.config_document(&account(), 2).await.unwrap().as_deref(), Some("{ }"));
    assert_eq!(store.endpoint_sources(&account()).await.unwrap(), [source()].into());
    let audit = store.list_audit(&account(), 10, None).await.unwrap().rows;
    assert_eq!(audit.iter().map(|entry| entry.target.as_str()).collect::<Vec<_>>(), ["2", "1"]);
}

#[tokio::test]
async fn of_two_publishers_one_wins() {
    let store = store().await;
    let (a, b) = (publish("\"a\"", 0, vec![endpoint("a")]), publish("\"b\"", 0, vec![endpoint("b")]));
    let (a, b) = tokio::join!(store.publish_config(&a), store.publish_config(&b));
    let (won, lost, winner, loser) = if a.is_ok() { (a, b, "a", "b") } else { (b, a, "b", "a") };
    assert_eq!(won.unwrap(), 1);
    assert!(matches!(lost, Err(PublishError::Superseded { current: 1 })), "{lost:?}");
    let document = store.config_document(&account(), 1).await.unwrap();
    assert_eq!(document, Some(format!("\"{winner}\"")));
    // The loser left nothing behind.
    assert_eq!(store.find_source(&endpoint_key_hash(loser)).await.unwrap(), None);
    assert_eq!(store.list_audit(&account(), 10, None).await.unwrap().rows.len(), 1);
    let late = store.publish_config(&publish("{}", 0, vec![])).await;
    assert!(matches!(late, Err(PublishError::Superseded { current: 1 })));
    let early = store.publish_config(&publish("{}", 7, vec![])).await;
    assert!(matches!(early, Err(PublishError::Superseded { current: 1 })));
}

#[tokio::test]
async fn versions_are_listed_newest_first() {
    let store = store().await;
    let empty = store.config_versions(&account(), None, 2).await.unwrap();
    assert_eq!((empty.versions.len(), empty.next), (0, None));
    for expected in 0..5 {
        store.publish_config(&publish("{}", expected, vec![])).await.unwrap();
    }
    let page = async |before, limit| {
        let page = store.config_versions(&account(), before, limit).await.unwrap();
        (page.versions.iter().map(|version| version.version).collect::<Vec<_>>(), page.next)
    };
    assert_eq!(page(None, 2).await, (vec![5, 4], Some(4)));
    assert_eq!(page(Some(4), 2).await, (vec![3, 2], Some(2)));
    assert_eq!(page(Some(2), 2).await, (vec![1], None));
    assert_eq!(page(Some(3), 2).await, (vec![2, 1], None));
    assert_eq!(page(Some(1), 2).await, (vec![], None));
    assert_eq!(page(Some(0), 2).await, (vec![], None));
    assert_eq!(page(Some(u64::MAX), 9).await, (vec![5, 4, 3, 2, 1], None));
    assert_eq!(store.config_version(&"other".parse().unwrap(), 1).await.unwrap(), None);
}

/// Text that does not pack: eight random bits a character.
fn noise(bytes: usize) -> String {
    let mut random = 1u64;
    let hex = std::iter::repeat_with(|| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        format!("{random:016x}")
    });
    hex.take(bytes / 16).collect()
}

#[tokio::test]
async fn a_large_document_is_stored_in_chunks() {
    let store = store().await;
    // Hexadecimal digits pack to a little more than half.
    let document = noise(3_000_000);
    store.publish_config(&publish(&document, 0, vec![])).await.unwrap();
    assert!(store.items().await > 4);
    assert_eq!(store.config_document(&account(), 1).await.unwrap(), Some(document));
    let refused = store.publish_config(&publish(&noise(7_000_000), 1, vec![])).await.unwrap_err();
    assert!(matches!(refused, PublishError::TooLarge { .. }));
    assert!(refused.to_string().contains("at most 3500000 can be stored"), "{refused}");
    assert_eq!(store.config_pointer(&account()).await.unwrap().unwrap().version, 1);
}

#[tokio::test]
async fn an_endpoint_leads_to_its_source() {
    let store = store().await;
    store.publish_config(&publish("{}", 0, vec![endpoint("first")])).await.unwrap();
    assert_eq!(store.find_source(&endpoint_key_hash("first")).await.unwrap(), Some((account(), source())));
    assert_eq!(store.find_source(&endpoint_key_hash("other")).await.unwrap(), None);
    store.add_endpoint(&account(), &endpoint("second"), "ops", at(1)).await.unwrap();
    assert_eq!(store.find_source(&endpoint_key_hash("second")).await.unwrap(), Some((account(), source())));
    // Nobody takes over a key that is in use.
    let thief = "thief".parse().unwrap();
    assert!(matches!(
        store.add_endpoint(&thief, &endpoint("first"), "ops", at(2)).await,
        Err(StoreError::Conflict { .. })
    ));
    assert_eq!(store.find_source(&endpoint_key_hash("first")).await.unwrap(), Some((account(), source())));
    assert!(store.list_audit(&thief, 10, None).await.unwrap().rows.is_empty());
    let publish = PublishConfig { account: thief, ..publish("{}", 0, vec![endpoint("first")]) };
    assert!(matches!(store.publish_config(&publish).await, Err(PublishError::Store(StoreError::Conflict { .. }))));
}

#[test]
fn the_hash_of_a_key_is_its_sha_256() {
    // FIPS 180-2, appendix B.1.
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(endpoint_key_hash("abc"), expected);
}
