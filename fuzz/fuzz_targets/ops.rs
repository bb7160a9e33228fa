//! The embedded CPython against the reference, on cases that libFuzzer makes.

#![no_main]
#![expect(unsafe_code, reason = "AddressSanitizer finds the functions by their plain names")]

use libfuzzer_sys::{fuzz_crossover, fuzz_mutator, fuzz_target};

fuzz_target!(init: mmapcheck_fuzz::start(), |data: &[u8]| mmapcheck_fuzz::hunt(data));
fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    mmapcheck_fuzz::mutate(data, size, most, seed)
});
fuzz_crossover!(|into: &[u8], from: &[u8], out: &mut [u8], seed: u32| {
    mmapcheck_fuzz::splice(into, from, out, seed)
});

/// What AddressSanitizer is told before `ASAN_OPTIONS`: Python keeps memory until it ends, which is no leak, and an
/// allocation that is too large is an answer (`MemoryError`).
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const std::ffi::c_char {
    c"detect_leaks=0:allocator_may_return_null=1".as_ptr()
}

/// What AddressSanitizer is not to report, by the function of CPython: both copy with `memcpy` from what may be a view of the
/// same map, so that the two ranges may overlap (seen in 3.11.7). Nothing else that these two do by `memcpy` is reported either.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_suppressions() -> *const std::ffi::c_char {
    c"interceptor_via_fun:mmap_ass_subscript\ninterceptor_via_fun:mmap_write_method\n".as_ptr()
}
