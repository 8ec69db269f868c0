//! Follows the functions' logs.

use std::{collections::HashMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use leadyard_tests::stack::{Stack, StackError};

/// Pause between two looks at the logs.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How far back the first look goes.
const HISTORY: SignedDuration = SignedDuration::from_mins(10);

/// Prints what the functions log, until the stack or the reader goes away.
pub async fn logs(functions: &[String]) -> Result<(), StackError> {
    let stack = Stack::attach().await?;
    let start = (Timestamp::now() - HISTORY).as_millisecond();
    let mut places: HashMap<&str, Place> = functions.iter().map(|name| (name.as_str(), Place::at(start))).collect();
    loop {
        for function in functions {
            let Some(place) = places.get_mut(function.as_str()) else { continue };
            for line in stack.logs(function, place.time_ms).await? {
                if place.pass(line.time_ms, &line.id) && !is_lambdas_own(&line.text) {
                    println!("{function:<15} {}", line.text);
                }
            }
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// The lines that Lambda writes around each invocation say nothing that the function's own do not.
fn is_lambdas_own(text: &str) -> bool {
    ["START RequestId: ", "END RequestId: ", "REPORT RequestId: "].iter().any(|beginning| text.starts_with(beginning))
}

/// How far a log has been read.
struct Place {
    time_ms: i64,
    /// Lines of just that time that have been read.
    ids: Vec<String>,
}

impl Place {
    fn at(time_ms: i64) -> Self {
        Self { time_ms, ids: Vec::new() }
    }

    /// Whether a line is new; if so it counts as read.
    fn pass(&mut self, time_ms: i64, id: &str) -> bool {
        if time_ms == self.time_ms && self.ids.iter().any(|seen| seen == id) {
            return false;
        }
        if time_ms > self.time_ms {
            *self = Self::at(time_ms);
        }
        self.ids.push(id.to_owned());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_line_is_shown_once_also_when_others_have_its_time() {
        let mut place = Place::at(10);
        assert!(place.pass(10, "a"));
        assert!(place.pass(10, "b"));
        assert!(!place.pass(10, "a"));
        assert!(place.pass(11, "a"));
        assert!(!place.pass(11, "a"));
        assert!(place.pass(11, "c"));
    }
}
