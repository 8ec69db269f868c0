//! How much memory compiled rules hold. A program of its own, as counting would slow down what the benchmark times.
//!
//! Prints `set kB config_kB`: all that a function keeps of a config, and how much of it the config itself is.

use std::alloc::System;

use leadyard_bench_rules::engine::{check, document, read};
use leadyard_bench_rules::sets::Set;
use leadyard_domain::list::Lists;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    for set in [Set::territories(10_000), Set::zip_lists(), Set::mixed(10_000)] {
        let document = document(&set.rules);
        let region = Region::new(ALLOCATOR);
        let held_kb = || {
            let change = region.change();
            (change.bytes_allocated - change.bytes_deallocated) / 1_000
        };
        let checked = check(read(document.clone()));
        let config_kb = held_kb();
        let rules = checked.compile(&Lists::default()).expect("no rule names a list");
        println!("{} {} {config_kb}", set.name, held_kb());
        drop(rules);
    }
}
