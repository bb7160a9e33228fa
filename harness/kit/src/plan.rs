//! The plan of a suite: the offer of the type, and the clauses and sessions to run on it.

use crate::probe::probe;
use crate::settings::Settings;
use crate::worker;
use mmapcheck::known::KnownList;
use mmapcheck::oracle::Oracle;
use mmapcheck::pages::{on_reference, skips};
use mmapcheck::text::grouped;
use mmapcheck::typed::{Form, Offer};
use mmapcheck_spec::pages::{Clause, Example, Page, all};
use mmapcheck_spec::{Arg, Case, ConstructorParam, Op, Profile, Step, TargetInfo, notation};
use mmapcheck_targets::stop::Stop;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The most reasons for which clauses do not apply that the introduction names.
const REASONS: usize = 8;

/// The plan of a suite.
pub struct Plan {
    /// The type.
    pub name: String,
    /// The profile that it is judged by.
    pub profile: Profile,
    /// The calls that it has.
    pub offer: Offer,
    /// The clauses that apply.
    pub clauses: Vec<Applying>,
    /// The number of clauses that do not apply, by reason.
    left_out: BTreeMap<String, usize>,
    /// The number of examples that do not apply, of clauses that do.
    fewer: usize,
    /// The sessions of the user, with the names of their tests.
    pub sessions: Vec<(String, Case)>,
    /// The known differences.
    pub known: KnownList,
    /// The time of the campaign.
    pub time: Duration,
    /// The seed of the campaign.
    pub seed: u64,
    /// The command that runs the campaign again.
    pub command: String,
    /// The folder for the report.
    pub report: Option<PathBuf>,
}

/// A clause that applies.
pub struct Applying {
    /// Its page.
    pub page: &'static Page,
    /// The clause.
    pub clause: &'static Clause,
    /// Those of its examples that the type can take.
    pub examples: Vec<Example>,
}

impl Plan {
    /// Probes the type, and reads the files that the settings name.
    ///
    /// # Errors
    /// If the type cannot be run, or a setting or file is wrong: one line.
    pub fn new(settings: &Settings) -> Result<Plan, String> {
        let (time, seed) = (settings.campaign_time()?, settings.campaign_seed()?);
        let (known, sessions) = (settings.read_known()?, sessions(settings)?);
        let mut started = worker::start(&settings.name, worker::HANG, &Stop::never()).map_err(|why| why.0)?;
        let offer = probe(started.as_mut()).map_err(|why| why.0)?;
        let info = started.info();
        let mut plan = Plan {
            name: settings.name.clone(),
            profile: info.profile,
            offer,
            clauses: Vec::new(),
            left_out: BTreeMap::new(),
            fewer: 0,
            sessions,
            known,
            time,
            seed,
            command: settings.command(seed),
            report: settings.report(),
        };
        plan.choose(info)?;
        Ok(plan)
    }

    /// Chooses the clauses that apply.
    fn choose(&mut self, info: &TargetInfo) -> Result<(), String> {
        let mut oracle = Oracle::new(self.profile).map_err(|why| why.0)?;
        for page in all().map_err(|error| error.to_string())? {
            for clause in page.clauses.iter().filter(|clause| !clause.examples.is_empty()) {
                let reason = match skips(clause, &oracle, info) {
                    Some(reason) => Some(reason),
                    None => self.apply(page, clause, &mut oracle),
                };
                if let Some(reason) = reason {
                    *self.left_out.entry(reason).or_default() += 1;
                }
            }
        }
        Ok(())
    }

    /// Adds a clause with the examples that the type can take, or returns why it can take none.
    fn apply(&mut self, page: &'static Page, clause: &'static Clause, oracle: &mut Oracle) -> Option<String> {
        let (mut examples, mut reason) = (Vec::new(), None);
        for example in &clause.examples {
            match self.fit(page, example, oracle) {
                Ok(example) => examples.push(example),
                Err(lacks) => reason = reason.or(Some(lacks)),
            }
        }
        if examples.is_empty() {
            return reason;
        }
        self.fewer += clause.examples.len() - examples.len();
        self.clauses.push(Applying { page, clause, examples });
        None
    }

    /// An example as the type can take it. Maps without a named access have the access that the type offers; the page's answers
    /// must hold for them as well.
    fn fit(&self, page: &Page, example: &Example, oracle: &mut Oracle) -> Result<Example, String> {
        let mut example = example.clone();
        if example.session.case.steps.is_empty() {
            return Err("no step".into());
        }
        if let Some(access) = self.offer.own_access() {
            let is_of_file = |step: &Step| step.args.first().is_some_and(|given| matches!(given.arg, Arg::Fd(_)));
            let names_none = |step: &Step| step.passed(ConstructorParam::Access).is_none();
            let is_plain = |step: &Step| step.op == Op::New && is_of_file(step) && names_none(step);
            example.session.case.edit(|draft| {
                draft.steps.iter_mut().filter(|step| is_plain(step)).for_each(|step| step.args.push(access.clone()));
            });
            example.text = notation::print(&example.session.case.draft());
        }
        example.session.case.steps.iter().try_for_each(|step| self.offer.check(step))?;
        match self.offer.own_access().and_then(|_| on_reference(&page.path, &example, oracle).transpose()) {
            None => Ok(example),
            Some(_) => Err("writable maps of files".into()),
        }
    }

    /// The lines before the tests: what the type offers, and how many clauses apply.
    pub fn introduction(&self) -> String {
        let ops: Vec<String> = self.offer.ops.iter().map(ToString::to_string).collect();
        let of = |form: &(Form, &'static str)| self.offer.forms.contains(&form.0).then_some(form.1);
        let forms: Vec<&str> = Form::ALL.iter().filter_map(of).collect();
        let all: usize = self.left_out.values().sum();
        let mut reasons: Vec<_> = self.left_out.iter().collect();
        reasons.sort_by_key(|(_, count)| Reverse(**count));
        let named: Vec<_> = reasons.iter().take(REASONS).map(|(reason, count)| format!("{reason} ({count})")).collect();
        let more = if reasons.len() > REASONS { ", and others" } else { "" };
        format!(
            "{} is compared with {}\n  it offers {}; {}\n  {} clauses apply; {} do not, for they need: {}{more}\n  of the clauses that apply, {} examples do not",
            self.name,
            self.profile,
            ops.join(", "),
            forms.join(", "),
            self.clauses.len(),
            grouped(all as u64),
            named.join(", "),
            self.fewer,
        )
    }
}

/// The sessions of the user.
fn sessions(settings: &Settings) -> Result<Vec<(String, Case)>, String> {
    let mut found = Vec::new();
    for (path, text) in settings.read_sessions()? {
        let session = notation::parse(&text, 1).map_err(|error| format!("{}:{error}", path.display()))?;
        if session.case.steps.is_empty() {
            return Err(format!("{}:1: the session has no step", path.display()));
        }
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        found.push((format!("session::{name}"), session.case));
    }
    Ok(found)
}
