//! The handlers, one file a resource, each beside the views it answers with.
//!
//! The views are the API's own: how the table keeps a thing may change without a client noticing.

pub mod assignees;
pub mod automations;
pub mod backfills;
pub mod config;
pub mod deliveries;
pub mod destinations;
pub mod entries;
pub mod events;
pub mod formats;
pub mod imports;
pub mod leads;
pub mod lists;
pub mod meta;
pub mod parked;
pub mod partners;
pub mod pools;
pub mod queues;
pub mod secrets;
pub mod simulate;
pub mod sources;
pub mod suppressions;
pub mod versions;
