//! The table of rules: every behaviour that differs by version or platform is one row.
//!
//! This is the only place where a version is compared. All others ask a [`Profile`](crate::Profile), which looks up the
//! whole table once, when it is made.

mod range;

use crate::platform::{Capability, Platform};
use crate::version::Version;
use range::read;
use std::fmt;
use std::str::FromStr;

pub use range::RuleRange;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct RuleRow {
    /// The rule's name, in `snake_case`.
    pub name: &'static str,
    /// Where it holds: in any of these ranges.
    pub ranges: &'static [RuleRange],
    /// The documentation that says so, or the versions in which it was seen and not seen.
    pub source: &'static str,
    /// The behaviour, as one sentence.
    pub sentence: &'static str,
}

impl RuleRow {
    /// Whether the rule holds for a version on a platform.
    pub(crate) const fn holds(&self, version: Version, platform: Platform) -> bool {
        let mut at = 0;
        while at < self.ranges.len() {
            if self.ranges[at].takes_in(version, platform) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Whether the rule began or ended within Python 3.
    #[must_use]
    pub fn changed_within_python3(&self) -> bool {
        const FIRST: Version = read("3.1", 0);
        let begins = |range: &RuleRange| range.since.is_some_and(|since| FIRST.is_at_most(since));
        let ends = |range: &RuleRange| range.until.is_some_and(|until| FIRST.is_at_most(until));
        self.ranges.iter().any(|range| begins(range) || ends(range))
    }

    /// The versions in which the rule holds first or last, each not before the oldest of Python 3 that the reference answers for.
    #[must_use]
    pub fn changes(&self) -> Vec<Version> {
        let ends = self.ranges.iter().flat_map(|range| [range.since, range.until]).flatten();
        ends.map(|version| version.max(Version::OLDEST)).collect()
    }

    /// Where the rule holds, in words.
    #[must_use]
    pub fn scope(&self) -> String {
        let ranges: Vec<_> = self.ranges.iter().map(RuleRange::to_string).collect();
        ranges.join(", ")
    }
}

/// A text that names no rule. One line for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule(String);

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no rule is called '{}'; `mmapcheck profile NAME` lists those that hold", self.0)
    }
}

impl std::error::Error for UnknownRule {}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().name)
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    /// Reads the name of a rule, in `snake_case`.
    fn from_str(text: &str) -> Result<Rule, UnknownRule> {
        Rule::ALL.into_iter().find(|rule| rule.row().name == text).ok_or_else(|| UnknownRule(text.to_owned()))
    }
}

/// Gives the rows to another macro, which makes of them whatever it is there for.
macro_rules! table {
    ($macro:ident) => {
        $macro! {
            SeekReturnsPosition seek_returns_position: [RuleRange::since("3.13")],
                "documentation, `mmap.seek`",
                "`seek()` returns the new position, and `seekable()` exists.";
            HasTrackfd has_trackfd: [RuleRange::since("3.13")],
                "documentation, `mmap.mmap`",
                "The constructor takes `trackfd`.";
            OneTextForNonIntegers one_text_for_non_integers: [RuleRange::since("3.10")],
                "seen in 3.10.13; not in 3.9.18",
                "Every number argument refuses an object of another type with `'str' object cannot be interpreted \
                 as an integer`. Before, C `int` and `long` arguments said `an integer is required (got type \
                 str)`, and all of them said `integer argument expected, got float`.";
            KeywordRefusalNamesClass keyword_refusal_names_class: [RuleRange::since("3.11")],
                "seen in 3.11.7; not in 3.10.13",
                "A method with parameters that refuses a keyword calls itself `mmap.find()`, not `find()`.";
            UnknownKeywordIsUnexpected unknown_keyword_is_unexpected: [RuleRange::since("3.13")],
                "seen in 3.13.0; not in 3.12.1",
                "The constructor calls an unknown keyword *unexpected*, not *invalid*.";
            ReRefusalNamesType re_refusal_names_type: [RuleRange::since("3.11")],
                "seen in 3.11.7; not in 3.6.15 to 3.10.13, nor in 2.7.18",
                "The refusal of `re` to search an object without a buffer ends with the type, `got 'mmap.mmap'`.";
            StructRangeIsANumber struct_range_is_a_number: [RuleRange::since("3.11")],
                "seen in 3.11.7; not in 3.6.15 to 3.10.13, nor in 2.7.18",
                "The refusal of `struct` for a number outside 0..=65535 states the upper bound as `65535`, not as \
                 an expression of C.";
            StructRangeNamesFormat struct_range_names_format: [RuleRange::since("3.12")],
                "seen in 3.12.1 and 3.13.0; not in 3.11.7",
                "The refusal of `struct` for a number out of range starts with the format, `'H' format requires`, \
                 not with `ushort`.";
            StructOverflowIsOutOfRange struct_overflow_is_out_of_range: [RuleRange::since("3.12")],
                "seen in 3.12.1 and 3.13.0; not in 3.6.15 to 3.11.7, nor in 2.7.18",
                "`struct` refuses a number that does not fit a C `long` with the text for any other number out of \
                 range.";
            BytesAreStrings bytes_are_strings: [RuleRange::until("2.7")],
                "seen in 2.7.18",
                "`bytes` is `str`, a byte of a map is a string of length one, and types and long numbers are shown \
                 as in Python 2.";
            ModuleRefusalNamesModule module_refusal_names_module: [RuleRange::since("3.0")],
                "seen in 3.6.15; not in 2.7.18",
                "The refusal of a missing constant says `module 'mmap'`, not `'module' object`.";
            MemoryviewsTakeMaps memoryviews_take_maps: [RuleRange::since("3.0")],
                "seen in 3.6.15; not in 2.7.18",
                "`memoryview()` accepts a map.";
            SystemErrorsHaveOwnClass system_errors_have_own_class: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "A system error of a map raises a class of the module that a traceback calls `error`, as it calls \
                 that of `struct`.";
            LengthsAreLongs lengths_are_longs: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "Lengths, positions and counts are converted as a C `long`, with its refusals.";
            IntegerRefusalOmitsType integer_refusal_omits_type: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "A number argument refuses an object of another type with `an integer is required`.";
            BytesArgumentsAreReadOnly bytes_arguments_are_read_only: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "A method that takes bytes accepts a string, an array or a map, and refuses others as `must be \
                 string or read-only buffer`.";
            ReadNeedsCount read_needs_count: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "`read()` requires its argument, which must be a number.";
            FlushZeroMayBeLong flush_zero_may_be_long: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "`flush()` of a map whose access is not to write to a file returns `0L`.";
            MapsEqualBuffers maps_equal_buffers: [RuleRange::since("3.0")],
                "seen in 3.6.15; not in 2.7.18",
                "A map equals a `bytearray` or a `memoryview` of the same bytes.";
            MapsHaveOrder maps_have_order: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "`<` compares a map with an object of any type.";
            CopyRefusalQuotesType copy_refusal_quotes_type: [RuleRange::since("3.8")],
                "seen in 3.8.18; not in 3.7.16",
                "`copy` and `pickle` refuse a map with `cannot pickle 'mmap.mmap' object`. Before, with `can't pickle \
                 mmap.mmap objects`.";
            HasAbstractClasses has_abstract_classes: [RuleRange::since("3.3")],
                "documentation, `collections.abc`",
                "The module `collections.abc` exists.";
            HasWeakReferences has_weak_references: [RuleRange::since("3.0")],
                "seen in 3.6.15; not in 2.7.18",
                "A map can be referred to weakly.";
            MapsAreCollected maps_are_collected: [RuleRange::since("3.10")],
                "seen in 3.10.13; not in 3.9.18",
                "The garbage collector tracks a map, which refers to its class.";
            AttributeRefusalNamesDict attribute_refusal_names_dict: [RuleRange::since("3.13")],
                "seen in 3.13.0; not in 3.12.1",
                "The refusal to set or delete an attribute says that the map has `no __dict__ for setting new attributes`.";
            ViewsCanBecomeReadonly views_can_become_readonly: [RuleRange::since("3.8")],
                "documentation, `memoryview.toreadonly`",
                "A memoryview has `toreadonly()`.";
            FromBufferChecksOffsetFirst from_buffer_checks_offset_first: [RuleRange::since("3.15")],
                "seen in 3.15.2; not in 3.14.10",
                "`from_buffer` of a `ctypes` type refuses a negative offset before it asks for the buffer.";
            CharacterRefusalNamesType character_refusal_names_type: [RuleRange::since("3.14")],
                "seen in 3.14.10 and 3.15.2; not in 3.13.18",
                "The refusal to assign to a `ctypes.c_char` states the type and length of the value, or that a number is \
                 not in `range(256)`.";
            ExitCallsClose exit_calls_close: [RuleRange::until("3.10")],
                "seen in 3.10.13; not in 3.11.7",
                "`__exit__` calls the method `close`, which a subclass may override.";
            MissingAttributeIsNamedAlone missing_attribute_is_named_alone: [RuleRange::until("3.10")],
                "seen in 3.10.13; not in 3.11.7",
                "The refusal to delete an attribute that an object of a subclass lacks is the name alone.";
            AttributesAreReferents attributes_are_referents: [RuleRange::since("3.14")],
                "seen in 3.14.10; not in 3.13.18",
                "An object of a subclass refers to the values of its attributes. Before, to a `dict` of them.";
            Crc32IsSigned crc32_is_signed: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "`zlib.crc32` returns a signed number.";
            PackIntoRefusesAsMap pack_into_refuses_as_map: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "`struct.pack_into` refuses a closed or read-only map with the exception of the map.";
            StructTakesFloats struct_takes_floats: [RuleRange::until("2.7")],
                "seen in 2.7.18; not in 3.6.15",
                "`struct.pack_into` accepts a `float` for its offset or its value.";
            FlushReturnsZero flush_returns_zero: [RuleRange::until("3.7")],
                "documentation, `mmap.flush`; seen in 2.7.18, 3.6.15 and 3.7.16",
                "`flush()` returns 0, not `None`.";
            HasContext has_context: [RuleRange::since("3.2")],
                "documentation, mmap; not in 2.7.18",
                "A map has `closed` and can be used in a `with` statement.";
            IntTakesIndex int_takes_index: [RuleRange::since("3.8")],
                "seen in 3.8.18; not in 3.7.16",
                "C `int` and `long` arguments accept an object that has only `__index__`.";
            StructTakesOverflowForRange struct_takes_overflow_for_range: [RuleRange::since("3.12")],
                "seen in 3.15.2; not in 3.11.7",
                "`struct.pack_into` replaces an `OverflowError` of its value's `__index__` by the refusal of a \
                 value out of range.";
            BuffersCanBeMadeInPython buffers_can_be_made_in_python: [RuleRange::since("3.12")],
                "documentation, `object.__buffer__`",
                "An object that has `__buffer__` is bytes-like.";
            MadviseLooksAgain madvise_looks_again: [RuleRange::since("3.11.4")],
                "seen in 3.11.7; not in 3.11.2",
                "`madvise` checks again that the map is open after it has converted its arguments. Before, the \
                 kernel was asked.";
            ReadTakesIndex read_takes_index: [RuleRange::since("3.7")],
                "seen in 3.7.16; not in 3.6.15",
                "`read()` accepts an object that has only `__index__`, and refuses all others with one text.";
            ReprShowsState repr_shows_state: [RuleRange::since("3.9")],
                "seen in 3.9.18; not in 3.8.18",
                "`repr()` shows the state of a map, not its address.";
            ArgumentRefusalNamesClass argument_refusal_names_class: [RuleRange::since("3.9")],
                "seen in 3.9.18; not in 3.8.18",
                "A method without parameters that refuses an argument calls itself `mmap.tell()`, not `tell()`.";
            KeywordsAreCheckedInTurn keywords_are_checked_in_turn: [RuleRange::until("3.6")],
                "seen in 2.7.18 and 3.6.15; not in 3.7.16",
                "The constructor checks its keywords one by one, each when it reaches its parameter, and words a \
                 refusal as `Required argument 'length' (pos 2) not found`.";
            PackRefusalTellsOffset pack_refusal_tells_offset: [RuleRange::since("3.7")],
                "seen in 3.7.16; not in 3.6.15",
                "`struct.pack_into` states the offset and the size of a buffer that it refuses.";
            UnpackRefusalTellsOffset unpack_refusal_tells_offset: [RuleRange::since("3.8")],
                "seen in 3.8.18; not in 3.7.16",
                "`struct.unpack_from` states the offset and the size of a buffer that it refuses.";
            WriteReturnsCount write_returns_count: [RuleRange::since("3.6")],
                "documentation, `mmap.write`",
                "`write()` returns the number of bytes.";
            UnpackConvertsOffsetFirst unpack_converts_offset_first: [RuleRange::between("3.0", "3.6")],
                "seen in 3.6.15; not in 2.7.18 and 3.7.16",
                "`struct.unpack_from` converts its offset before it asks for the buffer.";
            AssignmentConvertsFirst assignment_converts_first: [RuleRange::between("3.13.18", "3.13"), RuleRange::since("3.14.3")],
                "seen in 3.13.18, 3.14.10 and 3.15.2; not in 3.13.0, nor in 3.14.2 (Pyodide)",
                "Assigning or deleting an item or a slice checks first that the map is writable, then the key and \
                 the value, and only then that the map is open and has such a place.";
            SharedAnonymousKeepsSize shared_anonymous_keeps_size: [RuleRange::since("3.13.8")],
                "CPython issue gh-138204; seen in 3.13.18, 3.14.10 and 3.15.2; not in 3.13.0",
                "Shared anonymous memory cannot be made longer, not even up to a length it once had.";
            MethodsConvertFirst methods_convert_first: [RuleRange::since("3.14")],
                "seen in 3.14.10 and 3.15.2; not in 3.13.18",
                "A method converts its arguments before it checks that the map is open.";
            WrongCountIsToldAsExpected wrong_count_is_told_as_expected: [RuleRange::since("3.14")],
                "seen in 3.14.10 and 3.15.2; not in 3.13.18",
                "A wrong number of arguments is refused with `find expected at least 1 argument, got 0`, and by a \
                 method of one parameter with `mmap.write() takes exactly one argument (0 given)`. Before, with \
                 `find() takes at least 1 argument (0 given)`.";
            MethodsCallIntsTooLarge methods_call_ints_too_large: [RuleRange::since("3.14")],
                "seen in 3.14.10 and 3.15.2; not in 3.13.18",
                "A method calls every number that does not fit a C `int` *too large*, also one that is too small.";
            NoneIsNoBound none_is_no_bound: [RuleRange::since("3.14")],
                "seen in 3.14.10 and 3.15.2; not in 3.13.18",
                "`find`, `rfind` and `madvise` accept `None` for a bound or length that is left out.";
            NoneIsNoFlushSize none_is_no_flush_size: [RuleRange::between("3.14", "3.14")],
                "seen in 3.14.10; not in 3.13.18, nor in 3.15.2",
                "`flush` accepts `None` for a size that is left out.";
            ExitTakesThree exit_takes_three: [RuleRange::since("3.14")],
                "seen in 3.14.10 and 3.15.2; not in 3.13.18",
                "`__exit__` takes three arguments, not any number.";
            NothingIsFoundInNoRange nothing_is_found_in_no_range: [RuleRange::between("3.11", "3.11.3")],
                "seen in 3.11.2; not in 3.10.13, nor in 3.11.7, which has the checks of 3.11.4",
                "An empty needle is found at the start of a search, or by `rfind` at its end, even if the end \
                 lies before the start.";
            NothingIsBehindTheEnd nothing_is_behind_the_end: [RuleRange::since("3.15")],
                "seen in 3.15.2; not in 3.14.10",
                "A search that starts behind the end finds nothing, not even an empty needle.";
            FlushTakesFlags flush_takes_flags: [RuleRange::since("3.15")],
                "documentation, `mmap.flush`",
                "`flush` takes `flags`, and its size is by default the rest of the map behind the offset.";
            SizeNeedsNoDescriptor size_needs_no_descriptor: [RuleRange::since("3.15"), RuleRange::EVERY.with(Capability::Sections)],
                "seen in 3.15.2, and in 3.11.9 on Windows; not in 3.14.10 on Linux",
                "`size()` of an anonymous map is its length, and with `trackfd=False` the refusal names that as \
                 the reason. Before, both were a bad descriptor.";
            HasSetName has_set_name: [RuleRange::since("3.15")],
                "documentation, `mmap.set_name`",
                "A map has `set_name()`.";
            SetNameIgnoresKernel set_name_ignores_kernel: [RuleRange::since("3.15")],
                "seen in 3.15.2; not in its development mode",
                "`set_name` returns `None` even if the kernel refuses the name. In development mode and in debug \
                 builds, the refusal raises `OSError`.";
            SliceRefusalOmitsNone slice_refusal_omits_none: [RuleRange::since("3.15")],
                "seen in 3.15.2; not in 3.14.10",
                "The refusal of a part of a slice does not mention `None`.";
            PackIntoNamesArguments pack_into_names_arguments: [RuleRange::since("3.15")],
                "seen in 3.15.2; not in 3.14.10",
                "`struct.pack_into` says which argument is not a writable buffer, and raises `OverflowError` for \
                 an offset that is too large, not `IndexError`.";
            HasLimits has_limits: [RuleRange::EVERY.with(Capability::ResourceLimits)],
                "seen on Linux in 2.7.18 to 3.15.2",
                "The module `resource` exists, and the system enforces its limits.";
            HasSpecialFiles has_special_files: [RuleRange::EVERY.with(Capability::SpecialFiles)],
                "seen on Linux in 2.7.18 to 3.15.2",
                "The constructor takes the descriptor of a device, and leaves it to the system to refuse that of a \
                 folder, a pipe or a socket.";
            MapsSections maps_sections: [RuleRange::EVERY.with(Capability::Sections)],
                "documentation, `mmap.mmap`, Windows version; seen in 3.11.9",
                "A map is a view of a section, which may have a name: the constructor takes `tagname`, and \
                 neither `flags` nor `prot`; a length beyond the end of a file extends it; resizing makes another \
                 section; both move the position of the file; a file that has a section cannot be made shorter.";
            CanFork can_fork: [RuleRange::EVERY.with(Capability::Fork)],
                "documentation, `os.fork`",
                "`os.fork()` exists and creates a process.";
            CanUnlinkOpenFiles can_unlink_open_files: [RuleRange::EVERY.with(Capability::UnlinkOpenFiles)],
                "documentation, `os.remove`; seen on Linux in 2.7.18 to 3.15.2",
                "The name of a file that is open or mapped can be removed or changed.";
            DiesOfDeadMemory dies_of_dead_memory: [RuleRange::EVERY.with(Capability::DeadMemory)],
                "seen on Linux in 2.7.18 to 3.15.2",
                "Touching a page that lies wholly beyond the end of its file, or that must not be touched, kills \
                 the process with a signal.";
            HasMadvise has_madvise: [RuleRange::since("3.8").with(Capability::Madvise)],
                "documentation, `mmap.madvise`; not in 3.11.9 on Windows",
                "A map has `madvise()`.";
            FlushStartsAtPages flush_starts_at_pages: [RuleRange::EVERY.without(Capability::Sections)],
                "seen on Linux in 2.7.18 to 3.15.2; not in 3.11.9 on Windows",
                "`flush` refuses an offset that is not a multiple of the page size.";
        }
    };
}
pub(crate) use table;

macro_rules! rules {
    ($($rule:ident $name:ident: [$($range:expr),+], $source:literal, $sentence:literal;)*) => {
        /// A behaviour that differs by version or platform.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $sentence] $rule,)*
        }

        /// Every row, in the order of the rules.
        const ROWS: &[RuleRow] = &[$(RuleRow {
            name: stringify!($name),
            ranges: &[$($range),+],
            source: $source,
            sentence: $sentence,
        }),*];

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: [Rule; ROWS.len()] = [$(Rule::$rule),*];
        }
    };
}
table!(rules);

impl Rule {
    /// The rule's row of the table.
    #[must_use]
    pub const fn row(self) -> &'static RuleRow {
        &ROWS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_that_reads_back_and_is_that_of_its_variant() {
        for rule in Rule::ALL {
            assert_eq!(rule.to_string().parse(), Ok(rule));
            let camel: String = rule.row().name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            assert_eq!(format!("{rule:?}"), camel);
        }
        assert!("seek".parse::<Rule>().is_err());
    }

    #[test]
    fn every_rule_has_a_source_and_says_what_holds() {
        for rule in Rule::ALL {
            let RuleRow { source, sentence, .. } = rule.row();
            assert!(["documentation", "seen", "CPython issue"].iter().any(|start| source.starts_with(start)), "{rule}");
            assert!(sentence.ends_with('.') && !source.ends_with('.'), "{rule}");
        }
    }

    /// The largest micro number that is tried. Miri is slow, and no row of the table names one larger than 25.
    const LAST_MICRO: u8 = if cfg!(miri) { 25 } else { u8::MAX };

    #[test]
    fn no_rule_is_the_same_for_all_known_versions_and_platforms() {
        let minors =
            Version::known_minors().flat_map(|minor| (0..=LAST_MICRO).map(move |micro| Version::new(3, minor, micro)));
        let versions: Vec<_> = minors.chain([Version::PYTHON2]).collect();
        for rule in Rule::ALL {
            let holds: Vec<_> = Platform::ALL
                .iter()
                .flat_map(|platform| versions.iter().map(|version| rule.row().holds(*version, *platform)))
                .collect();
            assert!(holds.contains(&true) && holds.contains(&false), "{rule}");
        }
    }
}
