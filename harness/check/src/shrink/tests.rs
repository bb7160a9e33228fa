//! Cases that are made small.

use super::*;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{FileSpec, Op, Profile, World};
use std::time::Duration;

#[test]
fn a_number_beyond_a_type_of_c_shrinks_to_its_end_in_few_runs() {
    for (number, end, shown) in [(-9_245_200_247_839_546_670, -(1 << 63) - 1, "-2**63 - 1"), (70_000, 256, "256")] {
        let is_beyond = |number: i128| if end < 0 { number <= end } else { number >= end };
        let (mut runs, new) = (0, Step::new(Op::New, 0, [Arg::int(-1), Arg::int(number)]));
        let case = Draft { world: World::default(), steps: vec![new] }.repair();
        let small = print(&shrink(case, later(), &mut |case| {
            runs += 1;
            let length = case.steps.first().and_then(|step| step.args.get(1)?.arg.number()?.as_plain());
            length.is_some_and(is_beyond)
        }));
        assert!(small.contains(&format!("mmap.mmap(-1, {shown})")) && runs <= 150, "{runs} runs: {small}");
    }
}

fn later() -> Instant {
    Instant::now() + Duration::from_hours(1)
}

fn random_case(number: u64) -> Case {
    let options = crate::generate::GeneratorOptions::all(Profile::cpython(3, 11, 7));
    crate::generate::generate(&mut crate::choices::seeded(11, number), &options)
}

#[test]
fn only_what_matters_is_left() {
    let matters = |case: &Case| case.steps.iter().any(|step| step.op == Op::Find);
    // Miri needs a minute for one.
    let count = if cfg!(miri) { 1 } else { 20 };
    let found = (0..300).map(random_case).filter(|case| matters(case)).take(count);
    for case in found.map(|case| shrink(case, later(), &mut |case| matters(case))) {
        assert_eq!(case.steps.iter().map(|step| step.op).collect::<Vec<_>>(), [Op::New, Op::Find], "{case:?}");
        assert!(case.steps[1].args.is_empty() && case.world.files.is_empty(), "{case:?}");
    }
}

#[test]
fn numbers_shrink_to_the_boundary() {
    let step = Step::new(Op::Seek, 0, [Arg::int(1 << 40)]);
    let new = Step::new(Op::New, 0, [Arg::int(-1), Arg::int(700)]);
    let case = Case::new(World::default(), vec![new, step]);
    let at_least = |case: &Case| {
        case.steps.iter().any(|step| {
            step.op == Op::Seek
                && matches!(step.args.first(), Some(PassedArg { arg: Arg::Int(num), .. }) if num.plus >= 100)
        })
    };
    let case = shrink(case, later(), &mut |case| at_least(case));
    assert_eq!(case.steps[1].args[0].arg, Arg::int(100));
}

#[test]
fn ranges_shrink_as_a_whole() {
    let new = Step::new(Op::New, 0, [Arg::int(-1), Arg::int(700)]);
    let step = Step::new(Op::SetSlice, 0, [Arg::int(90), Arg::int(98), Arg::bytes(b"xyzxyzxy")]);
    let case = Case::new(World::default(), vec![new, step]);
    let fits = |case: &Case| {
        let Some(step) = case.steps.get(1).filter(|step| step.args.len() == 3) else { return false };
        match (&step.args[0].arg, &step.args[1].arg, &step.args[2].arg) {
            (Arg::Int(from), Arg::Int(to), Arg::Bytes(_, bytes)) => {
                bytes.len() > 1 && to.plus - from.plus == bytes.len() as i128
            }
            _ => false,
        }
    };
    let case = shrink(case, later(), &mut |case| fits(case));
    let args: Vec<_> = case.steps[1].args.iter().map(|passed| passed.arg.clone()).collect();
    assert_eq!(args, [Arg::int(0), Arg::int(2), Arg::bytes(b"aa")]);
}

#[test]
fn steps_that_need_each_other_go_together() {
    let steps = [Op::New, Op::View, Op::Len, Op::ViewRelease].map(|op| Step::new(op, 0, []));
    let case = Case::new(World::default(), steps.into());
    let balanced = |case: &Case| {
        let many = |op| case.steps.iter().filter(|step| step.op == op).count();
        many(Op::View) == many(Op::ViewRelease) && many(Op::Len) == 1
    };
    let case = shrink(case, later(), &mut |case| balanced(case));
    assert_eq!(case.steps.iter().map(|step| step.op).collect::<Vec<_>>(), [Op::New, Op::Len]);
}

#[test]
fn files_shrink_to_what_is_needed() {
    let file = FileSpec { bytes: b"abc\n".repeat(if cfg!(miri) { 1025 } else { 2000 }), mode: Mode::Read };
    let case = Case::new(World { files: vec![file.clone(), file] }, Vec::new());
    let long = |case: &Case| case.world.files.iter().any(|file| file.bytes.len() > LINUX.page.bytes());
    let case = shrink(case, later(), &mut |case| long(case));
    assert_eq!(case.world.files, [FileSpec { bytes: vec![b'a'; 4097], mode: Mode::New }]);
}

#[test]
fn shrinking_stops_at_its_deadline() {
    let case = random_case(1);
    let mut asked = 0;
    let same = shrink(case.clone(), Instant::now() - Duration::from_secs(1), &mut |_| {
        asked += 1;
        true
    });
    assert_eq!((same, asked), (case, 0));
}
