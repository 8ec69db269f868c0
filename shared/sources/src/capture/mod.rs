//! Capture: one raw event becomes a draft of a lead, and the draft meets the lead that is known.
//!
//! [`capture()`] maps and normalises; nothing half-written comes out of it: a value that does not fit fails the event.
//! The caller looks for a known lead by the draft's keys and [`apply`] settles what becomes of both.

mod behaviour;
mod convert;
mod draft;
mod email;
mod error;
mod known;
mod label;
mod mapping;
mod names;
mod phone;
mod place;
mod push;
mod transform;
mod usual;

pub use behaviour::{Applied, apply};
pub use convert::is_nothing;
pub use draft::{Draft, capture, keys};
pub use error::{CaptureError, Shape};
pub use known::{Known, counts, keys_of, possible_keys};
pub use mapping::{fills, typed};
pub use push::{Pushed, capture_event, check_sender};
pub(crate) use usual::USUAL_KEYS;
pub use usual::UsualKey;

#[cfg(test)]
mod tests;
