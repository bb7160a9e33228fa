//! The reference made wrong in one named way at a time, to test the tester.
//!
//! Each fault is a bug that an implementation of `mmap` could have. A campaign must find every one and make it small, and
//! so must the pages of the specification.

mod fatal;
mod forked;
mod keeping;
mod leaking;
mod limited;
mod reentrant;
mod steps;
mod wrong;

use fatal::{
    SIGBUS, SIGSEGV, dead_raises, dead_writes, dead_zeros, dies_if, dies_of, has_dead_pages, is_given_a_view,
    searches_to_a_page, tail_is_dead,
};
use forked::{as_of_a_copy, at_fork, at_wait, bytes_of, close_of, first_position, length_of, position_of, unshared};
use keeping::{Keeper, closing_resize, follows_file, frozen};
use leaking::{if_done, if_raised, keeping_close, leak_descriptor, leak_memory, leave_file};
use limited::{closed_for, granted, in_spite, put_back, renumbered};
use mmapcheck_reference::{MemoryStore, Reference};
use mmapcheck_spec::{
    Detail, FileState, LimitOp, Op, Outcome, Profile, Snapshot, Step, Stepper, TargetError, TargetInfo, Value, World,
};
use mmapcheck_targets::InProcess;
use reentrant::{
    converted_twice, lost_exception, lost_export, never_asked, stale_end, stale_length, stale_position, stale_range,
    used_after_close,
};
use std::path::Path;
use steps::{
    EFBIG, EINVAL, EMFILE, ENOMEM, PAGE, StepResult, as_op, boolean, first_args, map_int, none, plain_int, raised, text,
};
use wrong::{
    across_page, as_class, beyond, chomped, clamped_index, cut_write, dead_part, dirty_resize, empty_needle,
    equal_bytes, far_offset, first_byte, forgive, forgive_with, forward_move, forward_slice, from_zero,
    harmless_resize, lazy_resize, line_to_zero, low_bits, moving_write, negative_end, never_true, no_index_objects,
    no_last_byte, no_negative, none_start, numberless, numbers, on, private, read_in_place, read_negative, read_none,
    relative_find, released, restarting_next, rewinding_resize, reworded, short_line, substring, swapped,
    swapped_bytes, whence, whole_file, without_keyword, wrapped_byte,
};

/// One way to be wrong.
pub struct Mutant {
    /// Its name.
    pub name: &'static str,
    /// How many steps a case may have from which nothing can be taken away any more: where a fault shows in more than one
    /// way, such as in a file that is long and in a map that was made long, those of the longest.
    pub longest: usize,
    wrong: Wrong,
}

/// What is done wrong.
#[derive(Clone, Copy)]
enum Wrong {
    /// A step.
    Step(fn(&mut Reference, &Step) -> StepResult),
    /// A step, by what is remembered of those before.
    Keeping(fn(&mut Keeper, &Step) -> StepResult),
    /// A step of a reference in memory, which plays children as well.
    Playing(fn(&mut Reference<MemoryStore>, &Step) -> StepResult),
}

/// The reference with one fault.
pub struct MutantTarget {
    performer: Performer,
}

/// Who does what is wrong.
enum Performer {
    Stepping(Reference, fn(&mut Reference, &Step) -> StepResult),
    Keeping(Keeper, fn(&mut Keeper, &Step) -> StepResult),
    Playing(Reference<MemoryStore>, fn(&mut Reference<MemoryStore>, &Step) -> StepResult),
}

impl Performer {
    /// The reference.
    fn reference(&mut self) -> &mut dyn Stepper {
        match self {
            Performer::Stepping(reference, _) => reference,
            Performer::Keeping(keeper, _) => &mut keeper.reference,
            Performer::Playing(reference, _) => reference,
        }
    }
}

impl MutantTarget {
    /// A target: the reference for this profile with this fault, with files in this folder.
    ///
    /// # Errors
    /// Where the folder cannot be used.
    pub fn target(
        fault: &'static Mutant,
        profile: Profile,
        dir: &Path,
    ) -> Result<InProcess<MutantTarget>, TargetError> {
        let info = TargetInfo::of_profile(profile, format!("the reference, wrong: {}", fault.name));
        let on_files = || Reference::new(profile, dir);
        let performer = match fault.wrong {
            Wrong::Step(wrong) => Performer::Stepping(on_files()?, wrong),
            Wrong::Keeping(wrong) => Performer::Keeping(Keeper::new(on_files()?, dir), wrong),
            Wrong::Playing(wrong) => Performer::Playing(Reference::in_memory(profile)?, wrong),
        };
        Ok(InProcess::new(MutantTarget { performer }, info))
    }
}

impl Stepper for MutantTarget {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        if let Performer::Keeping(keeper, _) = &mut self.performer {
            keeper.forget();
        }
        self.performer.reference().begin(world)
    }

    fn step(&mut self, step: &Step) -> StepResult {
        match &mut self.performer {
            Performer::Stepping(reference, wrong) => wrong(reference, step),
            Performer::Keeping(keeper, wrong) => wrong(keeper, step),
            Performer::Playing(reference, wrong) => wrong(reference, step),
        }
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        self.performer.reference().look(closely, detail)
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.performer.reference().finish(detail)
    }
}

macro_rules! mutants {
    ($( $(#[$doc:meta])* $list:ident of $kind:ident { $( $name:literal ($longest:literal): $wrong:expr; )* } )*) => {
        $(
            $(#[$doc])*
            pub static $list: &[Mutant] = &[$(Mutant { name: $name, longest: $longest, wrong: Wrong::$kind($wrong) }),*];
        )*
    };
}

mutants! {
/// Those that do single steps wrong.
MUTANTS of Step {
    "find ignores end" (2): |m, s| on(m, s, Op::Find, |m, s| m.step(&first_args(s, 2)));
    "find starts at 0, not at the position" (3): |m, s| on(m, s, Op::Find, from_zero);
    "rfind starts at 0, not at the position" (3): |m, s| on(m, s, Op::RFind, from_zero);
    "find counts from start" (3): |m, s| on(m, s, Op::Find, relative_find);
    "find never finds nothing" (2): |m, s| on(m, s, Op::Find, empty_needle);
    "find misses what lies across a page" (3): |m, s| on(m, s, Op::Find, across_page);
    "rfind finds the first" (3): |m, s| on(m, s, Op::RFind, |m, s| m.step(&as_op(s, Op::Find)));
    "read leaves the position" (2): |m, s| on(m, s, Op::Read, read_in_place);
    "read(None) reads nothing" (2): |m, s| on(m, s, Op::Read, read_none);
    "read of a negative count reads nothing" (2): |m, s| on(m, s, Op::Read, read_negative);
    "readline leaves out the newline" (3): |m, s| on(m, s, Op::ReadLine, chomped);
    "readline ends at a zero byte" (3): |m, s| on(m, s, Op::ReadLine, line_to_zero);
    "read_byte is signed" (6): |m, s| on(m, s, Op::ReadByte, |m, s| map_int(m.step(s), |b| if b > 127 { b - 256 } else { b }));
    "a read-only map takes a write" (2): |m, s| forgive(m, s, Op::Write, "TypeError", "readonly");
    "a write that does not fit is cut" (3): |m, s| on(m, s, Op::Write, cut_write);
    "write_byte wraps around" (3): |m, s| on(m, s, Op::WriteByte, wrapped_byte);
    "ACCESS_COPY reaches the file" (2): |m, s| on(m, s, Op::New, |m, s| m.step(&swapped(s, "ACCESS_COPY", "ACCESS_WRITE")));
    "MAP_PRIVATE is shared" (2): |m, s| on(m, s, Op::New, |m, s| m.step(&swapped(s, "MAP_PRIVATE", "MAP_SHARED")));
    "the offset is ignored" (1): |m, s| on(m, s, Op::New, |m, s| m.step(&without_keyword(s, "offset")));
    "the length is ignored" (1): |m, s| on(m, s, Op::New, whole_file);
    "move copies forward when ranges overlap" (2): |m, s| on(m, s, Op::Move, forward_move);
    "move past the end is cut" (2): |m, s| forgive(m, s, Op::Move, "ValueError", "out of range");
    "close does not mind a memoryview" (3): |m, s| forgive(m, s, Op::Close, "BufferError", "");
    "release does nothing" (4): |m, s| on(m, s, Op::ViewRelease, |_, _| none());
    "a view of a read-only map says it is writable" (3): |m, s| on(m, s, Op::ViewReadonly, |m, s| m.step(s).map(never_true));
    "a slice of another size is taken" (2): |m, s| forgive(m, s, Op::SetSlice, "IndexError", "wrong size");
    "the step of a slice is ignored" (2): |m, s| on(m, s, Op::GetStep, |m, s| m.step(&as_op(&first_args(s, 2), Op::GetSlice)));
    "a negative index is refused" (2): |m, s| on(m, s, Op::GetItem, no_negative);
    "an index past the end gives the last byte" (2): |m, s| on(m, s, Op::GetItem, clamped_index);
    "a byte can be set from bytes" (2): |m, s| forgive(m, s, Op::SetItem, "TypeError", "must be an int");
    "items can be deleted" (2): |m, s| forgive(m, s, Op::DelItem, "TypeError", "deletion");
    "seek(x, 1) counts from 0" (3): |m, s| on(m, s, Op::Seek, |m, s| m.step(&whence(s, 1, 0)));
    "seek(x, 2) counts from 0" (2): |m, s| on(m, s, Op::Seek, |m, s| m.step(&whence(s, 2, 0)));
    "seek past the end goes to the end" (2): |m, s| forgive(m, s, Op::Seek, "ValueError", "out of range");
    "resize goes back to the start" (3): |m, s| on(m, s, Op::Resize, rewinding_resize);
    "resize leaves rubbish in what is new" (2): |m, s| on(m, s, Op::Resize, dirty_resize);
    "size is the length of the map" (3): |m, s| on(m, s, Op::Size, |m, s| m.step(&as_op(s, Op::Len)));
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
    "an OSError has lost its number" (2): |m, s| on(m, s, Op::New, |m, s| m.step(s).map(numberless));
    "pack_into writes the other way round" (2): |m, s| on(m, s, Op::Pack, |m, s| m.step(&swapped_bytes(s)));
    "find of None as its start starts at 0" (2): |m, s| on(m, s, Op::Find, none_start);
    "rfind takes a negative end for the end of the map" (2): |m, s| on(m, s, Op::RFind, negative_end);
    "readline is cut at 64 bytes" (3): |m, s| on(m, s, Op::ReadLine, |m, s| short_line(m, s, |_| 64));
    "readline ends with its page" (3): |m, s| on(m, s, Op::ReadLine, |m, s| short_line(m, s, |pos| PAGE - pos % PAGE));
    "read from beyond the end raises" (4): |m, s| on(m, s, Op::Read, |m, s| if beyond(m, s) { raised("ValueError", "read out of range") } else { m.step(s) });
    "seek(0, 1) beyond the end is allowed" (4): |m, s| if beyond(m, s) { forgive(m, s, Op::Seek, "ValueError", "out of range") } else { m.step(s) };
    "a position is 32 bits wide" (2): |m, s| on(m, s, Op::Seek, |m, s| m.step(&low_bits(s)));
    "a failed write moves the position to the end" (4): |m, s| on(m, s, Op::Write, moving_write);
    "a zero cannot be the last byte" (3): |m, s| on(m, s, Op::WriteByte, no_last_byte);
    "resize to the same length does nothing" (3): |m, s| on(m, s, Op::Resize, lazy_resize);
    "resize(0) leaves the file alone" (2): |m, s| on(m, s, Op::Resize, harmless_resize);
    "resize does not mind a memoryview" (3): |m, s| forgive(m, s, Op::Resize, "BufferError", "");
    "a read-only map can be resized" (2): |m, s| forgive(m, s, Op::Resize, "TypeError", "readonly");
    "a move of more than a page copies forward" (3): |m, s| on(m, s, Op::Move, |m, s| if plain_int(s, 2) > Some(PAGE) { forward_move(m, s) } else { m.step(s) });
    "an offset of more than a page is ignored" (1): |m, s| on(m, s, Op::New, |m, s| if far_offset(s) { m.step(&without_keyword(s, "offset")) } else { m.step(s) });
    "a second map is a private copy" (3): |m, s| on(m, s, Op::New, |m, s| if s.bind > 0 { m.step(&private(s)) } else { m.step(s) });
    "a slice bound of 2**63 overflows" (3): |m, s| on(m, s, Op::GetSlice, |m, s| if plain_int(s, 1) >= Some(1 << 63) { raised("OverflowError", "too large") } else { m.step(s) });
    "objects with __index__ are refused" (2): |m, s| on(m, s, Op::GetItem, no_index_objects);
    "a slice assigned backwards is written forwards" (2): |m, s| on(m, s, Op::SetStep, forward_slice);
    "a read-only view can be written" (3): |m, s| forgive(m, s, Op::ViewSet, "TypeError", "read-only");
    "releasing a view releases its parts" (5): |m, s| on(m, s, Op::ViewLen, dead_part);
    "close minds only the first view" (5): |m, s| if released(m, 0) { forgive(m, s, Op::Close, "BufferError", "") } else { m.step(s) };
    "an exhausted iterator starts again" (4): |m, s| on(m, s, Op::Next, restarting_next);
    "an iterator of a closed map is exhausted" (4): |m, s| m.step(s).map(|outcome| if s.op == Op::Next { as_class(outcome, "ValueError", "StopIteration") } else { outcome });
    "a closed map can be flushed" (3): |m, s| forgive(m, s, Op::Flush, "ValueError", "closed");
    "a map is used after an argument has closed it" (3): used_after_close;
    "a byte is written behind the end after its value has shrunk the map" (2): |m, s| on(m, s, Op::SetItem, stale_end);
    "read has the length of before a shrink" (2): |m, s| on(m, s, Op::Read, stale_length);
    "an argument is converted twice" (2): converted_twice;
    "read has the position of before its argument moved it" (3): |m, s| on(m, s, Op::Read, stale_position);
    "what an argument raises is lost" (2): lost_exception;
    "an argument is never asked" (2): never_asked;
    "find that fails keeps the buffer of its needle" (3): |m, s| on(m, s, Op::Find, lost_export);
    "seek has the length of before a shrink" (2): |m, s| on(m, s, Op::Seek, stale_range);
    "a private page follows the file after it was written to" (5): follows_file;
    "a copy is one from the start, not from the first write" (4): |m, s| on(m, s, Op::New, frozen);
    "a resize that fails closes the map" (2): |m, s| on(m, s, Op::Resize, closing_resize);
    "a resize that fails has lost the number of its error" (3): |m, s| on(m, s, Op::Resize, |m, s| m.step(s).map(numberless));
}
/// Those about what a process dies of, which no example shows: it would be the end of whoever tries it.
FATAL of Step {
    "a dead page is read as zeros" (3): dead_zeros;
    "a dead page is written to, and nothing happens" (3): dead_writes;
    "dead pages raise" (3): dead_raises;
    "a dead page is a SIGSEGV" (3): |m, s| dies_of(m, s, SIGBUS, SIGSEGV);
    "memory without rights is a SIGBUS" (2): |m, s| dies_of(m, s, SIGSEGV, SIGBUS);
    "flush dies of a dead page" (3): |m, s| dies_if(m, s, Op::Flush, has_dead_pages, SIGBUS);
    "a view dies of a dead page" (3): |m, s| dies_if(m, s, Op::View, has_dead_pages, SIGBUS);
    "a page is dead from the end of the file on" (4): tail_is_dead;
    "a search reads one byte behind the map" (3): |m, s| dies_if(m, s, Op::Find, searches_to_a_page, SIGSEGV);
    "a needle is read one byte too far" (2): |m, s| dies_if(m, s, Op::Find, |_, s| is_given_a_view(s), SIGSEGV);
    "a source is read one byte too far" (2): |m, s| dies_if(m, s, Op::Write, |_, s| is_given_a_view(s), SIGSEGV);
}
/// Those that show where the system refuses something.
LIMITED of Step {
    "a map is longer although its file could not grow" (3): |m, s| on(m, s, Op::Resize, |m, s| in_spite(m, s, LimitOp::LimitFile));
    "that a file cannot grow is no error" (3): |m, s| forgive(m, s, Op::Resize, "OSError", "File too large");
    "a file that cannot grow is an invalid argument" (3): |m, s| on(m, s, Op::Resize, |m, s| m.step(s).map(|outcome| renumbered(outcome, EFBIG, EINVAL)));
    "a map is made without a descriptor where none is granted" (2): |m, s| on(m, s, Op::New, |m, s| granted(m, s, LimitOp::LimitOpen));
    "that no descriptor is granted has no number" (2): |m, s| on(m, s, Op::New, |m, s| m.step(s).map(|outcome| renumbered(outcome, EMFILE, 0)));
    "a file goes back where its map cannot grow" (3): |m, s| on(m, s, Op::Resize, put_back);
    "a map that cannot grow is closed" (3): |m, s| on(m, s, Op::Resize, |m, s| closed_for(m, s, ENOMEM));
}
/// Those that remember something from step to step.
KEEPING of Keeping {
    "what was cut off comes back when the map grows again" (3): |k, s| k.regrow(s);
    "a resize refused for a memoryview forgets it" (4): |k, s| k.lose_export(s);
    "a second map sees writes only after a flush" (4): |k, s| k.stale_map(s);
    "a copy is written to the file when it is closed" (3): |k, s| k.write_back(s);
    "size goes by the name of the file" (3): |k, s| k.size_by_name(s);
}
/// Those that show in a child process, or after it.
FORKED of Playing {
    "a child moves its parent's position" (4): |m, s| at_wait(m, s, position_of);
    "a child closes its parent's maps" (4): |m, s| at_wait(m, s, close_of);
    "what a child writes to a copy is its parent's as well" (4): |m, s| at_wait(m, s, bytes_of);
    "a child's resize gives its parent another length" (4): |m, s| at_wait(m, s, length_of);
    "a child begins at the first position" (4): |m, s| at_fork(m, s, first_position);
    "a child has anonymous memory of its own" (4): |m, s| at_fork(m, s, unshared);
    "what a child writes to a file's map is lost" (4): |m, s| at_fork(m, s, as_of_a_copy);
}
/// Those that leave something behind. To see it, nothing else may happen in the process.
LEAKING of Step {
    "a constructor that fails keeps its descriptor" (1): |m, s| on(m, s, Op::New, |m, s| if_raised(m.step(s), leak_descriptor));
    "a constructor that fails keeps its memory" (1): |m, s| on(m, s, Op::New, |m, s| if_raised(m.step(s), leak_memory));
    "close keeps the descriptor" (2): |m, s| on(m, s, Op::Close, keeping_close);
    "a resize keeps the memory of before" (2): |m, s| on(m, s, Op::Resize, |m, s| if_done(m.step(s), leak_memory));
    "a resize that fails keeps memory" (2): |m, s| on(m, s, Op::Resize, |m, s| if_raised(m.step(s), leak_memory));
    "a map that goes with its last name keeps its memory" (2): |m, s| on(m, s, Op::Drop, |m, s| if_done(m.step(s), leak_memory));
    "memory of no file is a file that is left behind" (1): |m, s| on(m, s, Op::New, |m, s| if_done(m.step(s), || leave_file(s)));
}
}
