//! Snapshots of the maps, taken without changing them.

use super::ffi::{Buffer, Exception, Gil, Object, PyValue, Scratch};
use super::fixtures::Fixtures;
use super::{Embedded, Map};
use mmapcheck_spec::{Content, Detail, MapState};
use mmapcheck_world::{FileObjects, Folder, content_of};
use smallvec::SmallVec;

impl Embedded {
    pub(super) fn look_at_maps(&mut self, closely: bool, detail: Detail) -> SmallVec<[MapState; 1]> {
        let (may_be_dead, scratch) = (self.shrunk.get(), &mut self.scratch);
        let bindings = self.bindings.get_mut();
        let (gil, fixtures, files) = (&self.gil, &self.fixtures, &*self.files.get_mut());
        let mut observer = Observer { gil, fixtures, files, closely, detail, may_be_dead, scratch };
        bindings.maps[..bindings.map_slots]
            .iter()
            .map(|map| map.as_ref().map_or(MapState::Unbound, |map| observer.state(map)))
            .collect()
    }
}

/// The settings of a snapshot.
struct Observer<'a> {
    gil: &'a Gil,
    fixtures: &'a Fixtures,
    files: &'a FileObjects<Folder>,
    closely: bool,
    detail: Detail,
    may_be_dead: bool,
    scratch: &'a mut Scratch,
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
            Err(raised) => return self.closed_state(map, "tell()", raised),
        };
        let len = match map.object.size() {
            Ok(len) => len,
            Err(raised) => return self.closed_state(map, "len()", raised),
        };
        let taken = !map.unreadable && self.detail.takes_bytes(len, self.closely);
        let content = if taken { self.content(map, len) } else { None };
        Ok(MapState::Open { pos, len, content })
    }

    /// The state of a map of which this method raises: closed, if two of `tell()`, `len()` and the attribute `closed` say so. The
    /// third may be wrong, and then shows that where a step asks it.
    fn closed_state(&mut self, map: &Map, what: &'static str, raised: Exception) -> Result<MapState, Malformed> {
        let closed = map.object.attr(&self.fixtures.names.closed).map_err(|e| Malformed::Raised("closed", e))?;
        match closed.seen() {
            PyValue::Bool(true) => Ok(MapState::Closed),
            PyValue::Bool(false) if what == "tell()" && map.object.size().is_err() => Ok(MapState::Closed),
            PyValue::Bool(false) => Err(Malformed::Raised(what, raised)),
            _ => Err(Malformed::WrongType("closed", closed.clone())),
        }
    }

    /// The readable bytes, from the exported buffer, or from a slice of the map where it exports none.
    fn content(&mut self, map: &Map, len: i64) -> Option<Content> {
        if let Ok(buffer) = map.object.buffer() {
            return Some(self.memory(&buffer));
        }
        let live = if self.may_be_dead { map.backing?.live(len, self.files) } else { len };
        let copy = map.object.item(&self.first(live, len)?).ok()?;
        match copy.seen() {
            PyValue::Bytes(bytes) => Some(content_of(bytes, self.detail)),
            _ => None,
        }
    }

    /// `slice(None, live)`; of a map that is live to its end, `slice(None)`.
    fn first(&self, live: i64, len: i64) -> Option<Object> {
        if live == len {
            return Some(self.fixtures.whole.clone());
        }
        let none = &self.fixtures.none;
        self.gil.slice(none, &self.gil.int(live.into()).ok()?, none).ok()
    }

    fn memory(&mut self, buffer: &Buffer) -> Content {
        let bytes = if self.may_be_dead { self.scratch.readable(buffer) } else { self.scratch.whole(buffer) };
        content_of(bytes, self.detail)
    }
}

/// Why the state of a map is unknown.
enum Malformed {
    Raised(&'static str, Exception),
    WrongType(&'static str, Object),
}
