//! Steps as calls into Python.

use super::args::Args;
use super::ffi::{Answer, Comparison, Exception, Guard, Object, Seen, while_it_does};
use super::{Embedded, Map, Names};
use mmapcheck_spec::constants::{self, PROT_READ, PROT_WRITE};
use mmapcheck_spec::{Arg, End, ObjectKind, Op, Outcome, PassedArg, SLOTS, Slot, Step, Value};
use std::cell::Cell;

type Done = Result<Outcome, End>;

/// The place of `prot` among the arguments of the constructor.
const PROT: usize = 3;

impl Embedded {
    /// Does one step, perhaps while another one is at its arguments: nothing is borrowed while Python runs.
    pub(super) fn perform(&self, step: &Step) -> Done {
        if usize::from(step.bind) >= SLOTS {
            return Err(End::Unsupported(format!("a case has {SLOTS} names of a kind")));
        }
        if step.op == Op::Resize {
            // What grows must find the room that it finds elsewhere.
            self.with_map(step.on, |map| map.guard = None);
        }
        let done = match step.callback() {
            None => self.dispatch(step),
            Some(callback) => {
                let end = Cell::new(None);
                let done = while_it_does(&|| self.callback(callback, &end), || self.dispatch(step));
                end.take().map_or(done, Err)
            }
        };
        self.mind_dead_memory(step);
        done
    }

    /// Does a step for an argument that is being converted. What it raises, the conversion raises; where it has no answer, the
    /// step that is at its arguments has none.
    fn callback(&self, step: &Step, end: &Cell<Option<End>>) -> Answer<()> {
        self.kit.keeps.set(true);
        let done = self.perform(step);
        self.kit.keeps.set(false);
        let kept = self.kit.kept.take();
        match (done, kept) {
            (Ok(Outcome::Value(_)), _) => Ok(()),
            (Ok(Outcome::Raised(_)), Some(exception)) => Err(Exception(exception)),
            (Ok(Outcome::Raised(raise)), None) => {
                end.set(Some(End::Unsupported(format!("{} is raised by no Python", raise.class))));
                Ok(())
            }
            (Err(why), _) => {
                end.set(Some(why));
                Ok(())
            }
        }
    }

    /// Memory is dead where a file has lost pages, and where a shared anonymous map has grown in a Python older than
    /// 3.13.8. From then on maps are looked at carefully.
    fn mind_dead_memory(&self, step: &Step) {
        let files = self.files.borrow();
        match step.op {
            Op::Resize => {
                files.notice_sizes();
                let guard = self.map(step.on).ok().and_then(|map| self.guard(&map, None));
                self.with_map(step.on, |map| {
                    map.guard = guard;
                    self.grown.set(self.grown.get() || map.anonymous);
                });
            }
            Op::Wait => files.notice_sizes(),
            Op::FileTruncate | Op::FileOpen | Op::FileWrite => {}
            _ => return,
        }
        self.shrunk.set(self.grown.get() || files.have_lost_pages());
    }

    fn with_map(&self, slot: Slot, change: impl FnOnce(&mut Map)) {
        if let Some(Some(map)) = self.names.borrow_mut().maps.get_mut(usize::from(slot)) {
            change(map);
        }
    }

    /// A page behind a map that nobody may touch, where one is wanted and can be.
    fn guard(&self, map: &Object, first: Option<Guard>) -> Option<Guard> {
        if self.guards.get() { Guard::behind(&map.buffer().ok()?, first) } else { None }
    }

    fn dispatch(&self, step: &Step) -> Done {
        match step.op.row().on {
            ObjectKind::Module => self.on_module(step),
            ObjectKind::Map if self.kit.methods[step.op as usize].is_some() => self.method(step),
            ObjectKind::Map => self.on_map(step),
            ObjectKind::View => self.on_view(step),
            ObjectKind::Iter => self.on_iter(step),
            ObjectKind::File => match (step.op, step.args.first()) {
                (Op::FileWrite, Some(PassedArg { arg: Arg::Map(map), .. })) => self.write_map(step, *map),
                _ => self.files.borrow_mut().step(step),
            },
        }
    }

    /// `f.write(m)`: the file is ours, the bytes are those the map gives.
    fn write_map(&self, step: &Step, map: Slot) -> Done {
        let copied = self.kit.functions.bytes.call(&mut [self.map(map)?], None);
        let bytes = match copied.as_ref().map(Object::seen) {
            Ok(Seen::Bytes(bytes)) => bytes.to_vec(),
            _ => return Err(End::Unsupported("a file is given the bytes of an open map only".into())),
        };
        Ok(Outcome::Value(Value::Int(self.files.borrow_mut().write(step.on, &bytes)? as i128)))
    }

    fn on_module(&self, step: &Step) -> Done {
        match step.op {
            Op::Constant => self.constant(step),
            Op::New => self.construct(step),
            Op::Fork => Err(End::Unsupported("a fork is done with all that its child does".into())),
            Op::Wait => self.wait(),
            op if op.is_limit() => self.limits.set(step).map(|()| Outcome::Value(Value::None)),
            _ => self.files.borrow_mut().step(step),
        }
    }

    /// A constant is asked of the module, where elsewhere it stands for its value even if the module lacks it.
    fn constant(&self, step: &Step) -> Done {
        if let Arg::Flags(places) = arg(step, 0)? {
            let missing = places.iter().find_map(|&place| self.constant_of_module(place).err());
            if let Some(exception) = missing {
                return Ok(self.kit.outcome(Err(exception)));
            }
        }
        Ok(self.kit.outcome(self.kit.functions.int.call(&mut [self.arg(step, 0)?], None)))
    }

    fn constant_of_module(&self, place: u8) -> Answer {
        self.kit.module.attr(&self.gil.name(constants::ALL[usize::from(place)].name)?)
    }

    fn construct(&self, step: &Step) -> Done {
        let mut args = Args::new();
        let keywords = self.args(&step.args, &mut args)?;
        let unreadable = self.makes_unreadable(step);
        let anonymous = may_be_anonymous(step);
        let first = if self.guards.get() { Guard::first() } else { None };
        let made = self.kit.class.call(&mut args, keywords.as_ref());
        let guard = made.as_ref().ok().and_then(|map| self.guard(map, first));
        self.bind(step, made, |names, place, object| {
            names.maps[place] = Some(Map { object, unreadable, anonymous, guard });
            names.reach = names.reach.max(place + 1);
        })
    }

    /// Whether the constructor is told to make memory that can be neither read nor written.
    fn makes_unreadable(&self, step: &Step) -> bool {
        let by_keyword = step.args.iter().find(|given| given.keyword == Some("prot"));
        let by_place = step.args.get(PROT).filter(|given| given.keyword.is_none());
        let bits = match by_keyword.or(by_place).map(|given| &given.arg) {
            Some(Arg::Int(num) | Arg::Index(num) | Arg::IndexAfter(num, _)) => self.plain(*num).unwrap_or(-1),
            Some(Arg::Flags(places)) => self.flags(places),
            Some(Arg::Bool(value)) => (*value).into(),
            _ => -1,
        };
        bits & i128::from(PROT_READ | PROT_WRITE) == 0
    }

    fn method(&self, step: &Step) -> Done {
        let Some(name) = &self.kit.methods[step.op as usize] else { return Err(misused(step)) };
        let mut args = Args::new();
        args.push(self.map(step.on)?);
        let keywords = self.args(&step.args, &mut args)?;
        if keywords.is_some() && !self.info.profile.keyword_refusal_names_class() {
            // Before 3.11, a statement with keywords gets the bound method first, and the refusal names that.
            let method = args[0].attr(name);
            return Ok(self.kit.outcome(method.and_then(|method| method.call(&mut args[1..], keywords.as_ref()))));
        }
        Ok(self.kit.outcome(Object::call_method(name, &mut args, keywords.as_ref())))
    }

    fn on_map(&self, step: &Step) -> Done {
        let map = self.map(step.on)?;
        match step.op {
            Op::Drop => {
                self.names.borrow_mut().maps[usize::from(step.on)] = None;
                Ok(Outcome::Value(Value::None))
            }
            Op::Iter => {
                let made = map.iter();
                self.bind(step, made, |names, place, object| names.iters[place] = Some(object))
            }
            Op::View => {
                let made = map.view();
                self.bind(step, made, |names, place, object| names.views[place] = Some(object))
            }
            _ => self.statement(step, &map),
        }
    }

    fn on_view(&self, step: &Step) -> Done {
        let view = self.view(step.on)?;
        match step.op {
            Op::DropView => {
                self.names.borrow_mut().views[usize::from(step.on)] = None;
                Ok(Outcome::Value(Value::None))
            }
            Op::SubView => {
                let made = view.item(&self.key(step)?);
                self.bind(step, made, |names, place, object| names.views[place] = Some(object))
            }
            _ => self.statement(step, &view),
        }
    }

    fn on_iter(&self, step: &Step) -> Done {
        let iter = self.iter(step.on)?;
        match step.op {
            Op::Next => Ok(self.kit.outcome(self.kit.functions.next.call(&mut [iter], None))),
            Op::DropIter => {
                self.names.borrow_mut().iters[usize::from(step.on)] = None;
                Ok(Outcome::Value(Value::None))
            }
            _ => Err(misused(step)),
        }
    }

    /// A name is bound to what was made; after an exception it keeps what it has.
    fn bind(&self, step: &Step, made: Answer, set: impl FnOnce(&mut Names, usize, Object)) -> Done {
        Ok(self.kit.outcome_of(made, |object| {
            set(&mut self.names.borrow_mut(), step.bind.into(), object);
            Value::None
        }))
    }

    /// What is done on a map or view, and binds no name.
    fn statement(&self, step: &Step, on: &Object) -> Done {
        let truth = |answer| self.kit.outcome_of(answer, Value::Bool);
        let nothing = |answer| self.kit.outcome_of(answer, |()| Value::None);
        Ok(match step.op {
            Op::Len | Op::ViewLen => self.kit.outcome_of(on.size(), |size| Value::Int(size.into())),
            Op::Bool => truth(on.truth()),
            Op::Contains => truth(on.contains(&self.arg(step, 0)?)),
            Op::Hash => truth(on.hash().and_then(|hash| Ok(hash == on.hash()?))),
            Op::Enter => {
                let entered = Object::call_method(&self.kit.names.enter, &mut [on.clone()], None);
                truth(entered.map(|entered| entered.is(on)))
            }
            Op::SetItem | Op::SetSlice | Op::SetStep | Op::ViewSet | Op::ViewSetSlice => {
                nothing(on.set_item(&self.key(step)?, &self.arg(step, places(step.op))?))
            }
            Op::DelItem | Op::DelSlice | Op::DelStep => nothing(on.del_item(&self.key(step)?)),
            _ => self.kit.outcome(self.expression(step, on)?),
        })
    }

    /// What answers with an object.
    fn expression(&self, step: &Step, on: &Object) -> Result<Answer, End> {
        let call = |function: &Object| function.call(&mut [on.clone()], None);
        let functions = &self.kit.functions;
        Ok(match step.op {
            Op::Closed => on.attr(&self.kit.names.closed),
            Op::ViewReadonly => on.attr(&self.kit.names.readonly),
            Op::ViewRelease => Object::call_method(&self.kit.names.release, &mut [on.clone()], None),
            Op::GetItem | Op::GetSlice | Op::GetStep | Op::ViewGet => on.item(&self.key(step)?),
            Op::List => on.list(),
            Op::Reversed => call(&functions.reversed).and_then(|reversed| reversed.list()),
            Op::Bytes | Op::ViewBytes => call(&functions.bytes),
            Op::Repr => on.repr(),
            Op::Eq => on.compare(&self.arg(step, 0)?, Comparison::Equal),
            Op::Less => on.compare(&self.arg(step, 0)?, Comparison::Less),
            Op::Add => on.add(&self.arg(step, 0)?),
            Op::Mul => on.multiply(&self.arg(step, 0)?),
            Op::With => call(&functions.with_pass),
            Op::WithRaise => call(&functions.with_raise),
            Op::Crc => call(&functions.crc32),
            Op::FindAll => functions.findall.call(&mut [self.arg(step, 0)?, on.clone()], None),
            Op::Unpack => {
                functions.unpack_from.call(&mut [self.kit.short_format.clone(), on.clone(), self.arg(step, 0)?], None)
            }
            Op::Pack => {
                let format = self.kit.short_format.clone();
                functions.pack_into.call(&mut [format, on.clone(), self.arg(step, 0)?, self.arg(step, 1)?], None)
            }
            _ => return Err(misused(step)),
        })
    }

    /// The index or slice between the brackets.
    fn key(&self, step: &Step) -> Result<Object, End> {
        match places(step.op) {
            1 => self.arg(step, 0),
            parts => self.slice(step, parts),
        }
    }
}

/// How many arguments stand between the brackets.
fn places(op: Op) -> usize {
    match op {
        Op::GetStep | Op::SetStep | Op::DelStep => 3,
        Op::GetSlice | Op::SetSlice | Op::DelSlice | Op::SubView | Op::ViewSetSlice => 2,
        _ => 1,
    }
}

/// Whether the constructor may make memory of no file: it is given no file, or flags.
fn may_be_anonymous(step: &Step) -> bool {
    let file = matches!(step.args.first(), Some(PassedArg { arg: Arg::Fd(_), .. }));
    !file
        || step
            .args
            .iter()
            .enumerate()
            .any(|(place, given)| given.keyword == Some("flags") || (place == 2 && given.keyword.is_none()))
}

fn arg(step: &Step, place: usize) -> Result<&Arg, End> {
    step.args.get(place).map(|given| &given.arg).ok_or_else(|| misused(step))
}

fn misused(step: &Step) -> End {
    End::Unsupported(format!("{} cannot be done like this", step.op))
}
