//! Searching.

use crate::answer::{Answer, number};
use crate::convert;
use crate::map::Map;
use crate::object::{Args, Object, Source};
use crate::store::{Direction, Store};
use mmapcheck_spec::{Profile, Value};

impl<S: Store> Map<S> {
    /// `find(sub[, start[, end]])` and `rfind`: both start at the position where no start is given.
    pub fn find(&self, args: &Args<'_, S>, direction: Direction, profile: Profile) -> Answer {
        self.open_to_arguments(profile)?;
        let method = if direction == Direction::Forward { "find" } else { "rfind" };
        let args = args.counted(method, 1, 3, profile)?;
        let needle = Source::given(&args[0], method, profile)?;
        let open = self.open()?;
        let len = self.len.get();
        let [start, end] = self.bounds(&args[1..], profile)?;
        let is_behind = start > len && profile.nothing_is_behind_the_end();
        let (start, end) = (start.min(len), end.min(len));
        let found = match (needle.len(), direction) {
            (1.., _) if start > end => None,
            _ if (start > end && !profile.nothing_is_found_in_no_range()) || is_behind => None,
            (0, Direction::Forward) => Some(start),
            (0, Direction::Backward) => Some(end),
            (len, _) if len > end - start => None,
            _ => open.find(start..end, &needle.bytes()?, direction)?,
        };
        Ok(found.map_or(Value::Int(-1), number))
    }

    /// Where a search starts and ends: counted from the end where a bound is negative, and perhaps behind the end.
    fn bounds(&self, given: &[Object<'_, S>], profile: Profile) -> Answer<[usize; 2]> {
        let len = self.len.get();
        let place = |object: &Object<'_, S>| -> Answer<usize> {
            let place = convert::ssize(object, profile)?;
            Ok(usize::try_from(if place < 0 { place + len as i64 } else { place }).unwrap_or(0))
        };
        let is_left_open = |object: &Object<'_, S>| matches!(object, Object::None) && profile.none_is_no_bound();
        match given {
            [start, rest @ ..] if !is_left_open(start) => {
                let start = place(start)?;
                let end = rest.first().filter(|end| !is_left_open(end)).map_or(Ok(len), place)?;
                Ok([start, end])
            }
            // Where the start is left open, the end is not looked at.
            _ => Ok([self.position.get(), len]),
        }
    }
}
