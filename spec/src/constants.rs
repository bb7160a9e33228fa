//! The constants of the module, with their values on Linux.

/// One constant of the `mmap` module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant {
    /// Its name in the module.
    pub name: &'static str,
    /// Its value on Linux x86-64.
    pub value: i32,
    /// The first Python 3 minor version that has it.
    pub since: u8,
}

macro_rules! constants {
    ($($name:ident = $value:literal since $since:literal;)*) => {
        /// Every constant, in the order of the table.
        pub const ALL: &[Constant] = &[$(Constant { name: stringify!($name), value: $value, since: $since }),*];
        $(#[doc = concat!("`mmap.", stringify!($name), "`")] pub const $name: i32 = $value;)*
    };
}

constants! {
    ACCESS_DEFAULT = 0 since 7;
    ACCESS_READ = 1 since 0;
    ACCESS_WRITE = 2 since 0;
    ACCESS_COPY = 3 since 0;
    MAP_SHARED = 1 since 0;
    MAP_PRIVATE = 2 since 0;
    MAP_ANONYMOUS = 32 since 0;
    MAP_ANON = 32 since 0;
    MAP_DENYWRITE = 2048 since 0;
    MAP_EXECUTABLE = 4096 since 0;
    MAP_POPULATE = 32768 since 10;
    MAP_STACK = 131072 since 11;
    MAP_NORESERVE = 16384 since 13;
    MAP_32BIT = 64 since 13;
    PROT_READ = 1 since 0;
    PROT_WRITE = 2 since 0;
    PROT_EXEC = 4 since 0;
    MADV_NORMAL = 0 since 8;
    MADV_RANDOM = 1 since 8;
    MADV_SEQUENTIAL = 2 since 8;
    MADV_WILLNEED = 3 since 8;
    MADV_DONTNEED = 4 since 8;
    MADV_FREE = 8 since 8;
    MADV_REMOVE = 9 since 8;
    MADV_DONTFORK = 10 since 8;
    MADV_DOFORK = 11 since 8;
    MADV_MERGEABLE = 12 since 8;
    MADV_UNMERGEABLE = 13 since 8;
    MADV_HUGEPAGE = 14 since 8;
    MADV_NOHUGEPAGE = 15 since 8;
    MADV_DONTDUMP = 16 since 8;
    MADV_DODUMP = 17 since 8;
    MADV_HWPOISON = 100 since 8;
    MS_ASYNC = 1 since 15;
    MS_INVALIDATE = 2 since 15;
    MS_SYNC = 4 since 15;
}

/// The place of a constant in the table.
#[must_use]
pub fn place(name: &str) -> Option<u8> {
    ALL.iter().position(|c| c.name == name).and_then(|i| u8::try_from(i).ok())
}
