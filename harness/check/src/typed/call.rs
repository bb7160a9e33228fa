//! A step as a call with typed arguments: numbers and bytes in place of Python objects.

use mmapcheck_spec::constants::{self, ACCESS_COPY, ACCESS_READ, ACCESS_WRITE};
use mmapcheck_spec::{Arg, BytesLike, ConstructorParam, Op, Slot, Step};
use std::io::SeekFrom;

/// The access of a map to its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The map can be read only: `ACCESS_READ`.
    Read,
    /// The map can be written, and writes reach the file: `ACCESS_WRITE`, and the default.
    Write,
    /// The map can be written, and writes do not reach the file: `ACCESS_COPY`.
    Copy,
}

/// A step with typed arguments. Positions, lengths and offsets are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `mmap(f.fileno(), len, access=access, offset=offset)`
    Map {
        /// The file object.
        file: Slot,
        /// The length; none: the rest of the file.
        len: Option<usize>,
        /// The start of the map in the file.
        offset: u64,
        /// The access.
        access: Access,
    },
    /// `mmap(-1, len)`
    Anonymous(usize),
    /// `m.close()`
    Close,
    /// `m.closed`
    Closed,
    /// `len(m)`
    Len,
    /// `m.size()`
    Size,
    /// `m.tell()`
    Tell,
    /// `m.seek(...)`
    Seek(SeekFrom),
    /// `m.read(count)`; none: `m.read()`
    Read(Option<usize>),
    /// `m.read_byte()`
    ReadByte,
    /// `m.readline()`
    ReadLine,
    /// `m.write(bytes)`
    Write(Vec<u8>),
    /// `m.write_byte(byte)`
    WriteByte(u8),
    /// `m[index]`
    Get(usize),
    /// `m[index] = byte`
    Set(usize, u8),
    /// `m[start:end]`; none: an omitted bound.
    GetRange(Option<usize>, Option<usize>),
    /// `m[start:start + len(bytes)] = bytes`
    SetRange(usize, Vec<u8>),
    /// `bytes(m)`
    Bytes,
    /// `m.find(needle, start, end)`; none: an omitted bound.
    Find(Vec<u8>, Option<usize>, Option<usize>),
    /// `m.rfind(needle, start, end)`; none: an omitted bound.
    RFind(Vec<u8>, Option<usize>, Option<usize>),
    /// `m.move(dest, src, count)`
    Move(usize, usize, usize),
    /// `m.resize(len)`
    Resize(usize),
    /// `m.flush(offset, len)`; none: `m.flush()`
    Flush(Option<(usize, usize)>),
    /// `del m`
    Drop,
}

impl Call {
    /// The operations that a call can be of.
    pub const OPS: [Op; 23] = [
        Op::New,
        Op::Close,
        Op::Closed,
        Op::Len,
        Op::Size,
        Op::Tell,
        Op::Seek,
        Op::Read,
        Op::ReadByte,
        Op::ReadLine,
        Op::Write,
        Op::WriteByte,
        Op::GetItem,
        Op::SetItem,
        Op::GetSlice,
        Op::SetSlice,
        Op::Bytes,
        Op::Find,
        Op::RFind,
        Op::Move,
        Op::Resize,
        Op::Flush,
        Op::Drop,
    ];

    /// The call of a step on a map whose numbers are plain. `None` where an argument has no typed form: a negative index, an
    /// object of a wrong type, a keyword that says more than a typed interface does.
    #[must_use]
    pub fn of(step: &Step) -> Option<Call> {
        if step.op == Op::New {
            return map(step);
        }
        if step.args.iter().any(|given| given.keyword.is_some()) {
            return None;
        }
        let args: Vec<&Arg> = step.args.iter().map(|given| &given.arg).collect();
        let ranged = |make: fn(Vec<u8>, Option<usize>, Option<usize>) -> Call| match args[..] {
            [sub] => Some(make(bytes(sub)?, None, None)),
            [sub, start] => Some(make(bytes(sub)?, Some(number(start)?), None)),
            [sub, start, end] => Some(make(bytes(sub)?, Some(number(start)?), Some(number(end)?))),
            _ => None,
        };
        match (step.op, &args[..]) {
            (Op::Close, []) => Some(Call::Close),
            (Op::Closed, []) => Some(Call::Closed),
            (Op::Len, []) => Some(Call::Len),
            (Op::Size, []) => Some(Call::Size),
            (Op::Tell, []) => Some(Call::Tell),
            (Op::Seek, _) => seek(&args),
            (Op::Read, []) => Some(Call::Read(None)),
            (Op::Read, [count]) => Some(Call::Read(Some(number(count)?))),
            (Op::ReadByte, []) => Some(Call::ReadByte),
            (Op::ReadLine, []) => Some(Call::ReadLine),
            (Op::Write, [source]) => Some(Call::Write(bytes(source)?)),
            (Op::WriteByte, [value]) => Some(Call::WriteByte(byte(value)?)),
            (Op::GetItem, [index]) => Some(Call::Get(number(index)?)),
            (Op::SetItem, [index, value]) => Some(Call::Set(number(index)?, byte(value)?)),
            (Op::GetSlice, [start, end]) => Some(Call::GetRange(bound(start)?, bound(end)?)),
            (Op::SetSlice, [start, end, source]) => set_range(start, end, source),
            (Op::Bytes, []) => Some(Call::Bytes),
            (Op::Find, _) => ranged(Call::Find),
            (Op::RFind, _) => ranged(Call::RFind),
            (Op::Move, [dest, src, count]) => Some(Call::Move(number(dest)?, number(src)?, number(count)?)),
            (Op::Resize, [len]) => Some(Call::Resize(number(len)?)),
            (Op::Flush, []) => Some(Call::Flush(None)),
            (Op::Flush, [offset, len]) => Some(Call::Flush(Some((number(offset)?, number(len)?)))),
            (Op::Drop, []) => Some(Call::Drop),
            _ => None,
        }
    }
}

/// A constructor call that passes a file or -1, a length, and perhaps an access and an offset by name.
fn map(step: &Step) -> Option<Call> {
    let [file, len, rest @ ..] = &step.args[..] else { return None };
    if file.keyword.is_some() || len.keyword.is_some() {
        return None;
    }
    let (mut offset, mut mode) = (None, None);
    for given in rest {
        if given.keyword == Some(ConstructorParam::Offset.name()) && offset.is_none() {
            offset = Some(number(&given.arg)? as u64);
        } else if given.keyword == Some(ConstructorParam::Access.name()) && mode.is_none() {
            mode = Some(access(&given.arg)?);
        } else {
            return None;
        }
    }
    let len = number(&len.arg)?;
    match &file.arg {
        Arg::Fd(file) => {
            let (offset, access) = (offset.unwrap_or(0), mode.unwrap_or(Access::Write));
            Some(Call::Map { file: *file, len: Some(len).filter(|len| *len > 0), offset, access })
        }
        Arg::Int(number) if number.as_plain() == Some(-1) && rest.is_empty() => Some(Call::Anonymous(len)),
        _ => None,
    }
}

/// The access of a constant.
pub(super) fn access(arg: &Arg) -> Option<Access> {
    let Arg::Flags(places) = arg else { return None };
    let is = |constant: constants::Constant| places.as_slice() == [constant.place()];
    let all = [(ACCESS_READ, Access::Read), (ACCESS_WRITE, Access::Write), (ACCESS_COPY, Access::Copy)];
    all.into_iter().find(|(constant, _)| is(*constant)).map(|(_, access)| access)
}

fn seek(args: &[&Arg]) -> Option<Call> {
    let (distance, whence) = match args {
        [distance] => (distance, 0),
        [distance, Arg::Int(whence)] => (distance, whence.as_plain()?),
        _ => return None,
    };
    let Arg::Int(distance) = distance else { return None };
    let distance = i64::try_from(distance.as_plain()?).ok()?;
    Some(Call::Seek(match whence {
        0 => SeekFrom::Start(distance.try_into().ok()?),
        1 => SeekFrom::Current(distance),
        2 => SeekFrom::End(distance),
        _ => return None,
    }))
}

/// An assignment of as many bytes as the range is long.
fn set_range(start: &Arg, end: &Arg, source: &Arg) -> Option<Call> {
    let (start, end, source) = (number(start)?, number(end)?, bytes(source)?);
    (start.checked_add(source.len()) == Some(end)).then_some(Call::SetRange(start, source))
}

/// A number that counts bytes: neither negative nor more than an address space holds.
fn number(arg: &Arg) -> Option<usize> {
    let Arg::Int(number) = arg else { return None };
    isize::try_from(number.as_plain()?).ok()?.try_into().ok()
}

/// The bound of a slice; the inner `None` for an omitted one.
fn bound(arg: &Arg) -> Option<Option<usize>> {
    if *arg == Arg::Omitted { Some(None) } else { number(arg).map(Some) }
}

fn byte(arg: &Arg) -> Option<u8> {
    number(arg)?.try_into().ok()
}

fn bytes(arg: &Arg) -> Option<Vec<u8>> {
    match arg {
        Arg::Bytes(BytesLike::Bytes, bytes) => Some(bytes.clone()),
        _ => None,
    }
}
