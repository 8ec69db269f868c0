//! Benchmarks: how quickly the functions start, and what the whole stack takes and costs.
//!
//! They print figures. What is beyond its goal is said, and the command then ends with an error; no test depends on it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

mod capacity;
mod load;
mod prices;
mod runtime_api;
mod simulate;
mod start;
mod sync;
mod usage;

use crate::stack::StackError;

pub use load::load;
pub use simulate::simulate;
pub use start::start;
pub use sync::sync;

/// Why a benchmark has no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The local stack, or its build.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// Where cargo puts binaries.
    #[error("cargo does not say where it builds: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    /// Something of the system that is needed to measure.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A function ended, or was silent, before it asked for work.
    #[error("{function} did not ask for its first invocation: {reason}")]
    NeverPolled {
        /// Which one.
        function: String,
        /// What was seen.
        reason: String,
    },
}

impl BenchError {
    /// Says what was tried in an error of the system.
    fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::System { what, source }
    }
}

/// The value in the middle; of an even number of them, the lower of the two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.0);
        assert!(median(Vec::new()).is_nan());
    }
}
