//! The reference as a Python module: one object of Python for each map of the reference.
//!
//! The class [`map::Core`] performs operations by name; `mmapcheck_reference/__init__.py` makes the class `mmap` of it.
//! Arguments become those of a step ([`arguments`]), outcomes become values and exceptions ([`outcomes`]).

mod arguments;
mod map;
mod names;
mod outcomes;

use mmapcheck_spec::{KindOp, Op, constants};
use names::profile;
use pyo3::prelude::*;

/// The constants of the module under a profile, by name.
#[pyfunction]
fn module_constants(name: &str) -> PyResult<Vec<(&'static str, i32)>> {
    let profile = profile(name)?;
    let facts = profile.facts();
    let there = constants::ALL.into_iter().filter(|constant| profile.has_constant(*constant));
    let sizes = [("PAGESIZE", facts.page.bytes()), ("ALLOCATIONGRANULARITY", facts.granularity.bytes())];
    let sizes = sizes.map(|(name, bytes)| (name, bytes as i32));
    Ok(there.map(|constant| (constant.name(), facts.bits(&[constant]))).chain(sizes).collect())
}

/// The methods of the class under a profile, without those that a syntax calls.
#[pyfunction]
fn methods(name: &str) -> PyResult<Vec<&'static str>> {
    let profile = profile(name)?;
    let is_method = |op: &Op| matches!(op.by_kind(), KindOp::Method(_)) && op.row().there.in_version(profile);
    Ok(Op::ALL.iter().filter(|op| is_method(op)).map(|op| op.row().name).collect())
}

/// The native part of the package.
#[pymodule(gil_used = true)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<map::Core>()?;
    module.add("MemoryFault", module.py().get_type::<outcomes::MemoryFault>())?;
    module.add("Unsupported", module.py().get_type::<outcomes::Unsupported>())?;
    module.add_function(wrap_pyfunction!(module_constants, module)?)?;
    module.add_function(wrap_pyfunction!(methods, module)?)
}
