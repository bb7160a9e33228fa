//! System errors as Python raises them.

use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{PlatformFacts, Raise, SystemError, WinError};
use mmapcheck_world::Errno;

/// The error that a number stands for on the system that this program runs on. `None` for one that no rule covers.
pub fn error_of(Errno(number): Errno) -> Option<SystemError> {
    LINUX.system_error(number)
}

/// The exception of a system error on a platform.
pub fn raise(error: SystemError, facts: &PlatformFacts) -> Raise {
    let number = facts.errno(error);
    let message = format!("[Errno {number}] {}", error.text());
    Raise { class: error.class().into(), errno: Some(number), message: message.into() }
}

/// The exception of an error of Windows.
pub fn raise_windows(error: WinError, facts: &PlatformFacts) -> Raise {
    let translated = error.translated();
    let message = format!("[WinError {}] {}", error as u32, error.text());
    Raise { class: translated.class().into(), errno: Some(facts.errno(translated)), message: message.into() }
}
