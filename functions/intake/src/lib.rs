//! Intake: a request to a source's endpoint becomes messages of the leads queue.
//!
//! [`handler`] reads (endpoint, config, secrets), lets [`receive`](mod@receive) decide without any service, writes (the
//! queue) and reports. The sender hears of success only when the queue has every event.

pub mod endpoints;
pub mod handler;
pub mod problem;
pub mod receive;
pub mod wait;

pub use handler::Intake;
pub use problem::Problem;
