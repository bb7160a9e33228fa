//! The names, files, modules and classes that a statement of a session can use, and statements read as steps.

use super::form::{Found, forms, unify_stmt};
use super::frame::{CALLBACK, CLASSES, SavedLimit, class_in_form};
use super::literal::{bits_of, bytes_of, constants_of, flags_of, float_of, num_of, special_of, thing_of};
use super::syntax::{Expr, Stmt};
use crate::{Arg, BytesLike, Domain, IntClass, Mode, ObjectKind, Op, PassedArg, PythonModule, SLOTS, Slot, Step, Text};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, String>;

/// The objects that names stand for, and the number of names of each kind.
#[derive(Clone, Default)]
pub(super) struct Names {
    pub(super) slots: HashMap<String, (ObjectKind, Slot)>,
    bound: HashMap<ObjectKind, usize>,
}

/// The names, files, modules and classes that a statement can use.
#[derive(Default)]
pub(super) struct Context {
    pub(super) names: Names,
    /// The files of the world, by number.
    pub(super) paths: Vec<String>,
    /// The modules that have been imported.
    pub(super) modules: Vec<PythonModule>,
    /// The classes that have been defined, by name.
    pub(super) classes: Vec<&'static str>,
    /// The step of the function defined last, until an argument takes it.
    pub(super) callback: RefCell<Option<Step>>,
}

impl Context {
    pub(super) fn bind(&mut self, kind: ObjectKind, name: &str) -> Result<Slot> {
        const RESERVED: [&str; 8] = ["LEN", "POS", "SIZE", "None", "True", "False", "_", CALLBACK];
        if RESERVED.contains(&name)
            || SavedLimit::all().iter().any(|limit| limit.name == name)
            || PythonModule::named(name).is_some()
            || CLASSES.iter().any(|class| class.name == name)
        {
            return Err(format!("'{name}' cannot name a thing of the case"));
        }
        match self.names.slots.get(name) {
            Some(&(known, slot)) if known == kind => Ok(slot),
            Some(_) => Err(format!("'{name}' already names a thing of another kind")),
            None => {
                let used = self.names.bound.entry(kind).or_default();
                if *used == SLOTS {
                    return Err(format!("a case has at most {SLOTS} things of a kind"));
                }
                let slot = *used as Slot;
                *used += 1;
                self.names.slots.insert(name.to_owned(), (kind, slot));
                Ok(slot)
            }
        }
    }

    pub(super) fn step(&mut self, stmt: &Stmt) -> Result<(Step, bool)> {
        let (target, stmt) = match stmt {
            Stmt::Assign(Expr::Name(name), value) => (Some(name.as_str()), Stmt::Expr(value.clone())),
            stmt => (None, stmt.clone()),
        };
        let mut unknown = None;
        for (op, form) in forms() {
            let mut found = Found::default();
            if !unify_stmt(form, &stmt, &mut found) || !self.fits(*op, &found, &mut unknown) {
                continue;
            }
            let row = op.row();
            let mut step = Step { op: *op, on: self.receiver(&found), bind: 0, args: self.arguments(*op, found)? };
            let discards = target == Some("_");
            match (row.binds, target) {
                (Some(kind), Some(name)) if !discards => step.bind = self.bind(kind, name)?,
                (Some(_), _) => return Err(format!("the result of {op} must be given a name")),
                (None, Some(name)) if !discards => {
                    return Err(format!("the result of {op} can only be assigned to '_', not '{name}'"));
                }
                (None, _) => {}
            }
            row.uses.map_or(Ok(()), |module| self.needs(module))?;
            class_in_form(*op).map_or(Ok(()), |class| self.needs_class(class))?;
            return Ok((step, discards));
        }
        Err(match unknown {
            Some(name) => format!("'{name}' is used before it is opened"),
            None => "not a statement of the notation".into(),
        })
    }

    /// Whether a form's receiver is a thing of the operation's kind.
    fn fits(&self, op: Op, found: &Found, unknown: &mut Option<String>) -> bool {
        let Some(name) = &found.receiver else { return op.row().on == ObjectKind::Module };
        match self.names.slots.get(name) {
            Some((kind, _)) => *kind == op.row().on,
            None => {
                *unknown = Some(name.clone());
                false
            }
        }
    }

    fn receiver(&self, found: &Found) -> Slot {
        found.receiver.as_ref().and_then(|name| self.names.slots.get(name)).map_or(0, |(_, slot)| *slot)
    }

    /// A module must be imported before a form uses it.
    pub(super) fn needs(&self, module: PythonModule) -> Result<()> {
        if self.modules.contains(&module) {
            return Ok(());
        }
        Err(format!("the module '{}' has not been imported", module.name()))
    }

    /// A class must be defined before a form or an argument uses it.
    fn needs_class(&self, class: &str) -> Result<()> {
        if self.classes.contains(&class) { Ok(()) } else { Err(format!("the class {class} has not been defined")) }
    }

    fn arguments(&self, op: Op, found: Found) -> Result<SmallVec<[PassedArg; 2]>> {
        let place = |op: Op, i: usize| op.row().params.get(i).map(|p| p.domain);
        let mut args = SmallVec::new();
        for (i, hole) in found.holes.into_iter().enumerate() {
            let arg = hole.map_or(Ok(Arg::Omitted), |expr| self.arg(&expr, place(op, i)))?;
            args.push(PassedArg::plain(arg));
        }
        for (i, (keyword, expr)) in found.rest.into_iter().enumerate() {
            let keyword = keyword.map(|word| keyword_of(&word)).transpose()?;
            let domain = match keyword {
                Some(word) => op.row().params.iter().find(|p| p.name == word).map(|p| p.domain),
                None => place(op, i),
            };
            args.push(PassedArg { keyword, arg: self.arg(&expr, domain)? });
        }
        Ok(args)
    }

    fn arg(&self, expr: &Expr, domain: Option<Domain>) -> Result<Arg> {
        match (domain, expr) {
            (Some(Domain::Path), Expr::Text(path)) => {
                let path = path_of(path)?;
                let number = self.paths.iter().position(|known| known == path);
                return number
                    .map(|n| Arg::Path(n as u8))
                    .ok_or_else(|| format!("the file '{path}' has not been made"));
            }
            (Some(Domain::Mode), Expr::Text(text)) => return mode_of(text).map(Arg::Mode),
            (Some(Domain::Constant), expr) => {
                if let Some(constants) = constants_of(expr)? {
                    return Ok(Arg::Flags(constants));
                }
            }
            (Some(Domain::Descriptor), expr) => {
                if let Some(file) = special_of(expr) {
                    return self.needs(file.module()).map(|()| Arg::Special(file));
                }
            }
            (Some(Domain::Flags | Domain::Prot), expr) => {
                if let Some((bits, true)) = bits_of(expr)? {
                    return Ok(Arg::int(bits));
                }
            }
            _ => {}
        }
        let arg = self.plain_arg(expr)?;
        if domain == Some(Domain::Descriptor) {
            safe_descriptor(&arg)?;
        }
        Ok(arg)
    }

    fn plain_arg(&self, expr: &Expr) -> Result<Arg> {
        if let Some(thing) = thing_of(expr) {
            return Ok(Arg::WrongType(thing));
        }
        if let Some(float) = float_of(expr)? {
            return Ok(Arg::Float(float));
        }
        if let Some(flags) = flags_of(expr)? {
            return Ok(Arg::Flags(flags));
        }
        if let Some(num) = num_of(expr)? {
            return Ok(Arg::Int(num));
        }
        if let Some(bytes) = bytes_of(expr)? {
            return Ok(Arg::Bytes(BytesLike::Bytes, bytes));
        }
        match expr {
            Expr::Text(text) => Ok(Arg::Text(text.clone())),
            Expr::Name(name) => self.named(name),
            Expr::Call(function, args) => self.call(function, args),
            Expr::Item(view, slice) => match (self.plain_arg(view)?, slice.as_ref()) {
                (Arg::Bytes(BytesLike::View, bytes), Expr::Slice(None, None, Some(step))) if **step == Expr::Int(2) => {
                    Ok(Arg::Bytes(BytesLike::Strided, bytes))
                }
                _ => Err("not an argument of the notation".into()),
            },
            _ => Err("not an argument of the notation".into()),
        }
    }

    fn named(&self, name: &str) -> Result<Arg> {
        Ok(match (name, self.names.slots.get(name)) {
            ("None", _) => Arg::None,
            ("True", _) => Arg::Bool(true),
            ("False", _) => Arg::Bool(false),
            (_, Some((ObjectKind::Map, slot))) => Arg::Map(*slot),
            (_, Some((ObjectKind::View, slot))) => Arg::View(*slot),
            (_, Some((ObjectKind::File, slot))) => Arg::File(*slot),
            (_, Some(_)) => return Err(format!("'{name}' cannot be an argument")),
            (_, None) => return Err(format!("'{name}' is used before it is opened")),
        })
    }

    fn call(&self, function: &Expr, args: &[(Option<String>, Expr)]) -> Result<Arg> {
        let wrap = |wrap, source: &Expr| match bytes_of(source)? {
            Some(bytes) => Ok(Arg::Bytes(wrap, bytes)),
            None => Err("expected bytes".to_owned()),
        };
        match (function, args) {
            (Expr::Attr(object, method), []) if method == "fileno" => match object.as_ref() {
                Expr::Name(name) => match self.named(name)? {
                    Arg::File(slot) => Ok(Arg::Fd(slot)),
                    _ => Err("only a file has a descriptor".into()),
                },
                _ => Err("not an argument of the notation".into()),
            },
            (Expr::Name(name), [(None, source)]) if name == "bytearray" => wrap(BytesLike::ByteArray, source),
            (Expr::Name(name), [(None, source)]) if name == "memoryview" => wrap(BytesLike::View, source),
            (Expr::Name(name), [(None, value), rest @ ..]) if CLASSES.iter().any(|class| class.name == name) => {
                self.object(name, value, rest)
            }
            (Expr::Attr(object, class), [(None, Expr::Text(code)), (None, source)])
                if **object == Expr::Name("array".into()) && class == "array" && *code == Text::new("B") =>
            {
                self.needs(PythonModule::Array)?;
                wrap(BytesLike::Array, source)
            }
            _ => Err("not an argument of the notation".into()),
        }
    }
}

impl Context {
    /// An object of a class of the session.
    fn object(&self, class: &str, value: &Expr, rest: &[(Option<String>, Expr)]) -> Result<Arg> {
        self.needs_class(class)?;
        let number = || num_of(value)?.ok_or_else(|| format!("{class} takes a whole number"));
        if class == "Index" {
            return if rest.is_empty() { number().map(Arg::Index) } else { Err("Index takes a whole number".into()) };
        }
        if let Some(of_int) = IntClass::ALL.into_iter().find(|of_int| of_int.name() == class) {
            let takes = || Err(format!("{class} takes a whole number"));
            return if rest.is_empty() { number().map(|num| Arg::OfInt(of_int, num)) } else { takes() };
        }
        if rest != [(None, Expr::Name(CALLBACK.into()))] {
            return Err(format!("{class} takes a value and {CALLBACK}"));
        }
        let callback =
            || self.callback.take().map(Box::new).ok_or_else(|| format!("{CALLBACK} is used once after it is defined"));
        match class {
            "IndexAfter" => Ok(Arg::IndexAfter(number()?, callback()?)),
            _ => match bytes_of(value)? {
                Some(bytes) => Ok(Arg::BufferAfter(bytes, callback()?)),
                None => Err(format!("{class} takes bytes")),
            },
        }
    }
}

/// A descriptor given as a number must not be one that may be open in the process that runs the case.
fn safe_descriptor(arg: &Arg) -> Result<()> {
    let value = match arg {
        Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) | Arg::IndexAfter(num, _) => num.as_plain(),
        Arg::Bool(value) => Some(i128::from(*value)),
        _ => None,
    };
    match value {
        Some(0..9999) => {
            Err("a descriptor is f.fileno(), that of a special file, a negative number, or 9999 and above".into())
        }
        _ => Ok(()),
    }
}

pub(super) fn path_of(text: &Text) -> Result<&str> {
    text.as_str().ok_or_else(|| format!("invalid file name {}", text.source()))
}

pub(super) fn mode_of(text: &Text) -> Result<Mode> {
    let found = Mode::ALL.iter().find(|(_, known)| *text == Text::new(known));
    found
        .map(|(mode, _)| *mode)
        .ok_or_else(|| format!("unknown mode {}: expected 'r+b', 'rb', 'wb' or 'w+b'", text.source()))
}

fn keyword_of(word: &str) -> Result<&'static str> {
    let found = PassedArg::KEYWORDS.iter().find(|known| **known == word);
    found
        .copied()
        .ok_or_else(|| format!("unknown keyword '{word}': expected one of {}", PassedArg::KEYWORDS.join(", ")))
}
