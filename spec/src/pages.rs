//! The specification: pages of clauses whose examples run.
//!
//! A page is Markdown. `# Title` opens it, `## ID · rule` opens a clause; list items of the form `- key: value` right below
//! a heading are its keys, and a clause inherits those of its page. A fenced `pycon` block is an example: a whole session.

use crate::notation::{self, Session};
use crate::{Implementation, Platform, Profile, Version};
use std::collections::HashMap;
use std::fmt;

/// The pages this library was built with: path in the repository, and text.
pub const TEXTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// How firmly a clause can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The Python documentation promises it.
    Documented,
    /// CPython does it, stably, without a promise.
    CPython,
    /// Implementations may differ.
    Free,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Documented => "documented",
            Level::CPython => "cpython",
            Level::Free => "free",
        })
    }
}

/// What is wrong with a page, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError {
    /// The page's path in the repository.
    pub page: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.page, self.line, self.message)
    }
}

impl std::error::Error for PageError {}

/// One page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path in the repository.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Its clauses, in order.
    pub clauses: Vec<Clause>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Clause {
    /// Its stable id, such as `READ-3`.
    pub id: String,
    /// The rule in a few words.
    pub rule: String,
    /// The line of its heading.
    pub line: usize,
    /// How firmly it can be relied on.
    pub level: Level,
    /// Where it comes from: a section of the documentation, or versions observed.
    pub source: String,
    /// Where it applies.
    pub scope: Scope,
    /// What it says, as Markdown, without its examples.
    pub text: String,
    /// Its examples.
    pub examples: Vec<Example>,
}

/// A session that shows a rule.
#[derive(Clone, Debug)]
pub struct Example {
    /// The clause's id, with a number from the second example on: `READ-3`, `READ-3.2`.
    pub id: String,
    /// The line its session starts at.
    pub line: usize,
    /// The session.
    pub session: Session,
    /// The session's text.
    pub text: String,
}

/// Where a clause applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The first version it applies to.
    pub since: Option<Version>,
    /// The last, as precisely as written: `3.12` takes in all of 3.12.
    pub until: Option<Version>,
    /// The only platform it applies to: unix, linux, windows or macos.
    pub platform: Option<String>,
    /// Only CPython.
    pub cpython: bool,
}

impl Scope {
    /// Why a clause does not apply to a profile; `None` where it does.
    #[must_use]
    pub fn excludes(&self, profile: Profile) -> Option<String> {
        if let Some(since) = self.since.filter(|since| profile.version < *since) {
            return Some(format!("since Python {}", short(since)));
        }
        if let Some(until) = self.until.filter(|until| profile.version > *until) {
            return Some(format!("until Python {}", short(until)));
        }
        if self.cpython && profile.implementation != Implementation::CPython {
            return Some("CPython only".into());
        }
        let Platform::Linux = profile.platform;
        match self.platform.as_deref() {
            None | Some("unix" | "linux") => None,
            Some(other) => Some(format!("not run: {other} only")),
        }
    }
}

/// A version as pages write it.
fn short(version: Version) -> String {
    match version.micro {
        0 | u8::MAX => format!("{}.{}", version.major, version.minor),
        _ => version.to_string(),
    }
}

/// Reads every page, and holds ids against each other.
///
/// # Errors
/// At the first thing that is not as a page must be.
pub fn all() -> Result<Vec<Page>, PageError> {
    let pages = TEXTS.iter().map(|(path, text)| read(path, text)).collect::<Result<Vec<_>, _>>()?;
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for page in &pages {
        for clause in &page.clauses {
            if let Some(other) = seen.insert(&clause.id, &page.path) {
                let message = format!("the id {} stands in {other} already", clause.id);
                return Err(PageError { page: page.path.clone(), line: clause.line, message });
            }
        }
    }
    drop(seen);
    Ok(pages)
}

/// Reads one page.
///
/// # Errors
/// At the first thing that is not as a page must be.
pub fn read(path: &str, text: &str) -> Result<Page, PageError> {
    let mut reader = Reader::default();
    let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
    let result = (|| {
        while let Some((number, line)) = lines.next() {
            reader.line(number, line, &mut lines)?;
        }
        reader.end(text.lines().count())
    })();
    result.map_err(|(line, message)| PageError { page: path.to_owned(), line, message })?;
    Ok(Page { path: path.to_owned(), title: reader.title, clauses: reader.clauses })
}

type Fault = (usize, String);

#[derive(Default)]
struct Reader {
    title: String,
    page_keys: HashMap<String, String>,
    keys: HashMap<String, String>,
    /// Keys are still allowed: only they and empty lines have come since the heading.
    in_keys: bool,
    heading: Option<Heading>,
    text: String,
    examples: Vec<Example>,
    clauses: Vec<Clause>,
}

struct Heading {
    line: usize,
    id: String,
    rule: String,
}

impl Reader {
    fn line<'a>(
        &mut self,
        number: usize,
        line: &'a str,
        rest: &mut impl Iterator<Item = (usize, &'a str)>,
    ) -> Result<(), Fault> {
        if let Some(title) = line.strip_prefix("# ") {
            return self.title(number, title);
        }
        if let Some(heading) = line.strip_prefix("## ") {
            self.end(number)?;
            return self.heading(number, heading);
        }
        if self.title.is_empty() && !line.trim().is_empty() {
            return Err((number, "a page starts with '# ' and its title".into()));
        }
        if line.starts_with('#') {
            return Err((number, "a page has headings of the first and second level only".into()));
        }
        if let Some(language) = line.strip_prefix("```") {
            self.in_keys = false;
            return self.block(number, language, rest);
        }
        if line.starts_with(">>>") {
            return Err((number, "a session stands in a block: ```pycon".into()));
        }
        if self.in_keys
            && let Some((key, value)) = line.strip_prefix("- ").and_then(|item| item.split_once(": "))
        {
            return self.key(number, key, value);
        }
        self.in_keys = self.in_keys && line.trim().is_empty();
        self.text += line;
        self.text += "\n";
        Ok(())
    }

    fn title(&mut self, number: usize, title: &str) -> Result<(), Fault> {
        if !self.title.is_empty() {
            return Err((number, "a page has one title".into()));
        }
        self.title = title.trim().to_owned();
        self.in_keys = true;
        Ok(())
    }

    fn heading(&mut self, number: usize, heading: &str) -> Result<(), Fault> {
        let wrong = || (number, "a clause starts with '## ID-1 · the rule'".to_owned());
        let (id, rule) = heading.split_once(" · ").ok_or_else(wrong)?;
        let (prefix, digits) = id.rsplit_once('-').ok_or_else(wrong)?;
        let plain = prefix.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-');
        if prefix.is_empty() || !plain || digits.parse::<u32>().is_err() || rule.trim().is_empty() {
            return Err(wrong());
        }
        if self.clauses.iter().any(|clause| clause.id == id) {
            return Err((number, format!("the id {id} stands on this page already")));
        }
        self.heading = Some(Heading { line: number, id: id.to_owned(), rule: rule.trim().to_owned() });
        self.in_keys = true;
        Ok(())
    }

    fn key(&mut self, number: usize, key: &str, value: &str) -> Result<(), Fault> {
        const KNOWN: [&str; 6] = ["level", "source", "since", "until", "platform", "implementation"];
        if !KNOWN.contains(&key) {
            return Err((number, format!("'{key}' is no key of a page: {}", KNOWN.join(", "))));
        }
        let keys = if self.heading.is_some() { &mut self.keys } else { &mut self.page_keys };
        match keys.insert(key.to_owned(), value.trim().to_owned()) {
            Some(_) => Err((number, format!("the key '{key}' is given twice"))),
            None => Ok(()),
        }
    }

    fn block<'a>(
        &mut self,
        start: usize,
        language: &str,
        rest: &mut impl Iterator<Item = (usize, &'a str)>,
    ) -> Result<(), Fault> {
        let mut lines = Vec::new();
        loop {
            let Some((number, line)) = rest.next() else { return Err((start, "this block does not end".into())) };
            if line.trim_end() == "```" {
                break;
            }
            if line.starts_with("```") {
                return Err((number, format!("the block that starts in line {start} does not end before this one")));
            }
            lines.push(line);
        }
        let Some(heading) = &self.heading else { return Err((start, "a block stands in a clause".into())) };
        if language.trim() != "pycon" {
            return Err((start, "an example is a block of the language pycon".into()));
        }
        if lines.last().is_none_or(|line| !line.trim().is_empty()) {
            let end = start + lines.len() + 1;
            return Err((end, "an example wants an empty line before its end, for doctest's sake".into()));
        }
        let text = lines.join("\n") + "\n";
        let session = notation::parse(&text, start + 1).map_err(|error| (error.line, error.message))?;
        let many = self.examples.len();
        let id = if many == 0 { heading.id.clone() } else { format!("{}.{}", heading.id, many + 1) };
        self.examples.push(Example { id, line: start + 1, session, text });
        Ok(())
    }

    /// Ends the clause that is open, if any.
    fn end(&mut self, number: usize) -> Result<(), Fault> {
        let Some(Heading { line, id, rule }) = self.heading.take() else {
            self.text.clear();
            return if self.title.is_empty() {
                Err((number, "a page starts with '# ' and its title".into()))
            } else {
                Ok(())
            };
        };
        if self.examples.is_empty() {
            return Err((line, format!("{id} has no example")));
        }
        let own = std::mem::take(&mut self.keys);
        let key = |name: &str| own.get(name).or_else(|| self.page_keys.get(name)).map(String::as_str);
        let level = level(key("level")).map_err(|message| (line, message))?;
        let source = key("source").map(str::to_owned).ok_or_else(|| (line, format!("{id} names no source")))?;
        let scope = scope(key).map_err(|message| (line, message))?;
        let text = std::mem::take(&mut self.text).trim().to_owned();
        let examples = std::mem::take(&mut self.examples);
        self.clauses.push(Clause { id, rule, line, level, source, scope, text, examples });
        Ok(())
    }
}

fn level(value: Option<&str>) -> Result<Level, String> {
    match value {
        Some("documented") => Ok(Level::Documented),
        Some("cpython") => Ok(Level::CPython),
        Some("free") => Ok(Level::Free),
        Some(other) => Err(format!("'{other}' is no level: documented, cpython or free")),
        None => Err("a clause has a level: documented, cpython or free".into()),
    }
}

fn scope<'a>(key: impl Fn(&str) -> Option<&'a str>) -> Result<Scope, String> {
    let since = key("since").map(|text| version(text, 0)).transpose()?;
    let until = key("until").map(|text| version(text, u8::MAX)).transpose()?;
    let platform = match key("platform") {
        Some(known @ ("unix" | "linux" | "windows" | "macos")) => Some(known.to_owned()),
        Some(other) => return Err(format!("'{other}' is no platform: unix, linux, windows or macos")),
        None => None,
    };
    let cpython = match key("implementation") {
        Some("cpython") => true,
        Some(other) => return Err(format!("'{other}' is no implementation: cpython")),
        None => false,
    };
    Ok(Scope { since, until, platform, cpython })
}

fn version(text: &str, micro: u8) -> Result<Version, String> {
    let parts: Result<Vec<u8>, _> = text.split('.').map(str::parse).collect();
    match parts.as_deref() {
        Ok([major, minor]) => Ok(Version::new(*major, *minor, micro)),
        Ok([major, minor, micro]) => Ok(Version::new(*major, *minor, *micro)),
        _ => Err(format!("'{text}' is no version such as 3.12 or 3.13.8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Reading\n\n- level: documented\n- source: documentation\n\nWords.\n\n## READ-1 · A rule\n\n- since: 3.9\n\nMore.\n\n```pycon\n>>> import mmap\n>>> m = mmap.mmap(-1, 3)\n>>> m.read()\nb'\\x00\\x00\\x00'\n\n```\n";

    #[test]
    fn a_page_is_read_with_what_its_clauses_inherit() -> Result<(), PageError> {
        let page = read("p.md", GOOD)?;
        let clause = &page.clauses[0];
        assert_eq!((page.title.as_str(), clause.id.as_str(), clause.rule.as_str()), ("Reading", "READ-1", "A rule"));
        assert_eq!((clause.level, clause.source.as_str()), (Level::Documented, "documentation"));
        assert_eq!(clause.scope.since, Some(Version::new(3, 9, 0)));
        assert_eq!((clause.examples[0].line, clause.text.as_str()), (15, "More."));
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let cases = [
            ("- since: 3.9", "- sinse: 3.9", 10, "no key"),
            ("- since: 3.9", "- since: new", 8, "no version"),
            ("- level: documented", "- level: maybe", 8, "no level"),
            ("\n\n```\n", "\n```\n", 19, "empty line before its end"),
            ("\n\n```\n", "\n\n", 14, "does not end"),
            ("mmap.mmap(-1, 3)", "mmap.mmop(-1, 3)", 16, "not a statement"),
            ("m.read()", "n.read()", 17, "used before it is opened"),
            ("## READ-1 · A rule", "## READ · A rule", 8, "a clause starts with"),
            ("# Reading", "Reading", 1, "starts with"),
            ("```pycon", "```python", 14, "language pycon"),
            ("More.", "### More", 12, "first and second level"),
        ];
        for (from, to, line, message) in cases {
            let text = GOOD.replacen(from, to, 1);
            match read("p.md", &text) {
                Err(error) => assert!(error.line == line && error.message.contains(message), "{to}: {error}"),
                Ok(_) => panic!("{to} is taken"),
            }
        }
    }

    #[test]
    fn a_scope_takes_in_all_of_its_last_minor_version() {
        let scope = Scope { until: version("3.12", u8::MAX).ok(), ..Scope::default() };
        assert_eq!(scope.excludes(Profile::cpython(3, 12, 7)), None);
        assert_eq!(scope.excludes(Profile::cpython(3, 13, 0)), Some("until Python 3.12".into()));
    }
}
