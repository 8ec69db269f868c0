//! Sync between accounts: what one tells another of a lead, and what becomes of it there. Pure.
//!
//! Each field carries a [`Stamp`]: when its value was set and by which account. Whoever meets a value with a later stamp
//! takes it, whoever meets an earlier one does not, so that accounts which have heard of the same changes hold the same
//! values, in whatever order, however often and by whatever way they heard. [`merge`] is that rule, with a connector's own
//! word where it has one.
//!
//! That alone ends every loop, for what is known already changes nothing. Hops spare the events of a loop's last round: what
//! would go back to an account that all of it came through is not sent, and an account that finds itself in the hops drops it
//! as an echo. Each field's stamp knows its own way: a change may bring another one along that came by another way.

mod announce;
mod marks;
mod merge;
mod push;
#[cfg(test)]
mod tests;

pub use announce::{MadeBy, Seen, announce, announce_activity};
pub use marks::{HOPS_MAX, LINKS_MAX, Link, Marks, Stamp};
pub use merge::{Arrival, Incoming, Merged, Policies, Policy, arrival, merge};
pub use push::{Origin, Push, PushKind, PushedActivity, PushedLead, SyncHead};
