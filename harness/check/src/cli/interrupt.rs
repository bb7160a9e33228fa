//! Ctrl-C, and other signals that ask the program to end.

use super::exit::CommandError;
use mmapcheck_targets::stop::Stop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A stop that is due after Ctrl-C. A check then ends and reports the divergences it has found.
pub(super) fn interrupt() -> Result<Stop, CommandError> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupt);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    Ok(Stop::never().when(&interrupt))
}
