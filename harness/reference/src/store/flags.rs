//! The flags of a map that Linux knows and the module has no constant for, and the types of maps.

use mmapcheck_spec::PlatformFacts;
use mmapcheck_spec::constants::{
    MAP_32BIT, MAP_ANONYMOUS, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_NORESERVE, MAP_POPULATE, MAP_PRIVATE, MAP_SHARED,
    MAP_STACK,
};

/// The bits of `flags` that hold the type of the map.
const MAP_TYPE: i32 = 0x0f;
/// A shared map whose unknown flags the kernel refuses.
pub const MAP_SHARED_VALIDATE: i32 = 3;
/// Private memory that the kernel may drop.
pub const MAP_DROPPABLE: i32 = 8;
/// The map stands at the address of the call, over what stands there.
pub const MAP_FIXED: i32 = 0x10;
/// The map stands above the first 4 GiB.
pub const MAP_ABOVE4G: i32 = 0x80;
/// The map grows downwards, as a stack does.
pub const MAP_GROWSDOWN: i32 = 0x100;
/// The pages of the map stay in memory.
pub const MAP_LOCKED: i32 = 0x2000;
/// `MAP_POPULATE` has no effect.
pub const MAP_NONBLOCK: i32 = 0x1_0000;
/// The map consists of huge pages.
pub const MAP_HUGETLB: i32 = 0x4_0000;
/// A write to the map is as durable as one by `O_SYNC`, on persistent memory.
pub const MAP_SYNC: i32 = 0x8_0000;
/// As `MAP_FIXED`, and the kernel refuses to replace a map.
pub const MAP_FIXED_NOREPLACE: i32 = 0x10_0000;
/// The lowest of the bits that hold the size of huge pages, counted from 0.
pub const HUGE_SHIFT: i32 = 26;
/// The bits of the sizes of huge pages that `MAP_SHARED_VALIDATE` knows, and of `MAP_UNINITIALIZED`.
const KNOWN_SIZES: i32 = 0x1f << HUGE_SHIFT;

/// The type of a map, as `flags` request it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapType {
    /// `MAP_SHARED`
    Shared,
    /// [`MAP_SHARED_VALIDATE`]
    SharedValidate,
    /// `MAP_PRIVATE`
    Private,
    /// [`MAP_DROPPABLE`]
    Droppable,
    /// A type that Linux does not know.
    Unknown,
}

impl MapType {
    /// The type that these flags request.
    pub fn of(flags: i32, facts: &PlatformFacts) -> MapType {
        match flags & MAP_TYPE {
            kind if kind == facts.bits(&[MAP_SHARED]) => MapType::Shared,
            kind if kind == facts.bits(&[MAP_PRIVATE]) => MapType::Private,
            MAP_SHARED_VALIDATE => MapType::SharedValidate,
            MAP_DROPPABLE => MapType::Droppable,
            _ => MapType::Unknown,
        }
    }

    /// Whether writes are shared with the file and with other maps.
    pub fn is_shared(self) -> bool {
        matches!(self, MapType::Shared | MapType::SharedValidate)
    }
}

/// Whether Linux has known all of these flags since before [`MAP_SHARED_VALIDATE`], which refuses the others. Whether it knows
/// [`MAP_ABOVE4G`] and [`MAP_SYNC`] depends on the kernel and on the file.
pub fn are_long_known(flags: i32, facts: &PlatformFacts) -> bool {
    let named =
        facts.bits(&[MAP_ANONYMOUS, MAP_32BIT, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_NORESERVE, MAP_POPULATE, MAP_STACK]);
    let others = MAP_GROWSDOWN | MAP_LOCKED | MAP_NONBLOCK | MAP_HUGETLB | KNOWN_SIZES;
    flags & !(MAP_TYPE | named | others) == 0
}
