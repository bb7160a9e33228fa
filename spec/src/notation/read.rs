//! Sessions read back as cases.

use super::context::{Context, Names, mode_of, path_of};
use super::frame::{CALLBACK, CLASSES, LEAVE, NotationError, OPEN_IMPORT, SavedLimit};
use super::literal::bytes_of;
use super::print::line_text;
use super::statement::{Statement, asserted, joined, split};
use super::syntax::{Expr, Stmt, statement};
use crate::{Case, Draft, FileSpec, Mode, ObjectKind, Op, PythonModule, Slot, Step};

/// A session as it was read.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The case it says.
    pub case: Case,
    /// Every statement in order, those that only make the world among them.
    pub statements: Vec<Statement>,
}

type Result<T> = std::result::Result<T, String>;

/// Reads a session. `first_line` is the number of the text's first line in its file.
///
/// # Errors
/// At the first thing that is not in the notation, with its line.
pub fn parse(text: &str, first_line: usize) -> std::result::Result<Session, NotationError> {
    let mut reader = Reader::default();
    for statement in split(text, first_line)? {
        let line = statement.line;
        reader.take(statement).map_err(|message| NotationError { line, message })?;
    }
    reader.end();
    if let (Some(_), Some(last)) = (reader.context.callback.get_mut().take(), reader.statements.last()) {
        let message = format!("the function {CALLBACK} is defined for the statement after it, and there is none");
        return Err(NotationError { line: last.line, message });
    }
    if let (Some(_), Some(last)) = (&reader.parent, reader.statements.last()) {
        return Err(NotationError { line: last.line, message: NOT_AWAITED.into() });
    }
    let case = legal(reader.case, &reader.statements)?;
    Ok(Session { case, statements: reader.statements })
}

/// The case that was read. A step that repair would change is an error of its statement.
fn legal(draft: Draft, statements: &[Statement]) -> std::result::Result<Case, NotationError> {
    let case = draft.clone().repair();
    if *case == draft {
        return Ok(case);
    }
    let same = draft.steps.iter().zip(&case.steps).take_while(|(read, legal)| read == legal).count();
    let statement = statements.iter().rfind(|statement| statement.step.is_some_and(|first| first <= same));
    let step = draft.steps.get(same).map(line_text).unwrap_or_default();
    let message = match case.steps.get(same) {
        Some(legal) => format!("this step is not legal here: {step}; the nearest is {}", line_text(legal)),
        None => format!("this step is not legal here: {step}"),
    };
    Err(NotationError { line: statement.map_or(1, |statement| statement.line), message })
}

/// Where in the opening lines of a file the reader is.
#[derive(Clone, Copy, PartialEq)]
enum Opening {
    Opened,
    Written,
    Closed,
}

const NOT_AWAITED: &str = "a child is waited for by the statement after it: os.wait()[1]";

#[derive(Default)]
struct Reader {
    case: Draft,
    statements: Vec<Statement>,
    context: Context,
    /// The names of the parent while its child is not waited for yet.
    parent: Option<Names>,
    /// The file whose opening lines are being read; none once the steps have begun.
    opening: Option<Opening>,
    begun: bool,
    /// The names of the limits that were saved, and whether one was put back.
    saved: Vec<String>,
    has_put_back: bool,
}

impl Reader {
    fn take(&mut self, mut line: Statement) -> Result<()> {
        if line.source.starts_with("class ") {
            self.class(&line)?;
            self.statements.push(line);
            return Ok(());
        }
        if line.source == OPEN_IMPORT {
            self.statements.push(line);
            return Ok(());
        }
        if self.limit(&line.source)? {
            self.statements.push(line);
            return Ok(());
        }
        if self.has_put_back {
            return Err("a limit is put back after the last step".into());
        }
        if line.after_gap {
            self.end();
        }
        if line.source.starts_with("def ") {
            self.end();
            self.begun = true;
            self.function(&line.source)?;
            self.statements.push(line);
            return Ok(());
        }
        if line.source.starts_with("if ") {
            self.child(&mut line)?;
            self.statements.push(line);
            return Ok(());
        }
        let stmt = statement(&joined(&line.source)?)?;
        if let Stmt::Import(modules) = stmt {
            self.import(modules)?;
        } else if self.begun || !self.world(&stmt, &mut line)? {
            self.end();
            let (step, discards) = self.context.step(&stmt)?;
            if self.context.callback.get_mut().is_some() {
                return Err(format!(
                    "the function {CALLBACK} is defined for the statement after it, which does not use it"
                ));
            }
            match (step.op, self.parent.take()) {
                (Op::Wait, Some(parent)) => self.context.names = parent,
                (Op::Wait, None) => return Err("os.wait() needs a child: a fork before it".into()),
                (_, Some(_)) => return Err(NOT_AWAITED.into()),
                (_, None) => {}
            }
            line.step = Some(self.case.steps.len());
            line.discards = discards;
            self.case.steps.push(step);
        }
        self.statements.push(line);
        Ok(())
    }

    /// Ends the lines that make the world, where a step or a gap comes. A file that was closed and is not opened again is closed
    /// by a step.
    fn end(&mut self) {
        if self.opening == Some(Opening::Closed) {
            self.close_as_step();
        }
        let is_before = |source: &str| {
            let words = ["import ", "from ", "class "];
            words.iter().any(|word| source.starts_with(word))
                || SavedLimit::all().iter().any(|limit| limit.save == source)
        };
        self.begun = self.begun || !self.statements.iter().all(|statement| is_before(&statement.source));
        self.opening = None;
    }

    /// Makes a step of the last line that closes a file of the world.
    fn close_as_step(&mut self) {
        let file = self.case.world.files.len().saturating_sub(1);
        let closes = |line: &&mut Statement| line.shows.is_some();
        if let Some(line) = self.statements.iter_mut().rfind(closes) {
            (line.shows, line.step) = (None, Some(self.case.steps.len()));
            self.case.steps.push(Step::new(Op::FileClose, file as Slot, []));
        }
    }

    /// Takes a line that saves a limit or puts it back. False: it is another one.
    fn limit(&mut self, source: &str) -> Result<bool> {
        let is_it = |limit: &&SavedLimit| limit.save == source || limit.put_back == source;
        let Some(limit) = SavedLimit::all().iter().find(is_it) else { return Ok(false) };
        self.context.needs(PythonModule::Resource)?;
        if limit.save == source {
            self.saved.push(limit.name.clone());
            return Ok(true);
        }
        if !self.saved.contains(&limit.name) {
            return Err(format!("the limit '{}' has not been saved: {}", limit.name, limit.save));
        }
        if self.parent.is_some() {
            return Err(NOT_AWAITED.into());
        }
        self.has_put_back = true;
        Ok(true)
    }

    fn class(&mut self, line: &Statement) -> Result<()> {
        let given = || line.source.lines().map(str::trim).filter(|text| !text.is_empty());
        let same =
            |lines: &[&'static str]| given().eq(lines.iter().map(|text| text[3..].trim()).filter(|t| !t.is_empty()));
        let Some(class) = CLASSES.iter().find(|class| same(class.lines)) else {
            let all: Vec<_> = CLASSES.iter().map(|class| class.lines.join("\n")).collect();
            return Err(format!("the classes of the notation are\n{}", all.join("\n")));
        };
        class.uses.map_or(Ok(()), |module| self.context.needs(module))?;
        self.context.classes.push(class.name);
        Ok(())
    }

    /// A child process: the fork, and the steps of the child.
    fn child(&mut self, line: &mut Statement) -> Result<()> {
        let source = line.source.clone();
        let mut body = source.lines().map(str::trim).filter(|line| !line.is_empty());
        let (fork, _) = self.context.step(&statement(body.next().unwrap_or_default())?)?;
        if fork.op != Op::Fork || body.next_back() != Some(LEAVE) {
            return Err(format!("a child ends with {LEAVE}"));
        }
        if self.parent.is_some() || self.context.callback.get_mut().is_some() {
            return Err("the statement before a fork is over when it comes".into());
        }
        self.end();
        self.parent = Some(self.context.names.clone());
        line.step = Some(self.case.steps.len());
        self.case.steps.push(fork);
        for source in body {
            let (source, wanted) = source.strip_prefix("assert ").map_or((source, None), asserted);
            let (step, _) = self.context.step(&statement(source)?)?;
            if step.op.is_of_children() {
                return Err("a child has no child of its own".into());
            }
            line.child.push(wanted.map(str::to_owned));
            self.case.steps.push(step);
        }
        Ok(())
    }

    /// The function of a callback, which an argument of the next statement calls.
    fn function(&mut self, source: &str) -> Result<()> {
        let lines: Vec<&str> = source.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let (shared, body) = match lines.as_slice() {
            [head, body] if *head == format!("def {CALLBACK}():") => (None, *body),
            [head, shared, body] if *head == format!("def {CALLBACK}():") => (shared.strip_prefix("global "), *body),
            _ => return Err(format!("the only function of the notation is {CALLBACK}, of one statement")),
        };
        if self.context.callback.get_mut().is_some() {
            return Err(format!("the function {CALLBACK} is defined twice before it is used"));
        }
        let stmt = statement(body)?;
        let named = match &stmt {
            Stmt::Assign(Expr::Name(name), _) | Stmt::Del(Expr::Name(name)) if name != "_" => Some(name.as_str()),
            _ => None,
        };
        if named != shared || (lines.len() == 3 && shared.is_none()) {
            return Err("a function says 'global' of just the name that it binds or drops".into());
        }
        let (step, discards) = self.context.step(&stmt)?;
        if step.callback().is_some() || discards {
            return Err("the statement of a function must be a single step".into());
        }
        *self.context.callback.get_mut() = Some(step);
        Ok(())
    }

    fn import(&mut self, modules: Vec<String>) -> Result<()> {
        for name in modules {
            let module = PythonModule::named(&name);
            let unknown = || format!("a session imports {} only, not '{name}'", PythonModule::names());
            self.context.modules.push(module.ok_or_else(unknown)?);
        }
        Ok(())
    }

    /// Takes a line that makes the world. False: it is the first step.
    fn world(&mut self, stmt: &Stmt, line: &mut Statement) -> Result<bool> {
        if let Some((name, path, mode)) = opens(stmt)? {
            return self.world_open(name, path, mode);
        }
        let (Some(opening), Some(file)) = (self.opening, self.case.world.files.last_mut()) else { return Ok(false) };
        let (discards, call) = match stmt {
            Stmt::Expr(call) => (false, call),
            Stmt::Assign(Expr::Name(name), call) if name == "_" => (true, call),
            _ => return Ok(false),
        };
        let (Some(path), Expr::Call(function, args)) = (self.context.paths.last(), call) else { return Ok(false) };
        let Expr::Attr(object, method) = function.as_ref() else { return Ok(false) };
        let Expr::Name(name) = object.as_ref() else { return Ok(false) };
        let this = self.context.names.slots.get(name)
            == Some(&(ObjectKind::File, (self.context.paths.len() - 1) as Slot))
            && !path.is_empty();
        match (this, opening, method.as_str(), args.as_slice()) {
            (true, Opening::Opened, "write", [(None, source)]) => {
                let Some(bytes) = bytes_of(source)? else { return Ok(false) };
                line.shows = Some(if discards { String::new() } else { bytes.len().to_string() });
                line.discards = discards;
                file.bytes = bytes;
                self.opening = Some(Opening::Written);
                Ok(true)
            }
            (true, _, "close", []) if file.mode == Mode::Write => {
                line.shows = Some(String::new());
                self.opening = Some(Opening::Closed);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn world_open(&mut self, name: &str, path: &str, mode: Mode) -> Result<bool> {
        if self.opening == Some(Opening::Closed) {
            let again = self.context.paths.last().is_some_and(|last| last == path) && !mode.truncates();
            let Some(file) = self.case.world.files.last_mut() else { return Ok(false) };
            if !again {
                return Err("a file that was made and closed is opened again at once, with 'rb' or 'r+b'".into());
            }
            file.mode = mode;
            let slot = (ObjectKind::File, (self.context.paths.len() - 1) as Slot);
            // The name of the closed file would mean the open one.
            self.context.names.slots.retain(|_, known| *known != slot);
            self.context.names.slots.insert(name.to_owned(), slot);
            self.opening = None;
            return Ok(true);
        }
        if self.context.paths.iter().any(|known| known == path) {
            return Ok(false);
        }
        if !mode.truncates() {
            return Err(format!("the file '{path}' has not been made: open it with 'w+b' or 'wb' first"));
        }
        if path.is_empty() || path.contains('/') || path.starts_with('.') {
            return Err(format!("invalid file name '{path}': expected one without '/' that does not start with '.'"));
        }
        self.case.world.files.push(FileSpec { bytes: Vec::new(), mode });
        self.context.paths.push(path.to_owned());
        self.context.bind(ObjectKind::File, name)?;
        self.opening = Some(Opening::Opened);
        Ok(true)
    }
}

fn opens(stmt: &Stmt) -> Result<Option<(&str, &str, Mode)>> {
    let Stmt::Assign(Expr::Name(name), Expr::Call(function, args)) = stmt else { return Ok(None) };
    if **function != Expr::Name("open".into()) {
        return Ok(None);
    }
    match args.as_slice() {
        [(None, Expr::Text(path)), (None, Expr::Text(mode)), (Some(word), Expr::Int(0))] if word == "buffering" => {
            Ok(Some((name, path_of(path)?, mode_of(mode)?)))
        }
        _ => Err("a file is opened as open('f', 'w+b', buffering=0)".into()),
    }
}
