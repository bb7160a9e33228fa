//! How many fresh cases agree with the model of a target, and with the rules alone.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// How many of the fresh cases agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Number of cases.
    pub cases: u64,
    /// Number of cases in which the target does what the model says.
    pub with_model: u64,
    /// Number of cases in which the target does what the rules alone say.
    pub without: u64,
}

impl AddAssign for Agreement {
    fn add_assign(&mut self, more: Agreement) {
        self.cases += more.cases;
        self.with_model += more.with_model;
        self.without += more.without;
    }
}
