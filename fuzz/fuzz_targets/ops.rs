//! Compares the embedded CPython with the reference on the cases of libFuzzer.

#![no_main]
#![expect(unsafe_code, reason = "AddressSanitizer finds the functions by their unmangled names")]

use libfuzzer_sys::{fuzz_crossover, fuzz_mutator, fuzz_target};

fuzz_target!(init: mmapcheck_fuzz::start(), |data: &[u8]| mmapcheck_fuzz::hunt(data));
fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    mmapcheck_fuzz::mutate(data, size, most, seed)
});
fuzz_crossover!(|into: &[u8], from: &[u8], out: &mut [u8], seed: u32| {
    mmapcheck_fuzz::splice(into, from, out, seed)
});

/// The default options of AddressSanitizer, which `ASAN_OPTIONS` overrides. Python frees some memory only at its exit, so leaks
/// are not reported. An allocation that is too large returns null, which Python raises as `MemoryError`.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const std::ffi::c_char {
    c"detect_leaks=0:allocator_may_return_null=1".as_ptr()
}

/// The suppressions of AddressSanitizer, by function of CPython. Both functions copy with `memcpy` from a buffer that may be a
/// view of the same map, so the ranges may overlap (seen in 3.11.7). The suppression hides every report on a `memcpy` of the two.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_suppressions() -> *const std::ffi::c_char {
    c"interceptor_via_fun:mmap_ass_subscript\ninterceptor_via_fun:mmap_write_method\n".as_ptr()
}
