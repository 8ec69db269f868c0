//! How one of the eligible members is picked. Each strategy narrows the eligible set; what is left goes to the rotation,
//! so every strategy is deterministic. A new strategy is one file here and one line in [`Strategy::narrow`].

mod contender;
mod furthest_below_target;
mod highest_price;
mod least_loaded;
mod priority;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use contender::Contender;

/// How one of the eligible members is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Weighted round robin.
    #[default]
    Rotate,
    /// Whoever has the fewest open leads for its capacity.
    LeastLoaded,
    /// The first tier in which somebody is eligible; weighted round robin inside it.
    Priority,
    /// Whoever pays most.
    HighestPrice,
    /// Whoever has reached the smallest part of its target.
    FurthestBelowTarget,
}

impl Strategy {
    /// The candidates among whom the rotation picks, in their order.
    #[must_use]
    pub fn narrow(self, eligible: Vec<Contender>) -> Vec<Contender> {
        match self {
            Self::Rotate => eligible,
            Self::LeastLoaded => first_of(eligible, least_loaded::compare),
            Self::Priority => first_of(eligible, priority::compare),
            Self::HighestPrice => first_of(eligible, highest_price::compare),
            Self::FurthestBelowTarget => first_of(eligible, furthest_below_target::compare),
        }
    }

    /// The strategy as a config writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::LeastLoaded => "least_loaded",
            Self::Priority => "priority",
            Self::HighestPrice => "highest_price",
            Self::FurthestBelowTarget => "furthest_below_target",
        }
    }
}

/// Those before whom nobody comes.
fn first_of(mut eligible: Vec<Contender>, compare: fn(&Contender, &Contender) -> Ordering) -> Vec<Contender> {
    // Weight 0 is never given anything by rotation: it must not keep the lead from those behind it.
    eligible.retain(|contender| contender.weight.millionths() > 0);
    let Some(first) = eligible.iter().min_by(|a, b| compare(a, b)).cloned() else { return eligible };
    eligible.retain(|contender| compare(contender, &first) == Ordering::Equal);
    eligible
}
