//! The one table of the constructor's parameters.
//!
//! The reference's parsing, the operation `mmap` with what is generated for it, the keywords of the notation and the list a
//! driver is given are read from it. To add a parameter, add a row; the compiler then names the place in the reference that
//! must say what the parameter does.

use crate::param::{Domain, Param, keyword, needed, optional};
use crate::profile::Profile;
use crate::rule::Rule;

/// The systems whose constructor has a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Systems {
    /// Every system.
    All,
    /// Those that map files and memory.
    Posix,
    /// Those that map sections: Windows.
    Sections,
}

impl Systems {
    /// Whether a system is one of these, by whether it maps sections.
    const fn has(self, maps_sections: bool) -> bool {
        match self {
            Systems::All => true,
            Systems::Posix => !maps_sections,
            Systems::Sections => maps_sections,
        }
    }
}

macro_rules! parameters {
    ($( $(#[$doc:meta])* $param:ident, $systems:ident, $row:expr; )*) => {
        /// A parameter of the constructor: a row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ConstructorParam { $( $(#[$doc])* $param, )* }

        impl ConstructorParam {
            /// Every parameter, in the order in which a system takes those it has.
            pub const ALL: &'static [ConstructorParam] = &[$(ConstructorParam::$param),*];
        }

        const TABLE: &[(Systems, Param)] = &[$((Systems::$systems, $row)),*];
    };
}

parameters! {
    /// The descriptor of the file to map; -1 for none.
    Fileno, All, needed("fileno", Domain::Descriptor);
    /// How many bytes to map; 0 for the rest of the file.
    Length, All, needed("length", Domain::Length);
    /// The name of the section.
    Tagname, Sections, optional("tagname", Domain::Text);
    /// `MAP_*` bits.
    Flags, Posix, optional("flags", Domain::Flags);
    /// `PROT_*` bits.
    Prot, Posix, optional("prot", Domain::Prot);
    /// An `ACCESS_*` value.
    Access, All, optional("access", Domain::Access);
    /// Where in the file the map begins.
    Offset, All, optional("offset", Domain::Offset);
    /// Whether the map keeps a descriptor of its file (3.13).
    Trackfd, Posix, keyword("trackfd", Domain::Truth).under(Rule::HasTrackfd);
}

/// How many parameters a system that maps sections has, or one that does not.
const fn many(maps_sections: bool) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < TABLE.len() {
        count += TABLE[at].0.has(maps_sections) as usize;
        at += 1;
    }
    count
}

impl ConstructorParam {
    /// The parameters where no sections are mapped, in order.
    pub(crate) const POSIX: [Param; many(false)] = {
        let mut found = [TABLE[0].1; many(false)];
        let (mut count, mut at) = (0, 0);
        while at < TABLE.len() {
            if TABLE[at].0.has(false) {
                found[count] = TABLE[at].1;
                count += 1;
            }
            at += 1;
        }
        found
    };

    /// The names of all parameters: first those of [`ConstructorParam::POSIX`].
    pub(crate) const NAMES: [&'static str; TABLE.len()] = {
        let mut found = [""; TABLE.len()];
        let (mut first, mut last, mut at) = (0, many(false), 0);
        while at < TABLE.len() {
            let place = if TABLE[at].0.has(false) { &mut first } else { &mut last };
            found[*place] = TABLE[at].1.name;
            *place += 1;
            at += 1;
        }
        found
    };

    /// Its row of the table.
    #[must_use]
    pub fn param(self) -> &'static Param {
        &TABLE[self as usize].1
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.param().name
    }

    /// The parameters that a profile's constructor takes, in order.
    pub fn of(profile: Profile) -> impl Iterator<Item = ConstructorParam> + Clone {
        let is_there = move |param: &ConstructorParam| {
            let (systems, row) = TABLE[*param as usize];
            systems.has(profile.maps_sections()) && row.is_in(profile)
        };
        ConstructorParam::ALL.iter().copied().filter(is_there)
    }

    /// Its place among the arguments by position, where no sections are mapped.
    #[must_use]
    pub fn place(self) -> Option<usize> {
        let by_place = || ConstructorParam::POSIX.iter().take_while(|param| !param.by_name);
        by_place().position(|param| param.name == self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Platform;
    use crate::profile::Implementation;
    use crate::version::Version;

    fn names(profile: Profile) -> Vec<&'static str> {
        ConstructorParam::of(profile).map(ConstructorParam::name).collect()
    }

    /// The documentation of `mmap.mmap`, Unix and Windows version.
    #[test]
    fn each_system_has_the_documented_parameters_in_order() {
        let posix = ["fileno", "length", "flags", "prot", "access", "offset", "trackfd"];
        assert_eq!(names(Profile::cpython(3, 13, 0)), posix);
        assert_eq!(names(Profile::cpython(3, 12, 0)), posix[..6]);
        let windows = Profile::new(Implementation::CPython, Version::new(3, 13, 0), Platform::Windows);
        assert_eq!(names(windows), ["fileno", "length", "tagname", "access", "offset"]);
        assert_eq!(ConstructorParam::POSIX.map(|param| param.name), posix);
    }

    #[test]
    fn a_place_is_counted_without_those_of_sections() {
        let places =
            [ConstructorParam::Prot, ConstructorParam::Trackfd, ConstructorParam::Tagname].map(ConstructorParam::place);
        assert_eq!(places, [Some(3), None, None]);
    }
}
