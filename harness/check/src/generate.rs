//! The generator of cases, which takes its choices from any source.
//!
//! The generator chooses numbers relative to the state of the case (length, position, page, file size), so that it often hits
//! the boundaries. It leaves some operations out of each case (swarm testing), so that the others meet more often.

mod args;
mod callbacks;
mod faults;
mod flags;
mod long;
mod look;
mod maker;
mod odd;
mod options;
mod weights;

pub use options::GeneratorOptions;
pub use weights::Weights;

use crate::choices::{Choices, seeded};
use crate::limits;
use maker::Maker;
use mmapcheck_spec::{Case, Dialect, ObjectKind, Op, Step, World};

/// The case of a number in a campaign with this seed. The first ones look at the module.
#[must_use]
pub fn numbered(seed: u64, number: u64, options: &GeneratorOptions) -> Case {
    look::look(number, options).unwrap_or_else(|| generate(&mut seeded(seed, number), options))
}

/// Generates a case. Equal choices and options give equal cases.
pub fn generate(choices: &mut impl Choices, options: &GeneratorOptions) -> Case {
    let mut maker = Maker::new(choices, options);
    maker.shape();
    maker.world();
    maker.reentrant =
        options.callbacks && options.profile.dialect() == Dialect::Python3 && maker.one_in(limits::REENTRANT);
    let bag = maker.bag();
    let mut steps = Vec::with_capacity(options.steps);
    steps.extend(options.fit(maker.opening()));
    for _ in 0..maker.other_maps() {
        let args = maker.sound_map();
        steps.extend(options.fit(Step { op: Op::New, on: 0, bind: maker.maps as u8, args }));
        maker.maps += 1;
    }
    let mut wanted = if maker.one_in(8) { 1 + maker.below(options.steps) } else { options.steps };
    // Every case has a file, and starts with a map. If all operations are those of views and iterators, none can run.
    if bag.ops().all(|op| matches!(op.row().on, ObjectKind::View | ObjectKind::Iter)) {
        wanted = 0;
    }
    // A typed interface may take few of the steps.
    let mut tries = limits::TRIES * wanted;
    while steps.len() < wanted && tries > 0 && !maker.choices.is_exhausted() {
        tries -= usize::from(options.offer.is_some());
        if options.offer.is_none() && options.profile.has_limits() {
            steps.extend(maker.fault());
        }
        if let Some(step) = maker.step(&bag) {
            steps.extend(options.fit(step));
        }
    }
    maker.fork(&mut steps);
    steps.retain(|step| !options.declined.includes(step));
    Case::new(World { files: maker.world }, steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::{Arg, Implementation, Platform, Profile, SystemError, Version};
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
    fn an_operation_is_generated_as_often_as_its_weight_says() {
        let of = |weights: &[(Op, u32)], op: Op| {
            let weights = Weights::new(weights.iter().copied());
            let options = GeneratorOptions { weights, ..GeneratorOptions::all(Profile::cpython(3, 11, 7)) };
            let cases = (0..20_000).map(|case| generate(&mut crate::choices::seeded(9, case), &options));
            cases.flat_map(|case| case.into_draft().steps).filter(|step| step.op == op).count()
        };
        for (op, ratio) in [(Op::Len, 8..11), (Op::Fork, 7..13), (Op::LimitOpen, 7..13)] {
            let (once, often) = (of(&[], op), of(&[(op, 10 * Weights::ONE)], op));
            assert!((ratio.start * once..ratio.end * once).contains(&often), "{op}: {once}, {often} with weight 10");
        }
        assert_eq!(of(&[(Op::Wait, 5)], Op::Len), of(&[(Op::Wait, 9)], Op::Len));
    }

    #[test]
    fn some_cases_have_long_files_and_some_many_maps() {
        let options = GeneratorOptions::all(Profile::cpython(3, 11, 7));
        let cases = (0..20_000).map(|case| generate(&mut crate::choices::seeded(7, case), &options).into_draft());
        let (mut long, mut excerpts, mut crowded) = (0, 0, 0);
        for case in cases {
            let bytes = case.world.files.iter().map(|file| file.bytes.len()).max().unwrap_or(0);
            long += usize::from(bytes > 1 << 16);
            let given =
                case.steps.iter().filter(|step| step.op == Op::Find).filter_map(|step| Some(&step.args.first()?.arg));
            excerpts += given.filter(|arg| matches!(arg, Arg::Bytes(_, needle) if needle.len() >= 100)).count();
            crowded += usize::from(case.steps.iter().filter(|step| step.op == Op::New && step.bind >= 8).count() > 0);
        }
        assert!(long > 60 && excerpts > 60 && crowded > 60, "{long} {excerpts} {crowded}");
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
