//! Searching: `find` and `rfind`.

use crate::operands::args::Args;
use crate::operands::buffer::Buffer;
use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, number};
use crate::state::map::Map;
use crate::store::{Direction, Store};
use mmapcheck_spec::{Profile, Value};

impl<S: Store> Map<S> {
    /// `find(sub[, start[, end]])` and `rfind`: the default start is the position.
    pub fn find(&self, args: &Args<'_, S>, direction: Direction, profile: Profile) -> RuleResult {
        self.check_open_before_arguments(profile)?;
        let method = if direction == Direction::Forward { "find" } else { "rfind" };
        let args = args.counted(method, 1, 3, profile)?;
        let mut defaults = [self.position.get(), self.len.get()];
        let needle = Buffer::of_argument(&args[0], method, profile)?;
        if profile.methods_convert_first() {
            self.check_open()?;
            defaults = [self.position.get(), self.len.get()];
        }
        let given = given_bounds(&args[1..], profile)?;
        let open = self.open()?;
        let len = self.len.get();
        let [start, end] = search_range(given, len, defaults);
        let is_beyond = start > len && profile.nothing_is_behind_the_end();
        let (start, end) = (start.min(len), end.min(len));
        let found = match (needle.len(), direction) {
            (1.., _) if start > end => None,
            _ if (start > end && !profile.nothing_is_found_in_no_range()) || is_beyond => None,
            (0, Direction::Forward) => Some(start),
            (0, Direction::Backward) => Some(end),
            (len, _) if len > end - start => None,
            _ => open.find(start..end, &needle.needle()?, direction)?,
        };
        Ok(found.map_or(Value::Int(-1), number))
    }
}

/// The bounds that are passed. Without a start, the end is ignored.
fn given_bounds<S: Store>(given: &[Operand<'_, S>], profile: Profile) -> RuleResult<[Option<i64>; 2]> {
    let is_default = |operand: &Operand<'_, S>| matches!(operand, Operand::None) && profile.none_is_no_bound();
    let bound = |place: usize| match given.get(place) {
        Some(operand) if !is_default(operand) => convert::ssize(operand, profile).map(Some),
        _ => Ok(None),
    };
    Ok(match bound(0)? {
        Some(start) => [Some(start), bound(1)?],
        None => [None, None],
    })
}

/// The range of a search, whose bounds may lie beyond the end. A negative bound counts from the end. `defaults` are the
/// bounds before the conversion of those that are passed.
fn search_range(given: [Option<i64>; 2], len: usize, defaults: [usize; 2]) -> [usize; 2] {
    let position = |bound: i64| usize::try_from(if bound < 0 { bound + len as i64 } else { bound }).unwrap_or(0);
    [0, 1].map(|i| given[i].map_or(defaults[i], position))
}
