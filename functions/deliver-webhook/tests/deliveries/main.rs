//! Messages of the webhook queue over a real table, to a real receiver that answers by a script, with a clock that the test
//! moves.
#![cfg(test)] // clippy takes helper functions for test code only so

mod alerts;
mod answers;
mod crashes;
mod health;
mod leadsquared;
mod limits;
mod requests;
mod setting;
