use serde_json::json;

use super::*;
use crate::testing::{account, activity, at, commit, created, lead, store};
use crate::{Commit, CommitError, Settled};

/// The lead of event 1 in its next version after `version`, with an activity.
fn with_activity(version: u64, activity: Activity) -> Commit {
    let mut before = lead(1);
    (before.version, before.activities) = (version, u32::from(activity.version == 1));
    let standing = before.standing.clone();
    commit(vec![Settled { activity: Some(activity), ..Settled::known(before, standing, Vec::new(), at(5)) }])
}

async fn with_lead() -> Store {
    let store = store().await;
    store.commit(&commit(vec![created(1)])).await.unwrap();
    store
}

#[tokio::test]
async fn an_activity_reads_back_and_leaves_its_lead_as_it_is() {
    let store = with_lead().await;
    let before = store.lead_file(&account(), &lead(1).id).await.unwrap().unwrap();
    let mut call = activity(1, "1", 0);
    call.via = vec!["crm".parse().unwrap()];
    store.commit(&with_activity(1, call.clone())).await.unwrap();
    assert_eq!(store.activity(&account(), &call.lead, &call.id).await.unwrap(), Some(call.clone()));
    assert_eq!(store.activity(&account(), &lead(2).id, &call.id).await.unwrap(), None);
    assert_eq!(store.activity(&"other".parse().unwrap(), &call.lead, &call.id).await.unwrap(), None);
    let raw = store.raw(&keys::activity(&account(), &call.lead, &call.id)).await.unwrap();
    assert!(!format!("{raw:?}").contains("asked for a visit"), "fields are deflated");

    let after = store.lead_file(&account(), &call.lead).await.unwrap().unwrap();
    assert_eq!((after.lead.version, after.lead.activities, after.lead.updated_at), (2, 1, at(5)));
    assert_eq!((&after.assignments, &after.pending), (&before.assignments, &before.pending));

    let bare = Activity { fields: BTreeMap::new(), ..activity(1, "2", 1) };
    store.commit(&with_activity(2, bare.clone())).await.unwrap();
    assert_eq!(store.activity(&account(), &bare.lead, &bare.id).await.unwrap(), Some(bare));
}

#[tokio::test]
async fn an_activity_is_written_once_and_changed_from_what_was_read() {
    let store = with_lead().await;
    let call = activity(1, "1", 0);
    store.commit(&with_activity(1, call.clone())).await.unwrap();
    let refused = |result: Result<(), CommitError>| match result {
        Err(CommitError::Conflict(conflict)) => assert!(conflict.other, "{conflict:?}"),
        other => panic!("a conflict was expected, not {other:?}"),
    };
    // The lead is as it was read, the activity is not.
    refused(store.commit(&with_activity(2, call.clone())).await);
    refused(store.commit(&with_activity(2, Activity { version: 3, ..call.clone() })).await);
    // The activity is as it was read, the lead is not.
    let longer = Activity { fields: [("minutes".to_owned(), json!(20))].into(), version: 2, ..call.clone() };
    refused(store.commit(&with_activity(1, longer.clone())).await);
    assert_eq!(store.activity(&account(), &call.lead, &call.id).await.unwrap(), Some(call));
    store.commit(&with_activity(2, longer.clone())).await.unwrap();
    assert_eq!(store.activity(&account(), &longer.lead, &longer.id).await.unwrap(), Some(longer));
}

#[tokio::test]
async fn several_versions_in_one_commit_are_one_write() {
    let store = with_lead().await;
    let first = activity(1, "1", 0);
    let second = Activity { at: at(9), version: 2, ..first.clone() };
    let mut both = with_activity(1, first);
    both.settled.extend(with_activity(2, second.clone()).settled);
    assert_eq!(both.actions().unwrap(), 2);
    store.commit(&both).await.unwrap();
    assert_eq!(store.activity(&account(), &second.lead, &second.id).await.unwrap(), Some(second));
}

#[tokio::test]
async fn a_list_is_in_the_order_of_what_happened() {
    let store = with_lead().await;
    // Stored in another order than they happened in; two at the same moment.
    let told = [("a", 30), ("b", 10), ("c", 20), ("d", 20), ("e", 40)];
    for (version, (name, happened_s)) in (1..).zip(told) {
        store.commit(&with_activity(version, activity(1, name, happened_s))).await.unwrap();
    }
    let mut expected: Vec<Activity> = told.iter().map(|(name, happened_s)| activity(1, name, *happened_s)).collect();
    expected.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    let all = store.activities(&account(), &lead(1).id, 100, None).await.unwrap();
    assert_eq!((&all.rows, all.next), (&expected, None));

    let (mut paged, mut cursor, mut sizes) = (Vec::new(), None, Vec::new());
    loop {
        let page = store.activities(&account(), &lead(1).id, 2, cursor.as_ref()).await.unwrap();
        sizes.push(page.rows.len());
        paged.extend(page.rows);
        // As it goes to the caller and comes back.
        cursor = page.next.map(|cursor| cursor.to_string().parse().unwrap());
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((paged, sizes), (expected, vec![2, 2, 1]));
    assert_eq!(store.activities(&account(), &lead(2).id, 2, None).await.unwrap().rows, []);
}

#[tokio::test]
async fn a_page_of_large_ones_is_short() {
    let store = with_lead().await;
    // 150 fields of 8 KiB each deflate to little and are shown as they are.
    let fields: BTreeMap<String, Value> = (0..150).map(|n| (n.to_string(), json!("x".repeat(8 * 1024)))).collect();
    for number in 1..=3 {
        let large = Activity { fields: fields.clone(), ..activity(1, &number.to_string(), number) };
        store.commit(&with_activity(number.unsigned_abs(), large)).await.unwrap();
    }
    let first = store.activities(&account(), &lead(1).id, 100, None).await.unwrap();
    assert_eq!(first.rows.len(), 2);
    let rest = store.activities(&account(), &lead(1).id, 100, first.next.as_ref()).await.unwrap();
    assert_eq!((rest.rows.len(), rest.next), (1, None));
}

#[tokio::test]
async fn all_of_a_lead_are_deleted_and_nothing_else() {
    let store = with_lead().await;
    store.commit(&commit(vec![created(2)])).await.unwrap();
    for number in 1..=30 {
        store.commit(&with_activity(number, activity(1, &number.to_string(), 0))).await.unwrap();
    }
    let mut other = lead(2);
    other.activities = 1;
    let standing = other.standing.clone();
    let settled = Settled { activity: Some(activity(2, "1", 0)), ..Settled::known(other, standing, Vec::new(), at(5)) };
    store.commit(&commit(vec![settled])).await.unwrap();
    let items = store.items().await;
    assert_eq!(store.delete_activities(&account(), &lead(1).id).await.unwrap(), 30);
    assert_eq!(store.items().await, items - 30);
    assert_eq!(store.delete_activities(&account(), &lead(1).id).await.unwrap(), 0);
    assert_eq!(store.activities(&account(), &lead(2).id, 10, None).await.unwrap().rows.len(), 1);
    assert!(store.lead_file(&account(), &lead(1).id).await.unwrap().is_some());
}
