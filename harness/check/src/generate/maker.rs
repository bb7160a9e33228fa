//! The state of a case in the making: its world, its names so far, and steps over them.

use super::options::GeneratorOptions;
use super::weights::{Bag, Weights};
use crate::choices::Choices;
use crate::limits;
use mmapcheck_spec::{FileSpec, KindOp, Mode, ObjectKind, Op, SLOTS, Step};

/// A case in the making.
pub(super) struct Maker<'a, C> {
    pub(super) choices: &'a mut C,
    pub(super) options: &'a GeneratorOptions,
    pub(super) maps: usize,
    pub(super) views: usize,
    pub(super) iters: usize,
    pub(super) files: usize,
    /// The files of the world.
    pub(super) world: Vec<FileSpec>,
    /// Whether the case may contain callback arguments.
    pub(super) reentrant: bool,
    /// Whether the case starts with several maps.
    pub(super) several: bool,
    /// The most names of a kind that the case binds.
    pub(super) names: usize,
    /// Whether the files of the case are long.
    pub(super) long: bool,
    /// The place of the byte that occurs once in the last long file.
    pub(super) mark: usize,
}

impl<'a, C: Choices> Maker<'a, C> {
    /// A case without a world and without names.
    pub(super) fn new(choices: &'a mut C, options: &'a GeneratorOptions) -> Maker<'a, C> {
        Maker {
            choices,
            options,
            maps: 0,
            views: 0,
            iters: 0,
            files: 0,
            world: Vec::new(),
            reentrant: false,
            several: false,
            names: limits::NAMES,
            long: false,
            mark: 0,
        }
    }

    /// Chooses between a case of several maps, a long case, and any other. The first choice of an exhausted source is a cheap one.
    pub(super) fn shape(&mut self) {
        self.several = self.one_in(limits::SEVERAL);
        let rare = if self.several { limits::CROWDED } else { limits::LONG };
        match (self.below(rare) == 1, self.several) {
            (true, true) => self.names = SLOTS,
            (is_long, false) => self.long = is_long,
            (false, true) => {}
        }
    }

    /// The number of maps that are made right after the first one.
    pub(super) fn other_maps(&mut self) -> usize {
        let others = match self.several && self.options.ops.contains(&Op::New) {
            true if self.names == SLOTS => SLOTS - 1 - self.below(3),
            true => 1 + self.below(self.names - 1),
            false => 0,
        };
        others.min(self.options.steps.saturating_sub(1))
    }

    pub(super) fn below(&mut self, many: usize) -> usize {
        self.choices.below(many as u32) as usize
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(super) fn world(&mut self) {
        self.files = if self.one_in(8) { 2 } else { 1 };
        let file = |maker: &mut Self| {
            let size = maker.size();
            let mode = match maker.below(20) {
                0 | 1 => Mode::Read,
                2 => Mode::Update,
                3 if maker.one_in(3) => Mode::Write,
                _ => Mode::New,
            };
            let mut bytes = maker.content(size);
            if maker.long {
                maker.mark(&mut bytes);
            }
            FileSpec { bytes, mode }
        };
        for _ in 0..self.files {
            let made = file(self);
            self.world.push(made);
        }
    }

    /// The size of a file: mostly a few bytes, sometimes near the end of a page or several pages, rarely 0.
    pub(super) fn size(&mut self) -> usize {
        if self.long {
            return self.long_size();
        }
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

    /// The operations of this case.
    pub(super) fn bag(&mut self) -> Bag {
        let all = self.one_in(4);
        let mut bag = Bag::new();
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
                bag.add(op, self.options.weights.weight(op));
            }
        }
        bag
    }

    pub(super) fn step(&mut self, bag: &Bag) -> Option<Step> {
        let op = bag.draw(self.choices)?;
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
        let children = if can && self.comes(Op::Fork, limits::FORKING) { 1 + self.below(limits::CHILDREN) } else { 0 };
        for _ in 0..children {
            let at = 1 + self.below(steps.len());
            let end = at + self.below(limits::CHILD.min(steps.len() - at) + 1);
            steps.insert(end, Step::new(Op::Wait, 0, []));
            steps.insert(at, Step::new(Op::Fork, 0, []));
        }
    }

    /// Whether a step of this operation, which comes once in so many draws, comes now, by its weight.
    pub(super) fn comes(&mut self, op: Op, many: usize) -> bool {
        let (weight, one) = (self.options.weights.of(op) as usize, Weights::ONE as usize);
        if weight == one { self.one_in(many) } else { self.below(many * one) < weight }
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
        if *bound < self.names && (!again || *bound == 0) {
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
