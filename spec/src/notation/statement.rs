//! A session split into statements, with the answers they must have.

use super::frame::{COMMENT, NotationError};
use super::syntax::statement;
use crate::End;

/// One statement of a session.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its line, counted from 1.
    pub line: usize,
    /// Its source, without prompts.
    pub source: String,
    /// Which step of the case it is; none for imports, the class and the lines that make the world.
    pub step: Option<usize>,
    /// Where it is a fork: for each step of the child, which are those after it, the value that it must answer, where the
    /// session says so.
    pub child: Vec<Option<String>>,
    /// The lines of its answer.
    pub want: Vec<String>,
    /// The line its answer starts at, or would.
    pub want_line: usize,
    /// Its value is assigned to `_`, so that no answer is shown.
    pub discards: bool,
    /// `# doctest: +ELLIPSIS`
    pub ellipsis: bool,
    /// `# doctest: +IGNORE_EXCEPTION_DETAIL`
    pub class_only: bool,
    /// `# died of signal 7 (SIGBUS)`: the signal that the process must die of in this statement.
    pub dies: Option<i32>,
    /// For a line that makes the world: the text it must show.
    pub(super) shows: Option<String>,
    /// An empty line stands before it: the lines that make the world are over.
    pub(super) after_gap: bool,
}

type Result<T> = std::result::Result<T, String>;

/// Splits a session into statements with their answers. Comments and empty lines may stand between them.
pub(super) fn split(text: &str, first_line: usize) -> std::result::Result<Vec<Statement>, NotationError> {
    let mut found: Vec<Statement> = Vec::new();
    let (mut answering, mut continuing, mut gap) = (false, false, false);
    for (i, line) in text.lines().enumerate() {
        let number = first_line + i;
        let wrong = |message: &str| NotationError { line: number, message: message.into() };
        if let Some(source) = prompt(line, ">>>") {
            let statement = fresh(number, source).map_err(|message| wrong(&message))?;
            found.push(Statement { after_gap: gap, ..statement });
            (answering, continuing, gap) = (true, true, false);
        } else if let (Some(source), Some(last), true) = (prompt(line, "..."), found.last_mut(), continuing) {
            last.source += "\n";
            last.source += source;
            last.want_line = number + 1;
        } else if line.trim().is_empty() || (!answering && line.starts_with('#')) {
            (answering, continuing) = (false, false);
            gap = gap || line.trim().is_empty();
        } else if let (Some(last), true) = (found.last_mut(), answering) {
            last.want.push(line.trim_end().to_owned());
            continuing = false;
        } else {
            return Err(wrong("expected a line that starts with '>>> '"));
        }
    }
    Ok(found)
}

fn prompt<'a>(line: &'a str, prompt: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(prompt)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix(' ').map(str::trim_end) }
}

fn fresh(line: usize, source: &str) -> Result<Statement> {
    let mut statement = Statement {
        line,
        source: source.to_owned(),
        step: None,
        child: Vec::new(),
        want: Vec::new(),
        want_line: line + 1,
        discards: false,
        ellipsis: false,
        class_only: false,
        dies: None,
        shows: None,
        after_gap: false,
    };
    if let Some((code, directive)) = source.split_once("# doctest: ") {
        match directive.trim() {
            "+ELLIPSIS" => statement.ellipsis = true,
            "+IGNORE_EXCEPTION_DETAIL" => statement.class_only = true,
            other => {
                return Err(format!("unknown directive '{other}': expected +ELLIPSIS or +IGNORE_EXCEPTION_DETAIL"));
            }
        }
        statement.source = code.trim_end().to_owned();
    }
    if let Some((code, signal)) = death(source) {
        (statement.source, statement.dies) = (code.to_owned(), Some(signal));
    }
    Ok(statement)
}

/// A statement and the signal that its comment says the process dies of.
fn death(source: &str) -> Option<(&str, i32)> {
    let (code, comment) = source.rsplit_once(COMMENT)?;
    let number = comment.strip_prefix("died of signal ")?.split(' ').next()?;
    let signal = number.parse().ok()?;
    (comment == End::Died(signal).to_string()).then_some((code, signal))
}

impl Statement {
    /// The text that a line that makes the world must show; `None` for a step.
    #[must_use]
    pub fn shows(&self) -> Option<&str> {
        self.shows.as_deref()
    }
}

/// The two sides of an assertion: an expression, and its expected value.
pub(super) fn asserted(text: &str) -> (&str, Option<&str>) {
    const EQUAL: &str = " == ";
    let places = text.match_indices(EQUAL).map(|(at, _)| (&text[..at], &text[at + EQUAL.len()..]));
    // It may stand within bytes as well.
    let mut sides = places.filter(|(left, right)| statement(left).is_ok() && statement(right).is_ok());
    sides.next().map_or((text, None), |(left, right)| (left, Some(right)))
}

/// Joins the lines of a compound statement, as far as the notation has one.
pub(super) fn joined(source: &str) -> Result<String> {
    let lines: Vec<&str> = source.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [one] => Ok((*one).to_owned()),
        [head, body] if head.starts_with("with ") => Ok(format!("{head} {body}")),
        [] => Err("an empty statement".into()),
        _ => Err("unknown compound statement: expected 'with', 'if os.fork() == 0', 'def' or 'class'".into()),
    }
}
