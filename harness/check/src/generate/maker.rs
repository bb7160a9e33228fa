//! The state of a case in the making: its world, its names so far, and steps over them.

use super::options::GeneratorOptions;
use crate::choices::Choices;
use crate::limits;
use mmapcheck_spec::{FileSpec, KindOp, Mode, ObjectKind, Op, SLOTS, Step, World};

/// A case in the making.
pub(super) struct Maker<'a, C> {
    pub(super) choices: &'a mut C,
    pub(super) options: &'a GeneratorOptions,
    pub(super) maps: usize,
    pub(super) views: usize,
    pub(super) iters: usize,
    pub(super) files: usize,
    /// Size in bytes and mode of each file of the world.
    pub(super) world: Vec<(usize, Mode)>,
    /// Whether the case may contain callback arguments.
    pub(super) reentrant: bool,
    /// Whether the case starts with several maps.
    pub(super) several: bool,
}

impl<C: Choices> Maker<'_, C> {
    pub(super) fn below(&mut self, many: usize) -> usize {
        self.choices.below(many as u32) as usize
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(super) fn world(&mut self) -> World {
        self.files = if self.one_in(8) { 2 } else { 1 };
        let file = |maker: &mut Self| {
            let size = maker.size();
            let mode = match maker.below(20) {
                0 | 1 => Mode::Read,
                2 => Mode::Update,
                3 if maker.one_in(3) => Mode::Write,
                _ => Mode::New,
            };
            maker.world.push((size, mode));
            FileSpec { bytes: maker.content(size), mode }
        };
        World { files: (0..self.files).map(|_| file(self)).collect() }
    }

    /// The size of a file: mostly a few bytes, sometimes near the end of a page or several pages, rarely 0.
    pub(super) fn size(&mut self) -> usize {
        let page = self.options.profile.facts().page.bytes();
        if self.several && self.one_in(2) {
            return page * (1 + self.below(3)) - 2 + self.below(5);
        }
        match self.below(40) {
            0 if self.one_in(3) => 0,
            3 => 1 + self.below(8),
            1 => page * (1 + self.below(3)) - 2 + self.below(5),
            2 if self.one_in(2) => page * (1 + self.below(3)) + self.below(page),
            _ => 8 + self.below(56),
        }
    }

    /// The bytes of a file. The alphabet is small, so that searches succeed. Long contents repeat a unit, so that their printed
    /// form is short.
    pub(super) fn content(&mut self, size: usize) -> Vec<u8> {
        const ALPHABET: &[u8] = b"aaabbc\n\0";
        let unit: Vec<u8> = (0..size.min(2 + self.below(14))).map(|_| self.pick(ALPHABET)).collect();
        let mut content = unit.repeat(size.div_ceil(unit.len().max(1)));
        content.truncate(size);
        content
    }

    /// The operations of this case, each repeated by its weight.
    pub(super) fn bag(&mut self) -> Vec<Op> {
        let all = self.one_in(4);
        let mut bag = Vec::with_capacity(512);
        let (profile, files) = (self.options.profile, self.world.len());
        let makes_sense = |op: &&Op| match op.by_kind() {
            // `fork` inserts children at the end.
            KindOp::Child(_) => false,
            KindOp::Folder(_) => op.row().there.on_system(profile) && op.row().paths() <= files,
            KindOp::Use(_) | KindOp::Module(_) => op.row().there.on_system(profile),
            KindOp::Limit(_)
            | KindOp::Method(_)
            | KindOp::Map(_)
            | KindOp::Iter(_)
            | KindOp::View(_)
            | KindOp::File(_) => true,
        };
        for &op in self.options.ops.iter().filter(makes_sense) {
            if all || !self.one_in(3) {
                bag.extend(std::iter::repeat_n(op, op.row().weight.into()));
            }
        }
        bag
    }

    pub(super) fn step(&mut self, bag: &[Op]) -> Option<Step> {
        if bag.is_empty() {
            return None;
        }
        let op = self.pick(bag);
        let row = op.row();
        let on = self.slot(row.on)?;
        let mut step = Step { op, on, bind: 0, args: self.args(op) };
        if self.reentrant && self.one_in(limits::REENTRANT_STEP) {
            self.make_callback(&mut step);
        }
        if let Some(kind) = row.binds {
            step.bind = self.bind(kind);
        }
        Some(step)
    }

    /// Moves some of the steps into child processes, in one case out of [`limits::FORKING`]. An exhausted source, whose every
    /// choice is the first, chooses none.
    pub(super) fn fork(&mut self, steps: &mut Vec<Step>) {
        let is_possible = self.options.profile.can_fork() && self.options.ops.contains(&Op::Fork);
        let can = is_possible && self.options.offer.is_none() && !self.choices.is_exhausted();
        let children = if can && self.one_in(limits::FORKING) { 1 + self.below(limits::CHILDREN) } else { 0 };
        for _ in 0..children {
            let at = 1 + self.below(steps.len());
            let end = at + self.below(limits::CHILD.min(steps.len() - at) + 1);
            steps.insert(end, Step::new(Op::Wait, 0, []));
            steps.insert(at, Step::new(Op::Fork, 0, []));
        }
    }

    pub(super) fn slot(&mut self, kind: ObjectKind) -> Option<u8> {
        let bound = match kind {
            ObjectKind::Module => return Some(0),
            ObjectKind::Map => self.maps,
            ObjectKind::View => self.views,
            ObjectKind::Iter => self.iters,
            ObjectKind::File => self.files,
        };
        (bound > 0).then(|| self.below(bound) as u8)
    }

    /// The next free slot, or sometimes one that is in use.
    pub(super) fn bind(&mut self, kind: ObjectKind) -> u8 {
        let again = self.one_in(3);
        let bound = match kind {
            ObjectKind::Map => &mut self.maps,
            ObjectKind::View => &mut self.views,
            ObjectKind::Iter => &mut self.iters,
            ObjectKind::File | ObjectKind::Module => &mut self.files,
        };
        if *bound < SLOTS && (!again || *bound == 0) {
            *bound += 1;
            return (*bound - 1) as u8;
        }
        let bound = *bound;
        self.below(bound) as u8
    }

    /// The first step, which creates a map. Its arguments are nearly always valid.
    pub(super) fn opening(&mut self) -> Step {
        let args = if self.one_in(16) { self.args(Op::New) } else { self.sound_map() };
        Step { op: Op::New, on: 0, bind: self.bind(ObjectKind::Map), args }
    }
}
