//! Snapshots of the maps, taken without changing them.

use super::ffi::{Buffer, Exception, Object, PyValue, Scratch};
use super::fixtures::Fixtures;
use super::{Embedded, Map};
use mmapcheck_spec::{Content, Detail, MapState};
use mmapcheck_world::content_of;
use smallvec::SmallVec;

impl Embedded {
    pub(super) fn look_at_maps(&mut self, closely: bool, detail: Detail) -> SmallVec<[MapState; 1]> {
        let scratch = self.shrunk.get().then_some(&mut self.scratch);
        let bindings = self.bindings.get_mut();
        let mut observer = Observer { fixtures: &self.fixtures, closely, detail, scratch };
        bindings.maps[..bindings.map_slots]
            .iter()
            .map(|map| map.as_ref().map_or(MapState::Unbound, |map| observer.state(map)))
            .collect()
    }
}

/// The settings of a snapshot.
struct Observer<'a> {
    fixtures: &'a Fixtures,
    closely: bool,
    detail: Detail,
    /// Present where memory may be dead.
    scratch: Option<&'a mut Scratch>,
}

impl Observer<'_> {
    fn state(&mut self, map: &Map) -> MapState {
        match self.open_state(map) {
            Ok(state) => state,
            Err(Malformed::Raised(what, exception)) => {
                let raise = self.fixtures.raise(&exception);
                MapState::Malformed(format!("{what} raises {}: {}", raise.class, raise.message))
            }
            Err(Malformed::WrongType(what, object)) => {
                MapState::Malformed(format!("{what} is {}", self.fixtures.type_name(&object)))
            }
        }
    }

    fn open_state(&mut self, map: &Map) -> Result<MapState, Malformed> {
        let names = &self.fixtures.names;
        let pos = match Object::call_method(&names.tell, &mut [map.object.clone()], None) {
            Ok(pos) => pos.as_i64().ok_or(Malformed::WrongType("tell()", pos))?,
            Err(raised) => return self.closed_state(map, raised),
        };
        let len = map.object.size().map_err(|e| Malformed::Raised("len()", e))?;
        let taken = !map.unreadable && self.detail.takes_bytes(len, self.closely);
        let content = if taken { self.content(&map.object) } else { None };
        Ok(MapState::Open { pos, len, content })
    }

    /// The state of a map whose `tell()` raises: closed, if the attribute `closed` says so.
    fn closed_state(&mut self, map: &Map, raised: Exception) -> Result<MapState, Malformed> {
        let closed = map.object.attr(&self.fixtures.names.closed).map_err(|e| Malformed::Raised("closed", e))?;
        match closed.seen() {
            PyValue::Bool(true) => Ok(MapState::Closed),
            PyValue::Bool(false) => Err(Malformed::Raised("tell()", raised)),
            _ => Err(Malformed::WrongType("closed", closed.clone())),
        }
    }

    /// The readable bytes, from the exported buffer, or from a slice of the whole map where it exports none.
    fn content(&mut self, map: &Object) -> Option<Content> {
        if let Ok(buffer) = map.buffer() {
            return Some(self.memory(&buffer));
        }
        let copy = map.item(&self.fixtures.whole).ok()?;
        match copy.seen() {
            PyValue::Bytes(bytes) => Some(content_of(bytes, self.detail)),
            _ => None,
        }
    }

    fn memory(&mut self, buffer: &Buffer) -> Content {
        match &mut self.scratch {
            Some(scratch) => content_of(scratch.readable(buffer), self.detail),
            None => buffer.with(|bytes| content_of(bytes, self.detail)),
        }
    }
}

/// Why the state of a map is unknown.
enum Malformed {
    Raised(&'static str, Exception),
    WrongType(&'static str, Object),
}
