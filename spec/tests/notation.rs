//! A case printed and read back is the same case, and no text makes the reader panic.

use mmapcheck_spec::notation::{NotationError, parse, print, print_answered};
use mmapcheck_spec::{
    Arg, Base, BytesLike, Case, Dialect, Draft, End, FileSpec, Float, IntClass, MOST_BYTES, Mode, Num, Op, Outcome,
    PassedArg, SpecialFile, Step, Text, Value, World, WrongType, constants,
};
use proptest::prelude::*;

/// The cases of each property. Miri takes seconds for a step, so it tries fewer and smaller cases.
const CASES: u32 = if cfg!(miri) { 2 } else { 2000 };
/// A case has fewer steps than this.
const STEPS: usize = if cfg!(miri) { 3 } else { 20 };
/// Some bytes are fewer than this.
const BYTES: usize = if cfg!(miri) { 8 } else { 80 };
/// Other bytes are repeated fewer times than this.
const REPEATS: usize = if cfg!(miri) { 30 } else { 3000 };

fn num() -> impl Strategy<Value = Num> {
    let base = prop_oneof![
        4 => Just(Base::Zero),
        1 => (1..9u8).prop_map(Base::Pages),
        1 => (1..9u8).prop_map(Base::Granules),
        1 => Just(Base::Len),
        1 => Just(Base::Pos),
        1 => Just(Base::FileSize),
    ];
    let edge = (0..127u32, -2..3i128, any::<bool>()).prop_map(|(power, near, minus)| {
        let value = (1i128 << power) + near;
        if minus { -value } else { value }
    });
    let plus =
        prop_oneof![-100..100i128, edge, any::<i64>().prop_map(i128::from), prop::sample::select(EXTREMES.to_vec())];
    (base, plus).prop_map(|(base, plus)| Num { base, plus })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let repeated = (prop::collection::vec(any::<u8>(), 1..5), 0..REPEATS).prop_map(|(unit, times)| unit.repeat(times));
    let plain = prop::collection::vec(any::<u8>(), 0..BYTES);
    prop_oneof![plain.clone(), repeated.clone(), (plain, repeated).prop_map(|(a, b)| [a, b].concat())]
}

fn text_arg() -> impl Strategy<Value = Text> {
    let point = prop_oneof![0..0x80u32, 0x80..0x1000u32, 0xd7f0..0xe010u32, 0x1_0000..=u32::from(char::MAX)];
    prop::collection::vec(point, 0..8).prop_filter_map("points of Unicode", |points| Text::of_points(&points))
}

fn plain_arg() -> impl Strategy<Value = Arg> {
    let constant = 0..constants::ALL.len() as u8;
    prop_oneof![
        Just(Arg::Omitted),
        Just(Arg::None),
        any::<bool>().prop_map(Arg::Bool),
        num().prop_map(Arg::Int),
        num().prop_map(Arg::Index),
        (prop::sample::select(IntClass::ALL.to_vec()), num()).prop_map(|(class, num)| Arg::OfInt(class, num)),
        prop::collection::vec(constant, 1..4).prop_map(|places| Arg::Flags(places.into_iter().collect())),
        (prop::sample::select(BytesLike::ALL.to_vec()), bytes()).prop_map(|(wrap, bytes)| Arg::Bytes(wrap, bytes)),
        any::<f64>().prop_map(|value| Arg::Float(Float::new(value))),
        text_arg().prop_map(Arg::Text),
        prop::sample::select(WrongType::ALL.to_vec()).prop_map(|(thing, ..)| Arg::WrongType(thing)),
        (0..4u8).prop_map(Arg::Fd),
        prop::sample::select(SpecialFile::ALL.to_vec()).prop_map(|(file, ..)| Arg::Special(file)),
        (0..4u8).prop_map(Arg::File),
        (0..4u8).prop_map(Arg::Map),
        (0..4u8).prop_map(Arg::View),
        (0..4u8).prop_map(Arg::Path),
        prop::sample::select(Mode::ALL.to_vec()).prop_map(|(mode, _)| Arg::Mode(mode)),
    ]
}

fn arg() -> impl Strategy<Value = Arg> {
    prop_oneof![
        6 => plain_arg(),
        1 => (num(), step_of(plain_arg())).prop_map(|(num, callback)| Arg::IndexAfter(num, Box::new(callback))),
        1 => (bytes(), step_of(plain_arg())).prop_map(|(bytes, callback)| Arg::BufferAfter(bytes, Box::new(callback))),
    ]
}

fn step_of(arg: impl Strategy<Value = Arg>) -> impl Strategy<Value = Step> {
    let given = (prop::option::weighted(0.2, prop::sample::select(PassedArg::KEYWORDS.to_vec())), arg)
        .prop_map(|(keyword, arg)| PassedArg { keyword, arg });
    (prop::sample::select(Op::ALL.to_vec()), 0..6u8, 0..6u8, prop::collection::vec(given, 0..6))
        .prop_map(|(op, on, bind, args)| Step { op, on, bind, args: args.into_iter().collect() })
}

prop_compose! {
    /// A legal case: any world and steps, repaired.
    fn case()(
        files in prop::collection::vec((bytes(), prop::sample::select(Mode::ALL.to_vec())), 0..4),
        steps in prop::collection::vec(step_of(arg()), 0..STEPS),
    ) -> Case {
        let files = files.into_iter().map(|(bytes, (mode, _))| FileSpec { bytes, mode }).collect();
        Case::new(World { files }, steps)
    }
}

/// Parts of sessions and other characters, in any order.
fn text() -> impl Strategy<Value = String> {
    let parts = [
        ">>> ", "... ", "m", "f", "v", "open", "mmap", "read", "(", ")", "[", "]", ":", "=", ",", "'", "b'", "*", "-",
        "\n", " ",
    ];
    let part = prop_oneof![
        21 => prop::sample::select(parts.to_vec()).prop_map(str::to_owned),
        1 => "[0-9]{1,3}",
        1 => "[a-z]",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..=60).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn a_case_reads_back_as_printed(case in case()) {
        for dialect in [Dialect::Python2, Dialect::Python3] {
            let text = print_answered(&case, &[], dialect);
            let back = parse(&text, 1).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(&back.case, &case, "{}", text);
        }
    }

    #[test]
    fn a_death_reads_back_as_printed(case in case(), signal in 1..65) {
        let mut answers = vec![Ok(Outcome::Value(Value::None)); case.steps.len().saturating_sub(1)];
        answers.push(Err(End::Died(signal)));
        let text = print_answered(&case, &answers, Dialect::Python3);
        let back = parse(&text, 1).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&back.case, &case, "{}", text);
        let deaths: Vec<_> = back.statements.iter().filter_map(|statement| Some((statement.step, statement.dies?))).collect();
        let last = case.steps.len().checked_sub(1).map(|last| (Some(last), signal));
        prop_assert_eq!(deaths, Vec::from_iter(last), "{}", text);
    }

    #[test]
    fn repair_leaves_a_legal_case_as_it_is(case in case()) {
        prop_assert_eq!(case.draft().repair(), case);
    }

    #[test]
    fn dropping_any_step_leaves_a_case_that_repair_makes_legal(case in case(), at in any::<prop::sample::Index>()) {
        let at = if case.steps.is_empty() { 0..0 } else { at.index(case.steps.len())..at.index(case.steps.len()) + 1 };
        let less = case.without(at);
        let text = print(&less);
        prop_assert!(parse(&text, 1).is_ok(), "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in text()) {
        let _ = parse(&text, 1);
    }

    #[test]
    fn a_changed_session_never_panics(case in case(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let mut text: Vec<char> = print(&case).chars().collect();
        let at = at.index(text.len());
        text[at] = with;
        let _ = parse(&text.into_iter().collect::<String>(), 1);
    }
}

/// The class and a map, before what is wrong.
const REENTRANT: &str = ">>> import mmap
>>> class IndexAfter:
...     def __init__(self, value, callback):
...         self.value = value
...         self.callback = callback
...     def __index__(self):
...         self.callback()
...         return self.value
...
>>> m = mmap.mmap(-1, 9)
";

#[test]
fn a_callback_is_read_as_an_argument_of_its_step() {
    let text = format!(
        "{REENTRANT}>>> def callback():\n...     global m2\n...     m2 = mmap.mmap(-1, 9)\n...\n>>> m.read(IndexAfter(3, callback))\n>>> m2.tell()\n"
    );
    let case = parse(&text, 1).map(|session| session.case).unwrap_or_default();
    let callback = Step { bind: 1, ..Step::new(Op::New, 0, [Arg::int(-1), Arg::int(9)]) };
    let read = Step::new(Op::Read, 0, [Arg::IndexAfter(Num::plain(3), Box::new(callback))]);
    assert_eq!(case.steps[1..], [read, Step::new(Op::Tell, 1, [])]);
}

#[test]
fn a_function_that_is_not_a_callback_of_the_next_step_is_refused() {
    let callback = ">>> def callback():\n...     m.close()\n...\n";
    let refused = [
        (format!("{callback}>>> m.tell()\n"), "does not use it"),
        (format!("{callback}{callback}>>> m.read(IndexAfter(3, callback))\n"), "defined twice"),
        (">>> m.read(IndexAfter(3, callback))\n".to_owned(), "used once after"),
        (format!("{callback}>>> m.move(IndexAfter(3, callback), IndexAfter(3, callback), 1)\n"), "used once after"),
        (
            ">>> def callback():\n...     m2 = mmap.mmap(-1, 9)\n...\n>>> m.read(IndexAfter(3, callback))\n".to_owned(),
            "'global'",
        ),
        (
            ">>> def callback():\n...     m.tell()\n...     m.close()\n...\n>>> m.read(IndexAfter(3, callback))\n"
                .to_owned(),
            "one statement|'global'",
        ),
        (format!("{callback}>>> m.write(BufferAfter(b'a', callback))\n"), "has not been defined"),
        (format!("{callback}>>> m.read(IndexAfter(b'a', callback))\n"), "a whole number"),
    ];
    for (text, why) in refused {
        let error = parse(&format!("{REENTRANT}{text}"), 1).map(drop).map_err(|error| error.message);
        assert!(matches!(&error, Err(message) if why.split('|').any(|why| message.contains(why))), "{text}{error:?}");
    }
}

/// The lines before a child.
const FORKING: &str = ">>> import mmap, os
>>> m = mmap.mmap(-1, 9)
";

#[test]
fn a_child_is_read_with_its_expected_answers() -> Result<(), NotationError> {
    let text = format!(
        "{FORKING}>>> if os.fork() == 0:\n...     assert m.find(b' == ') == -1\n...     assert (m == b' == ') == False\n...     \
        m2 = mmap.mmap(-1, 3)\n...     m2.close()\n...     os._exit(0)\n...\n>>> os.wait()[1]\n0\n\
        >>> m2 = mmap.mmap(-1, 4)\n"
    );
    let session = parse(&text, 1)?;
    let ops: Vec<Op> = session.case.steps.iter().map(|step| step.op).collect();
    assert_eq!(ops, [Op::New, Op::Fork, Op::Find, Op::Eq, Op::New, Op::Close, Op::Wait, Op::New]);
    let fork = session.statements.iter().find(|statement| statement.step == Some(1)).map(|statement| &statement.child);
    assert_eq!(fork, Some(&vec![Some("-1".into()), Some("False".into()), None, None]));
    // After the child, the name is free again.
    assert_eq!((session.case.steps[4].bind, session.case.steps[7].bind), (1, 1));
    let answers =
        [Value::None, Value::None, Value::Int(-1), Value::Bool(false), Value::None, Value::None, Value::Int(0)];
    let answers: Vec<_> = answers.into_iter().map(|value| Ok(Outcome::Value(value))).collect();
    assert_eq!(print_answered(&session.case, &answers, Dialect::Python3), text);
    Ok(())
}

#[test]
fn a_child_that_is_not_waited_for_or_does_not_leave_is_refused() {
    let fork = |body: &str| format!(">>> if os.fork() == 0:\n{body}...     os._exit(0)\n...\n");
    let wait = ">>> os.wait()[1]\n";
    let refused = [
        (format!("{}>>> m.tell()\n", fork("")), "waited for"),
        (fork(""), "waited for"),
        (wait.to_owned(), "needs a child"),
        (format!("{}{wait}{wait}", fork("")), "needs a child"),
        (format!(">>> if os.fork() == 0:\n...     m.tell()\n...\n{wait}"), "ends with os._exit(0)"),
        (format!("{}{wait}", fork("...     os.wait()[1]\n")), "no child of its own"),
        (format!("{}{wait}>>> m2.tell()\n", fork("...     m2 = mmap.mmap(-1, 3)\n")), "used before"),
        (format!(">>> if m.tell() == 0:\n...     os._exit(0)\n...\n{wait}"), "not a statement"),
    ];
    for (text, why) in refused {
        let error = parse(&format!("{FORKING}{text}"), 1).map(drop).map_err(|error| error.message);
        assert!(matches!(&error, Err(message) if message.contains(why)), "{text}{error:?}");
    }
}

#[test]
fn repair_ends_every_child_and_removes_nested_children() {
    let step = |op| Step::new(op, 0, []);
    let new = |bind| Step { bind, ..Step::new(Op::New, 0, [Arg::int(-1), Arg::int(9)]) };
    let acting = Step::new(Op::Read, 0, [Arg::IndexAfter(Num::plain(3), Box::new(step(Op::Close)))]);
    let steps = vec![step(Op::Wait), new(0), step(Op::Fork), new(1), step(Op::Fork), acting];
    let mut case = Case::new(World::default(), steps);
    let read = Step::new(Op::Read, 0, [Arg::Index(Num::plain(3))]);
    assert_eq!(case.steps, [new(0), step(Op::Fork), new(1), read, step(Op::Wait)]);
    assert_eq!((0..5).map(|at| case.is_in_child(at)).collect::<Vec<_>>(), [false, false, true, true, false]);
    assert_eq!(case.block(1).len(), 3);
    // A name that the child binds stays unbound in its parent.
    case.edit(|draft| draft.steps.push(Step::new(Op::Tell, 1, [])));
    assert_eq!(case.steps[5], step(Op::Tell));
}

#[test]
fn a_session_of_no_legal_case_is_an_error_of_its_line() {
    let new = ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n\n>>> m = mmap.mmap(-1, 9)\n";
    for (step, nearest) in [
        (">>> f.seek(-1)", "f.seek(0)"),
        (">>> f.write(5)", "f.write(b'')"),
        (">>> m.read(1)\n>>> m = mmap.mmap(mmap.MAP_SHARED, 9)", "m = mmap.mmap(-1, 9)"),
    ] {
        let error = parse(&format!("{new}{step}\n"), 1).map(drop).map_err(|error| (error.line, error.message));
        let line = 4 + step.lines().count();
        let fits = |message: &str| message.ends_with(&format!("the nearest is {nearest}"));
        assert!(matches!(&error, Err((at, message)) if *at == line && fits(message)), "{step}: {error:?}");
    }
}

/// A number near the largest and smallest that the notation takes.
const EXTREMES: [i128; 6] = [i128::MIN, i128::MIN + 1, i128::MIN + 2, i128::MAX, i128::MAX - 1, -(1 << 126) - 1];

#[test]
fn the_largest_numbers_read_back_as_printed() -> Result<(), NotationError> {
    for plus in EXTREMES {
        for base in [Base::Zero, Base::Len, Base::Pages(1), Base::Granules(9)] {
            let num = Num { base, plus };
            let seek = Step::new(Op::Seek, 0, [Arg::Int(num), Arg::Index(num)]);
            let case = Case::new(World::default(), vec![Step::new(Op::New, 0, [Arg::int(-1), Arg::int(9)]), seek]);
            let text = print(&case);
            assert_eq!(parse(&text, 1)?.case, case, "{text}");
        }
    }
    let text = ">>> import mmap\n>>> m = mmap.mmap(-1, 9)\n>>> m.seek(-2**126 - 2**126)\n";
    assert_eq!(print(&parse(text, 1)?.case), text);
    Ok(())
}

#[test]
fn flags_are_joined_with_numbers() -> Result<(), NotationError> {
    let session = |flags: &str| format!(">>> import mmap\n>>> m = mmap.mmap(-1, 9, {flags})\n");
    let printed = |flags: &str| parse(&session(flags), 1).map(|read| print(&read.case));
    for (flags, form) in [
        ("mmap.MAP_PRIVATE | 0x2000 | mmap.MAP_STACK", "0x22002"),
        ("flags=1 | mmap.MAP_POPULATE", "flags=0x8001"),
        ("mmap.MAP_PRIVATE | 4", "6"),
        ("mmap.MAP_PRIVATE | mmap.MAP_ANON", "mmap.MAP_PRIVATE | mmap.MAP_ANON"),
    ] {
        assert_eq!(printed(flags)?, printed(form)?);
        assert!(printed(flags)?.contains(&format!("9, {form})")), "{flags}");
    }
    assert!(printed("mmap.MAP_PRIVATE | None").is_err());
    Ok(())
}

#[test]
fn the_longest_bytes_read_back_as_printed() -> Result<(), NotationError> {
    let runs: Vec<u8> = (0..=255).flat_map(|byte| [byte; 20]).collect();
    for bytes in [runs.repeat(MOST_BYTES / runs.len() + 1), vec![7; MOST_BYTES + 1]] {
        let file = FileSpec { bytes: bytes.clone(), mode: Mode::New };
        let new = Step::new(Op::New, 0, [Arg::Fd(0), Arg::int(0)]);
        let case = Case::new(World { files: vec![file] }, vec![new, Step::new(Op::Write, 0, [Arg::bytes(&bytes)])]);
        assert_eq!(case.world.files[0].bytes.len(), MOST_BYTES);
        assert_eq!(parse(&print(&case), 1)?.case, case);
    }
    Ok(())
}

#[test]
fn no_length_of_an_expression_ends_the_stack() {
    for link in [" + b'a'", " * 2", ".x", "(1)", "[0]", " | mmap.MAP_SHARED"] {
        let text = format!(">>> import mmap\n>>> m = mmap.mmap(-1, 9)\n>>> m.write(b'a'{})\n", link.repeat(10_000));
        assert!(parse(&text, 1).is_err_and(|error| error.message.contains("operators")), "{link}");
    }
}

#[test]
fn a_name_keeps_its_meaning_when_another_one_is_no_longer_bound() {
    let new = |bind| Step { bind, ..Step::new(Op::New, 0, [Arg::int(-1), Arg::int(9)]) };
    let on = |op, on| Step::new(op, on, []);
    let case = Case::new(World::default(), vec![new(0), new(1), new(2), on(Op::Tell, 2), on(Op::Len, 0)]);
    assert_eq!(case.without(1..2).steps, [new(0), new(1), on(Op::Tell, 1), on(Op::Len, 0)]);
    assert_eq!(case.without(0..1).steps, [new(0), new(1), on(Op::Tell, 1), on(Op::Len, 0)]);
    let draft = Draft { steps: vec![new(9), new(7), on(Op::Tell, 9), on(Op::Len, 7)], ..Draft::default() };
    assert_eq!(draft.repair().steps, [new(0), new(1), on(Op::Tell, 0), on(Op::Len, 1)]);
}

#[test]
fn the_steps_kept_by_a_sieve_are_a_legal_case_of_their_own() {
    let new =
        |bind| Step { bind, ..Step::new(Op::New, 0, [Arg::int(-1), Arg::Int(Num { base: Base::Pages(2), plus: 1 })]) };
    let tell = |on| Step::new(Op::Tell, on, []);
    let case = Case::new(World::default(), vec![new(0), new(1), new(2), tell(2)]);
    let sifted = || {
        let mut sieve = case.clone().sift();
        for at in 0..3 {
            let step = sieve.next(|_, base| if base == Base::Pages(2) { 8192 } else { 0 }).expect("a step");
            if at == 1 { sieve.leave_out(step) } else { sieve.keep(step) }
        }
        sieve
    };
    let plain = |bind| Step { bind, ..Step::new(Op::New, 0, [-1, 8193].map(Arg::int)) };
    let (kept, left_out) = sifted().finish();
    assert_eq!(kept.steps, [plain(0), plain(2)]);
    assert_eq!(left_out, [(1, plain(1))]);
    let whole = [plain(0), plain(1), plain(2)];
    assert_eq!(kept.restored(left_out).steps, whole);
    assert_eq!(sifted().restore().steps, [&whole[..], &[tell(2)]].concat());
}

#[test]
fn a_case_up_to_a_step_keeps_its_slots_and_waits_for_its_child() {
    let new = |bind| Step { bind, ..Step::new(Op::New, 0, [-1, 9].map(Arg::int)) };
    let (fork, tell) = (Step::new(Op::Fork, 0, []), Step::new(Op::Tell, 1, []));
    let wait = Step::new(Op::Wait, 0, []);
    let steps = vec![new(0), new(1), fork.clone(), tell.clone(), tell.clone(), wait.clone(), tell.clone()];
    let mut sieve = Case::new(World::default(), steps).sift();
    let first = sieve.next(|_, _| 0).expect("a step");
    sieve.leave_out(first);
    while let Some(step) = sieve.next(|_, _| 0) {
        sieve.keep(step);
    }
    let (case, _) = sieve.finish();
    assert_eq!(case.until(3).steps, [new(1), fork.clone(), tell.clone(), wait.clone()]);
    assert_eq!(case.until(5).steps, [new(1), fork, tell.clone(), tell, wait]);
}

#[test]
fn a_callback_that_names_what_was_left_out_is_told() {
    let new = |bind| Step { bind, ..Step::new(Op::New, 0, [Arg::int(-1), Arg::int(9)]) };
    let read = |slot| {
        let callback = Box::new(Step::new(Op::Close, slot, []));
        Step::new(Op::Read, 0, [Arg::IndexAfter(Num::plain(1), callback)])
    };
    let mut sieve = Case::new(World::default(), vec![new(0), new(1), new(2), read(1), read(2)]).sift();
    let unbound = [true, false, true, false, true].map(|kept| {
        let step = sieve.next(|_, _| 0).expect("a step");
        let names_unbound = sieve.names_unbound(&step);
        if kept {
            sieve.keep(step)
        } else {
            sieve.leave_out(step)
        }
        names_unbound
    });
    assert_eq!(unbound, [false, false, false, true, false]);
    let (case, _) = sieve.finish();
    assert_eq!(case.steps, [new(0), new(2), read(2)], "names keep their slots");
    assert!(parse(&print(&case), 1).is_ok_and(|session| session.case == case.draft().repair()), "{}", print(&case));
}
