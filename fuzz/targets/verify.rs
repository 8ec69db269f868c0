//! Any headers and body to a source of any format: nobody is let in without the secret.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| leadyard_fuzz::verify(bytes));
