//! One map of the reference as an object of Python.

#![expect(unsafe_code, reason = "Python takes a buffer as a raw pointer")]

use crate::arguments::Arguments;
use crate::names::{ONLY, profile};
use crate::outcomes::{MemoryFault, Unsupported, exception, object};
use mmapcheck_reference::Reference;
use mmapcheck_spec::{
    Arg, Draft, End, FileSpec, Mode, Op, Outcome, PassedArg, Profile, Signal, Step, Stepper, Value, World, notation,
};
use pyo3::exceptions::{PyBufferError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::ffi::c_int;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

/// The most steps that a record keeps.
const STEPS: usize = 10_000;
/// The most bytes that a record keeps, of the file, the arguments and the answers together.
const BYTES: usize = 1 << 20;

/// A map of the reference, of which no other object knows. One thread uses it.
#[pyclass(subclass, unsendable, weakref, module = "mmapcheck_reference")]
pub struct Core {
    reference: Reference,
    profile: Profile,
    /// The file that was mapped.
    path: Option<PathBuf>,
    /// The file as it was before the first step.
    before: Option<Vec<u8>>,
    done: Vec<(Step, Result<Outcome, End>)>,
    /// The number of bytes that the record has room for; none once it is given up.
    room: Option<usize>,
}

#[pymethods]
impl Core {
    /// A map that is not constructed yet, under a profile.
    #[new]
    #[pyo3(signature = (name, *_args, **_keywords))]
    fn new(
        py: Python<'_>,
        name: &str,
        _args: &Bound<'_, PyTuple>,
        _keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Core> {
        let profile = profile(name)?;
        // A map of the reference has descriptors of its own. Without them, the system error is that of any open file.
        for place in ["/dev/zero", "/"] {
            File::open(place).map_err(|error| system_error(py, error.raw_os_error().unwrap_or_default()))?;
        }
        // The files are those of other programs: none is made in the folder.
        let reference = Reference::new(profile, Path::new("/"));
        let reference = reference.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Core { reference, profile, path: None, before: None, done: Vec::new(), room: Some(BYTES) })
    }

    /// Constructs the map. `fileno`, if the call has it, is a descriptor that is open, or any other number.
    fn construct(
        slf: &Bound<'_, Self>,
        args: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        // The conversion may run code of Python that uses this map: nothing of it is borrowed meanwhile.
        let mut arguments = Arguments::of(slf.as_any(), args, keywords, refuse_dead)?;
        let is_fileno = |(place, passed): &(usize, &mut PassedArg)| match passed.keyword {
            Some(keyword) => keyword == "fileno",
            None => *place == 0,
        };
        if let Some((_, passed)) = arguments.passed.iter_mut().enumerate().find(is_fileno)
            && let Some(number) = passed.arg.number().and_then(|number| number.as_plain())
            && slf.borrow_mut().adopt(slf.py(), number)?
        {
            passed.arg = Arg::Fd(ONLY);
        }
        slf.borrow_mut().perform(slf.py(), Op::New, arguments)
    }

    /// Performs an operation of the table.
    #[pyo3(signature = (operation, args, keywords = None))]
    fn perform_named(
        slf: &Bound<'_, Self>,
        operation: &str,
        args: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let op = Op::named(operation).ok_or_else(|| Unsupported::new_err(format!("no operation {operation}")))?;
        let arguments = Arguments::of(slf.as_any(), args, keywords, refuse_dead)?;
        slf.borrow_mut().perform(slf.py(), op, arguments)
    }

    /// The steps so far as a session in the notation. The file is `f`.
    fn session(&self) -> PyResult<String> {
        if self.room.is_none() {
            return Err(Unsupported::new_err(format!("a record keeps {STEPS} steps and {BYTES} bytes at most")));
        }
        let files = self.before.iter().map(|bytes| FileSpec { bytes: bytes.clone(), mode: Mode::Update });
        let (steps, answers) = self.done.iter().cloned().unzip();
        let draft = Draft { world: World { files: files.collect() }, steps };
        Ok(notation::print_answered(&draft, &Vec::from_iter::<Vec<_>>(answers), self.profile.dialect()))
    }

    /// Exports a buffer of the map. A map with a page that kills a process exports none: nobody could catch the death.
    ///
    /// # Safety
    /// Python calls it with a view that it owns.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        slf.borrow().refuse_dead()?;
        let exported = slf.borrow().reference.export(ONLY).map_err(ended)?;
        let Some(buffer) = exported else {
            return Err(PyValueError::new_err("mmap closed or invalid"));
        };
        let (start, len) = (buffer.start.cast_mut().cast(), buffer.len as ffi::Py_ssize_t);
        // SAFETY: the view is Python's. The memory stays where it is until the export is released, since the reference neither
        // resizes nor closes the map before, and the view keeps this object alive.
        let filled =
            unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, len, (!buffer.writable).into(), flags) };
        if filled == 0 {
            return Ok(());
        }
        slf.borrow().reference.release(ONLY).map_err(ended)?;
        Err(PyErr::take(slf.py()).unwrap_or_else(|| PyBufferError::new_err("no buffer")))
    }

    /// Takes an exported buffer back.
    ///
    /// # Safety
    /// Python calls it once for each view that was filled.
    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        // The slot of the map stays bound as long as this object lives.
        let _ = self.reference.release(ONLY);
    }
}

impl Core {
    /// Binds the only slot to the file of a descriptor; false if the number is none of an open regular file.
    fn adopt(&mut self, py: Python<'_>, number: i128) -> PyResult<bool> {
        let Ok(number) = i32::try_from(number) else { return Ok(false) };
        let path = PathBuf::from(format!("/proc/self/fd/{number}"));
        let Ok(about) = std::fs::metadata(&path) else { return Ok(false) };
        if !about.is_file() {
            return Err(Unsupported::new_err("no rule covers a map of anything but a regular file"));
        }
        self.before = if about.len() <= BYTES as u64 { std::fs::read(&path).ok() } else { None };
        self.room = self.before.as_ref().map(|bytes| BYTES - bytes.len().min(BYTES));
        self.path = std::fs::read_link(&path).ok();
        // SAFETY: the descriptor is open, and is duplicated before anything else runs.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        self.reference.adopt(ONLY, descriptor).map_err(|errno| system_error(py, errno.0))?;
        Ok(true)
    }

    /// Refuses the bytes of the map where reading them kills a process.
    fn refuse_dead(&self) -> PyResult<()> {
        match self.reference.first_dead_byte(ONLY) {
            Ok(Some(_)) => Err(MemoryFault::new_err(self.fault(&End::Died(self.profile.facts().signal(Signal::Bus))))),
            _ => Ok(()),
        }
    }

    fn perform(&mut self, py: Python<'_>, op: Op, mut arguments: Arguments) -> PyResult<Py<PyAny>> {
        self.reference.notice_size(ONLY);
        let step = Step { op, on: ONLY, bind: ONLY, args: std::mem::take(&mut arguments.passed).into() };
        let result = self.reference.step(&step);
        self.record(step, &result);
        match result {
            Ok(Outcome::Value(value)) => object(py, &value),
            Ok(Outcome::Raised(raise)) => Err(exception(py, &raise, &arguments)?),
            Err(End::Died(signal)) => Err(MemoryFault::new_err(self.fault(&End::Died(signal)))),
            Err(end) => Err(ended(end)),
        }
    }

    /// Adds a step to the record, which is given up where it becomes too long.
    fn record(&mut self, step: Step, answer: &Result<Outcome, End>) {
        let passed = step.args.iter().map(|given| if let Arg::Bytes(_, bytes) = &given.arg { bytes.len() } else { 0 });
        let answered = if let Ok(Outcome::Value(Value::Bytes(bytes))) = answer { bytes.len() } else { 0 };
        let room = self.room.and_then(|room| room.checked_sub(passed.sum::<usize>() + answered));
        self.room = room.filter(|_| self.done.len() < STEPS);
        match self.room {
            Some(_) => self.done.push((step, answer.clone())),
            None => self.done = Vec::new(),
        }
    }

    /// The death of a process as a sentence, with the page and the file.
    fn fault(&self, death: &End) -> String {
        let page = self.profile.facts().page.bytes() as u64;
        let file = self.path.as_ref().map_or("anonymous memory".into(), |path| format!("'{}'", path.display()));
        let place = match self.reference.first_dead_byte(ONLY) {
            Ok(Some(byte)) => format!("page {} of {file}, from byte {byte} on, lies beyond its end", byte / page),
            _ => format!("the memory of {file} cannot be accessed"),
        };
        format!("a process would have {death}: {place}")
    }
}

/// Refuses a map with dead bytes, as an argument of an operation on another map.
fn refuse_dead(object: &Bound<'_, PyAny>) -> PyResult<()> {
    object.cast::<Core>().map_or(Ok(()), |map| map.borrow().refuse_dead())
}

fn system_error(py: Python<'_>, errno: i32) -> PyErr {
    let error = || {
        let text = py.import("os")?.call_method1("strerror", (errno,))?;
        py.get_type::<PyOSError>().call1((errno, text))
    };
    error().map_or_else(|error| error, PyErr::from_value)
}

fn ended(end: End) -> PyErr {
    match end {
        End::Unsupported(reason) => Unsupported::new_err(reason),
        end => Unsupported::new_err(end.to_string()),
    }
}
