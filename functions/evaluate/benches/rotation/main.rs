//! `make bench-rotation`: how long a pick takes, and what many writers at once on one pool cost, beside the naive way.
//!
//! Prints a line a case, and fails when a goal was missed.

#![expect(clippy::unwrap_used, reason = "a benchmark: a failure ends it")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

mod contention;
mod pick;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut missed = pick::run();
    missed.extend(contention::run());
    for missed in &missed {
        println!("missed: {missed}");
    }
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
