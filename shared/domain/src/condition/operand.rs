//! The compiled values of comparisons.

use std::sync::Arc;

use super::{Pattern, Scalar};
use crate::field::Point;
use crate::id::ListName;
use crate::list::EntrySet;

/// The compiled value of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    /// There is none.
    Nothing,
    /// One value.
    One(Scalar),
    /// Several values, sorted, each once.
    Many(Vec<Scalar>),
    /// The values between two, which belong to it. Of times of day `low` may be the later one: then it goes over
    /// midnight.
    Between {
        /// The first value.
        low: Scalar,
        /// The last value.
        high: Scalar,
    },
    /// A regular expression.
    Pattern(Pattern),
    /// A list beside the config.
    List {
        /// Its name.
        name: ListName,
        /// Its entries; `None` where only names are known. A comparison with such a one is checked, never tried.
        set: Option<Arc<EntrySet>>,
    },
    /// A circle on the earth.
    Within(Circle),
}

/// A circle on the earth; its edge belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Circle {
    /// Its centre.
    pub centre: Point,
    /// Its radius in millimetres.
    pub radius_mm: u64,
}

impl Circle {
    /// Whether a place is in it. Distances are rounded to a millimetre, so that a place on the edge is in it.
    #[must_use]
    pub fn holds(&self, place: Point) -> bool {
        const MM_PER_KM: f64 = 1e6;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "half the earth is 2e10 mm")]
        let distance_mm = (self.centre.distance_km(place) * MM_PER_KM).round() as u64;
        distance_mm <= self.radius_mm
    }
}
