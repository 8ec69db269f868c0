//! The function against a table in an emulator, with queues and schedules that a test plays: many at once, messages that
//! come twice, processes that end anywhere, time that passes.
#![cfg(test)] // clippy takes helper functions for test code only so

mod closing;
mod crashes;
mod exclusions;
mod forgotten;
mod imports;
mod mutations;
mod races;
mod returns;
mod service_levels;
mod setting;
mod waiting;
