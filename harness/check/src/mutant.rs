//! Mutants: the reference with one bug each, to test the tester.
//!
//! Each bug is one that an implementation of `mmap` could have. A campaign must find every mutant and shrink its divergence,
//! and the pages of the specification must fail on it.

mod arguments;
mod fatal;
mod flagged;
mod forked;
mod keeping;
mod leaking;
mod limited;
mod long;
mod reentrant;
mod slots;
mod special;
mod steps;
mod using;
mod wrong;

use arguments::{calls_index, no_int_subclass, text_as_bytes, whole_floats};
use fatal::{
    SIGBUS, SIGSEGV, dead_raises, dead_writes, dead_zeros, dies_if, dies_of, has_dead_pages, is_given_a_view,
    searches_to_a_page, tail_is_dead,
};
use flagged::{takes_all_flags, with_flags, with_prot};
use forked::{as_of_a_copy, at_fork, at_wait, bytes_of, close_of, first_position, length_of, position_of, unshared};
use keeping::{Keeper, closing_resize, follows_file, frozen};
use leaking::{if_done, if_raised, keeping_close, leak_descriptor, leak_memory, leave_file};
use limited::{closed_for, granted, in_spite, put_back, renumbered};
use long::{eight_maps, long_needle_cut, long_needle_missed, low_16_bits, no_flush_at_end, write_of_16_bits};
use mmapcheck_reference::{MemoryStore, Reference};
use mmapcheck_spec::{
    Detail, FileState, LimitOp, Op, Outcome, Profile, Snapshot, Step, Stepper, TargetError, TargetInfo, Value, World,
};
use mmapcheck_targets::InProcess;
use reentrant::{
    converted_twice, lost_exception, lost_export, never_asked, stale_end, stale_length, stale_position, stale_range,
    used_after_close,
};
use slots::{kept_buffer, kept_item, not_from_the_end, with_part, zeroed_item};
use special::{by_size, falls_back, resized, without_size};
use std::path::Path;
use steps::{
    EFBIG, EINVAL, EMFILE, ENOMEM, PAGE, StepResult, as_op, boolean, first_args, map_int, none, plain_int, raised, text,
};
use using::{
    as_bytes, byte_instead, calling_close, cut_text, first_page, from_position, from_the_end, iterable, next_byte,
    of_base, rows_swapped, short_bytes, upper_case, without_stride, writable_view,
};
use wrong::{
    across_page, as_class, beyond, chomped, clamped_index, cut_write, dead_part, dirty_resize, empty_needle,
    equal_bytes, far_offset, first_byte, forgive, forgive_with, forward_move, forward_slice, from_zero,
    harmless_resize, lazy_resize, line_to_zero, low_bits, moving_write, names, negative_end, never_true,
    no_index_objects, no_last_byte, no_negative, none_start, numberless, numbers, on, private, read_in_place,
    read_negative, read_none, relative_find, released, restarting_next, rewinding_resize, reworded, short_line,
    substring, swapped, swapped_bytes, whence, whole_file, without_constant, without_keyword, wrapped_byte,
};

/// A mutant.
pub struct Mutant {
    /// The name: a statement of the bug.
    pub name: &'static str,
    /// The most steps of a shrunk case. Where a bug shows in several ways, such as in a long file or in a map that was resized,
    /// the number is that of the longest way.
    pub longest: usize,
    bug: Bug,
}

impl Mutant {
    /// Whether its bug is a leak, which only a count of what the process holds can show.
    #[must_use]
    pub fn leaks(&self) -> bool {
        LEAKING.iter().any(|leaking| leaking.name == self.name)
    }
}

/// Every mutant.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    [MUTANTS, FATAL, LIMITED, KEEPING, FORKED, LEAKING].into_iter().flatten()
}

/// The bug of a mutant, by what it is given.
#[derive(Clone, Copy)]
enum Bug {
    /// The reference on files.
    Step(fn(&mut Reference, &Step) -> StepResult),
    /// The reference on files, and memory of the steps before.
    Keeping(fn(&mut Keeper, &Step) -> StepResult),
    /// The reference in memory, which simulates child processes.
    Playing(fn(&mut Reference<MemoryStore>, &Step) -> StepResult),
}

/// The reference with the bug of one mutant.
pub struct MutantTarget {
    body: Body,
}

/// The reference of a mutant and its bug.
enum Body {
    Stepping(Reference, fn(&mut Reference, &Step) -> StepResult),
    Keeping(Keeper, fn(&mut Keeper, &Step) -> StepResult),
    Playing(Reference<MemoryStore>, fn(&mut Reference<MemoryStore>, &Step) -> StepResult),
}

impl Body {
    /// The reference without the bug.
    fn reference(&mut self) -> &mut dyn Stepper {
        match self {
            Body::Stepping(reference, _) => reference,
            Body::Keeping(keeper, _) => &mut keeper.reference,
            Body::Playing(reference, _) => reference,
        }
    }
}

impl MutantTarget {
    /// A target: the reference for this profile with the bug of this mutant, with its files in this folder.
    ///
    /// # Errors
    /// Where the folder cannot be used.
    pub fn target(
        mutant: &'static Mutant,
        profile: Profile,
        dir: &Path,
    ) -> Result<InProcess<MutantTarget>, TargetError> {
        let info = TargetInfo::of_profile(profile, format!("the reference, mutant: {}", mutant.name));
        let on_files = || Reference::new(profile, dir);
        let body = match mutant.bug {
            Bug::Step(wrong) => Body::Stepping(on_files()?, wrong),
            Bug::Keeping(wrong) => Body::Keeping(Keeper::new(on_files()?, dir), wrong),
            Bug::Playing(wrong) => Body::Playing(Reference::in_memory(profile)?, wrong),
        };
        Ok(InProcess::new(MutantTarget { body }, info))
    }
}

impl Stepper for MutantTarget {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        if let Body::Keeping(keeper, _) = &mut self.body {
            keeper.forget();
        }
        self.body.reference().begin(world)
    }

    fn step(&mut self, step: &Step) -> StepResult {
        match &mut self.body {
            Body::Stepping(reference, wrong) => wrong(reference, step),
            Body::Keeping(keeper, wrong) => wrong(keeper, step),
            Body::Playing(reference, wrong) => wrong(reference, step),
        }
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        self.body.reference().look(closely, detail)
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.body.reference().finish(detail)
    }
}

macro_rules! mutants {
    ($( $(#[$doc:meta])* $list:ident of $kind:ident { $( $name:literal ($longest:literal): $wrong:expr; )* } )*) => {
        $(
            $(#[$doc])*
            pub static $list: &[Mutant] = &[$(Mutant { name: $name, longest: $longest, bug: Bug::$kind($wrong) }),*];
        )*
    };
}

mutants! {
/// Mutants that do a single step wrong.
MUTANTS of Step {
    "find ignores end" (2): |m, s| on(m, s, Op::Find, |m, s| m.step(&first_args(s, 2)));
    "find starts at 0, not at the position" (3): |m, s| on(m, s, Op::Find, from_zero);
    "rfind starts at 0, not at the position" (4): |m, s| on(m, s, Op::RFind, from_zero);
    "find counts from start" (3): |m, s| on(m, s, Op::Find, relative_find);
    "find of an empty needle returns -1" (2): |m, s| on(m, s, Op::Find, empty_needle);
    "find misses a match across a page boundary" (3): |m, s| on(m, s, Op::Find, across_page);
    "a long needle is not found in a long map" (2): |m, s| on(m, s, Op::Find, long_needle_missed);
    "the last byte of a long needle is not compared" (2): |m, s| on(m, s, Op::Find, long_needle_cut);
    "rfind finds the first" (3): |m, s| on(m, s, Op::RFind, |m, s| m.step(&as_op(s, Op::Find)));
    "read leaves the position" (2): |m, s| on(m, s, Op::Read, read_in_place);
    "read(None) reads nothing" (2): |m, s| on(m, s, Op::Read, read_none);
    "read of a negative count reads nothing" (2): |m, s| on(m, s, Op::Read, read_negative);
    "readline leaves out the newline" (3): |m, s| on(m, s, Op::ReadLine, chomped);
    "readline ends at a zero byte" (3): |m, s| on(m, s, Op::ReadLine, line_to_zero);
    "read_byte is signed" (6): |m, s| on(m, s, Op::ReadByte, |m, s| map_int(m.step(s), |b| if b > 127 { b - 256 } else { b }));
    "a read-only map takes a write" (2): |m, s| forgive(m, s, Op::Write, "TypeError", "readonly");
    "a write that does not fit is cut" (3): |m, s| on(m, s, Op::Write, cut_write);
    "a write keeps the low 16 bits of its length" (2): |m, s| on(m, s, Op::Write, write_of_16_bits);
    "write_byte wraps around" (3): |m, s| on(m, s, Op::WriteByte, wrapped_byte);
    "ACCESS_COPY reaches the file" (2): |m, s| on(m, s, Op::New, |m, s| m.step(&swapped(s, "ACCESS_COPY", "ACCESS_WRITE")));
    "MAP_PRIVATE is shared" (2): |m, s| on(m, s, Op::New, |m, s| m.step(&swapped(s, "MAP_PRIVATE", "MAP_SHARED")));
    "PROT_READ has the number of PROT_WRITE" (1): |m, s| on(m, s, Op::Constant, |m, s| m.step(&swapped(s, "PROT_READ", "PROT_WRITE")));
    "the module lacks MADV_FREE" (1): |m, s| on(m, s, Op::Constant, |m, s| without_constant(m, s, "MADV_FREE"));
    "PAGESIZE is 1" (1): |m, s| on(m, s, Op::Constant, |m, s| if names(s, "PAGESIZE") { map_int(m.step(s), |_| 1) } else { m.step(s) });
    "the exception of the module is a class of its own" (1): |m, s| on(m, s, Op::Error, |_, _| boolean(false));
    "the class cannot be subclassed" (1): |m, s| on(m, s, Op::Subclass, |_, _| raised("TypeError", "not an acceptable base type"));
    "PROT_EXEC makes a map that can be written" (3): |m, s| on(m, s, Op::New, |m, s| with_prot(m, s, |prot| if prot & 7 == 4 { 7 } else { prot }));
    "PROT_WRITE without PROT_READ is refused" (1): |m, s| on(m, s, Op::New, |m, s| with_prot(m, s, |prot| if prot & 3 == 2 { -1 } else { prot }));
    "a flag that Linux does not know is refused" (1): |m, s| on(m, s, Op::New, |m, s| with_flags(m, s, |flags| if flags & 0x200 != 0 { 0 } else { flags }));
    "MAP_SHARED_VALIDATE takes every flag" (1): |m, s| on(m, s, Op::New, takes_all_flags);
    "MAP_HUGETLB falls back to small pages" (1): |m, s| on(m, s, Op::New, |m, s| with_flags(m, s, |flags| flags & !0x40000));
    "MAP_LOCKED is ignored" (3): |m, s| on(m, s, Op::New, |m, s| with_flags(m, s, |flags| flags & !0x2000));
    "MAP_GROWSDOWN is ignored" (1): |m, s| on(m, s, Op::New, |m, s| with_flags(m, s, |flags| flags & !0x100));
    "a device is refused as an empty file" (2): |m, s| on(m, s, Op::New, by_size);
    "a regular file of size 0 is left to the kernel" (1): |m, s| on(m, s, Op::New, without_size);
    "a file that cannot be mapped becomes anonymous memory" (1): |m, s| on(m, s, Op::New, falls_back);
    "a map of a device can be resized" (2): |m, s| on(m, s, Op::Resize, resized);
    "the offset is ignored" (1): |m, s| on(m, s, Op::New, |m, s| m.step(&without_keyword(s, "offset")));
    "the length is ignored" (1): |m, s| on(m, s, Op::New, whole_file);
    "move copies forward when ranges overlap" (2): |m, s| on(m, s, Op::Move, forward_move);
    "move past the end is cut" (2): |m, s| forgive(m, s, Op::Move, "ValueError", "out of range");
    "close ignores exported views" (3): |m, s| forgive(m, s, Op::Close, "BufferError", "");
    "release does nothing" (5): |m, s| on(m, s, Op::ViewRelease, |_, _| none());
    "a view of a read-only map claims to be writable" (3): |m, s| on(m, s, Op::ViewReadonly, |m, s| m.step(s).map(never_true));
    "a slice of another size is taken" (2): |m, s| forgive(m, s, Op::SetSlice, "IndexError", "wrong size");
    "the step of a slice is ignored" (2): |m, s| on(m, s, Op::GetStep, |m, s| m.step(&as_op(&first_args(s, 2), Op::GetSlice)));
    "an item is read at the low 16 bits of its index" (2): |m, s| on(m, s, Op::GetItem, |m, s| low_16_bits(m, s, 0));
    "an item is written at the low 16 bits of its index" (2): |m, s| on(m, s, Op::SetItem, |m, s| low_16_bits(m, s, 0));
    "a slice starts at the low 16 bits of its start" (2): |m, s| on(m, s, Op::GetSlice, |m, s| low_16_bits(m, s, 0));
    "move copies from the low 16 bits of its source" (2): |m, s| on(m, s, Op::Move, |m, s| low_16_bits(m, s, 1));
    "seek keeps the low 16 bits of a position" (2): |m, s| on(m, s, Op::Seek, |m, s| low_16_bits(m, s, 0));
    "a negative index is refused" (2): |m, s| on(m, s, Op::GetItem, no_negative);
    "an index past the end gives the last byte" (2): |m, s| on(m, s, Op::GetItem, clamped_index);
    "a byte can be set from bytes" (2): |m, s| forgive(m, s, Op::SetItem, "TypeError", "must be an int");
    "items can be deleted" (2): |m, s| forgive(m, s, Op::DelItem, "TypeError", "deletion");
    "seek(x, 1) counts from 0" (3): |m, s| on(m, s, Op::Seek, |m, s| m.step(&whence(s, 1, 0)));
    "seek(x, 2) counts from 0" (2): |m, s| on(m, s, Op::Seek, |m, s| m.step(&whence(s, 2, 0)));
    "seek past the end goes to the end" (2): |m, s| forgive(m, s, Op::Seek, "ValueError", "out of range");
    "resize goes back to the start" (3): |m, s| on(m, s, Op::Resize, rewinding_resize);
    "resize leaves garbage in the new bytes" (2): |m, s| on(m, s, Op::Resize, dirty_resize);
    "size is the length of the map" (3): |m, s| on(m, s, Op::Size, |m, s| m.step(&as_op(s, Op::Len)));
    "flush refuses an empty range at the end of the map" (2): |m, s| on(m, s, Op::Flush, no_flush_at_end);
    "flush checks no range" (2): |m, s| forgive(m, s, Op::Flush, "ValueError", "out of range");
    "madvise checks no start" (2): |m, s| forgive(m, s, Op::Madvise, "ValueError", "out of bounds");
    "in looks for substrings" (2): |m, s| on(m, s, Op::Contains, substring);
    "iteration gives numbers" (2): |m, s| on(m, s, Op::List, numbers);
    "next gives numbers" (3): |m, s| on(m, s, Op::Next, |m, s| m.step(s).map(first_byte));
    "== compares bytes" (2): |m, s| on(m, s, Op::Eq, equal_bytes);
    "repr is the one of before 3.9" (2): |m, s| on(m, s, Op::Repr, |_, _| text("<mmap.mmap object at 0x7f0000000000>"));
    "closed is always False" (3): |m, s| on(m, s, Op::Closed, |_, _| boolean(false));
    "a closed map can tell" (3): |m, s| forgive_with(m, s, Op::Tell, "ValueError", "closed", Value::Int(0));
    "leaving a with statement does not close" (3): |m, s| on(m, s, Op::With, |m, s| m.step(&as_op(s, Op::Enter)).map(|_| Outcome::Value(Value::None)));
    "a with statement swallows the exception" (2): |m, s| forgive(m, s, Op::WithRaise, "KeyError", "");
    "the text of a closed map's error is short" (3): |m, s| m.step(s).map(|outcome| reworded(outcome, "mmap closed or invalid", "mmap closed"));
    "an OSError of mmap() has no errno" (2): |m, s| on(m, s, Op::New, |m, s| m.step(s).map(numberless));
    "pack_into writes in the other byte order" (2): |m, s| on(m, s, Op::Pack, |m, s| m.step(&swapped_bytes(s)));
    "find(x, None) starts at 0" (2): |m, s| on(m, s, Op::Find, none_start);
    "rfind takes a negative end as the end of the map" (2): |m, s| on(m, s, Op::RFind, negative_end);
    "readline is cut at 64 bytes" (3): |m, s| on(m, s, Op::ReadLine, |m, s| short_line(m, s, |_| 64));
    "readline ends with its page" (3): |m, s| on(m, s, Op::ReadLine, |m, s| short_line(m, s, |pos| PAGE - pos % PAGE));
    "read from beyond the end raises" (4): |m, s| on(m, s, Op::Read, |m, s| if beyond(m, s) { raised("ValueError", "read out of range") } else { m.step(s) });
    "seek(0, 1) beyond the end is allowed" (4): |m, s| if beyond(m, s) { forgive(m, s, Op::Seek, "ValueError", "out of range") } else { m.step(s) };
    "a position is 32 bits wide" (2): |m, s| on(m, s, Op::Seek, |m, s| m.step(&low_bits(s)));
    "a failed write moves the position to the end" (4): |m, s| on(m, s, Op::Write, moving_write);
    "a zero cannot be the last byte" (4): |m, s| on(m, s, Op::WriteByte, no_last_byte);
    "resize to the same length does nothing" (3): |m, s| on(m, s, Op::Resize, lazy_resize);
    "resize(0) leaves the file alone" (2): |m, s| on(m, s, Op::Resize, harmless_resize);
    "resize ignores exported views" (3): |m, s| forgive(m, s, Op::Resize, "BufferError", "");
    "a read-only map can be resized" (2): |m, s| forgive(m, s, Op::Resize, "TypeError", "readonly");
    "a move of more than a page copies forward" (3): |m, s| on(m, s, Op::Move, |m, s| if plain_int(s, 2) > Some(PAGE) { forward_move(m, s) } else { m.step(s) });
    "an offset of more than a page is ignored" (1): |m, s| on(m, s, Op::New, |m, s| if far_offset(s) { m.step(&without_keyword(s, "offset")) } else { m.step(s) });
    "a ninth open map is refused" (9): eight_maps;
    "a second map is a private copy" (3): |m, s| on(m, s, Op::New, |m, s| if s.bind > 0 { m.step(&private(s)) } else { m.step(s) });
    "a slice bound of 2**63 overflows" (3): |m, s| on(m, s, Op::GetSlice, |m, s| if plain_int(s, 1) >= Some(1 << 63) { raised("OverflowError", "too large") } else { m.step(s) });
    "objects with __index__ are refused" (2): |m, s| on(m, s, Op::GetItem, no_index_objects);
    "__index__ of a subclass of int is called" (2): calls_index;
    "a subclass of int is refused" (2): |m, s| on(m, s, Op::GetItem, no_int_subclass);
    "a float without a fraction is a number" (2): whole_floats;
    "text is written as UTF-8" (2): |m, s| on(m, s, Op::Write, text_as_bytes);
    "a slice assigned backwards is written forwards" (2): |m, s| on(m, s, Op::SetStep, forward_slice);
    "!= is always true" (2): |m, s| on(m, s, Op::Ne, |_, _| boolean(true));
    "copy.copy gives nothing" (2): |m, s| forgive(m, s, Op::Copy, "TypeError", "");
    "copy.deepcopy gives nothing" (2): |m, s| forgive(m, s, Op::DeepCopy, "TypeError", "");
    "pickle.dumps gives nothing" (2): |m, s| forgive(m, s, Op::Pickle, "TypeError", "");
    "the size of the object is not that of its struct" (2): |m, s| on(m, s, Op::SizeOf, |_, _| boolean(false));
    "a map is an instance of Iterable" (2): |m, s| on(m, s, Op::IsInstance, iterable);
    "an attribute that is missing is None" (2): |m, s| forgive(m, s, Op::GetAttr, "AttributeError", "");
    "any attribute can be set" (2): |m, s| forgive(m, s, Op::SetAttr, "AttributeError", "");
    "any attribute can be deleted" (2): |m, s| forgive(m, s, Op::DelAttr, "AttributeError", "");
    "closed can be set" (2): |m, s| forgive(m, s, Op::SetClosed, "AttributeError", "");
    "a map cannot be referred to weakly" (2): |m, s| on(m, s, Op::WeakRef, |_, _| raised("TypeError", "cannot create weak reference to 'mmap.mmap' object"));
    "the collector does not track a map" (2): |m, s| on(m, s, Op::IsTracked, |_, _| boolean(false));
    "a map does not refer to its class" (2): |m, s| on(m, s, Op::Referents, |m, s| map_int(m.step(s), |_| 0));
    "a map without a name stays" (1): |m, s| on(m, s, Op::Gone, |m, s| m.step(s).map(never_true));
    "a subclass makes objects of its base" (2): |m, s| on(m, s, Op::Sub, |m, s| m.step(&as_op(s, Op::New)));
    "repr of an object of a subclass names the base" (2): |m, s| on(m, s, Op::Repr, of_base);
    "__exit__ calls the close of a subclass" (3): |m, s| on(m, s, Op::Exit, calling_close);
    "an attribute of a subclass keeps its value" (3): |m, s| on(m, s, Op::SetAttr, |_, _| none());
    "a closed map joins nothing" (3): |m, s| forgive(m, s, Op::Join, "TypeError", "");
    "the last byte is not appended" (2): |m, s| on(m, s, Op::Append, short_bytes);
    "a number has whole bytes" (2): |m, s| on(m, s, Op::BitLength, |m, s| map_int(m.step(s), |bits| (bits + 7) / 8 * 8));
    "text ends at a zero byte" (3): |m, s| on(m, s, Op::Decode, cut_text);
    "a digest ends at the first page" (3): |m, s| on(m, s, Op::Digest, first_page);
    "a closed map can be compressed" (3): |m, s| forgive(m, s, Op::Compress, "ValueError", "closed");
    "a file in memory begins at the position" (3): |m, s| on(m, s, Op::BytesIo, from_position);
    "an array takes the bytes of a closed map" (3): |m, s| forgive(m, s, Op::ArrayFrom, "ValueError", "closed");
    "from_buffer takes a read-only map" (2): |m, s| forgive(m, s, Op::FromBuffer, "TypeError", "writable");
    "a C character lies at a negative offset from the end" (2): |m, s| on(m, s, Op::FromBufferCopy, from_the_end);
    "a C character is written one byte too far" (2): |m, s| on(m, s, Op::SetFromBuffer, next_byte);
    "a type has no mapping length" (2): |m, s| on(m, s, Op::MappingSize, |_, _| raised("TypeError", "object of type 'mmap.mmap' has no len()"));
    "PySequence_Size is the position" (2): |m, s| on(m, s, Op::SequenceSize, |m, s| m.step(&as_op(s, Op::Tell)));
    "PySequence_GetItem gives a number" (2): |m, s| on(m, s, Op::SequenceGetItem, |m, s| m.step(&as_op(s, Op::GetItem)));
    "PySequence_GetItem counts no index from the end" (2): |m, s| on(m, s, Op::SequenceGetItem, not_from_the_end);
    "PySequence_SetItem takes the index behind the last" (2): |m, s| forgive_with(m, s, Op::SequenceSetItem, "IndexError", "out of range", Value::Int(0));
    "PySequence_SetItem writes to a read-only map" (2): |m, s| forgive_with(m, s, Op::SequenceSetItem, "TypeError", "readonly", Value::Int(0));
    "PySequence_SetItem writes nothing" (2): |m, s| on(m, s, Op::SequenceSetItem, kept_item);
    "PySequence_SetItem takes any bytes" (2): |m, s| forgive_with(m, s, Op::SequenceSetItem, "IndexError", "length-1", Value::Int(0));
    "PySequence_DelItem writes a zero" (2): |m, s| on(m, s, Op::SequenceDelItem, zeroed_item);
    "PySequence_GetSlice reads one byte less" (2): |m, s| on(m, s, Op::SequenceGetSlice, short_bytes);
    "PySequence_SetSlice takes a value of another length" (2): |m, s| forgive_with(m, s, Op::SequenceSetSlice, "IndexError", "wrong size", Value::Int(0));
    "PySequence_DelSlice deletes nothing and succeeds" (2): |m, s| forgive_with(m, s, Op::SequenceDelSlice, "TypeError", "deletion", Value::Int(0));
    "a map can be repeated" (2): |m, s| forgive(m, s, Op::SequenceRepeat, "TypeError", "repeated");
    "a map can be concatenated" (2): |m, s| forgive(m, s, Op::SequenceConcat, "TypeError", "concatenated");
    "a map can be concatenated in place" (2): |m, s| forgive(m, s, Op::SequenceInPlaceConcat, "TypeError", "concatenated");
    "PySequence_Contains finds nothing" (2): |m, s| on(m, s, Op::SequenceContains, |m, s| map_int(m.step(s), |_| 0));
    "a map has a descriptor" (2): |m, s| forgive_with(m, s, Op::AsFileDescriptor, "TypeError", "fileno", Value::Int(3));
    "a writable buffer of a read-only map is granted" (2): |m, s| forgive(m, s, Op::GetBuffer, "BufferError", "");
    "a buffer always has a format" (2): |m, s| on(m, s, Op::GetBuffer, |m, s| with_part(m, s, 4, Value::Bytes(b"B".to_vec())));
    "a buffer never has a shape" (2): |m, s| on(m, s, Op::GetBuffer, |m, s| with_part(m, s, 5, Value::None));
    "a buffer of a read-only map is not read-only" (2): |m, s| on(m, s, Op::GetBuffer, |m, s| with_part(m, s, 2, Value::Bool(false)));
    "a buffer that was refused stays exported" (3): |m, s| on(m, s, Op::GetBuffer, kept_buffer);
    "the step of a view is ignored" (4): |m, s| on(m, s, Op::ViewStep, |m, s| m.step(&as_op(&first_args(s, 2), Op::SubView)));
    "toreadonly gives a writable view" (4): |m, s| on(m, s, Op::ToReadonly, writable_view);
    "cast('H') gives single bytes" (4): |m, s| on(m, s, Op::CastShort, |m, s| m.step(&as_op(s, Op::CastByte)));
    "cast('c') gives numbers" (4): |m, s| on(m, s, Op::CastCharacter, |m, s| m.step(&as_op(s, Op::CastByte)));
    "cast('B') keeps the format" (5): |m, s| on(m, s, Op::CastByte, writable_view);
    "the rows of a view are swapped" (4): |m, s| on(m, s, Op::CastRows, rows_swapped);
    "strides are the size of an item" (4): |m, s| on(m, s, Op::ViewLayout, without_stride);
    "tobytes leaves out the last byte" (3): |m, s| on(m, s, Op::ToBytes, short_bytes);
    "tolist of a view holds bytes objects" (3): |m, s| on(m, s, Op::ToList, as_bytes);
    "hexadecimal digits are upper case" (4): |m, s| on(m, s, Op::Hex, upper_case);
    "an item of two bytes is read as one" (4): |m, s| on(m, s, Op::ViewGet, byte_instead);
    "a read-only view can be written" (3): |m, s| forgive(m, s, Op::ViewSet, "TypeError", "read-only");
    "releasing a view releases its parts" (5): |m, s| on(m, s, Op::ViewLen, dead_part);
    "close checks the first view only" (5): |m, s| if released(m, 0) { forgive(m, s, Op::Close, "BufferError", "") } else { m.step(s) };
    "an exhausted iterator starts again" (4): |m, s| on(m, s, Op::Next, restarting_next);
    "an iterator of a closed map is exhausted" (4): |m, s| m.step(s).map(|outcome| if s.op == Op::Next { as_class(outcome, "ValueError", "StopIteration") } else { outcome });
    "a closed map can be flushed" (3): |m, s| forgive(m, s, Op::Flush, "ValueError", "closed");
    "a map is used after a callback argument closed it" (3): used_after_close;
    "a byte is written past the end after its value shrank the map" (2): |m, s| on(m, s, Op::SetItem, stale_end);
    "read uses the length from before a shrink" (3): |m, s| on(m, s, Op::Read, stale_length);
    "a callback argument is converted twice" (2): converted_twice;
    "read uses the position from before its argument moved it" (3): |m, s| on(m, s, Op::Read, stale_position);
    "an exception of a callback argument is lost" (2): lost_exception;
    "a callback argument is never called" (3): never_asked;
    "a failed find keeps the buffer of its needle" (3): |m, s| on(m, s, Op::Find, lost_export);
    "seek uses the length from before a shrink" (2): |m, s| on(m, s, Op::Seek, stale_range);
    "a private page follows the file even after a write to it" (5): follows_file;
    "a private copy is made at once, not at the first write" (4): |m, s| on(m, s, Op::New, frozen);
    "a failed resize closes the map" (2): |m, s| on(m, s, Op::Resize, closing_resize);
    "an OSError of resize() has no errno" (3): |m, s| on(m, s, Op::Resize, |m, s| m.step(s).map(numberless));
}
/// Mutants of deaths. No example of the specification shows them: it would kill the interpreter that runs it.
FATAL of Step {
    "a dead page is read as zeros" (3): dead_zeros;
    "a write to a dead page is ignored" (3): dead_writes;
    "a dead page raises an exception" (3): dead_raises;
    "a dead page is a SIGSEGV" (3): |m, s| dies_of(m, s, SIGBUS, SIGSEGV);
    "memory without rights is readable" (2): |m, s| on(m, s, Op::New, |m, s| with_prot(m, s, |prot| if prot & 7 == 0 { 1 } else { prot }));
    "memory without rights is a SIGBUS" (2): |m, s| dies_of(m, s, SIGSEGV, SIGBUS);
    "flush dies of a dead page" (3): |m, s| dies_if(m, s, Op::Flush, has_dead_pages, SIGBUS);
    "a view dies of a dead page" (3): |m, s| dies_if(m, s, Op::View, has_dead_pages, SIGBUS);
    "the last page of a file is dead from the end of the file on" (4): tail_is_dead;
    "a search reads one byte past the map" (3): |m, s| dies_if(m, s, Op::Find, searches_to_a_page, SIGSEGV);
    "a search reads one byte past its needle" (2): |m, s| dies_if(m, s, Op::Find, |_, s| is_given_a_view(s), SIGSEGV);
    "a write reads one byte past its source" (2): |m, s| dies_if(m, s, Op::Write, |_, s| is_given_a_view(s), SIGSEGV);
}
/// Mutants that mishandle a resource limit.
LIMITED of Step {
    "a map grows although its file cannot" (3): |m, s| on(m, s, Op::Resize, |m, s| in_spite(m, s, LimitOp::LimitFile));
    "a resize whose file cannot grow reports success" (3): |m, s| forgive(m, s, Op::Resize, "OSError", "File too large");
    "a file that cannot grow raises EINVAL, not EFBIG" (3): |m, s| on(m, s, Op::Resize, |m, s| m.step(s).map(|outcome| renumbered(outcome, EFBIG, EINVAL)));
    "mmap() succeeds although no descriptor is available" (2): |m, s| on(m, s, Op::New, |m, s| granted(m, s, LimitOp::LimitOpen));
    "mmap() raises errno 0 if no descriptor is available" (2): |m, s| on(m, s, Op::New, |m, s| m.step(s).map(|outcome| renumbered(outcome, EMFILE, 0)));
    "a file shrinks back if its map cannot grow" (3): |m, s| on(m, s, Op::Resize, put_back);
    "a map that cannot grow is closed" (3): |m, s| on(m, s, Op::Resize, |m, s| closed_for(m, s, ENOMEM));
}
/// Mutants whose bug depends on earlier steps.
KEEPING of Keeping {
    "bytes that a resize cut off return when the map grows again" (3): |k, s| k.regrow(s);
    "a resize refused because of a view forgets the view" (4): |k, s| k.lose_export(s);
    "a second map sees writes only after a flush" (4): |k, s| k.stale_map(s);
    "a copy is written to the file when it is closed" (3): |k, s| k.write_back(s);
    "size looks the file up by name" (3): |k, s| k.size_by_name(s);
}
/// Mutants whose bug shows in a child process or after it.
FORKED of Playing {
    "a child moves its parent's position" (4): |m, s| at_wait(m, s, position_of);
    "a child closes its parent's maps" (4): |m, s| at_wait(m, s, close_of);
    "a child's write to a private copy reaches its parent" (4): |m, s| at_wait(m, s, bytes_of);
    "a child's resize gives its parent another length" (4): |m, s| at_wait(m, s, length_of);
    "a child begins at the first position" (4): |m, s| at_fork(m, s, first_position);
    "a child has anonymous memory of its own" (5): |m, s| at_fork(m, s, unshared);
    "a child's write to a map of a file is lost" (4): |m, s| at_fork(m, s, as_of_a_copy);
}
/// Mutants that leak. Their leaks can be counted only in a process without other threads.
LEAKING of Step {
    "a failed constructor leaks its descriptor" (1): |m, s| on(m, s, Op::New, |m, s| if_raised(m.step(s), leak_descriptor));
    "a failed constructor leaks its memory" (1): |m, s| on(m, s, Op::New, |m, s| if_raised(m.step(s), leak_memory));
    "close leaks the descriptor" (2): |m, s| on(m, s, Op::Close, keeping_close);
    "a resize leaks the old memory" (2): |m, s| on(m, s, Op::Resize, |m, s| if_done(m.step(s), leak_memory));
    "a failed resize leaks memory" (2): |m, s| on(m, s, Op::Resize, |m, s| if_raised(m.step(s), leak_memory));
    "a map dropped with its last name leaks its memory" (2): |m, s| on(m, s, Op::Drop, |m, s| if_done(m.step(s), leak_memory));
    "an anonymous map leaves a file behind" (1): |m, s| on(m, s, Op::New, |m, s| if_done(m.step(s), || leave_file(s)));
}
}
