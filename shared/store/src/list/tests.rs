use std::collections::BTreeSet;

use leadyard_domain::condition::Case;

use super::*;
use crate::codec::text;
use crate::testing::{account, at, store};
use crate::{Cause, ConfigVersion, PublishConfig, PublishError};

const LINES: &str = "10115\n20095\n80331\n";

fn zips() -> ListName {
    ListName::new("zips").unwrap()
}

/// Lines that hardly pack: the digits of a number that runs through its range without order.
fn many(count: u64) -> String {
    let mut lines: Vec<String> =
        (0..count).map(|n| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    lines.sort_unstable();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

async fn set(store: &Store, list: &ListName, lines: &str, config_version: u64) -> Result<ListRevision, StoreError> {
    let revision = store.write_list_revision(&account(), list, lines).await?;
    let index = store.list_index(&account()).await?;
    let (list, by) = (list.clone(), "ci".to_owned());
    let to = Some(revision.clone());
    store.move_list(&MoveList { account: account(), list, to, index, config_version, by, now: at(0) }).await?;
    Ok(revision)
}

/// A publish that pins what is current.
async fn publish(store: &Store, expected: u64, lists: &[&ListName]) -> PublishConfig {
    let index = store.list_index(&account()).await.unwrap();
    let pins = lists.iter().map(|list| ((*list).clone(), index.current(list).unwrap().clone())).collect();
    PublishConfig {
        pins,
        lists: index,
        ..PublishConfig::new(account(), "{}", expected, "ci", at(i64::try_from(expected).unwrap()))
    }
}

#[tokio::test]
async fn a_revision_is_read_as_it_was_written() {
    let store = store().await;
    let revision = store.write_list_revision(&account(), &zips(), LINES).await.unwrap();
    // printf '10115\n20095\n80331\n' | sha256sum
    assert_eq!(revision.id.as_str(), "d81f0000e54e8275");
    assert_eq!((revision.entries, revision.bytes), (3, 18));
    let read = store.list_text(&account(), &zips(), &revision.id).await.unwrap();
    assert_eq!(read.as_deref(), Some(LINES));
    // The same again writes nothing, and nothing of it can be seen by another list or account.
    let key = keys::list_revision(&account(), &zips(), revision.id.as_str());
    let mut marked = store.raw(&key).await.unwrap();
    marked.insert("mark".to_owned(), text("as it was first written"));
    store.put(marked.clone()).await.unwrap();
    assert_eq!(store.write_list_revision(&account(), &zips(), LINES).await.unwrap(), revision);
    assert_eq!(store.raw(&key).await, Some(marked));
    assert_eq!(store.list_text(&account(), &"other".parse().unwrap(), &revision.id).await.unwrap(), None);
    assert_eq!(store.list_text(&"other".parse().unwrap(), &zips(), &revision.id).await.unwrap(), None);
    assert_eq!(store.list_index(&account()).await.unwrap(), ListIndex::default());
}

#[tokio::test]
async fn a_large_revision_is_stored_in_chunks() {
    let store = store().await;
    let lines = many(150_000);
    let revision = store.write_list_revision(&account(), &zips(), &lines).await.unwrap();
    // More than a page of a query.
    assert!(store.items().await > 4, "{}", store.items().await);
    assert_eq!(store.list_text(&account(), &zips(), &revision.id).await.unwrap(), Some(lines));
}

#[tokio::test]
async fn a_writer_that_dies_leaves_nothing_that_can_be_seen() {
    let store = store().await;
    let lines = many(60_000);
    let revision = store.write_list_revision(&account(), &zips(), &lines).await.unwrap();
    let own = keys::list_revision(&account(), &zips(), revision.id.as_str());
    let chunk = keys::list_chunk(&account(), &zips(), revision.id.as_str(), 1);
    let delete = async |key: &keys::Key| {
        store.client.delete_item().table_name(&store.table).set_key(Some(key.item())).send().await.unwrap();
    };
    // It had written the first chunk only.
    delete(&own).await;
    delete(&chunk).await;
    assert_eq!(store.list_text(&account(), &zips(), &revision.id).await.unwrap(), None);
    store.write_list_revision(&account(), &zips(), &lines).await.unwrap();
    assert_eq!(store.list_text(&account(), &zips(), &revision.id).await.unwrap(), Some(lines));
    // A hand that takes a chunk away, or changes one, is found out.
    delete(&chunk).await;
    let error = store.list_text(&account(), &zips(), &revision.id).await.unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("chunks"), "{error}");
    let other = store.write_list_revision(&account(), &zips(), LINES).await.unwrap();
    let mut item = keys::list_chunk(&account(), &zips(), other.id.as_str(), 0).item();
    item.insert("part".to_owned(), aws_sdk_dynamodb::types::AttributeValue::B(crate::codec::deflate(b"x").into()));
    store.put(item).await.unwrap();
    let error = store.list_text(&account(), &zips(), &other.id).await.unwrap_err();
    assert!(error.to_string().contains("its content is another"), "{error}");
}

#[tokio::test]
async fn the_index_says_what_is_current() {
    let store = store().await;
    let first = set(&store, &zips(), LINES, 0).await.unwrap();
    let second = set(&store, &zips(), "10115\n", 0).await.unwrap();
    let index = store.list_index(&account()).await.unwrap();
    assert_eq!((index.version, index.current(&zips())), (2, Some(&second)));
    assert_eq!(index.lists[&zips()].updated_by, "ci");
    // The one before is still there for whoever has it pinned.
    assert_eq!(store.list_text(&account(), &zips(), &first.id).await.unwrap().as_deref(), Some(LINES));
    let remove = MoveList {
        account: account(),
        list: zips(),
        to: None,
        index,
        config_version: 0,
        by: "ci".to_owned(),
        now: at(1),
    };
    store.move_list(&remove).await.unwrap();
    assert_eq!(store.list_index(&account()).await.unwrap(), ListIndex { version: 3, ..ListIndex::default() });
    let audit = store.list_audit(&account(), 10, None).await.unwrap().rows;
    let audit: Vec<_> = audit.iter().map(|entry| (entry.action.as_str(), entry.target.as_str())).collect();
    assert_eq!(audit[0], ("list.remove", "zips"));
    assert!(audit[1..].iter().all(|entry| *entry == ("list.set", "zips")), "{audit:?}");
}

#[tokio::test]
async fn of_two_uploads_one_wins() {
    let store = store().await;
    let zips = zips();
    let (a, b) = tokio::join!(set(&store, &zips, "a\n", 0), set(&store, &zips, "b\n", 0));
    let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
    assert!(matches!(lost, Err(StoreError::Conflict { .. })), "{lost:?}");
    let index = store.list_index(&account()).await.unwrap();
    assert_eq!((index.version, index.current(&zips)), (1, Some(&won.unwrap())));
    assert_eq!(store.list_audit(&account(), 10, None).await.unwrap().rows.len(), 1);
}

/// Whichever is first, the other is told: a list never moves past a config that was published meanwhile.
#[tokio::test]
async fn of_an_upload_and_a_publish_that_names_the_list_one_wins() {
    let store = store().await;
    set(&store, &zips(), LINES, 0).await.unwrap();
    let early = publish(&store, 0, &[&zips()]).await;

    // The upload first: the publish would pin what is no longer current.
    let moved = set(&store, &zips(), "10115\n", 0).await.unwrap();
    let late = store.publish_config(&early).await;
    assert!(matches!(late, Err(PublishError::ListsChanged)), "{late:?}");
    assert_eq!(store.config_pointer(&account()).await.unwrap(), None);
    assert_eq!(store.config_version(&account(), 1).await.unwrap(), None);

    // The publish first: the upload saw a config that did not name the list.
    assert_eq!(store.publish_config(&publish(&store, 0, &[&zips()]).await).await.unwrap(), 1);
    let late = set(&store, &zips(), "20095\n", 0).await;
    assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");
    assert_eq!(store.list_index(&account()).await.unwrap().current(&zips()), Some(&moved));

    // A config that names no list does not mind, and an upload of a list that it does not name goes through.
    let index = store.list_index(&account()).await.unwrap();
    set(&store, &"other".parse().unwrap(), LINES, 1).await.unwrap();
    let plain = PublishConfig { lists: index, ..PublishConfig::new(account(), "{}", 1, "ci", at(1)) };
    assert_eq!(store.publish_config(&plain).await.unwrap(), 2);
}

#[tokio::test]
async fn a_publish_makes_its_pins_current() {
    let store = store().await;
    let first = set(&store, &zips(), LINES, 0).await.unwrap();
    let second = store.write_list_revision(&account(), &zips(), "10115\n").await.unwrap();
    store.publish_config(&publish(&store, 0, &[&zips()]).await).await.unwrap();
    let pinned = async |version| store.config_version(&account(), version).await.unwrap().unwrap().pins;
    assert_eq!(pinned(1).await, Pins::from([(zips(), first.clone())]));

    // An upload: the same document with another revision.
    let mut upload = publish(&store, 1, &[]).await;
    upload.pins.insert(zips(), second.clone());
    upload.cause = Cause::List { list: zips() };
    assert_eq!(store.publish_config(&upload).await.unwrap(), 2);
    let index = store.list_index(&account()).await.unwrap();
    assert_eq!((index.version, index.current(&zips())), (2, Some(&second)));
    assert_eq!(index.lists[&zips()].updated_at, at(1));
    // What lost against it has moved nothing.
    let lost = store.publish_config(&upload).await;
    assert!(matches!(lost, Err(PublishError::Superseded { current: 2 })), "{lost:?}");

    // A roll back brings the list back too, even one that was removed meanwhile.
    let mut back = publish(&store, 2, &[]).await;
    back.pins = pinned(1).await;
    back.cause = Cause::RollBack { version: 1 };
    back.lists.lists.clear();
    back.note = Some("the new codes were wrong".to_owned());
    assert_eq!(store.publish_config(&back).await.unwrap(), 3);
    assert_eq!(store.list_index(&account()).await.unwrap().current(&zips()), Some(&first));
    let version = store.config_version(&account(), 3).await.unwrap().unwrap();
    let expected = ConfigVersion {
        version: 3,
        published_at: at(2),
        published_by: "ci".to_owned(),
        note: Some("the new codes were wrong".to_owned()),
        cause: Cause::RollBack { version: 1 },
        pins: [(zips(), first)].into(),
        bytes: 2,
    };
    assert_eq!(version, expected);
    let audit = store.list_audit(&account(), 10, None).await.unwrap().rows;
    assert_eq!(audit[0].action, "config.roll_back");
}

#[tokio::test]
async fn lists_are_loaded_as_the_rules_compare_them() {
    let store = store().await;
    let domains: ListName = "domains".parse().unwrap();
    let zip = set(&store, &zips(), LINES, 0).await.unwrap();
    let domain = set(&store, &domains, "Example.com\nexample.org\n", 0).await.unwrap();
    let pins = Pins::from([(zips(), zip), (domains.clone(), domain)]);
    let named = BTreeSet::from([(zips(), Case::Fold), (domains.clone(), Case::Fold), (domains.clone(), Case::Exact)]);
    let lists = store.load_lists(&account(), &pins, &named).await.unwrap();
    assert!(lists.get(&zips(), Case::Fold).unwrap().contains("80331"));
    assert!(lists.get(&zips(), Case::Exact).is_none());
    assert!(lists.get(&domains, Case::Fold).unwrap().contains("example.com"));
    assert!(!lists.get(&domains, Case::Exact).unwrap().contains("example.com"));
    assert!(lists.get(&domains, Case::Exact).unwrap().contains("Example.com"));

    let unpinned = store.load_lists(&account(), &Pins::default(), &named).await.unwrap_err();
    assert!(!unpinned.is_retryable() && unpinned.to_string().contains("pins no revision"), "{unpinned}");
    let gone = store.load_lists(&"other".parse().unwrap(), &pins, &named).await.unwrap_err();
    assert!(gone.to_string().contains("is not there"), "{gone}");
}

#[test]
fn the_name_of_a_revision() {
    assert_eq!("0123456789abcdef".parse::<RevisionId>().unwrap().as_str(), "0123456789abcdef");
    for bad in ["", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "0123456789abcde#"] {
        assert!(bad.parse::<RevisionId>().is_err(), "{bad}");
    }
}

#[tokio::test]
async fn an_index_that_does_not_fit_is_an_error() {
    let store = store().await;
    let mut item = keys::list_index(&account()).item();
    item.insert("version".to_owned(), text("one"));
    store.put(item).await.unwrap();
    assert!(!store.list_index(&account()).await.unwrap_err().is_retryable());
}
