//! The embedded target: CPython in this process, driven step by step.

mod args;
mod backing;
mod call;
mod child;
mod ffi;
mod fixtures;
mod look;
mod value;

pub use ffi::check_interpreter;

use backing::Backing;
use ffi::{Exception, Gil, GuardPage, Object, Scratch};
use fixtures::Fixtures;
use mmapcheck_spec::{
    Declined, Detail, End, FileState, Outcome, Profile, Rule, SLOTS, Slot, Snapshot, Step, StepTrace, Stepper,
    TargetError, TargetInfo, UNBOUND, Version, World,
};
use mmapcheck_world::{FileObjects, Folder, ResourceLimits};
use rustix::process::Pid;
use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A class of the embedded CPython, driven step by step.
///
/// It stays on its thread, and holds the GIL as long as it lives, except where Python itself releases the GIL: around blocking
/// calls, and between bytecodes once another thread waits for it. A process has one `Embedded` at a time: resource limits, the
/// handlers of signals and the GIL are the process's.
#[derive(Debug)]
pub struct Embedded {
    info: TargetInfo,
    files: RefCell<FileObjects<Folder>>,
    bindings: RefCell<Bindings>,
    /// Whether memory of a map may be dead: a file has lost pages, or a map reaches beyond its memory.
    shrunk: Cell<bool>,
    /// Whether a map of this case reaches beyond its memory, or may: an anonymous one was resized.
    grown: Cell<bool>,
    /// A child that has performed its steps and is not waited for yet.
    child: Cell<Option<Pid>>,
    limits: ResourceLimits,
    guards: Rc<Cell<bool>>,
    /// The object of a step whose callback argument runs: the step goes on with it, even if its name is gone.
    interrupted: RefCell<Vec<Object>>,
    scratch: Scratch,
    fixtures: Fixtures,
    /// Dropped after every object above, which need it.
    gil: Gil,
    _only: Only,
}

/// The right to be the `Embedded` of this process, until it is dropped.
#[derive(Debug)]
struct Only(());

static IS_TAKEN: AtomicBool = AtomicBool::new(false);

impl Only {
    fn take() -> Result<Only, TargetError> {
        match IS_TAKEN.swap(true, Ordering::Acquire) {
            false => Ok(Only(())),
            true => Err(TargetError("this process runs an embedded target already; drop that one first".into())),
        }
    }
}

impl Drop for Only {
    fn drop(&mut self) {
        IS_TAKEN.store(false, Ordering::Release);
    }
}

/// The objects that the names of a case are bound to, by slot.
#[derive(Debug, Default)]
struct Bindings {
    maps: [Option<Map>; SLOTS],
    views: [Option<Object>; SLOTS],
    iterators: [Option<Object>; SLOTS],
    /// One more than the highest slot that a map was ever bound to: a snapshot shows these slots.
    map_slots: usize,
}

#[derive(Debug)]
struct Map {
    object: Object,
    /// Whether its `prot` makes memory that cannot be read.
    unreadable: bool,
    /// Whether it may be anonymous.
    anonymous: bool,
    /// The memory behind it, if the arguments of its constructor tell.
    backing: Option<Backing>,
    guard: Option<GuardPage>,
}

impl Embedded {
    /// The class `attr` of a module, with the files of its cases in `dir`, an existing folder that nothing else uses.
    /// The module is imported as in a Python program: `PYTHONPATH` is honoured.
    ///
    /// # Errors
    /// Where this process has an `Embedded` already, Python is not the one configured or does not start, the module cannot be
    /// imported, or the folder cannot be opened. The message has one line.
    pub fn new(module: &str, attr: &str, dir: &Path) -> Result<Embedded, TargetError> {
        let only = Only::take()?;
        let gil = Gil::hold()?;
        let (info, fixtures) = Embedded::import(&gil, module, attr)?;
        let scratch = Scratch::new().map_err(|why| TargetError(format!("cannot make a file in memory: {why}")))?;
        Ok(Embedded {
            info,
            files: RefCell::new(FileObjects::new(Folder::new(dir)?)),
            bindings: RefCell::default(),
            shrunk: Cell::new(false),
            grown: Cell::new(false),
            child: Cell::new(None),
            limits: ResourceLimits::new(),
            guards: Rc::new(Cell::new(true)),
            interrupted: RefCell::default(),
            scratch,
            fixtures,
            gil,
            _only: only,
        })
    }

    fn import(gil: &Gil, module: &str, attr: &str) -> Result<(TargetInfo, Fixtures), TargetError> {
        let imported =
            gil.import(module).map_err(|why| failed(gil, &format!("cannot import module {module}"), &why))?;
        let class = gil.name(attr).and_then(|name| imported.attr(&name));
        let class = class.map_err(|why| failed(gil, &format!("no class {attr} in module {module}"), &why))?;
        let broken = |why| failed(gil, "cannot use the standard library of Python", &why);
        let version = source_version(gil, &imported, module)?;
        let info = info(gil, module, attr, version).map_err(broken)?;
        // A class of another name does not make its module one in place of `mmap`.
        let module = if attr == "mmap" { imported } else { gil.import("mmap").map_err(broken)? };
        let fixtures = Fixtures::new(gil, module, class).map_err(broken)?;
        let declined = Declined { operations: fixtures.missing_slots(), ..Declined::default() };
        Ok((TargetInfo { declined, ..info }, fixtures))
    }

    /// The target's description of itself.
    #[must_use]
    pub fn info(&self) -> &TargetInfo {
        &self.info
    }

    /// Whether an inaccessible guard page follows each map, so that an out-of-bounds read kills the process. A guard costs two
    /// system calls a map. The setting may change between cases.
    #[must_use]
    pub fn guards(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.guards)
    }

    /// Why no guard pages can be placed; `None` where they can.
    #[must_use]
    pub fn guard_trouble(&self) -> Option<&'static str> {
        GuardPage::trouble()
    }

    fn map(&self, slot: Slot) -> Result<Object, End> {
        let bindings = self.bindings.borrow();
        let map = bindings.maps.get(usize::from(slot)).and_then(Option::as_ref);
        map.map(|map| map.object.clone()).ok_or_else(unbound)
    }

    fn view(&self, slot: Slot) -> Result<Object, End> {
        bound(&self.bindings.borrow().views, slot)
    }

    fn iter(&self, slot: Slot) -> Result<Object, End> {
        bound(&self.bindings.borrow().iterators, slot)
    }
}

impl Stepper for Embedded {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.bindings.take();
        self.shrunk.set(false);
        self.grown.set(false);
        self.limits.forget();
        self.files.get_mut().begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        let _applied = self.limits.apply();
        self.perform(step)
    }

    fn fork(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(Option<usize>)) -> Vec<StepTrace> {
        self.in_child(block, detail, mark)
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        let maps = self.look_at_maps(closely, detail);
        Snapshot { maps, files: if detail.takes_files() { self.files.get_mut().look(detail) } else { Vec::new() } }
    }

    fn damage(&mut self) -> Option<String> {
        self.files.get_mut().damage()
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        if detail != Detail::Quick {
            for map in self.bindings.get_mut().maps.iter().flatten() {
                // Its outcome is not compared: only the death of the process would show.
                let _ = self.fixtures.functions.around.call(&mut [map.object.clone()], None);
            }
        }
        let close = |map: &Option<Map>| {
            let map = map.as_ref()?.object.clone();
            Some(self.fixtures.outcome(Object::call_method(&self.fixtures.names.close, &mut [map], None)))
        };
        let bindings = self.bindings.take();
        let closing = bindings.maps[..bindings.map_slots].iter().map(close).collect();
        drop(bindings);
        let files = self.files.get_mut();
        files.end();
        (closing, files.look(detail))
    }
}

fn bound(slots: &[Option<Object>], slot: Slot) -> Result<Object, End> {
    slots.get(usize::from(slot)).cloned().flatten().ok_or_else(unbound)
}

fn unbound() -> End {
    End::Unsupported(UNBOUND.into())
}

/// The version of the sources that a module was built from: the content of the file `MODULE.version` beside it, which
/// `fuzz/instrument` writes. `None` without such a file.
fn source_version(gil: &Gil, module: &Object, name: &str) -> Result<Option<Version>, TargetError> {
    let Ok(file) = gil.name("__file__").and_then(|name| module.attr(&name)) else { return Ok(None) };
    let path = Path::new(&value::text_of(&file)).with_file_name(format!("{name}.version"));
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| TargetError(format!("{}: {error}", path.display())))?,
    };
    let wrong = || TargetError(format!("{}:1: expected a version such as 3.11.7", path.display()));
    Version::read(text.trim(), 0).map(Some).ok_or_else(wrong)
}

/// The interpreter's description of itself. `source`: the version of the module's sources, if it is known.
fn info(gil: &Gil, module: &str, attr: &str, source: Option<Version>) -> ffi::PyResult<TargetInfo> {
    let number = |object: &Object, name: &str| Ok(object.attr(&gil.name(name)?)?.as_i64().unwrap_or(0));
    let sys = gil.import("sys")?;
    let version = sys.attr(&gil.name("version_info")?)?;
    let part = |name| Ok(u8::try_from(number(&version, name)?).unwrap_or(u8::MAX));
    let profile = Profile::cpython(part("major")?, part("minor")?, part("micro")?);
    let mode = sys.attr(&gil.name("flags")?)?.attr(&gil.name("dev_mode")?);
    let development =
        mode.is_ok_and(|mode| mode.as_i64() == Some(1)) || sys.attr(&gil.name("gettotalrefcount")?).is_ok();
    let profile = if development { profile.with(Rule::SetNameIgnoresKernel, false) } else { profile };
    let class = if attr == "mmap" { String::new() } else { format!(", class {attr}") };
    let edition = source.map(|version| format!(" {version}")).unwrap_or_default();
    Ok(TargetInfo {
        profile,
        source: source.map_or(profile, |version| Profile::new(profile.implementation(), version, profile.platform())),
        name: format!("CPython {}, module {module}{edition}{class}", profile.version()),
        is_cpython_mmap: module == "mmap" && attr == "mmap",
        page: number(&gil.import("mmap")?, "PAGESIZE")?.try_into().unwrap_or(profile.facts().page.bytes() as u32),
        declined: Declined::default(),
    })
}

/// An error of one line: the action that failed, and the class and text of the exception.
fn failed(gil: &Gil, what: &str, Exception(why): &Exception) -> TargetError {
    let class = gil.name("__name__").and_then(|name| why.class().attr(&name));
    let [class, text] =
        [class, why.str()].map(|text| text.map_or_else(|_| String::new(), |text| value::text_of(&text)));
    TargetError(format!("{what}: {class}: {text}").replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::notation::{CLASSES, parse};

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// Whether a guard page follows the map `m` after these lines.
    fn guarded(lines: &[&str], guards: bool) -> Result<bool> {
        let dir = tempfile::tempdir()?;
        let mut stepper = Embedded::new("mmap", "mmap", dir.path())?;
        stepper.guards().set(guards);
        let mut text = ">>> import mmap\n".to_owned();
        let class = CLASSES.iter().find(|class| class.name == "IndexAfter").ok_or("no such class")?;
        text += &class.lines.iter().chain(lines).map(|line| (*line).to_owned() + "\n").collect::<String>();
        let case = parse(&text, 1)?.case;
        stepper.begin(&case.world)?;
        for step in &case.steps {
            stepper.step(step).map_err(|end| format!("{step:?}: {end}"))?;
        }
        let bindings = stepper.bindings.borrow();
        Ok(bindings.maps[0].as_ref().is_some_and(|map| map.guard.is_some()))
    }

    /// It runs alone, since another test could fill a gap between maps, or make one.
    #[test]
    fn a_map_keeps_a_guard_page_through_every_resize() -> Result {
        if !crate::is_alone("embedded::tests::a_map_keeps_a_guard_page_through_every_resize")? {
            return Ok(());
        }
        const NEW: &str = ">>> m = mmap.mmap(-1, 8192)";
        const CALLBACKS: [&str; 4] =
            [">>> def callback():", "...     m.resize(4096)", "...", ">>> m.find(b'a', IndexAfter(0, callback))"];
        let sessions: [&[&str]; 5] = [
            &[NEW],
            &[NEW, ">>> m.resize(4096)"],
            &[NEW, ">>> m.resize(40960)"],
            &[NEW, ">>> m.resize(-1)"],
            &[NEW, CALLBACKS[0], CALLBACKS[1], CALLBACKS[2], CALLBACKS[3]],
        ];
        for lines in sessions {
            assert!(guarded(lines, true)? && !guarded(lines, false)?, "{lines:?}");
        }
        assert!(!guarded(&[NEW, ">>> del m"], true)?);
        Ok(())
    }
}
