//! What a lead is and where it goes: the pure core of Leadyard.
//!
//! Nothing here knows AWS, async, a clock or randomness: time and ids are arguments, and what should happen comes back
//! as a value that a function carries out. The words are those of `docs/glossary.md`.

pub mod activity;
pub mod assignment;
pub mod availability;
pub mod backfill;
pub mod caps;
pub mod condition;
pub mod config;
pub mod contact;
pub mod decision;
pub mod delivery;
pub mod eligibility;
pub mod event;
pub mod field;
pub mod handover;
pub mod id;
pub mod import;
pub mod key;
pub mod lead;
pub mod ledger;
pub mod list;
pub mod message;
pub mod near;
pub mod rotation;
pub mod routing_test;
pub mod rules;
pub mod sample;
pub mod service_level;
pub mod simulation;
pub mod strategy;
pub mod suppression;
pub mod sync;
#[cfg(test)]
mod testing;
pub mod text;
pub mod trace;
pub mod working_time;
