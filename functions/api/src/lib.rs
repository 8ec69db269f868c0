//! The admin and operations API: publish a config, read leads, pools and logs, claim and reassign leads, replay and retry.
//!
//! - [`router`]: every route, and what all of them share
//! - [`routes`]: one file a resource, each handler beside the views it answers with
//! - [`auth`]: API keys and roles; a handler that takes a caller can't be reached without one
//! - [`problem`]: every refusal, as RFC 9457 has it
//! - [`openapi`]: the document, generated from the handlers
//!
//! A request reads and changes the caller's account only: the account comes from the key, never from the request.

mod amend;
pub mod app;
pub mod auth;
pub mod body;
mod connector;
mod deliver;
mod drain;
mod entries;
pub mod etag;
mod fits;
mod list_change;
pub mod listing;
pub mod log;
mod many;
mod neutral;
pub mod openapi;
pub mod outbound;
pub mod problem;
mod prove;
mod publish;
pub mod range;
mod reach;
mod room;
pub mod router;
pub mod routes;
mod rules;
mod why;

pub use app::{App, Queues};
pub use router::router;
