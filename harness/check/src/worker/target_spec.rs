//! The class that a campaign tests.

use std::path::PathBuf;

/// The machinery that runs the cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The CPython embedded in this program.
    Embedded,
    /// This interpreter, or another program that speaks the driver protocol.
    Python(PathBuf),
    /// The reference on real files: a self-test.
    Reference,
}

/// The class under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSpec {
    /// The machinery that runs it.
    pub engine: Engine,
    /// The module that it is imported from.
    pub module: String,
    /// Its name in the module.
    pub attr: String,
}

impl Default for TargetSpec {
    fn default() -> TargetSpec {
        TargetSpec { engine: Engine::Embedded, module: "mmap".into(), attr: "mmap".into() }
    }
}

impl TargetSpec {
    /// The class named `MODULE:CLASS`, or the class `mmap` of `MODULE`.
    #[must_use]
    pub fn named(engine: Engine, class: &str) -> TargetSpec {
        let (module, attr) = class.split_once(':').unwrap_or((class, "mmap"));
        TargetSpec { engine, module: module.to_owned(), attr: attr.to_owned() }
    }
}
