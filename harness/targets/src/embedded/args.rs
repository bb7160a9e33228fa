//! Arguments as Python objects.

use super::ffi::{Exception, Object};
use super::{Embedded, unbound};
use mmapcheck_spec::{Arg, Base, BytesLike, ConstructorParam, End, Num, PassedArg, Step};
use smallvec::SmallVec;

/// The arguments of a call, on the stack for nearly all calls.
pub(super) type Args = SmallVec<[Object; 8]>;

impl Embedded {
    /// The argument at an index.
    pub(super) fn arg(&self, step: &Step, place: usize) -> Result<Object, End> {
        match step.args.get(place) {
            Some(given) => self.object(&given.arg),
            None => Err(End::Unsupported(format!("{} needs an argument {}", step.op, place + 1))),
        }
    }

    /// Appends the arguments of a call, positional ones first. Returns the tuple of the names of the keyword arguments.
    pub(super) fn args(&self, given: &[PassedArg], args: &mut Args) -> Result<Option<Object>, End> {
        let mut words: SmallVec<[Object; 4]> = SmallVec::new();
        for PassedArg { keyword, arg } in given {
            match keyword {
                None if words.is_empty() => {}
                None => return Err(End::Unsupported("a positional argument follows a keyword argument".into())),
                Some(keyword) => words.push(self.keyword(keyword, &words)?),
            }
            args.push(self.object(arg)?);
        }
        if words.is_empty() { Ok(None) } else { self.gil.tuple(&words).map(Some).map_err(no_object) }
    }

    fn keyword(&self, keyword: &str, before: &[Object]) -> Result<Object, End> {
        let place = PassedArg::KEYWORDS.iter().position(|&known| known == keyword);
        match place.map(|place| &self.fixtures.keywords[place]) {
            Some(word) if !before.iter().any(|other| other.is(word)) => Ok(word.clone()),
            Some(_) => Err(End::Unsupported(format!("the keyword {keyword} is given twice"))),
            None => Err(End::Unsupported(format!("unknown keyword '{keyword}'"))),
        }
    }

    /// The slice whose bounds are the first `parts` arguments.
    pub(super) fn slice(&self, step: &Step, parts: usize) -> Result<Object, End> {
        let part = |place| if place < parts { self.arg(step, place) } else { Ok(self.fixtures.none.clone()) };
        self.gil.slice(&part(0)?, &part(1)?, &part(2)?).map_err(no_object)
    }

    /// The object of an argument whose numbers are plain.
    fn object(&self, arg: &Arg) -> Result<Object, End> {
        match arg {
            Arg::Omitted | Arg::None => Ok(self.fixtures.none.clone()),
            Arg::Bool(value) => Ok(self.gil.boolean(*value)),
            Arg::Int(num) => self.int(self.plain(*num)?),
            Arg::Index(num) => {
                let value = self.int(self.plain(*num)?)?;
                self.fixtures.functions.index.call(&mut [value], None).map_err(no_object)
            }
            Arg::OfInt(class, num) => {
                let value = self.int(self.plain(*num)?)?;
                self.fixtures.functions.int_classes[*class as usize].call(&mut [value], None).map_err(no_object)
            }
            Arg::IndexAfter(num, _) => {
                let value = self.int(self.plain(*num)?)?;
                self.fixtures
                    .functions
                    .index_after
                    .call(&mut [value, self.fixtures.functions.callback.clone()], None)
                    .map_err(no_object)
            }
            Arg::BufferAfter(bytes, _) => {
                let bytes = self.carrier(BytesLike::View, bytes)?;
                self.fixtures
                    .functions
                    .buffer_after
                    .call(&mut [bytes, self.fixtures.functions.callback.clone()], None)
                    .map_err(no_object)
            }
            Arg::Flags(places) => self.int(self.flags(places)),
            Arg::Bytes(wrap, bytes) => self.carrier(*wrap, bytes),
            Arg::Float(float) => self.gil.float(float.value()).map_err(no_object),
            Arg::Text(text) => self.gil.text(text.encoded()).map_err(no_object),
            Arg::WrongType(thing) => Ok(self.fixtures.wrong_types[*thing as usize].clone()),
            Arg::Fd(slot) => self.int(self.files.borrow().raw_fd(*slot)?.into()),
            Arg::Special(file) => self.int(self.files.borrow_mut().special_fd(*file)?.into()),
            Arg::File(slot) if self.files.borrow().is_bound(*slot) => Ok(self.fixtures.file.clone()),
            Arg::File(_) => Err(unbound()),
            Arg::Map(slot) => self.map(*slot),
            Arg::View(slot) => self.view(*slot),
            Arg::Path(_) | Arg::Mode(_) => Err(End::Unsupported("only open takes a path or mode".into())),
        }
    }

    fn int(&self, value: i128) -> Result<Object, End> {
        self.gil.int(value).map_err(no_object)
    }

    fn carrier(&self, wrap: BytesLike, bytes: &[u8]) -> Result<Object, End> {
        match wrap {
            BytesLike::Bytes => self.gil.bytes(bytes),
            BytesLike::ByteArray => self.gil.bytearray(bytes),
            BytesLike::View => self.gil.guarded_view(bytes),
            BytesLike::Strided => self.gil.guarded_view(bytes).and_then(|view| view.item(&self.fixtures.every_second)),
            BytesLike::Array => self.gil.bytes(bytes).and_then(|bytes| {
                self.fixtures.functions.array.call(&mut [self.fixtures.byte_code.clone(), bytes], None)
            }),
        }
        .map_err(no_object)
    }

    /// A number that does not depend on the state of the case; a target receives no others.
    pub(super) fn plain(&self, num: Num) -> Result<i128, End> {
        match num.base {
            Base::Zero => Ok(num.plus),
            // This target runs on Linux only, where the allocation granularity is the page size.
            Base::Pages(count) | Base::Granules(count) => {
                Ok(num.plus.saturating_add(i128::from(count) * i128::from(self.info.page)))
            }
            Base::Len | Base::Pos | Base::FileSize => {
                Err(End::Unsupported("a number relative to a map or file is not plain".into()))
            }
        }
    }

    /// The number that a step passes to the constructor, or the default; `None` for any other object.
    pub(super) fn number_passed(&self, step: &Step, param: ConstructorParam, default: i128) -> Option<i128> {
        match step.passed(param) {
            None | Some(Arg::Omitted) => Some(default),
            Some(Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) | Arg::IndexAfter(num, _)) => {
                self.plain(*num).ok()
            }
            Some(Arg::Flags(places)) => Some(self.flags(places)),
            Some(Arg::Bool(value)) => Some((*value).into()),
            Some(_) => None,
        }
    }

    /// Constants joined by `|`.
    pub(super) fn flags(&self, places: &[u8]) -> i128 {
        places.iter().fold(0, |all, &place| all | self.fixtures.flags[usize::from(place)])
    }
}

/// The end of a step whose argument could not be created. The exception is not an outcome of the step.
fn no_object(_: Exception) -> End {
    End::Unsupported("Python could not create an argument".into())
}
