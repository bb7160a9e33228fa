//! CPython's history: since when it behaves as a session says, and which versions behave as a target.

use crate::campaign::Finding;
use crate::compare::compare;
use crate::differential::DifferentialRun;
use crate::oracle::{AnswerOptions, Oracle};
use crate::pattern::Patterns;
use mmapcheck_spec::notation::parse;
use mmapcheck_spec::{Case, Detail, Implementation, Profile, Rule, RuleRow, StepTrace, Version};

/// A rule whose opposite changes the answers of a session.
pub struct Deciding {
    /// The row of the rule.
    pub row: &'static RuleRow,
    /// Whether it holds in the profile.
    pub holds: bool,
}

/// The rules that changed within Python 3 and decide the last step of a session under a profile. Empty if the session cannot be
/// read or answered.
#[must_use]
pub fn since(session: &str, profile: Profile) -> Vec<Deciding> {
    let Ok(session) = parse(session, 1) else { return Vec::new() };
    let decides = |rule: Rule, profile: Profile| {
        let other = profile.with(rule, !profile.has(rule));
        last(&session.case, profile).zip(last(&session.case, other)).is_some_and(|(usual, other)| usual != other)
    };
    // Among the rules of another version a rule can decide what it never decided in a release: it must do so where it changed, too.
    let at = |version| Profile::new(profile.implementation(), version, profile.platform());
    let decided = |rule: Rule| rule.row().changes().into_iter().any(|version| decides(rule, at(version)));
    let rules = Rule::ALL
        .into_iter()
        .filter(|rule| rule.row().changed_within_python3() && decides(*rule, profile) && decided(*rule));
    rules.map(|rule| Deciding { row: rule.row(), holds: profile.has(rule) }).collect()
}

/// The versions of CPython that do in the case of a finding what the target does, and not what its profile says.
#[must_use]
pub fn versions_like(finding: &Finding) -> Vec<String> {
    let DifferentialRun { case, actual, profile, .. } = &finding.compared;
    let does_so = |version: &Version| {
        let like = Profile::new(Implementation::CPython, *version, profile.platform());
        let Ok(mut oracle) = Oracle::new(like) else { return false };
        let answered = oracle.answer(case.clone(), &AnswerOptions::new(Detail::Full));
        let severity = finding.severity();
        answered.is_ok_and(|answered| {
            let compared = compare(&answered.case, &answered.expected, actual, &Patterns::default());
            answered.case == *case && compared.first(severity).is_none()
        })
    };
    Version::known().filter(does_so).map(|version| version.series()).collect()
}

/// The last step of a case as the reference answers it.
fn last(case: &Case, profile: Profile) -> Option<StepTrace> {
    let mut oracle = Oracle::new(profile).ok()?;
    let expected = oracle.answer(case.clone(), &AnswerOptions::new(Detail::Full)).ok()?;
    expected.expected.steps.last().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENING: &str = ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'abc')\n3\n\n\
        >>> m = mmap.mmap(f.fileno(), 0)\n";

    fn names(last: &str, profile: Profile) -> Vec<(&'static str, bool)> {
        let rules = since(&format!("{OPENING}{last}"), profile);
        rules.iter().map(|rule| (rule.row.name, rule.holds)).collect()
    }

    #[test]
    fn the_rule_that_decides_an_answer_is_found_whether_it_holds_or_not() {
        let flush = ">>> m.flush()\n";
        assert_eq!(names(flush, Profile::cpython(3, 11, 7)), [("flush_returns_zero", false)]);
        // A rule of a later version that would decide it as well may be named beside it.
        assert!(names(flush, Profile::cpython(3, 7, 16)).contains(&("flush_returns_zero", true)));
        assert_eq!(names(">>> m.read(1)\nb'a'\n", Profile::cpython(3, 11, 7)), []);
    }
}
