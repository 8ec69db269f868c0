//! Timing: engines take turns, pass by pass, so that a machine that is slow for a moment is slow for all of them.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::engine::Engine;

/// What must be timed at least, for the clock to be exact.
const PASS_MIN: Duration = Duration::from_millis(10);

/// How a set is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How often each engine takes its turn; the median counts.
    pub passes: usize,
    /// Each pass takes every `parts`th lead, the next pass the next ones.
    pub parts: usize,
}

impl Plan {
    /// Of many rules it takes the slower engines milliseconds a lead: each pass gets fewer leads.
    #[must_use]
    pub fn of(rules: usize) -> Self {
        if rules >= 10_000 { Self { passes: 8, parts: 8 } } else { Self { passes: 9, parts: 1 } }
    }
}

/// The median microseconds a lead of each engine, in their order.
#[must_use]
pub fn measure(engines: &mut [&mut dyn Engine], leads: usize, plan: Plan) -> Vec<f64> {
    let mut passes = vec![Vec::with_capacity(plan.passes); engines.len()];
    for pass in 0..plan.passes {
        for (engine, passes) in engines.iter_mut().zip(&mut passes) {
            passes.push(one_pass(*engine, leads, pass % plan.parts, plan.parts));
        }
    }
    passes.into_iter().map(median).collect()
}

/// Microseconds a lead.
fn one_pass(engine: &mut dyn Engine, leads: usize, first: usize, step: usize) -> f64 {
    let start = Instant::now();
    let mut done = 0_u32;
    loop {
        for lead in (first..leads).step_by(step) {
            black_box(engine.first_match(black_box(lead)));
            done += 1;
        }
        let elapsed = start.elapsed();
        if elapsed >= PASS_MIN {
            return elapsed.as_secs_f64() * 1e6 / f64::from(done);
        }
    }
}

/// The value in the middle; of an even number, the mean of the two.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[middle - 1], values[middle]) } else { values[middle] }
}
