//! Reads sessions and pages: no text makes the reader panic, and a printed session reads back as the same case.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mmapcheck_fuzz::notation(data));
