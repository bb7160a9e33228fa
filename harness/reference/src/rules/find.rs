//! Searching.

use crate::operands::convert;
use crate::operands::operand::{Args, Object, Source};
use crate::result::{Answer, number};
use crate::state::map::Map;
use crate::store::{Direction, Store};
use mmapcheck_spec::{Profile, Value};

impl<S: Store> Map<S> {
    /// `find(sub[, start[, end]])` and `rfind`: both start at the position where no start is given.
    pub fn find(&self, args: &Args<'_, S>, direction: Direction, profile: Profile) -> Answer {
        self.open_to_arguments(profile)?;
        let method = if direction == Direction::Forward { "find" } else { "rfind" };
        let args = args.counted(method, 1, 3, profile)?;
        let mut left_open = [self.position.get(), self.len.get()];
        let needle = Source::given(&args[0], method, profile)?;
        if profile.methods_convert_first() {
            self.check_open()?;
            left_open = [self.position.get(), self.len.get()];
        }
        let given = given_bounds(&args[1..], profile)?;
        let open = self.open()?;
        let len = self.len.get();
        let [start, end] = placed(given, len, left_open);
        let is_behind = start > len && profile.nothing_is_behind_the_end();
        let (start, end) = (start.min(len), end.min(len));
        let found = match (needle.len(), direction) {
            (1.., _) if start > end => None,
            _ if (start > end && !profile.nothing_is_found_in_no_range()) || is_behind => None,
            (0, Direction::Forward) => Some(start),
            (0, Direction::Backward) => Some(end),
            (len, _) if len > end - start => None,
            _ => open.find(start..end, &needle.needle()?, direction)?,
        };
        Ok(found.map_or(Value::Int(-1), number))
    }
}

/// The bounds that are given. Where the start is left open, the end is not looked at.
fn given_bounds<S: Store>(given: &[Object<'_, S>], profile: Profile) -> Answer<[Option<i64>; 2]> {
    let is_left_open = |object: &Object<'_, S>| matches!(object, Object::None) && profile.none_is_no_bound();
    let bound = |place: usize| match given.get(place) {
        Some(object) if !is_left_open(object) => convert::ssize(object, profile).map(Some),
        _ => Ok(None),
    };
    Ok(match bound(0)? {
        Some(start) => [Some(start), bound(1)?],
        None => [None, None],
    })
}

/// Where a search starts and ends, which is where it would have before the bounds were converted, where they are left open: counted from the end where a bound is negative, and perhaps behind the end.
fn placed(given: [Option<i64>; 2], len: usize, left_open: [usize; 2]) -> [usize; 2] {
    let place = |bound: i64| usize::try_from(if bound < 0 { bound + len as i64 } else { bound }).unwrap_or(0);
    [0, 1].map(|i| given[i].map_or(left_open[i], place))
}
