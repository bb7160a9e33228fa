//! The cases that every campaign begins with: each looks at one part of the module.

use super::GeneratorOptions;
use mmapcheck_spec::{Arg, Case, Op, Profile, Step, World, constants};

/// The case of this number, if it is one that looks at the module: at each constant that the profile has, at its exception, and
/// whether its class can be subclassed.
pub(super) fn look(number: u64, options: &GeneratorOptions) -> Option<Case> {
    let step = steps(options.profile).filter(|step| options.ops.contains(&step.op)).nth(number.try_into().ok()?)?;
    let is_taken = options.fit(step.clone()).is_some() && !options.declined.includes(&step);
    is_taken.then(|| Case::new(World::default(), vec![step]))
}

fn steps(profile: Profile) -> impl Iterator<Item = Step> {
    let constants = constants::ALL.into_iter().filter(move |constant| profile.has_constant(*constant));
    let looks = constants.map(|constant| Step::new(Op::Constant, 0, [Arg::Flags([constant.place()][..].into())]));
    looks.chain([Op::Error, Op::Subclass].map(|op| Step::new(op, 0, [])))
}
