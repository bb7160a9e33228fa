//! The generator of cases, which takes its choices from any source.
//!
//! The generator chooses numbers relative to the state of the case (length, position, page, file size), so that it often hits
//! the boundaries. It leaves some operations out of each case (swarm testing), so that the others meet more often.

mod args;
mod callbacks;
mod faults;
mod look;
mod maker;
mod options;

pub use options::GeneratorOptions;

use crate::choices::{Choices, seeded};
use crate::limits;
use maker::Maker;
use mmapcheck_spec::{Case, Dialect, ObjectKind, Op, SLOTS, Step};

/// The case of a number in a campaign with this seed. The first ones look at the module.
#[must_use]
pub fn numbered(seed: u64, number: u64, options: &GeneratorOptions) -> Case {
    look::look(number, options).unwrap_or_else(|| generate(&mut seeded(seed, number), options))
}

/// Generates a case. Equal choices and options give equal cases.
pub fn generate(choices: &mut impl Choices, options: &GeneratorOptions) -> Case {
    let (world, files) = (Vec::new(), 0);
    let mut maker =
        Maker { choices, options, maps: 0, views: 0, iters: 0, files, world, reentrant: false, several: false };
    maker.several = maker.one_in(limits::SEVERAL);
    let world = maker.world();
    maker.reentrant =
        options.callbacks && options.profile.dialect() == Dialect::Python3 && maker.one_in(limits::REENTRANT);
    let bag = maker.bag();
    let mut steps = Vec::with_capacity(options.steps);
    steps.extend(options.fit(maker.opening()));
    let others = if maker.several && options.ops.contains(&Op::New) { 1 + maker.below(SLOTS - 1) } else { 0 };
    for _ in 0..others {
        let args = maker.sound_map();
        steps.extend(options.fit(Step { op: Op::New, on: 0, bind: maker.maps as u8, args }));
        maker.maps += 1;
    }
    let mut wanted = if maker.one_in(8) { 1 + maker.below(options.steps) } else { options.steps };
    // Every case has a file, and starts with a map. If all operations are those of views and iterators, none can run.
    if bag.iter().all(|op| matches!(op.row().on, ObjectKind::View | ObjectKind::Iter)) {
        wanted = 0;
    }
    // A typed interface may take few of the steps.
    let mut tries = limits::TRIES * wanted;
    while steps.len() < wanted && tries > 0 && !maker.choices.is_exhausted() {
        tries -= usize::from(options.offer.is_some());
        if options.offer.is_none() && maker.options.profile.has_limits() && maker.one_in(limits::FAULT) {
            steps.extend(maker.fault());
        }
        if let Some(step) = maker.step(&bag) {
            steps.extend(options.fit(step));
        }
    }
    maker.fork(&mut steps);
    steps.retain(|step| !options.declined.includes(step));
    Case::new(world, steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::{Implementation, Platform, Profile, SystemError, Version};
    use std::collections::HashSet;

    #[test]
    fn equal_choices_give_equal_cases() {
        let options = GeneratorOptions::all(Profile::cpython(3, 11, 7));
        for case in 0..100 {
            let make = || generate(&mut crate::choices::seeded(1, case), &options);
            assert_eq!(make(), make());
        }
    }

    #[test]
    fn every_operation_is_generated() {
        let options = GeneratorOptions::all(Profile::cpython(3, 11, 7));
        let cases = (0..20_000).map(|case| generate(&mut crate::choices::seeded(7, case), &options));
        let seen: HashSet<Op> = cases.flat_map(|case| case.into_draft().steps).map(|step| step.op).collect();
        let missing: Vec<_> = Op::ALL.iter().filter(|op| !seen.contains(op)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_operation_that_converts_an_argument_gets_a_callback_argument() {
        let options = GeneratorOptions::all(Profile::cpython(3, 13, 0));
        let cases = (0..6000).map(|case| generate(&mut crate::choices::seeded(7, case), &options));
        let reentrant = cases.flat_map(|case| case.into_draft().steps).filter(|step| step.callback().is_some());
        let seen: HashSet<(Op, Op)> = reentrant.filter_map(|step| Some((step.op, step.callback()?.op))).collect();
        let outer: HashSet<Op> = seen.iter().map(|(op, _)| *op).collect();
        let inner: HashSet<Op> = seen.iter().map(|(_, callback)| *callback).collect();
        let converting = |op: &&Op| op.row().params.iter().any(|param| callbacks::conversion(param.domain).is_some());
        // The arguments of `Constant` are names, which are not converted.
        let missing: Vec<_> =
            Op::ALL.iter().filter(converting).filter(|op| **op != Op::Constant && !outer.contains(op)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let missing: Vec<_> = callbacks::drawn().filter(|op| !inner.contains(op)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn without_the_option_there_are_no_callback_arguments() {
        let options = GeneratorOptions { callbacks: false, ..GeneratorOptions::all(Profile::cpython(3, 13, 0)) };
        let cases = (0..1000).map(|case| generate(&mut crate::choices::seeded(7, case), &options));
        assert!(cases.flat_map(|case| case.into_draft().steps).all(|step| step.callback().is_none()));
    }

    #[test]
    fn steps_run_into_each_resource_limit() -> Result<(), mmapcheck_spec::TargetError> {
        let profile = Profile::cpython(3, 13, 0);
        let (mut oracle, options) = (crate::oracle::Oracle::new(profile)?, GeneratorOptions::all(profile));
        let refusals = [SystemError::NoMemory, SystemError::TooManyFiles, SystemError::FileTooLarge];
        let mut met: std::collections::BTreeMap<i32, u32> =
            refusals.map(|error| (profile.facts().errno(error), 0)).into();
        for case in 0..6000 {
            let case = generate(&mut crate::choices::seeded(7, case), &options);
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
    fn on_windows_no_step_unlinks_or_replaces_an_open_file() {
        let options =
            GeneratorOptions::all(Profile::new(Implementation::CPython, Version::new(3, 11, 9), Platform::Windows));
        let cases = (0..2000).map(|case| generate(&mut crate::choices::seeded(7, case), &options));
        let takes_name = |step: &Step| matches!(step.op, Op::FileUnlink | Op::FileReplace);
        assert!(!cases.flat_map(|case| case.into_draft().steps).any(|step| takes_name(&step)));
    }

    #[test]
    fn the_generator_uses_only_the_operations_of_its_options() {
        let options =
            GeneratorOptions { ops: vec![Op::Read, Op::Seek], ..GeneratorOptions::all(Profile::cpython(3, 11, 7)) };
        for case in 0..100 {
            for step in generate(&mut crate::choices::seeded(3, case), &options).into_draft().steps {
                assert!(matches!(step.op, Op::New | Op::Read | Op::Seek), "{step:?}");
            }
        }
    }

    #[test]
    fn the_generator_ends_when_no_operation_can_run() {
        let options =
            GeneratorOptions { ops: vec![Op::ViewLen, Op::Next], ..GeneratorOptions::all(Profile::cpython(3, 11, 7)) };
        for case in 0..100 {
            let steps = generate(&mut crate::choices::seeded(3, case), &options).into_draft().steps;
            assert!(steps.iter().all(|step| step.op == Op::New), "{steps:?}");
        }
    }

    #[test]
    fn exhausted_choices_make_no_child() {
        let options = GeneratorOptions::all(Profile::cpython(3, 11, 7));
        for bytes in [&[][..], &[7; 40]] {
            let steps = generate(&mut arbitrary::Unstructured::new(bytes), &options).into_draft().steps;
            assert!(!steps.iter().any(|step| step.op == Op::Fork), "{steps:?}");
        }
    }

    #[test]
    fn any_bytes_give_a_legal_case() {
        let options = GeneratorOptions::all(Profile::cpython(3, 11, 7));
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..300 {
            let bytes: Vec<u8> = (0..random.usize(..400)).map(|_| random.u8(..)).collect();
            let case = generate(&mut arbitrary::Unstructured::new(&bytes), &options);
            assert_eq!(case.draft().repair(), case);
        }
    }
}
