//! Waiting for something to become true.

use std::time::{Duration, Instant};

use super::StackError;

/// Pause between two looks: short beside what is waited for, long beside a look.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Looks until `look` gives a value. The limit only ends a wait that would never end; it asserts no speed.
pub async fn wait_until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>, StackError>,
) -> Result<T, StackError> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = look().await? {
            return Ok(value);
        }
        if Instant::now() > deadline {
            return Err(StackError::NeverHappened { what: what.to_owned(), limit });
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
