//! Callback arguments, which run a step of the case while they are converted.

use super::maker::Maker;
use crate::choices::Choices;
use mmapcheck_spec::{Arg, Callback, Domain, Num, ObjectKind, Op, PassedArg, Row, Step};
use std::sync::LazyLock;

/// The operations of callbacks, each repeated and ordered by the places in its row of the operation table.
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

/// The type that an argument is converted to.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Conversion {
    Number,
    Bytes,
}

impl<C: Choices> Maker<'_, C> {
    /// Turns one argument of a step into a callback argument, if the operation converts one.
    pub(super) fn make_callback(&mut self, step: &mut Step) {
        let row = step.op.row();
        let places: Vec<_> = (0..step.args.len())
            .filter_map(|place| Some((place, conversion_of(row, place, &step.args[place])?)))
            .collect();
        if places.is_empty() {
            return;
        }
        let (place, conversion) = &places[self.below(places.len())];
        let Some(callback) = self.callback(step) else { return };
        let (callback, arg) = (Box::new(callback), &mut step.args[*place].arg);
        *arg = match (conversion, &*arg) {
            (Conversion::Number, Arg::Int(num) | Arg::Index(num)) => Arg::IndexAfter(*num, callback),
            (Conversion::Number, _) => Arg::IndexAfter(Num::plain(self.below(6) as i128), callback),
            (Conversion::Bytes, Arg::Bytes(_, bytes)) => Arg::BufferAfter(bytes.clone(), callback),
            (Conversion::Bytes, _) => Arg::BufferAfter(b"ab".to_vec(), callback),
        };
    }

    /// The step of a callback argument, mostly on the object of the outer step.
    fn callback(&mut self, outer: &Step) -> Option<Step> {
        let op = self.pick(&DRAWN);
        if !self.options.ops.contains(&op) {
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

fn conversion_of(row: &Row, place: usize, given: &PassedArg) -> Option<Conversion> {
    let param = match given.keyword {
        Some(word) => row.params.iter().find(|param| param.name == word)?,
        None => row.params.get(place)?,
    };
    let is_number = matches!(given.arg, Arg::Int(_) | Arg::Index(_));
    match param.domain {
        // A number in place of the constants would lose them.
        Domain::Length | Domain::Flags | Domain::Prot | Domain::Access | Domain::Offset
            if row.on == ObjectKind::Module && !is_number =>
        {
            None
        }
        domain => conversion(domain),
    }
}

/// The type that an argument of a domain is converted to by a method of the argument; `None` if no method is called.
pub(super) fn conversion(domain: Domain) -> Option<Conversion> {
    match domain {
        Domain::Needle | Domain::Source => Some(Conversion::Bytes),
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
        | Domain::NewSize => Some(Conversion::Number),
        Domain::Constant
        | Domain::Descriptor
        | Domain::Truth
        | Domain::Character
        | Domain::Ssize
        | Domain::BufferFlags
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
