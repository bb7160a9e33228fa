//! Which clause a divergence breaks: a table that the clauses themselves are.
//!
//! The key `settles: find value, find TypeError` of a clause says that it is the one to read when `find` gives another value
//! than it must, or does not raise `TypeError` where it must. `any` stands for every operation that has no clause of its own.

use crate::Op;
use std::collections::HashMap;
use std::sync::OnceLock;

/// One thing a clause settles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settles {
    /// The operation; none for any.
    pub op: Option<Op>,
    /// What of it: one of [`Settles::KINDS`], or the class of the exception it must raise.
    pub kind: String,
}

impl Settles {
    /// What an operation answers and leaves behind, apart from exceptions.
    pub const KINDS: [&'static str; 6] = ["value", "position", "length", "closed", "bytes", "file"];

    /// Reads `find value, find TypeError`.
    pub(super) fn list(text: &str) -> Result<Vec<Settles>, String> {
        text.split(", ").map(Settles::one).collect()
    }

    fn one(text: &str) -> Result<Settles, String> {
        let (op, kind) = text.split_once(' ').ok_or_else(|| format!("'{text}' is not OPERATION KIND"))?;
        let op = match op {
            "any" => None,
            name => Some(Op::named(name).ok_or_else(|| format!("'{name}' is no operation"))?),
        };
        let class = kind.ends_with("Error") || ["StopIteration", "struct.error"].contains(&kind);
        if !class && !Settles::KINDS.contains(&kind) {
            return Err(format!(
                "there is nothing to settle called '{kind}': {}, or a class",
                Settles::KINDS.join(", ")
            ));
        }
        Ok(Settles { op, kind: kind.to_owned() })
    }
}

/// Id and rule of the clause that settles a kind of outcome of an operation.
#[must_use]
pub fn settled(op: Op, kind: &str) -> Option<(&'static str, &'static str)> {
    let find = |op| table().get(&Settles { op, kind: kind.to_owned() });
    find(Some(op)).or_else(|| find(None)).map(|(id, rule)| (id.as_str(), rule.as_str()))
}

/// The table, from the pages this library was built with. Pages that cannot be read settle nothing.
fn table() -> &'static HashMap<Settles, (String, String)> {
    static TABLE: OnceLock<HashMap<Settles, (String, String)>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let pages = super::all().unwrap_or_default();
        let clauses = pages.into_iter().flat_map(|page| page.clauses);
        clauses.flat_map(|c| c.settles.into_iter().map(move |s| (s, (c.id.clone(), c.rule.clone())))).collect()
    })
}
