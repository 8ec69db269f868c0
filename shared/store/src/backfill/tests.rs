use leadyard_domain::backfill::{BackfillState, Counts, Filter};

use super::*;
use crate::testing::{account, at, store};

fn backfill(automation: &str, second: i64) -> Backfill {
    let automation: AutomationId = automation.parse().unwrap();
    let filter = Filter { entity: "lead".parse().unwrap(), from: at(0), until: at(100), when: true, source: None };
    Backfill {
        id: BackfillId::of(&account(), &automation, at(second)),
        account: account(),
        automation,
        destination: "crm".parse().unwrap(),
        filter,
        per_minute: 300,
        version: 1,
        state: BackfillState::Running,
        reason: None,
        step: 0,
        place: None,
        counts: Counts::default(),
        since: at(second),
        started_at: at(second),
        started_by: "ops".to_owned(),
        moved_at: None,
        finished_at: None,
    }
}

#[tokio::test]
async fn an_automation_gets_one_at_a_time_and_who_has_read_it_changes_it() {
    let store = store().await;
    let (one, two) = (backfill("tell", 0), backfill("tell", 1));
    let slot = store.backfill_slot(&account(), &one.automation).await.unwrap();
    assert_eq!(slot, BackfillSlot::default());
    store.create_backfill(&one, &slot).await.unwrap();
    let lost = store.create_backfill(&two, &slot).await;
    assert!(matches!(lost, Err(StoreError::Conflict { .. })), "{lost:?}");
    assert_eq!(store.backfill(&account(), &two.id).await.unwrap(), None);
    let slot = store.backfill_slot(&account(), &one.automation).await.unwrap();
    assert_eq!(slot.last, Some(one.id.clone()));
    assert_eq!(store.backfill(&account(), &one.id).await.unwrap(), Some(one.clone()));

    let counts = Counts { seen: 5, told: 3, unmet: 2, ..Counts::default() };
    let moved = Backfill { step: 1, place: Some("x".to_owned()), counts, moved_at: Some(at(3)), ..one.clone() };
    store.change_backfill(&moved, None, 30, at(3)).await.unwrap();
    let lost = store.change_backfill(&moved, Some(("backfill.pause", "ops")), 30, at(3)).await;
    assert!(matches!(lost, Err(StoreError::Conflict { .. })), "{lost:?}");
    let read = store.backfill(&account(), &one.id).await.unwrap().unwrap();
    assert_eq!(read, Backfill { version: 2, ..moved });
    store.change_backfill(&read, Some(("backfill.pause", "ops")), 30, at(4)).await.unwrap();
    store.create_backfill(&two, &slot).await.unwrap();
    let last = store.backfills_of(&account(), &[one.automation.clone(), "none".parse().unwrap()]).await.unwrap();
    assert_eq!(last, std::slice::from_ref(&two));
    let actions = store.list_audit(&account(), 9, None).await.unwrap().rows;
    let actions: Vec<_> = actions.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["backfill.pause", "backfill.start", "backfill.start"]);
}

#[tokio::test]
async fn the_latest_come_first_page_by_page() {
    let store = store().await;
    let made = [backfill("b", 0), backfill("a", 2), backfill("c", 1)];
    for backfill in &made {
        store.create_backfill(backfill, &BackfillSlot::default()).await.unwrap();
    }
    let first = store.list_backfills(&account(), 2, None).await.unwrap();
    assert_eq!(first.rows, [made[1].clone(), made[2].clone()]);
    let next: Cursor = first.next.unwrap().to_string().parse().unwrap();
    let second = store.list_backfills(&account(), 2, Some(&next)).await.unwrap();
    assert_eq!((second.rows, second.next), (vec![made[0].clone()], None));
    let other: AccountId = "other".parse().unwrap();
    assert_eq!(store.list_backfills(&other, 9, None).await.unwrap().rows, []);
}

#[tokio::test]
async fn one_that_is_over_is_kept_as_long_as_the_log_and_others_as_long_as_it_takes() {
    let store = store().await;
    let mut one = backfill("tell", 0);
    store.create_backfill(&one, &BackfillSlot::default()).await.unwrap();
    let key = keys::backfill(&account(), &one.id);
    let expires = async || store.get(&key, true).await.unwrap().unwrap().get(EXPIRES_AT).cloned();
    assert_eq!(expires().await, None);
    assert!(one.pause());
    store.change_backfill(&one, None, 30, at(5)).await.unwrap();
    assert_eq!(expires().await, None);
    one.version += 1;
    assert!(one.cancel(at(9)));
    store.change_backfill(&one, None, 30, at(9)).await.unwrap();
    assert_eq!(expires().await, Some(number(expires_at(at(9), 30))));
}
