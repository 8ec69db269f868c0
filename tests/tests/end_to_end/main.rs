//! End to end: the real template on the local stack, from an HTTP request to what it caused.
//!
//! One stack serves all tests of this binary; each uses an account of its own. Whoever counts what is in the queues, or
//! changes how they work, has the stack to himself: [`shared::alone`].
#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test")]

mod account;
mod assignment;
mod bad_receiver;
mod bad_request;
mod browser;
mod cascade;
mod five_hundred;
mod history;
mod hosted_form;
mod imports;
mod mended;
mod poison;
mod publishing;
mod queues;
mod rules;
mod shared;
mod smoke;
mod sync;
mod travel;
