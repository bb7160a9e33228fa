//! Profiles: which rules hold for an implementation, version and platform.
//!
//! A rule that differs by version is a method here, with the versions it was seen in; nowhere else is a version compared.

use std::fmt;
use std::str::FromStr;

/// A Python version, micro included: bug-fix releases change behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 3
    pub major: u8,
    /// 11
    pub minor: u8,
    /// 7
    pub micro: u8,
}

impl Version {
    /// A version from its parts.
    #[must_use]
    pub const fn new(major: u8, minor: u8, micro: u8) -> Version {
        Version { major, minor, micro }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

/// Who made the interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Implementation {
    /// The reference implementation of Python.
    CPython,
    /// Any other.
    Other,
}

/// The platform a map lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// WebAssembly by Emscripten: no memory management of a kernel behind it.
    Wasm,
}

impl Platform {
    /// Every platform with its name in profiles and pages.
    pub const ALL: [(Platform, &'static str); 3] =
        [(Platform::Linux, "linux"), (Platform::Windows, "windows"), (Platform::Wasm, "wasm")];

    /// Its name in profiles and pages.
    #[must_use]
    pub fn name(self) -> &'static str {
        Platform::ALL[self as usize].1
    }
}

/// Which Python a session is in: how answers are shown, and whether the bytes of a map are strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Python 2: `bytes` is `str`, and a byte of a map is a string of length one.
    Python2,
    /// Python 3: a byte of a map is a number.
    Python3,
}

/// Which rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    /// Who made it.
    pub implementation: Implementation,
    /// Which Python it implements.
    pub version: Version,
    /// Where it runs.
    pub platform: Platform,
}

/// Why a text is no profile. One line for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError(String);

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProfileError {}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let implementation = match self.implementation {
            Implementation::CPython => "cpython",
            Implementation::Other => "other",
        };
        write!(f, "{implementation}-{}-{}", self.version, self.platform.name())
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    /// Reads `cpython-3.11-linux` or `cpython-3.11.7-windows`. Without a micro version the first release is meant.
    fn from_str(text: &str) -> Result<Profile, ProfileError> {
        let wrong =
            || ProfileError(format!("'{text}' is not a profile: write cpython-3.11-linux or cpython-3.11.7-linux"));
        let parts: Vec<_> = text.split('-').collect();
        let &[implementation, version, platform] = parts.as_slice() else { return Err(wrong()) };
        let platform = Platform::ALL.iter().find(|(_, name)| *name == platform).ok_or_else(wrong)?.0;
        let implementation = match implementation {
            "cpython" => Implementation::CPython,
            "other" => Implementation::Other,
            _ => return Err(wrong()),
        };
        let numbers: Vec<u8> = version.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let version = match *numbers.as_slice() {
            [major, minor] => Version::new(major, minor, 0),
            [major, minor, micro] => Version::new(major, minor, micro),
            _ => return Err(wrong()),
        };
        let profile = Profile { implementation, version, platform };
        profile.known().then_some(profile).ok_or_else(|| ProfileError(format!("profile {text}: {}", Profile::KNOWN)))
    }
}

impl Profile {
    /// The versions the reference answers for, in words.
    pub const KNOWN: &'static str = "the reference knows Python 2.7 and 3.6 to 3.15";

    /// CPython of this version on Linux.
    #[must_use]
    pub const fn cpython(major: u8, minor: u8, micro: u8) -> Profile {
        Profile {
            implementation: Implementation::CPython,
            version: Version::new(major, minor, micro),
            platform: Platform::Linux,
        }
    }

    /// Whether the reference answers for this profile.
    #[must_use]
    pub fn known(self) -> bool {
        matches!((self.version.major, self.version.minor), (2, 7) | (3, 6..=15))
    }

    fn since(self, minor: u8) -> bool {
        self.since_micro(minor, 0)
    }

    fn since_micro(self, minor: u8, micro: u8) -> bool {
        self.version >= Version::new(3, minor, micro)
    }

    /// How answers are shown and what bytes are. Python 2: seen in 2.7.18.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        if self.version.major < 3 { Dialect::Python2 } else { Dialect::Python3 }
    }

    /// `seek()` returns the new position, and `seekable()` is there. Python 3.13 (documentation, `mmap.seek`).
    #[must_use]
    pub fn seek_returns_position(self) -> bool {
        self.since(13)
    }

    /// The constructor takes `trackfd`. Python 3.13 (documentation, `mmap.mmap`).
    #[must_use]
    pub fn has_trackfd(self) -> bool {
        self.since(13)
    }

    /// Every number argument refuses what is no integer in the same words, `'str' object cannot be interpreted as an integer`.
    /// Before, C `int` and `long` arguments said `an integer is required (got type str)`, and all of them
    /// `integer argument expected, got float`. Seen in 3.10.13; not in 3.9.18.
    #[must_use]
    pub fn one_text_for_non_integers(self) -> bool {
        self.since(10)
    }

    /// A method with arguments that refuses a keyword says `mmap.find()`, not `find()`. Seen in 3.11.7; not in 3.10.13.
    #[must_use]
    pub fn keyword_refusal_names_class(self) -> bool {
        self.since(11)
    }

    /// The constructor calls a keyword it does not know *unexpected*, not *invalid*. Seen in 3.13.0; not in 3.12.1.
    #[must_use]
    pub fn unknown_keyword_is_unexpected(self) -> bool {
        self.since(13)
    }

    /// How `re` refuses to search what has no buffer. Seen in 3.11.7; 3.6.15 to 3.10.13; 2.7.18.
    #[must_use]
    pub fn re_refusal_text(self) -> &'static str {
        match self.dialect() {
            Dialect::Python2 => "expected string or buffer",
            Dialect::Python3 if self.since(11) => "expected string or bytes-like object, got 'mmap.mmap'",
            Dialect::Python3 => "expected string or bytes-like object",
        }
    }

    /// How `struct` refuses a number outside 0..=65535 for the format `<H`.
    /// Seen in 3.12.1 and 3.13.0; 3.11.7; 3.6.15 to 3.10.13; 2.7.18.
    #[must_use]
    pub fn struct_range_text(self) -> &'static str {
        match (self.version.major, self.version.minor) {
            (3, 12..) => "'H' format requires 0 <= number <= 65535",
            (3, 11) => "ushort format requires 0 <= number <= 65535",
            (3, _) => "ushort format requires 0 <= number <= (0x7fff * 2 + 1)",
            _ => "ushort format requires 0 <= number <= USHRT_MAX",
        }
    }

    /// How `struct` refuses a number that fits no C `long`. Seen in 3.12.1 and 3.13.0; 3.6.15 to 3.11.7; 2.7.18.
    #[must_use]
    pub fn struct_overflow_text(self) -> &'static str {
        match (self.version.major, self.version.minor) {
            (3, 12..) => self.struct_range_text(),
            (3, _) => "argument out of range",
            _ => "integer out of range for 'H' format code",
        }
    }

    /// `flush()` answers with 0 and not with `None`. Until Python 3.7 (documentation, `mmap.flush`); seen in 2.7.18,
    /// 3.6.15 and 3.7.16.
    #[must_use]
    pub fn flush_answers_zero(self) -> bool {
        !self.since(8)
    }

    /// A map has `closed` and can be used in a `with` statement. Python 3.2 (documentation, mmap). Not in 2.7.18.
    #[must_use]
    pub fn has_context(self) -> bool {
        self.since(2)
    }

    /// C `int` and `long` arguments take an object that only has `__index__`. Seen in 3.8.18; not in 3.7.16.
    #[must_use]
    pub fn int_takes_index(self) -> bool {
        self.since(8)
    }

    /// `struct.pack_into` takes an `OverflowError` of its value's `__index__` for a value out of range.
    /// Seen in 3.15.2; not in 3.11.7.
    #[must_use]
    pub fn struct_takes_overflow_for_range(self) -> bool {
        self.since(12)
    }

    /// An object that has `__buffer__` is bytes-like. Python 3.12 (documentation, `object.__buffer__`).
    #[must_use]
    pub fn buffers_can_be_made_in_python(self) -> bool {
        self.since(12)
    }

    /// `madvise` looks again whether the map is open when it has converted its arguments; before, the kernel was asked.
    /// Seen in 3.11.7; not in 3.11.2.
    #[must_use]
    pub fn madvise_looks_again(self) -> bool {
        self.since_micro(11, 4)
    }

    /// `read()` takes an object that only has `__index__`, and refuses all others in the same words.
    /// Seen in 3.7.16; not in 3.6.15.
    #[must_use]
    pub fn read_takes_index(self) -> bool {
        self.since(7)
    }

    /// `repr()` shows the state of a map and not its address. Python 3.9 (seen in 3.9.18; not in 3.8.18).
    #[must_use]
    pub fn repr_shows_state(self) -> bool {
        self.since(9)
    }

    /// A method without arguments that is given some says `mmap.tell()`, not `tell()`. Seen in 3.9.18; not in 3.8.18.
    #[must_use]
    pub fn argument_refusal_names_class(self) -> bool {
        self.since(9)
    }

    /// The constructor looks at its keywords one by one, as it comes to their parameters, and words its refusals as
    /// `Required argument 'length' (pos 2) not found`. Seen in 2.7.18 and 3.6.15; not in 3.7.16.
    #[must_use]
    pub fn keywords_are_checked_in_turn(self) -> bool {
        !self.since(7)
    }

    /// `struct.pack_into` tells the offset and the size of a buffer that it refuses. Seen in 3.7.16; not in 3.6.15.
    #[must_use]
    pub fn pack_refusal_tells_offset(self) -> bool {
        self.since(7)
    }

    /// `struct.unpack_from` tells them as well. Seen in 3.8.18; not in 3.7.16.
    #[must_use]
    pub fn unpack_refusal_tells_offset(self) -> bool {
        self.since(8)
    }

    /// `write()` answers with the number of bytes. Python 3.6 (documentation, `mmap.write`).
    #[must_use]
    pub fn write_answers_count(self) -> bool {
        self.since(6)
    }

    /// `struct.unpack_from` converts its offset before it asks for the buffer. Seen in 3.6.15; not in 2.7.18 and 3.7.16.
    #[must_use]
    pub fn unpack_converts_offset_first(self) -> bool {
        self.version.major == 3 && !self.since(7)
    }

    /// An item or slice is assigned or deleted by looking at the arguments first: whether the map can be written, the key,
    /// the value, and only then whether the map is open and has such a place. Seen in 3.13.18, 3.14.10 and 3.15.2; not in 3.13.0, nor in
    /// 3.14.2 (Pyodide's).
    #[must_use]
    pub fn assignment_converts_first(self) -> bool {
        self.since_micro(13, 18) && (self.version.minor != 14 || self.version.micro > 2)
    }

    /// Shared memory of no file is refused more bytes, also those it once had.
    /// Seen in 3.13.18, 3.14.10 and 3.15.2; not in 3.13.0. It came with 3.13.8 (gh-138204).
    #[must_use]
    pub fn shared_anonymous_keeps_size(self) -> bool {
        self.since_micro(13, 8)
    }

    /// A method converts its arguments before it looks whether the map is open. Seen in 3.14.10 and 3.15.2; not in 3.13.18.
    #[must_use]
    pub fn methods_convert_first(self) -> bool {
        self.since(14)
    }

    /// A wrong number of arguments is told as `find expected at least 1 argument, got 0`, and where just one is taken as
    /// `mmap.write() takes exactly one argument (0 given)`. Before, `find() takes at least 1 argument (0 given)`.
    /// Seen in 3.14.10 and 3.15.2; not in 3.13.18.
    #[must_use]
    pub fn wrong_count_is_told_as_expected(self) -> bool {
        self.since(14)
    }

    /// A method refuses a number that is no C `int` as *too large*, also one that is too small.
    /// Seen in 3.14.10 and 3.15.2; not in 3.13.18.
    #[must_use]
    pub fn methods_call_ints_too_large(self) -> bool {
        self.since(14)
    }

    /// `find`, `rfind` and `madvise` take `None` for a bound or length that is left out.
    /// Seen in 3.14.10 and 3.15.2; not in 3.13.18.
    #[must_use]
    pub fn none_is_no_bound(self) -> bool {
        self.since(14)
    }

    /// `flush` takes `None` for a size that is left out. Seen in 3.14.10; not in 3.13.18, nor in 3.15.2.
    #[must_use]
    pub fn none_is_no_flush_size(self) -> bool {
        self.since(14) && !self.since(15)
    }

    /// `__exit__` takes three arguments, not any number. Seen in 3.14.10 and 3.15.2; not in 3.13.18.
    #[must_use]
    pub fn exit_takes_three(self) -> bool {
        self.since(14)
    }

    /// No bytes at all are found at the start of a search, or at its end from behind, even where the end lies before the
    /// start. Seen in 3.11.2; not in 3.10.13 nor in 3.11.7, which has the checks of 3.11.4.
    #[must_use]
    pub fn nothing_is_found_in_no_range(self) -> bool {
        self.since(11) && !self.since_micro(11, 4)
    }

    /// A search that starts behind the end finds nothing, not even no bytes. Seen in 3.15.2; not in 3.14.10.
    #[must_use]
    pub fn nothing_is_behind_the_end(self) -> bool {
        self.since(15)
    }

    /// `flush` takes `flags`, and a size that is left out is what follows the offset. Python 3.15 (documentation, `mmap.flush`).
    #[must_use]
    pub fn flush_takes_flags(self) -> bool {
        self.since(15)
    }

    /// `size()` of a map of no file is its length, and `trackfd=False` is told as the reason there is no size.
    /// Seen in 3.15.2, and in 3.11.9 on Windows; not in 3.14.10, where both were a bad descriptor.
    #[must_use]
    pub fn size_needs_no_descriptor(self) -> bool {
        self.since(15) || self.is_windows()
    }

    /// `set_name()` is there. Python 3.15 (documentation, `mmap.set_name`).
    #[must_use]
    pub fn has_set_name(self) -> bool {
        self.since(15)
    }

    /// The refusal of a part of a slice does not name `None`. Seen in 3.15.2; not in 3.14.10.
    #[must_use]
    pub fn slice_refusal_omits_none(self) -> bool {
        self.since(15)
    }

    /// `struct.pack_into` says which argument is no buffer to write to, and an offset too large for it is an `OverflowError`,
    /// not an `IndexError`. Seen in 3.15.2; not in 3.14.10.
    #[must_use]
    pub fn pack_into_names_arguments(self) -> bool {
        self.since(15)
    }

    /// Whether the module has the constant. On Windows it has those of the access alone: seen in 3.11.9.
    #[must_use]
    pub fn has_constant(self, constant: &crate::constants::Constant) -> bool {
        self.since(constant.since) && (!self.is_windows() || constant.name.starts_with("ACCESS_"))
    }

    fn is_windows(self) -> bool {
        self.platform == Platform::Windows
    }

    /// The module `resource` is there, and the system keeps its limits. Linux; seen in 2.7.18 to 3.15.2.
    #[must_use]
    pub fn has_limits(self) -> bool {
        self.platform == Platform::Linux
    }

    /// A map is a view of a section, a thing of the system that may have a name: the constructor takes `tagname`, and neither
    /// `flags` nor `prot`; a length beyond the end of a file makes it longer; resizing makes another section; both move
    /// the position of the file; a file cannot be made shorter while it has a section. Windows (documentation, `mmap.mmap`,
    /// Windows version); seen in 3.11.9.
    #[must_use]
    pub fn maps_sections(self) -> bool {
        self.is_windows()
    }

    /// `os.fork()` is there and makes a process. Linux; neither on Windows nor in WebAssembly (documentation, `os.fork`).
    #[must_use]
    pub fn can_fork(self) -> bool {
        self.platform == Platform::Linux
    }

    /// A file that is open or mapped can lose its name, or be given another. Linux; seen in 2.7.18 to 3.15.2. Windows refuses it
    /// (documentation, `os.remove`).
    #[must_use]
    pub fn can_unlink_open_files(self) -> bool {
        self.platform == Platform::Linux
    }

    /// Who touches a page of a map that lies wholly beyond the end of its file, or that may not be touched, dies of a signal.
    /// Seen on Linux in every version at hand. In WebAssembly a map is a copy; on Windows there are no such pages.
    #[must_use]
    pub fn dies_of_dead_memory(self) -> bool {
        self.platform == Platform::Linux
    }

    /// `madvise()` is there. Python 3.8 (documentation, `mmap.madvise`); not on Windows: seen in 3.11.9.
    #[must_use]
    pub fn takes_advice(self) -> bool {
        self.since(8) && !self.is_windows()
    }

    /// `flush` starts at whole pages. Not on Windows: seen in 3.11.9.
    #[must_use]
    pub fn flushes_whole_pages(self) -> bool {
        !self.is_windows()
    }

    /// What an offset is a multiple of, in bytes (`ALLOCATIONGRANULARITY`). Windows: 65536, seen in 3.11.9; Linux on x86-64:
    /// 4096.
    #[must_use]
    pub fn granularity(self) -> i64 {
        if self.is_windows() { 1 << 16 } else { 1 << 12 }
    }

    /// How many bits a C `long` has. On Windows as many as an `int`, which shows in how large numbers are refused: seen in
    /// 3.11.9.
    #[must_use]
    pub fn long_bits(self) -> u32 {
        if self.is_windows() { 32 } else { 64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_reads_back_as_printed() {
        let profile = Profile::cpython(3, 11, 7);
        assert_eq!(profile.to_string(), "cpython-3.11.7-linux");
        assert_eq!("cpython-3.11.7-linux".parse(), Ok(profile));
        assert_eq!("cpython-3.11-linux".parse(), Ok(Profile::cpython(3, 11, 0)));
    }

    #[test]
    fn what_is_no_profile_is_refused() {
        for text in [
            "",
            "cpython",
            "cpython-3-linux",
            "cpython-3.11-plan9",
            "cpython-3.5-linux",
            "cpython-3.x-linux",
            "jython-3.11-linux",
        ] {
            assert!(text.parse::<Profile>().is_err(), "{text}");
        }
    }
}
