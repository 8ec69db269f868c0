//! Captures events, decides who gets each lead, commits the decisions and asks for their deliveries.
//!
//! The events of a batch go through rounds. Each reads what is known ([`round`]), plans without side effects ([`plan`]),
//! commits in one transaction and asks for what follows ([`outbox`]). What is asked of a lead that is known (it was
//! rejected, a timer is due, its stage changed) goes the same way by itself ([`attend`], planned by [`known`]); leads that
//! wait are tried again some at a time ([`drain`]), a file is read some rows at a time
//! ([`import`]), and others are told of all leads some at a time ([`backfill`]). What a platform sent
//! as ids only is fetched first ([`mod@fetch`]), and what it wants deleted is erased ([`erase`]). Whoever loses a race reads
//! again and decides again; a message that
//! comes a second time finds its decision and only asks for what follows once more.

mod alerts;
mod attend;
mod backfill;
mod drain;
mod erase;
pub mod fetch;
pub mod handler;
mod import;
mod known;
pub mod lanes;
pub mod outbox;
pub mod plan;
pub mod point;
mod report;
mod round;
mod turn;

pub use handler::{Evaluate, Now};
