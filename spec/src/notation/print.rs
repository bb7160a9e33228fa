//! Cases as sessions.

use super::answer::{bytes_literal, render, render_value};
use super::frame::{CALLBACK, CLASSES, COMMENT, Class, LEAVE, OPEN_IMPORT, SavedLimit, class_in_form};
use crate::constants;
use crate::{
    Arg, Base, BytesLike, Dialect, Domain, Draft, End, LimitOp, Mode, Num, ObjectKind, Op, Outcome, PassedArg,
    PythonModule, Slot, Step, Value,
};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The session without answers to its steps.
#[must_use]
pub fn print(case: &Draft) -> String {
    print_answered(case, &[], Dialect::Python3)
}

/// The session with answers to its first steps, as a Python prompt shows them. A step without one has the reason as a comment.
#[must_use]
pub fn print_answered(case: &Draft, answers: &[Result<Outcome, End>], dialect: Dialect) -> String {
    let mut lines = opening(case, dialect);
    if !case.world.files.is_empty() {
        // An empty line tells the lines that make the world from a first step that looks like one of them.
        lines.push(String::new());
    }
    let mut at = 0;
    while at < case.steps.len() {
        let block = case.block(at);
        let answers = answers.get(at..answers.len().min(at + block.len())).unwrap_or_default();
        lines.append(&mut block_lines(block, answers, dialect));
        at += block.len();
    }
    lines.extend(limits(case).map(|limit| format!(">>> {}", limit.put_back)));
    lines.iter().fold(String::new(), |text, line| text + line + "\n")
}

/// The limits that steps of a case set.
fn limits(case: &Draft) -> impl Iterator<Item = SavedLimit> {
    let sets = |limit: &LimitOp| case.all_steps().any(|step| step.op == Op::from(*limit));
    LimitOp::ALL.iter().filter(move |limit| sets(limit)).map(|limit| SavedLimit::of(*limit))
}

/// A step, or a fork with all that its child does, and the answers.
fn block_lines(block: &[Step], answers: &[Result<Outcome, End>], dialect: Dialect) -> Vec<String> {
    let step = &block[0];
    if step.op == Op::Fork {
        let answers = answers.iter().map(|answer| answer.as_ref().ok()).chain(std::iter::repeat(None));
        let child = block[1..].iter().zip(answers.skip(1)).map(|(step, answer)| child_line(step, answer, dialect));
        let frame = |text: &str| [format!("...     {text}"), "...".to_owned()];
        return [format!(">>> {}", step_text(step))].into_iter().chain(child).chain(frame(LEAVE)).collect();
    }
    let mut statement = statement_lines(step);
    let mut answer = match answers.first() {
        Some(Ok(answer)) => render(answer, dialect),
        Some(Err(end)) => {
            statement[0] += &format!("{COMMENT}{end}");
            Vec::new()
        }
        None => Vec::new(),
    };
    let has_address = answer.last().is_some_and(|line| line.contains(" at 0x..."));
    if shorten(&mut answer) || has_address {
        statement[0] += "  # doctest: +ELLIPSIS";
    }
    [step.callback().map(callback_lines).unwrap_or_default(), statement, answer].concat()
}

/// A step of a child, with its prompt. The output of a child is lost under doctest, so the child asserts its results itself,
/// as far as they are values that can be written and are not long.
#[must_use]
pub fn child_line(step: &Step, answer: Option<&Outcome>, dialect: Dialect) -> String {
    let text = step_text(step);
    let value = match answer {
        Some(Outcome::Value(value)) => render_value(value, dialect),
        _ => String::new(),
    };
    let has_value = answer.is_some_and(|answer| !matches!(answer, Outcome::Value(Value::None | Value::Long(_))));
    let is_written = !value.is_empty() && value.len() <= LONG && !value.contains("0x...") && !value.starts_with('<');
    let is_compared = ["=", " is ", " in ", " < "].iter().any(|mark| step.op.row().form.contains(mark));
    match has_value && is_written {
        true if is_compared => format!("...     assert ({text}) == {value}"),
        true => format!("...     assert {text} == {value}"),
        false => format!("...     {text}"),
    }
}

/// The steps alone, one line each, without prompts; those of a child are indented. A callback follows its step as a comment.
#[must_use]
pub fn print_steps(case: &Draft) -> Vec<String> {
    let line = |(at, step)| if case.is_in_child(at) { format!("    {}", line_text(step)) } else { line_text(step) };
    case.steps.iter().enumerate().map(line).collect()
}

/// A step as one line of Python, with its callback as a comment.
#[must_use]
pub fn line_text(step: &Step) -> String {
    let callback =
        step.callback().map(|callback| format!("  # {CALLBACK}: {}", step_text(callback))).unwrap_or_default();
    step_text(step) + &callback
}

/// The function of a callback. It binds or drops a name of the session by a `global` statement.
fn callback_lines(callback: &Step) -> Vec<String> {
    let row = callback.op.row();
    let dropped = row.form == "del $";
    let bound = row.binds.map(|kind| kind.name(callback.bind)).or(dropped.then(|| row.on.name(callback.on)));
    let mut lines = vec![format!(">>> def {CALLBACK}():")];
    lines.extend(bound.map(|name| format!("...     global {name}")));
    lines.extend([format!("...     {}", step_text(callback)), "...".into()]);
    lines
}

/// The most characters of an answer that are printed in full.
const LONG: usize = 200;

/// Leaves out the middle of a long answer.
fn shorten(answer: &mut [String]) -> bool {
    const KEPT: usize = 60;
    let Some(line) = answer.last_mut().filter(|line| line.len() > LONG && line.is_ascii()) else { return false };
    // A dot before the dots would be taken for one of them.
    let head = line[..KEPT].trim_end_matches('.');
    *line = format!("{head}...{}", &line[line.len() - KEPT..]);
    true
}

fn statement_lines(step: &Step) -> Vec<String> {
    let text = step_text(step);
    // A prompt ends a compound statement at an empty continuation line; doctest is content with it too.
    match text.split_once(": ") {
        Some((head, body)) if step.op.row().is_compound() => {
            vec![format!(">>> {head}:"), format!("...     {body}"), "...".into()]
        }
        _ => vec![format!(">>> {text}")],
    }
}

fn opening(case: &Draft, dialect: Dialect) -> Vec<String> {
    let mut lines = vec![format!(">>> import {}", imports(case))];
    lines.extend(limits(case).map(|limit| format!(">>> {}", limit.save)));
    let is_python2 = dialect == Dialect::Python2;
    if is_python2 && !case.world.files.is_empty() {
        lines.push(format!(">>> {OPEN_IMPORT}"));
    }
    for class in classes(case) {
        lines.extend(class.lines.iter().map(|&line| line.to_owned()));
    }
    for (i, file) in case.world.files.iter().enumerate() {
        let name = ObjectKind::File.name(i as Slot);
        let first = if file.mode == Mode::New { Mode::New } else { Mode::Write };
        lines.push(format!(">>> {name} = open('{name}', '{}', buffering=0)", first.text()));
        if !file.bytes.is_empty() {
            let write = format!("{name}.write({})", bytes_text(&file.bytes).0);
            if is_python2 {
                lines.push(format!(">>> _ = {write}"));
            } else {
                lines.extend([format!(">>> {write}"), file.bytes.len().to_string()]);
            }
        }
        if file.mode != first {
            lines.push(format!(">>> {name}.close()"));
            lines.push(format!(">>> {name} = open('{name}', '{}', buffering=0)", file.mode.text()));
        }
    }
    lines
}

fn uses(case: &Draft, test: impl Fn(&Arg) -> bool) -> bool {
    case.all_steps().flat_map(|step| &step.args).any(|given| test(&given.arg))
}

/// The classes that a session must define.
fn classes(case: &Draft) -> impl Iterator<Item = &'static Class> {
    let is_called = |class: &Class| case.all_steps().any(|step| class_in_form(step.op) == Some(class.name));
    CLASSES.iter().filter(move |class| is_called(class) || uses(case, |arg| class_of(arg) == Some(class.name)))
}

/// The class a session must define for an argument.
fn class_of(arg: &Arg) -> Option<&'static str> {
    match arg {
        Arg::Index(_) => Some("Index"),
        Arg::OfInt(class, _) => Some(class.name()),
        Arg::IndexAfter(..) => Some("IndexAfter"),
        Arg::BufferAfter(..) => Some("BufferAfter"),
        _ => None,
    }
}

/// The module a session must import for an argument.
fn module_of(arg: &Arg) -> Option<PythonModule> {
    match arg {
        Arg::Bytes(BytesLike::Array, _) => Some(PythonModule::Array),
        Arg::Special(file) => Some(file.module()),
        _ => None,
    }
}

fn imports(case: &Draft) -> String {
    let mut modules = BTreeSet::from([PythonModule::Mmap.name()]);
    modules.extend(case.all_steps().filter_map(|step| step.op.row().uses).map(PythonModule::name));
    modules.extend(classes(case).filter_map(|class| class.uses).map(PythonModule::name));
    let args = case.all_steps().flat_map(|step| &step.args);
    modules.extend(args.filter_map(|given| module_of(&given.arg)).map(PythonModule::name));
    modules.into_iter().collect::<Vec<_>>().join(", ")
}

/// A step as one line of Python, without prompt.
#[must_use]
pub fn step_text(step: &Step) -> String {
    let row = step.op.row();
    let mut text = String::new();
    if let Some(kind) = row.binds {
        let _ = write!(text, "{} = ", kind.name(step.bind));
    }
    let mut form = row.form.chars().peekable();
    while let Some(c) = form.next() {
        match (c, form.peek()) {
            ('$', Some('*')) => {
                form.next();
                text.push_str(&arguments(step));
            }
            ('$', Some(digit)) if digit.is_ascii_digit() => {
                let place = digit.to_digit(10).unwrap_or(0) as usize;
                form.next();
                text.push_str(&operand(step, place));
            }
            ('$', _) => text.push_str(&row.on.name(step.on)),
            (c, _) => text.push(c),
        }
    }
    text
}

fn arguments(step: &Step) -> String {
    let one = |(place, given): (usize, &PassedArg)| {
        let text = bits_text(step, place).unwrap_or_else(|| arg_text(&given.arg));
        match given.keyword {
            Some(keyword) => format!("{keyword}={text}"),
            None => text,
        }
    };
    step.args.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
}

/// The flags of a map as a hexadecimal number, if they are given as a number of more than eight bits.
fn bits_text(step: &Step, place: usize) -> Option<String> {
    let given = &step.args[place];
    let value = if let Arg::Int(num) = given.arg { num.as_plain()? } else { return None };
    let params = step.op.row().params;
    let param = match given.keyword {
        Some(keyword) => params.iter().find(|param| param.name == keyword),
        None => params.get(place),
    };
    let is_long = param.is_some_and(|param| param.domain == Domain::Flags) && (1 << 8..1 << 31).contains(&value);
    is_long.then(|| format!("{value:#x}"))
}

/// An argument at its place in a form; in brackets where an operator stands beside it.
fn operand(step: &Step, place: usize) -> String {
    let Some(given) = step.args.get(place) else { return String::new() };
    let (text, compound) = parts(&given.arg);
    if compound && step.op.row().is_operator() { format!("({text})") } else { text }
}

/// An argument as Python source.
#[must_use]
pub fn arg_text(arg: &Arg) -> String {
    parts(arg).0
}

/// The source of an argument, and whether an operator stands outermost in it.
fn parts(arg: &Arg) -> (String, bool) {
    let simple = |text: String| (text, false);
    match arg {
        Arg::Omitted => simple(String::new()),
        Arg::None => simple("None".into()),
        Arg::Bool(value) => simple(if *value { "True" } else { "False" }.into()),
        Arg::Int(num) => num_text(*num),
        Arg::Index(num) => simple(format!("Index({})", num_text(*num).0)),
        Arg::OfInt(class, num) => simple(format!("{}({})", class.name(), num_text(*num).0)),
        Arg::IndexAfter(num, _) => simple(format!("IndexAfter({}, {CALLBACK})", num_text(*num).0)),
        Arg::BufferAfter(bytes, _) => simple(format!("BufferAfter({}, {CALLBACK})", bytes_text(bytes).0)),
        Arg::Flags(places) => {
            let names: Vec<_> =
                places.iter().map(|&place| format!("mmap.{}", constants::ALL[usize::from(place)].name())).collect();
            (names.join(" | "), names.len() > 1)
        }
        Arg::Bytes(wrap, bytes) => wrapped(*wrap, bytes),
        Arg::Float(float) if float.value().is_finite() => simple(float.word()),
        Arg::Float(float) => simple(format!("float('{}')", float.word())),
        Arg::Text(text) => simple(text.source()),
        Arg::WrongType(thing) => simple(thing.source().into()),
        Arg::Fd(slot) => simple(format!("{}.fileno()", ObjectKind::File.name(*slot))),
        Arg::Special(file) => simple(file.source().into()),
        Arg::File(slot) => simple(ObjectKind::File.name(*slot)),
        Arg::Map(slot) => simple(ObjectKind::Map.name(*slot)),
        Arg::View(slot) => simple(ObjectKind::View.name(*slot)),
        Arg::Path(number) => simple(format!("'{}'", ObjectKind::File.name(*number))),
        Arg::Mode(mode) => simple(format!("'{}'", mode.text())),
    }
}

fn wrapped(wrap: BytesLike, bytes: &[u8]) -> (String, bool) {
    let (text, compound) = bytes_text(bytes);
    match wrap {
        BytesLike::Bytes => (text, compound),
        BytesLike::ByteArray => (format!("bytearray({text})"), false),
        BytesLike::View => (format!("memoryview({text})"), false),
        BytesLike::Strided => (format!("memoryview({text})[::2]"), false),
        BytesLike::Array => (format!("array.array('B', {text})"), false),
    }
}

fn num_text(num: Num) -> (String, bool) {
    let stem = match num.base {
        Base::Zero => return plain_text(num.plus),
        Base::Pages(count) => multiple(count, "mmap.PAGESIZE"),
        Base::Granules(count) => multiple(count, "mmap.ALLOCATIONGRANULARITY"),
        Base::Len => "LEN".to_owned(),
        Base::Pos => "POS".to_owned(),
        Base::FileSize => "SIZE".to_owned(),
    };
    (offset_text(stem, num.plus), true)
}

fn multiple(count: u8, unit: &str) -> String {
    if count == 1 { unit.to_owned() } else { format!("{count} * {unit}") }
}

fn offset_text(stem: String, plus: i128) -> String {
    match plus {
        0 => stem,
        1.. => format!("{stem} + {}", plain_text(plus).0),
        i128::MIN => format!("{stem} - 2**126 - 2**126"),
        _ => match plain_text(-plus) {
            (text, true) => format!("{stem} - ({text})"),
            (text, false) => format!("{stem} - {text}"),
        },
    }
}

/// A number; near a large power of two it is written relative to that.
fn plain_text(value: i128) -> (String, bool) {
    if value == i128::MIN {
        // The reader takes the sign last, and the positive number does not exist.
        return ("-2**126 - 2**126".to_owned(), true);
    }
    if value.unsigned_abs() >= (1 << 31) - 1 {
        for power in 31..127u32 {
            for (sign, base) in [("", 1i128 << power), ("-", -(1i128 << power))] {
                let plus = value.wrapping_sub(base);
                if plus.unsigned_abs() <= 1 {
                    return (offset_text(format!("{sign}2**{power}"), plus), true);
                }
            }
        }
    }
    (value.to_string(), false)
}

/// Bytes as source: long repetitions are written as products. Also says whether it is a compound expression.
fn bytes_text(bytes: &[u8]) -> (String, bool) {
    const SHORT: usize = 40;
    if bytes.len() <= SHORT {
        return (bytes_literal(bytes), false);
    }
    let mut terms: Vec<String> = Vec::new();
    let mut at = 0;
    let mut plain = 0;
    while at < bytes.len() && terms.len() < MOST_TERMS {
        let Some((unit, times)) = repetition(&bytes[at..]) else {
            at += 1;
            continue;
        };
        if plain < at {
            terms.push(bytes_literal(&bytes[plain..at]));
        }
        terms.push(format!("{} * {times}", bytes_literal(&bytes[at..at + unit])));
        at += unit * times;
        plain = at;
    }
    if plain < bytes.len() {
        terms.push(bytes_literal(&bytes[plain..]));
    }
    (terms.join(" + "), true)
}

/// The most terms of a sum of bytes, about: the reader takes no statement of any length.
const MOST_TERMS: usize = 32;

/// The shortest unit that repeats from the start for long enough to be worth a product, and how often.
fn repetition(bytes: &[u8]) -> Option<(usize, usize)> {
    const WORTH: usize = 16;
    (1..=WORTH).find_map(|unit| {
        let same = bytes.iter().zip(bytes.get(unit..)?).take_while(|(a, b)| a == b).count();
        let times = same / unit + 1;
        (times > 1 && times * unit >= WORTH + unit).then_some((unit, times))
    })
}
