//! Requests to the API, against a table in an emulator and queues that keep what they are sent.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, in its helpers too")]

mod access;
mod config;
mod leads;
mod lists;
mod log;
mod logs;
mod replay;
mod secrets;
mod seeds;
mod services;
mod simulate;
mod versions;
