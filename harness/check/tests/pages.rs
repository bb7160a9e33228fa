//! Every example of the specification on the reference and on the embedded CPython, each a test with its own name.

use libtest_mimic::{Arguments, Failed, Trial};
use mmapcheck::divergence::Severity;
use mmapcheck::oracle::Oracle;
use mmapcheck::pages::{Failure, on_reference, on_target};
use mmapcheck::report::command::Invocation;
use mmapcheck::worker::scratch;
use mmapcheck_spec::pages::{Clause, Example, Page, all, examples};
use mmapcheck_spec::{Implementation, Platform, Profile, Version};
use mmapcheck_targets::Embedded;
use mmapcheck_targets::InProcess;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, PoisonError};

/// The profiles of the reference. Each example runs under all profiles that it applies to.
const PROFILES: [Profile; 13] = [
    Profile::cpython(2, 7, 18),
    Profile::cpython(3, 6, 15),
    Profile::cpython(3, 7, 16),
    Profile::cpython(3, 8, 18),
    Profile::cpython(3, 9, 18),
    Profile::cpython(3, 10, 13),
    Profile::cpython(3, 11, 7),
    Profile::cpython(3, 12, 1),
    Profile::cpython(3, 13, 0),
    Profile::cpython(3, 13, 18),
    Profile::cpython(3, 14, 10),
    Profile::NEWEST,
    Profile::new(Implementation::CPython, Version::new(3, 11, 9), Platform::Windows),
];

/// The path of a page, an example, and the channel for its result.
type Job = (String, Example, Sender<Result<(), Failed>>);

fn main() -> ExitCode {
    // A resource limit of an example applies to the whole process, so the examples run one after the other.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let pages = match all() {
        Ok(pages) => pages,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (jobs, profile) = match interpreter() {
        Ok(started) => started,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let jobs = Arc::new(Mutex::new(jobs));
    let mut trials = Vec::new();
    for (page, clause, example) in examples(pages) {
        trials.extend(on_profiles(page, clause, example));
        trials.push(on_cpython(page, clause, example, profile, &jobs));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The command that runs a failed example again.
fn replay(failure: &Failure) -> String {
    Invocation::new(&["cargo", "run", "--release", "--"], &[], Vec::new()).example(&failure.id)
}

fn on_profiles(page: &Page, clause: &Clause, example: &Example) -> Option<Trial> {
    let profiles: Vec<Profile> =
        PROFILES.into_iter().filter(|profile| clause.scope.excludes(*profile).is_none()).collect();
    let (path, example, name) =
        (page.path.clone(), example.clone(), format!("{} on the reference · {}", example.id, clause.rule));
    (!profiles.is_empty()).then(|| {
        Trial::test(name, move || {
            for profile in profiles {
                let mut oracle = Oracle::new(profile)?;
                if let Some(failure) = on_reference(&path, &example, &mut oracle)? {
                    return Err(format!("{profile}: {failure}\n  replay: {}", replay(&failure)).into());
                }
            }
            Ok(())
        })
    })
}

/// The test of an example on CPython. If the example does not apply, the test is ignored, with the reason in its name.
fn on_cpython(
    page: &Page,
    clause: &Clause,
    example: &Example,
    profile: Profile,
    jobs: &Arc<Mutex<Sender<Job>>>,
) -> Trial {
    if let Some(reason) = clause.scope.excludes(profile) {
        return Trial::test(format!("{} on CPython · {reason}", example.id), || Ok(())).with_ignored_flag(true);
    }
    let (path, example, jobs) = (page.path.clone(), example.clone(), Arc::clone(jobs));
    let name = format!("{} on CPython · {}", example.id, clause.rule);
    Trial::test(name, move || {
        let (sender, receiver) = channel();
        jobs.lock().unwrap_or_else(PoisonError::into_inner).send((path, example, sender))?;
        receiver.recv()?
    })
}

/// Starts the embedded interpreter on a thread of its own, since it must stay on one thread.
fn interpreter() -> Result<(Sender<Job>, Profile), Box<dyn std::error::Error>> {
    let (jobs, inbox) = channel::<Job>();
    let (ready, started) = channel::<Result<Profile, String>>();
    std::thread::spawn(move || {
        let start = || -> Result<_, Box<dyn std::error::Error>> {
            mmapcheck_targets::check_interpreter()?;
            let dir = scratch()?;
            let stepper = Embedded::new("mmap", "mmap", dir.path())?;
            let info = stepper.info().clone();
            Ok((Oracle::new(info.profile)?, InProcess::new(stepper, info), dir))
        };
        let (mut oracle, mut target, _dir) = match start() {
            Ok(parts) => parts,
            Err(error) => {
                // The receiver is gone if the program has ended.
                let _ = ready.send(Err(error.to_string()));
                return;
            }
        };
        let _ = ready.send(Ok(oracle.profile()));
        for (path, example, answer) in inbox {
            let outcome = match on_target(&path, &example, &mut oracle, &mut target, Severity::Message) {
                Ok(None) => Ok(()),
                Ok(Some(failure)) => Err(format!("{failure}\n  replay: {}", replay(&failure)).into()),
                Err(error) => Err(error.0.into()),
            };
            let _ = answer.send(outcome);
        }
    });
    let profile = started.recv()??;
    Ok((jobs, profile))
}
