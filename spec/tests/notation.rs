//! A case printed and read back is the same case, and no text makes the reader panic.

use mmapcheck_spec::notation::{parse, print, print_answered};
use mmapcheck_spec::{
    Arg, Base, Case, Dialect, End, FileSpec, Given, Mode, Num, Op, Outcome, Step, Thing, Value, World, Wrap, constants,
    repair,
};
use proptest::prelude::*;

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
    let plus = prop_oneof![-100..100i128, edge, any::<i64>().prop_map(i128::from)];
    (base, plus).prop_map(|(base, plus)| Num { base, plus })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let repeated =
        (prop::collection::vec(any::<u8>(), 1..5), 0..3000usize).prop_map(|(unit, times)| unit.repeat(times));
    let plain = prop::collection::vec(any::<u8>(), 0..80);
    prop_oneof![plain.clone(), repeated.clone(), (plain, repeated).prop_map(|(a, b)| [a, b].concat())]
}

fn plain_arg() -> impl Strategy<Value = Arg> {
    let constant = 0..constants::ALL.len() as u8;
    prop_oneof![
        Just(Arg::Omitted),
        Just(Arg::None),
        any::<bool>().prop_map(Arg::Bool),
        num().prop_map(Arg::Int),
        num().prop_map(Arg::Index),
        prop::collection::vec(constant, 1..4).prop_map(|places| Arg::Flags(places.into_iter().collect())),
        (prop::sample::select(Wrap::ALL.to_vec()), bytes()).prop_map(|(wrap, bytes)| Arg::Bytes(wrap, bytes)),
        prop::sample::select(Thing::ALL.to_vec()).prop_map(|(thing, ..)| Arg::Thing(thing)),
        (0..4u8).prop_map(Arg::Fd),
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
        1 => (num(), step_of(plain_arg())).prop_map(|(num, act)| Arg::IndexAfter(num, Box::new(act))),
        1 => (bytes(), step_of(plain_arg())).prop_map(|(bytes, act)| Arg::BufferAfter(bytes, Box::new(act))),
    ]
}

fn step_of(arg: impl Strategy<Value = Arg>) -> impl Strategy<Value = Step> {
    let given = (prop::option::weighted(0.2, prop::sample::select(Given::KEYWORDS.to_vec())), arg)
        .prop_map(|(keyword, arg)| Given { keyword, arg });
    (prop::sample::select(Op::ALL.to_vec()), 0..4u8, 0..4u8, prop::collection::vec(given, 0..6))
        .prop_map(|(op, on, bind, args)| Step { op, on, bind, args: args.into_iter().collect() })
}

prop_compose! {
    /// A legal case: any world and steps, repaired.
    fn case()(
        files in prop::collection::vec((bytes(), prop::sample::select(Mode::ALL.to_vec())), 0..4),
        steps in prop::collection::vec(step_of(arg()), 0..20),
    ) -> Case {
        let files = files.into_iter().map(|(bytes, (mode, _))| FileSpec { bytes, mode }).collect();
        let mut case = Case { world: World { files }, steps };
        repair(&mut case);
        case
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

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
        let mut again = case.clone();
        repair(&mut again);
        prop_assert_eq!(again, case);
    }

    #[test]
    fn dropping_any_step_leaves_a_case_that_repair_makes_legal(case in case(), at in any::<prop::sample::Index>()) {
        let mut less = case;
        if !less.steps.is_empty() {
            less.steps.remove(at.index(less.steps.len()));
        }
        repair(&mut less);
        let text = print(&less);
        prop_assert!(parse(&text, 1).is_ok(), "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(>>> |[.]{3} |m|f|v|open|mmap|read|[(]|[)]|[\\[]|[\\]]|:|=|,|'|b'|[*]|-|[0-9]{1,3}|\n| |[a-z]|\\PC){0,60}") {
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
const ACTING: &str = ">>> import mmap
>>> class IndexAfter:
...     def __init__(self, value, act):
...         self.value = value
...         self.act = act
...     def __index__(self):
...         self.act()
...         return self.value
...
>>> m = mmap.mmap(-1, 9)
";

#[test]
fn what_an_argument_does_is_read_with_the_step_it_is_given_to() {
    let text = format!(
        "{ACTING}>>> def act():\n...     global m2\n...     m2 = mmap.mmap(-1, 9)\n...\n>>> m.read(IndexAfter(3, act))\n>>> m2.tell()\n"
    );
    let case = parse(&text, 1).map(|session| session.case).unwrap_or_default();
    let act = Step { bind: 1, ..Step::new(Op::New, 0, [Arg::int(-1), Arg::int(9)]) };
    let read = Step::new(Op::Read, 0, [Arg::IndexAfter(Num::plain(3), Box::new(act))]);
    assert_eq!(case.steps[1..], [read, Step::new(Op::Tell, 1, [])]);
}

#[test]
fn a_function_that_is_not_for_the_next_step_is_refused() {
    let act = ">>> def act():\n...     m.close()\n...\n";
    let refused = [
        (format!("{act}>>> m.tell()\n"), "does not use it"),
        (format!("{act}{act}>>> m.read(IndexAfter(3, act))\n"), "defined twice"),
        (">>> m.read(IndexAfter(3, act))\n".to_owned(), "used once after"),
        (format!("{act}>>> m.move(IndexAfter(3, act), IndexAfter(3, act), 1)\n"), "used once after"),
        (">>> def act():\n...     m2 = mmap.mmap(-1, 9)\n...\n>>> m.read(IndexAfter(3, act))\n".to_owned(), "'global'"),
        (
            ">>> def act():\n...     m.tell()\n...     m.close()\n...\n>>> m.read(IndexAfter(3, act))\n".to_owned(),
            "one statement|'global'",
        ),
        (format!("{act}>>> m.write(BufferAfter(b'a', act))\n"), "has not been defined"),
        (format!("{act}>>> m.read(IndexAfter(b'a', act))\n"), "a whole number"),
    ];
    for (text, why) in refused {
        let error = parse(&format!("{ACTING}{text}"), 1).map(drop).map_err(|error| error.message);
        assert!(matches!(&error, Err(message) if why.split('|').any(|why| message.contains(why))), "{text}{error:?}");
    }
}
