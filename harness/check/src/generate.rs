//! Generating cases: one generator over any source of choices.
//!
//! Numbers are chosen relative to the state they will meet (length, position, page, size of the file), so that the
//! boundaries are hit often. Each case switches some operations off (swarm), so that the others meet more often.

mod args;
mod callbacks;
mod faults;

use crate::choices::Choices;
use crate::limits;
use mmapcheck_spec::{Case, Dialect, FileSpec, KindOp, Mode, ObjectKind, Op, Profile, SLOTS, Step, World};
use serde::{Deserialize, Serialize};

/// What may be generated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratorOptions {
    /// The operations that may occur.
    pub ops: Vec<Op>,
    /// The most steps of a case.
    pub steps: usize,
    /// Whether arguments may do a step of their own.
    pub callbacks: bool,
    /// The profile whose constants may occur.
    pub profile: Profile,
}

impl GeneratorOptions {
    /// Every operation.
    #[must_use]
    pub fn all(profile: Profile) -> GeneratorOptions {
        GeneratorOptions { ops: Op::ALL.to_vec(), steps: limits::STEPS, callbacks: true, profile }
    }

    /// No step that is there to hurt: no argument does a step of its own, no file is made shorter behind its maps, there are no
    /// child processes, and the system grants what it is asked for.
    #[must_use]
    pub fn calm(profile: Profile) -> GeneratorOptions {
        let mut mix = GeneratorOptions { callbacks: false, ..GeneratorOptions::all(profile) };
        mix.ops.retain(|op| !op.row().hostile);
        mix
    }
}

/// Makes a case.
pub fn generate(choices: &mut impl Choices, mix: &GeneratorOptions) -> Case {
    let (world, files) = (Vec::new(), 0);
    let mut maker = Maker { choices, mix, maps: 0, views: 0, iters: 0, files, world, acting: false, several: false };
    maker.several = maker.one_in(limits::SEVERAL);
    let world = maker.world();
    maker.acting = mix.callbacks && mix.profile.dialect() == Dialect::Python3 && maker.one_in(limits::REENTRANT);
    let bag = maker.bag();
    let mut steps = Vec::with_capacity(mix.steps);
    steps.push(maker.opening());
    let others = if maker.several && mix.ops.contains(&Op::New) { 1 + maker.below(SLOTS - 1) } else { 0 };
    for _ in 0..others {
        let args = maker.sound_map();
        steps.push(Step { op: Op::New, on: 0, bind: maker.maps as u8, args });
        maker.maps += 1;
    }
    let mut wanted = if maker.one_in(8) { 1 + maker.below(mix.steps) } else { mix.steps };
    // There is always a map and a file, but nothing else comes about where the bag does not make it.
    if bag.iter().all(|op| matches!(op.row().on, ObjectKind::View | ObjectKind::Iter)) {
        wanted = 0;
    }
    while steps.len() < wanted && !maker.choices.is_exhausted() {
        if maker.mix.profile.has_limits() && maker.one_in(limits::FAULT) {
            steps.extend(maker.fault());
        }
        if let Some(step) = maker.step(&bag) {
            steps.push(step);
        }
    }
    maker.fork(&mut steps);
    Case::new(world, steps)
}

struct Maker<'a, C> {
    choices: &'a mut C,
    mix: &'a GeneratorOptions,
    maps: usize,
    views: usize,
    iters: usize,
    files: usize,
    /// Size and mode of each file of the world.
    world: Vec<(usize, Mode)>,
    /// Whether arguments may do a step of their own.
    acting: bool,
    /// Whether it begins with several maps.
    several: bool,
}

impl<C: Choices> Maker<'_, C> {
    fn below(&mut self, many: usize) -> usize {
        self.choices.below(many as u32) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn world(&mut self) -> World {
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

    /// Mostly a few bytes; now and then around the end of a page, or several pages; hardly ever nothing.
    fn size(&mut self) -> usize {
        let page = self.mix.profile.facts().page.bytes();
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

    /// Few different bytes, so that searches hit. Large contents repeat, so that they print short.
    fn content(&mut self, size: usize) -> Vec<u8> {
        const ALPHABET: &[u8] = b"aaabbc\n\0";
        let unit: Vec<u8> = (0..size.min(2 + self.below(14))).map(|_| self.pick(ALPHABET)).collect();
        let mut content = unit.repeat(size.div_ceil(unit.len().max(1)));
        content.truncate(size);
        content
    }

    /// The operations of this case, each as often as its weight.
    fn bag(&mut self) -> Vec<Op> {
        let all = self.one_in(4);
        let mut bag = Vec::with_capacity(512);
        let (profile, files) = (self.mix.profile, self.world.len());
        let makes_sense = |op: &&Op| match op.by_kind() {
            // A child comes about otherwise.
            KindOp::Child(_) => false,
            KindOp::Folder(_) => op.row().there.on_system(profile) && op.row().paths() <= files,
            KindOp::Limit(_)
            | KindOp::Module(_)
            | KindOp::Method(_)
            | KindOp::Map(_)
            | KindOp::Iter(_)
            | KindOp::View(_)
            | KindOp::File(_) => true,
        };
        for &op in self.mix.ops.iter().filter(makes_sense) {
            if all || !self.one_in(3) {
                bag.extend(std::iter::repeat_n(op, op.row().weight.into()));
            }
        }
        bag
    }

    fn step(&mut self, bag: &[Op]) -> Option<Step> {
        if bag.is_empty() {
            return None;
        }
        let op = self.pick(bag);
        let row = op.row();
        let on = self.slot(row.on)?;
        let mut step = Step { op, on, bind: 0, args: self.args(op) };
        if self.acting && self.one_in(limits::REENTRANT_STEP) {
            self.make_callback(&mut step);
        }
        if let Some(kind) = row.binds {
            step.bind = self.bind(kind);
        }
        Some(step)
    }

    /// Lets children do some of the steps, now and then.
    fn fork(&mut self, steps: &mut Vec<Step>) {
        let can = self.mix.profile.can_fork() && self.mix.ops.contains(&Op::Fork);
        let children = if can && self.one_in(limits::FORKING) { 1 + self.below(limits::CHILDREN) } else { 0 };
        for _ in 0..children {
            let at = 1 + self.below(steps.len());
            let end = at + self.below(limits::CHILD.min(steps.len() - at) + 1);
            steps.insert(end, Step::new(Op::Wait, 0, []));
            steps.insert(at, Step::new(Op::Fork, 0, []));
        }
    }

    fn slot(&mut self, kind: ObjectKind) -> Option<u8> {
        let bound = match kind {
            ObjectKind::Module => return Some(0),
            ObjectKind::Map => self.maps,
            ObjectKind::View => self.views,
            ObjectKind::Iter => self.iters,
            ObjectKind::File => self.files,
        };
        (bound > 0).then(|| self.below(bound) as u8)
    }

    /// The next free name, or now and then one that is in use.
    fn bind(&mut self, kind: ObjectKind) -> u8 {
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

    /// The map a case starts with: nearly always one that can be opened.
    fn opening(&mut self) -> Step {
        let args = if self.one_in(16) { self.args(Op::New) } else { self.sound_map() };
        Step { op: Op::New, on: 0, bind: self.bind(ObjectKind::Map), args }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::{Implementation, Platform, SystemError, Version};
    use std::collections::HashSet;

    #[test]
    fn the_same_choices_make_the_same_case() {
        let mix = GeneratorOptions::all(Profile::cpython(3, 11, 7));
        for case in 0..100 {
            let make = || generate(&mut crate::choices::seeded(1, case), &mix);
            assert_eq!(make(), make());
        }
    }

    #[test]
    fn every_operation_is_generated() {
        let mix = GeneratorOptions::all(Profile::cpython(3, 11, 7));
        let cases = (0..20_000).map(|case| generate(&mut crate::choices::seeded(7, case), &mix));
        let seen: HashSet<Op> = cases.flat_map(|case| case.into_draft().steps).map(|step| step.op).collect();
        let missing: Vec<_> = Op::ALL.iter().filter(|op| !seen.contains(op)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_operation_with_a_number_or_bytes_is_given_an_argument_that_acts() {
        let mix = GeneratorOptions::all(Profile::cpython(3, 13, 0));
        let cases = (0..6000).map(|case| generate(&mut crate::choices::seeded(7, case), &mix));
        let acting = cases.flat_map(|case| case.into_draft().steps).filter(|step| step.callback().is_some());
        let seen: HashSet<(Op, Op)> = acting.filter_map(|step| Some((step.op, step.callback()?.op))).collect();
        let outer: HashSet<Op> = seen.iter().map(|(op, _)| *op).collect();
        let inner: HashSet<Op> = seen.iter().map(|(_, callback)| *callback).collect();
        let converting = |op: &&Op| op.row().params.iter().any(|param| callbacks::conversion(param.domain).is_some());
        // The constants of an argument are asked for by their names.
        let missing: Vec<_> =
            Op::ALL.iter().filter(converting).filter(|op| **op != Op::Constant && !outer.contains(op)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let missing: Vec<_> = callbacks::drawn().filter(|op| !inner.contains(op)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn no_argument_acts_where_none_may() {
        let mix = GeneratorOptions { callbacks: false, ..GeneratorOptions::all(Profile::cpython(3, 13, 0)) };
        let cases = (0..1000).map(|case| generate(&mut crate::choices::seeded(7, case), &mix));
        assert!(cases.flat_map(|case| case.into_draft().steps).all(|step| step.callback().is_none()));
    }

    #[test]
    fn the_system_refuses_what_a_case_asks_for() -> Result<(), mmapcheck_spec::TargetError> {
        let profile = Profile::cpython(3, 13, 0);
        let (mut oracle, mix) = (crate::oracle::Oracle::new(profile)?, GeneratorOptions::all(profile));
        let refusals = [SystemError::NoMemory, SystemError::TooManyFiles, SystemError::FileTooLarge];
        let mut met: std::collections::BTreeMap<i32, u32> =
            refusals.map(|error| (profile.facts().errno(error), 0)).into();
        for case in 0..6000 {
            let case = generate(&mut crate::choices::seeded(7, case), &mix);
            let answered = oracle.answer(case, &crate::oracle::AnswerOptions::new(mmapcheck_spec::Detail::Quick))?;
            for step in answered.expected.steps {
                if let Ok(mmapcheck_spec::Outcome::Raised(raise)) = step.result
                    && let Some(count) = raise.errno.and_then(|errno| met.get_mut(&errno))
                {
                    *count += 1;
                }
            }
        }
        assert!(met.values().all(|&count| count > 30), "no memory, no descriptor, no longer file: {met:?}");
        Ok(())
    }

    #[test]
    fn no_file_loses_its_name_where_the_system_keeps_it() {
        let mix =
            GeneratorOptions::all(Profile::new(Implementation::CPython, Version::new(3, 11, 9), Platform::Windows));
        let cases = (0..2000).map(|case| generate(&mut crate::choices::seeded(7, case), &mix));
        let takes_name = |step: &Step| matches!(step.op, Op::FileUnlink | Op::FileReplace);
        assert!(!cases.flat_map(|case| case.into_draft().steps).any(|step| takes_name(&step)));
    }

    #[test]
    fn only_the_operations_asked_for_are_generated() {
        let mix =
            GeneratorOptions { ops: vec![Op::Read, Op::Seek], ..GeneratorOptions::all(Profile::cpython(3, 11, 7)) };
        for case in 0..100 {
            for step in generate(&mut crate::choices::seeded(3, case), &mix).into_draft().steps {
                assert!(matches!(step.op, Op::New | Op::Read | Op::Seek), "{step:?}");
            }
        }
    }

    #[test]
    fn operations_on_what_nothing_makes_are_no_endless_search() {
        let mix =
            GeneratorOptions { ops: vec![Op::ViewLen, Op::Next], ..GeneratorOptions::all(Profile::cpython(3, 11, 7)) };
        for case in 0..100 {
            let steps = generate(&mut crate::choices::seeded(3, case), &mix).into_draft().steps;
            assert!(steps.iter().all(|step| step.op == Op::New), "{steps:?}");
        }
    }

    #[test]
    fn any_bytes_make_a_legal_case() {
        let mix = GeneratorOptions::all(Profile::cpython(3, 11, 7));
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..300 {
            let bytes: Vec<u8> = (0..random.usize(..400)).map(|_| random.u8(..)).collect();
            let case = generate(&mut arbitrary::Unstructured::new(&bytes), &mix);
            assert_eq!(case.draft().repair(), case);
        }
    }
}
