//! Shell commands that repeat a part of a check. Every word is quoted for a POSIX shell.

use shlex::Quoter;
use std::path::Path;

/// The program and target options of the running check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The quoted words that start the program, after the environment it needs.
    program: String,
    /// The options that select the target.
    target: Vec<String>,
}

impl Invocation {
    /// The invocation of a program, given as the words that start it, with the options that select the target.
    /// `python_path` is the value of `PYTHONPATH` that the target's module needs, if it needs one.
    #[must_use]
    pub fn new(program: &[&str], python_path: Option<&str>, target: Vec<String>) -> Invocation {
        let environment = python_path.map(|path| format!("PYTHONPATH={} ", quoted([path]))).unwrap_or_default();
        Invocation { program: environment + &quoted(program.iter().copied()), target }
    }

    /// The command that runs a saved case again.
    #[must_use]
    pub fn replay(&self, file: &Path) -> String {
        self.command(&["replay", &file.to_string_lossy()])
    }

    /// The command that runs one example of the specification again.
    #[must_use]
    pub fn example(&self, id: &str) -> String {
        // The id of a clause selects all its examples; the only example of a clause has the id of the clause.
        let example = if id.contains('.') { id.to_owned() } else { format!("{id}.1") };
        self.command(&["check", "--pages-only", "--filter", &example])
    }

    /// The options that select the target, each after a space.
    #[must_use]
    pub fn target_options(&self) -> String {
        self.target.iter().map(|word| format!(" {}", quoted([word.as_str()]))).collect()
    }

    fn command(&self, words: &[&str]) -> String {
        format!("{} {}{}", self.program, quoted(words.iter().copied()), self.target_options())
    }
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
        let invocation = Invocation::new(&["/my bin/mmapcheck"], Some("/a b:/c"), target.clone());
        let command = invocation.replay(Path::new("found here/x&y.pycon"));
        let words = shlex::split(&command).unwrap_or_default();
        let start = ["PYTHONPATH=/a b:/c", "/my bin/mmapcheck", "replay", "found here/x&y.pycon"];
        assert_eq!(words, start.into_iter().map(str::to_owned).chain(target).collect::<Vec<_>>());
        assert!(command.starts_with("PYTHONPATH="), "a quoted name would be a command and no assignment: {command}");
    }

    #[test]
    fn plain_words_stay_plain() {
        let invocation = Invocation::new(&["mmapcheck"], None, vec!["--python".into(), "python3.11".into()]);
        assert_eq!(invocation.example("READ-3"), "mmapcheck check --pages-only --filter READ-3.1 --python python3.11");
        assert_eq!(
            invocation.example("READ-3.2"),
            "mmapcheck check --pages-only --filter READ-3.2 --python python3.11"
        );
        assert_eq!(invocation.replay(Path::new("a.pycon")), "mmapcheck replay a.pycon --python python3.11");
    }
}
