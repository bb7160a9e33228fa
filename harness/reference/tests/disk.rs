//! Every safe function of the disk store refuses what would be undefined: memory outside a map, and writes to read-only maps.

use mmapcheck_reference::DiskStore;
use mmapcheck_reference::store::{MapRequest, Memory, Store};
use mmapcheck_spec::constants::{MADV_DONTFORK, MADV_DONTNEED};
use mmapcheck_spec::platform::LINUX;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;
type Region = <DiskStore as Store>::Memory;
/// A name, and what it does to a map of one page.
type Access = (&'static str, fn(&Region));

const PAGE: usize = LINUX.page.bytes();
const REQUEST: MapRequest = MapRequest {
    len: PAGE,
    offset: 0,
    shared: true,
    writable: true,
    populate: false,
    locked: false,
    droppable: false,
    no_huge_pages: false,
};

/// Accesses to memory behind the map.
const OUTSIDE: [Access; 8] = [
    ("byte", |map| _ = map.byte(PAGE)),
    ("set", |map| map.set(PAGE, 1)),
    ("read", |map| _ = map.read(1, PAGE)),
    ("read with an overflow", |map| _ = map.read(1, usize::MAX)),
    ("write", |map| map.write(PAGE - 1, b"ab")),
    ("copy", |map| map.copy(0, map, 1, PAGE)),
    ("discarding advice", |map| _ = map.advise(MADV_DONTNEED, 0, 2 * PAGE)),
    ("advice about children", |map| _ = map.advise(MADV_DONTFORK, PAGE, PAGE)),
];

/// Accesses that write within the map.
const WRITES: [Access; 3] =
    [("set", |map| map.set(0, 1)), ("write", |map| map.write(0, b"ab")), ("copy", |map| map.copy(0, map, 8, 8))];

fn assert_refused(map: &Region, accesses: &[Access]) {
    for (name, access) in accesses {
        assert!(catch_unwind(AssertUnwindSafe(|| access(map))).is_err(), "{name} is not refused");
    }
}

#[test]
fn memory_outside_a_map_is_never_accessed() -> Result {
    let store = DiskStore::new()?;
    let file = store.anonymous_file(2 * PAGE as u64).map_err(|error| format!("{error:?}"))?;
    for shared in [true, false] {
        for file in [None, Some(&file)] {
            let map = store.map(file, MapRequest { shared, ..REQUEST }).map_err(|error| format!("{error:?}"))?;
            assert_refused(&map, &OUTSIDE);
        }
    }
    Ok(())
}

#[test]
fn a_read_only_map_of_a_file_is_never_written() -> Result {
    let store = DiskStore::new()?;
    let file = store.anonymous_file(PAGE as u64).map_err(|error| format!("{error:?}"))?;
    for shared in [true, false] {
        let request = MapRequest { shared, writable: false, ..REQUEST };
        let map = store.map(Some(&file), request).map_err(|error| format!("{error:?}"))?;
        assert_refused(&map, &WRITES);
        assert_eq!(map.read(0, PAGE), vec![0; PAGE]);
    }
    Ok(())
}
