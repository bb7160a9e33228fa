//! The key `settles` of a clause: the divergences that break it.
//!
//! A clause with `settles: find value, find TypeError` is broken if `find` returns another value than expected, or does not
//! raise an expected `TypeError`. `any` in place of the operation covers every operation that has no clause of its own.

use crate::Op;

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
