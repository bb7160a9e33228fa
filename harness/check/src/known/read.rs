//! The strict reader of a list of known divergences: every unknown key, name or value is an error with its line.

use super::check::check;
use super::suppression::{KnownListError, Matching, Suppression};
use crate::pattern::Pattern;
use crate::variation::Variation;
use mmapcheck_spec::pages::{Scope, all, scope};
use mmapcheck_spec::{Case, notation};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use toml::Spanned;

/// A list in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    divergence: Vec<Raw>,
}

/// An entry in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: Text,
    what: Text,
    link: Option<Text>,
    op: Option<Text>,
    callback: Option<Text>,
    field: Option<Text>,
    expected: Option<Text>,
    actual: Option<Text>,
    severity: Option<Text>,
    since: Option<Text>,
    until: Option<Text>,
    platform: Option<Text>,
    #[serde(default)]
    intermittent: bool,
    clauses: Option<Spanned<Vec<Text>>>,
    variations: Option<Text>,
    case: Option<Text>,
}

type Text = Spanned<String>;

pub(super) fn read(file: &str, text: &str) -> Result<Vec<Suppression>, KnownListError> {
    let source = Source { file, text };
    let list: List = toml::from_str(text).map_err(|error| {
        source.wrong(&error.span().unwrap_or_default(), error.message().lines().next().unwrap_or(""))
    })?;
    let ids = example_ids().map_err(KnownListError)?;
    let mut seen = HashMap::new();
    let mut suppressions = Vec::new();
    for raw in &list.divergence {
        let suppression = source.suppression(raw, &ids)?;
        let span = raw.id.span();
        if let Some(line) = seen.insert(suppression.id.clone(), source.line(&span)) {
            return Err(source.wrong(&span, &format!("id '{}' is already used in line {line}", suppression.id)));
        }
        suppressions.push(suppression);
    }
    Ok(suppressions)
}

/// The ids that the specification has: those of clauses, and those of single examples.
fn example_ids() -> Result<HashSet<String>, String> {
    let pages = all().map_err(|error| error.to_string())?;
    let clauses = pages.iter().flat_map(|page| &page.clauses);
    Ok(clauses
        .flat_map(|clause| {
            let examples = clause.examples.iter().map(|example| example.id.clone());
            examples.chain([format!("{}.1", clause.id), clause.id.clone()])
        })
        .collect())
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text[..span.start].matches('\n').count()
    }

    fn wrong(&self, span: &Range<usize>, message: &str) -> KnownListError {
        KnownListError(format!("{}:{}: {message}", self.file, self.line(span)))
    }

    fn suppression(&self, raw: &Raw, ids: &HashSet<String>) -> Result<Suppression, KnownListError> {
        let id = raw.id.as_ref();
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Err(
                self.wrong(&raw.id.span(), &format!("invalid id '{id}': expected lower-case letters, digits and '-'"))
            );
        }
        for (key, text) in [("what", Some(&raw.what)), ("link", raw.link.as_ref())] {
            if let Some(text) = text.filter(|text| text.as_ref().trim().is_empty() || text.as_ref().contains('\n')) {
                return Err(self.wrong(&text.span(), &format!("'{key}' must be one line of text")));
            }
        }
        let clauses = self.clauses(raw, ids)?;
        let reproducer = self.reproducer(raw)?;
        if reproducer.is_none() && clauses.is_empty() {
            let message = "an entry needs 'clauses', or 'variations' and 'case', or 'op', 'field', 'expected', 'actual' and 'case'";
            return Err(self.wrong(&raw.id.span(), message));
        }
        Ok(Suppression {
            id: id.clone(),
            what: raw.what.as_ref().clone(),
            link: raw.link.as_ref().map(|link| link.as_ref().clone()),
            place: format!("{}:{}", self.file, self.line(&raw.id.span())),
            scope: self.scope(raw)?,
            intermittent: raw.intermittent,
            clauses,
            reproducer,
        })
    }

    fn clauses(&self, raw: &Raw, ids: &HashSet<String>) -> Result<Vec<String>, KnownListError> {
        let Some(clauses) = &raw.clauses else { return Ok(Vec::new()) };
        if clauses.as_ref().is_empty() {
            return Err(
                self.wrong(&clauses.span(), "'clauses' is empty: expected the id of at least one clause or example")
            );
        }
        if let Some(clause) = clauses.as_ref().iter().find(|clause| !ids.contains(clause.as_ref())) {
            return Err(self.wrong(&clause.span(), &format!("unknown clause or example '{}'", clause.as_ref())));
        }
        Ok(clauses.as_ref().iter().map(|clause| clause.as_ref().clone()).collect())
    }

    /// The pattern and the case of the entry. An entry has all of their keys or none.
    fn reproducer(&self, raw: &Raw) -> Result<Option<(Matching, Case)>, KnownListError> {
        if let Some(variations) = &raw.variations {
            return self.varied(raw, variations).map(Some);
        }
        let (op, field, expected, actual, text) = match (&raw.op, &raw.field, &raw.expected, &raw.actual, &raw.case) {
            (Some(op), Some(field), Some(expected), Some(actual), Some(case)) => (op, field, expected, actual, case),
            (None, None, None, None, None) if raw.severity.is_none() && raw.callback.is_none() => return Ok(None),
            _ => {
                let parts =
                    [("op", &raw.op), ("field", &raw.field), ("expected", &raw.expected), ("actual", &raw.actual)];
                let missing = parts.iter().find(|(_, part)| part.is_none()).map_or("case", |(key, _)| *key);
                return Err(self.wrong(&raw.id.span(), &format!("'{missing}' is missing")));
            }
        };
        let severity = raw.severity.as_ref().map(|text| {
            let severity = text.as_ref().parse();
            severity.map_err(|message: String| self.wrong(&text.span(), &message))
        });
        let owned = |text: &Text| text.as_ref().clone();
        let pattern = Pattern {
            id: owned(&raw.id),
            op: owned(op),
            callback: raw.callback.as_ref().map(owned).unwrap_or_default(),
            field: owned(field),
            expected: owned(expected),
            actual: owned(actual),
            severity: severity.transpose()?,
        };
        check(&pattern).map_err(|(key, message)| {
            let parts = [("op", op), ("field", field), ("expected", expected), ("actual", actual)];
            let part = parts
                .iter()
                .find(|(name, _)| *name == key)
                .map_or(raw.callback.as_ref().unwrap_or(op), |(_, part)| part);
            self.wrong(&part.span(), &message)
        })?;
        Ok(Some((Matching::Pattern(pattern), self.case(text)?)))
    }

    /// The variations of the entry and its case.
    fn varied(&self, raw: &Raw, text: &Text) -> Result<(Matching, Case), KnownListError> {
        let keys = [("op", &raw.op), ("callback", &raw.callback), ("field", &raw.field), ("expected", &raw.expected)];
        let others = [("actual", &raw.actual), ("severity", &raw.severity)];
        if let Some((key, other)) = keys.iter().chain(&others).find_map(|(key, other)| Some((key, other.as_ref()?))) {
            return Err(self.wrong(&other.span(), &format!("an entry with 'variations' takes no '{key}'")));
        }
        let read: Vec<Variation> = serde_json::from_str(text.as_ref())
            .map_err(|error| self.wrong(&text.span(), &format!("'variations': {error}")))?;
        if read.is_empty() {
            return Err(self.wrong(&text.span(), "'variations' is empty"));
        }
        let case = raw.case.as_ref().ok_or_else(|| self.wrong(&raw.id.span(), "'case' is missing"))?;
        Ok((Matching::Variations(read), self.case(case)?))
    }

    fn case(&self, text: &Text) -> Result<Case, KnownListError> {
        // TOML drops a line break directly after the opening quotes of a multi-line string.
        let first = &self.text[text.span()];
        let begins_below = ["'''\n", "\"\"\"\n"].iter().any(|quotes| first.starts_with(quotes));
        let line = self.line(&text.span()) + usize::from(begins_below);
        let session = notation::parse(text.as_ref(), line)
            .map_err(|error| KnownListError(format!("{}:{}: {}", self.file, error.line, error.message)))?;
        if session.case.steps.is_empty() {
            return Err(self.wrong(&text.span(), "the case has no steps"));
        }
        Ok(session.case)
    }

    fn scope(&self, raw: &Raw) -> Result<Scope, KnownListError> {
        let keys = [("since", &raw.since), ("until", &raw.until), ("platform", &raw.platform)];
        let mut read = Scope::default();
        for (key, text) in keys {
            let Some(text) = text else { continue };
            let one = scope(|name| (name == key).then_some(text.as_ref().as_str()))
                .map_err(|message| self.wrong(&text.span(), &message))?;
            read = Scope {
                since: one.since.or(read.since),
                until: one.until.or(read.until),
                platform: one.platform.or(read.platform),
                cpython: false,
            };
        }
        Ok(read)
    }
}
