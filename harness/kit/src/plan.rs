//! The plan of a suite: the offer of the type, and the clauses and sessions to run on it.

use crate::fit::fit;
use crate::probe::probe;
use crate::settings::Settings;
use crate::worker;
use mmapcheck::known::KnownList;
use mmapcheck::oracle::Oracle;
use mmapcheck::pages::skips;
use mmapcheck::text::grouped;
use mmapcheck::typed::{Form, Offer};
use mmapcheck_spec::pages::{Clause, Example, Page, all, matches_filter};
use mmapcheck_spec::{Case, Profile, TargetInfo, notation};
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
    /// The number of examples that are run without some of their steps.
    in_part: usize,
    /// The ids of the examples that do not apply, each with the part that the type lacks.
    not_run: Vec<(String, String)>,
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
    /// Its examples, as far as the type can take them.
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
            in_part: 0,
            not_run: Vec::new(),
            sessions,
            known,
            time,
            seed,
            command: settings.command(seed),
            report: settings.report(),
        };
        plan.choose(info)?;
        plan.check_known()?;
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
                    let ids = clause.examples.iter().map(|example| (example.id.clone(), reason.clone()));
                    self.not_run.extend(ids);
                    *self.left_out.entry(reason).or_default() += 1;
                }
            }
        }
        Ok(())
    }

    /// Adds a clause with the examples that the type can take, or returns why it can take none.
    fn apply(&mut self, page: &'static Page, clause: &'static Clause, oracle: &mut Oracle) -> Option<String> {
        let (mut examples, mut lacking) = (Vec::new(), Vec::new());
        for example in &clause.examples {
            match fit(page, clause, example, &self.offer, oracle) {
                Ok(fitted) => examples.push(fitted),
                Err(lacks) => lacking.push((example.id.clone(), lacks)),
            }
        }
        if examples.is_empty() {
            return lacking.into_iter().next().map(|(_, lacks)| lacks);
        }
        self.fewer += lacking.len();
        self.not_run.extend(lacking);
        self.in_part += examples.iter().filter(|one| !one.is_whole).count();
        let examples = examples.into_iter().map(|one| one.example).collect();
        self.clauses.push(Applying { page, clause, examples });
        None
    }

    /// Checks that the suite runs whatever the list of known differences is about.
    ///
    /// # Errors
    /// The place of the first entry that nothing would check, and what the type lacks for it.
    fn check_known(&self) -> Result<(), String> {
        for entry in self.known.applying(self.profile) {
            let wrong = |part: String, lacks: &str| {
                Err(format!(
                    "{}: '{}': {part} is not run, for it needs {lacks}: change the list",
                    entry.place, entry.id
                ))
            };
            for named in &entry.clauses {
                let is_named = |id: &str| matches_filter(id, named);
                let ids = self.clauses.iter().flat_map(|one| &one.examples).map(|example| &example.id);
                let lacks = self.not_run.iter().find(|(id, _)| is_named(id));
                if let (false, Some((_, lacks))) = (ids.clone().any(|id| is_named(id)), lacks) {
                    return wrong(named.clone(), lacks);
                }
            }
            let steps = entry.reproducer.iter().flat_map(|(_, case)| &case.steps);
            if let Some(lacks) = steps.clone().find_map(|step| self.offer.check(step).err()) {
                return wrong("its case".into(), &lacks);
            }
        }
        Ok(())
    }

    /// The clauses that apply as pages, with the examples in the form that the type can take.
    pub fn pages(&self) -> Vec<Page> {
        let page = |Applying { page, clause, examples }: &Applying| Page {
            path: page.path.clone(),
            title: page.title.clone(),
            clauses: vec![Clause { examples: examples.clone(), ..(*clause).clone() }],
        };
        self.clauses.iter().map(page).collect()
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
            "{} is compared with {}\n  it offers {}; {}\n  {} clauses apply; {} do not, for they need: {}{more}\n  of the clauses that apply, {} examples do not, and {} are run without the steps that the type does not offer",
            self.name,
            self.profile,
            ops.join(", "),
            forms.join(", "),
            self.clauses.len(),
            grouped(all as u64),
            named.join(", "),
            self.fewer,
            self.in_part,
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
