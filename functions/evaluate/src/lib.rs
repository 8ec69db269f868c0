//! Captures events, decides who gets each lead, commits the decisions and asks for their deliveries.
//!
//! One batch goes through rounds. Each reads what is known ([`round`]), plans without side effects ([`plan`]), commits in
//! one transaction and fans out ([`fan_out`]). Whoever loses a race reads again and decides again; a message that comes a
//! second time finds its decision and only sends what follows once more.

pub mod fan_out;
pub mod handler;
pub mod plan;
mod round;

pub use handler::Evaluate;
