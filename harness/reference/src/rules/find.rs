//! Searching.

use crate::answer::{Answer, number};
use crate::convert;
use crate::map::Map;
use crate::object::{Args, Source};
use crate::store::{Direction, Store};
use mmapcheck_spec::{Profile, Value};

impl<S: Store> Map<S> {
    /// `find(sub[, start[, end]])` and `rfind`: both start at the position where no start is given.
    pub fn find(&self, args: &Args<'_, S>, direction: Direction, profile: Profile) -> Answer {
        let open = self.open()?;
        let method = if direction == Direction::Forward { "find" } else { "rfind" };
        let args = args.counted(method, 1, 3)?;
        let needle = Source::given(&args[0], method, profile)?;
        let place = |at: usize, default: usize| -> Answer<usize> {
            match args.get(at) {
                Some(object) => Ok(clamp(convert::ssize(object, profile)?, self.len.get())),
                None => Ok(default.min(self.len.get())),
            }
        };
        let (start, end) = (place(1, self.position.get())?, place(2, self.len.get())?);
        let found = match (needle.len(), direction) {
            _ if start > end => None,
            (0, Direction::Forward) => Some(start),
            (0, Direction::Backward) => Some(end),
            (len, _) if len > end - start => None,
            _ => open.find(start..end, &needle.bytes()?, direction)?,
        };
        Ok(found.map_or(Value::Int(-1), number))
    }
}

/// A place as a slice would take it: counted from the end where it is negative, and never outside.
fn clamp(place: i64, len: usize) -> usize {
    let place = if place < 0 { place + len as i64 } else { place };
    usize::try_from(place).unwrap_or(0).min(len)
}
