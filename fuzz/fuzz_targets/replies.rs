//! Reads lines of a driver: no line makes the reader panic.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mmapcheck_fuzz::reply(data));
