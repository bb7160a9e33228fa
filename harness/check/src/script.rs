//! A session as a Python script that shows the divergence of its last statement on any interpreter, without mmapcheck.

use crate::divergence::{Field, Severity};
use mmapcheck_spec::notation::{NotationError, Session, Statement, parse};
use mmapcheck_spec::{End, Op};
use std::fmt::Write;

/// The start of every script: the class under test, and an empty working folder.
const START: &str = "\
import ast, gc, importlib, os, re, sys, tempfile
import mmap
if len(sys.argv) > 1:  # another class than mmap.mmap: MODULE or MODULE:CLASS
    module, _, name = sys.argv[1].partition(':')
    mmap.mmap = getattr(importlib.import_module(module), name or 'mmap')
from io import open
os.chdir(tempfile.mkdtemp())
";

/// The start of a script whose process may die or hang: it runs itself in a child process, and judges how the child ends.
const SUPERVISOR: &str = "\
import os, subprocess, sys, threading
if 'MAY_DIE' not in os.environ:  # this process judges how another one ends, which runs the rest
    child = subprocess.Popen([sys.executable] + sys.argv, env=dict(os.environ, MAY_DIE='1'))
    timer = threading.Timer(20, child.kill)
    timer.start()
    status = child.wait()
    timer.cancel()
    if status < 0:
        print('got:      it died of signal %d' % -status)
    sys.exit(0 if status == EXPECTED else 1)
";

/// The exit status with which the child of a supervisor says that the last answer is the expected one.
const AS_EXPECTED: i32 = 100;

/// The script of a session. It prints the expected and the actual answer of the last statement, and exits with 1 if they differ,
/// else with 0; messages of exceptions count if `severity` is that of a message. If `field` is a leak, it prints instead how much
/// a hundred runs of the session leave behind. The argument of the script, `MODULE` or `MODULE:CLASS`, selects another class than
/// `mmap.mmap`. `about` becomes comments at the top.
///
/// # Errors
/// If the session is not in the notation.
pub fn script(session: &str, about: &[String], field: Field, severity: Severity) -> Result<String, NotationError> {
    let session = parse(session, 1)?;
    let mut text = about.iter().fold(String::new(), |text, line| text + "# " + line + "\n");
    if let Some(count) = leak_count(field) {
        return Ok(text + START + &repeated(&session, field, count));
    }
    // Lines that put limits back follow the last step.
    let steps = session.statements.iter().rposition(|statement| statement.step.is_some()).map_or(0, |last| last + 1);
    let Some((last, before)) = session.statements[..steps].split_last() else { return Ok(text + START) };
    let may_die = severity == Severity::Death || last.dies.is_some();
    if may_die {
        let expected = last.dies.map_or(AS_EXPECTED, |signal| -signal);
        text += &SUPERVISOR.replace("EXPECTED", &expected.to_string());
    }
    text += START;
    // The start of the script has imported the module, and may have put another class into it.
    for statement in before.iter().filter(|statement| statement.source != "import mmap") {
        text.push('\n');
        text += &setup(statement);
    }
    text += "\n\n";
    text += &question(&session, last, severity, if may_die { AS_EXPECTED } else { 0 });
    Ok(text)
}

/// The expression that counts what a session may leak.
fn leak_count(field: Field) -> Option<&'static str> {
    match field {
        Field::Descriptors => Some("len(os.listdir('/proc/self/fd'))"),
        Field::Pages => Some("int(open('/proc/self/statm').read().split()[0])"),
        Field::Strays => Some("len(os.listdir('.'))"),
        _ => None,
    }
}

/// The session as a function that is called a hundred times, with the count before and after.
fn repeated(session: &Session, field: Field, count: &str) -> String {
    let mut text = String::from("\n\ndef session():\n");
    for statement in session.statements.iter().filter(|statement| statement.source != "import mmap") {
        text += &indented(&setup(statement));
        text.push('\n');
    }
    text + &format!(
        "\n\nsession()\nbefore = {count}\nfor _ in range(100):\n    session()\n    gc.collect()\n\
         left = {count} - before\nprint('asked:    {field} by 100 runs')\nprint('expected: 0')\nprint('got:      %d' % left)\n\
         sys.exit(1 if left >= {many} else 0)\n",
        // The interpreter itself may map some pages meanwhile.
        many = if field == Field::Pages { 50 } else { 1 }
    )
}

/// A statement before the last one. If it raises although it should not, the script prints the exception and goes on.
fn setup(statement: &Statement) -> String {
    if statement.step.is_none() {
        return statement.source.clone();
    }
    if statement.source.starts_with("if ") {
        return forked(statement);
    }
    let raises = statement.want.first().is_some_and(|line| line.starts_with("Traceback"));
    let source = on_one_line(&statement.source);
    let handler = if raises { "pass".into() } else { format!("print({} + ' raised ' + repr(error))", quoted(&source)) };
    format!("try:\n{}\nexcept Exception as error:\n    {handler}", indented(&statement.source))
}

/// The block of a child process. The child prints each answer that differs from the expected one.
fn forked(statement: &Statement) -> String {
    let mut lines = statement.source.lines().map(str::trim).filter(|line| !line.is_empty());
    let start = lines.next().unwrap_or_default();
    let mut text = format!("sys.stdout.flush()\n{start}\n    status = 0\n    try:\n        pass\n");
    for (line, wanted) in lines.zip(&statement.child) {
        let wanted = wanted.as_deref();
        let asserted = wanted
            .and_then(|wanted| line.strip_prefix("assert ")?.strip_suffix(&format!(" == {wanted}")).zip(Some(wanted)));
        let _ = match asserted {
            Some((expression, wanted)) => writeln!(
                text,
                "        got = {expression}\n        print({} + repr(got))\n        status |= got != {wanted}",
                quoted(&format!("in the child: {expression}, expected {wanted}, got "))
            ),
            None => writeln!(text, "        {line}"),
        };
    }
    text + "    except Exception as error:\n        status = 1\n        \
        print('the child raised ' + repr(error))\n    finally:\n        sys.stdout.flush()\n        os._exit(status)"
}

/// The last statement, the lines that print both its answers, and the exit: with 1 if they differ, else with `agreed`.
fn question(session: &Session, statement: &Statement, severity: Severity, agreed: i32) -> String {
    let op = statement.step.and_then(|step| session.case.steps.get(step)).map(|step| step.op);
    let mut text = String::new();
    let _ = writeln!(text, "print('asked:    ' + {})", quoted(&on_one_line(&statement.source)));
    let _ = writeln!(text, "expected = {}\nprint('expected: ' + expected)", quoted(&expected_answer(statement)));
    text += "sys.stdout.flush()\nraised = False\ntry:\n";
    if op.is_none_or(is_statement) {
        let _ = writeln!(text, "{}\n    got = 'nothing'", indented(&statement.source));
    } else {
        let _ = writeln!(text, "    got = {}\n    got = 'nothing' if got is None else repr(got)", statement.source);
    }
    text += "except BaseException as error:\n    raised = True\n    got = type(error).__name__ + ': ' + str(error)\n\
        print('got:      ' + got)\n\n";
    text + &judgement(statement, severity) + &format!("sys.stdout.flush()\nsys.exit(1 if differs else {agreed})\n")
}

/// The lines that say whether the answer `got` differs from the one that is `expected`.
fn judgement(statement: &Statement, severity: Severity) -> String {
    let raises = statement.want.first().is_some_and(|line| line.starts_with("Traceback"));
    let expected = expected_answer(statement);
    if statement.dies.is_some() {
        return "differs = True\n".into();
    }
    if statement.discards && !raises {
        return "differs = raised\n".into();
    }
    if raises && (severity != Severity::Message || statement.class_only) {
        // The class, without its module, and the error number.
        let (class, message) = expected.split_once(':').unwrap_or((&expected, ""));
        let number = message.find(']').filter(|_| message.starts_with(" [")).map_or("", |end| &message[..=end]);
        let start = format!("{}:{number}", class.rsplit('.').next().unwrap_or(class));
        return format!("differs = not raised or not got.startswith({})\n", quoted(&start));
    }
    let unlike = if statement.ellipsis {
        "pattern = '.*'.join(re.escape(part) for part in expected.split('...'))\n\
         differs = RAISED or re.match(pattern + '$', got, re.DOTALL) is None\n"
    } else if raises {
        "differs = RAISED or got.rstrip(': ') != expected\n"
    } else {
        "\ndef plain(text):  # a value as this Python writes it\n    try:\n        return repr(ast.literal_eval(text))\n    \
         except Exception:\n        return text\n\n\ndiffers = RAISED or plain(got) != plain(expected)\n"
    };
    unlike.replace("RAISED", if raises { "not raised" } else { "raised" })
}

/// Whether an operation is a statement of Python, which has no value.
fn is_statement(op: Op) -> bool {
    let row = op.row();
    let words = ["with ", "del "];
    row.binds.is_some() || words.iter().any(|word| row.form.starts_with(word)) || row.form.contains(" = ")
}

/// The expected answer on one line; of a traceback the last line.
fn expected_answer(statement: &Statement) -> String {
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

/// A text as a literal that Python 2 and 3 read alike.
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

    /// Runs the script of a session with `python3`. Returns its output.
    fn output(session: &str) -> Result<String> {
        Ok(run(session, Field::Answer, Severity::Value)?.0)
    }

    /// The output and the exit status of the script of a session.
    fn run(session: &str, field: Field, severity: Severity) -> Result<(String, Option<i32>)> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("script.py");
        std::fs::write(&file, script(session, &["a comment".into()], field, severity)?)?;
        let done = Command::new("python3").arg(&file).env("TMPDIR", dir.path()).output()?;
        Ok((String::from_utf8(done.stdout)? + &String::from_utf8(done.stderr)?, done.status.code()))
    }

    const OPENING: &str = ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'abc')\n3\n\
        >>> m = mmap.mmap(f.fileno(), 0)\n";

    #[test]
    fn a_script_shows_what_was_expected_and_what_came() -> Result {
        let session = format!("{OPENING}>>> m.read(2)\nb'xy'\n");
        assert_eq!(output(&session)?, "asked:    m.read(2)\nexpected: b'xy'\ngot:      b'ab'\n");
        Ok(())
    }

    #[test]
    fn a_script_counts_what_a_session_leaves_behind() -> Result {
        let session = format!("{OPENING}>>> m.close()\n");
        for (field, what) in [(Field::Descriptors, "descriptors left open"), (Field::Strays, "files left behind")] {
            let wanted = format!("asked:    {what} by 100 runs\nexpected: 0\ngot:      0\n");
            assert_eq!(run(&session, field, Severity::Value)?, (wanted, Some(0)));
        }
        Ok(())
    }

    #[test]
    fn a_script_takes_names_away() -> Result {
        let session = format!(">>> import os\n{OPENING}>>> os.unlink('f')\n>>> m.size()\n3\n");
        assert_eq!(output(&session)?, "asked:    m.size()\nexpected: 3\ngot:      3\n");
        let session = format!(">>> import os\n{OPENING}>>> os.unlink('f')\n");
        assert_eq!(output(&session)?, "asked:    os.unlink('f')\nexpected: nothing\ngot:      nothing\n");
        Ok(())
    }

    #[test]
    fn steps_before_may_raise_and_statements_answer_nothing() -> Result {
        let raising = ">>> m.read(b'')\nTraceback (most recent call last):\n  ...\nTypeError: no\n";
        let session = format!("{OPENING}{raising}>>> with m:\n...     pass\n...\n");
        assert_eq!(output(&session)?, "asked:    with m: pass\nexpected: nothing\ngot:      nothing\n");
        let session = format!("{OPENING}>>> m[0]  # died of signal 7 (SIGBUS)\n");
        assert_eq!(output(&session)?, "asked:    m[0]\nexpected: it died of signal 7 (SIGBUS)\ngot:      97\n");
        let session = format!("{OPENING}>>> m[9] = 1\n");
        assert_eq!(
            output(&session)?,
            "asked:    m[9] = 1\nexpected: nothing\ngot:      IndexError: mmap index out of range\n"
        );
        Ok(())
    }

    #[test]
    fn a_script_exits_with_1_if_and_only_if_the_answer_differs() -> Result {
        let traceback = |line: &str| format!("Traceback (most recent call last):\n  ...\n{line}\n");
        let index = "IndexError: mmap index out of range";
        let cases = [
            (">>> m.read(2)\nb'ab'\n".to_owned(), Severity::Value, 0),
            (">>> m.read(2)\nb\"ab\"\n".to_owned(), Severity::Value, 0),
            (">>> m.read(2)\nb'xy'\n".to_owned(), Severity::Value, 1),
            (">>> m.read(2)\n".to_owned(), Severity::Value, 1),
            (">>> _ = m.read(2)\n".to_owned(), Severity::Value, 0),
            (">>> m.flush()\n".to_owned(), Severity::Value, 0),
            (format!(">>> m[9]\n{}", traceback(index)), Severity::Message, 0),
            (format!(">>> m[9]\n{}", traceback("IndexError: another text")), Severity::Value, 0),
            (format!(">>> m[9]\n{}", traceback("IndexError: another text")), Severity::Message, 1),
            (format!(">>> m[9]\n{}", traceback("KeyError: mmap index out of range")), Severity::Class, 1),
            (format!(">>> m[0]\n{}", traceback(index)), Severity::Value, 1),
            (">>> m[9]\n0\n".to_owned(), Severity::Value, 1),
            (">>> m.read(2)\nb'ab'\n".to_owned(), Severity::Death, 0),
            (">>> m.read(2)\nb'xy'\n".to_owned(), Severity::Death, 1),
            (">>> m[0]  # died of signal 7 (SIGBUS)\n".to_owned(), Severity::Death, 1),
            (">>> f.truncate(0)\n0\n>>> m[0]  # died of signal 7 (SIGBUS)\n".to_owned(), Severity::Death, 0),
            (">>> f.truncate(0)\n0\n>>> m[0]\n97\n".to_owned(), Severity::Death, 1),
        ];
        for (last, severity, status) in cases {
            let (said, exit) = run(&format!("{OPENING}{last}"), Field::Answer, severity)?;
            assert_eq!(exit, Some(status), "{last}{said}");
        }
        Ok(())
    }
}
