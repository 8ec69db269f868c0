use leadyard_domain::id::SourceId;
use leadyard_domain::import::{ImportState, Part};

use super::*;
use crate::testing::{account, at, commit, created, event_id, store};

fn import(name: &str, second: i64) -> Import {
    let id = ImportId::from_name(&account(), name);
    let import = Import::new(id, account(), SourceId::new("web").unwrap(), "ops", at(second));
    Import { name: Some("Fair".to_owned()), pending: vec![7], ..import }
}

#[tokio::test]
async fn bytes_are_read_from_any_place_on() {
    let store = store().await;
    let mut import = import("a", 0);
    // Bytes that deflate to nothing less.
    let bytes: Vec<u8> = (0..700_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    for (number, part) in [(1, &bytes[..600_001]), (2, &bytes[600_001..])] {
        let named = Part::of(number, part, false);
        store.write_part(&account(), &import.id, &named, part, at(0)).await.unwrap();
        import.add_part(named).unwrap();
    }
    let mut offset = 0;
    let mut read = Vec::new();
    while let Piece::Bytes(piece) = store.read_piece(&import, offset).await.unwrap() {
        read.extend_from_slice(&piece);
        offset += u64::try_from(piece.len()).unwrap();
    }
    assert!(read == bytes);
    for offset in [1, 262_143, 262_144, 600_000, 600_001, 699_999_usize] {
        let Piece::Bytes(piece) = store.read_piece(&import, offset as u64).await.unwrap() else { panic!("{offset}") };
        assert!(bytes[offset..].starts_with(&piece) && !piece.is_empty(), "{offset}");
    }
    assert_eq!(store.read_piece(&import, 700_000).await.unwrap(), Piece::End);
    import.parts[1].sha256 = "gone".to_owned();
    assert_eq!(store.read_piece(&import, 600_001).await.unwrap(), Piece::Gone);
}

#[tokio::test]
async fn an_import_is_made_once_and_changed_by_who_has_read_it() {
    let store = store().await;
    let made = import("a", 0);
    assert!(store.create_import(&made, 30).await.unwrap());
    assert!(!store.create_import(&Import { name: None, ..made.clone() }, 30).await.unwrap());
    assert_eq!(store.import(&account(), &made.id).await.unwrap(), Some(made.clone()));
    let changed = Import { state: ImportState::Cancelled, ..made.clone() };
    store.change_import(&changed, Some(("import.cancel", "ops")), 30, at(1)).await.unwrap();
    let lost = store.change_import(&changed, None, 30, at(1)).await;
    assert!(matches!(lost, Err(StoreError::Conflict { .. })), "{lost:?}");
    assert_eq!(store.import(&account(), &made.id).await.unwrap().unwrap().version, 2);
    let audit = store.list_audit(&account(), 9, None).await.unwrap().rows;
    let actions: Vec<_> = audit.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["import.cancel", "import.create"]);
}

#[tokio::test]
async fn the_latest_imports_come_first_page_by_page() {
    let store = store().await;
    for (name, second) in [("a", 0), ("b", 2), ("c", 1)] {
        store.create_import(&import(name, second), 30).await.unwrap();
    }
    let first = store.list_imports(&account(), 2, None).await.unwrap();
    let id = |name| ImportId::from_name(&account(), name);
    assert_eq!(first.rows.iter().map(|import| &import.id).collect::<Vec<_>>(), [&id("b"), &id("c")]);
    let second = store.list_imports(&account(), 2, first.next.as_ref()).await.unwrap();
    assert_eq!((second.rows.len(), second.rows[0].id.clone(), second.next), (1, id("a"), None));
    let other: AccountId = "other".parse().unwrap();
    assert_eq!(store.list_imports(&other, 9, None).await.unwrap().rows, []);
}

#[tokio::test]
async fn bad_rows_stand_with_the_step_that_found_them() {
    let store = store().await;
    let mut import = import("a", 0);
    store.create_import(&import, 30).await.unwrap();
    for step in 0..3 {
        import.step = step;
        let bad = vec![BadRow::refused(step * 10 + 2, Some("email"), "no")];
        let recorded = ImportStep { import: import.clone(), bad, log_days: 30, now: at(1) };
        store.record_step(&recorded).await.unwrap();
        let again = store.record_step(&recorded).await;
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
        import.version += 1;
    }
    let all = store.bad_rows(&account(), &import.id, None, usize::MAX).await.unwrap();
    assert_eq!(all.rows.iter().map(|bad| bad.row).collect::<Vec<_>>(), [2, 12, 22]);
    assert_eq!(all.next, None);
    let first = store.bad_rows(&account(), &import.id, None, 1).await.unwrap();
    assert_eq!((first.rows.len(), first.next), (1, Some(0)));
    let rest = store.bad_rows(&account(), &import.id, first.next, usize::MAX).await.unwrap();
    assert_eq!(rest.rows.iter().map(|bad| bad.row).collect::<Vec<_>>(), [12, 22]);
}

#[tokio::test]
async fn what_became_of_events() {
    let store = store().await;
    store.commit(&commit((0..3).map(created).collect())).await.unwrap();
    let events: Vec<EventId> = (0..150).map(event_id).collect();
    let outcomes = store.event_outcomes(&account(), &events).await.unwrap();
    assert_eq!(outcomes.len(), 3);
    assert_eq!(outcomes[&event_id(1)], (EventStatus::Created, None));
}
