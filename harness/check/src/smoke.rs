//! The smoke test of a target: whether it can be driven, what it offers, and whether it passes the basic examples.

use crate::batch::Batch;
use crate::differential::DifferentialRun;
use crate::divergence::Severity;
use crate::divergence::headline;
use crate::generate::GeneratorOptions;
use crate::known::KnownList;
use crate::oracle::{AnswerOptions, Omissions, Oracle};
use crate::pages::{self, PagesResult};
use crate::text::grouped;
use crate::worker::{TargetSpec, Worker, declined};
use mmapcheck_spec::pages::{all, examples, matches_filter};
use mmapcheck_spec::{
    Arg, Case, Detail, MapState, ObjectKind, Op, Outcome, Profile, Step, TargetError, TargetInfo, Trace, World,
    constants, notation,
};
use mmapcheck_targets::driver::Capabilities;
use mmapcheck_targets::stop::Stop;
use std::time::{Duration, Instant};

/// The basic examples of the specification, which any mmap must pass. Those of another Python version or platform are
/// skipped.
const EXAMPLES: [&str; 11] =
    ["OPEN-1", "READ-1", "WRITE-1", "SEEK-1", "INDEX-1", "INDEX-4", "MOVE-1", "CLOSE-1", "CLOSE-6", "PY2-1", "PY2-2"];

/// A session whose snapshots must show position, length and bytes of the map.
const VISIBLE: &str = ">>> import mmap
>>> m = mmap.mmap(-1, 13)
>>> m.write(b'hello')
5
>>> m.tell()
5
>>> m.close()
";

/// The number of random cases.
const CASES: u64 = 200;

/// The result of a smoke test.
#[derive(Clone, Debug)]
pub struct Smoke {
    /// The target.
    pub info: TargetInfo,
    /// The profile it was judged by.
    pub profile: Profile,
    /// Facts about the target, each with its subject.
    pub facts: Vec<(&'static str, String)>,
    /// The results of the basic examples that the target does not decline.
    pub examples: PagesResult,
    /// The other basic examples: their ids.
    pub declined: Vec<String>,
    /// Why the snapshots of its maps cannot be compared; none if they can.
    pub blind: Option<String>,
}

impl Smoke {
    /// Whether all examples passed and snapshots can be compared.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.blind.is_none() && self.examples.failed.is_empty() && self.examples.unsupported.is_empty()
    }

    /// Whether the target declined every example.
    #[must_use]
    pub fn declined_all(&self) -> bool {
        self.examples.passed.is_empty() && self.examples.failed.is_empty()
    }
}

/// Runs the smoke test. A case that makes no progress for `hang` has hung.
///
/// # Errors
/// Where the target does not start, or gives one answer to every question.
pub fn smoke(spec: &TargetSpec, profile: Option<Profile>, hang: Duration) -> Result<Smoke, TargetError> {
    let mut worker = spec.start(profile, hang, &Stop::never())?;
    let info = worker.info().clone();
    let profile = info.judged_by(profile);
    let mut oracle = Oracle::new(profile)?;
    let pages = all().map_err(|error| TargetError(error.to_string()))?;
    let is_basic = |id: &str| EXAMPLES.iter().any(|example| matches_filter(id, example));
    let steps = declined(worker.as_ref());
    let is_declined = |case: &Case| case.all_steps().any(|step| steps.includes(step));
    let basic = examples(pages).filter(|(_, clause, example)| clause.applies_to(profile) && is_basic(&example.id));
    let declined = basic.filter(|(_, _, example)| is_declined(&example.session.case));
    let declined: Vec<_> = declined.map(|(_, _, example)| example.id.clone()).collect();
    let chosen = |id: &str| is_basic(id) && !declined.iter().any(|other| other == id);
    let least = Severity::least(None, &info);
    let results = pages::run(pages, &mut oracle, worker.as_mut(), least, &chosen)?;
    let blind = blind(&mut oracle, worker.as_mut())?;
    let mut facts = vec![
        ("methods", offered(&mut oracle, worker.as_mut(), &methods(), |driver| &driver.methods)?),
        ("constants", offered(&mut oracle, worker.as_mut(), &constants_of_module(), |driver| &driver.constants)?),
    ];
    facts.extend(capabilities(worker.as_ref()));
    facts.push(("random cases", random(worker.as_mut(), profile, &spec.module, least)?));
    Ok(Smoke { info, profile, facts, examples: results, declined, blind })
}

/// Why the snapshots of maps cannot be compared; none if they can.
fn blind(oracle: &mut Oracle, worker: &mut dyn Worker) -> Result<Option<String>, TargetError> {
    let session = notation::parse(VISIBLE, 1).map_err(|error| TargetError(error.to_string()))?;
    let compared = DifferentialRun::of(session.case, oracle, worker, &AnswerOptions::new(Detail::Full))?;
    if let Some(divergence) = compared.comparison.first(Severity::Value) {
        return Ok(Some(headline(divergence)));
    }
    let first = compared.actual.steps.first().and_then(|step| step.snapshot.maps.first());
    let seen = matches!(first, Some(MapState::Open { content: Some(_), .. }));
    Ok((!seen).then(|| "its snapshots never show the bytes of a map".into()))
}

/// A case for each method and attribute of a map. Called without arguments, a method that exists raises another exception than
/// `AttributeError`.
fn methods() -> Vec<(String, Case)> {
    let on_maps = Op::ALL.iter().filter(|op| op.row().on == ObjectKind::Map && op.row().form.starts_with("$."));
    let map = Step::new(Op::New, 0, [Arg::int(-1), Arg::int(13)]);
    let case = |op: Op| Case::new(World::default(), vec![map.clone(), Step::new(op, 0, [])]);
    on_maps.map(|&op| (op.to_string(), case(op))).collect()
}

/// A case for each constant.
fn constants_of_module() -> Vec<(String, Case)> {
    let places = constants::ALL.iter().zip(0..);
    let case =
        |place: u8| Case::new(World::default(), vec![Step::new(Op::Constant, 0, [Arg::Flags([place][..].into())])]);
    places.map(|(constant, place)| (constant.name().to_owned(), case(place))).collect()
}

/// How many of these names the target has of those that the profile has, which it lacks, and which it declines to use; and
/// those of which the driver's handshake says something else, by the list of its names.
fn offered(
    oracle: &mut Oracle,
    worker: &mut dyn Worker,
    names: &[(String, Case)],
    stated: impl Fn(&Capabilities) -> &Vec<String>,
) -> Result<String, TargetError> {
    let absent = |outcome: &Outcome| matches!(outcome, Outcome::Raised(raise) if raise.class == "AttributeError");
    let (mut all, mut lacks, mut declines, mut contradicts) = (0, Vec::new(), Vec::new(), Vec::new());
    let stated = worker.capabilities().map(|capabilities| stated(capabilities).clone());
    let is_stated = |name: &String| stated.as_ref().map(|stated| stated.contains(name));
    for (name, case) in names {
        let compared = DifferentialRun::of(case.clone(), oracle, worker, &AnswerOptions::new(Detail::Quick))?;
        let last = compared.case.steps.len().saturating_sub(1);
        let outcome = |trace: &Trace| trace.steps.get(last).and_then(|step| step.result.clone().ok());
        if outcome(&compared.expected).is_none_or(|outcome| absent(&outcome)) {
            continue;
        }
        all += 1;
        let found = outcome(&compared.actual).map(|outcome| !absent(&outcome));
        match found {
            Some(false) => lacks.push(name.as_str()),
            Some(true) => {}
            None => declines.push(name.as_str()),
        }
        // A handshake lists public names.
        if found.is_some() && !name.starts_with('_') && is_stated(name).is_some_and(|stated| Some(stated) != found) {
            contradicts.push(name.as_str());
        }
    }
    let there = all - lacks.len() - declines.len();
    let list = |verb: &str, names: &[&str]| match names {
        [] => String::new(),
        names => format!("; {verb} {}", names.join(", ")),
    };
    let contradicts = list("its handshake says otherwise of", &contradicts);
    Ok(format!("{there} of {all}{}{}{contradicts}", list("lacks", &lacks), list("declines", &declines)))
}

/// The capabilities that a driver names.
fn capabilities(worker: &dyn Worker) -> Vec<(&'static str, String)> {
    let Some(capabilities) = worker.capabilities() else {
        return vec![("pages", format!("of {} bytes", grouped(worker.info().page.into())))];
    };
    let page = format!("of {} bytes", grouped(capabilities.page.into()));
    let lacks = match capabilities.lacks.as_slice() {
        [] => "every module that steps import".to_owned(),
        lacks => format!("lacks {}; steps that need them are not compared", lacks.join(", ")),
    };
    let counted =
        if capabilities.counted { "counted" } else { "garbage-collected: objects may outlive their last reference" };
    vec![
        ("modules", lacks),
        ("references", counted.into()),
        ("pages", format!("{page}; offsets in multiples of {}", grouped(capabilities.granule.into()))),
    ]
}

/// The speed of random cases, and the number of buckets they diverge in.
fn random(worker: &mut dyn Worker, profile: Profile, module: &str, least: Severity) -> Result<String, TargetError> {
    let info = worker.info();
    let batch = Batch {
        seed: 1,
        cases: 1..1 + CASES,
        generator: GeneratorOptions::all(profile).declining(declined(worker)),
        known: KnownList::built_in(info, module)?.patterns(info.source),
        model: Vec::new(),
        omissions: Omissions::NONE,
        fresh: None,
    };
    let began = Instant::now();
    let result = match worker.batch(&batch)? {
        Ok(result) => result,
        Err(loss) => return Ok(format!("the target {} in case {}", loss.end, loss.marks.case)),
    };
    let seconds = began.elapsed().as_secs_f64().max(1e-9);
    let rate = grouped((result.steps as f64 / seconds) as u64);
    let found = match result.hits.iter().filter(|hit| hit.bucket.severity >= least).count() {
        0 => "no divergence".to_owned(),
        1 => "1 kind of divergence".to_owned(),
        many => format!("{many} kinds of divergence"),
    };
    Ok(format!("{} with {} steps, {rate} steps/s; {found}", result.cases, grouped(result.steps)))
}
