//! The function against a table in an emulator, with queues and schedules that a test plays: many at once, messages that
//! come twice, processes that end anywhere, time that passes.
#![cfg(test)] // clippy takes helper functions for test code only so

mod activities;
mod auto_reply;
mod backfills;
mod closing;
mod crashes;
mod duplicates;
mod edits;
mod erasing;
mod exclusions;
mod fetching;
mod forgotten;
mod forgotten_people;
mod imports;
mod mutations;
mod races;
mod retrying;
mod returns;
mod service_levels;
mod setting;
mod waiting;
