//! The engines, each behind the same door.
//!
//! What is counted: from a lead to the first rule that matches it. The others get their lead in the form that is
//! quickest for them, prepared outside the clock; ours starts from the lead's record each time, so looking up and
//! folding its values is counted. This favours the others.

mod cel;
mod datalogic;
mod ours;
mod zen;

pub use self::cel::{Cel, Tables};
pub use self::datalogic::Datalogic;
pub use self::ours::{Explained, Ours, check, compile, document, read};
pub use self::zen::Zen;

/// An engine with its rules compiled and its leads prepared.
pub trait Engine {
    /// Its name in the report.
    fn name(&self) -> &'static str;

    /// The first rule that matches a lead, both by their place.
    fn first_match(&mut self, lead: usize) -> Option<usize>;
}
