//! What follows from a condition: when it can't hold, when it always does, when it makes another one hold.
//!
//! Sound, not complete: what is said here is true of every lead whose values have the types of their fields, and where
//! nothing can be said nothing is. A condition becomes a [`Formula`] without `not`, that becomes [`Alternatives`], and
//! each of those is a [`Case`]: what must hold of each field at once.

mod alternatives;
mod case;
mod formula;
mod held;
mod literal;
mod pair;
mod spans;

pub(super) use alternatives::{Alternatives, Conflict};
pub(super) use case::Case;
pub(super) use formula::Formula;
pub(super) use held::Present;
pub(super) use literal::{Literal, Shape};
