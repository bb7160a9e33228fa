//! The suite: a test for each clause that applies, one for each session, and a random campaign.

use crate::mapping::Mapping;
use crate::plan::{Applying, Plan};
use crate::settings::Settings;
use crate::verdict::judge;
use crate::{campaign, failure, worker};
use libtest_mimic::{Arguments, Failed, Trial};
use mmapcheck::differential::DifferentialRun;
use mmapcheck::divergence::Severity;
use mmapcheck::oracle::{AnswerOptions, Oracle};
use mmapcheck::pages::on_target;
use mmapcheck::worker::Worker;
use mmapcheck_spec::pages::Example;
use mmapcheck_spec::{Case, Detail, End, TargetError};
use mmapcheck_targets::stop::Stop;
use std::cell::RefCell;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

/// The `main` of a suite, in each of its processes. The exit status is 2 if a setting or a file of the user is wrong.
pub fn run<M: Mapping + 'static>(settings: &Settings) -> ExitCode {
    if let Some(dir) = worker::folder() {
        // The pipe breaks when the suite ends.
        let _ = worker::serve::<M>(dir, &settings.name);
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    match Plan::new(settings) {
        Ok(plan) => Suite { plan, said: Mutex::default() }.run(&arguments),
        Err(why) => {
            eprintln!("error: {}: {why}", settings.name);
            ExitCode::from(2)
        }
    }
}

/// A suite that runs.
struct Suite {
    plan: Plan,
    /// Lines to print after the tests.
    said: Mutex<Vec<String>>,
}

thread_local! {
    /// The worker and the oracle of a thread that runs tests.
    static PAIR: RefCell<Option<(Box<dyn Worker>, Oracle)>> = const { RefCell::new(None) };
}

impl Suite {
    fn run(self, arguments: &Arguments) -> ExitCode {
        let suite = Arc::new(self);
        if !arguments.list {
            eprintln!("{}", suite.plan.introduction());
        }
        let conclusion = libtest_mimic::run(arguments, suite.trials());
        for line in &*suite.said.lock().unwrap_or_else(PoisonError::into_inner) {
            eprintln!("{line}");
        }
        conclusion.exit_code()
    }

    fn trials(self: &Arc<Self>) -> Vec<Trial> {
        let clause = |place: usize| {
            let suite = Arc::clone(self);
            Trial::test(self.plan.clauses[place].clause.id.clone(), move || suite.clause(&suite.plan.clauses[place]))
        };
        let session = |place: usize| {
            let suite = Arc::clone(self);
            Trial::test(self.plan.sessions[place].0.clone(), move || suite.session(&suite.plan.sessions[place].1))
        };
        let random = Arc::clone(self);
        let clauses = (0..self.plan.clauses.len()).map(clause);
        let sessions = (0..self.plan.sessions.len()).map(session);
        clauses.chain(sessions).chain([Trial::test("campaign", move || random.campaign())]).collect()
    }

    fn say(&self, line: String) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Runs on the worker of this thread, which is started when it is first needed.
    fn with_worker<T>(
        &self,
        run: impl FnOnce(&mut dyn Worker, &mut Oracle) -> Result<T, TargetError>,
    ) -> Result<T, Failed> {
        PAIR.with_borrow_mut(|pair| {
            if pair.is_none() {
                let started = worker::start(&self.plan.name, worker::HANG, &Stop::never())?;
                let oracle = Oracle::new(self.plan.profile)?;
                *pair = Some((started, oracle));
            }
            match pair {
                Some((worker, oracle)) => run(worker.as_mut(), oracle),
                None => Err(TargetError("no worker".into())),
            }
        })
        .map_err(|error| Failed::from(error.0))
    }

    /// A clause, by those of its examples that the type can take.
    fn clause(&self, applying: &Applying) -> Result<(), Failed> {
        for example in &applying.examples {
            self.example(applying, example)?;
        }
        Ok(())
    }

    fn example(&self, applying: &Applying, example: &Example) -> Result<(), Failed> {
        let (id, path) = (&example.id, &applying.page.path);
        let failed = self.with_worker(|worker, oracle| on_target(path, example, oracle, worker, Severity::Class))?;
        let is_known = self.plan.known.expects(self.plan.profile, id);
        match failed {
            None if is_known => {
                Err(format!("{id} is listed as a known difference, and agrees: change the list").into())
            }
            None => Ok(()),
            Some(failed) => match &failed.end {
                Some(End::Unsupported(reason)) => {
                    self.say(format!("{id} was not checked: {}: {reason}", failed.statement));
                    Ok(())
                }
                _ if is_known => Ok(()),
                _ => Err(failure::example(&self.plan.name, applying.clause, example, &failed).into()),
            },
        }
    }

    fn session(&self, case: &Case) -> Result<(), Failed> {
        let options = AnswerOptions::new(Detail::Full);
        let run = self.with_worker(|worker, oracle| DifferentialRun::of(case.clone(), oracle, worker, &options))?;
        judge(&run).map_err(Failed::from)
    }

    fn campaign(&self) -> Result<(), Failed> {
        let (summary, done) = campaign::run(&self.plan);
        self.say(summary);
        done.map_err(Failed::from)
    }
}
