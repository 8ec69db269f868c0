//! Where leads come from: how each platform proves itself, what it sends, and what becomes of it.
//!
//! One event's way: [`verify`](format::Format::verify) the request, [`read`](format::Format::read) it into events,
//! [`identify`](identity::identify) each, and reply; later, with the event read from the queue, [`capture`](mod@capture)
//! it and [`apply`](capture::apply) it to the lead that it met.
//!
//! A table in a file is read row by row ([`mod@csv`]); each row then goes the same way as an event.
//!
//! Nothing here knows AWS, async, a clock or randomness. A new platform is one file in `src/format/` and one line in
//! [`format::FORMATS`].

pub mod capture;
pub mod csv;
pub mod fetch;
pub mod format;
pub mod identity;
pub mod page;
mod path;
pub mod request;
pub mod verify;

pub use capture::{Applied, CaptureError, Draft, apply, capture, capture_event, fills};
pub use fetch::{Answer, Api, Ask, Fetch, FetchError, Fetched, Listed};
pub use format::{FORMATS, Format, Setting, Written, format, format_names};
pub use identity::identify;
pub use request::{BODY_BYTES_MAX, EVENTS_MAX, Malformed, Part, Reply, Request, Split};
pub use verify::Unauthentic;
