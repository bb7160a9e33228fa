//! The flags that `madvise` sets on the pages of a map. Linux keeps pages of different flags in different virtual memory
//! areas (VMAs).

use mmapcheck_spec::constants::{self as c, Constant};

/// The child process does not inherit the page.
pub const DONTFORK: u8 = 1 << 4;

/// The flags that an advice clears, and those that it sets; `None` where it has no flag.
pub fn flags_of(advice: Constant) -> Option<(u8, u8)> {
    const ORDER: u8 = 0b11;
    const SIZE: u8 = 0b1100;
    Some(match advice {
        c::MADV_NORMAL => (ORDER, 0),
        c::MADV_RANDOM => (ORDER, 0b01),
        c::MADV_SEQUENTIAL => (ORDER, 0b10),
        c::MADV_HUGEPAGE => (SIZE, 0b0100),
        c::MADV_NOHUGEPAGE => (SIZE, 0b1000),
        c::MADV_DONTFORK => (0, DONTFORK),
        c::MADV_DOFORK => (DONTFORK, 0),
        c::MADV_DONTDUMP => (0, 1 << 5),
        c::MADV_DODUMP => (1 << 5, 0),
        c::MADV_MERGEABLE => (0, 1 << 6),
        c::MADV_UNMERGEABLE => (1 << 6, 0),
        _ => return None,
    })
}
