//! Any text as a config document: read, check, warn, compile, run its tests.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| leadyard_fuzz::config(text));
