//! The stepper over a mapping type: each step becomes the call of a method.

use crate::guarded::guarded;
use crate::mapping::{Error, Mapping, Region, Result as MappingResult};
use crate::memory::Memory;
use crate::outcome::outcome;
use crate::perform::{perform, position};
use mmapcheck::typed::Call;
use mmapcheck_spec::{
    Content, Detail, End, FileState, MapState, Op, Outcome, SLOTS, Slot, Snapshot, Step, Stepper, TargetError, UNBOUND,
    Value, World,
};
use mmapcheck_world::{FileObjects, Folder, content_of};
use smallvec::SmallVec;
use std::fs::File;
use std::path::Path;

/// The result of a method; the outer error is the message of a panic.
type Done<T = Value> = Result<MappingResult<T>, String>;

/// The maps of a case, and its files.
pub struct Adapter<M> {
    files: FileObjects<Folder>,
    maps: [Option<M>; SLOTS],
    /// One more than the highest slot that a map was ever bound to in this case: a snapshot shows these slots.
    slots: usize,
    memory: Memory,
}

impl<M: Mapping> Adapter<M> {
    /// An adapter with the files of its cases in a folder that nothing else uses.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub fn new(dir: &Path) -> Result<Adapter<M>, TargetError> {
        let memory = Memory::new().map_err(|why| TargetError(format!("cannot make a file in memory: {why}")))?;
        Ok(Adapter { files: FileObjects::new(Folder::new(dir)?), maps: [const { None }; SLOTS], slots: 0, memory })
    }

    fn map_file(&self, file: Slot, region: &Region) -> Result<Done<M>, End> {
        let fd = self.files.file(file)?.fd().try_clone();
        let file = File::from(fd.map_err(|why| End::Unsupported(format!("the descriptor cannot be copied: {why}")))?);
        Ok(guarded(|| M::map(&file, region)))
    }

    /// Binds a new map to a slot, and drops the map that was bound to it.
    fn bind(&mut self, slot: Slot, made: Done<M>) -> Done {
        let slot = usize::from(slot);
        match made? {
            Err(error) => Ok(Err(error)),
            Ok(map) => {
                self.slots = self.slots.max(slot + 1);
                let before = self.maps[slot].replace(map);
                guarded(|| drop(before)).map(|()| Ok(Value::None))
            }
        }
    }

    fn call(&mut self, step: &Step) -> Result<Done, End> {
        let call = Call::of(step).ok_or_else(|| End::Unsupported("its arguments have no typed form".into()))?;
        match call {
            Call::Map { file, len, offset, access } => {
                let made = self.map_file(file, &Region { offset, len, access })?;
                return Ok(self.bind(step.bind, made));
            }
            Call::Anonymous(len) => return Ok(self.bind(step.bind, guarded(|| M::anonymous(len)))),
            _ => {}
        }
        let place = self.maps.get_mut(usize::from(step.on));
        let place = place.filter(|place| place.is_some()).ok_or_else(|| End::Unsupported(UNBOUND.into()))?;
        Ok(match (call, place) {
            (Call::Drop, place) => {
                let map = place.take();
                guarded(|| drop(map)).map(|()| Ok(Value::None))
            }
            (call, Some(map)) => guarded(|| perform(map, call)),
            (_, None) => Ok(Err(Error::NotHere)),
        })
    }
}

impl<M: Mapping> Stepper for Adapter<M> {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.slots = 0;
        self.files.begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        if step.op.is_of_files() { self.files.step(step) } else { outcome(step.op, self.call(step)?) }
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        // The type may have changed the size of a file.
        self.files.notice_sizes();
        let mut look = Look { closely, detail, memory: &mut self.memory };
        let maps: SmallVec<[MapState; 1]> = self.maps[..self.slots]
            .iter()
            .map(|map| map.as_ref().map_or(MapState::Unbound, |map| look.at(map)))
            .collect();
        Snapshot { maps, files: if detail.takes_files() { self.files.look(detail) } else { Vec::new() } }
    }

    fn damage(&mut self) -> Option<String> {
        self.files.damage()
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        let maps = self.maps.each_mut().map(Option::take);
        let closing = maps.into_iter().take(self.slots).map(|map| Some(close(map?))).collect();
        self.files.end();
        self.files.notice_sizes();
        (closing, self.files.look(detail))
    }
}

/// Closes and drops a map. A type without `close` is closed by being dropped.
fn close<M: Mapping>(mut map: M) -> Outcome {
    let done = guarded(|| match map.close() {
        Err(Error::NotHere) => Ok(()),
        closed => closed,
    });
    let done = done.and_then(|closed| guarded(|| drop(map)).map(|()| closed.map(|()| Value::None)));
    outcome(Op::Close, done).unwrap_or(Outcome::Value(Value::None))
}

/// The settings of a snapshot.
struct Look<'a> {
    closely: bool,
    detail: Detail,
    memory: &'a mut Memory,
}

impl Look<'_> {
    fn at<M: Mapping>(&mut self, map: &M) -> MapState {
        match guarded(|| (map.len(), position(map))) {
            Ok((Ok(len), Ok(pos))) => {
                let (pos, len) = (pos as i64, len as i64);
                match self.content(map, len) {
                    Ok(content) => MapState::Open { pos, len, content },
                    Err(message) => MapState::Malformed(format!("as_slice() panics: {message}")),
                }
            }
            Ok((Err(Error::Closed), _)) => MapState::Closed,
            Ok((Err(error), _)) => MapState::Malformed(format!("len() fails: {error:?}")),
            Ok((_, Err(error))) => MapState::Malformed(format!("tell() fails: {error:?}")),
            Err(message) => MapState::Malformed(format!("len() or tell() panics: {message}")),
        }
    }

    /// The bytes up to the first dead page; none where they are not looked at, or the type has no memory to look at.
    fn content<M: Mapping>(&mut self, map: &M, len: i64) -> Result<Option<Content>, String> {
        if !self.detail.takes_bytes(len, self.closely) {
            return Ok(None);
        }
        let slice = guarded(|| map.as_slice())?;
        Ok(slice.ok().map(|memory| content_of(self.memory.live(memory), self.detail)))
    }
}
