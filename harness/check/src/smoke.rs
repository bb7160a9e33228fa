//! A first look at a target: can it be driven at all, what does it offer, and does it give the answers that any mmap must.

use crate::batch::Batch;
use crate::differential::DifferentialRun;
use crate::divergence::Severity;
use crate::divergence::headline;
use crate::generate::GeneratorOptions;
use crate::known::KnownList;
use crate::oracle::{AnswerOptions, Omissions, Oracle};
use crate::pages::{self, PagesResult};
use crate::text::grouped;
use crate::worker::{TargetSpec, Worker};
use mmapcheck_spec::pages::{all, matches_filter};
use mmapcheck_spec::{
    Arg, Case, Detail, MapState, ObjectKind, Op, Outcome, Profile, Step, TargetError, TargetInfo, World, constants,
    notation,
};
use std::time::{Duration, Instant};

/// Examples of the specification that any mmap must pass: one for each thing it is there for. Those of another version of
/// Python or another platform are skipped.
const EXAMPLES: [&str; 11] =
    ["OPEN-1", "READ-1", "WRITE-1", "SEEK-1", "INDEX-1", "INDEX-4", "MOVE-1", "CLOSE-1", "CLOSE-6", "PY2-1", "PY2-2"];

/// A map whose position, length and bytes must be seen after each step.
const SEEN: &str = ">>> import mmap
>>> m = mmap.mmap(-1, 13)
>>> m.write(b'hello')
5
>>> m.tell()
5
>>> m.close()
";

/// How many random cases the speed is measured with.
const CASES: u64 = 200;

/// What a first look showed.
#[derive(Clone, Debug)]
pub struct Smoke {
    /// The target.
    pub info: TargetInfo,
    /// What it is judged by.
    pub profile: Profile,
    /// What is known of it: what the fact is about, and the fact.
    pub facts: Vec<(&'static str, String)>,
    /// What the examples came to.
    pub examples: PagesResult,
    /// Why its maps cannot be looked at, where they cannot.
    pub blind: Option<String>,
}

impl Smoke {
    /// Whether everything that must be right is.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.blind.is_none() && self.examples.failed.is_empty()
    }
}

/// Looks at a target. Each case may take as long as `hang`.
///
/// # Errors
/// Where it does not start, or answers everything alike.
pub fn smoke(subject: &TargetSpec, profile: Option<Profile>, hang: Duration) -> Result<Smoke, TargetError> {
    let mut worker = subject.start(profile, hang)?;
    let info = worker.info().clone();
    let profile = profile.unwrap_or(info.profile);
    let mut oracle = Oracle::new(profile)?;
    let pages = all().map_err(|error| TargetError(error.to_string()))?;
    let chosen = |id: &str| EXAMPLES.iter().any(|example| matches_filter(id, example));
    let least = Severity::least(None, &info);
    let examples = pages::run(&pages, &mut oracle, worker.as_mut(), least, &chosen)?;
    let blind = blind(&mut oracle, worker.as_mut())?;
    let mut facts = vec![
        ("methods", offered(&mut oracle, worker.as_mut(), &methods())?),
        ("constants", offered(&mut oracle, worker.as_mut(), &names())?),
    ];
    facts.extend(said(worker.as_ref()));
    facts.push(("random cases", random(worker.as_mut(), profile, &subject.module, least)?));
    Ok(Smoke { info, profile, facts, examples, blind })
}

/// Why what maps hold cannot be compared, where it cannot.
fn blind(oracle: &mut Oracle, worker: &mut dyn Worker) -> Result<Option<String>, TargetError> {
    let session = notation::parse(SEEN, 1).map_err(|error| TargetError(error.to_string()))?;
    let compared = DifferentialRun::of(session.case, oracle, worker, &AnswerOptions::new(Detail::Full))?;
    if let Some(divergence) = compared.comparison.first(Severity::Value) {
        return Ok(Some(headline(divergence)));
    }
    let first = compared.actual.steps.first().and_then(|step| step.snapshot.maps.first());
    let seen = matches!(first, Some(MapState::Open { content: Some(_), .. }));
    Ok((!seen).then(|| "the bytes of a map are never shown".into()))
}

/// A step for each method and attribute of a map, on a map. Without arguments it is refused, but not as something that is
/// not there.
fn methods() -> Vec<(String, Case)> {
    let on_maps = Op::ALL.iter().filter(|op| op.row().on == ObjectKind::Map && op.row().form.starts_with("$."));
    let map = Step::new(Op::New, 0, [Arg::int(-1), Arg::int(13)]);
    let case = |op: Op| Case::new(World::default(), vec![map.clone(), Step::new(op, 0, [])]);
    on_maps.map(|&op| (op.to_string(), case(op))).collect()
}

/// A step for each constant.
fn names() -> Vec<(String, Case)> {
    let places = constants::ALL.iter().zip(0..);
    let case =
        |place: u8| Case::new(World::default(), vec![Step::new(Op::Constant, 0, [Arg::Flags([place][..].into())])]);
    places.map(|(constant, place)| (constant.name().to_owned(), case(place))).collect()
}

/// What is there of that which the profile demands, and what is not.
fn offered(oracle: &mut Oracle, worker: &mut dyn Worker, asked: &[(String, Case)]) -> Result<String, TargetError> {
    let absent =
        |outcome: Option<&Outcome>| matches!(outcome, Some(Outcome::Raised(raise)) if raise.class == "AttributeError");
    let (mut demanded, mut lacking) = (0, Vec::new());
    for (name, case) in asked {
        let compared = DifferentialRun::of(case.clone(), oracle, worker, &AnswerOptions::new(Detail::Quick))?;
        let last = |steps: &[mmapcheck_spec::StepTrace]| steps.last().and_then(|step| step.result.clone().ok());
        if absent(last(&compared.expected.steps).as_ref()) {
            continue;
        }
        demanded += 1;
        if absent(last(&compared.actual.steps).as_ref()) {
            lacking.push(name.as_str());
        }
    }
    let there = demanded - lacking.len();
    let lacks = if lacking.is_empty() { String::new() } else { format!("; lacks {}", lacking.join(", ")) };
    Ok(format!("{there} of {demanded}{lacks}"))
}

/// What a driver said of itself.
fn said(worker: &dyn Worker) -> Vec<(&'static str, String)> {
    let Some(capabilities) = worker.capabilities() else {
        return vec![("pages", format!("of {} bytes", grouped(worker.info().page.into())))];
    };
    let page = format!("of {} bytes", grouped(capabilities.page.into()));
    let lacks = match capabilities.lacks.as_slice() {
        [] => "all that steps need".to_owned(),
        lacks => format!("lacks {}; steps that need them are not compared", lacks.join(", ")),
    };
    let counted = if capabilities.counted { "counted" } else { "collected: what has no name is gone later" };
    vec![
        ("modules", lacks),
        ("references", counted.into()),
        ("pages", format!("{page}; offsets in multiples of {}", grouped(capabilities.granule.into()))),
    ]
}

/// How fast random cases are, and in how many ways they diverge.
fn random(worker: &mut dyn Worker, profile: Profile, module: &str, least: Severity) -> Result<String, TargetError> {
    let info = worker.info();
    let batch = Batch {
        seed: 1,
        cases: 1..1 + CASES,
        generator: GeneratorOptions::all(profile),
        known: KnownList::built_in(info, module)?.patterns(info.profile),
        omissions: Omissions::NONE,
    };
    let began = Instant::now();
    let batch = match worker.batch(&batch)? {
        Ok(batch) => batch,
        Err(gone) => return Ok(format!("the target {} in case {}", gone.end, gone.marks.case)),
    };
    let seconds = began.elapsed().as_secs_f64().max(1e-9);
    let rate = grouped((batch.steps as f64 / seconds) as u64);
    let found = match batch.hits.iter().filter(|hit| hit.bucket.severity >= least).count() {
        0 => "no divergence".to_owned(),
        1 => "1 kind of divergence".to_owned(),
        many => format!("{many} kinds of divergence"),
    };
    Ok(format!("{} with {} steps, {rate} steps/s; {found}", batch.cases, grouped(batch.steps)))
}
