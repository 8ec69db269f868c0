//! Delivers leads to webhooks.
//!
//! The modules here are the outbound half: they need neither the table nor a configuration. A request goes
//! through them in this order: [`signature`] makes the headers that prove where it comes from, [`address`] judges its URL,
//! [`exchange`] sends it over an address that [`resolve`] has checked and reads a bounded answer, and [`redact`] says
//! what of the request may be kept in the log of attempts.

pub mod address;
pub mod exchange;
pub mod handler;
pub mod outcome;
pub mod redact;
pub mod resolve;
pub mod signature;
