//! The comparison of two traces of one case.

use crate::divergence::{
    Bucket, Divergence, Field, Severity, content_text, end_kind, outcome_text, result_text, rough_kind,
};
use crate::left_out::{Kind, Reason};
use crate::pattern::Patterns;
use crate::text::numberless;
use mmapcheck_spec::{Content, Draft, End, Leaks, MapState, Op, Outcome, Snapshot, StepTrace, Trace, Value, printable};

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The unknown divergences, in the order of the steps; of one step only the worst. The comparison ends after a step whose
    /// states differ, or that has no outcome.
    pub divergences: Vec<Divergence>,
    /// The known divergences: the index of the step, and the id of the suppression.
    pub known: Vec<(usize, String)>,
    /// The step after which the comparison ended although all its divergences are known. Without that step, the rest of the
    /// case can be compared.
    pub cut: Option<usize>,
    /// The number of steps up to the end of the comparison: all of them, or those before the first that was not compared.
    pub compared: usize,
    /// How many of these steps are before the first one that was compared.
    pub begins: usize,
    /// Why the rest of the case could not be compared.
    pub incomparable: Option<String>,
    /// Whether the target died in the last step as expected.
    pub died: bool,
}

impl Comparison {
    /// The first divergence of at least this severity.
    #[must_use]
    pub fn first(&self, least: Severity) -> Option<&Divergence> {
        self.divergences.iter().find(|divergence| divergence.bucket.severity >= least)
    }

    /// Why a step after those that were compared was not.
    #[must_use]
    pub fn reason_not_compared(&self, step: usize) -> Reason {
        match &self.incomparable {
            None => Kind::AfterDivergence.into(),
            Some(reason) if step == self.compared => Reason::new(Kind::Declined, reason),
            Some(_) => Kind::AfterDeclined.into(),
        }
    }

    /// Adds the divergences of one step: the known ones, and the worst of those that are neither known nor an effect of a known
    /// one. Returns whether there is none of the latter.
    fn add(&mut self, at_step: StepDivergences, known_patterns: &Patterns) -> bool {
        let StepDivergences { step, found, parted, .. } = at_step;
        let before = self.known.len();
        let mut causes = Vec::new();
        let mut unknown = Vec::new();
        for divergence in found {
            let Some(id) = known_patterns.find(&divergence.bucket) else {
                unknown.push(divergence);
                continue;
            };
            let known = (step, id.to_owned());
            if !self.known[before..].contains(&known) {
                self.known.push(known);
            }
            causes.push(divergence.bucket);
        }
        unknown.retain(|effect| !causes.iter().any(|cause| cause.takes_in(parted, effect.bucket.field)));
        let all_known = unknown.is_empty();
        // `max_by_key` returns the last of equals: reversed, the first of the worst.
        self.divergences.extend(unknown.into_iter().rev().max_by_key(|divergence| divergence.bucket.severity));
        all_known
    }
}

/// Compares the trace of a target with the expected one. Divergences that a pattern matches are set apart as known.
#[must_use]
pub fn compare(case: &Draft, expected: &Trace, actual: &Trace, known: &Patterns) -> Comparison {
    compare_from(0, case, expected, actual, known)
}

/// Like [`compare`], and compares no step before `first`, counted from 0, as long as both sides have an outcome.
#[must_use]
pub fn compare_from(first: usize, case: &Draft, expected: &Trace, actual: &Trace, known: &Patterns) -> Comparison {
    let mut found = Comparison::default();
    if expected == actual {
        found.compared = expected.steps.len();
        found.begins = first.min(found.compared);
        found.died = expected.death().is_some();
        return found;
    }
    if let Some(end) = &actual.end {
        let mut parts = StepDivergences::at_end(case);
        let kinds = (String::new(), end_kind(end));
        parts.add(Severity::Death, Field::Closing, 0, kinds, ("the end of the case".into(), end.to_string()));
        found.add(parts, known);
        return found;
    }
    let missing = Err(End::Malformed("its trace lacks this step".into()));
    let missing = StepTrace { result: missing, snapshot: Snapshot::default() };
    for (i, (step, wanted)) in case.steps.iter().zip(&expected.steps).enumerate() {
        let given = actual.steps.get(i).unwrap_or(&missing);
        if let Err(End::Unsupported(reason)) = &given.result {
            found.incomparable = Some(format!("{}: {}", step.op, printable(reason)));
            return found;
        }
        found.compared = i + 1;
        if i < first && wanted.result.is_ok() && given.result.is_ok() {
            found.begins = i + 1;
            continue;
        }
        let callback = step.callback().map(|callback| callback.op);
        let mut parts = StepDivergences { step: i, op: Some(step.op), callback, parted: false, found: Vec::new() };
        parts.answer(wanted, given);
        let answered = parts.found.len();
        found.died = wanted.result.is_err() && wanted.result == given.result;
        // A dead process leaves no state to compare.
        if wanted.result.is_ok() && given.result.is_ok() {
            parts.snapshots(&wanted.snapshot, &given.snapshot);
        }
        // A callback argument can have changed memory in ways that no snapshot shows before much later.
        let hidden = step.callback().is_some() && !parts.found.is_empty();
        let differ = parts.found.len() > answered || given.result.is_err() || wanted.result.is_err() || hidden;
        if is_refusal(wanted, given, i.checked_sub(1).and_then(|before| actual.steps.get(before))) {
            parts.found.truncate(answered);
        }
        let parted = parts.parted;
        let all_known = found.add(parts, known);
        // Where only one side performed the operation, a known divergence can show in a later step: in a view, or in bytes that
        // were not looked at.
        if differ || (parted && all_known) {
            found.cut = (all_known && !found.died).then_some(i);
            return found;
        }
    }
    let mut parts = StepDivergences::at_end(case);
    parts.end(expected, actual);
    found.add(parts, known);
    found
}

/// Whether a target raised an exception where a value is expected, and changed nothing. Then the states differ only because
/// the exception is wrong.
fn is_refusal(wanted: &StepTrace, given: &StepTrace, before: Option<&StepTrace>) -> bool {
    matches!((&wanted.result, &given.result), (Ok(Outcome::Value(_)), Ok(Outcome::Raised(_))))
        && before.is_some_and(|before| before.snapshot == given.snapshot)
}

/// The divergences of one step.
struct StepDivergences {
    step: usize,
    op: Option<Op>,
    callback: Option<Op>,
    /// Whether one side returned a value and the other raised an exception.
    parted: bool,
    found: Vec<Divergence>,
}

impl StepDivergences {
    fn at_end(case: &Draft) -> StepDivergences {
        StepDivergences { step: case.steps.len(), op: None, callback: None, parted: false, found: Vec::new() }
    }

    fn add(&mut self, severity: Severity, field: Field, slot: usize, kinds: (String, String), texts: (String, String)) {
        let (op, callback) = (self.op, self.callback);
        let bucket = Bucket { severity, op, callback, field, expected: kinds.0, actual: kinds.1 };
        self.found.push(Divergence { bucket, step: self.step, slot, expected: texts.0, actual: texts.1 });
    }

    fn answer(&mut self, wanted: &StepTrace, given: &StepTrace) {
        match (&wanted.result, &given.result) {
            (Ok(wanted), Ok(given)) => self.outcome(Field::Answer, 0, wanted, given),
            (wanted, given) if wanted == given => {}
            (wanted, given) => {
                let kinds = (rough_kind(wanted), rough_kind(given));
                self.add(Severity::Death, Field::Answer, 0, kinds, (result_text(wanted), result_text(given)));
            }
        }
    }

    fn outcome(&mut self, field: Field, slot: usize, wanted: &Outcome, given: &Outcome) {
        if wanted == given || differ_in_address(wanted, given) {
            return;
        }
        self.parted |= matches!(wanted, Outcome::Raised(_)) != matches!(given, Outcome::Raised(_));
        let (severity, kinds) = match (wanted, given) {
            (Outcome::Raised(a), Outcome::Raised(b)) if a.class == b.class && a.errno == b.errno => {
                (Severity::Message, (numberless(&a.message), numberless(&b.message)))
            }
            (Outcome::Raised(_), Outcome::Raised(_)) => (Severity::Class, (kind(wanted), kind(given))),
            (Outcome::Value(Value::Text(_)), Outcome::Value(Value::Text(_))) if self.op == Some(Op::Repr) => {
                (Severity::Message, (kind(wanted), kind(given)))
            }
            _ => (Severity::Value, (kind(wanted), kind(given))),
        };
        self.add(severity, field, slot, kinds, (outcome_text(wanted), outcome_text(given)));
    }

    fn snapshots(&mut self, wanted: &Snapshot, given: &Snapshot) {
        let none = MapState::Unbound;
        for slot in 0..wanted.maps.len().max(given.maps.len()) {
            self.map(slot, wanted.maps.get(slot).unwrap_or(&none), given.maps.get(slot).unwrap_or(&none));
        }
        self.files(&wanted.files, &given.files);
    }

    fn map(&mut self, slot: usize, wanted: &MapState, given: &MapState) {
        let mut differs = |field, a: String, b: String| {
            let kinds = (String::new(), String::new());
            self.add(Severity::Value, field, slot, kinds, (a, b));
        };
        match (wanted, given) {
            (MapState::Open { pos, len, content }, MapState::Open { pos: pos2, len: len2, content: content2 }) => {
                if let (Some(a), Some(b)) = (content, content2)
                    && a != b
                {
                    differs(Field::Map, content_text(a), content_text(b));
                }
                if len != len2 {
                    differs(Field::Len, len.to_string(), len2.to_string());
                }
                if pos != pos2 {
                    differs(Field::Pos, pos.to_string(), pos2.to_string());
                }
            }
            (wanted, given) if wanted != given => differs(Field::Closed, state_text(wanted), state_text(given)),
            _ => {}
        }
    }

    fn files(&mut self, wanted: &[Content], given: &[Content]) {
        for number in 0..wanted.len().max(given.len()) {
            let (a, b) = (wanted.get(number), given.get(number));
            if a != b {
                let size = |content: Option<&Content>| content.map(|content| content.len);
                let sizes = if size(a) == size(b) { "same size" } else { "another size" };
                let kinds = (String::new(), sizes.to_owned());
                let texts = [a, b].map(|content| content.map_or("no such file".into(), content_text));
                self.add(Severity::Bytes, Field::File, number, kinds, texts.into());
            }
        }
    }

    fn end(&mut self, expected: &Trace, actual: &Trace) {
        self.snapshots(&expected.last, &actual.last);
        for slot in 0..expected.closing.len().max(actual.closing.len()) {
            let of = |trace: &Trace| trace.closing.get(slot).cloned().flatten();
            match (of(expected), of(actual)) {
                (None, None) => {}
                (Some(wanted), Some(given)) => self.outcome(Field::Closing, slot, &wanted, &given),
                (wanted, given) => {
                    let end = End::Malformed("the maps that were closed last are not those of the case".into());
                    let texts = [wanted, given].map(|side| side.as_ref().map_or_else(|| end.to_string(), outcome_text));
                    self.add(Severity::Death, Field::Closing, slot, (String::new(), end_kind(&end)), texts.into());
                }
            }
        }
        self.files(&expected.files, &actual.files);
        self.leaks(expected.leaks, actual.leaks);
    }

    fn leaks(&mut self, wanted: Leaks, given: Leaks) {
        let counts = [
            (Field::Descriptors, wanted.descriptors, given.descriptors),
            (Field::Pages, wanted.pages, given.pages),
            (Field::Strays, wanted.stray_files, given.stray_files),
        ];
        for (field, wanted, given) in counts {
            if wanted != given {
                let than = if given > wanted { "more" } else { "fewer" };
                let (kinds, texts) = ((String::new(), than.into()), (wanted.to_string(), given.to_string()));
                self.add(Severity::Value, field, 0, kinds, texts);
            }
        }
    }
}

/// Whether two representations differ only in an address, for which the reference writes `0x...`.
fn differ_in_address(wanted: &Outcome, given: &Outcome) -> bool {
    let (Outcome::Value(wanted), Outcome::Value(given)) = (wanted, given) else { return false };
    let (wanted, given) = match (wanted, given) {
        (Value::Text(wanted), Value::Text(given)) => (wanted.as_bytes(), given.as_bytes()),
        (Value::Bytes(wanted), Value::Bytes(given)) => (wanted.as_slice(), given.as_slice()),
        _ => return false,
    };
    let Some(start) = wanted.strip_suffix(b"0x...>") else { return false };
    let address = given.strip_prefix(start).and_then(|rest| rest.strip_prefix(b"0x")?.strip_suffix(b">"));
    address.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit))
}

fn kind(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Raised(raise) => match raise.errno {
            Some(errno) => format!("{} {errno}", raise.class),
            None => raise.class.to_string(),
        },
        Outcome::Value(value) => match value {
            Value::None => "None",
            Value::Bool(true) => "True",
            Value::Bool(false) => "False",
            Value::Int(_) => "int",
            Value::Long(_) => "long",
            Value::Bytes(_) => "bytes",
            Value::Text(_) => "str",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Object(kind) => kind,
        }
        .to_owned(),
    }
}

fn state_text(state: &MapState) -> String {
    match state {
        MapState::Unbound => "not bound".into(),
        MapState::Closed => "closed".into(),
        MapState::Open { .. } => "open".into(),
        MapState::Malformed(text) => printable(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::{Raise, Step};

    fn agreement(case: &Draft, expected: &Trace, actual: &Trace) -> Comparison {
        compare(case, expected, actual, &Patterns::default())
    }

    fn case() -> Draft {
        Draft { steps: vec![Step::new(Op::Read, 0, []), Step::new(Op::Tell, 0, [])], ..Draft::default() }
    }

    fn trace(outcomes: [Outcome; 2], pos: i64) -> Trace {
        let left = |pos| Snapshot {
            maps: smallvec::smallvec![MapState::Open { pos, len: 9, content: None }],
            files: Vec::new(),
        };
        let [first, second] = outcomes;
        Trace {
            steps: vec![
                StepTrace { result: Ok(first), snapshot: left(pos) },
                StepTrace { result: Ok(second), snapshot: left(pos) },
            ],
            ..Trace::default()
        }
    }

    fn raised(class: &'static str, message: &'static str) -> Outcome {
        Outcome::Raised(Raise::new(class, message))
    }

    fn int(value: i128) -> Outcome {
        Outcome::Value(Value::Int(value))
    }

    #[test]
    fn a_list_that_is_too_short_is_a_divergence() {
        let content = Content { len: 0, digest: 0, bytes: None };
        let whole = Trace {
            closing: vec![Some(int(1)), Some(int(2))],
            files: vec![content.clone(), content],
            ..trace([int(1), int(2)], 0)
        };
        assert!(agreement(&case(), &whole, &whole.clone()).divergences.is_empty());
        for (closing, files, field) in [(1, 2, Field::Closing), (2, 1, Field::File), (0, 2, Field::Closing)] {
            let mut short = whole.clone();
            short.closing.truncate(closing);
            short.files.truncate(files);
            for (wanted, given) in [(&whole, &short), (&short, &whole)] {
                let found = agreement(&case(), wanted, given).divergences;
                assert_eq!(found.iter().map(|found| found.bucket.field).collect::<Vec<_>>(), [field]);
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_divergence_that_says_so() {
        let with = |file| Trace { files: vec![file], ..trace([int(1), int(2)], 0) };
        let empty = Content { len: 0, digest: 0, bytes: Some(Vec::new()) };
        let found = agreement(&case(), &with(empty), &with(Content::UNREADABLE)).divergences;
        let sides: Vec<_> = found.iter().map(|found| (found.bucket.field, &*found.expected, &*found.actual)).collect();
        assert_eq!(sides, [(Field::File, "b''", "unreadable")]);
    }

    #[test]
    fn a_text_alone_does_not_hide_what_comes_after() {
        let wanted = trace([raised("ValueError", "a 1"), int(1)], 0);
        let given = trace([raised("ValueError", "b 2"), int(2)], 0);
        let found = agreement(&case(), &wanted, &given);
        let severities: Vec<_> = found.divergences.iter().map(|d| d.bucket.severity).collect();
        assert_eq!(severities, [Severity::Message, Severity::Value]);
        assert_eq!(found.divergences[0].bucket.expected, "a #");
        assert_eq!(found.first(Severity::Class).map(|d| d.step), Some(1));
    }

    #[test]
    fn a_refused_step_is_not_charged_with_the_bytes_it_left_unchanged() {
        let file = |bytes: &[u8]| vec![Content { len: 1, digest: bytes[0].into(), bytes: None }];
        let with = |mut trace: Trace, files: [&[u8]; 2]| {
            trace.steps.iter_mut().zip(files).for_each(|(step, bytes)| step.snapshot.files = file(bytes));
            trace
        };
        let wanted = with(trace([int(1), int(2)], 0), [b"a", b"b"]);
        let refused = with(trace([int(1), raised("TypeError", "no")], 0), [b"a", b"a"]);
        let found = compare(&case(), &wanted, &refused, &Patterns::default());
        assert_eq!(found.divergences.iter().map(|d| d.bucket.severity).collect::<Vec<_>>(), [Severity::Value]);
        let lost = with(trace([int(1), raised("TypeError", "no")], 0), [b"a", b"c"]);
        let found = compare(&case(), &wanted, &lost, &Patterns::default());
        assert_eq!(found.divergences.iter().map(|d| d.bucket.severity).collect::<Vec<_>>(), [Severity::Bytes]);
    }

    #[test]
    fn after_states_part_nothing_is_compared() {
        let found = agreement(&case(), &trace([int(1), int(1)], 0), &trace([int(1), int(2)], 5));
        assert_eq!(found.divergences.len(), 1);
        assert_eq!(found.divergences[0].bucket.field, Field::Pos);
    }

    #[test]
    fn another_exception_is_worse_than_another_text() {
        let found = agreement(
            &case(),
            &trace([raised("TypeError", "x"), int(1)], 0),
            &trace([raised("ValueError", "x"), int(1)], 0),
        );
        assert_eq!(found.divergences[0].bucket.severity, Severity::Class);
    }

    #[test]
    fn a_representation_is_a_matter_of_text() {
        let case = Draft { steps: vec![Step::new(Op::Repr, 0, []), Step::new(Op::Tell, 0, [])], ..Draft::default() };
        let text = |text: &str| Outcome::Value(Value::Text(text.into()));
        let found = agreement(&case, &trace([text("<a>"), int(1)], 0), &trace([text("<b>"), int(1)], 0));
        assert_eq!(found.divergences[0].bucket.severity, Severity::Message);
        let found = agreement(&case, &trace([text("<a>"), int(1)], 0), &trace([int(3), int(1)], 0));
        assert_eq!(found.divergences[0].bucket.severity, Severity::Value);
    }

    #[test]
    fn an_address_may_be_any() {
        let case = Draft { steps: vec![Step::new(Op::Repr, 0, []), Step::new(Op::Tell, 0, [])], ..Draft::default() };
        let text = |text: &str| Outcome::Value(Value::Text(text.into()));
        let wanted = trace([text("<mmap object at 0x...>"), int(1)], 0);
        let divergences = |given: &str| agreement(&case, &wanted, &trace([text(given), int(1)], 0)).divergences.len();
        assert_eq!(divergences("<mmap object at 0x7f00aa>"), 0);
        assert_eq!(
            ["<mmap object at 0x>", "<mmap object at 0x7g>", "<map object at 0x7f>"].map(divergences),
            [1, 1, 1]
        );
    }

    #[test]
    fn a_death_ends_the_comparison() {
        let mut given = trace([int(1), int(1)], 0);
        given.steps[0].result = Err(End::Died(11));
        let found = agreement(&case(), &trace([int(1), int(1)], 0), &given);
        assert_eq!(found.divergences[0].bucket.severity, Severity::Death);
        assert_eq!(found.divergences[0].actual, "died of signal 11 (SIGSEGV)");
        assert_eq!(found.divergences.len(), 1);
    }

    #[test]
    fn a_death_that_is_foreseen_must_come() {
        let dies = |signal| Trace {
            steps: vec![
                trace([int(1), int(1)], 0).steps[0].clone(),
                StepTrace { result: Err(End::Died(signal)), snapshot: Snapshot::default() },
            ],
            ..Trace::default()
        };
        let wanted = dies(7);
        let same = agreement(&case(), &wanted, &dies(7));
        assert!(same.died && same.divergences.is_empty() && same.cut.is_none());
        let kinds = |given: &Trace| {
            let found = agreement(&case(), &wanted, given);
            assert!(!found.died && found.divergences.len() == 1, "{found:?}");
            let Divergence { bucket, step, .. } = &found.divergences[0];
            assert_eq!((bucket.severity, bucket.field, *step), (Severity::Death, Field::Answer, 1));
            (bucket.expected.clone(), bucket.actual.clone())
        };
        let sigbus = "died of signal 7 (SIGBUS)";
        assert_eq!(kinds(&dies(11)), (sigbus.into(), "died of signal 11 (SIGSEGV)".into()));
        assert_eq!(kinds(&trace([int(1), int(5)], 0)), (sigbus.into(), "a value".into()));
        assert_eq!(kinds(&trace([int(1), raised("ValueError", "x")], 0)), (sigbus.into(), "an exception".into()));
        let early = Trace { steps: dies(7).steps[1..].to_vec(), ..Trace::default() };
        let found = agreement(&case(), &wanted, &early);
        assert!(!found.died && found.divergences[0].step == 0, "{found:?}");
    }

    #[test]
    fn an_unsupported_step_is_not_a_divergence() {
        let mut given = trace([int(1), int(1)], 0);
        given.steps[1].result = Err(End::Unsupported("no tell".into()));
        let found = agreement(&case(), &trace([int(1), int(1)], 0), &given);
        assert!(found.divergences.is_empty() && found.incomparable.is_some());
    }
}
