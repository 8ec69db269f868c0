//! The table: everything that Leadyard keeps, one function per access pattern.
//!
//! One DynamoDB table holds all accounts (`keys.rs` names every item). [`Store`] is concrete: tests run it against
//! an emulator. What it promises:
//!
//! - **A write that depends on something read is conditional on it.** A condition that fails is an answer, not an
//!   accident: [`CommitError::Conflict`] brings the state as it is now, [`Claim`] says who has the delivery.
//! - **Errors say first whether trying again can help**: [`StoreError::is_retryable`]. The SDK has already retried
//!   throttling when an error arrives here.
//! - **Accounts are apart in every key** (`keys.rs` builds them and nothing else does).
//! - **Reads name their strength.** Where a function takes `consistent`, `false` costs half and may be a second old.
//! - **Time is an argument**, so that a test can stand at any moment.
//!
//! Who calls what: evaluate reads with [`RulesCache`], [`Store::events`], [`Store::find_leads`], [`Store::leads`],
//! [`Store::activity`] and [`Store::load_state`] and writes with [`Store::commit`]; the delivery functions live on [`Store::claim_delivery`] and
//! [`Store::finish_delivery`]; intake needs [`Store::find_source`], [`ConfigCache`] and [`SecretCache`]; the API uses the
//! rest. The public functions are settled: others build on them.

mod activity;
mod api_key;
mod audit;
mod availability;
mod backfill;
mod codec;
mod commit;
mod config;
mod config_cache;
mod created;
mod delivery;
mod destination;
mod erasure;
mod error;
mod event;
mod fresh;
mod import;
mod keys;
mod lane;
mod lead;
mod ledger;
mod list;
mod listing;
mod order;
mod parked;
mod past_leads;
mod read;
mod rules_cache;
mod secret;
#[cfg(test)]
mod sizes;
mod source;
mod state;
mod suppression;
pub mod table;
#[cfg(test)]
mod testing;
mod write;

use aws_sdk_dynamodb::Client;

pub use api_key::{ApiKey, Role};
pub use audit::AuditEntry;
pub use backfill::BackfillSlot;
pub use commit::{
    ACTIONS_MAX, BYTES_MAX, Commit, CommitError, Conflict, Emptied, ITEM_BYTES_MAX, LeadWrite, Settled, TooLarge,
};
pub use config::{Cause, ConfigVersion, ENDPOINTS_MAX, Endpoint, Pointer, PublishConfig, PublishError, VersionPage};
pub use config_cache::{ConfigCache, Published};
pub use created::CreatedLead;
pub use delivery::{
    Claim, ClaimRequest, DeliveryFilter, DeliveryRow, Heard, Lease, Replay, ReplayRequest, Report, Told,
};
pub use destination::{AlertClaim, Asked, Entered, HealthCache, KnownHealth, Place, Tally};
pub use error::StoreError;
pub use event::{EventFilter, EventRow};
pub use import::{BadRows, ImportStep, Piece};
pub use lane::{Call, Ticket};
pub use lead::LeadFile;
pub use list::{CurrentList, LIST_BYTES_MAX, LISTS_MAX, ListIndex, ListRevision, MoveList, Pins, RevisionId};
pub use listing::{Cursor, DayRange, InvalidCursor, Page, ROWS_MAX};
pub use order::Order;
pub use parked::Waiting;
pub use past_leads::{PastDecision, PastLead, PastOutcome};
pub use rules_cache::{Ruled, RulesCache};
pub use secret::{Secret, SecretCache, SetSecret};
pub use source::endpoint_key_hash;

/// The table of one deployment. Cheap to clone: clones share the client's connections.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// Works on the named table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}
