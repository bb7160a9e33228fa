//! Arguments that do another step of the case while they are converted.

use super::maker::Maker;
use crate::choices::Choices;
use mmapcheck_spec::{Arg, Callback, Domain, Num, ObjectKind, Op, PassedArg, Row, Step};
use std::sync::LazyLock;

/// The operations that such an argument does, each as often as its row says, in the order of the places that the rows say.
static DRAWN: LazyLock<Vec<Op>> = LazyLock::new(|| {
    let places = |op: &Op| match &op.row().callback {
        Callback::Drawn(places) => places.clone(),
        Callback::Never | Callback::Possible => 0..0,
    };
    let mut all: Vec<(u8, Op)> = Op::ALL.iter().flat_map(|op| places(op).map(|place| (place, *op))).collect();
    all.sort_unstable();
    all.into_iter().map(|(_, op)| op).collect()
});

#[cfg(test)]
pub(super) fn drawn() -> impl Iterator<Item = &'static Op> {
    DRAWN.iter()
}

/// What an argument is converted to.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wanted {
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
        let op = self.pick(&DRAWN);
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
    let is_number = matches!(given.arg, Arg::Int(_) | Arg::Index(_));
    match param.domain {
        // A plain number in place of these says nothing of what they say.
        Domain::Length | Domain::Flags | Domain::Prot | Domain::Access | Domain::Offset
            if row.on == ObjectKind::Module && !is_number =>
        {
            None
        }
        domain => conversion(domain),
    }
}

/// What an argument of a domain is converted to, where it is converted by asking it.
pub(super) fn conversion(domain: Domain) -> Option<Wanted> {
    match domain {
        Domain::Needle | Domain::Source => Some(Wanted::Bytes),
        Domain::Length
        | Domain::Flags
        | Domain::Prot
        | Domain::Access
        | Domain::Offset
        | Domain::Position
        | Domain::Count
        | Domain::Byte
        | Domain::Whence
        | Domain::Advice
        | Domain::Sync
        | Domain::NewSize => Some(Wanted::Number),
        Domain::Descriptor
        | Domain::Truth
        | Domain::Pattern
        | Domain::Text
        | Domain::Other
        | Domain::Path
        | Domain::Mode
        | Domain::FileBytes
        | Domain::FileSize
        | Domain::Descriptors
        | Domain::Memory => None,
    }
}
