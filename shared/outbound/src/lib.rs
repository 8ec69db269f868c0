//! What goes out to others' servers, without the table and without a config.
//!
//! A request goes through these in this order: [`request`] makes it, with [`template`]s for what its owner wrote and the
//! headers of [`signature`] that prove where it comes from, [`address`] judges its URL, [`exchange`] sends it over an address that [`resolve`] has
//! checked and reads a bounded answer, [`outcome`] says what that answer means for a delivery ([`leadsquared`] makes and reads
//! those of LeadSquared), and [`redact`] and [`scrub`] what
//! of it may be kept in the log of attempts. [`ready`] joins them for one destination.

pub mod address;
pub mod exchange;
pub mod leadsquared;
pub mod outcome;
pub mod ready;
pub mod redact;
pub mod request;
pub mod resolve;
pub mod scrub;
pub mod signature;
pub mod template;
pub mod token;
