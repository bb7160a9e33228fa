//! Symbolic numbers made plain.

use crate::machine::Reference;
use crate::store::Store;
use mmapcheck_spec::{Arg, Base, Num, ObjectKind, Op, Profile, Step};

/// What symbolic numbers count from.
#[derive(Clone, Copy, Default)]
struct Bases {
    len: i128,
    position: i128,
    file_size: i128,
}

impl<S: Store> Reference<S> {
    /// Makes the numbers of a step plain, by the present state of what it is done on. The length is that of the map or view;
    /// the size is that of the map's file, for a constructor that of the file it is given. What there is not counts as 0.
    /// A step that an argument does counts from the state before the step it is done in.
    pub fn resolve(&self, step: &mut Step) {
        if Self::is_symbolic(step) {
            let bases = self.bases(step);
            for given in &mut step.args {
                if let Arg::Int(num) | Arg::Index(num) | Arg::IndexAfter(num, _) = &mut given.arg {
                    *num = bases.plain(*num, self.profile);
                }
                if let Some(callback) = given.arg.callback_mut() {
                    self.resolve(callback);
                }
            }
        }
    }

    /// The length of an open map, by its name.
    #[must_use]
    pub fn map_len(&self, slot: mmapcheck_spec::Slot) -> Option<usize> {
        let names = self.names.borrow();
        let map = names.maps.get(usize::from(slot))?.as_ref()?;
        (!map.is_closed()).then(|| map.len.get())
    }

    /// Whether a number of the step counts from something.
    pub(crate) fn is_symbolic(step: &Step) -> bool {
        let symbolic = |arg: &Arg| matches!(arg, Arg::Int(num) | Arg::Index(num) | Arg::IndexAfter(num, _) if num.base != Base::Zero);
        step.args.iter().any(|given| symbolic(&given.arg) || given.arg.callback().is_some_and(Self::is_symbolic))
    }

    fn bases(&self, step: &Step) -> Bases {
        let on = usize::from(step.on);
        let names = self.names.borrow();
        match step.op.row().on {
            ObjectKind::Map => names.maps.get(on).and_then(Option::as_ref).map_or_else(Bases::default, |map| Bases {
                len: if map.is_closed() { 0 } else { map.len.get() as i128 },
                position: if map.is_closed() { 0 } else { map.position.get() as i128 },
                file_size: map.file_size().unwrap_or(0).into(),
            }),
            ObjectKind::View => names.views.get(on).and_then(Option::as_ref).map_or_else(Bases::default, |view| {
                Bases { len: view.part().map_or(0, |(.., count)| count as i128), ..Bases::default() }
            }),
            ObjectKind::File => Bases { file_size: self.size_of(step.on), ..Bases::default() },
            ObjectKind::Module if step.op == Op::New => {
                let fd = step.args.iter().find_map(|given| match given.arg {
                    Arg::Fd(slot) => Some(slot),
                    _ => None,
                });
                Bases { file_size: fd.map_or(0, |slot| self.size_of(slot)), ..Bases::default() }
            }
            ObjectKind::Module | ObjectKind::Iter => Bases::default(),
        }
    }

    fn size_of(&self, slot: mmapcheck_spec::Slot) -> i128 {
        self.files.borrow().file(slot).map_or(0, |file| S::size(file).into())
    }
}

impl Bases {
    fn plain(self, num: Num, profile: Profile) -> Num {
        let base = match num.base {
            Base::Zero => 0,
            Base::Pages(count) => i128::from(count) * profile.facts().page.bytes() as i128,
            Base::Granules(count) => i128::from(count) * profile.facts().granularity.bytes() as i128,
            Base::Len => self.len,
            Base::Pos => self.position,
            Base::FileSize => self.file_size,
        };
        Num::plain(num.plus.saturating_add(base))
    }
}
