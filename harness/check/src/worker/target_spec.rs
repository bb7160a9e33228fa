//! The class that a campaign tests.

use mmapcheck_spec::TargetError;
use std::path::{Path, PathBuf};

/// The machinery that runs the cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The CPython embedded in this program.
    Embedded,
    /// This interpreter, or another program that speaks the driver protocol.
    Python(PathBuf),
    /// The reference on real files: a self-test.
    Reference,
    /// A type of the running program, which serves as a worker where [`super::WORKER`] is set.
    Program,
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
    /// The source of the module, if its worker has to write it.
    pub source: Option<String>,
}

impl Default for TargetSpec {
    fn default() -> TargetSpec {
        TargetSpec::named(Engine::Embedded, "mmap")
    }
}

/// The source of the module of a base, for every Python since 2.7.
fn base_source(module: &str, class: &str) -> String {
    // A literal of JSON is one of Python.
    let [module, class] = [module, class].map(|name| serde_json::Value::from(name).to_string());
    format!(
        "# coding: utf-8
from mmap import *

{mark} = 1
own = mmap
kind = getattr(__import__({module}, None, None, [{class}]), {class})
derives = isinstance(kind, type) and issubclass(kind, own)
globals()[{class}] = type({class}, (own,), {{}}) if derives else own
",
        mark = TargetSpec::BASE_MARK
    )
}

impl TargetSpec {
    /// A constant that only the module of a base has.
    pub(crate) const BASE_MARK: &str = "MMAPCHECK_BASE";

    /// Writes the module into a folder, if this worker has to.
    pub(super) fn write_module(&self, folder: &Path) -> Result<(), TargetError> {
        let Some(source) = &self.source else { return Ok(()) };
        let path = folder.join(format!("{}.py", self.module));
        std::fs::write(&path, source).map_err(|error| TargetError(format!("{}: {error}", path.display())))
    }

    /// The class named `MODULE:CLASS`, or the class `mmap` of `MODULE`.
    #[must_use]
    pub fn named(engine: Engine, class: &str) -> TargetSpec {
        let (module, attr) = class.split_once(':').unwrap_or((class, "mmap"));
        TargetSpec { engine, module: module.to_owned(), attr: attr.to_owned(), source: None }
    }

    /// The class of the interpreter that this one is compared with: an empty subclass of the interpreter's own `mmap` if this
    /// class derives from it, else that `mmap`. None if this class is that `mmap`, for the reference, and for a type without Python.
    #[must_use]
    pub fn base(&self) -> Option<TargetSpec> {
        let is_own = self.module == "mmap" && self.attr == "mmap";
        if is_own || matches!(self.engine, Engine::Reference | Engine::Program) {
            return None;
        }
        let source = base_source(&self.module, &self.attr);
        Some(TargetSpec { module: "mmapcheck_base".into(), source: Some(source), ..self.clone() })
    }
}
