//! Repair: every list of steps becomes legal.

use crate::SLOTS;
use crate::kind::{ObjectKind, Slot};
use crate::operation::Op;
use crate::param::Domain;
use crate::row::Callback;
use crate::step::{Arg, PassedArg, Step};
use crate::value::{Base, Num};
use crate::world::{Mode, World};

/// Makes a world and steps legal, as [`crate::Draft::repair`] says.
pub(crate) fn repair(world: &mut World, steps: &mut Vec<Step>) {
    world.files.truncate(SLOTS);
    let mut names = BoundCounts { files: world.files.len(), paths: world.files.len(), ..BoundCounts::default() };
    let mut parent = None;
    steps.retain_mut(|step| names.mend_process(step, &mut parent).is_some());
    if parent.is_some() {
        steps.push(Step::new(Op::Wait, 0, []));
    }
}

/// How many names of each kind have been bound so far.
#[derive(Clone, Default)]
struct BoundCounts {
    files: usize,
    maps: usize,
    views: usize,
    iters: usize,
    paths: usize,
}

impl BoundCounts {
    fn count(&mut self, kind: ObjectKind) -> &mut usize {
        match kind {
            ObjectKind::File => &mut self.files,
            ObjectKind::Map => &mut self.maps,
            ObjectKind::View => &mut self.views,
            ObjectKind::Iter => &mut self.iters,
            ObjectKind::Module => &mut self.paths,
        }
    }

    /// A slot that has been bound, nearest to the one asked for.
    fn bound(&mut self, kind: ObjectKind, slot: Slot) -> Option<Slot> {
        let count = *self.count(kind);
        (count > 0).then(|| (usize::from(slot) % count) as Slot)
    }

    /// A step of a process: a child has no child of its own, its arguments do no steps, and the names it binds go with it.
    /// `parent`: the names that were bound when the child began.
    fn mend_process(&mut self, step: &mut Step, parent: &mut Option<BoundCounts>) -> Option<()> {
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
            Arg::Omitted if !can_omit(op, place) => *arg = Arg::None,
            Arg::Flags(places) if places.is_empty() => *arg = Arg::int(0),
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
            (Some(Domain::Descriptor), Arg::Int(num) | Arg::Index(num) | Arg::IndexAfter(num, _))
                if may_be_open(*num) =>
            {
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
            (Some(Domain::Descriptors), arg) => mend_limit(arg, Domain::MANY),
            (Some(Domain::Memory), arg) => mend_limit(arg, Domain::MUCH),
            _ => {}
        }
        Some(())
    }

    /// A name is bound in order: `m2` never before `m`.
    fn mend_bind(&mut self, step: &mut Step) {
        let Some(kind) = step.op.row().binds else {
            step.bind = 0;
            return;
        };
        let count = self.count(kind);
        let most = (*count).min(SLOTS - 1);
        step.bind = step.bind.min(most as Slot);
        if usize::from(step.bind) == *count {
            *count += 1;
        }
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

fn make_plain(arg: &mut Arg) {
    *arg = std::mem::replace(arg, Arg::None).without_callback();
}

fn may_be_open(num: Num) -> bool {
    num.as_plain().is_none_or(|value| (0..9999).contains(&value))
}
