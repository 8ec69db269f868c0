//! What is known of a destination beside its settings: how it does, and who goes to it now.

mod alert;
mod health;
mod line;

pub use alert::{AlertClaim, Asked, Tally};
pub(crate) use health::read_suspended;
pub use health::{HealthCache, KnownHealth};
pub use line::{Entered, Place};
