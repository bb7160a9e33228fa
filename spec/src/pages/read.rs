//! The strict reader of one page.

use super::clause::{Clause, Example, Level, Page, PageError, Scope};
use super::settles::Settles;
use crate::{Version, notation};
use std::collections::HashMap;

/// Reads one page.
///
/// # Errors
/// The first error in the page, with its line.
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
    /// Whether a key is still allowed: since the heading, the page had only keys and empty lines.
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
            return Err((number, "expected '# ' and a title at the start of the page".into()));
        }
        if line.starts_with('#') {
            return Err((number, "a page can have headings of the first and second level only".into()));
        }
        if let Some(language) = line.strip_prefix("```") {
            self.in_keys = false;
            return self.block(number, language, rest);
        }
        if line.starts_with(">>>") {
            return Err((number, "a session must be in a fenced block: ```pycon".into()));
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
            return Err((number, "this page already has a title; a clause starts with '## '".into()));
        }
        self.title = title.trim().to_owned();
        self.in_keys = true;
        Ok(())
    }

    fn heading(&mut self, number: usize, heading: &str) -> Result<(), Fault> {
        let wrong = || (number, "expected '## ID-1 · the promise' as the heading of a clause".to_owned());
        let (id, rule) = heading.split_once(" · ").ok_or_else(wrong)?;
        let (prefix, digits) = id.rsplit_once('-').ok_or_else(wrong)?;
        let plain = prefix.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-');
        if prefix.is_empty() || !plain || digits.parse::<u32>().is_err() || rule.trim().is_empty() {
            return Err(wrong());
        }
        if self.clauses.iter().any(|clause| clause.id == id) {
            return Err((number, format!("the id {id} is already used on this page")));
        }
        self.heading = Some(Heading { line: number, id: id.to_owned(), rule: rule.trim().to_owned() });
        self.in_keys = true;
        Ok(())
    }

    fn key(&mut self, number: usize, key: &str, value: &str) -> Result<(), Fault> {
        const KNOWN: [&str; 7] = ["level", "source", "since", "until", "platform", "implementation", "settles"];
        if !KNOWN.contains(&key) {
            return Err((number, format!("unknown key '{key}': expected one of {}", KNOWN.join(", "))));
        }
        if key == "settles" && self.heading.is_none() {
            return Err((number, "'settles' is a key of a clause, not of a page".into()));
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
            let Some((number, line)) = rest.next() else {
                return Err((start, "expected ``` at the end of this block".into()));
            };
            if line.trim_end() == "```" {
                break;
            }
            if line.starts_with("```") {
                return Err((number, format!("expected ``` at the end of the block of line {start} before this line")));
            }
            lines.push(line);
        }
        let Some(heading) = &self.heading else { return Err((start, "a block must be part of a clause".into())) };
        if language.trim() != "pycon" {
            return Err((start, "expected a block of the language pycon".into()));
        }
        if lines.last().is_none_or(|line| !line.trim().is_empty()) {
            let end = start + lines.len() + 1;
            return Err((end, "expected an empty line before the end of the example, which doctest needs".into()));
        }
        let text = lines.join("\n") + "\n";
        let session = notation::parse(&text, start + 1).map_err(|error| (error.line, error.message))?;
        let many = self.examples.len();
        let id = if many == 0 { heading.id.clone() } else { format!("{}.{}", heading.id, many + 1) };
        self.examples.push(Example { id, line: start + 1, session, text });
        Ok(())
    }

    /// Ends the open clause, if there is one.
    fn end(&mut self, number: usize) -> Result<(), Fault> {
        let Some(Heading { line, id, rule }) = self.heading.take() else {
            self.text.clear();
            return if self.title.is_empty() {
                Err((number, "expected '# ' and a title at the start of the page".into()))
            } else {
                Ok(())
            };
        };
        if self.examples.is_empty() {
            return Err((line, format!("{id} needs an example: a block ```pycon")));
        }
        let own = std::mem::take(&mut self.keys);
        let key = |name: &str| own.get(name).or_else(|| self.page_keys.get(name)).map(String::as_str);
        let level = level(key("level")).map_err(|message| (line, message))?;
        let source = key("source").map(str::to_owned).ok_or_else(|| (line, format!("{id} needs the key 'source'")))?;
        let scope = scope(key).map_err(|message| (line, message))?;
        let settles = key("settles").map_or(Ok(Vec::new()), Settles::list).map_err(|message| (line, message))?;
        let text = std::mem::take(&mut self.text).trim().to_owned();
        let examples = std::mem::take(&mut self.examples);
        self.clauses.push(Clause { id, rule, line, level, source, scope, settles, text, examples });
        Ok(())
    }
}

fn level(value: Option<&str>) -> Result<Level, String> {
    match value {
        Some(text) => text.parse(),
        None => Err("a clause needs the key 'level': documented, cpython or free".into()),
    }
}

/// Reads a scope from the keys `since`, `until`, `platform` and `implementation`.
///
/// # Errors
/// One line that names the first invalid value.
pub fn scope<'a>(key: impl Fn(&str) -> Option<&'a str>) -> Result<Scope, String> {
    let since = key("since").map(|text| version(text, 0)).transpose()?;
    let until = key("until").map(|text| version(text, u8::MAX)).transpose()?;
    let platform = match key("platform") {
        Some(known @ ("unix" | "linux" | "windows" | "macos")) => Some(known.to_owned()),
        Some(other) => return Err(format!("unknown platform '{other}': expected unix, linux, windows or macos")),
        None => None,
    };
    let cpython = match key("implementation") {
        Some("cpython") => true,
        Some(other) => return Err(format!("unknown implementation '{other}': expected cpython")),
        None => false,
    };
    Ok(Scope { since, until, platform, cpython })
}

fn version(text: &str, micro: u8) -> Result<Version, String> {
    Version::read(text, micro).ok_or_else(|| format!("invalid version '{text}': expected one such as 3.12 or 3.13.8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Reading\n\n- level: documented\n- source: documentation\n\nWords.\n\n## READ-1 · A rule\n\n- since: 3.9\n\nMore.\n\n```pycon\n>>> import mmap\n>>> m = mmap.mmap(-1, 3)\n>>> m.read()\nb'\\x00\\x00\\x00'\n\n```\n";

    #[test]
    fn a_clause_inherits_the_keys_of_its_page() -> Result<(), PageError> {
        let page = read("p.md", GOOD)?;
        let clause = &page.clauses[0];
        assert_eq!((page.title.as_str(), clause.id.as_str(), clause.rule.as_str()), ("Reading", "READ-1", "A rule"));
        assert_eq!((clause.level, clause.source.as_str()), (Level::Documented, "documentation"));
        assert_eq!(clause.scope.since, Some(Version::new(3, 9, 0)));
        assert_eq!((clause.examples[0].line, clause.text.as_str()), (15, "More."));
        Ok(())
    }

    #[test]
    fn an_error_names_its_line() {
        let cases = [
            ("- since: 3.9", "- sinse: 3.9", 10, "unknown key 'sinse'"),
            ("- since: 3.9", "- since: new", 8, "invalid version 'new'"),
            ("- level: documented", "- level: maybe", 8, "unknown level 'maybe'"),
            ("\n\n```\n", "\n```\n", 19, "an empty line before the end of the example"),
            ("\n\n```\n", "\n\n", 14, "expected ``` at the end of this block"),
            ("mmap.mmap(-1, 3)", "mmap.mmop(-1, 3)", 16, "not a statement"),
            ("m.read()", "n.read()", 17, "used before it is opened"),
            ("## READ-1 · A rule", "## READ · A rule", 8, "as the heading of a clause"),
            ("- since: 3.9", "- settles: read truth", 8, "unknown kind 'truth'"),
            ("- since: 3.9", "- settles: raed value", 8, "unknown operation 'raed'"),
            ("- level: documented", "- settles: read value", 3, "not of a page"),
            ("# Reading", "Reading", 1, "at the start of the page"),
            ("```pycon", "```python", 14, "language pycon"),
            ("More.", "### More", 12, "first and second level"),
        ];
        for (from, to, line, message) in cases {
            let text = GOOD.replacen(from, to, 1);
            match read("p.md", &text) {
                Err(error) => assert!(error.line == line && error.message.contains(message), "{to}: {error}"),
                Ok(_) => panic!("{to} is accepted"),
            }
        }
    }
}
