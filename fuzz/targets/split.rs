//! Any body to a source of any format: what is taken is within the limits, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| leadyard_fuzz::split(bytes));
