//! KnownList divergences: what a target is known to do otherwise, why, and a case that shows it.
//!
//! `reports/known/<target>.toml` lists them ([`read`]). In a campaign, what an entry's [`Pattern`] takes in is counted and is no
//! finding; the examples of the specification that an entry names must fail; and its own case must still diverge in the way
//! it says. An entry that no longer holds is stale, so that a list cannot outlive what it excuses.

mod check;
mod list;
mod read;
mod standing;
mod suppression;

pub(crate) use check::check as check_pattern;
pub use list::{KnownList, TEXTS};
pub use standing::{SuppressionResult, SuppressionState, count, expect};
pub use suppression::{Entry, KnownListError};
