//! Sessions read back as cases.

use super::form::{Found, forms, unify_stmt};
use super::frame::{CALLBACK, CLASSES, COMMENT, LEAVE, NotationError, OPEN_IMPORT};
use super::literal::{bytes_of, flags_of, num_of, thing_of};
use super::print::line_text;
use super::syntax::{Expr, Stmt, statement};
use crate::{
    Arg, BytesLike, Case, Domain, Draft, End, FileSpec, Mode, ObjectKind, Op, PassedArg, PythonModule, SLOTS, Slot,
    Step,
};
use std::cell::RefCell;
use std::collections::HashMap;

/// A session as it was read.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The case it says.
    pub case: Case,
    /// Every statement in order, those that only make the world among them.
    pub statements: Vec<Statement>,
}

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
    /// For a line that makes the world: what it must show.
    shows: Option<String>,
    /// An empty line stands before it: the lines that make the world are over.
    after_gap: bool,
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
    if let (Some(_), Some(last)) = (&reader.parent, reader.statements.last()) {
        return Err(NotationError { line: last.line, message: NOT_AWAITED.into() });
    }
    let case = legal(reader.case, &reader.statements)?;
    Ok(Session { case, statements: reader.statements })
}

/// The case that was read. A step that would have to be mended is an error of its statement.
fn legal(draft: Draft, statements: &[Statement]) -> std::result::Result<Case, NotationError> {
    let case = draft.clone().repair();
    if *case == draft {
        return Ok(case);
    }
    let same = draft.steps.iter().zip(&case.steps).take_while(|(read, legal)| read == legal).count();
    let statement = statements.iter().rfind(|statement| statement.step.is_some_and(|first| first <= same));
    let step = draft.steps.get(same).map(line_text).unwrap_or_default();
    let message = match case.steps.get(same) {
        Some(legal) => format!("no case has this step: {step}; the nearest is {}", line_text(legal)),
        None => format!("no case has this step: {step}"),
    };
    Err(NotationError { line: statement.map_or(1, |statement| statement.line), message })
}

/// Splits a session into statements with their answers. Comments and empty lines may stand between them.
fn split(text: &str, first_line: usize) -> std::result::Result<Vec<Statement>, NotationError> {
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
                return Err(format!(
                    "'{other}' is no directive of the notation: +ELLIPSIS or +IGNORE_EXCEPTION_DETAIL"
                ));
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
    /// What a line that makes the world must show; `None` for a step.
    #[must_use]
    pub fn shows(&self) -> Option<&str> {
        self.shows.as_deref()
    }
}

/// Where in the opening lines of a file the reader is.
#[derive(Clone, Copy, PartialEq)]
enum Opening {
    Opened,
    Written,
    Closed,
}

/// What names stand for, and how many there are of each kind.
#[derive(Clone, Default)]
struct Names {
    slots: HashMap<String, (ObjectKind, Slot)>,
    bound: HashMap<ObjectKind, usize>,
}

const NOT_AWAITED: &str = "a child is waited for by the statement after it: os.wait()[1]";

#[derive(Default)]
struct Reader {
    case: Draft,
    statements: Vec<Statement>,
    names: Names,
    /// What the names stood for when the child began that is not waited for yet.
    parent: Option<Names>,
    paths: Vec<String>,
    modules: Vec<PythonModule>,
    /// The classes that have been defined, by name.
    classes: Vec<&'static str>,
    /// What the function defined last does, until an argument takes it.
    callback: RefCell<Option<Step>>,
    /// The file whose opening lines are being read; none once the steps have begun.
    opening: Option<Opening>,
    begun: bool,
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
        if line.after_gap {
            self.end();
        }
        if line.source.starts_with("def ") {
            (self.begun, self.opening) = (true, None);
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
            let (step, discards) = self.step(&stmt)?;
            if self.callback.get_mut().is_some() {
                return Err(format!(
                    "the function {CALLBACK} is defined for the statement after it, which does not use it"
                ));
            }
            match (step.op, self.parent.take()) {
                (Op::Wait, Some(parent)) => self.names = parent,
                (Op::Wait, None) => return Err("there is no child to wait for".into()),
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

    fn end(&mut self) {
        self.begun = self.begun
            || !self
                .statements
                .iter()
                .all(|s| ["import ", "from ", "class "].iter().any(|word| s.source.starts_with(word)));
        self.opening = None;
    }

    fn class(&mut self, line: &Statement) -> Result<()> {
        let given = || line.source.lines().map(str::trim).filter(|text| !text.is_empty());
        let same =
            |lines: &[&'static str]| given().eq(lines.iter().map(|text| text[3..].trim()).filter(|t| !t.is_empty()));
        let Some(class) = CLASSES.iter().find(|class| same(class.lines)) else {
            let all: Vec<_> = CLASSES.iter().map(|class| class.lines.join("\n")).collect();
            return Err(format!("the classes of the notation are\n{}", all.join("\n")));
        };
        self.classes.push(class.name);
        Ok(())
    }

    /// A child process: the fork, and what the child does until it leaves.
    fn child(&mut self, line: &mut Statement) -> Result<()> {
        let source = line.source.clone();
        let mut body = source.lines().map(str::trim).filter(|line| !line.is_empty());
        let (fork, _) = self.step(&statement(body.next().unwrap_or_default())?)?;
        if fork.op != Op::Fork || body.next_back() != Some(LEAVE) {
            return Err(format!("a child ends with {LEAVE}"));
        }
        if self.parent.is_some() || self.callback.get_mut().is_some() {
            return Err("the statement before a fork is over when it comes".into());
        }
        self.end();
        self.parent = Some(self.names.clone());
        line.step = Some(self.case.steps.len());
        self.case.steps.push(fork);
        for source in body {
            let (source, wanted) = source.strip_prefix("assert ").map_or((source, None), asserted);
            let (step, _) = self.step(&statement(source)?)?;
            if step.op.is_of_children() {
                return Err("a child has no child of its own".into());
            }
            line.child.push(wanted.map(str::to_owned));
            self.case.steps.push(step);
        }
        Ok(())
    }

    /// The function that does what an argument of the next statement does while it is converted.
    fn function(&mut self, source: &str) -> Result<()> {
        let lines: Vec<&str> = source.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let (shared, body) = match lines.as_slice() {
            [head, body] if *head == format!("def {CALLBACK}():") => (None, *body),
            [head, shared, body] if *head == format!("def {CALLBACK}():") => (shared.strip_prefix("global "), *body),
            _ => return Err(format!("the only function of the notation is {CALLBACK}, of one statement")),
        };
        if self.callback.get_mut().is_some() {
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
        let (step, discards) = self.step(&stmt)?;
        if step.callback().is_some() || discards {
            return Err("the statement of a function does a step and nothing else".into());
        }
        *self.callback.get_mut() = Some(step);
        Ok(())
    }

    fn import(&mut self, modules: Vec<String>) -> Result<()> {
        for name in modules {
            let module = PythonModule::named(&name);
            let unknown = || format!("a session imports {} only, not '{name}'", PythonModule::names());
            self.modules.push(module.ok_or_else(unknown)?);
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
        let (Some(path), Expr::Call(function, args)) = (self.paths.last(), call) else { return Ok(false) };
        let Expr::Attr(object, method) = function.as_ref() else { return Ok(false) };
        let Expr::Name(name) = object.as_ref() else { return Ok(false) };
        let this =
            self.names.slots.get(name) == Some(&(ObjectKind::File, (self.paths.len() - 1) as Slot)) && !path.is_empty();
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
            let again = self.paths.last().is_some_and(|last| last == path) && !mode.truncates();
            let Some(file) = self.case.world.files.last_mut() else { return Ok(false) };
            if !again {
                return Err("a file that was made and closed is opened again at once, with 'rb' or 'r+b'".into());
            }
            file.mode = mode;
            self.names.slots.insert(name.to_owned(), (ObjectKind::File, (self.paths.len() - 1) as Slot));
            self.opening = None;
            return Ok(true);
        }
        if self.paths.iter().any(|known| known == path) {
            return Ok(false);
        }
        if !mode.truncates() {
            return Err(format!("the file '{path}' has not been made: open it with 'w+b' or 'wb' first"));
        }
        if path.is_empty() || path.contains('/') || path.starts_with('.') {
            return Err(format!("'{path}' is no plain file name"));
        }
        self.case.world.files.push(FileSpec { bytes: Vec::new(), mode });
        self.paths.push(path.to_owned());
        self.bind(ObjectKind::File, name)?;
        self.opening = Some(Opening::Opened);
        Ok(true)
    }

    fn bind(&mut self, kind: ObjectKind, name: &str) -> Result<Slot> {
        const RESERVED: [&str; 8] = ["LEN", "POS", "SIZE", "None", "True", "False", "_", CALLBACK];
        if RESERVED.contains(&name)
            || PythonModule::named(name).is_some()
            || CLASSES.iter().any(|class| class.name == name)
        {
            return Err(format!("'{name}' cannot name a thing of the case"));
        }
        match self.names.slots.get(name) {
            Some(&(known, slot)) if known == kind => Ok(slot),
            Some(_) => Err(format!("'{name}' already names a thing of another kind")),
            None => {
                let used = self.names.bound.entry(kind).or_default();
                if *used == SLOTS {
                    return Err(format!("a case has at most {SLOTS} things of a kind"));
                }
                let slot = *used as Slot;
                *used += 1;
                self.names.slots.insert(name.to_owned(), (kind, slot));
                Ok(slot)
            }
        }
    }

    fn step(&mut self, stmt: &Stmt) -> Result<(Step, bool)> {
        let (target, stmt) = match stmt {
            Stmt::Assign(Expr::Name(name), value) => (Some(name.as_str()), Stmt::Expr(value.clone())),
            stmt => (None, stmt.clone()),
        };
        let mut unknown = None;
        for (op, form) in forms() {
            let mut found = Found::default();
            if !unify_stmt(form, &stmt, &mut found) || !self.fits(*op, &found, &mut unknown) {
                continue;
            }
            let row = op.row();
            let mut step = Step { op: *op, on: self.receiver(&found), bind: 0, args: self.arguments(*op, found)? };
            let discards = target == Some("_");
            match (row.binds, target) {
                (Some(kind), Some(name)) if !discards => step.bind = self.bind(kind, name)?,
                (Some(_), _) => return Err(format!("the result of {op} must be given a name")),
                (None, Some(name)) if !discards => {
                    return Err(format!("the result of {op} can only be assigned to '_', not '{name}'"));
                }
                (None, _) => {}
            }
            row.uses.map_or(Ok(()), |module| self.needs(module))?;
            return Ok((step, discards));
        }
        Err(match unknown {
            Some(name) => format!("'{name}' is used before it is opened"),
            None => "not a statement of the notation".into(),
        })
    }

    /// Whether a form's receiver is a thing of the operation's kind.
    fn fits(&self, op: Op, found: &Found, unknown: &mut Option<String>) -> bool {
        let Some(name) = &found.receiver else { return op.row().on == ObjectKind::Module };
        match self.names.slots.get(name) {
            Some((kind, _)) => *kind == op.row().on,
            None => {
                *unknown = Some(name.clone());
                false
            }
        }
    }

    fn receiver(&self, found: &Found) -> Slot {
        found.receiver.as_ref().and_then(|name| self.names.slots.get(name)).map_or(0, |(_, slot)| *slot)
    }

    /// A module must be imported before a form uses it.
    fn needs(&self, module: PythonModule) -> Result<()> {
        if self.modules.contains(&module) {
            return Ok(());
        }
        Err(format!("the module '{}' has not been imported", module.name()))
    }

    fn arguments(&self, op: Op, found: Found) -> Result<smallvec::SmallVec<[PassedArg; 2]>> {
        let place = |op: Op, i: usize| op.row().params.get(i).map(|p| p.domain);
        let mut args = smallvec::SmallVec::new();
        for (i, hole) in found.holes.into_iter().enumerate() {
            let arg = hole.map_or(Ok(Arg::Omitted), |expr| self.arg(&expr, place(op, i)))?;
            args.push(PassedArg::plain(arg));
        }
        for (i, (keyword, expr)) in found.rest.into_iter().enumerate() {
            let keyword = keyword.map(|word| keyword_of(&word)).transpose()?;
            let domain = match keyword {
                Some(word) => op.row().params.iter().find(|p| p.name == word).map(|p| p.domain),
                None => place(op, i),
            };
            args.push(PassedArg { keyword, arg: self.arg(&expr, domain)? });
        }
        Ok(args)
    }

    fn arg(&self, expr: &Expr, domain: Option<Domain>) -> Result<Arg> {
        match (domain, expr) {
            (Some(Domain::Path), Expr::Text(path)) => {
                let number = self.paths.iter().position(|known| known == path);
                return number
                    .map(|n| Arg::Path(n as u8))
                    .ok_or_else(|| format!("the file '{path}' has not been made"));
            }
            (Some(Domain::Mode), Expr::Text(text)) => return mode_of(text).map(Arg::Mode),
            _ => {}
        }
        let arg = self.plain_arg(expr)?;
        if domain == Some(Domain::Descriptor) {
            safe_descriptor(&arg)?;
        }
        Ok(arg)
    }

    fn plain_arg(&self, expr: &Expr) -> Result<Arg> {
        if let Some(thing) = thing_of(expr) {
            return Ok(Arg::WrongType(thing));
        }
        if let Some(flags) = flags_of(expr)? {
            return Ok(Arg::Flags(flags));
        }
        if let Some(num) = num_of(expr)? {
            return Ok(Arg::Int(num));
        }
        if let Some(bytes) = bytes_of(expr)? {
            return Ok(Arg::Bytes(BytesLike::Bytes, bytes));
        }
        match expr {
            Expr::Name(name) => self.named(name),
            Expr::Call(function, args) => self.call(function, args),
            Expr::Item(view, slice) => match (self.plain_arg(view)?, slice.as_ref()) {
                (Arg::Bytes(BytesLike::View, bytes), Expr::Slice(None, None, Some(step))) if **step == Expr::Int(2) => {
                    Ok(Arg::Bytes(BytesLike::Strided, bytes))
                }
                _ => Err("not an argument of the notation".into()),
            },
            _ => Err("not an argument of the notation".into()),
        }
    }

    fn named(&self, name: &str) -> Result<Arg> {
        Ok(match (name, self.names.slots.get(name)) {
            ("None", _) => Arg::None,
            ("True", _) => Arg::Bool(true),
            ("False", _) => Arg::Bool(false),
            (_, Some((ObjectKind::Map, slot))) => Arg::Map(*slot),
            (_, Some((ObjectKind::View, slot))) => Arg::View(*slot),
            (_, Some((ObjectKind::File, slot))) => Arg::File(*slot),
            (_, Some(_)) => return Err(format!("'{name}' cannot be an argument")),
            (_, None) => return Err(format!("'{name}' is used before it is opened")),
        })
    }

    fn call(&self, function: &Expr, args: &[(Option<String>, Expr)]) -> Result<Arg> {
        let wrap = |wrap, source: &Expr| match bytes_of(source)? {
            Some(bytes) => Ok(Arg::Bytes(wrap, bytes)),
            None => Err("expected bytes".to_owned()),
        };
        match (function, args) {
            (Expr::Attr(object, method), []) if method == "fileno" => match object.as_ref() {
                Expr::Name(name) => match self.named(name)? {
                    Arg::File(slot) => Ok(Arg::Fd(slot)),
                    _ => Err("only a file has a descriptor".into()),
                },
                _ => Err("not an argument of the notation".into()),
            },
            (Expr::Name(name), [(None, source)]) if name == "bytearray" => wrap(BytesLike::ByteArray, source),
            (Expr::Name(name), [(None, source)]) if name == "memoryview" => wrap(BytesLike::View, source),
            (Expr::Name(name), [(None, value), rest @ ..]) if CLASSES.iter().any(|class| class.name == name) => {
                self.object(name, value, rest)
            }
            (Expr::Attr(object, class), [(None, Expr::Text(code)), (None, source)])
                if **object == Expr::Name("array".into()) && class == "array" && code == "B" =>
            {
                self.needs(PythonModule::Array)?;
                wrap(BytesLike::Array, source)
            }
            _ => Err("not an argument of the notation".into()),
        }
    }
}

impl Reader {
    /// An object of a class of the session.
    fn object(&self, class: &str, value: &Expr, rest: &[(Option<String>, Expr)]) -> Result<Arg> {
        if !self.classes.contains(&class) {
            return Err(format!("the class {class} has not been defined"));
        }
        let number = || num_of(value)?.ok_or_else(|| format!("{class} takes a whole number"));
        if class == "Index" {
            return if rest.is_empty() { number().map(Arg::Index) } else { Err("Index takes a whole number".into()) };
        }
        if rest != [(None, Expr::Name(CALLBACK.into()))] {
            return Err(format!("{class} takes a value and {CALLBACK}"));
        }
        let callback =
            || self.callback.take().map(Box::new).ok_or_else(|| format!("{CALLBACK} is used once after it is defined"));
        match class {
            "IndexAfter" => Ok(Arg::IndexAfter(number()?, callback()?)),
            _ => match bytes_of(value)? {
                Some(bytes) => Ok(Arg::BufferAfter(bytes, callback()?)),
                None => Err(format!("{class} takes bytes")),
            },
        }
    }
}

/// What is said to be equal: an expression, and what it must be.
fn asserted(text: &str) -> (&str, Option<&str>) {
    const EQUAL: &str = " == ";
    let places = text.match_indices(EQUAL).map(|(at, _)| (&text[..at], &text[at + EQUAL.len()..]));
    // It may stand within bytes as well.
    let mut sides = places.filter(|(left, right)| statement(left).is_ok() && statement(right).is_ok());
    sides.next().map_or((text, None), |(left, right)| (left, Some(right)))
}

/// Joins the lines of a compound statement, as far as the notation has one.
fn joined(source: &str) -> Result<String> {
    let lines: Vec<&str> = source.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [one] => Ok((*one).to_owned()),
        [head, body] if head.starts_with("with ") => Ok(format!("{head} {body}")),
        [] => Err("an empty statement".into()),
        _ => Err("the notation has no such compound statement".into()),
    }
}

/// A descriptor given as a number must not be one that may be open in the process that runs the case.
fn safe_descriptor(arg: &Arg) -> Result<()> {
    let value = match arg {
        Arg::Int(num) | Arg::Index(num) | Arg::IndexAfter(num, _) => num.as_plain(),
        Arg::Bool(value) => Some(i128::from(*value)),
        _ => None,
    };
    match value {
        Some(0..9999) => Err("a descriptor is f.fileno(), a negative number, or 9999 and above".into()),
        _ => Ok(()),
    }
}

fn opens(stmt: &Stmt) -> Result<Option<(&str, &str, Mode)>> {
    let Stmt::Assign(Expr::Name(name), Expr::Call(function, args)) = stmt else { return Ok(None) };
    if **function != Expr::Name("open".into()) {
        return Ok(None);
    }
    match args.as_slice() {
        [(None, Expr::Text(path)), (None, Expr::Text(mode)), (Some(word), Expr::Int(0))] if word == "buffering" => {
            Ok(Some((name, path, mode_of(mode)?)))
        }
        _ => Err("a file is opened as open('f', 'w+b', buffering=0)".into()),
    }
}

fn mode_of(text: &str) -> Result<Mode> {
    let found = Mode::ALL.iter().find(|(_, known)| *known == text);
    found
        .map(|(mode, _)| *mode)
        .ok_or_else(|| format!("'{text}' is no mode of the notation: 'r+b', 'rb', 'wb' or 'w+b'"))
}

fn keyword_of(word: &str) -> Result<&'static str> {
    let found = PassedArg::KEYWORDS.iter().find(|known| **known == word);
    found.copied().ok_or_else(|| format!("'{word}' is no keyword of the notation: {}", PassedArg::KEYWORDS.join(", ")))
}
