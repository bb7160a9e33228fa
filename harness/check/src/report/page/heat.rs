//! The outcomes of each operation as a table of shades.

use crate::report::OutcomeCounts;
use crate::text::grouped;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The darkest shade.
const DARKEST: u64 = 9;

/// The operations that were run and their outcomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatMap {
    /// The outcomes, the most frequent first.
    pub outcomes: Vec<String>,
    /// Each operation with a cell for each outcome.
    pub rows: Vec<(String, Vec<HeatCell>)>,
    /// Number of outcomes that the examples show and no step had.
    pub never: usize,
}

/// The steps of one operation with one outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeatCell {
    /// Number of steps in full; empty without any.
    pub count: String,
    /// The same in at most four characters.
    pub brief: String,
    /// From 0 for none to [`DARKEST`] for the most, on the scale of logarithms.
    pub shade: u64,
    /// Whether the examples show the outcome and no step had it.
    pub never: bool,
}

impl HeatMap {
    /// The table of these outcomes.
    #[must_use]
    pub fn new(counts: &OutcomeCounts) -> HeatMap {
        let never: BTreeSet<(&str, &str)> =
            counts.never.iter().map(|(op, kind)| (op.as_str(), kind.as_str())).collect();
        let mut totals: BTreeMap<&str, u64> = never.iter().map(|(_, kind)| (*kind, 0)).collect();
        for (kind, count) in counts.answers.values().flatten() {
            *totals.entry(kind).or_default() += count;
        }
        let mut outcomes: Vec<_> = totals.into_iter().collect();
        outcomes.sort_by_key(|(_, total)| Reverse(*total));
        let most = counts.answers.values().flat_map(|kinds| kinds.values()).copied().max().unwrap_or(1);
        let is_of = |op: &str| never.iter().any(|(other, _)| *other == op);
        let rows = counts.answers.iter().filter(|(op, kinds)| !kinds.is_empty() || is_of(op)).map(|(op, kinds)| {
            let cell = |&(kind, _): &(&str, u64)| match kinds.get(kind) {
                Some(&count) => HeatCell::new(count, most),
                None => HeatCell { never: never.contains(&(op.as_str(), kind)), ..HeatCell::default() },
            };
            (op.clone(), outcomes.iter().map(cell).collect())
        });
        let rows = rows.collect();
        HeatMap { rows, never: never.len(), outcomes: outcomes.into_iter().map(|(kind, _)| kind.to_owned()).collect() }
    }
}

impl HeatCell {
    fn new(count: u64, most: u64) -> HeatCell {
        let share = (1.0 + count as f64).ln() / (1.0 + most as f64).ln();
        let shade = ((DARKEST as f64 * share).ceil() as u64).clamp(1, DARKEST);
        HeatCell { count: grouped(count), brief: brief(count), shade, never: false }
    }
}

/// A number in at most four characters: `999`, `12k`, `3M`.
fn brief(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}
