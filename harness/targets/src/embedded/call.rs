//! Steps as calls into Python.

use super::args::Args;
use super::backing::Backing;
use super::ffi::{
    Comparison, Exception, GuardPage, Object, PyResult, PyValue, ignore_file_limit_signal, name_mortal_memory,
    with_callback,
};
use super::{Bindings, Embedded, Map};
use crate::death::is_running;
use mmapcheck_spec::constants;
use mmapcheck_spec::{
    Arg, Changes, ChildOp, ConstructorParam, End, FileOp, IterOp, KindOp, LimitOp, MapOp, ModuleOp, ObjectKind, Op,
    Outcome, PassedArg, SLOTS, Slot, Step, Value, ViewOp,
};
use std::cell::Cell;

type StepResult = Result<Outcome, End>;

/// `mmap.ACCESS_COPY`
const ACCESS_COPY: i128 = 3;
/// The bits of `flags` that hold the type of a map.
const MAP_TYPE: i128 = 0xf;
/// The type of private memory that the kernel may drop.
const MAP_DROPPABLE: i128 = 8;

impl Embedded {
    /// Performs a step, perhaps while another step converts its arguments: nothing is borrowed while Python runs.
    pub(super) fn perform(&self, step: &Step) -> StepResult {
        if usize::from(step.bind) >= SLOTS {
            return Err(End::Unsupported(format!("a case binds at most {SLOTS} names of a kind")));
        }
        let row = step.op.row();
        if (row.changes, row.on) == (Changes::Length, ObjectKind::Map) {
            // Without the guard page, the map grows in place as it does in any other process.
            self.with_map(step.on, |map| map.guard = None);
        }
        self.name_mortal_objects();
        // An exception that the tool's own calls left behind does not belong to the step.
        let _ = self.gil.settle();
        let done = match step.callback() {
            None => self.dispatch(step),
            Some(callback) => {
                let end = Cell::new(None);
                self.interrupted.borrow_mut().extend(self.object_of(step));
                let done = with_callback(&|| self.callback(callback, &end), || self.dispatch(step));
                self.interrupted.take();
                end.take().map_or(done, Err)
            }
        };
        let settled = self.gil.settle();
        let done = match (done, settled) {
            (Ok(Outcome::Value(_)), Err(exception)) => Ok(self.fixtures.outcome(Err(exception))),
            (done, _) => done,
        };
        self.note_dead_memory(step);
        // A callback may have moved maps that the interrupted step goes on with.
        self.name_mortal_objects();
        done
    }

    /// Names the memory that a step may access to [`crate::death::outlive`], which may run this step: views, iterators and an
    /// interrupted step keep a map whose name is gone.
    fn name_mortal_objects(&self) {
        if !is_running() {
            return;
        }
        let mut objects = self.interrupted.borrow().clone();
        let bindings = self.bindings.borrow();
        objects.extend(bindings.maps.iter().flatten().map(|map| map.object.clone()));
        objects.extend(bindings.views.iter().flatten().cloned());
        let iterators: Vec<_> = bindings.iterators.iter().flatten().cloned().collect();
        drop(bindings);
        objects.extend(iterators.into_iter().flat_map(|iterator| self.referents(iterator)));
        name_mortal_memory(&objects);
    }

    /// The objects that an object refers to.
    fn referents(&self, object: Object) -> Vec<Object> {
        let found = self.fixtures.functions.referents.call(&mut [object], None);
        found.and_then(|found| found.items()).unwrap_or_default()
    }

    /// The object that a step is performed on.
    fn object_of(&self, step: &Step) -> Option<Object> {
        match step.op.row().on {
            ObjectKind::Map => self.map(step.on).ok(),
            ObjectKind::View => self.view(step.on).ok(),
            ObjectKind::Iter => self.iter(step.on).ok(),
            ObjectKind::Module | ObjectKind::File => None,
        }
    }

    /// Performs the step of a callback argument. The conversion raises the exception of the step. Where the step has no outcome,
    /// the interrupted step has none either; `end` takes the reason.
    fn callback(&self, step: &Step, end: &Cell<Option<End>>) -> PyResult<()> {
        self.fixtures.keeps.set(true);
        let done = self.perform(step);
        self.fixtures.keeps.set(false);
        let kept = self.fixtures.kept.take();
        match (done, kept) {
            (Ok(Outcome::Value(_)), _) => Ok(()),
            (Ok(Outcome::Raised(_)), Some(exception)) => Err(Exception(exception)),
            (Ok(Outcome::Raised(raise)), None) => {
                end.set(Some(End::Unsupported(format!("{} was raised without an exception object", raise.class))));
                Ok(())
            }
            (Err(why), _) => {
                end.set(Some(why));
                Ok(())
            }
        }
    }

    /// Notes whether memory may be dead after a step: a file has lost pages, or a shared anonymous map has grown, which Python
    /// allowed before 3.13.8. Snapshots then copy memory through the kernel.
    fn note_dead_memory(&self, step: &Step) {
        let files = self.files.borrow();
        let row = step.op.row();
        match (row.changes, row.on) {
            (Changes::Length, ObjectKind::Map) => {
                files.notice_sizes();
                let guard = self.map(step.on).ok().and_then(|map| self.guard(&map, None));
                self.with_map(step.on, |map| {
                    map.guard = guard;
                    self.grown.set(self.grown.get() || map.anonymous);
                });
            }
            (Changes::Length, _) => {}
            _ if step.op == Op::Wait => files.notice_sizes(),
            _ => return,
        }
        self.shrunk.set(self.grown.get() || files.have_lost_pages());
    }

    fn with_map(&self, slot: Slot, change: impl FnOnce(&mut Map)) {
        if let Some(Some(map)) = self.bindings.borrow_mut().maps.get_mut(usize::from(slot)) {
            change(map);
        }
    }

    /// A guard page behind a map; `None` where guards are off, or the page is taken.
    fn guard(&self, map: &Object, first: Option<GuardPage>) -> Option<GuardPage> {
        if self.guards.get() { GuardPage::behind(&map.buffer().ok()?, first) } else { None }
    }

    fn dispatch(&self, step: &Step) -> StepResult {
        match step.op.by_kind() {
            KindOp::Module(ModuleOp::Constant) => self.constant(step),
            KindOp::Module(ModuleOp::Error) => self.error(),
            KindOp::Module(ModuleOp::Subclass) => {
                let derived = self.fixtures.functions.derives.call(&mut [self.fixtures.class.clone()], None);
                Ok(self.fixtures.outcome(derived))
            }
            KindOp::Module(ModuleOp::New | ModuleOp::Sub) => self.construct(step),
            KindOp::Module(ModuleOp::Gone) => {
                Ok(self.fixtures.outcome(self.by_form(step, self.fixtures.none.clone())?))
            }
            KindOp::Folder(_) => self.files.borrow_mut().step(step),
            KindOp::Child(ChildOp::Fork) => {
                Err(End::Unsupported("fork() runs as a block, together with the steps of the child".into()))
            }
            KindOp::Child(ChildOp::Wait) => self.wait(),
            KindOp::Limit(op) => self.set_limit(op, step),
            KindOp::Method(_) => self.method(step),
            KindOp::Map(op) => self.on_map(op, step),
            KindOp::Use(_) => Ok(self.fixtures.outcome(self.by_form(step, self.map(step.on)?)?)),
            KindOp::Iter(op) => self.on_iter(op, step),
            KindOp::View(op) => self.on_view(op, step),
            KindOp::File(op) => match (op, step.args.first()) {
                (FileOp::FileWrite, Some(PassedArg { arg: Arg::Map(map), .. })) => self.write_map(step, *map),
                _ => self.files.borrow_mut().step(step),
            },
        }
    }

    /// `f.write(m)`, with the bytes that the map exports.
    fn write_map(&self, step: &Step, map: Slot) -> StepResult {
        let copied = self.fixtures.functions.bytes.call(&mut [self.map(map)?], None);
        let bytes = match copied.as_ref().map(Object::seen) {
            Ok(PyValue::Bytes(bytes)) => bytes.to_vec(),
            _ => return Err(End::Unsupported("write() on a file needs an open map".into())),
        };
        Ok(Outcome::Value(Value::Int(self.files.borrow_mut().write(step.on, &bytes)? as i128)))
    }

    fn set_limit(&self, op: LimitOp, step: &Step) -> StepResult {
        self.limits.set(op, step)?;
        if op == LimitOp::LimitFile {
            ignore_file_limit_signal();
        }
        Ok(Outcome::Value(Value::None))
    }

    /// Looks up the constants of a step in the module. In any other operation, a constant that the module lacks counts with its
    /// value.
    fn constant(&self, step: &Step) -> StepResult {
        if let Arg::Flags(places) = arg(step, 0)? {
            let missing = places.iter().find_map(|&place| self.constant_of_module(place).err());
            if let Some(exception) = missing {
                return Ok(self.fixtures.outcome(Err(exception)));
            }
        }
        Ok(self.fixtures.outcome(self.fixtures.functions.int.call(&mut [self.arg(step, 0)?], None)))
    }

    /// Whether the exception of the module is `OSError`.
    fn error(&self) -> StepResult {
        let error = self.gil.name("error").and_then(|name| self.fixtures.module.attr(&name));
        let is_os_error = error.and_then(|error| self.fixtures.functions.is_os_error.call(&mut [error], None));
        Ok(self.fixtures.outcome(is_os_error))
    }

    fn constant_of_module(&self, place: u8) -> PyResult {
        self.fixtures.module.attr(&self.gil.name(constants::ALL[usize::from(place)].name())?)
    }

    fn construct(&self, step: &Step) -> StepResult {
        if step.op == Op::Sub && !self.fixtures.has_subclass {
            return Err(End::Unsupported("the class cannot be subclassed".into()));
        }
        let mut args = Args::new();
        let keywords = self.args(&step.args, &mut args)?;
        if matches!(step.passed(ConstructorParam::Fileno), Some(Arg::Special(_))) {
            // A map of the device of zeros at an offset has dead pages from the start.
            self.shrunk.set(true);
            self.grown.set(true);
        }
        let (unreadable, anonymous) = (self.makes_unreadable(step), may_be_anonymous(step));
        let first = if self.guards.get() { GuardPage::first() } else { None };
        let class = self.fixtures.forms[step.op as usize].as_ref().unwrap_or(&self.fixtures.class);
        let made = class.call(&mut args, keywords.as_ref());
        // A callback argument may have changed the file.
        let backing = self.backing(step);
        let guard = made.as_ref().ok().and_then(|map| self.guard(map, first));
        self.bind(step, made, |bindings, place, object| {
            bindings.map_slots = bindings.map_slots.max(place + 1);
            bindings.maps[place].replace(Map { object, unreadable, anonymous, backing, guard })
        })
    }

    /// Whether `prot` makes memory that can be neither read nor written.
    fn makes_unreadable(&self, step: &Step) -> bool {
        let bits = self.number_passed(step, ConstructorParam::Prot, -1).unwrap_or(-1);
        bits & i128::from(libc::PROT_READ | libc::PROT_WRITE) == 0
    }

    /// The memory behind the map that a step makes; `None` where the arguments do not tell.
    fn backing(&self, step: &Step) -> Option<Backing> {
        let flags = self.number_passed(step, ConstructorParam::Flags, libc::MAP_SHARED.into())?;
        let has = |bit: i32| flags & i128::from(bit) != 0;
        match step.passed(ConstructorParam::Fileno)? {
            Arg::Fd(slot) if !has(libc::MAP_ANONYMOUS) => {
                let offset = self.number_passed(step, ConstructorParam::Offset, 0)?.try_into().ok()?;
                Some(Backing::File { number: self.files.borrow().cursor(*slot).ok()?.number, offset })
            }
            // A map of the device of zeros that cannot become writable is private.
            Arg::Special(file) if !has(libc::MAP_ANONYMOUS) && !file.mode().writes() => Some(Backing::Private),
            _ if has(libc::MAP_PRIVATE) || flags & MAP_TYPE == MAP_DROPPABLE => Some(Backing::Private),
            _ if self.number_passed(step, ConstructorParam::Access, 0)? == ACCESS_COPY => Some(Backing::Private),
            _ => self.shared_length(step, flags).map(Backing::Shared),
        }
    }

    /// The number of bytes of the shared anonymous memory that a step makes: of a descriptor and no length, that of the file.
    fn shared_length(&self, step: &Step, flags: i128) -> Option<u64> {
        let length: u64 = self.number_passed(step, ConstructorParam::Length, 0)?.try_into().ok()?;
        match step.passed(ConstructorParam::Fileno)? {
            Arg::Fd(slot) if length == 0 => {
                let files = self.files.borrow();
                let offset = self.number_passed(step, ConstructorParam::Offset, 0)?.try_into().ok()?;
                files.size(files.cursor(*slot).ok()?.number).checked_sub(offset)
            }
            // The shared memory of the device begins where the file would.
            Arg::Special(_) if flags & i128::from(libc::MAP_ANONYMOUS) == 0 => {
                let whole = length.checked_next_multiple_of(rustix::param::page_size() as u64)?;
                Some(whole.saturating_sub(self.number_passed(step, ConstructorParam::Offset, 0)?.try_into().ok()?))
            }
            _ => Some(length),
        }
    }

    fn method(&self, step: &Step) -> StepResult {
        let Some(name) = &self.fixtures.methods[step.op as usize] else { return Err(misused(step)) };
        let mut args = Args::new();
        args.push(self.map(step.on)?);
        let keywords = self.args(&step.args, &mut args)?;
        if keywords.is_some() && !cfg!(Py_3_11) {
            // The bytecode of Python 3.10 and older calls a bound method where a call has keywords. Messages show it.
            let method = args[0].attr(name);
            return Ok(self.fixtures.outcome(method.and_then(|method| method.call(&mut args[1..], keywords.as_ref()))));
        }
        Ok(self.fixtures.outcome(Object::call_method(name, &mut args, keywords.as_ref())))
    }

    fn on_map(&self, op: MapOp, step: &Step) -> StepResult {
        let map = &self.map(step.on)?;
        let functions = &self.fixtures.functions;
        let call = |function: &Object| function.call(&mut [map.clone()], None);
        let truth = |answer| self.fixtures.outcome_of(answer, Value::Bool);
        let answer = match op {
            MapOp::Drop => {
                self.release(|bindings| bindings.maps[usize::from(step.on)].take());
                return Ok(Outcome::Value(Value::None));
            }
            MapOp::Iter => {
                return self
                    .bind(step, map.iter(), |bindings, place, object| bindings.iterators[place].replace(object));
            }
            MapOp::View => return self.bind_view(step, map.view()),
            MapOp::Len => return Ok(self.length(map)),
            MapOp::Bool => return Ok(truth(map.truth())),
            MapOp::Contains => return Ok(truth(map.contains(&self.arg(step, 0)?))),
            MapOp::Hash => return Ok(truth(map.hash().and_then(|hash| Ok(hash == map.hash()?)))),
            MapOp::Enter => {
                let entered = Object::call_method(&self.fixtures.names.enter, &mut [map.clone()], None);
                return Ok(truth(entered.map(|entered| entered.is(map))));
            }
            MapOp::SetItem | MapOp::SetSlice | MapOp::SetStep => return self.assign(step, map),
            MapOp::DelItem | MapOp::DelSlice | MapOp::DelStep => {
                return Ok(self.fixtures.outcome_of(map.del_item(&self.key(step)?), |()| Value::None));
            }
            MapOp::Closed => map.attr(&self.fixtures.names.closed),
            MapOp::GetItem | MapOp::GetSlice | MapOp::GetStep => map.item(&self.key(step)?),
            MapOp::List => map.list(),
            MapOp::Reversed => call(&functions.reversed).and_then(|reversed| reversed.list()),
            MapOp::Bytes => call(&functions.bytes),
            MapOp::Repr => map.repr(),
            MapOp::Eq => map.compare(&self.arg(step, 0)?, Comparison::Equal),
            MapOp::Less => map.compare(&self.arg(step, 0)?, Comparison::Less),
            MapOp::Add => map.add(&self.arg(step, 0)?),
            MapOp::Mul => map.multiply(&self.arg(step, 0)?),
            MapOp::With => call(&functions.with_pass),
            MapOp::WithRaise => call(&functions.with_raise),
            MapOp::Crc => call(&functions.crc32),
            MapOp::FindAll => functions.findall.call(&mut [self.arg(step, 0)?, map.clone()], None),
            MapOp::Unpack => functions
                .unpack_from
                .call(&mut [self.fixtures.short_format.clone(), map.clone(), self.arg(step, 0)?], None),
            MapOp::Pack => {
                let format = self.fixtures.short_format.clone();
                functions.pack_into.call(&mut [format, map.clone(), self.arg(step, 0)?, self.arg(step, 1)?], None)
            }
        };
        Ok(self.fixtures.outcome(answer))
    }

    /// Runs the form of an operation as it stands, on a receiver.
    fn by_form(&self, step: &Step, on: Object) -> Result<PyResult, End> {
        if step.op.row().is_of_api() && !self.fixtures.has_slots {
            return Err(End::Unsupported("no slots of C, or no ctypes.pythonapi".into()));
        }
        let Some(form) = &self.fixtures.forms[step.op as usize] else { return Err(misused(step)) };
        let mut args = Args::new();
        args.push(on);
        self.args(&step.args, &mut args)?;
        Ok(form.call(&mut args, None))
    }

    fn on_view(&self, op: ViewOp, step: &Step) -> StepResult {
        let view = &self.view(step.on)?;
        let answer = match op {
            ViewOp::DropView => {
                self.release(|bindings| bindings.views[usize::from(step.on)].take());
                return Ok(Outcome::Value(Value::None));
            }
            ViewOp::SubView | ViewOp::ViewStep => return self.bind_view(step, view.item(&self.key(step)?)),
            ViewOp::ToReadonly | ViewOp::CastByte | ViewOp::CastCharacter | ViewOp::CastShort => {
                return self.bind_view(step, self.by_form(step, view.clone())?);
            }
            ViewOp::CastRows | ViewOp::ViewLayout | ViewOp::ToBytes | ViewOp::ToList | ViewOp::Hex => {
                self.by_form(step, view.clone())?
            }
            ViewOp::ViewLen => return Ok(self.length(view)),
            ViewOp::ViewSet | ViewOp::ViewSetSlice => return self.assign(step, view),
            ViewOp::ViewReadonly => view.attr(&self.fixtures.names.readonly),
            ViewOp::ViewRelease => Object::call_method(&self.fixtures.names.release, &mut [view.clone()], None),
            ViewOp::ViewGet => view.item(&self.key(step)?),
            ViewOp::ViewBytes => self.fixtures.functions.bytes.call(&mut [view.clone()], None),
        };
        Ok(self.fixtures.outcome(answer))
    }

    fn on_iter(&self, op: IterOp, step: &Step) -> StepResult {
        let iter = self.iter(step.on)?;
        match op {
            IterOp::Next => Ok(self.fixtures.outcome(self.fixtures.functions.next.call(&mut [iter], None))),
            IterOp::DropIter => {
                self.release(|bindings| bindings.iterators[usize::from(step.on)].take());
                Ok(Outcome::Value(Value::None))
            }
        }
    }

    fn length(&self, on: &Object) -> Outcome {
        self.fixtures.outcome_of(on.size(), |size| Value::Int(size.into()))
    }

    /// Assigns to an index or a slice.
    fn assign(&self, step: &Step, on: &Object) -> StepResult {
        let value = step.op.row().in_brackets();
        Ok(self.fixtures.outcome_of(on.set_item(&self.key(step)?, &self.arg(step, value)?), |()| Value::None))
    }

    /// Binds a name to a new object. After an exception the name keeps its object.
    fn bind<T>(
        &self,
        step: &Step,
        made: PyResult,
        set: impl FnOnce(&mut Bindings, usize, Object) -> Option<T>,
    ) -> StepResult {
        Ok(self.fixtures.outcome_of(made, |object| {
            self.release(|bindings| set(bindings, step.bind.into(), object));
            Value::None
        }))
    }

    fn bind_view(&self, step: &Step, made: PyResult) -> StepResult {
        self.bind(step, made, |bindings, place, object| bindings.views[place].replace(object))
    }

    /// Takes an object out of the bindings and drops it when they are no longer borrowed: its `__del__` may do a step.
    fn release<T>(&self, take: impl FnOnce(&mut Bindings) -> Option<T>) {
        let released = take(&mut self.bindings.borrow_mut());
        drop(released);
    }

    /// The index or the slice between the brackets.
    fn key(&self, step: &Step) -> Result<Object, End> {
        match step.op.row().in_brackets() {
            1 => self.arg(step, 0),
            parts => self.slice(step, parts),
        }
    }
}

/// Whether the map may be anonymous: the constructor is passed no file, or flags.
fn may_be_anonymous(step: &Step) -> bool {
    let file = matches!(step.args.first(), Some(PassedArg { arg: Arg::Fd(_), .. }));
    !file || step.passed(ConstructorParam::Flags).is_some()
}

fn arg(step: &Step, place: usize) -> Result<&Arg, End> {
    step.args.get(place).map(|given| &given.arg).ok_or_else(|| misused(step))
}

fn misused(step: &Step) -> End {
    End::Unsupported(format!("{} lacks an argument", step.op))
}
