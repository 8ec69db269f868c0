//! Requests to the API, against a table in an emulator and queues that keep what they are sent.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, in its helpers too")]

mod access;
mod activities;
mod assignees;
mod backfills;
mod claim;
mod config;
mod contact;
mod destinations;
mod edits;
mod formats;
mod handback;
mod imports;
mod leads;
mod lists;
mod log;
mod logs;
mod parked;
mod pools;
mod reconcile;
mod replay;
mod replay_many;
mod secrets;
mod seeds;
mod services;
mod simulate;
mod source_access;
mod source_log;
mod source_settings;
mod source_spec;
mod source_verify;
mod statement;
mod suppressions;
mod trial;
mod versions;
