use super::*;
use crate::testing::at;

fn down() -> StoreError {
    StoreError::Throttled { operation: "GetItem", reason: "ThrottlingException".to_owned() }
}

/// What one look answers, and whether it read: at some second, with the table saying this.
async fn look(fresh: &Fresh<(), u32>, second: i64, table: Result<u32, StoreError>) -> (Result<u32, bool>, bool) {
    let mut read = false;
    let answer = fresh
        .get(&(), at(second), async |_| {
            read = true;
            table
        })
        .await;
    (answer.map_err(|error| error.is_retryable()), read)
}

#[tokio::test]
async fn a_value_is_read_again_after_two_seconds() {
    let fresh = Fresh::default();
    assert_eq!(look(&fresh, 0, Ok(1)).await, (Ok(1), true));
    assert_eq!(look(&fresh, 1, Ok(2)).await, (Ok(1), false));
    assert_eq!(look(&fresh, 2, Ok(2)).await, (Ok(2), true));
    // A clock that was set back.
    assert_eq!(look(&fresh, 1, Ok(3)).await, (Ok(3), true));
    fresh.forget(&());
    assert_eq!(look(&fresh, 1, Ok(4)).await, (Ok(4), true));
}

#[tokio::test]
async fn a_table_that_is_down_is_bridged_for_a_minute() {
    let fresh = Fresh::default();
    assert_eq!(look(&fresh, 0, Err(down())).await, (Err(true), true));
    assert_eq!(look(&fresh, 0, Ok(1)).await, (Ok(1), true));
    assert_eq!(look(&fresh, 10, Err(down())).await, (Ok(1), true));
    // Not every request asks a table that is down.
    assert_eq!(look(&fresh, 11, Err(down())).await, (Ok(1), false));
    assert_eq!(look(&fresh, 59, Err(down())).await, (Ok(1), true));
    assert_eq!(look(&fresh, 60, Err(down())).await, (Err(true), true));
    assert_eq!(look(&fresh, 61, Ok(2)).await, (Ok(2), true));
    // What can't be read at all is no matter of waiting.
    let broken = || StoreError::corrupt("item", "broken");
    assert_eq!(look(&fresh, 63, Err(broken())).await, (Err(false), true));
}

#[tokio::test]
async fn the_reader_gets_the_old_value() {
    let fresh = Fresh::default();
    fresh.get(&(), at(0), async |old| Ok(old.unwrap_or(1))).await.unwrap();
    assert_eq!(fresh.get(&(), at(9), async |old: Option<u32>| Ok(old.unwrap_or(7) + 1)).await.unwrap(), 2);
}
