//! The Python objects that every case uses, made once.

use super::ffi::{Gil, Object, PyResult};
use mmapcheck_spec::constants::{self, Constant};
use mmapcheck_spec::notation::CLASSES;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{IntClass, KindOp, ModuleOp, Op, PassedArg, PythonModule, WrongType};
use std::cell::{Cell, RefCell};

/// Functions for the compound statements of a session, and the modules that it imports.
const SOURCE: &str = "
import builtins, types, warnings

# The module under test, as far as classes and forms use it.
mmap = types.SimpleNamespace(mmap=target)
if hasattr(module, 'error'):
    mmap.error = module.error

# A warning is not an outcome of a step, even if the user asked to make exceptions of warnings.
warnings.simplefilter('ignore')

def with_pass(m):
    with m:
        pass

def with_raise(m):
    with m:
        raise KeyError

def around(m):
    global weak
    try:
        weak = weakref.ref(m)
    except TypeError:
        pass
    gc.collect(0)

def is_os_error(error):
    return error == OSError

def derives(kind):
    return issubclass(type('M', (kind,), {}), kind)

# Whether the class has slots of C for its items. Those of a class of Python call its methods, even inherited ones.
names, own = ['__len__', '__getitem__', '__setitem__', '__delitem__'], getattr(target, '__dict__', {})
has_slots = all(type(own.get(name)) is type(object.__repr__) for name in names)

file = io.FileIO(os.devnull)
";

/// The exceptions that `mmap` is known to raise. The name of any other is looked up in its class.
const EXCEPTIONS: [&str; 12] = [
    "ValueError",
    "TypeError",
    "IndexError",
    "BufferError",
    "OverflowError",
    "OSError",
    "PermissionError",
    "StopIteration",
    "KeyError",
    "AttributeError",
    "MemoryError",
    "SystemError",
];

/// The objects of [`SOURCE`], the class under test, names and constants.
#[derive(Debug)]
pub struct Fixtures {
    /// The module whose constants and exception a case looks up.
    pub module: Object,
    /// The class under test.
    pub class: Object,
    /// Whether the class could be subclassed.
    pub has_subclass: bool,
    /// Whether the functions of the C API can be called, and items of the class are those of its slots of C.
    pub has_slots: bool,
    /// The module's constants, by their place in [`constants::ALL`].
    pub flags: Vec<i128>,
    /// Method names by operation, where the operation is a method call.
    pub methods: Vec<Option<Object>>,
    /// Functions by operation, where the operation is its form: of the receiver and the arguments.
    pub forms: Vec<Option<Object>>,
    /// The keywords of [`PassedArg::KEYWORDS`].
    pub keywords: Vec<Object>,
    /// The objects of [`WrongType::ALL`].
    pub wrong_types: Vec<Object>,
    /// Classes of exceptions and their names.
    pub exceptions: Vec<(Object, &'static str)>,
    pub names: AttributeNames,
    pub functions: Functions,
    pub none: Object,
    /// `slice(None, None, 2)`
    pub every_second: Object,
    /// `slice(None, None, None)`
    pub whole: Object,
    /// `'B'`, the type code of an array of bytes.
    pub byte_code: Object,
    /// `'<H'`, the format of `struct`.
    pub short_format: Object,
    /// A file object that belongs to no case, for arguments of that type.
    pub file: Object,
    /// Whether exceptions are kept for a callback. At other times they are dropped at once, since an exception keeps the objects
    /// of its frames alive.
    pub keeps: Cell<bool>,
    /// The last exception, while exceptions are kept.
    pub kept: RefCell<Option<Object>>,
}

/// Names of attributes.
#[derive(Debug)]
pub struct AttributeNames {
    pub closed: Object,
    pub tell: Object,
    pub close: Object,
    pub readonly: Object,
    pub release: Object,
    pub enter: Object,
    pub errno: Object,
    pub name: Object,
    pub module: Object,
}

/// Functions and classes that are called.
#[derive(Debug)]
pub struct Functions {
    pub index: Object,
    /// The classes of [`IntClass::ALL`].
    pub int_classes: [Object; 2],
    pub index_after: Object,
    pub buffer_after: Object,
    /// The function that objects of these two classes call.
    pub callback: Object,
    pub array: Object,
    pub int: Object,
    pub bytes: Object,
    pub next: Object,
    pub reversed: Object,
    pub findall: Object,
    pub crc32: Object,
    pub unpack_from: Object,
    pub pack_into: Object,
    pub with_pass: Object,
    pub with_raise: Object,
    /// Makes a weak reference to a map and collects garbage: neither may have a visible effect.
    pub around: Object,
    pub os_error: Object,
    pub is_os_error: Object,
    pub derives: Object,
    pub referents: Object,
}

impl Fixtures {
    /// Makes all objects, for this class, with the constants of this module.
    pub fn new(gil: &Gil, module: Object, class: Object) -> PyResult<Fixtures> {
        let builtins = gil.import("builtins")?;
        let get = |object: &Object, name: &str| object.attr(&gil.name(name)?);
        let scope = get(&builtins, "dict")?.call(&mut [], None)?;
        scope.set_item(&gil.name("target")?, &class)?;
        scope.set_item(&gil.name("module")?, &module)?;
        let exec = get(&builtins, "exec")?;
        let run = |source: &str| exec.call(&mut [gil.name(source)?, scope.clone()], None);
        run(&(imports() + SOURCE))?;
        // A class under test may refuse to be subclassed.
        let defined: Vec<_> =
            CLASSES.iter().filter(|class| run(&class.source()).is_ok()).map(|class| class.name).collect();
        run(&Op::ALL.iter().filter_map(|&op| function(op)).collect::<String>())?;
        let eval = get(&builtins, "eval")?;
        let eval = |source: &str| eval.call(&mut [gil.name(source)?, scope.clone()], None);
        Ok(Fixtures {
            flags: flags(gil, &module),
            module,
            class,
            has_subclass: defined.contains(&"Sub"),
            has_slots: defined.contains(&"api") && eval("has_slots")?.truth()?,
            methods: Op::ALL
                .iter()
                .map(|&op| method(op).map(|name| gil.name(name)).transpose())
                .collect::<PyResult<_>>()?,
            forms: Op::ALL
                .iter()
                .map(|&op| function(op).map(|_| eval(&function_name(op))).transpose())
                .collect::<PyResult<_>>()?,
            keywords: PassedArg::KEYWORDS.iter().map(|word| gil.name(word)).collect::<PyResult<_>>()?,
            wrong_types: WrongType::ALL.iter().map(|&(_, source, _)| eval(source)).collect::<PyResult<_>>()?,
            exceptions: EXCEPTIONS.iter().map(|&name| Ok((eval(name)?, name))).collect::<PyResult<_>>()?,
            names: AttributeNames::new(gil)?,
            functions: Functions::new(gil, eval)?,
            keeps: Cell::new(false),
            kept: RefCell::new(None),
            none: gil.none(),
            every_second: eval("slice(None, None, 2)")?,
            whole: eval("slice(None, None, None)")?,
            byte_code: eval("'B'")?,
            short_format: eval("'<H'")?,
            file: eval("file")?,
        })
    }
}

impl Fixtures {
    /// The operations that call functions of the C API, if the class lacks what they look at.
    pub fn missing_slots(&self) -> Vec<Op> {
        Op::ALL.iter().copied().filter(|op| op.row().is_of_api() && !self.has_slots).collect()
    }
}

impl AttributeNames {
    fn new(gil: &Gil) -> PyResult<AttributeNames> {
        Ok(AttributeNames {
            closed: gil.name("closed")?,
            tell: gil.name("tell")?,
            close: gil.name("close")?,
            readonly: gil.name("readonly")?,
            release: gil.name("release")?,
            enter: gil.name("__enter__")?,
            errno: gil.name("errno")?,
            name: gil.name("__name__")?,
            module: gil.name("__module__")?,
        })
    }
}

impl Functions {
    fn new(gil: &Gil, eval: impl Fn(&str) -> PyResult) -> PyResult<Functions> {
        Ok(Functions {
            index: eval("Index")?,
            int_classes: [eval(IntClass::Plain.name())?, eval(IntClass::WithIndex.name())?],
            index_after: eval("IndexAfter")?,
            buffer_after: eval("BufferAfter")?,
            callback: gil.function()?,
            array: eval("array.array")?,
            int: eval("int")?,
            bytes: eval("bytes")?,
            next: eval("next")?,
            reversed: eval("reversed")?,
            findall: eval("re.findall")?,
            crc32: eval("zlib.crc32")?,
            unpack_from: eval("struct.unpack_from")?,
            pack_into: eval("struct.pack_into")?,
            with_pass: eval("with_pass")?,
            with_raise: eval("with_raise")?,
            around: eval("around")?,
            os_error: eval("OSError")?,
            is_os_error: eval("is_os_error")?,
            derives: eval("derives")?,
            referents: eval("gc.get_referents")?,
        })
    }
}

/// The name of the method that an operation calls, from its form in the table.
fn method(op: Op) -> Option<&'static str> {
    op.row().form.strip_prefix("$.")?.strip_suffix("($*)")
}

/// The modules that forms use. A session imports the module under test by its own name; `resource` limits this process.
fn imports() -> String {
    let modules =
        PythonModule::ALL.iter().filter(|module| !matches!(module, PythonModule::Mmap | PythonModule::Resource));
    modules.map(|module| format!("import {}\n", module.name())).collect()
}

/// A function of the receiver and the arguments that runs the form of an operation, where an embedded interpreter runs it so.
fn function(op: Op) -> Option<String> {
    let row = op.row();
    let is_form = match op.by_kind() {
        KindOp::Use(_) | KindOp::Module(ModuleOp::Sub | ModuleOp::Gone) => true,
        KindOp::View(_) => row.form.contains("$."),
        _ => false,
    };
    if !is_form {
        return None;
    }
    let mut form = row.form.to_owned();
    let mut parameters = "s".to_owned();
    for place in 0..row.params.len() {
        form = form.replace(&format!("${place}"), &format!("a{place}"));
        parameters += &format!(", a{place}");
    }
    if row.is_call() {
        (form, parameters) = (form.replace("$*", "*args, **keywords"), "*args, **keywords".to_owned());
    }
    let form = form.replace('$', "s");
    let is_statement = form.starts_with("del ") || form.contains(" = ");
    let answer = if is_statement { "" } else { "return " };
    Some(format!("\ndef {}({parameters}):\n    {answer}{form}\n", function_name(op)))
}

fn function_name(op: Op) -> String {
    format!("form_{}", op as usize)
}

/// The constants of the module; the value of the table where the module lacks one.
fn flags(gil: &Gil, module: &Object) -> Vec<i128> {
    let own = |name| gil.name(name).and_then(|name| module.attr(&name)).ok().and_then(|value| value.as_i64());
    let value = |constant: Constant| own(constant.name()).unwrap_or(LINUX.value_in_session(constant).into());
    constants::ALL.into_iter().map(|constant| value(constant).into()).collect()
}
