//! Calls whose panics are caught.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

thread_local! {
    /// The message and place of the last panic of this thread.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Notes the message and place of each panic, in place of printing it: a worker's panics are findings.
pub fn note_panics() {
    set_hook(Box::new(|info| {
        let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
        let message = info.payload_as_str().unwrap_or("without a message").to_owned() + &place;
        LAST.with_borrow_mut(|last| *last = Some(message));
    }));
}

/// Runs code of the type under test.
///
/// # Errors
/// The message of the panic, if it panics.
pub fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let noted = LAST.with_borrow_mut(Option::take);
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        noted.or(text).or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or("without a message".into())
    })
}
