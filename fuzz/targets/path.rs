//! Makes up inputs for `tests/fuzzed/path.rs`.

#![no_main]

#[path = "../../tests/fuzzed/mod.rs"]
#[expect(dead_code, reason = "each target calls one of them")]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzed::path::holds(input));
