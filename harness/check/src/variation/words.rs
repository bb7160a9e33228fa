//! Messages of exceptions as patterns: with a sign in place of each part that depends on the step.

use crate::text::numberless;
use mmapcheck_spec::Step;

/// Stands for the name of the operation.
pub(super) const OP: &str = "{op}()";

/// Stands for the first keyword that the step passes.
pub(super) const KEYWORD: &str = "'{keyword}'";

/// A message with signs in place of the name of the operation, of its first keyword, and of numbers.
pub(super) fn pattern(message: &str, step: &Step) -> String {
    named(&numberless(message), step)
}

fn named(message: &str, step: &Step) -> String {
    let message = message.replace(&format!("{}()", step.op), OP);
    keyword(step).map_or(message.clone(), |keyword| message.replace(&keyword, KEYWORD))
}

fn keyword(step: &Step) -> Option<String> {
    step.args.iter().find_map(|passed| passed.keyword).map(|keyword| format!("'{keyword}'"))
}

/// The pattern of a message in which the numbers are those of the rule's message, if that has as many.
pub(crate) fn words_like(message: &str, rule: &str, step: &Step) -> String {
    let (with, without) = (pattern(message, step), named(message, step));
    if with.matches('#').count() == numberless(rule).matches('#').count() { with } else { without }
}

/// The message of a pattern for a step. The numbers are those of the rule's message.
pub(super) fn filled(pattern: &str, step: &Step, rule: &str) -> String {
    let mut numbers = rule.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
    let mut filled = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        match (if c == '#' { numbers.next() } else { None }, c) {
            (Some(number), _) => filled.push_str(number),
            (None, c) => filled.push(c),
        }
    }
    let filled = filled.replace(OP, &format!("{}()", step.op));
    keyword(step).map_or(filled.clone(), |keyword| filled.replace(KEYWORD, &keyword))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::{Arg, Op, PassedArg};

    #[test]
    fn a_pattern_of_one_step_is_the_message_of_another() {
        let with = |op, keyword| {
            let mut step = Step::new(op, 0, []);
            step.args.push(PassedArg::named(keyword, Arg::int(1)));
            step
        };
        let (read, rfind) = (with(Op::Read, "prot"), with(Op::RFind, "access"));
        let words = words_like("mmap.read() has no 'prot' after 3 of 4", "2 of 3", &read);
        assert_eq!(words, "mmap.{op}() has no '{keyword}' after # of #");
        assert_eq!(filled(&words, &rfind, "17 of 18"), "mmap.rfind() has no 'access' after 17 of 18");
        assert_eq!(words_like("3 of 4", "none", &read), "3 of 4");
    }
}
