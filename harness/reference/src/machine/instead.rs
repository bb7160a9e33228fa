//! Steps in place of another one.

use mmapcheck_spec::{Outcome, Step};

/// The steps of a callback in place of its own step.
#[derive(Clone, Debug, PartialEq)]
pub struct Instead {
    /// The steps that it performs, in order.
    pub steps: Vec<Step>,
    /// Its answer; none for that of the first of these steps.
    pub answer: Option<Outcome>,
}
