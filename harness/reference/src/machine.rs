//! The machine: dispatches a step to the rule of its operation. A match here only calls.

mod outside;
mod uses;
mod varied;
mod views;

use crate::operands::args::Args;
use crate::operands::operand::{Operand, PerformStep};
use crate::operands::step_args;
use crate::result::{RuleResult, Stop, attribute_error, outcome, type_error, unsupported};
use crate::rules::constructor_args::ConstructorArgs;
use crate::rules::{compare, construct, object, section};
use crate::state::bindings::{bind, unbind, unbound};
use crate::state::class::Class;
use crate::state::iterator::MapIterator;
use crate::state::map::Map;
use crate::state::processes::Processes;
use crate::state::view::View;
use crate::store::disk::{self, DiskStore};
use crate::store::memory::{MemoryStore, SimulatedFolder};
use crate::store::{Direction, Store};
use mmapcheck_spec::constants;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{
    Arg, Base, ChildOp, Detail, Dialect, End, FileOp, FileState, IterOp, KindOp, MapOp, MapState, MethodOp, ModuleOp,
    Op, Outcome, PassedArg, PlatformFacts, Profile, Raise, Slot, Snapshot, Step, Stepper, TargetError, Value, World,
};
use mmapcheck_world::{Errno, FileHandle, Folder};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

pub use outside::Buffer;
pub use varied::{Instead, ViewForm};

/// The answer key: Python's `mmap` by its rules.
///
/// [`Reference::new`] maps real files. [`Reference::in_memory`] simulates files and memory, and so foresees the death of a
/// process.
pub struct Reference<S: Store = DiskStore> {
    profile: Profile,
    store: S,
    processes: Processes<S>,
    /// In place of the next step of a callback, if it is another one.
    instead: RefCell<Option<Instead>>,
    /// Whether the class under test is a subclass that defines nothing.
    is_subclass: bool,
}

impl Reference {
    /// The rules of a profile, on real files in a folder that exists and is empty.
    ///
    /// # Errors
    /// Where the folder cannot be opened, or the page size of the system differs from that of the profile's platform.
    pub fn new(profile: Profile, dir: &Path) -> Result<Reference, TargetError> {
        check_page_size(profile.facts())?;
        let (store, processes) = (DiskStore::new()?, Processes::new(Folder::new(dir)?));
        Ok(Reference { profile, store, processes, instead: RefCell::default(), is_subclass: false })
    }
}

impl Reference<MemoryStore> {
    /// The rules of a profile, on simulated files and memory: the system is not used, and a step that would kill a process
    /// ends in [`End::Died`].
    ///
    /// # Errors
    /// Where the page size of the system differs from that of Linux on x86-64, whose kernel is simulated.
    pub fn in_memory(profile: Profile) -> Result<Reference<MemoryStore>, TargetError> {
        check_page_size(&LINUX)?;
        let kernel = disk::kernel()
            .map_err(|Errno(number)| TargetError(format!("cannot map a page of memory: system error {number}")))?;
        let facts = profile.facts();
        let (store, processes) = (MemoryStore::new(kernel, facts), Processes::new(SimulatedFolder::new(facts.page)));
        Ok(Reference { profile, store, processes, instead: RefCell::default(), is_subclass: false })
    }
}

/// Refuses a system whose page size differs from that of a platform: real memory has the pages of the system.
fn check_page_size(facts: &PlatformFacts) -> Result<(), TargetError> {
    let (required, page) = (facts.page.bytes(), rustix::param::page_size());
    if page == required {
        return Ok(());
    }
    Err(TargetError(format!("the reference requires a page size of {required} bytes; this system has {page}")))
}

impl<S: Store> Reference<S> {
    /// Whether a child process runs.
    #[must_use]
    pub fn is_child(&self) -> bool {
        self.processes.is_child()
    }

    /// The length in bytes of the map that a slot is bound to; `None` where it is closed or not bound.
    #[must_use]
    pub fn map_len(&self, slot: Slot) -> Option<usize> {
        self.processes.map_len(slot)
    }

    /// The present value of the base of a symbolic number, in bytes. A length is that of the map or view that the step is on;
    /// a file size is that of the file of the map, or for a constructor of the file it is passed. Anything missing counts
    /// as 0.
    #[must_use]
    pub fn base(&self, step: &Step, base: Base) -> u64 {
        self.processes.base(step, base, self.profile.facts())
    }

    fn args<'a>(&'a self, step: &'a Step) -> Result<Args<'a, S>, End> {
        step_args::of(step, &self.processes, self, self.profile)
    }

    fn fork(&self) -> RuleResult {
        if !self.profile.can_fork() {
            return Err(unsupported("the platform has no fork()").into());
        }
        self.processes.fork()?;
        Ok(Value::None)
    }

    /// `os.wait()[1]`
    fn wait(&self) -> RuleResult {
        self.processes.wait()?;
        Ok(Value::Int(0))
    }

    /// Performs a step, perhaps while another step converts its arguments.
    fn perform_step(&self, step: &Step) -> Result<Outcome, End> {
        if step.is_symbolic() {
            let mut plain = step.clone();
            plain.resolve(&mut |step, base| self.base(step, base));
            return self.perform_step(&plain);
        }
        self.processes.files.borrow().quotas.check_memory(step)?;
        let result = match step.op.by_kind() {
            KindOp::Limit(op) => {
                let quotas = Rc::clone(&self.processes.files.borrow().quotas);
                return quotas.set(op, step).map(|()| Outcome::Value(Value::None));
            }
            KindOp::Folder(_) if !step.op.row().there.on_system(self.profile) => {
                return Err(unsupported("the system refuses to remove the name of an open file"));
            }
            KindOp::File(op) => return self.on_file(op, step),
            KindOp::Folder(_) => return self.processes.files.borrow_mut().step(step),
            KindOp::Child(ChildOp::Fork) => self.fork(),
            KindOp::Child(ChildOp::Wait) => self.wait(),
            KindOp::Module(ModuleOp::Gone) => self.make_nameless(step),
            KindOp::Module(ModuleOp::Constant) => self.constant(step),
            KindOp::Module(ModuleOp::Error) => Ok(Value::Bool(!self.profile.system_errors_have_own_class())),
            KindOp::Module(ModuleOp::Subclass) => Ok(Value::Bool(true)),
            KindOp::Module(ModuleOp::New) if self.is_subclass => self.construct(step, Class::empty_sub()),
            KindOp::Module(ModuleOp::New) => self.construct(step, Class::Mmap),
            KindOp::Module(ModuleOp::Sub) if step.op.row().there.on_system(self.profile) => {
                self.construct(step, Class::sub())
            }
            KindOp::Module(ModuleOp::Sub) => Err(unsupported("no rule covers a subclass in Python 2").into()),
            KindOp::Method(op) => self.on_map_method(op, step),
            KindOp::Map(op) => self.on_map(op, step),
            KindOp::Use(op) => self.on_use(op, step),
            KindOp::Iter(op) => self.on_iter(op, step),
            KindOp::View(op) => self.on_view(op, step),
        };
        outcome(result, self.profile.facts()).map(|outcome| self.reword(outcome))
    }

    /// Performs a step on a file object. A count that Python 2 computes itself is a `long`.
    fn on_file(&self, op: FileOp, step: &Step) -> Result<Outcome, End> {
        let outcome = match (op, step.args.first()) {
            (FileOp::FileWrite, Some(PassedArg { arg: Arg::Map(map), .. })) => {
                match outcome(self.write_map(step, *map), self.profile.facts())? {
                    Outcome::Raised(_) => return Err(unsupported("write() on a file needs an open map")),
                    written => written,
                }
            }
            _ => self.processes.files.borrow_mut().step(step)?,
        };
        let counts = match op {
            FileOp::FileWrite | FileOp::FileSeek => self.profile.dialect() == Dialect::Python2,
            FileOp::FileRead | FileOp::FileTruncate | FileOp::FileClose => false,
        };
        Ok(match outcome {
            Outcome::Value(Value::Int(count)) if counts => Outcome::Value(Value::Long(count)),
            outcome => outcome,
        })
    }

    fn on_iter(&self, op: IterOp, step: &Step) -> RuleResult {
        let iterators = &mut self.processes.bindings.borrow_mut().iterators;
        match op {
            IterOp::Next => {
                iterators.get_mut(usize::from(step.on)).and_then(Option::as_mut).ok_or_else(unbound)?.next()
            }
            IterOp::DropIter => unbind(iterators, step.on),
        }
    }

    fn construct(&self, step: &Step, class: Class) -> RuleResult {
        let map = self.make(&self.args(step)?)?;
        let bindings = &mut *self.processes.bindings.borrow_mut();
        bind(&mut bindings.maps, step.bind, Rc::new(map.of_class(class)))?;
        bindings.map_slots = bindings.map_slots.max(usize::from(step.bind) + 1);
        Ok(Value::None)
    }

    /// `weakref.ref(mmap.mmap(-1, length))() is None`
    fn make_nameless(&self, step: &Step) -> RuleResult {
        let mut args = self.args(step)?;
        args.positional.insert(0, Operand::Int(-1));
        drop(self.make(&args)?);
        object::refer_weakly(self.profile)
    }

    fn make(&self, args: &Args<'_, S>) -> RuleResult<Map<S>> {
        let args = ConstructorArgs::parse(args, self.profile)?;
        let files = self.processes.files.borrow();
        if self.profile.maps_sections() {
            section::construct(&self.store, &files.sections, &args, self.profile)
        } else {
            construct::construct(&self.store, &files.quotas, args, self.profile.facts())
        }
    }

    /// `int(mmap.X | mmap.Y)`. The module of this version may lack a constant.
    fn constant(&self, step: &Step) -> RuleResult {
        let Some(Arg::Flags(places)) = step.args.first().map(|given| &given.arg) else {
            return Err(no_rule(step).into());
        };
        let known = places.iter().filter_map(|&place| constants::ALL.get(usize::from(place)));
        let names_module = self.profile.module_refusal_names_module();
        let module = if names_module { "module 'mmap'" } else { "'module' object" };
        match known.clone().find(|constant| !self.profile.has_constant(**constant)) {
            Some(missing) => Err(attribute_error(format!("{module} has no attribute '{}'", missing.name()))),
            None => Ok(Value::Int(step_args::flags(places, self.profile.facts())?.into())),
        }
    }

    /// `f.write(m)`: writes the bytes of a map to a file object.
    fn write_map(&self, step: &Step, map: Slot) -> RuleResult {
        let map = self.processes.map(map)?;
        let files = &mut *self.processes.files.borrow_mut();
        let (at, file) = (files.objects.cursor(step.on)?.position.get(), files.objects.file(step.on)?);
        let (start, len) = (map.offset as u64, map.len.get() as u64);
        let is_other = map.tracked.file.as_ref().map_or(map.tracked.wanted, |mapped| !mapped.is_same(file));
        if !is_other && at < start.saturating_add(len) && start < at + len {
            return Err(
                unsupported("the result of writing the bytes of a map over themselves depends on the kernel").into()
            );
        }
        let bytes = map.all().map_err(|stop| match stop {
            Stop::Dies(_) => Stop::End(unsupported(
                "whether the kernel answers EFAULT or a short write for dead memory is not specified",
            )),
            stop => stop,
        })?;
        Ok(Value::Int(files.write(step.on, &bytes)? as i128))
    }

    fn on_map_method(&self, op: MethodOp, step: &Step) -> RuleResult {
        let map = self.processes.map(step.on)?;
        let args = &self.args(step)?;
        let profile = self.profile;
        self.refuse_missing(step.op, &map)?;
        if op == MethodOp::Close {
            map.class.note_close();
        }
        self.refuse_keywords(step, args, &map)?;
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
                let files = self.processes.files.borrow();
                section::resize(&map, &self.store, &files.sections, len, profile)
            }
            MethodOp::Resize => {
                let quotas = Rc::clone(&self.processes.files.borrow().quotas);
                map.resize(args, &quotas, self.store.kernel(), profile)
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

    /// Refuses an attribute that a map of this version lacks.
    fn refuse_missing(&self, op: Op, map: &Map<S>) -> RuleResult<()> {
        let row = op.row();
        match row.there.in_version(self.profile) {
            true => Ok(()),
            // A `with` statement names the first attribute that it looks up.
            false if row.is_compound() => Err(attribute_error("__exit__")),
            false => Err(attribute_error(format!("'{}' object has no attribute '{}'", map.class.name(), row.name))),
        }
    }

    /// Refuses keyword arguments, which only `flush` of newer versions takes. The message names the class in newer
    /// versions; methods without parameters began to do so before the others, by the class of the object.
    fn refuse_keywords(&self, step: &Step, args: &Args<'_, S>, map: &Map<S>) -> RuleResult<()> {
        let row = step.op.row();
        if args.keywords.is_empty() || row.params.iter().any(|param| param.by_name && param.is_in(self.profile)) {
            return Ok(());
        }
        let class = match row.params {
            _ if self.profile.keyword_refusal_names_class() => "mmap.",
            // The `close` of the subclass calls that of its base.
            [] if self.profile.argument_refusal_names_class() && step.op == Op::Close => "mmap.",
            [] if self.profile.argument_refusal_names_class() => map.class.of_method(),
            _ => "",
        };
        Err(type_error(format!("{class}{}() takes no keyword arguments", row.name)))
    }

    fn on_map(&self, op: MapOp, step: &Step) -> RuleResult {
        let map = self.processes.map(step.on)?;
        let args = &self.args(step)?.positional[..];
        let arg = |place: usize| args.get(place).ok_or_else(|| no_rule(step));
        let profile = self.profile;
        self.refuse_missing(step.op, &map)?;
        match op {
            MapOp::View => {
                if !profile.memoryviews_take_maps() {
                    let wanted = "cannot make memory view because object does not have the buffer interface";
                    return Err(type_error(wanted));
                }
                let view = View::new(&map)?;
                bind(&mut self.processes.bindings.borrow_mut().views, step.bind, Rc::new(view))
            }
            MapOp::Iter => bind(&mut self.processes.bindings.borrow_mut().iterators, step.bind, MapIterator::new(map)),
            MapOp::Drop => unbind(&mut self.processes.bindings.borrow_mut().maps, step.on),
            MapOp::Closed => Ok(Value::Bool(map.is_closed())),
            MapOp::Enter => map.enter(),
            MapOp::With => map.with_pass(profile),
            MapOp::WithRaise => map.with_raise(profile),
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
            MapOp::Add => compare::add(&map, arg(0)?, profile),
            MapOp::Mul => compare::multiply(&map, arg(0)?, profile),
            MapOp::Hash => Ok(Value::Bool(true)),
            MapOp::FindAll => map.find_all(arg(0)?, profile),
            MapOp::Crc => map.crc(profile),
            MapOp::Unpack => map.unpack(arg(0)?, profile),
            MapOp::Pack => map.pack(arg(0)?, arg(1)?, profile),
        }
    }

    /// The outcome in the words of the version. In Python 2, `mmap` raises a class of its own for system errors, and a
    /// traceback names classes without their modules: that of `mmap` and that of `struct` are both called `error`.
    fn reword(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Raised(raise)
                if self.profile.system_errors_have_own_class()
                    && (raise.errno.is_some() || raise.class == "struct.error") =>
            {
                Outcome::Raised(Raise { class: "error".into(), ..raise })
            }
            outcome => outcome,
        }
    }
}

fn no_rule(step: &Step) -> End {
    unsupported(format!("no rule covers {} with {} arguments", step.op, step.args.len()))
}

impl<S: Store> PerformStep for Reference<S> {
    fn perform(&self, step: &Step) -> Result<Outcome, End> {
        let Some(Instead { steps, answer }) = self.instead.take() else { return self.perform_step(step) };
        let answers = steps.iter().map(|step| self.perform_step(step)).collect::<Result<Vec<_>, _>>()?;
        Ok(answer.or(answers.into_iter().next()).unwrap_or(Outcome::Value(Value::None)))
    }
}

impl<S: Store> Stepper for Reference<S> {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.processes.begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        self.perform_step(step)
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        let state = |map: &Option<Rc<Map<S>>>| map.as_ref().map_or(MapState::Unbound, |map| map.look(closely, detail));
        let bindings = self.processes.bindings.get_mut();
        Snapshot {
            maps: bindings.maps[..bindings.map_slots].iter().map(state).collect(),
            files: if detail.takes_files() { self.processes.files.get_mut().look(detail) } else { Vec::new() },
        }
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        let facts = self.profile.facts();
        let close = |map: &Option<Rc<Map<S>>>| map.as_ref().and_then(|map| outcome(map.close_method(), facts).ok());
        let bindings = self.processes.bindings.take();
        let closing = bindings.maps[..bindings.map_slots].iter().map(close).collect();
        drop(bindings);
        let files = self.processes.files.get_mut();
        let content = files.look(detail);
        files.objects.end();
        (closing, content)
    }
}
