//! Repair: every list of steps becomes legal.

use crate::constants;
use crate::kind::{ObjectKind, Slot};
use crate::operation::Op;
use crate::param::Domain;
use crate::row::Callback;
use crate::step::{Arg, PassedArg, Step};
use crate::value::{Base, Num};
use crate::world::{Mode, World};
use crate::{MOST_BYTES, SLOTS};
use smallvec::SmallVec;

/// Makes a world and steps legal, as [`crate::Draft::repair`] says.
pub(crate) fn repair(world: &mut World, steps: &mut Vec<Step>) {
    world.files.truncate(SLOTS);
    world.files.iter_mut().for_each(|file| file.bytes.truncate(MOST_BYTES));
    mend_all(BoundNames::of_files(world.files.len(), false), steps);
}

/// Makes steps legal that would be but for names that none of them binds. The other names keep their slots.
pub(crate) fn repair_unbound(world: &World, steps: &mut Vec<Step>) {
    mend_all(BoundNames::of_files(world.files.len(), true), steps);
}

fn mend_all(mut names: BoundNames, steps: &mut Vec<Step>) {
    let mut parent = None;
    steps.retain_mut(|step| names.mend_process(step, &mut parent).is_some());
    if parent.is_some() {
        steps.push(Step::new(Op::Wait, 0, []));
    }
}

/// The names of one kind that have been bound so far. A legal case binds its slots in order, without gaps, so a name may get
/// another slot than it had in the draft.
#[derive(Clone)]
struct Bound {
    count: usize,
    /// The slot of each name in the draft, and the one it got.
    slots: SmallVec<[(Slot, Slot); SLOTS]>,
    /// Whether each name gets the slot that it has.
    stays: bool,
}

impl Bound {
    fn first(count: usize, stays: bool) -> Bound {
        Bound { count, slots: (0..count as Slot).map(|slot| (slot, slot)).collect(), stays }
    }

    fn known(&self, slot: Slot) -> Option<Slot> {
        self.slots.iter().find(|(drafted, _)| *drafted == slot).map(|(_, got)| *got)
    }

    /// The slot of a name; that of another one if the name has not been bound, and none if no name has.
    fn get(&self, slot: Slot) -> Option<Slot> {
        let other = || Some(self.slots.get(usize::from(slot).checked_rem(self.slots.len())?)?.1);
        self.known(slot).or_else(other)
    }

    /// Binds a name: again, or to the next slot, or to the last one when all are in use.
    fn bind(&mut self, slot: Slot) -> Slot {
        if let Some(known) = self.known(slot) {
            return known;
        }
        let got = if self.stays { slot } else { self.count.min(SLOTS - 1) as Slot };
        self.count = (self.count + 1).min(SLOTS);
        self.slots.push((slot, got));
        got
    }
}

/// The names that have been bound so far.
#[derive(Clone)]
struct BoundNames {
    files: Bound,
    maps: Bound,
    views: Bound,
    iters: Bound,
    paths: Bound,
}

impl BoundNames {
    /// The names of so many files of the world.
    fn of_files(count: usize, stays: bool) -> BoundNames {
        let none = || Bound::first(0, stays);
        let files = || Bound::first(count, stays);
        BoundNames { files: files(), maps: none(), views: none(), iters: none(), paths: files() }
    }

    fn of(&mut self, kind: ObjectKind) -> &mut Bound {
        match kind {
            ObjectKind::File => &mut self.files,
            ObjectKind::Map => &mut self.maps,
            ObjectKind::View => &mut self.views,
            ObjectKind::Iter => &mut self.iters,
            ObjectKind::Module => &mut self.paths,
        }
    }

    fn bound(&mut self, kind: ObjectKind, slot: Slot) -> Option<Slot> {
        self.of(kind).get(slot)
    }

    /// A step of a process: a child has no child of its own, its arguments do no steps, and the names it binds go with it.
    /// `parent`: the names that were bound when the child began.
    fn mend_process(&mut self, step: &mut Step, parent: &mut Option<BoundNames>) -> Option<()> {
        match (step.op, &parent) {
            (Op::Fork, Some(_)) | (Op::Wait, None) => return None,
            (Op::Fork, None) => *parent = Some(self.clone()),
            (Op::Wait, Some(_)) => *self = parent.take()?,
            (_, Some(_)) => step.args.iter_mut().for_each(|given| make_plain(&mut given.arg)),
            (_, None) => {}
        }
        self.mend(step)
    }

    fn mend(&mut self, step: &mut Step) -> Option<()> {
        let row = step.op.row();
        step.on = if row.on == ObjectKind::Module { 0 } else { self.bound(row.on, step.on)? };
        self.mend_arity(step);
        for i in 0..step.args.len() {
            let domain = match step.args[i].keyword {
                Some(word) => row.params.iter().find(|p| p.name == word).map(|p| p.domain),
                None => row.params.get(i).map(|p| p.domain),
            };
            let arg = &mut step.args[i].arg;
            self.mend_arg(step.op, i, domain, arg)?;
        }
        self.mend_callbacks(step);
        self.mend_bind(step);
        Some(())
    }

    /// A step has at most one callback argument. Its callback is a step of one line without callback arguments of its own. The
    /// steps after it may use the name that it binds.
    fn mend_callbacks(&mut self, step: &mut Step) {
        let mut has_callback = false;
        for given in &mut step.args {
            let Some(callback) = given.arg.callback_mut() else { continue };
            callback.args.iter_mut().for_each(|given| make_plain(&mut given.arg));
            let can_call_back = callback.op.row().callback != Callback::Never;
            if has_callback || !can_call_back || self.mend(callback).is_none() {
                make_plain(&mut given.arg);
            } else {
                has_callback = true;
            }
        }
    }

    /// A form with fixed places takes just its arguments, by position; a call takes positional ones before keywords.
    fn mend_arity(&self, step: &mut Step) {
        let row = step.op.row();
        if row.is_call() {
            step.args.sort_by_key(|given| given.keyword.is_some());
            let mut seen = Vec::new();
            // A keyword given twice is a syntax error, not a call.
            step.args.retain(|given| {
                given.keyword.is_none_or(|word| {
                    !seen.contains(&word) && {
                        seen.push(word);
                        true
                    }
                })
            });
            return;
        }
        step.args.truncate(row.params.len());
        step.args.iter_mut().for_each(|given| given.keyword = None);
        while step.args.len() < row.params.len() {
            let arg = match row.params[step.args.len()].domain {
                Domain::Path => Arg::Path(0),
                Domain::Mode => Arg::Mode(Mode::Update),
                Domain::Source | Domain::FileBytes | Domain::Needle | Domain::Pattern => Arg::bytes(b""),
                _ => Arg::int(0),
            };
            step.args.push(PassedArg::plain(arg));
        }
    }

    fn mend_arg(&mut self, op: Op, place: usize, domain: Option<Domain>, arg: &mut Arg) -> Option<()> {
        match arg {
            Arg::Fd(slot) | Arg::File(slot) => *slot = self.bound(ObjectKind::File, *slot)?,
            Arg::Map(slot) => *slot = self.bound(ObjectKind::Map, *slot)?,
            Arg::View(slot) => match self.bound(ObjectKind::View, *slot) {
                Some(bound) => *slot = bound,
                None => *arg = Arg::bytes(b""),
            },
            Arg::Special(_) if domain != Some(Domain::Descriptor) => *arg = Arg::None,
            Arg::Omitted if !can_omit(op, place) => *arg = Arg::None,
            Arg::Flags(places) => {
                let is_looked_up = domain == Some(Domain::Constant);
                places.retain(|place| {
                    constants::ALL.get(usize::from(*place)).is_some_and(|one| is_looked_up || !one.is_size())
                });
                if places.is_empty() {
                    *arg = Arg::int(0);
                }
            }
            Arg::Bytes(_, bytes) | Arg::BufferAfter(bytes, _) => bytes.truncate(MOST_BYTES),
            _ => {}
        }
        self.mend_domain(domain, arg)
    }

    fn mend_domain(&mut self, domain: Option<Domain>, arg: &mut Arg) -> Option<()> {
        if !matches!(domain, Some(Domain::Path | Domain::Mode)) && matches!(arg, Arg::Path(_) | Arg::Mode(_)) {
            *arg = Arg::None;
        }
        match (domain, &mut *arg) {
            (Some(Domain::Path), Arg::Path(number)) => *number = self.bound(ObjectKind::Module, *number)?,
            (Some(Domain::Path), _) => *arg = Arg::Path(self.bound(ObjectKind::Module, 0)?),
            (Some(Domain::Mode), Arg::Mode(_)) => {}
            (Some(Domain::Mode), _) => *arg = Arg::Mode(Mode::Update),
            (
                Some(Domain::Descriptor),
                Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) | Arg::IndexAfter(num, _),
            ) if may_be_open(*num) => {
                *num = Num::plain(-1);
            }
            (Some(Domain::Descriptor), Arg::Bool(_) | Arg::Flags(_)) => *arg = Arg::int(-1),
            (Some(Domain::FileBytes), Arg::Bytes(..) | Arg::Map(_)) => {}
            (Some(Domain::FileBytes), _) => *arg = Arg::bytes(b""),
            (
                Some(Domain::FileSize),
                Arg::Int(Num { base: Base::Zero | Base::Pages(_) | Base::Granules(_), plus: 0.. }),
            ) => {}
            (Some(Domain::FileSize), _) => *arg = Arg::int(0),
            (Some(Domain::Ssize), Arg::Int(num)) => num.plus = num.plus.clamp(-Domain::FAR, Domain::FAR),
            (Some(Domain::BufferFlags), Arg::Int(num)) => *num = mend_buffer_flags(*num),
            (Some(Domain::Ssize | Domain::BufferFlags), _) => *arg = Arg::int(0),
            (Some(Domain::Descriptors), arg) => mend_limit(arg, Domain::MANY),
            (Some(Domain::Memory), arg) => mend_limit(arg, Domain::MUCH),
            _ => {}
        }
        Some(())
    }

    /// A name is bound in order: `m2` never before `m`.
    fn mend_bind(&mut self, step: &mut Step) {
        step.bind = step.op.row().binds.map_or(0, |kind| self.of(kind).bind(step.bind));
    }
}

/// A slice can leave out its start and stop.
fn can_omit(op: Op, place: usize) -> bool {
    place < 2 && op.row().in_brackets() > 1
}

/// A limit is so low that nothing more is granted, or so high that everything is.
fn mend_limit(arg: &mut Arg, high: i128) {
    if *arg != Arg::int(high) {
        *arg = Arg::int(1);
    }
}

/// Bits that every version answers: `PyBUF_INDIRECT` includes `PyBUF_STRIDES`.
fn mend_buffer_flags(num: Num) -> Num {
    let flags = num.as_plain().unwrap_or(0) & Domain::BUFFER_FLAGS;
    Num::plain(if flags & Domain::INDIRECT == 0 { flags } else { flags | Domain::STRIDES })
}

fn make_plain(arg: &mut Arg) {
    *arg = std::mem::replace(arg, Arg::None).without_callback();
}

fn may_be_open(num: Num) -> bool {
    num.as_plain().is_none_or(|value| (0..9999).contains(&value))
}
