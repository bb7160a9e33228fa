//! The start of the interpreter, the GIL, and what concerns the process as a whole.

use mmapcheck_python::{PROGRAM, VERSION};
use mmapcheck_spec::TargetError;
use pyo3::ffi::{self, PyConfig, PyGILState_STATE};
use rustix::process::Pid;
use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::rc::{Rc, Weak};
use std::sync::OnceLock;

/// Holds the GIL of its thread until it is dropped.
#[derive(Clone, Debug)]
pub struct Gil {
    _state: Rc<GilState>,
}

#[derive(Debug)]
struct GilState(PyGILState_STATE);

impl Drop for GilState {
    fn drop(&mut self) {
        // SAFETY: gives back, on the same thread and once, what `PyGILState_Ensure` gave.
        unsafe { ffi::PyGILState_Release(self.0) };
    }
}

thread_local! {
    /// The GIL state of this thread, shared by all its owners: states must be released in reverse order, and the owners do not
    /// know of each other.
    static STATE: RefCell<Weak<GilState>> = const { RefCell::new(Weak::new()) };
}

impl Gil {
    /// Acquires the GIL, after starting the interpreter if it does not run yet. Blocks while another thread holds it.
    pub fn hold() -> Result<Gil, TargetError> {
        static STARTED: OnceLock<Result<(), TargetError>> = OnceLock::new();
        STARTED.get_or_init(|| check_interpreter().and_then(|()| start())).clone()?;
        Ok(STATE.with_borrow_mut(|state| {
            let now = state.upgrade().unwrap_or_else(|| {
                // SAFETY: the interpreter runs, and is never stopped.
                Rc::new(GilState(unsafe { ffi::PyGILState_Ensure() }))
            });
            *state = Rc::downgrade(&now);
            Gil { _state: now }
        }))
    }
}

/// Forks this process; the child has this thread alone. Returns the process id of the child in the parent, and `None` in the
/// child.
///
/// # Errors
/// As `fork(2)`.
pub fn fork(_gil: &Gil) -> io::Result<Option<Pid>> {
    // SAFETY: the interpreter runs, its GIL is held, and it is told before and after, as by `os.fork()`. Locks of
    // other threads stay locked in the child, which only performs steps and exits by `leave`.
    unsafe {
        ffi::PyOS_BeforeFork();
        let child = libc::fork();
        if child == 0 {
            ffi::PyOS_AfterFork_Child();
            return Ok(None);
        }
        let failed = io::Error::last_os_error();
        ffi::PyOS_AfterFork_Parent();
        // `Pid` takes no negative number.
        if child < 0 { Err(failed) } else { Ok(Pid::from_raw(child)) }
    }
}

/// Ends the process at once, as `os._exit(0)` does.
pub fn leave() -> ! {
    // SAFETY: callable at any time.
    unsafe { libc::_exit(0) }
}

/// Ignores `SIGXFSZ`, as Python does where it installs its signal handlers: a file that exceeds its limit is then an error
/// instead of a death. It is called for each limit, since the program around this one, such as libFuzzer, may have
/// installed a handler of its own.
pub fn ignore_file_limit_signal() {
    // SAFETY: callable at any time; to ignore a signal runs no code of ours.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Checks that the loaded library is of the Python that this program was built for.
///
/// # Errors
/// Where the loader found another one. The message has one line: both versions, the cause and the remedy.
pub fn check_interpreter() -> Result<(), TargetError> {
    // SAFETY: callable at any time, even before Python starts; the text is static.
    let running = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) }.to_string_lossy();
    let end = running.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(running.len());
    match &running[..end] {
        VERSION => Ok(()),
        other => Err(TargetError(format!(
            "built for Python {VERSION} but the loader found the library of Python {other}: \
             unset LD_LIBRARY_PATH, or build again with PYO3_PYTHON set to the Python you mean"
        ))),
    }
}

/// Starts the interpreter as `python` would, but without signal handlers, and releases the GIL.
fn start() -> Result<(), TargetError> {
    // Python finds its library by the path of its program; without it, by any `python3` on `PATH`.
    let program = CString::new(PROGRAM).map_err(|_| TargetError("the path of Python holds a NUL".into()))?;
    let mut config = MaybeUninit::<PyConfig>::uninit();
    let config = config.as_mut_ptr();
    // SAFETY: the first call fills in the whole structure; the rest use it as documented, and it is cleared once.
    // Python does not run yet: this is called once. It then runs, and this thread releases its GIL.
    let problem = unsafe {
        ffi::PyConfig_InitPythonConfig(config);
        (*config).install_signal_handlers = 0;
        (*config).configure_c_stdio = 0;
        (*config).parse_argv = 0;
        let mut status = ffi::PyConfig_SetBytesString(config, &raw mut (*config).program_name, program.as_ptr());
        if ffi::PyStatus_Exception(status) == 0 {
            status = ffi::Py_InitializeFromConfig(config);
        }
        ffi::PyConfig_Clear(config);
        let failed = ffi::PyStatus_Exception(status) != 0;
        if !failed {
            ffi::PyEval_SaveThread();
        }
        failed.then(|| if status.err_msg.is_null() { c"no reason given" } else { CStr::from_ptr(status.err_msg) })
    };
    problem
        .map_or(Ok(()), |why| Err(TargetError(format!("Python {VERSION} does not start: {}", why.to_string_lossy()))))
}
