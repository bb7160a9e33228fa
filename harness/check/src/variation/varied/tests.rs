//! Sessions with variations switched on.

use super::*;
use crate::variation::{Change, Condition, Property, Reply, in_order};
use mmapcheck_spec::Rule;
use mmapcheck_spec::notation::parse;

/// The result of the last step of a session, with setting an item wrapped at 8 bits.
fn last(session: &str) -> Result<StepResult, Box<dyn std::error::Error>> {
    let wraps = Effect::Does(Change::Wraps(1, 8, false));
    let variation = Variation { ops: vec![Op::SetItem], when: Vec::new(), effect: wraps };
    let mut varied = Varied::new(Profile::cpython(3, 11, 7))?;
    varied.vary(&in_order([&variation]));
    let case = parse(session, 1)?.case;
    varied.begin(&case.world)?;
    let results: Vec<_> = case.steps.iter().map(|step| varied.step(step)).collect();
    Ok(results.into_iter().next_back().ok_or("no step")?)
}

#[test]
fn a_step_that_a_variation_does_not_change_still_ends_the_process() -> Result<(), Box<dyn std::error::Error>> {
    const DEAD: &str = ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'abc')\n3\n\n\
        >>> m = mmap.mmap(f.fileno(), 0)\n>>> f.truncate(0)\n0\n";
    let unchanged = last(&format!("{DEAD}>>> m[1] = 98\n"))?;
    assert!(matches!(unchanged, Err(End::Died(_))), "{unchanged:?}");
    let wrapped = last(&format!("{DEAD}>>> m[1] = 300\n"))?;
    assert!(matches!(wrapped, Err(End::Died(_))), "{wrapped:?}");
    let refused = last(&format!("{DEAD}>>> m[1] = None\n"))?;
    assert!(matches!(refused, Ok(Outcome::Raised(_))), "{refused:?}");
    Ok(())
}

const OPENING: &str = ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'abc')\n3\n\n\
    >>> m = mmap.mmap(f.fileno(), 0)\n";

/// The results of the steps after the opening, with these variations.
fn results(session: &str, variations: &[Variation]) -> Result<Vec<Result<String, String>>, Box<dyn std::error::Error>> {
    let mut varied = Varied::new(Profile::cpython(3, 11, 7))?;
    varied.vary(&in_order(variations));
    let case = parse(&format!("{OPENING}{session}"), 1)?.case;
    varied.begin(&case.world)?;
    let results: Vec<_> = case.steps.iter().map(|step| varied.step(step)).collect();
    let text = |outcome: &Outcome| match outcome {
        Outcome::Value(value) => format!("{value:?}"),
        Outcome::Raised(raise) => raise.class.to_string(),
    };
    Ok(results.iter().skip(1).map(|one| one.as_ref().map(text).map_err(ToString::to_string)).collect())
}

fn on_find(when: Vec<Condition>, effect: Effect) -> Variation {
    Variation { ops: vec![Op::Find], when, effect }
}

#[test]
fn an_effect_on_the_answer_is_about_the_step_that_is_done() -> Result<(), Box<dyn std::error::Error>> {
    let as_empty = on_find(Vec::new(), Effect::Does(Change::AsEmpty(0)));
    let empty = Condition::Argument(0, Property::Empty);
    let zero = on_find(vec![empty, Condition::FilledRange], Effect::Answers(Reply::Is(Value::Int(7))));
    let session = ">>> m.find(None)\n>>> m.find(b'', 1)\n>>> m.find(b'', 3)\n>>> m.find(b'c')\n";
    let both = results(session, &[zero.clone(), as_empty.clone()])?;
    let texts = |all: &[&str]| all.iter().map(|text| Ok((*text).to_owned())).collect::<Vec<_>>();
    assert_eq!(both, texts(&["Int(7)", "Int(7)", "Int(3)", "Int(2)"]));
    assert_eq!(results(session, &[as_empty])?, texts(&["Int(0)", "Int(1)", "Int(3)", "Int(2)"]));
    assert_eq!(results(session, &[zero])?[0], Ok("TypeError".to_owned()));
    Ok(())
}

#[test]
fn the_number_of_arguments_can_be_checked_before_the_state() -> Result<(), Box<dyn std::error::Error>> {
    let session = ">>> m.close()\n>>> m.find()\n>>> m.find(1)\n>>> m.find(b'a', 1, 2, 3)\n";
    let answers = |variations: &[Variation]| results(session, variations).map(|all| all[1..].to_vec());
    let texts = |all: [&str; 3]| all.map(|text| Ok(text.to_owned())).to_vec();
    assert_eq!(answers(&[])?, texts(["ValueError"; 3]));
    let count = on_find(Vec::new(), Effect::CountFirst);
    assert_eq!(answers(&[count])?, texts(["TypeError", "ValueError", "TypeError"]));
    let arguments = on_find(Vec::new(), Effect::ArgumentsFirst);
    assert_eq!(answers(&[arguments])?, texts(["TypeError"; 3]));
    Ok(())
}

#[test]
fn a_rule_can_hold_for_one_operation_only() -> Result<(), Box<dyn std::error::Error>> {
    let session = ">>> m.find(b'b', None)\n>>> m.rfind(b'b', None)\n>>> m.find(None, 1)\n";
    let rule = Rule::NoneIsNoBound.to_string();
    let local = on_find(Vec::new(), Effect::LocalRule { rule: rule.clone(), holds: true });
    let everywhere = on_find(Vec::new(), Effect::Rule { rule, holds: true });
    let texts = |all: [&str; 3]| all.map(|text| Ok(text.to_owned())).to_vec();
    assert_eq!(results(session, &[])?, texts(["TypeError"; 3]));
    assert_eq!(results(session, &[local])?, texts(["Int(1)", "TypeError", "TypeError"]));
    assert_eq!(results(session, &[everywhere])?, texts(["Int(1)", "Int(1)", "TypeError"]));
    Ok(())
}

#[test]
fn a_change_is_made_where_it_applies() -> Result<(), Box<dyn std::error::Error>> {
    let session = ">>> m.seek(1)\n>>> m.find(b'a', None)\n>>> m.find(b'a', None, None)\n>>> m.seek(0, 4294967296)\n\
        >>> m.seek(0, 18446744073709551616)\n>>> m.find(b'a', foo=1)\n";
    let does = |op, change| Variation { ops: vec![op], when: Vec::new(), effect: Effect::Does(change) };
    let answers = |variations: &[Variation]| results(session, variations).map(|all| all[1..].to_vec());
    let texts = |all: [&str; 5]| all.map(|text| Ok(text.to_owned())).to_vec();
    let plain = ["TypeError", "TypeError", "OverflowError", "OverflowError", "TypeError"];
    assert_eq!(answers(&[])?, texts(plain));
    let start = does(Op::Find, Change::AsMissing(1));
    let [_, _, fourth, fifth, sixth] = plain;
    assert_eq!(answers(std::slice::from_ref(&start))?, texts(["Int(-1)", "TypeError", fourth, fifth, sixth]));
    let end = does(Op::Find, Change::AsMissing(2));
    assert_eq!(answers(&[start, end])?, texts(["Int(-1)", "Int(-1)", fourth, fifth, sixth]));
    let wide = does(Op::Seek, Change::WideInts);
    assert_eq!(answers(&[wide])?, texts(["TypeError", "TypeError", "ValueError", fifth, sixth]));
    let foreign = does(Op::Find, Change::WithoutForeign);
    assert_eq!(answers(&[foreign])?, texts(["TypeError", "TypeError", fourth, fifth, "Int(-1)"]));
    Ok(())
}

#[test]
fn nobody_foresees_a_step_on_a_map_that_its_argument_closed() -> Result<(), Box<dyn std::error::Error>> {
    const INDEX: &str = ">>> class IndexAfter:\n...     def __init__(self, value, callback):\n\
        ...         self.value = value\n...         self.callback = callback\n...     def __index__(self):\n\
        ...         self.callback()\n...         return self.value\n...\n";
    let session = |inside: &str| {
        format!(">>> def callback():\n...     {inside}\n...\n>>> m.find(b'b', IndexAfter(0, callback))\n")
    };
    let unforeseen = [on_find(Vec::new(), Effect::Unforeseen)];
    let answer = |inside: &str, variations: &[Variation]| -> Result<_, Box<dyn std::error::Error>> {
        let text = OPENING.replace(">>> f = ", &format!("{INDEX}>>> f = ")) + &session(inside);
        let mut varied = Varied::new(Profile::cpython(3, 11, 7))?;
        varied.vary(&in_order(variations));
        let case = parse(&text, 1)?.case;
        varied.begin(&case.world)?;
        Ok(case.steps.iter().map(|step| varied.step(step)).last().ok_or("no step")?)
    };
    assert_eq!(answer("m.close()", &unforeseen)?, Err(End::Unsupported(UNFORESEEN.into())));
    assert_eq!(answer("m.seek(1)", &unforeseen)?, answer("m.seek(1)", &[])?);
    assert!(matches!(answer("m.close()", &[])?, Ok(Outcome::Raised(_))));
    Ok(())
}

#[test]
fn nobody_foresees_a_view_of_a_map_that_was_closed_under_it() -> Result<(), Box<dyn std::error::Error>> {
    let session = ">>> v = memoryview(m)\n>>> m.close()\n>>> bytes(v)\n";
    let last = |variations: &[Variation]| results(session, variations).map(|all| all[2].clone());
    let ignores = Variation { ops: vec![Op::Close], when: Vec::new(), effect: Effect::IgnoresExports };
    assert_eq!(last(&[])?, Ok("Bytes([97, 98, 99])".to_owned()));
    assert_eq!(last(&[ignores])?, Err(End::Unsupported(UNFORESEEN.into()).to_string()));
    Ok(())
}

#[test]
fn a_map_that_is_emptied_has_no_bytes_from_then_on() -> Result<(), Box<dyn std::error::Error>> {
    let empties = Variation { ops: vec![Op::Resize], when: Vec::new(), effect: Effect::Empties };
    let all = results(">>> m.resize(0)\n>>> len(m)\n>>> m[:]\n>>> m[0]\n", &[empties])?;
    assert_eq!(all[..3], [Ok("None".into()), Ok("Int(0)".into()), Ok("Bytes([])".into())]);
    assert!(all[3].as_ref().is_ok_and(|refused| refused.contains("IndexError")), "{all:?}");
    Ok(())
}
