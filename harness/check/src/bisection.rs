//! The first of several interpreters, in order of version, on which a case diverges.

use crate::report::case::Verdict;

/// The result of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bisection {
    /// The place of the first one that diverges; none if none does.
    pub first: Option<usize>,
    /// Whether a place that was asked could not decide.
    pub incomplete: bool,
}

/// Searches the places from 0 to `many`. The first and the last are asked first. Where the first agrees and the last diverges,
/// the search halves the rest; where both agree, it asks one place after the other, because the case may diverge between them.
/// A place that cannot decide is passed over. No place is asked twice.
///
/// # Errors
/// The first error of `ask`.
pub fn bisect<E>(many: usize, mut ask: impl FnMut(usize) -> Result<Verdict, E>) -> Result<Bisection, E> {
    let mut incomplete = false;
    let mut left: Vec<usize> = (0..many).collect();
    let found = |first, incomplete| Ok(Bisection { first, incomplete });
    // The oldest that decides.
    while let Some(oldest) = (!left.is_empty()).then(|| left.remove(0)) {
        match ask(oldest)? {
            Verdict::Diverge => return found(Some(oldest), incomplete),
            Verdict::Agree => break,
            Verdict::Incomplete => incomplete = true,
        }
    }
    // The newest that decides.
    let mut diverging = None;
    while let Some(newest) = left.pop() {
        match ask(newest)? {
            Verdict::Diverge => diverging = Some(newest),
            Verdict::Agree => {}
            Verdict::Incomplete => {
                incomplete = true;
                continue;
            }
        }
        break;
    }
    let halves = diverging.is_some();
    while !left.is_empty() {
        let at = if halves { left.len() / 2 } else { 0 };
        match ask(left[at])? {
            Verdict::Diverge => {
                diverging = Some(left[at]);
                left.truncate(at);
                if !halves {
                    break;
                }
            }
            Verdict::Agree => drop(left.drain(..=at)),
            Verdict::Incomplete => {
                incomplete = true;
                left.remove(at);
            }
        }
    }
    found(diverging, incomplete)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// The result for these verdicts (`a`grees, `d`iverges, `?`), and the places in the order in which they were asked.
    fn search(verdicts: &str) -> (Bisection, Vec<usize>) {
        let mut asked = Vec::new();
        let found: Result<_, Infallible> = bisect(verdicts.len(), |at| {
            asked.push(at);
            Ok(match verdicts.as_bytes()[at] {
                b'a' => Verdict::Agree,
                b'd' => Verdict::Diverge,
                _ => Verdict::Incomplete,
            })
        });
        let Ok(found) = found;
        (found, asked)
    }

    #[test]
    fn every_border_is_found_with_few_runs() {
        for many in 1..20_usize {
            for first in 0..=many {
                let verdicts = "a".repeat(first) + &"d".repeat(many - first);
                let (found, asked) = search(&verdicts);
                assert_eq!(
                    found,
                    Bisection { first: (first < many).then_some(first), incomplete: false },
                    "{verdicts}"
                );
                let halvings = usize::BITS - many.leading_zeros();
                assert!(first == many || asked.len() <= 2 + halvings as usize, "{verdicts}: {asked:?}");
            }
        }
    }

    #[test]
    fn the_first_divergence_between_two_that_agree_is_found() {
        assert_eq!(search("aadda"), (Bisection { first: Some(2), incomplete: false }, vec![0, 4, 1, 2]));
    }

    #[test]
    fn one_that_cannot_decide_is_passed_over() {
        assert_eq!(search("?a?dd?").0, Bisection { first: Some(3), incomplete: true });
        assert_eq!(search("?aa?").0, Bisection { first: None, incomplete: true });
        assert_eq!(search("").0, Bisection { first: None, incomplete: false });
    }
}
