//! The clause that covers a divergence: one whose own example shows the same operation under the same condition.
//!
//! An exception that is expected is a condition of its own: its class and text say why the step fails. For any other outcome,
//! the condition is the kind of each argument and the effect of the step on maps and files.

use crate::differential::DifferentialRun;
use crate::divergence::{Divergence, Field};
use crate::oracle::{AnswerOptions, Oracle};
use crate::text::numberless;
use mmapcheck_spec::pages::{Clause, Level, PageError, all, examples};
use mmapcheck_spec::{
    Arg, Case, Detail, Domain, MapState, Num, ObjectKind, Op, Outcome, PassedArg, Profile, Snapshot, Step, Trace,
    Value, constants,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// The id and title of a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covering {
    /// The id, such as `READ-3`.
    pub id: String,
    /// The title: the promise as one sentence.
    pub title: String,
    /// The level.
    pub level: Level,
}

impl Covering {
    fn new(clause: &Clause) -> Covering {
        Covering { id: clause.id.clone(), title: clause.rule.clone(), level: clause.level }
    }
}

/// The clauses of a profile by the conditions that their examples show.
#[derive(Debug, Default)]
pub struct Clauses {
    shown: HashMap<Condition, (Rank, Covering)>,
    /// The clauses about a part of the state that the operations of their examples leave unchanged.
    unchanged: HashMap<(&'static str, Op), Covering>,
}

/// How directly an example shows a condition: the least is the most direct.
type Rank = (Subject, usize);

/// The relation of a step to the clause of its example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// The clause names the operation and the kind of its outcome.
    Named,
    /// The example ends with the step.
    Last,
    /// The title names the operation.
    Titled,
    /// The step raises an exception on the way.
    Raising,
}

/// A step as far as it decides its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Condition {
    op: Op,
    callback: Option<Op>,
    /// The part of the state that the clause is about; none for the outcome.
    part: Option<&'static str>,
    outcome: String,
    /// None for an exception.
    circumstances: Option<Circumstances>,
}

/// The kinds of the arguments by parameter, and what the step changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Circumstances {
    args: BTreeMap<String, String>,
    /// Whether each of [`PARTS`] changes.
    changes: [bool; 5],
}

/// The parts of the state, by their names in the key `settles`.
const PARTS: [&str; 5] = ["position", "length", "closed", "bytes", "file"];

impl Clauses {
    /// The clauses that apply to a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Arc<Clauses> {
        static KNOWN: Mutex<BTreeMap<String, Arc<Clauses>>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        // The pages are part of the program, and its tests read them: without them no clause covers anything.
        let read = || Arc::new(Clauses::read(profile).unwrap_or_default());
        Arc::clone(known.entry(profile.to_string()).or_insert_with(read))
    }

    fn read(profile: Profile) -> Result<Clauses, PageError> {
        let mut clauses = Clauses::default();
        let Ok(mut oracle) = Oracle::new(profile) else { return Ok(clauses) };
        let pages = all()?;
        for (_, clause, example) in examples(pages).filter(|(_, clause, _)| clause.applies_to(profile)) {
            let options = AnswerOptions::new(Detail::Full);
            clauses.add_unchanged(clause, &example.session.case);
            if let Ok(answered) = oracle.answer(example.session.case.clone(), &options) {
                clauses.add(clause, &answered.case, &answered.expected);
            }
        }
        Ok(clauses)
    }

    fn add(&mut self, clause: &Clause, case: &Case, expected: &Trace) {
        let many = case.steps.len();
        for at in 0..many {
            let Some(condition) = Condition::of_step(case, expected, at) else { continue };
            let settles = |kind: &str| {
                clause.settles.iter().any(|settles| settles.kind == kind && settles.op == Some(condition.op))
            };
            let subject = match () {
                () if settles(condition.kind()) => Some(Subject::Named),
                () if at + 1 == many => Some(Subject::Last),
                () if is_titled(clause, &case.steps[at]) => Some(Subject::Titled),
                () => condition.circumstances.is_none().then_some(Subject::Raising),
            };
            for part in PARTS.into_iter().filter(|part| settles(part)) {
                self.insert(Condition { part: Some(part), ..condition.clone() }, (Subject::Named, many), clause);
            }
            if let Some(subject) = subject {
                self.insert(condition, (subject, many), clause);
            }
        }
    }

    fn add_unchanged(&mut self, clause: &Clause, case: &Case) {
        for settles in clause.settles.iter().filter(|settles| settles.op.is_none()) {
            let part = PARTS.into_iter().find(|part| *part == settles.kind);
            for (part, step) in part.into_iter().flat_map(|part| case.steps.iter().map(move |step| (part, step))) {
                self.unchanged.entry((part, step.op)).or_insert_with(|| Covering::new(clause));
            }
        }
    }

    fn insert(&mut self, condition: Condition, rank: Rank, clause: &Clause) {
        let covering = || (rank, Covering::new(clause));
        let best = self.shown.entry(condition).or_insert_with(covering);
        if rank < best.0 {
            *best = covering();
        }
    }

    /// The clause that covers a divergence of this case, if one does.
    #[must_use]
    pub fn covering(&self, compared: &DifferentialRun, divergence: &Divergence) -> Option<&Covering> {
        let part = match divergence.bucket.field {
            Field::Answer => None,
            Field::Pos => Some("position"),
            Field::Len => Some("length"),
            Field::Closed => Some("closed"),
            Field::Map => Some("bytes"),
            Field::File => Some("file"),
            Field::Closing => return self.covering_close(compared, divergence),
            _ => return None,
        };
        let condition = Condition { part, ..Condition::of_step(&compared.case, &compared.expected, divergence.step)? };
        let shown = self.shown.get(&condition).map(|(_, covering)| covering);
        let is_left = |part: &&str| condition.circumstances.is_some() && !condition.changes(part);
        shown.or_else(|| self.unchanged.get(&(part.filter(is_left)?, condition.op)))
    }

    /// The level of the promise that a divergence of this case breaks; none where no clause covers it.
    #[must_use]
    pub fn level(&self, compared: &DifferentialRun, divergence: &Divergence) -> Option<Level> {
        self.covering(compared, divergence).map(|clause| clause.level)
    }

    /// The clause for the `close()` that ends every case. Only an exception is a condition: that it returns is none.
    fn covering_close(&self, compared: &DifferentialRun, divergence: &Divergence) -> Option<&Covering> {
        let outcome = compared.expected.closing.get(divergence.slot)?.as_ref()?;
        let Outcome::Raised(_) = outcome else { return None };
        let outcome = outcome_kind(outcome);
        let condition = Condition { op: Op::Close, callback: None, part: None, outcome, circumstances: None };
        self.shown.get(&condition).map(|(_, covering)| covering)
    }
}

/// Whether the title of a clause names the operation of a step, or a constant that the step looks up, such as `MADV_FREE` or all
/// `MADV_*`.
fn is_titled(clause: &Clause, step: &Step) -> bool {
    let has = |name: &str| clause.rule.contains(&format!("`{name}`"));
    let names = |place: &u8| {
        let name = constants::ALL.get(usize::from(*place)).map_or("", |constant| constant.name());
        has(name) || name.split_once('_').is_some_and(|(family, _)| has(&format!("{family}_*")))
    };
    let is_looked_up = match step.args.first().map(|given| &given.arg) {
        Some(Arg::Flags(places)) if step.op == Op::Constant => places.iter().any(names),
        _ => false,
    };
    is_looked_up || has(step.op.row().name)
}

impl Condition {
    /// The condition of a step; none if the reference gave no outcome for it.
    fn of_step(case: &Case, expected: &Trace, at: usize) -> Option<Condition> {
        let (step, trace) = (case.steps.get(at)?, expected.steps.get(at)?);
        let outcome = trace.result.as_ref().ok()?;
        let nothing = Snapshot::default();
        let before = at.checked_sub(1).map_or(&nothing, |before| &expected.steps[before].snapshot);
        let circumstances = match outcome {
            Outcome::Raised(_) => None,
            Outcome::Value(_) => Some(Circumstances {
                args: args(step, length_of(step, before)),
                changes: changes(before, &trace.snapshot),
            }),
        };
        let callback = step.callback().map(|callback| callback.op);
        Some(Condition { op: step.op, callback, part: None, outcome: outcome_kind(outcome), circumstances })
    }

    /// Whether the step changes this part of the state.
    fn changes(&self, part: &str) -> bool {
        let changed = self.circumstances.as_ref().map(|circumstances| circumstances.changes).unwrap_or_default();
        PARTS.into_iter().zip(changed).any(|(name, changed)| name == part && changed)
    }

    /// The kind in the key `settles` of a clause.
    fn kind(&self) -> &str {
        match self.circumstances {
            Some(_) => "value",
            None => self.outcome.split([' ', ':']).next().unwrap_or_default(),
        }
    }
}

/// The type of a value, with the values that stand for success or failure; the class and text of an exception.
fn outcome_kind(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Raised(raise) => {
            let errno = raise.errno.map(|errno| format!(" {errno}")).unwrap_or_default();
            format!("{}{errno}: {}", raise.class, numberless(&raise.message))
        }
        Outcome::Value(Value::Int(-1) | Value::Long(-1)) => "-1".into(),
        Outcome::Value(Value::Int(_) | Value::Long(_)) => "int".into(),
        Outcome::Value(Value::Bytes(bytes)) if bytes.is_empty() => "no bytes".into(),
        Outcome::Value(Value::Bytes(_)) => "bytes".into(),
        Outcome::Value(Value::Text(_)) => "str".into(),
        Outcome::Value(Value::List(_)) => "list".into(),
        Outcome::Value(Value::Tuple(_)) => "tuple".into(),
        Outcome::Value(value @ (Value::None | Value::Bool(_) | Value::Object(_))) => format!("{value:?}"),
    }
}

/// The length of the receiver in bytes, if it is an open map.
fn length_of(step: &Step, before: &Snapshot) -> Option<i128> {
    match before.maps.get(usize::from(step.on)) {
        Some(MapState::Open { len, .. }) if step.op.row().on == ObjectKind::Map => Some((*len).into()),
        _ => None,
    }
}

fn args(step: &Step, length: Option<i128>) -> BTreeMap<String, String> {
    let params = step.op.row().params;
    let described = |(place, given): (usize, &PassedArg)| {
        let param = match given.keyword {
            Some(word) => params.iter().find(|param| param.name == word),
            None => params.get(place),
        };
        let name = given.keyword.or(param.map(|param| param.name)).map_or_else(|| place.to_string(), str::to_owned);
        (name, shape(&given.arg, param.map_or(Domain::Other, |param| param.domain), length))
    };
    step.args.iter().enumerate().map(described).collect()
}

/// The kind of an argument.
fn shape(arg: &Arg, domain: Domain, length: Option<i128>) -> String {
    let number = |num: &Num| num.as_plain().map_or("symbolic".to_owned(), |value| range(value, domain, length));
    match arg {
        Arg::Int(num) => number(num),
        Arg::Index(num) => format!("Index {}", number(num)),
        Arg::OfInt(class, num) => format!("{} {}", class.name(), number(num)),
        Arg::IndexAfter(num, _) => format!("IndexAfter {}", number(num)),
        Arg::BufferAfter(bytes, _) => format!("BufferAfter {}", bytes.is_empty()),
        Arg::Bytes(carrier, bytes) => format!("{carrier:?} {}", bytes.is_empty()),
        Arg::Fd(_) => "descriptor".into(),
        Arg::Special(file) => format!("{file:?}"),
        Arg::File(_) => "file".into(),
        Arg::Map(_) => "map".into(),
        Arg::View(_) => "view".into(),
        Arg::Path(_) => "path".into(),
        Arg::Float(_) => "float".into(),
        Arg::Text(_) => "text".into(),
        Arg::Omitted | Arg::None | Arg::Bool(_) | Arg::Flags(_) | Arg::WrongType(_) | Arg::Mode(_) => {
            format!("{arg:?}")
        }
    }
}

/// The range that a number falls in: of a position and a count its place in the receiver, of a constant the number itself.
fn range(value: i128, domain: Domain, length: Option<i128>) -> String {
    let zero = if domain == Domain::Position { "inside" } else { "zero" };
    match (domain, length) {
        (Domain::Byte, _) => (0..256).contains(&value).to_string(),
        (Domain::Position | Domain::Count | Domain::NewSize, Some(length)) => match value {
            0 => zero,
            value if value < -length => "before the start",
            ..0 => "from the end",
            value if value <= length => "inside",
            _ => "behind the end",
        }
        .into(),
        (Domain::Length | Domain::Offset, _) => value.signum().to_string(),
        _ => value.to_string(),
    }
}

fn changes(before: &Snapshot, after: &Snapshot) -> [bool; 5] {
    let unbound = MapState::Unbound;
    let mut changes = [false, false, false, false, before.files != after.files && !before.files.is_empty()];
    for (slot, now) in after.maps.iter().enumerate() {
        match (before.maps.get(slot).unwrap_or(&unbound), now) {
            (
                MapState::Open { pos, len, content },
                MapState::Open { pos: new_pos, len: new_len, content: new_content },
            ) => {
                changes[0] |= pos != new_pos;
                changes[1] |= len != new_len;
                changes[3] |= content != new_content;
            }
            (before, now) => changes[2] |= before != now,
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Comparison;
    use crate::divergence::{Bucket, Severity};
    use mmapcheck_spec::notation::parse;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// The clause for a divergence of the last step of a session in this field.
    fn covering(lines: &[&str], field: Field) -> Result<Option<String>> {
        let profile = Profile::cpython(3, 11, 7);
        let text: String = ["import mmap"].iter().chain(lines).map(|line| format!(">>> {line}\n")).collect();
        let case = parse(&text, 1)?.case;
        let answered = Oracle::new(profile)?.answer(case, &AnswerOptions::new(Detail::Full))?;
        let step = answered.case.steps.len() - 1;
        let op = answered.case.steps.last().map(|step| step.op);
        let kinds = (String::new(), String::new());
        let bucket =
            Bucket { severity: Severity::Value, op, callback: None, field, expected: kinds.0, actual: kinds.1 };
        let divergence = Divergence { bucket, step, slot: 0, expected: String::new(), actual: String::new() };
        let compared = DifferentialRun {
            profile,
            case: answered.case,
            left_out: Vec::new(),
            actual: answered.expected.clone(),
            expected: answered.expected,
            comparison: Comparison::default(),
        };
        Ok(Clauses::of(profile).covering(&compared, &divergence).map(|covering| covering.id.clone()))
    }

    const MAP: &str = "m = mmap.mmap(-1, 9)";

    #[test]
    fn a_clause_covers_its_own_example() -> Result {
        let read = [MAP, "m.seek(9)", "m.read_byte()"];
        assert_eq!(covering(&read, Field::Answer)?.as_deref(), Some("READ-9"));
        let find = [MAP, "m[0:7] = b'one two'", "m.find(b'two')"];
        assert_eq!(covering(&find, Field::Answer)?.as_deref(), Some("FIND-1"));
        assert_eq!(covering(&find, Field::Pos)?.as_deref(), Some("FIND-11"));
        assert_eq!(covering(&["int(mmap.PROT_READ)"], Field::Answer)?.as_deref(), Some("CONST-10"));
        assert_eq!(covering(&["int(mmap.MADV_MERGEABLE)"], Field::Answer)?.as_deref(), Some("CONST-17"));
        Ok(())
    }

    /// Each of these had the clause beside it, whose example shows the operation under another condition.
    #[test]
    fn a_clause_of_another_condition_covers_nothing() -> Result {
        let closed = [MAP, "m.close()", "m[0:3:2]"];
        let wrong: [(&[&str], &str); 4] = [
            (&[MAP, "m.write([])"], "A read-only map refuses `write`"),
            (&[MAP, "m.write_byte(-1)"], "Writing to a shared map writes to the file"),
            (&closed, "A step of zero is refused"),
            (&[MAP, "m.find(b'', 2)"], "`find` returns the lowest index at which the subsequence occurs"),
        ];
        for (lines, title) in wrong {
            let id = covering(lines, Field::Answer)?;
            let pages = all()?;
            let named = examples(pages).find(|(_, clause, _)| Some(&clause.id) == id.as_ref());
            assert_ne!(named.map(|(_, clause, _)| clause.rule.as_str()), Some(title), "{lines:?}");
        }
        Ok(())
    }
}
