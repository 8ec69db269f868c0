//! The clock. The domain takes time as an argument; this is where a function gets it.

use jiff::Timestamp;

/// The present moment, UTC.
pub fn now() -> Timestamp {
    Timestamp::now()
}
