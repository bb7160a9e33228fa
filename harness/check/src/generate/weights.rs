//! The weights of operations: how often a step of a case is of each.

use crate::choices::Choices;
use mmapcheck_spec::Op;
use serde::{Deserialize, Serialize};

/// Factors of the weights in the operation table, in thousandths; 1 for an operation that is not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights(Vec<(Op, u32)>);

impl Weights {
    /// The factor 1, in thousandths.
    pub const ONE: u32 = 1000;

    /// These factors, each in thousandths; the last one counts where an operation has several.
    #[must_use]
    pub fn new(factors: impl IntoIterator<Item = (Op, u32)>) -> Weights {
        let mut weights = Weights::default();
        for (op, factor) in factors {
            weights.0.retain(|(other, _)| *other != op);
            weights.0.push((op, factor));
        }
        weights
    }

    /// The factor of an operation, in thousandths.
    #[must_use]
    pub fn of(&self, op: Op) -> u32 {
        self.0.iter().find(|(of, _)| *of == op).map_or(Weights::ONE, |(_, factor)| *factor)
    }

    /// The weight of an operation, by the table and its factor: whole numbers as long as no factor is given.
    pub(super) fn weight(&self, op: Op) -> u32 {
        let weight = u32::from(op.row().weight);
        if self.0.is_empty() { weight } else { weight * self.of(op) }
    }
}

/// The operations of a case, to draw from by weight.
#[derive(Default)]
pub(super) struct Bag {
    /// Each operation, and the sum of the weights up to it.
    ops: Vec<(Op, u32)>,
}

impl Bag {
    /// The number of operations that a bag has room for before it grows.
    const ROOM: usize = 96;

    pub(super) fn new() -> Bag {
        Bag { ops: Vec::with_capacity(Bag::ROOM) }
    }

    pub(super) fn add(&mut self, op: Op, weight: u32) {
        if weight > 0 {
            self.ops.push((op, self.sum() + weight));
        }
    }

    fn sum(&self) -> u32 {
        self.ops.last().map_or(0, |(_, sum)| *sum)
    }

    pub(super) fn ops(&self) -> impl Iterator<Item = Op> {
        self.ops.iter().map(|(op, _)| *op)
    }

    /// An operation; `None` from an empty bag.
    pub(super) fn draw(&self, choices: &mut impl Choices) -> Option<Op> {
        let at = choices.below(self.sum());
        let place = self.ops.partition_point(|(_, sum)| *sum <= at);
        self.ops.get(place).map(|(op, _)| *op)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_drawn_as_often_as_its_weight_says() {
        let mut bag = Bag::new();
        assert_eq!(bag.draw(&mut crate::choices::seeded(1, 0)), None);
        for (op, weight) in [(Op::Read, 1), (Op::Seek, 0), (Op::Write, 3)] {
            bag.add(op, weight);
        }
        let mut choices = crate::choices::seeded(1, 0);
        let drawn: Vec<_> = (0..4000).filter_map(|_| bag.draw(&mut choices)).collect();
        let count = |op| drawn.iter().filter(|drawn| **drawn == op).count();
        assert_eq!((drawn.len(), count(Op::Seek)), (4000, 0));
        assert!((900..1100).contains(&count(Op::Read)), "{}", count(Op::Read));
    }

    #[test]
    fn the_last_factor_of_an_operation_counts() {
        let weights = Weights::new([(Op::Read, 5), (Op::Seek, 0), (Op::Read, 2500)]);
        assert_eq!([Op::Read, Op::Seek, Op::Write].map(|op| weights.of(op)), [2500, 0, Weights::ONE]);
    }
}
