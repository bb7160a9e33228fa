//! Steps that were left out of a comparison, and why.

use crate::variation::UNFORESEEN;
use mmapcheck_spec::{End, Outcome, Step, UNBOUND};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A kind of reason why a step was not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A name of the step is not bound.
    Unbound,
    /// No rule of the reference covers the step.
    NoRule,
    /// The target uses memory there that is another map's, or none.
    Unforeseen,
    /// The step iterates over a long map.
    LongMap,
    /// The arguments of the step have no typed form.
    Untyped,
    /// A process is expected to die in the step.
    ForeseenDeath,
    /// The target is known to die in the step.
    KnownDeath,
    /// The states differ after the step in a known way.
    KnownDivergence,
    /// The step ends its child process.
    EndsChild,
    /// The `fork` of the child process was left out.
    NoChild,
    /// The process died in an earlier step.
    AfterDeath,
    /// The comparison ended at a divergence.
    AfterDivergence,
    /// The target declined the step.
    Declined,
    /// The target declined an earlier step.
    AfterDeclined,
    /// The comparison begins at a later step.
    BeforeFirst,
    /// The run ends at an earlier step.
    AfterLast,
}

impl Kind {
    /// Every kind, with its text.
    pub const ALL: [(Kind, &'static str); 16] = [
        (Kind::Unbound, UNBOUND),
        (Kind::NoRule, "the reference has no answer"),
        (Kind::Unforeseen, UNFORESEEN),
        (Kind::LongMap, "it iterates over a long map"),
        (Kind::Untyped, "its arguments have no typed form"),
        (Kind::ForeseenDeath, "a process is expected to die in it"),
        (Kind::KnownDeath, "the target is known to die in it"),
        (Kind::KnownDivergence, "the states differ after it in a known way"),
        (Kind::EndsChild, "it ends the child process"),
        (Kind::NoChild, "the fork of its child process was left out"),
        (Kind::AfterDeath, "the process died in an earlier step"),
        (Kind::AfterDivergence, "the comparison ended at a divergence"),
        (Kind::Declined, "the target declined it"),
        (Kind::AfterDeclined, "the target declined an earlier step"),
        (Kind::BeforeFirst, "the comparison begins at a later step"),
        (Kind::AfterLast, "the run ends at an earlier step"),
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Kind::ALL[*self as usize].1)
    }
}

/// Why a step was not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The kind.
    pub kind: Kind,
    /// The details; empty where the kind says it all.
    pub details: String,
}

impl Reason {
    /// A reason with details.
    pub fn new(kind: Kind, details: impl Into<String>) -> Reason {
        Reason { kind, details: details.into() }
    }

    /// The reason why a step without an outcome was left out.
    #[must_use]
    pub fn of_end(end: &End) -> Reason {
        match end {
            End::Unsupported(reason) if reason == UNBOUND => Kind::Unbound.into(),
            End::Unsupported(reason) if reason == UNFORESEEN => Kind::Unforeseen.into(),
            End::Unsupported(reason) => Reason::new(Kind::NoRule, reason),
            end => Reason::new(Kind::NoRule, end.to_string()),
        }
    }

    /// Whether nobody can foresee what the step does on the target.
    #[must_use]
    pub fn is_unforeseen(&self) -> bool {
        self.kind == Kind::Unforeseen
    }

    /// The reason why a step that ends its child process was left out.
    #[must_use]
    pub fn of_child(result: &Result<Outcome, End>) -> Reason {
        let details = match result {
            Ok(Outcome::Raised(raise)) => format!("it raises {}", raise.class),
            Ok(Outcome::Value(_)) => String::new(),
            Err(end) => format!("it {end}"),
        };
        Reason::new(Kind::EndsChild, details)
    }
}

impl From<Kind> for Reason {
    fn from(kind: Kind) -> Reason {
        Reason { kind, details: String::new() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if self.details.is_empty() { Ok(()) } else { write!(f, ": {}", self.details) }
    }
}

/// A step that was left out of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The place of the step in the whole case, counted from 0.
    pub place: usize,
    /// The step.
    pub step: Step,
    /// Why it was left out.
    pub reason: Reason,
}

/// Numbers of steps that were not compared, by the kind of reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts([u64; Kind::ALL.len()]);

impl Counts {
    /// Adds steps.
    pub fn add(&mut self, kind: Kind, steps: u64) {
        self.0[kind as usize] += steps;
    }

    /// Adds steps that were left out.
    pub fn add_all(&mut self, left_out: &[LeftOut]) {
        left_out.iter().for_each(|step| self.add(step.reason.kind, 1));
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Counts) {
        self.0.iter_mut().zip(other.0).for_each(|(count, other)| *count += other);
    }

    /// The number of steps.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The number of steps of each kind that occurred, by the text of the kind.
    #[must_use]
    pub fn by_text(&self) -> BTreeMap<String, u64> {
        let counts = Kind::ALL.iter().zip(self.0).filter(|(_, count)| *count > 0);
        counts.map(|((_, text), count)| ((*text).to_owned(), count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_kinds_is_in_order() {
        for (place, (kind, text)) in Kind::ALL.into_iter().enumerate() {
            assert_eq!((kind as usize, kind.to_string()), (place, text.to_owned()));
        }
    }

    #[test]
    fn counts_add_up() {
        let mut counts = Counts::default();
        counts.add(Kind::Unbound, 2);
        counts.add(Kind::Declined, 1);
        let mut all = counts;
        all.merge(&counts);
        assert_eq!(all.total(), 6);
        let texts = [(UNBOUND.to_owned(), 4), ("the target declined it".to_owned(), 2)];
        assert_eq!(all.by_text(), texts.into_iter().collect());
    }
}
