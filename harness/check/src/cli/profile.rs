//! `mmapcheck profile`

use super::args::{ListFormat, ProfileArgs};
use super::exit::{CommandError, Exit};
use super::output::write_out;
use mmapcheck_spec::{Profile, Rule, RuleRange, constants};
use serde::Serialize;
use std::fmt::Write;

/// The width of a line of text in characters.
const WIDTH: usize = 80;

pub(super) fn profile(args: &ProfileArgs) -> Result<Exit, CommandError> {
    let listing = Listing::new(args.profile, args.against);
    match args.format {
        ListFormat::Text => write_out(&listing.text()),
        ListFormat::Json => write_out(&(serde_json::to_string_pretty(&listing)? + "\n")),
    }
    Ok(Exit::Agrees)
}

/// The rules, constants and facts of a profile; with `against`, only those that differ between the two profiles.
#[derive(Serialize)]
struct Listing {
    profile: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<String>,
    rules: Vec<ListedRule>,
    constants: Vec<Listed<bool>>,
    facts: Vec<Listed<String>>,
}

/// A rule with its row of the table.
#[derive(Serialize)]
struct ListedRule {
    #[serde(flatten)]
    listed: Listed<bool>,
    scope: Vec<ListedRange>,
    source: &'static str,
    sentence: &'static str,
    #[serde(skip)]
    shown_scope: String,
}

/// A value under the profile, and under the other one.
#[derive(Serialize)]
struct Listed<T> {
    name: &'static str,
    value: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<T>,
}

/// Versions and platforms of a row.
#[derive(Serialize)]
struct ListedRange {
    since: Option<String>,
    until: Option<String>,
    with: Option<String>,
    without: Option<String>,
}

impl ListedRange {
    fn new(range: &RuleRange) -> ListedRange {
        let platform = |wanted| range.platform.filter(|(_, with)| *with == wanted).map(|(what, _)| what.to_string());
        ListedRange {
            since: range.since.map(|version| version.short()),
            until: range.until.map(|version| version.short()),
            with: platform(true),
            without: platform(false),
        }
    }
}

impl<T: PartialEq> Listed<T> {
    fn new(name: &'static str, of: impl Fn(Profile) -> T, profile: Profile, against: Option<Profile>) -> Listed<T> {
        Listed { name, value: of(profile), against: against.map(of) }
    }

    fn differs(&self) -> bool {
        self.against.as_ref().is_some_and(|against| *against != self.value)
    }
}

impl Listed<bool> {
    /// Whether it is listed: if it holds, or if it differs from the other profile.
    fn is_shown(&self) -> bool {
        if self.against.is_some() { self.differs() } else { self.value }
    }

    /// The name, after a mark for the side on which it holds.
    fn marked(&self) -> String {
        let mark = match (self.value, self.against) {
            (_, None) => "",
            (true, Some(_)) => "+",
            (false, Some(_)) => "-",
        };
        format!("{mark}{}", self.name)
    }
}

impl Listing {
    fn new(profile: Profile, against: Option<Profile>) -> Listing {
        let rules = Rule::ALL.into_iter().map(|rule| {
            let row = rule.row();
            ListedRule {
                listed: Listed::new(row.name, |profile| profile.has(rule), profile, against),
                scope: row.ranges.iter().map(ListedRange::new).collect(),
                source: row.source,
                sentence: row.sentence,
                shown_scope: row.scope(),
            }
        });
        let constants = constants::ALL
            .iter()
            .map(|constant| Listed::new(constant.name(), |profile| profile.has_constant(*constant), profile, against));
        let facts = profile.facts().listed().into_iter().enumerate().map(|(place, (name, _))| {
            Listed::new(name, |profile| profile.facts().listed().swap_remove(place).1, profile, against)
        });
        Listing {
            profile: profile.to_string(),
            against: against.map(|profile| profile.to_string()),
            rules: rules.filter(|rule| rule.listed.is_shown()).collect(),
            constants: constants.filter(Listed::is_shown).collect(),
            facts: facts.filter(|fact| against.is_none() || fact.differs()).collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = match &self.against {
            None => format!("{}: {} of {} rules hold\n\n", self.profile, self.rules.len(), Rule::ALL.len()),
            Some(against) => format!(
                "{} of {} rules differ\n+ only in {}\n- only in {against}\n\n",
                self.rules.len(),
                Rule::ALL.len(),
                self.profile,
            ),
        };
        for ListedRule { listed, source, sentence, shown_scope, .. } in &self.rules {
            let _ = writeln!(text, "{} ({shown_scope})", listed.marked());
            text += &wrapped(sentence);
            text += &wrapped(&format!("Source: {source}."));
            text.push('\n');
        }
        if !self.constants.is_empty() {
            let names: Vec<_> = self.constants.iter().map(Listed::marked).collect();
            let _ = writeln!(text, "Constants of the module\n{}", wrapped(&names.join(", ")));
        }
        if !self.facts.is_empty() {
            text += "Platform\n";
        }
        for Listed { name, value, against } in &self.facts {
            let against = against.as_ref().map(|against| format!(" (+), {against} (-)")).unwrap_or_default();
            text += &wrapped(&format!("{name}: {value}{against}"));
        }
        text.truncate(text.trim_end().len());
        text + "\n"
    }
}

/// A text as indented lines.
fn wrapped(text: &str) -> String {
    const INDENT: &str = "    ";
    let mut lines = String::new();
    let mut line = INDENT.to_owned();
    for word in text.split(' ') {
        if line.chars().count() + word.chars().count() >= WIDTH {
            lines += line.trim_end();
            lines.push('\n');
            INDENT.clone_into(&mut line);
        }
        line += word;
        line.push(' ');
    }
    lines + line.trim_end() + "\n"
}
