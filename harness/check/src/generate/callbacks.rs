//! Arguments that do another step of the case while they are converted.

use super::Maker;
use crate::choices::Choices;
use mmapcheck_spec::{Arg, Domain, Num, ObjectKind, Op, PassedArg, Row, Step};

/// What such an argument does, each as often as it stands here: what takes memory away, or moves it, most.
pub(super) const CALLBACKS: &[Op] = &[
    Op::Close,
    Op::Close,
    Op::Close,
    Op::Exit,
    Op::Resize,
    Op::Resize,
    Op::Resize,
    Op::Resize,
    Op::FileTruncate,
    Op::FileTruncate,
    Op::ViewRelease,
    Op::ViewRelease,
    Op::View,
    Op::View,
    Op::Write,
    Op::Write,
    Op::Seek,
    Op::Seek,
    Op::New,
    Op::Move,
    Op::SetSlice,
    Op::SetItem,
    Op::Find,
    Op::Drop,
    Op::DropView,
    Op::FileWrite,
    Op::FileOpen,
    Op::FileClose,
];

/// The operations that convert an argument.
#[cfg(test)]
pub(super) const CONVERTING: &[Op] = &[
    Op::New,
    Op::Find,
    Op::RFind,
    Op::Flush,
    Op::Madvise,
    Op::Move,
    Op::Read,
    Op::Resize,
    Op::Seek,
    Op::Write,
    Op::WriteByte,
    Op::GetItem,
    Op::GetSlice,
    Op::GetStep,
    Op::SetItem,
    Op::SetSlice,
    Op::SetStep,
    Op::DelItem,
    Op::DelSlice,
    Op::DelStep,
    Op::Unpack,
    Op::Pack,
    Op::SubView,
    Op::ViewGet,
    Op::ViewSet,
    Op::ViewSetSlice,
];

/// What an argument is converted to.
enum Wanted {
    Number,
    Bytes,
}

impl<C: Choices> Maker<'_, C> {
    /// Lets one argument of a step do another step first, where one is converted at all.
    pub(super) fn make_callback(&mut self, step: &mut Step) {
        let row = step.op.row();
        let places: Vec<_> =
            (0..step.args.len()).filter_map(|place| Some((place, wanted(row, place, &step.args[place])?))).collect();
        if places.is_empty() {
            return;
        }
        let (place, wanted) = &places[self.below(places.len())];
        let Some(callback) = self.callback(step) else { return };
        let (callback, arg) = (Box::new(callback), &mut step.args[*place].arg);
        *arg = match (wanted, &*arg) {
            (Wanted::Number, Arg::Int(num) | Arg::Index(num)) => Arg::IndexAfter(*num, callback),
            (Wanted::Number, _) => Arg::IndexAfter(Num::plain(self.below(6) as i128), callback),
            (Wanted::Bytes, Arg::Bytes(_, bytes)) => Arg::BufferAfter(bytes.clone(), callback),
            (Wanted::Bytes, _) => Arg::BufferAfter(b"ab".to_vec(), callback),
        };
    }

    /// A step for an argument to do, mostly on what its own step is done on.
    fn callback(&mut self, outer: &Step) -> Option<Step> {
        let op = self.pick(CALLBACKS);
        if !self.mix.ops.contains(&op) {
            return None;
        }
        let kind = op.row().on;
        let on = if kind == outer.op.row().on && !self.one_in(5) { outer.on } else { self.slot(kind)? };
        let mut step = Step { op, on, bind: 0, args: self.args(op) };
        if let Some(kind) = op.row().binds {
            step.bind = self.bind(kind);
        }
        Some(step)
    }
}

fn wanted(row: &Row, place: usize, given: &PassedArg) -> Option<Wanted> {
    let param = match given.keyword {
        Some(word) => row.params.iter().find(|param| param.name == word)?,
        None => row.params.get(place)?,
    };
    match param.domain {
        Domain::Needle | Domain::Source if !matches!(row.op, Op::FindAll) => Some(Wanted::Bytes),
        Domain::Length | Domain::Flags | Domain::Prot | Domain::Access | Domain::Offset => {
            // A plain number in place of these says nothing of what they say.
            (row.on != ObjectKind::Module || matches!(given.arg, Arg::Int(_) | Arg::Index(_))).then_some(Wanted::Number)
        }
        Domain::Position
        | Domain::Count
        | Domain::Byte
        | Domain::Whence
        | Domain::Advice
        | Domain::Sync
        | Domain::NewSize => Some(Wanted::Number),
        _ => None,
    }
}
