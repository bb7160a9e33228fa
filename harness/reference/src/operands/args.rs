//! The arguments of a step.

use crate::operands::operand::Operand;
use crate::result::{RuleResult, type_error};
use crate::store::Store;
use mmapcheck_spec::Profile;
use smallvec::SmallVec;

/// The positional arguments, and the keyword argument if it is passed.
type WithKeyword<'b, 'a, S> = (&'b [Operand<'a, S>], Option<&'b Operand<'a, S>>);

/// The arguments of a step.
pub struct Args<'a, S: Store> {
    /// The positional arguments.
    pub positional: SmallVec<[Operand<'a, S>; 3]>,
    /// The keyword arguments; few steps pass any.
    pub keywords: Vec<(&'static str, Operand<'a, S>)>,
}

impl<'a, S: Store> Args<'a, S> {
    /// The arguments of a method that takes `least` to `most` of them.
    pub fn counted(&self, method: &str, least: usize, most: usize, profile: Profile) -> RuleResult<&[Operand<'a, S>]> {
        let given = self.positional.len();
        if (least..=most).contains(&given) {
            return Ok(&self.positional);
        }
        let (bound, wanted) = match given {
            _ if least == most => ("exactly ", most),
            _ if given < least => ("at least ", least),
            _ => ("at most ", most),
        };
        let plural = if wanted == 1 { "" } else { "s" };
        Err(type_error(if !profile.wrong_count_is_told_as_expected() {
            format!("{method}() takes {bound}{wanted} argument{plural} ({given} given)")
        } else if (least, most) == (1, 1) {
            format!("mmap.{method}() takes exactly one argument ({given} given)")
        } else {
            let bound = if least == most { "" } else { bound };
            format!("{method} expected {bound}{wanted} argument{plural}, got {given}")
        }))
    }

    /// The arguments of a method that takes up to `most` positional arguments, and one keyword argument.
    pub fn with_keyword(&self, method: &str, most: usize, keyword: &str) -> RuleResult<WithKeyword<'_, 'a, S>> {
        let (positional, given) = (self.positional.len(), self.positional.len() + self.keywords.len());
        let wrong = if given > most + 1 {
            let kind = if positional == 0 { "keyword " } else { "" };
            format!("takes at most {} {kind}arguments ({given} given)", most + 1)
        } else if positional > most {
            format!("takes at most {most} positional arguments ({positional} given)")
        } else if let Some((unknown, _)) = self.keywords.iter().find(|(name, _)| *name != keyword) {
            format!("got an unexpected keyword argument '{unknown}'")
        } else {
            return Ok((&self.positional, self.keywords.first().map(|(_, operand)| operand)));
        };
        Err(type_error(format!("{method}() {wrong}")))
    }

    /// Checks that a method without parameters gets no arguments, before any other check.
    pub fn none(&self, method: &str, profile: Profile) -> RuleResult<()> {
        let class = if profile.argument_refusal_names_class() { "mmap." } else { "" };
        match self.positional.len() {
            0 => Ok(()),
            given => Err(type_error(format!("{class}{method}() takes no arguments ({given} given)"))),
        }
    }
}
