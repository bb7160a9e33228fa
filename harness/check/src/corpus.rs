//! Cases as data, for suites in other languages: `reports/corpus.schema.json` describes the objects. Arguments and outcomes have
//! the form of the driver protocol.

use crate::divergence::Severity;
use crate::oracle::{AnswerOptions, Oracle};
use crate::pages::matches_answer;
use mmapcheck_spec::notation::{Session, Statement, line_text, parse};
use mmapcheck_spec::pages::{Clause, Example};
use mmapcheck_spec::{
    Case, Detail, Dialect, End, Implementation, ObjectKind, Outcome, Platform, Profile, Step, TargetError, Version,
};
use mmapcheck_targets::driver::{argument, outcome};
use serde_json::{Value, json};

/// An example of the specification as data. An outcome is in it where the page's answer says it, and the reference tells its
/// parts apart.
///
/// # Errors
/// If the oracle could not be used, or the case has no form in the protocol.
pub fn example(clause: &Clause, example: &Example) -> Result<Value, TargetError> {
    let Session { case, statements } = &example.session;
    let answers = answers(clause, case)?;
    let mut data = data(&example.id, case, &example.text).map_err(TargetError)?;
    data["clause"] = json!({
        "id": clause.id,
        "promise": clause.rule,
        "level": clause.level,
        "source": clause.source,
        "address": clause.address(),
        "since": clause.scope.since.map(Version::short),
        "until": clause.scope.until.map(Version::short),
        "platform": clause.scope.platform,
        "cpython": clause.scope.cpython,
    });
    for statement in statements {
        let Some(step) = statement.step else { continue };
        let answer = answers.as_ref().and_then(|(answers, dialect)| Some((answers.get(step)?.as_ref()?, *dialect)));
        expect(&mut data["steps"][step], statement, answer);
    }
    Ok(data)
}

/// A saved case as data. `file` is its name, also for errors.
///
/// # Errors
/// If the text cannot be read as a session, or the case has no form in the protocol: one line with file and line.
pub fn saved(file: &str, text: &str) -> Result<Value, String> {
    let session = parse(text, 1).map_err(|error| format!("{file}:{}: {}", error.line, error.message))?;
    data(file, &session.case, text).map_err(|why| format!("{file}: {why}"))
}

fn data(id: &str, case: &Case, session: &str) -> Result<Value, String> {
    let files = case.world.files.iter().enumerate().map(|(slot, file)| {
        let bytes: String = file.bytes.iter().map(|byte| char::from(*byte)).collect();
        json!({"name": ObjectKind::File.name(slot as u8), "bytes": bytes, "mode": file.mode.text()})
    });
    let steps = case.steps.iter().map(step).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({"id": id, "clause": null, "files": files.collect::<Vec<_>>(), "steps": steps, "session": session}))
}

fn step(step: &Step) -> Result<Value, String> {
    let unsaid = |end: End| format!("{}: {end}", line_text(step));
    let args = step.args.iter().map(|given| argument(&given.arg, step.op)).collect::<Result<Vec<_>, _>>();
    let keywords: Vec<_> = step.args.iter().filter_map(|given| given.keyword).collect();
    Ok(json!({
        "op": step.op.row().name,
        "on": step.on,
        "bind": step.bind,
        "args": args.map_err(unsaid)?,
        "keywords": keywords,
        "source": line_text(step),
    }))
}

/// Adds what a page says of a step: the lines of its answer, and its outcome if they say it.
fn expect(step: &mut Value, statement: &Statement, answer: Option<(&Outcome, Dialect)>) {
    if let Some(signal) = statement.dies {
        step["dies"] = json!(signal);
        return;
    }
    if statement.discards && statement.want.is_empty() {
        return;
    }
    step["shows"] = json!(statement.want);
    let Some((answer, dialect)) = answer else { return };
    if statement.ellipsis || !matches_answer(statement, answer, dialect, Severity::Message) {
        return;
    }
    step["outcome"] = outcome(answer);
    // The text of a message that the page leaves open is not expected.
    if let (Outcome::Raised(_), true) = (answer, statement.class_only) {
        step["outcome"][3] = Value::Null;
    }
}

type Answers = (Vec<Option<Outcome>>, Dialect);

/// The answers of the reference to a case under the newest profile that its clause applies to; none if it leaves steps out.
fn answers(clause: &Clause, case: &Case) -> Result<Option<Answers>, TargetError> {
    let versions: Vec<Version> = Version::known().collect();
    let platforms = versions.iter().rev().flat_map(|version| Platform::ALL.map(|platform| (*version, platform)));
    let mut profiles = platforms.map(|(version, platform)| Profile::new(Implementation::CPython, version, platform));
    let Some(profile) = profiles.find(|profile| clause.applies_to(*profile)) else { return Ok(None) };
    let answered = Oracle::new(profile)?.answer(case.clone(), &AnswerOptions::new(Detail::Quick))?;
    if !answered.left_out.is_empty() {
        return Ok(None);
    }
    let steps = answered.expected.steps.into_iter().map(|step| step.result.ok());
    Ok(Some((steps.collect(), profile.dialect())))
}
