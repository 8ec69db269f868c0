//! Random rules and leads: the index answers as trying the rules one by one, and the warnings tell the truth.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|choices: &[u8]| leadyard_fuzz::evaluator(choices));
