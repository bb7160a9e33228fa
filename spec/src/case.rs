//! Cases: a world of files, and the steps done in it.

use crate::{Op, PassedArg};
use smallvec::SmallVec;

/// The place of a name: the first map is slot 0 and printed `m`, the second slot 1 and printed `m2`.
pub type Slot = u8;

/// How a file is opened, always unbuffered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `"r+b"`: for reading and writing.
    Update,
    /// `"rb"`: for reading only.
    Read,
    /// `"wb"`: for writing only, after truncation.
    Write,
    /// `"w+b"`: for reading and writing, after truncation.
    New,
}

impl Mode {
    /// Every mode with its text.
    pub const ALL: [(Mode, &'static str); 4] =
        [(Mode::Update, "r+b"), (Mode::Read, "rb"), (Mode::Write, "wb"), (Mode::New, "w+b")];

    /// The text of the mode.
    #[must_use]
    pub fn text(self) -> &'static str {
        Mode::ALL[self as usize].1
    }

    /// Whether the descriptor can be read.
    #[must_use]
    pub fn reads(self) -> bool {
        self != Mode::Write
    }

    /// Whether the descriptor can be written.
    #[must_use]
    pub fn writes(self) -> bool {
        self != Mode::Read
    }

    /// Whether opening empties the file.
    #[must_use]
    pub fn truncates(self) -> bool {
        matches!(self, Mode::Write | Mode::New)
    }
}

/// A file a case starts with. File number 0 is named `f` on disk and open as `f`; number 1 is `f2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileSpec {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// How it is open when the steps begin. Its position is at the end of what was written for
    /// `New` and `Write`, and at 0 for `Update` and `Read`, which were opened again.
    pub mode: Mode,
}

/// The files a case starts with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct World {
    /// At most [`crate::SLOTS`] of them.
    pub files: Vec<FileSpec>,
}

impl World {
    /// The files' names on disk, by number.
    #[must_use]
    pub fn path(number: usize) -> String {
        crate::notation::name(crate::ObjectKind::File, number as Slot)
    }
}

/// One operation on one thing, with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// What is done.
    pub op: Op,
    /// What it is done on; 0 where the operation is done on the module.
    pub on: Slot,
    /// The name its result is bound to, where the operation binds one.
    pub bind: Slot,
    /// Its arguments.
    pub args: SmallVec<[PassedArg; 2]>,
}

impl Step {
    /// A step with arguments by position.
    pub fn new(op: Op, on: Slot, args: impl IntoIterator<Item = crate::Arg>) -> Step {
        Step { op, on, bind: 0, args: args.into_iter().map(PassedArg::plain).collect() }
    }

    /// The step that one of its arguments does while it is converted; a legal step has at most one such argument.
    #[must_use]
    pub fn callback(&self) -> Option<&Step> {
        self.args.iter().find_map(|given| given.arg.callback())
    }
}

/// A world and the steps done in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Case {
    /// The files it starts with.
    pub world: World,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Case {
    /// The steps from this one on that one process does in one go: the step alone, or a `fork` with all that its child does.
    #[must_use]
    pub fn block(&self, at: usize) -> &[Step] {
        let steps = &self.steps[at..];
        let is_fork = steps.first().is_some_and(|step| step.op == Op::Fork);
        let ends = |step: &Step| !is_fork || step.op == Op::Wait;
        let rest = steps.iter().skip(1).take_while(|step| !ends(step)).count();
        &steps[..(1 + rest).min(steps.len())]
    }

    /// Whether a step is done by a child process.
    #[must_use]
    pub fn is_in_child(&self, at: usize) -> bool {
        let before = self.steps[..at].iter().rev().find(|step| step.op.is_of_children());
        before.is_some_and(|step| step.op == Op::Fork) && self.steps[at].op != Op::Wait
    }

    /// Every step, also those that arguments do, each before the step it is done in.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().flat_map(|step| step.callback().into_iter().chain([step]))
    }
}
