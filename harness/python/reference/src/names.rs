//! Names: those of profiles and keywords, and of the only map.

use mmapcheck_spec::{PassedArg, Profile};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The slot of the map, and of its file.
pub const ONLY: u8 = 0;

/// Reads the name of a profile, such as `cpython-3.13`.
pub fn profile(name: &str) -> PyResult<Profile> {
    name.parse().map_err(|error| PyValueError::new_err(format!("{name}: {error}")))
}

/// A keyword, which a step keeps for ever: the names of a program are few.
pub fn keyword(name: String) -> &'static str {
    static OTHERS: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    if let Some(known) = PassedArg::KEYWORDS.iter().find(|known| **known == name) {
        return known;
    }
    let mut others = OTHERS.lock().unwrap_or_else(PoisonError::into_inner);
    let others = others.get_or_insert_default();
    if let Some(known) = others.get(name.as_str()) {
        return known;
    }
    let kept: &'static str = Box::leak(name.into_boxed_str());
    others.insert(kept);
    kept
}
