//! The known divergences of a target.
//!
//! `reports/known/<target>.toml` lists them as suppressions. A campaign counts the divergences that a suppression's pattern
//! matches and does not report them; the examples of the specification that a suppression names are expected to fail; and the
//! suppression's own case must still show the divergence. A suppression that fails one of these checks is stale, so that no
//! list outlives the divergences it excuses.

mod check;
mod list;
mod read;
mod state;
mod suppression;

pub(crate) use check::check as check_pattern;
pub use list::{KnownList, TEXTS};
pub use state::{SuppressionResult, SuppressionState, separate_examples, set_counts};
pub use suppression::{KnownListError, Matching, Suppression};
