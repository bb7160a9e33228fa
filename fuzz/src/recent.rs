//! A cache of inputs and their cases, so that no session is read twice: libFuzzer runs the input that the mutator wrote last,
//! and mutates inputs of the corpus again and again.

use mmapcheck_spec::Case;
use std::cell::RefCell;
use std::collections::HashMap;

/// The maximum number of inputs in the cache: more than a minimized corpus has.
const KEPT: usize = 4096;

#[derive(Default)]
struct Recent {
    read: HashMap<Vec<u8>, Case>,
    /// The input that the mutator wrote last, and its case.
    written: (Vec<u8>, Case),
}

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::default();
}

/// The case of a text, if the cache holds it and it has steps.
pub fn recall(text: &[u8]) -> Option<Case> {
    RECENT.with_borrow(|recent| {
        let (written, case) = &recent.written;
        if written == text { Some(case) } else { recent.read.get(text) }.filter(|case| !case.steps.is_empty()).cloned()
    })
}

/// Adds a text that was read, and its case. A full cache is emptied first.
pub fn keep_read(text: &[u8], case: &Case) {
    RECENT.with_borrow_mut(|recent| {
        if recent.read.len() == KEPT {
            recent.read.clear();
        }
        recent.read.insert(text.to_vec(), case.clone());
    });
}

/// Adds the text that the mutator wrote, and its case, in place of the one before.
pub fn keep_written(text: &[u8], case: Case) {
    RECENT.with_borrow_mut(|recent| recent.written = (text.to_vec(), case));
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::{Arg, Op, Step, World};

    /// A case with a map of this length.
    fn case(length: usize) -> Case {
        Case::new(World::default(), vec![Step::new(Op::New, 0, [Arg::int(-1), Arg::int(length as i128)])])
    }

    #[test]
    fn the_case_of_a_text_that_was_read_is_recalled() {
        keep_read(b"a", &case(1));
        keep_read(b"b", &case(2));
        assert_eq!((recall(b"a"), recall(b"b"), recall(b"c")), (Some(case(1)), Some(case(2)), None));
    }

    #[test]
    fn only_the_text_that_was_written_last_is_recalled() {
        keep_written(b"a", case(1));
        keep_written(b"b", case(2));
        assert_eq!((recall(b"a"), recall(b"b")), (None, Some(case(2))));
    }

    #[test]
    fn a_case_without_steps_is_not_recalled() {
        keep_read(b"a", &Case::default());
        keep_written(b"b", Case::default());
        assert_eq!((recall(b"a"), recall(b"b"), recall(b"")), (None, None, None));
    }

    #[test]
    fn the_cache_holds_a_limited_number_of_texts() {
        for number in 0..=KEPT {
            keep_read(number.to_string().as_bytes(), &case(number + 1));
        }
        assert_eq!(RECENT.with_borrow(|recent| recent.read.len()), 1);
        assert_eq!(recall(KEPT.to_string().as_bytes()), Some(case(KEPT + 1)));
    }
}
