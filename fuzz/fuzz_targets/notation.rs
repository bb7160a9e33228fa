//! Sessions and pages read: no text makes the reader panic, and what is printed reads back as it was.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mmapcheck_fuzz::notation(data));
