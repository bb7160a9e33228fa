//! Ctrl-C.

use super::exit::CommandError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that Ctrl-C sets. A check that sees it ends and reports what it has found.
pub(super) fn interrupt_flag() -> Result<Arc<AtomicBool>, CommandError> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupt);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    Ok(interrupt)
}
