//! A session as a Python script that asks its last statement of any interpreter, without any tool of ours.

use crate::divergence::Field;
use mmapcheck_spec::notation::{NotationError, Session, Statement, parse};
use mmapcheck_spec::{End, Op};
use std::fmt::Write;

/// What every script begins with: an empty folder, and the class to look at.
const START: &str = "\
import gc, importlib, os, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())
";

/// The script. It prints what the session's last statement must answer and what it does answer, or, where the divergence is in
/// a field of what is left behind, how much the whole session leaves. PassedArg a module as its argument, it looks at that module's
/// class. `about`: lines of comment above it.
///
/// # Errors
/// Where the session is not in the notation.
pub fn script(session: &str, about: &[String], field: Field) -> Result<String, NotationError> {
    let session = parse(session, 1)?;
    let mut text = about.iter().fold(String::new(), |text, line| text + "# " + line + "\n");
    text += START;
    if let Some(count) = counted(field) {
        return Ok(text + &repeated(&session, field, count));
    }
    let Some((last, before)) = session.statements.split_last() else { return Ok(text) };
    // The module is there already, perhaps with another class in it.
    for statement in before.iter().filter(|statement| statement.source != "import mmap") {
        text.push('\n');
        text += &done(statement);
    }
    text += "\n\n";
    text += &asked(&session, last);
    Ok(text)
}

/// What counts a kind of things that a session may leave behind.
fn counted(field: Field) -> Option<&'static str> {
    match field {
        Field::Descriptors => Some("len(os.listdir('/proc/self/fd'))"),
        Field::Pages => Some("int(open('/proc/self/statm').read().split()[0])"),
        Field::Strays => Some("len(os.listdir('.'))"),
        _ => None,
    }
}

/// The session as a function that is called again and again, and what is counted before and after.
fn repeated(session: &Session, field: Field, count: &str) -> String {
    let mut text = String::from("\n\ndef session():\n");
    for statement in session.statements.iter().filter(|statement| statement.source != "import mmap") {
        text += &indented(&done(statement));
        text.push('\n');
    }
    text + &format!(
        "\n\nsession()\nbefore = {count}\nfor _ in range(100):\n    session()\n    gc.collect()\n\
         print('asked:    {field} by 100 runs')\nprint('expected: 0')\nprint('got:      %d' % ({count} - before))\n"
    )
}

/// A statement whose answer is not what the script is about. Where a step raises that should not, the script says so and
/// goes on.
fn done(statement: &Statement) -> String {
    if statement.step.is_none() {
        return statement.source.clone();
    }
    if statement.source.starts_with("if ") {
        return forked(statement);
    }
    let raises = statement.want.first().is_some_and(|line| line.starts_with("Traceback"));
    let source = on_one_line(&statement.source);
    let said = if raises { "pass".into() } else { format!("print({} + ' raised ' + repr(error))", quoted(&source)) };
    format!("try:\n{}\nexcept Exception as error:\n    {said}", indented(&statement.source))
}

/// A child process, which says what it is answered where that is not what it must be.
fn forked(statement: &Statement) -> String {
    let mut lines = statement.source.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut text = format!("sys.stdout.flush()\n{}\n    try:\n        pass\n", lines.next().unwrap_or_default());
    for (line, wanted) in lines.zip(&statement.child) {
        let _ = match wanted
            .as_ref()
            .and_then(|wanted| line.strip_prefix("assert ")?.strip_suffix(&format!(" == {wanted}")))
        {
            Some(asked) => writeln!(
                text,
                "        got = {asked}\n        print({} + repr(got))",
                quoted(&format!("in the child: {asked}, expected {}, got ", wanted.as_deref().unwrap_or_default()))
            ),
            None => writeln!(text, "        {line}"),
        };
    }
    text + "    except Exception as error:\n        print('the child raised ' + repr(error))\n    \
        finally:\n        sys.stdout.flush()\n        os._exit(0)"
}

/// The statement that it is about.
fn asked(session: &Session, statement: &Statement) -> String {
    let op = statement.step.and_then(|step| session.case.steps.get(step)).map(|step| step.op);
    let mut text = String::new();
    let _ = writeln!(text, "print('asked:    ' + {})", quoted(&on_one_line(&statement.source)));
    let _ = writeln!(text, "print('expected: ' + {})", quoted(&wanted(statement)));
    text += "sys.stdout.flush()\ntry:\n";
    if op.is_none_or(answers_nothing) {
        let _ = writeln!(text, "{}\n    got = 'nothing'", indented(&statement.source));
    } else {
        let _ = writeln!(text, "    got = {}\n    got = 'nothing' if got is None else repr(got)", statement.source);
    }
    text + "except Exception as error:\n    got = type(error).__name__ + ': ' + str(error)\nprint('got:      ' + got)\n"
}

/// Whether an operation is a statement, which has no value.
fn answers_nothing(op: Op) -> bool {
    let row = op.row();
    let words = ["with ", "del "];
    row.binds.is_some() || words.iter().any(|word| row.form.starts_with(word)) || row.form.contains(" = ")
}

/// An answer on one line; of a traceback the line that counts.
fn wanted(statement: &Statement) -> String {
    if let Some(signal) = statement.dies {
        return format!("it {}", End::Died(signal));
    }
    match statement.want.as_slice() {
        [] => "nothing".into(),
        [first, .., last] if first.starts_with("Traceback") => last.clone(),
        lines => lines.join(" "),
    }
}

fn on_one_line(source: &str) -> String {
    source.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

fn indented(source: &str) -> String {
    source.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// Text as a literal that says the same in Python 2 and 3.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => out.push('?'),
        }
    }
    out + "'"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// Runs the script of a session with `python3`; what it prints.
    fn said(session: &str) -> Result<String> {
        said_of(session, Field::Answer)
    }

    fn said_of(session: &str, field: Field) -> Result<String> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("script.py");
        std::fs::write(&file, script(session, &["a comment".into()], field)?)?;
        let done = Command::new("python3").arg(&file).env("TMPDIR", dir.path()).output()?;
        Ok(String::from_utf8(done.stdout)? + &String::from_utf8(done.stderr)?)
    }

    const OPENING: &str = ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'abc')\n3\n\
        >>> m = mmap.mmap(f.fileno(), 0)\n";

    #[test]
    fn a_script_shows_what_was_expected_and_what_came() -> Result {
        let session = format!("{OPENING}>>> m.read(2)\nb'xy'\n");
        assert_eq!(said(&session)?, "asked:    m.read(2)\nexpected: b'xy'\ngot:      b'ab'\n");
        Ok(())
    }

    #[test]
    fn a_script_counts_what_a_session_leaves_behind() -> Result {
        let session = format!("{OPENING}>>> m.close()\n");
        for (field, what) in [(Field::Descriptors, "descriptors left open"), (Field::Strays, "files left behind")] {
            let wanted = format!("asked:    {what} by 100 runs\nexpected: 0\ngot:      0\n");
            assert_eq!(said_of(&session, field)?, wanted);
        }
        Ok(())
    }

    #[test]
    fn a_script_takes_names_away() -> Result {
        let session = format!(">>> import os\n{OPENING}>>> os.unlink('f')\n>>> m.size()\n3\n");
        assert_eq!(said(&session)?, "asked:    m.size()\nexpected: 3\ngot:      3\n");
        let session = format!(">>> import os\n{OPENING}>>> os.unlink('f')\n");
        assert_eq!(said(&session)?, "asked:    os.unlink('f')\nexpected: nothing\ngot:      nothing\n");
        Ok(())
    }

    #[test]
    fn steps_before_may_raise_and_statements_answer_nothing() -> Result {
        let raising = ">>> m.read(b'')\nTraceback (most recent call last):\n  ...\nTypeError: no\n";
        let session = format!("{OPENING}{raising}>>> with m:\n...     pass\n...\n");
        assert_eq!(said(&session)?, "asked:    with m: pass\nexpected: nothing\ngot:      nothing\n");
        let session = format!("{OPENING}>>> m[0]  # died of signal 7 (SIGBUS)\n");
        assert_eq!(said(&session)?, "asked:    m[0]\nexpected: it died of signal 7 (SIGBUS)\ngot:      97\n");
        let session = format!("{OPENING}>>> m[9] = 1\n");
        assert_eq!(
            said(&session)?,
            "asked:    m[9] = 1\nexpected: nothing\ngot:      IndexError: mmap index out of range\n"
        );
        Ok(())
    }
}
