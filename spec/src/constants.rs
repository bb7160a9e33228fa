//! The constants of the module: their names, and the versions that have them. Their values are facts of a platform.

use crate::version::Version;

/// One constant of the `mmap` module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Constant(u8);

/// A row of the table.
struct Row {
    name: &'static str,
    since: &'static str,
}

macro_rules! constants {
    ($($name:ident since $since:literal;)*) => {
        const ROWS: &[Row] = &[$(Row { name: stringify!($name), since: $since }),*];

        /// Every constant, in the order of the table.
        pub const ALL: [Constant; ROWS.len()] = [$($name),*];

        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "the names are the module's")]
        enum Place { $($name),* }

        $(#[doc = concat!("`mmap.", stringify!($name), "`")] pub const $name: Constant = Constant(Place::$name as u8);)*
    };
}

constants! {
    ACCESS_DEFAULT since "3.7";
    ACCESS_READ since "2.7";
    ACCESS_WRITE since "2.7";
    ACCESS_COPY since "2.7";
    MAP_SHARED since "2.7";
    MAP_PRIVATE since "2.7";
    MAP_ANONYMOUS since "2.7";
    MAP_ANON since "2.7";
    MAP_DENYWRITE since "2.7";
    MAP_EXECUTABLE since "2.7";
    MAP_POPULATE since "3.10";
    MAP_STACK since "3.11";
    MAP_NORESERVE since "3.13";
    MAP_32BIT since "3.13";
    PROT_READ since "2.7";
    PROT_WRITE since "2.7";
    PROT_EXEC since "2.7";
    MADV_NORMAL since "3.8";
    MADV_RANDOM since "3.8";
    MADV_SEQUENTIAL since "3.8";
    MADV_WILLNEED since "3.8";
    MADV_DONTNEED since "3.8";
    MADV_FREE since "3.8";
    MADV_REMOVE since "3.8";
    MADV_DONTFORK since "3.8";
    MADV_DOFORK since "3.8";
    MADV_MERGEABLE since "3.8";
    MADV_UNMERGEABLE since "3.8";
    MADV_HUGEPAGE since "3.8";
    MADV_NOHUGEPAGE since "3.8";
    MADV_DONTDUMP since "3.8";
    MADV_DODUMP since "3.8";
    MADV_HWPOISON since "3.8";
    MS_ASYNC since "3.15";
    MS_INVALIDATE since "3.15";
    MS_SYNC since "3.15";
    PAGESIZE since "2.7";
    ALLOCATIONGRANULARITY since "2.7";
}

impl Constant {
    /// Its name in the module.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The first version that has it.
    #[must_use]
    pub const fn since(self) -> Version {
        match Version::read(self.row().since, 0) {
            Some(version) => version,
            None => panic!("a row names something that is not a version"),
        }
    }

    /// Whether it is a size in bytes. A session reads a size as a number, except where it looks up the constant itself.
    #[must_use]
    pub fn is_size(self) -> bool {
        [PAGESIZE, ALLOCATIONGRANULARITY].contains(&self)
    }

    /// Its place in the table.
    #[must_use]
    pub const fn place(self) -> u8 {
        self.0
    }

    const fn row(self) -> &'static Row {
        &ROWS[self.0 as usize]
    }
}

/// The index of a constant in [`ALL`].
#[must_use]
pub fn place(name: &str) -> Option<u8> {
    ALL.into_iter().find(|constant| constant.name() == name).map(Constant::place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_constant_has_a_place_and_a_version() {
        for (place, constant) in (0..).zip(ALL) {
            assert_eq!((constant.place(), super::place(constant.name())), (place, Some(place)));
            assert!(constant.since() <= Version::NEWEST);
        }
    }
}
