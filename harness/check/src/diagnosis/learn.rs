//! The conditions that tell the situations with an effect from those without it.

use crate::variation::Condition;

/// The fewest conditions that hold in every situation with the effect, and in none without it, as far as one at a time finds
/// them. `None` where no conditions tell them apart, or there is no situation with the effect.
pub(super) fn conditions(with: &[Vec<Condition>], without: &[Vec<Condition>]) -> Option<Vec<Condition>> {
    let (first, rest) = with.split_first()?;
    let common: Vec<_> =
        first.iter().filter(|condition| rest.iter().all(|holding| holding.contains(condition))).collect();
    let mut left: Vec<_> = without.iter().collect();
    let mut chosen = Vec::new();
    while !left.is_empty() {
        let excluded = |condition: &Condition| left.iter().filter(|holding| !holding.contains(condition)).count();
        // Of those that exclude most, the first: conditions are listed from the plainest on.
        let best = common.iter().rev().max_by_key(|condition| excluded(condition))?;
        if excluded(best) == 0 {
            return None;
        }
        left.retain(|holding| holding.contains(best));
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
        let negative = Condition::Argument(0, Property::Negative);
        let with =
            [vec![Condition::Returns, negative.clone(), Condition::Moved], vec![Condition::Returns, negative.clone()]];
        let without = [vec![Condition::Returns], vec![Condition::Returns, Condition::Moved]];
        assert_eq!(conditions(&with, &without), Some(vec![negative]));
        assert_eq!(conditions(&with, &[]), Some(Vec::new()));
        assert_eq!(conditions(&with, &with), None);
        assert_eq!(conditions(&[], &without), None);
    }

    #[test]
    fn two_conditions_are_chosen_where_one_is_not_enough() {
        let with = [vec![Condition::Returns, Condition::Moved, Condition::InChild]];
        let without = [vec![Condition::Returns, Condition::Moved], vec![Condition::InChild]];
        assert_eq!(conditions(&with, &without).map(|chosen| chosen.len()), Some(2));
    }
}
