//! Rewriting the answers of a page from those of a target: CPython's own `mmap`, never the reference.

use crate::divergence::Severity;
use crate::pages::matches_answer;
use mmapcheck_spec::notation::{self, Statement};
use mmapcheck_spec::pages::{Example, Page};
use mmapcheck_spec::{Detail, Dialect, Outcome, Profile, Target, TargetError, Trace};

/// A page with its answers rewritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blessed {
    /// The new text of the page.
    pub text: String,
    /// The lines of the old page at which an answer was rewritten.
    pub changed: Vec<usize>,
    /// The ids of the examples that do not apply to the target and were not changed.
    pub skipped: Vec<String>,
    /// The statements that the target did not answer and that were not changed, with place and reason.
    pub unanswered: Vec<String>,
}

/// A replacement for a range of lines of a page.
struct Edit {
    /// The first line, counted from 1.
    line: usize,
    old: usize,
    new: Vec<String>,
}

/// Rewrites the answers of a page where they are not the target's.
///
/// # Errors
/// Where the target could not be used at all.
pub fn bless(page: &Page, text: &str, target: &mut dyn Target) -> Result<Blessed, TargetError> {
    let mut done = Blessed::default();
    let mut edits = Vec::new();
    let profile: Profile = target.info().profile;
    for clause in &page.clauses {
        for example in &clause.examples {
            if clause.scope.excludes(profile).is_some() {
                done.skipped.push(example.id.clone());
                continue;
            }
            of_example(page, example, target, profile.dialect(), &mut edits, &mut done)?;
        }
    }
    done.changed = edits.iter().map(|edit| edit.line).collect();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // From the last edit to the first, so that the line numbers of the others stay valid.
    for Edit { line, old, new } in edits.into_iter().rev() {
        lines.splice(line - 1..line - 1 + old, new);
    }
    done.text = lines.join("\n") + "\n";
    Ok(done)
}

fn of_example(
    page: &Page,
    example: &Example,
    target: &mut dyn Target,
    dialect: Dialect,
    edits: &mut Vec<Edit>,
    done: &mut Blessed,
) -> Result<(), TargetError> {
    let trace = target.run(&example.session.case, Detail::Quick)?;
    for statement in &example.session.statements {
        edits.extend(child_edits(statement, example, &trace, dialect));
        let answer = match statement.step {
            None => world_answer(statement),
            Some(step) => match trace.steps.get(step).map(|step| &step.result) {
                Some(Ok(outcome)) if matches_answer(statement, outcome, dialect, Severity::Message) => None,
                Some(Ok(outcome)) if statement.discards => Some(notation::render_discarded(outcome, dialect)),
                Some(Ok(outcome)) => Some(notation::render(outcome, dialect)),
                other => {
                    let why =
                        other.and_then(|result| result.as_ref().err()).map_or("no answer".into(), ToString::to_string);
                    done.unanswered.push(format!("{}:{}: {}: {why}", page.path, statement.line, example.id));
                    return Ok(());
                }
            },
        };
        if let Some(new) = answer {
            edits.push(Edit { line: statement.want_line, old: statement.want.len(), new });
        }
    }
    Ok(())
}

/// The edits of a child process's lines whose value is not the target's.
fn child_edits(statement: &Statement, example: &Example, trace: &Trace, dialect: Dialect) -> Vec<Edit> {
    let fork = statement.step.unwrap_or_default();
    let edit = |(place, wanted): (usize, &Option<String>)| {
        let step = fork + place + 1;
        let outcome = trace.steps.get(step)?.result.as_ref().ok()?;
        let (Outcome::Value(value), Some(wanted)) = (outcome, wanted) else { return None };
        let new = notation::child_line(&example.session.case.steps[step], Some(outcome), dialect);
        let differs = notation::render_value(value, dialect) != *wanted;
        differs.then(|| Edit { line: statement.line + place + 1, old: 1, new: vec![new] })
    };
    statement.child.iter().enumerate().filter_map(edit).collect()
}

/// The answer of a statement that makes the world, if the page has another.
fn world_answer(statement: &Statement) -> Option<Vec<String>> {
    let shown = statement.shows().unwrap_or_default();
    (statement.want.join("\n") != shown).then(|| shown.lines().map(str::to_owned).collect())
}
