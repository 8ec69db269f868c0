//! Accounts that tell each other of their leads, each with the real function on one table; between them a wire that a test
//! plays: it reorders, repeats, loses and sends again.
#![cfg(test)] // clippy takes helper functions for test code only so

mod findings;
mod happenings;
mod loops;
mod merging;
mod random;
mod two_accounts;
mod world;
