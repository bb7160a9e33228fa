//! What can be seen of the maps, without changing them.

use super::ffi::{Buffer, Exception, Object, Scratch, Seen};
use super::kit::Kit;
use super::{Embedded, Map};
use mmapcheck_reference::files::content_of;
use mmapcheck_spec::{Content, MapState, Watch};
use smallvec::SmallVec;

impl Embedded {
    pub(super) fn look_at_maps(&mut self, watch: Watch) -> SmallVec<[MapState; 1]> {
        let scratch = self.shrunk.then_some(&mut self.scratch);
        let mut eye = Eye { kit: &self.kit, watch, scratch };
        self.names.maps[..self.names.reach]
            .iter()
            .map(|map| map.as_ref().map_or(MapState::Unbound, |map| eye.state(map)))
            .collect()
    }
}

/// How maps are looked at.
struct Eye<'a> {
    kit: &'a Kit,
    watch: Watch,
    /// Given where memory may be dead.
    scratch: Option<&'a mut Scratch>,
}

impl Eye<'_> {
    fn state(&mut self, map: &Map) -> MapState {
        match self.open_state(map) {
            Ok(state) => state,
            Err(Strange::Raised(what, exception)) => {
                let raise = self.kit.raise(&exception);
                MapState::Strange(format!("{what} raises {}: {}", raise.class, raise.message))
            }
            Err(Strange::Answered(what, object)) => {
                MapState::Strange(format!("{what} is {}", self.kit.type_name(&object)))
            }
        }
    }

    fn open_state(&mut self, map: &Map) -> Result<MapState, Strange> {
        let names = &self.kit.names;
        let closed = map.object.attr(&names.closed).map_err(|e| Strange::Raised("closed", e))?;
        match closed.seen() {
            Seen::Bool(true) => return Ok(MapState::Closed),
            Seen::Bool(false) => {}
            _ => return Err(Strange::Answered("closed", closed.clone())),
        }
        let pos = Object::call_method(&names.tell, &mut [map.object.clone()], None);
        let pos = pos.map_err(|e| Strange::Raised("tell()", e))?;
        let pos = pos.as_i64().ok_or(Strange::Answered("tell()", pos))?;
        let len = map.object.size().map_err(|e| Strange::Raised("len()", e))?;
        let content = if map.unreadable { None } else { self.content(&map.object) };
        Ok(MapState::Open { pos, len, content })
    }

    /// The bytes that can be read: from memory, or from the object's copy of itself where it shows no memory.
    fn content(&mut self, map: &Object) -> Option<Content> {
        if let Ok(buffer) = map.buffer() {
            return Some(self.memory(&buffer));
        }
        let copy = map.item(&self.kit.whole).ok()?;
        match copy.seen() {
            Seen::Bytes(bytes) => Some(content_of(bytes, self.watch)),
            _ => None,
        }
    }

    fn memory(&mut self, buffer: &Buffer) -> Content {
        match &mut self.scratch {
            Some(scratch) => content_of(scratch.readable(buffer), self.watch),
            None => buffer.with(|bytes| content_of(bytes, self.watch)),
        }
    }
}

/// Why a map's state cannot be told.
enum Strange {
    Raised(&'static str, Exception),
    Answered(&'static str, Object),
}
