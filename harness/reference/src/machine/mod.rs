//! The reference as a machine: names, and which rule answers which operation. A match here only calls.

pub mod fork;
mod resolve;

use crate::errno::Errno;
use crate::files::Files;
use crate::machine::fork::Process;
use crate::operands::operand::{Args, Object};
use crate::result::{Answer, Stop, attribute_error, outcome, type_error, unsupported};
use crate::rules::construct::Asked;
use crate::rules::iterate::Iter;
use crate::rules::view::View;
use crate::rules::{compare, construct, section};
use crate::state::map::Map;
use crate::store::disk::{self, DiskStore};
use crate::store::memory::MemoryStore;
use crate::store::{Direction, Store};
use mmapcheck_spec::constants;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{
    Arg, BytesLike, ChildOp, ConstructorParam, Detail, Dialect, End, FileOp, FileState, IterOp, KindOp, MapOp,
    MapState, MethodOp, ModuleOp, Num, Op, Outcome, PassedArg, PlatformFacts, Profile, Raise, SLOTS, Slot, Snapshot,
    Step, Stepper, TargetError, Value, ViewOp, World, WrongType,
};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

/// The answer key: Python's `mmap` by its rules.
///
/// By itself it is on real files; [`Reference::in_memory`] makes one that foresees what a system would do.
pub struct Reference<S: Store = DiskStore> {
    pub(crate) profile: Profile,
    pub(crate) files: RefCell<Files<S>>,
    pub(crate) names: RefCell<Names<S>>,
    /// What the parent has, while a child is at work.
    pub(crate) parent: RefCell<Option<Process<S>>>,
}

/// A step of the case that an argument does while it is converted. Nothing of the machine is borrowed then.
pub struct Callback<'a, S: Store> {
    machine: &'a Reference<S>,
    step: &'a Step,
}

impl<S: Store> Callback<'_, S> {
    /// Does it. What it raises, the conversion raises.
    pub fn perform(&self) -> Answer<()> {
        match self.machine.perform(self.step)? {
            Outcome::Value(_) => Ok(()),
            Outcome::Raised(raise) => Err(Stop::Raised(raise)),
        }
    }
}

/// What the names of a case stand for.
pub(crate) struct Names<S: Store> {
    pub(crate) maps: [Option<Rc<Map<S>>>; SLOTS],
    pub(crate) views: [Option<Rc<View<S>>>; SLOTS],
    pub(crate) iters: [Option<Iter<S>>; SLOTS],
    /// One more than the highest slot of a map that was ever bound.
    pub(crate) shown: usize,
}

impl<S: Store> Default for Names<S> {
    fn default() -> Names<S> {
        Names {
            maps: [const { None }; SLOTS],
            views: [const { None }; SLOTS],
            iters: [const { None }; SLOTS],
            shown: 0,
        }
    }
}

fn unbound() -> End {
    unsupported("the name is not bound")
}

/// What a slot of one kind names.
fn named<T>(slots: &[Option<T>], slot: Slot) -> Result<&T, End> {
    slots.get(usize::from(slot)).and_then(Option::as_ref).ok_or_else(unbound)
}

/// Binds a slot; what it named before is dropped.
fn bind<T>(slots: &mut [Option<T>], slot: Slot, thing: T) -> Answer {
    *slots.get_mut(usize::from(slot)).ok_or_else(unbound)? = Some(thing);
    Ok(Value::None)
}

/// Drops what a slot names.
fn unbind<T>(slots: &mut [Option<T>], slot: Slot) -> Answer {
    named(slots, slot)?;
    slots[usize::from(slot)] = None;
    Ok(Value::None)
}

impl Reference {
    /// The rules of a profile, on files in a folder that is there and empty.
    ///
    /// # Errors
    /// If the folder cannot be used, or the pages of this system are not those of the profile's platform.
    pub fn new(profile: Profile, dir: &Path) -> Result<Reference, TargetError> {
        refuse_other_pages(profile.facts())?;
        Ok(Reference::on(profile, DiskStore::new(dir)?))
    }
}

impl Reference<MemoryStore> {
    /// The rules of a profile, on files and memory that are bytes of this program: nothing of the system is touched, and a
    /// step in which a process would die is answered by its death.
    ///
    /// # Errors
    /// If the pages of this system are not those of Linux on x86-64, so that it would do otherwise than is foreseen.
    pub fn in_memory(profile: Profile) -> Result<Reference<MemoryStore>, TargetError> {
        refuse_other_pages(&LINUX)?;
        let kernel = disk::kernel()
            .map_err(|Errno(number)| TargetError(format!("no memory can be mapped: system error {number}")))?;
        Ok(Reference::on(profile, MemoryStore::new(kernel, profile.facts())))
    }
}

/// Real memory has the pages of this system, and no others.
fn refuse_other_pages(facts: &PlatformFacts) -> Result<(), TargetError> {
    let (known, page) = (facts.page.bytes(), rustix::param::page_size());
    if page == known {
        return Ok(());
    }
    Err(TargetError(format!("the reference knows pages of {known} bytes, and this system's have {page}")))
}

impl<S: Store> Reference<S> {
    fn on(profile: Profile, store: S) -> Reference<S> {
        Reference {
            profile,
            files: RefCell::new(Files::of(store)),
            names: RefCell::default(),
            parent: RefCell::default(),
        }
    }

    fn map(&self, slot: Slot) -> Result<Rc<Map<S>>, End> {
        named(&self.names.borrow().maps, slot).cloned()
    }

    fn view(&self, slot: Slot) -> Result<Rc<View<S>>, End> {
        named(&self.names.borrow().views, slot).cloned()
    }

    /// Does a step, perhaps while another one is at its arguments.
    fn perform(&self, step: &Step) -> Result<Outcome, End> {
        if step.is_symbolic() {
            let mut plain = step.clone();
            plain.resolve(&mut |step, base| self.base(step, base));
            return self.perform(&plain);
        }
        self.files.borrow().limits.check_memory(step)?;
        let answer = match step.op.by_kind() {
            KindOp::Limit(op) => {
                let limits = Rc::clone(&self.files.borrow().limits);
                return limits.set(op, step).map(|()| Outcome::Value(Value::None));
            }
            KindOp::Folder(_) if !step.op.row().there.on_system(self.profile) => {
                return Err(unsupported("the system keeps the name of a file that is open"));
            }
            KindOp::File(op) => return self.on_file(op, step),
            KindOp::Folder(_) => return self.files.borrow_mut().step(step),
            KindOp::Child(ChildOp::Fork) => self.begin_child(),
            KindOp::Child(ChildOp::Wait) => self.end_child(),
            KindOp::Module(ModuleOp::Constant) => self.constant(step),
            KindOp::Module(ModuleOp::New) => self.construct(step),
            KindOp::Method(op) => self.on_map_method(op, step),
            KindOp::Map(op) => self.on_map(op, step),
            KindOp::Iter(op) => self.on_iter(op, step),
            KindOp::View(op) => self.on_view(op, step),
        };
        outcome(answer).map(|outcome| self.in_words(outcome))
    }

    /// What a file object answers: Python 2 counts in `long`s what it has counted itself.
    fn on_file(&self, op: FileOp, step: &Step) -> Result<Outcome, End> {
        let answer = match (op, step.args.first()) {
            (FileOp::FileWrite, Some(PassedArg { arg: Arg::Map(map), .. })) => {
                match outcome(self.write_map(step, *map))? {
                    Outcome::Raised(_) => return Err(unsupported("a file is given the bytes of an open map only")),
                    answer => answer,
                }
            }
            _ => self.files.borrow_mut().step(step)?,
        };
        let counts = match op {
            FileOp::FileWrite | FileOp::FileSeek => self.profile.dialect() == Dialect::Python2,
            FileOp::FileRead | FileOp::FileTruncate | FileOp::FileClose => false,
        };
        Ok(match answer {
            Outcome::Value(Value::Int(count)) if counts => Outcome::Value(Value::Long(count)),
            answer => answer,
        })
    }

    fn on_iter(&self, op: IterOp, step: &Step) -> Answer {
        let iters = &mut self.names.borrow_mut().iters;
        match op {
            IterOp::Next => iters.get_mut(usize::from(step.on)).and_then(Option::as_mut).ok_or_else(unbound)?.next(),
            IterOp::DropIter => unbind(iters, step.on),
        }
    }

    fn construct(&self, step: &Step) -> Answer {
        let asked = Asked::parse(&self.args(step)?, self.profile)?;
        let files = self.files.borrow();
        let map = construct::construct(&files, asked, self.profile)?;
        let names = &mut *self.names.borrow_mut();
        let answer = bind(&mut names.maps, step.bind, Rc::new(map))?;
        names.shown = names.shown.max(usize::from(step.bind) + 1);
        Ok(answer)
    }

    /// `int(mmap.X | mmap.Y)`: asked of the module by name, which may lack one.
    fn constant(&self, step: &Step) -> Answer {
        let Some(Arg::Flags(places)) = step.args.first().map(|given| &given.arg) else {
            return Err(no_rule(step).into());
        };
        let known = places.iter().filter_map(|&place| constants::ALL.get(usize::from(place)));
        let module = match self.profile.dialect() {
            Dialect::Python2 => "'module' object",
            Dialect::Python3 => "module 'mmap'",
        };
        match known.clone().find(|constant| !self.profile.has_constant(constant)) {
            Some(missing) => Err(attribute_error(format!("{module} has no attribute '{}'", missing.name))),
            None => Ok(Value::Int(Self::flags(places)?.into())),
        }
    }

    /// `f.write(m)`: a file object takes the bytes of a map that can be read.
    fn write_map(&self, step: &Step, map: Slot) -> Answer {
        let map = self.map(map)?;
        let files = &mut *self.files.borrow_mut();
        let (at, file) = (files.position(step.on)?, files.file(step.on)?);
        let (start, len) = (map.offset as u64, map.len.get() as u64);
        let is_other = map.tracked.file.as_ref().map_or(map.tracked.wanted, |mapped| !S::is_same(mapped, file));
        if !is_other && at < start.saturating_add(len) && start < at + len {
            return Err(
                unsupported("bytes written over themselves become what the kernel's copying makes of them").into()
            );
        }
        let bytes = map.all().map_err(|stop| match stop {
            Stop::End(End::Died(_)) => {
                Stop::End(unsupported("a kernel that is given dead memory says so, or stops there"))
            }
            stop => stop,
        })?;
        Ok(Value::Int(files.write(step.on, &bytes)? as i128))
    }

    fn on_map_method(&self, op: MethodOp, step: &Step) -> Answer {
        let map = self.map(step.on)?;
        let args = &self.args(step)?;
        let profile = self.profile;
        self.refuse_missing(step.op)?;
        self.refuse_keywords(step, args)?;
        if step.op.row().params.is_empty() {
            args.none(step.op.row().name, profile)?;
        }
        match op {
            MethodOp::Close => map.close_method(),
            MethodOp::Exit => map.exit(args, profile),
            MethodOp::Find => map.find(args, Direction::Forward, profile),
            MethodOp::RFind => map.find(args, Direction::Backward, profile),
            MethodOp::Flush => map.flush(args, profile),
            MethodOp::Madvise => map.madvise(args, profile),
            MethodOp::Move => map.move_bytes(args, profile),
            MethodOp::Read => map.read(args, profile),
            MethodOp::ReadByte => map.read_byte(profile),
            MethodOp::ReadLine => map.readline(),
            MethodOp::Resize if profile.maps_sections() => {
                let len = map.new_len(args, profile)?;
                let files = self.files.borrow();
                section::resize(&map, &files.store, &files.sections, len, profile)
            }
            MethodOp::Resize => {
                let limits = Rc::clone(&self.files.borrow().limits);
                map.resize(args, &limits, profile)
            }
            MethodOp::Seek => map.seek(args, profile),
            MethodOp::Seekable => Ok(Value::Bool(true)),
            MethodOp::SetName => map.set_name(args, profile),
            MethodOp::Size => map.size(profile),
            MethodOp::Tell => map.tell(),
            MethodOp::Write => map.write(args, profile),
            MethodOp::WriteByte => map.write_byte(args, profile),
        }
    }

    /// Refuses what this version's map does not have.
    fn refuse_missing(&self, op: Op) -> Answer<()> {
        let row = op.row();
        match row.there.in_version(self.profile) {
            true => Ok(()),
            // A `with` statement names just what it looks for first.
            false if row.is_compound() => Err(attribute_error("__exit__")),
            false => Err(attribute_error(format!("'mmap.mmap' object has no attribute '{}'", row.name))),
        }
    }

    /// No method takes keywords, except one that has such parameters in this version. The versions that say its class began
    /// with those that have no parameters.
    fn refuse_keywords(&self, step: &Step, args: &Args<'_, S>) -> Answer<()> {
        let row = step.op.row();
        if args.named.is_empty() || row.params.iter().any(|param| param.by_name && param.is_in(self.profile)) {
            return Ok(());
        }
        let names_class = match row.params {
            [] => self.profile.argument_refusal_names_class(),
            _ => self.profile.keyword_refusal_names_class(),
        };
        let class = if names_class { "mmap." } else { "" };
        Err(type_error(format!("{class}{}() takes no keyword arguments", row.name)))
    }

    fn on_map(&self, op: MapOp, step: &Step) -> Answer {
        let map = self.map(step.on)?;
        let args = &self.args(step)?.plain[..];
        let arg = |place: usize| args.get(place).ok_or_else(|| no_rule(step));
        let profile = self.profile;
        self.refuse_missing(step.op)?;
        match op {
            MapOp::View => {
                if profile.dialect() == Dialect::Python2 {
                    let wanted = "cannot make memory view because object does not have the buffer interface";
                    return Err(type_error(wanted));
                }
                let view = View::new(&map)?;
                bind(&mut self.names.borrow_mut().views, step.bind, Rc::new(view))
            }
            MapOp::Iter => bind(&mut self.names.borrow_mut().iters, step.bind, Iter::new(map)),
            MapOp::Drop => unbind(&mut self.names.borrow_mut().maps, step.on),
            MapOp::Closed => Ok(Value::Bool(map.is_closed())),
            MapOp::Enter => map.enter(),
            MapOp::With => map.with_pass(),
            MapOp::WithRaise => map.with_raise(),
            MapOp::Len => map.length(),
            MapOp::GetItem => map.get_item(arg(0)?, profile),
            MapOp::GetSlice | MapOp::GetStep => map.get_slice(args, profile),
            MapOp::SetItem => match profile.dialect() {
                Dialect::Python3 => map.set_item(arg(0)?, arg(1)?, profile),
                Dialect::Python2 => map.set_character(arg(0)?, arg(1)?, profile),
            },
            MapOp::SetSlice | MapOp::SetStep => {
                let (value, parts) = args.split_last().ok_or_else(|| no_rule(step))?;
                match profile.dialect() {
                    Dialect::Python3 => map.set_slice(parts, value, profile),
                    Dialect::Python2 => map.set_string(parts, value, profile),
                }
            }
            MapOp::DelItem => match profile.dialect() {
                Dialect::Python3 => map.del_item(arg(0)?, profile),
                Dialect::Python2 => map.del_character(arg(0)?, profile),
            },
            MapOp::DelSlice | MapOp::DelStep => match profile.dialect() {
                Dialect::Python3 => map.del_slice(args, profile),
                Dialect::Python2 => map.del_string(args, profile),
            },
            MapOp::Contains => map.contains(arg(0)?, profile),
            MapOp::List => map.list(),
            MapOp::Reversed => map.reversed(),
            MapOp::Bytes => map.to_bytes(profile),
            MapOp::Repr => map.repr(profile),
            MapOp::Bool => map.open().map(|_| Value::Bool(true)),
            MapOp::Eq => compare::equal(&map, arg(0)?, profile),
            MapOp::Less => compare::less(&map, arg(0)?, profile),
            MapOp::Add => compare::add(arg(0)?, profile),
            MapOp::Mul => compare::multiply(arg(0)?, profile),
            MapOp::Hash => Ok(Value::Bool(true)),
            MapOp::FindAll => map.find_all(arg(0)?, profile),
            MapOp::Crc => map.crc(profile),
            MapOp::Unpack => map.unpack(arg(0)?, profile),
            MapOp::Pack => map.pack(arg(0)?, arg(1)?, profile),
        }
    }

    fn on_view(&self, op: ViewOp, step: &Step) -> Answer {
        let view = self.view(step.on)?;
        let args = &self.args(step)?.plain[..];
        let arg = |place: usize| args.get(place).ok_or_else(|| no_rule(step));
        match op {
            ViewOp::SubView => {
                let view = view.sub_view(args, self.profile)?;
                bind(&mut self.names.borrow_mut().views, step.bind, Rc::new(view))
            }
            ViewOp::ViewLen => view.length(),
            ViewOp::ViewBytes => view.to_bytes(),
            ViewOp::ViewGet => view.get(arg(0)?, self.profile),
            ViewOp::ViewSet => view.set(arg(0)?, arg(1)?, self.profile),
            ViewOp::ViewSetSlice => {
                let (value, parts) = args.split_last().ok_or_else(|| no_rule(step))?;
                view.set_slice(parts, value, self.profile)
            }
            ViewOp::ViewReadonly => view.readonly(),
            ViewOp::ViewRelease => view.release(),
            ViewOp::DropView => unbind(&mut self.names.borrow_mut().views, step.on),
        }
    }

    /// The arguments of a step, with what their names stand for.
    fn args<'a>(&'a self, step: &'a Step) -> Result<Args<'a, S>, End> {
        let mut args = Args { plain: SmallVec::new(), named: Vec::new() };
        for (place, given) in step.args.iter().enumerate() {
            let object = match &given.arg {
                Arg::Fd(slot) if is_fileno(step, place, given) => {
                    let files = self.files.borrow();
                    Object::Descriptor(files.file(*slot)?.clone(), Rc::clone(files.cursor(*slot)?))
                }
                arg => self.object(arg)?,
            };
            match given.keyword {
                Some(keyword) => args.named.push((keyword, object)),
                None => args.plain.push(object),
            }
        }
        Ok(args)
    }

    fn object<'a>(&'a self, arg: &'a Arg) -> Result<Object<'a, S>, End> {
        let plain = |num: &Num| num.as_plain().ok_or_else(|| unsupported("the number is not plain"));
        Ok(match arg {
            Arg::Omitted | Arg::None => Object::None,
            Arg::Bool(value) => Object::Bool(*value),
            Arg::Int(num) => Object::Int(plain(num)?),
            Arg::Index(num) => Object::Index(plain(num)?),
            Arg::IndexAfter(..) | Arg::BufferAfter(..) if self.profile.dialect() == Dialect::Python2 => {
                return Err(unsupported("objects that do a step are only answered for in Python 3"));
            }
            Arg::IndexAfter(num, step) => Object::IndexAfter(plain(num)?, Callback { machine: self, step }),
            Arg::BufferAfter(bytes, step) => Object::BufferAfter(bytes, Callback { machine: self, step }),
            Arg::Flags(places) => Object::Int(Self::flags(places)?.into()),
            Arg::Bytes(BytesLike::Strided, _) if self.profile.dialect() == Dialect::Python2 => {
                return Err(unsupported("Python 2 makes no view of every second byte"));
            }
            Arg::Bytes(wrap, bytes) => Object::Bytes(*wrap, bytes),
            Arg::WrongType(thing) => match (thing.text(), self.profile.dialect()) {
                (Some(text), Dialect::Python2) => Object::Bytes(BytesLike::Bytes, text.as_bytes()),
                _ => Object::WrongType(*thing),
            },
            Arg::Fd(_) => {
                return Err(unsupported("the number of a descriptor is only answered for by the constructor"));
            }
            Arg::File(slot) if !self.files.borrow().is_bound(*slot) => return Err(unbound()),
            Arg::File(_) => Object::File,
            Arg::Map(slot) => Object::Map(self.map(*slot)?),
            Arg::View(slot) => Object::View(self.view(*slot)?),
            Arg::Path(_) | Arg::Mode(_) => Object::WrongType(WrongType::Text),
        })
    }

    /// The outcome as this version words it: in Python 2, mmap has a class of its own for system errors, and a traceback
    /// names classes without their modules. That of mmap and that of struct are both called `error`.
    fn in_words(&self, outcome: Outcome) -> Outcome {
        match (outcome, self.profile.dialect()) {
            (Outcome::Raised(raise), Dialect::Python2) if raise.errno.is_some() || raise.class == "struct.error" => {
                Outcome::Raised(Raise { class: "error".into(), ..raise })
            }
            (outcome, _) => outcome,
        }
    }

    /// Constants joined by `|`; one that this version's module does not have counts with its value all the same.
    fn flags(places: &[u8]) -> Result<i32, End> {
        let mut flags = 0;
        for &place in places {
            let constant =
                constants::ALL.get(usize::from(place)).ok_or_else(|| unsupported("there is no such constant"))?;
            flags |= constant.value;
        }
        Ok(flags)
    }
}

fn is_fileno(step: &Step, place: usize, given: &PassedArg) -> bool {
    let fileno = ConstructorParam::Fileno;
    step.op == Op::New && given.keyword.map_or(Some(place) == fileno.place(), |keyword| keyword == fileno.name())
}

fn no_rule(step: &Step) -> End {
    unsupported(format!("{} is in no rule with {} arguments", step.op, step.args.len()))
}

impl<S: Store> Stepper for Reference<S> {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.names.take();
        self.parent.take();
        self.files.get_mut().begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        self.perform(step)
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        let state = |map: &Option<Rc<Map<S>>>| map.as_ref().map_or(MapState::Unbound, |map| map.look(closely, detail));
        let names = self.names.get_mut();
        Snapshot {
            maps: names.maps[..names.shown].iter().map(state).collect(),
            files: if detail.takes_files() { self.files.get_mut().look(detail) } else { Vec::new() },
        }
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        let close = |map: &Option<Rc<Map<S>>>| map.as_ref().and_then(|map| outcome(map.close_method()).ok());
        let names = self.names.take();
        let closing = names.maps[..names.shown].iter().map(close).collect();
        drop(names);
        let files = self.files.get_mut();
        let left = files.look(detail);
        files.end();
        (closing, left)
    }
}
