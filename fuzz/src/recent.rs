//! The sessions of inputs that were met before, so that none is read twice: what the mutator has written is what is run next,
//! and what it changes is mostly an input of the corpus.

use mmapcheck_spec::Case;
use std::cell::RefCell;
use std::collections::HashMap;

/// Inputs that were read, kept at most: more than a corpus has that was made small.
const KEPT: usize = 4096;

#[derive(Default)]
struct Recent {
    read: HashMap<Vec<u8>, Case>,
    /// The last that was written, and its case.
    written: (Vec<u8>, Case),
}

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::default();
}

/// The case of this text, if it was kept.
pub fn recall(text: &[u8]) -> Option<Case> {
    RECENT.with_borrow(|recent| {
        let (written, case) = &recent.written;
        if written == text { Some(case) } else { recent.read.get(text) }.filter(|case| !case.steps.is_empty()).cloned()
    })
}

/// Keeps the case that a text was read as.
pub fn keep_read(text: &[u8], case: &Case) {
    RECENT.with_borrow_mut(|recent| {
        if recent.read.len() == KEPT {
            recent.read.clear();
        }
        recent.read.insert(text.to_vec(), case.clone());
    });
}

/// Keeps the case that was written as this text.
pub fn keep_written(text: &[u8], case: Case) {
    RECENT.with_borrow_mut(|recent| recent.written = (text.to_vec(), case));
}
