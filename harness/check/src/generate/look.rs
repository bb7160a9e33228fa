//! Cases that each look at one part of the module. They stand among the first cases of every campaign.

use super::GeneratorOptions;
use crate::limits;
use mmapcheck_spec::{Arg, Case, Op, Step, World, constants};

/// The looks at anything but a constant.
const OTHERS: [Op; 2] = [Op::Error, Op::Subclass];

/// The case of this number, if it is one that looks at the module: at each constant, whether the profile has it or not, at the
/// exception, and whether the class can be subclassed.
pub(super) fn look(number: u64, options: &GeneratorOptions) -> Option<Case> {
    if number % limits::LOOKING != limits::LOOKING - 1 {
        return None;
    }
    // Most cases of a campaign come after all looks.
    let turn =
        usize::try_from(number / limits::LOOKING).ok().filter(|turn| *turn < constants::ALL.len() + OTHERS.len())?;
    let step = steps().filter(|step| options.ops.contains(&step.op)).nth(turn)?;
    let is_taken = options.fit(step.clone()).is_some() && !options.declined.includes(&step);
    is_taken.then(|| Case::new(World::default(), vec![step]))
}

fn steps() -> impl Iterator<Item = Step> {
    let look = |place: u8| Step::new(Op::Constant, 0, [Arg::Flags([place][..].into())]);
    let looks = constants::ALL.into_iter().map(move |constant| look(constant.place()));
    looks.chain(OTHERS.map(|op| Step::new(op, 0, [])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::Profile;

    #[test]
    fn the_first_cases_of_a_campaign_look_at_each_part_of_the_module() {
        let mut options = GeneratorOptions::all(Profile::cpython(3, 11, 7));
        let ops = |options: &GeneratorOptions| -> Vec<Op> {
            (0..limits::LOOKING * 256)
                .filter_map(|number| look(number, options))
                .flat_map(|case| case.into_draft().steps)
                .map(|step| step.op)
                .collect()
        };
        let all = ops(&options);
        assert_eq!(all.len(), constants::ALL.len() + 2);
        assert_eq!(&all[constants::ALL.len()..], [Op::Error, Op::Subclass]);
        options.ops.retain(|op| *op == Op::Subclass);
        assert_eq!(ops(&options), [Op::Subclass]);
    }
}
