//! The conditions that tell the situations with an effect from those without it.

use crate::variation::Condition;

/// The fewest conditions that hold in every situation with the effect, and in none without it, as far as one at a time finds
/// them. The first situation is that of the finding. Where no conditions tell them apart, some of the others may have the effect
/// for a reason of their own: the conditions then hold in the first situation and in as many others as can be had. `None` without
/// such conditions, or without a situation with the effect.
pub(super) fn conditions(
    with: &[&Vec<Condition>],
    without: &[&Vec<Condition>],
    tolerated: &dyn Fn(usize) -> usize,
) -> Option<Vec<Condition>> {
    let (first, rest) = with.split_first()?;
    let in_all = |condition: &&Condition| rest.iter().all(|holding| holding.contains(condition));
    let common: Vec<_> = first.iter().filter(in_all).collect();
    let chosen = |all: &[&Condition]| chosen(all, rest, without, tolerated);
    chosen(&common).or_else(|| chosen(&first.iter().collect::<Vec<_>>()))
}

/// Conditions of a list that hold in no situation without the effect, chosen one at a time.
fn chosen(
    all: &[&Condition],
    with: &[&Vec<Condition>],
    without: &[&Vec<Condition>],
    tolerated: &dyn Fn(usize) -> usize,
) -> Option<Vec<Condition>> {
    let (mut with, mut without) = (with.to_vec(), without.to_vec());
    let mut chosen = Vec::new();
    while without.len() > tolerated(with.len()) {
        let excluded = |condition: &Condition| {
            let count = |all: &[&Vec<Condition>]| all.iter().filter(|holding| !holding.contains(condition)).count();
            (count(&without), count(&with))
        };
        // A share of the situations without the effect is worth the same share of those with it.
        let worth = |condition: &Condition| {
            let (right, wrong) = excluded(condition);
            (right * with.len().max(1)) as i64 - (wrong * without.len()) as i64
        };
        // Of those that tell them apart best, the first: conditions are listed from the plainest on.
        let useful = all.iter().rev().filter(|condition| excluded(condition).0 > 0);
        let best = useful.max_by_key(|condition| worth(condition))?;
        without.retain(|holding| holding.contains(best));
        with.retain(|holding| holding.contains(best));
        chosen.push((*best).clone());
    }
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variation::Property;

    #[test]
    fn the_plainest_condition_that_tells_them_apart_is_chosen() {
        let negative = || Condition::Argument(0, Property::Negative);
        let with = [vec![Condition::Returns, negative(), Condition::Moved], vec![Condition::Returns, negative()]];
        let without = [vec![Condition::Returns], vec![Condition::Returns, Condition::Moved]];
        let (with, without): (Vec<_>, Vec<_>) = (with.iter().collect(), without.iter().collect());
        assert_eq!(conditions(&with, &without, &|_| 0), Some(vec![negative()]));
        assert_eq!(conditions(&with, &[], &|_| 0), Some(Vec::new()));
        assert_eq!(conditions(&with, &with, &|_| 0), None);
        // The second situation has the effect for another reason.
        let unlike = [&with[..1], &without[1..]].concat();
        assert_eq!(conditions(&unlike, &without[1..], &|_| 0), Some(vec![negative()]));
        assert_eq!(conditions(&[], &without, &|_| 0), None);
    }

    #[test]
    fn two_conditions_are_chosen_where_one_is_not_enough() {
        let with = [vec![Condition::Returns, Condition::Moved, Condition::InChild]];
        let without = [vec![Condition::Returns, Condition::Moved], vec![Condition::InChild]];
        let (with, without): (Vec<_>, Vec<_>) = (with.iter().collect(), without.iter().collect());
        assert_eq!(conditions(&with, &without, &|_| 0).map(|chosen| chosen.len()), Some(2));
    }

    #[test]
    fn a_few_situations_may_speak_against_conditions_where_that_is_tolerated() {
        let (with, odd) = (vec![vec![Condition::Returns]; 10], vec![Condition::Returns, Condition::Moved]);
        let (with, without): (Vec<_>, Vec<_>) = (with.iter().collect(), vec![&odd]);
        assert_eq!(conditions(&with, &without, &|_| 0), None);
        assert_eq!(conditions(&with, &without, &|many| many / 9), Some(Vec::new()));
        assert_eq!(conditions(&with, &[&odd, &odd], &|many| many / 9), None);
    }
}
