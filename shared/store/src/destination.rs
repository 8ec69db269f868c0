//! What is known of a destination beside its settings: how it does, and who goes to it now.

mod health;
mod line;

pub(crate) use health::read_suspended;
pub use health::{HealthCache, KnownHealth};
pub use line::{Entered, Place};
