//! The table from a divergence to the clause that it breaks, read from the key `settles` of the clauses.
//!
//! A clause with `settles: find value, find TypeError` is broken if `find` returns another value than expected, or does not
//! raise an expected `TypeError`. `any` in place of the operation covers every operation that has no clause of its own.

use crate::Op;
use std::collections::HashMap;
use std::sync::OnceLock;

/// An entry of the key `settles`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settles {
    /// The operation; `None` for `any`.
    pub op: Option<Op>,
    /// The kind of divergence: one of [`Settles::KINDS`], or the class of the expected exception.
    pub kind: String,
}

impl Settles {
    /// The kinds other than exception classes: the value of a step, and parts of the snapshot after it.
    pub const KINDS: [&'static str; 6] = ["value", "position", "length", "closed", "bytes", "file"];

    /// Reads `find value, find TypeError`.
    pub(super) fn list(text: &str) -> Result<Vec<Settles>, String> {
        text.split(", ").map(Settles::one).collect()
    }

    fn one(text: &str) -> Result<Settles, String> {
        let (op, kind) = text
            .split_once(' ')
            .ok_or_else(|| format!("invalid entry '{text}' in `settles`: expected OPERATION KIND"))?;
        let op = match op {
            "any" => None,
            name => Some(Op::named(name).ok_or_else(|| format!("unknown operation '{name}' in `settles`"))?),
        };
        let class = kind.ends_with("Error") || ["StopIteration", "struct.error"].contains(&kind);
        if !class && !Settles::KINDS.contains(&kind) {
            return Err(format!(
                "unknown kind '{kind}' in `settles`: expected {}, or an exception class",
                Settles::KINDS.join(", ")
            ));
        }
        Ok(Settles { op, kind: kind.to_owned() })
    }
}

/// The id and title of the clause that a divergence of this operation and kind breaks.
#[must_use]
pub fn settled(op: Op, kind: &str) -> Option<(&'static str, &'static str)> {
    let find = |op| table().get(&Settles { op, kind: kind.to_owned() });
    find(Some(op)).or_else(|| find(None)).map(|(id, rule)| (id.as_str(), rule.as_str()))
}

/// The table of the pages that this library was built with; empty if a page has an error.
fn table() -> &'static HashMap<Settles, (String, String)> {
    static TABLE: OnceLock<HashMap<Settles, (String, String)>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let pages = super::all().unwrap_or_default();
        let clauses = pages.into_iter().flat_map(|page| page.clauses);
        clauses.flat_map(|c| c.settles.into_iter().map(move |s| (s, (c.id.clone(), c.rule.clone())))).collect()
    })
}
