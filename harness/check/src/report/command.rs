//! Shell commands that repeat a part of a check. Every word is quoted for a POSIX shell.

use shlex::Quoter;
use std::path::Path;

/// The environment variables that decide which class a Python runs and how it behaves.
const VARIABLES: [&str; 6] =
    ["PYTHONPATH", "PYTHONHOME", "PYTHONDEVMODE", "PYTHONWARNINGS", "PYTHONMALLOC", "PYTHON_GIL"];

/// Those of the variables that are set in this process, with their values.
#[must_use]
pub fn environment() -> Vec<(&'static str, String)> {
    let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    VARIABLES.into_iter().filter_map(|name| Some((name, value(name)?))).collect()
}

/// The program and options of the running check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The quoted words that start the program, after the environment it needs.
    program: String,
    /// The options that select the target.
    target: Vec<String>,
    /// The options that decide which divergences count.
    counting: Vec<String>,
    /// The options that select a known list, which `check` alone has.
    known: Vec<String>,
    /// The options that decide which cases a seed generates, which `check` alone has.
    generating: Vec<String>,
}

impl Invocation {
    /// The invocation of a program, given as the words that start it and the environment it needs, with the options that select
    /// the target.
    #[must_use]
    pub fn new(program: &[&str], environment: &[(&str, String)], target: Vec<String>) -> Invocation {
        let environment: String =
            environment.iter().map(|(name, value)| format!("{name}={} ", quoted([value.as_str()]))).collect();
        let program = environment + &quoted(program.iter().copied());
        Invocation { program, target, counting: Vec::new(), known: Vec::new(), generating: Vec::new() }
    }

    /// The same, with the options that decide which divergences count: those of every command, and those of `check` alone.
    #[must_use]
    pub fn counting(self, counting: Vec<String>, known: Vec<String>) -> Invocation {
        Invocation { counting, known, ..self }
    }

    /// The same, with the options that decide which cases a seed generates.
    #[must_use]
    pub fn generating(self, generating: Vec<String>) -> Invocation {
        Invocation { generating, ..self }
    }

    /// The command that runs a saved case again.
    #[must_use]
    pub fn replay(&self, file: &Path) -> String {
        let file = file.to_string_lossy();
        // A name that begins with a dash would be an option.
        let file = if file.starts_with('-') { format!("./{file}") } else { file.into_owned() };
        self.command(&["replay", &file], &[])
    }

    /// The command that runs one example of the specification again.
    #[must_use]
    pub fn example(&self, id: &str) -> String {
        // The id of a clause selects all its examples; the only example of a clause has the id of the clause.
        let example = if id.contains('.') { id.to_owned() } else { format!("{id}.1") };
        self.command(&["check", "--pages-only", "--filter", &example], &self.known)
    }

    /// The options that select the target, each after a space.
    #[must_use]
    pub fn target_options(&self) -> String {
        options(&self.target)
    }

    /// The options that select the target and decide which cases a seed generates, each after a space.
    #[must_use]
    pub fn case_options(&self) -> String {
        self.target_options() + &options(&self.generating)
    }

    fn command(&self, words: &[&str], more: &[String]) -> String {
        let options = options(self.counting.iter().chain(more));
        format!("{} {}{}{options}", self.program, quoted(words.iter().copied()), self.target_options())
    }
}

/// Options quoted for a shell, each after a space.
fn options<'a>(words: impl IntoIterator<Item = &'a String>) -> String {
    words.into_iter().map(|word| format!(" {}", quoted([word.as_str()]))).collect()
}

/// Words quoted for a shell, with a space between them.
fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    // Quoting fails only for NUL, which no argument of a program can contain, and which is allowed here.
    Quoter::new().allow_nul(true).join(words).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_the_words_of_a_printed_command() {
        let target = ["--python", "/my pythons/it's $HOME", "--module", "a;b"].map(str::to_owned).to_vec();
        let path = [("PYTHONPATH", "/a b:/c".to_owned())];
        let invocation = Invocation::new(&["/my bin/mmapcheck"], &path, target.clone());
        let command = invocation.replay(Path::new("found here/x&y.pycon"));
        let words = shlex::split(&command).unwrap_or_default();
        let start = ["PYTHONPATH=/a b:/c", "/my bin/mmapcheck", "replay", "found here/x&y.pycon"];
        assert_eq!(words, start.into_iter().map(str::to_owned).chain(target).collect::<Vec<_>>());
        assert!(command.starts_with("PYTHONPATH="), "a quoted name would be a command and no assignment: {command}");
    }

    #[test]
    fn plain_words_stay_plain() {
        let invocation = Invocation::new(&["mmapcheck"], &[], vec!["--python".into(), "python3.11".into()]);
        assert_eq!(invocation.example("READ-3"), "mmapcheck check --pages-only --filter READ-3.1 --python python3.11");
        assert_eq!(
            invocation.example("READ-3.2"),
            "mmapcheck check --pages-only --filter READ-3.2 --python python3.11"
        );
        assert_eq!(invocation.replay(Path::new("a.pycon")), "mmapcheck replay a.pycon --python python3.11");
        assert_eq!(invocation.replay(Path::new("-a/b")), "mmapcheck replay ./-a/b --python python3.11");
        let counting = invocation.counting(vec!["--severity".into(), "message".into()], vec!["--no-known".into()]);
        assert_eq!(counting.replay(Path::new("a")), "mmapcheck replay a --python python3.11 --severity message");
        let example = "mmapcheck check --pages-only --filter A-1.1 --python python3.11 --severity message --no-known";
        assert_eq!(counting.example("A-1"), example);
    }
}
