//! The flags that `madvise` sets on the pages of a map. Linux keeps pages of different flags in different virtual memory
//! areas (VMAs).

use crate::store::MapRequest;
use mmapcheck_spec::constants::{self as c, Constant};

/// The child process does not inherit the page.
pub const DONTFORK: u8 = 1 << 4;

/// The child process gets zeros in place of the page.
pub const WIPEONFORK: u8 = 1 << 7;

const NOHUGEPAGE: u8 = 0b1000;
const DONTDUMP: u8 = 1 << 5;

/// The flags that the pages of a new map have.
pub fn flags_of_request(request: MapRequest) -> u8 {
    let dropped = if request.droppable { WIPEONFORK | DONTDUMP } else { 0 };
    dropped | if request.no_huge_pages { NOHUGEPAGE } else { 0 }
}

/// The flags that an advice clears, and those that it sets; `None` where it has no flag.
pub fn flags_of(advice: Constant) -> Option<(u8, u8)> {
    const ORDER: u8 = 0b11;
    const SIZE: u8 = 0b1100;
    Some(match advice {
        c::MADV_NORMAL => (ORDER, 0),
        c::MADV_RANDOM => (ORDER, 0b01),
        c::MADV_SEQUENTIAL => (ORDER, 0b10),
        c::MADV_HUGEPAGE => (SIZE, 0b0100),
        c::MADV_NOHUGEPAGE => (SIZE, NOHUGEPAGE),
        c::MADV_DONTFORK => (0, DONTFORK),
        c::MADV_DOFORK => (DONTFORK, 0),
        c::MADV_DONTDUMP => (0, DONTDUMP),
        c::MADV_DODUMP => (DONTDUMP, 0),
        c::MADV_MERGEABLE => (0, 1 << 6),
        c::MADV_UNMERGEABLE => (1 << 6, 0),
        _ => return None,
    })
}
