//! `memoryview`s of a map.

use crate::operands::buffer::Buffer;
use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::operands::slice::Slice;
use crate::result::{RuleResult, Stop, attribute_error, index_error, number, type_error, value_error};
use crate::state::layout::{Format, Layout};
use crate::state::map::{Access, Open};
use crate::state::view::View;
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Profile, Value, WrongType};

impl<S: Store> View<S> {
    /// `v[start:stop]` and `v[start:stop:step]`
    pub fn sub_view(&self, parts: &[Operand<'_, S>], profile: Profile) -> RuleResult<View<S>> {
        // The subview shares the buffer before its bounds are converted: a callback may release this view.
        let export = self.export()?;
        let indices = Slice::new(parts, profile)?.of(self.layout.count);
        Ok(View::of(export, indices.part(self.layout)))
    }

    /// `v.toreadonly()`
    pub fn to_readonly(&self, profile: Profile) -> RuleResult<View<S>> {
        if !profile.views_can_become_readonly() {
            return Err(attribute_error("'memoryview' object has no attribute 'toreadonly'"));
        }
        Ok(View::of(self.export()?, self.layout.readonly()))
    }

    /// `v.cast(format)`
    pub fn cast(&self, format: Format) -> RuleResult<View<S>> {
        let export = self.export()?;
        if !self.layout.is_contiguous() {
            return Err(type_error("memoryview: casts are restricted to C-contiguous views"));
        }
        if self.layout.format == Format::Short && format == Format::Short {
            return Err(type_error("memoryview: cannot cast between two non-byte formats"));
        }
        if !self.layout.size().is_multiple_of(format.size()) {
            return Err(type_error("memoryview: length is not a multiple of itemsize"));
        }
        Ok(View::of(export, self.layout.cast(format)))
    }

    /// `v.cast('B', (2, columns)).tolist()`
    pub fn rows(&self, columns: &Operand<'_, S>, profile: Profile) -> RuleResult {
        let (map, layout) = self.part()?;
        let columns = self.columns(columns, profile)?;
        let bytes = layout.read(&map.open()?)?;
        let row = |bytes: &[u8]| Value::List(bytes.iter().map(|byte| Value::Int((*byte).into())).collect());
        Ok(Value::List(bytes.chunks(columns).map(row).collect()))
    }

    /// The number of bytes in each of the two rows.
    fn columns(&self, columns: &Operand<'_, S>, profile: Profile) -> RuleResult<usize> {
        if !self.layout.is_contiguous() {
            return Err(type_error("memoryview: casts are restricted to C-contiguous views"));
        }
        if self.layout.count == 0 {
            return Err(type_error("memoryview: cannot cast view with zeros in shape or strides"));
        }
        if !matches!(columns, Operand::Bool(_) | Operand::Int(_) | Operand::OfInt(..)) {
            return Err(type_error("memoryview.cast(): elements of shape must be integers"));
        }
        let columns = convert::ssize(columns, profile)?;
        if columns <= 0 {
            return Err(value_error("memoryview.cast(): elements of shape must be integers > 0"));
        }
        if columns > profile.facts().ssize_max() / ROWS {
            return Err(value_error("memoryview.cast(): product(shape) > SSIZE_MAX"));
        }
        if ROWS * columns != self.layout.size() as i64 {
            return Err(type_error("memoryview: product(shape) * itemsize != buffer size"));
        }
        Ok(columns as usize)
    }

    /// `len(v)`
    pub fn length(&self) -> RuleResult {
        self.part().map(|(_, layout)| number(layout.count))
    }

    /// `(v.format, v.itemsize, v.shape, v.strides, v.contiguous)`
    pub fn describe(&self) -> RuleResult {
        let (_, layout) = self.part()?;
        Ok(Value::Tuple(vec![
            Value::Text(layout.format.code().to_owned()),
            number(layout.format.size()),
            Value::Tuple(vec![number(layout.count)]),
            Value::Tuple(vec![Value::Int(layout.stride.into())]),
            Value::Bool(layout.is_contiguous()),
        ]))
    }

    /// `bytes(v)` and `v.tobytes()`
    pub fn to_bytes(&self) -> RuleResult {
        self.all().map(Value::Bytes)
    }

    /// `v.hex()`
    pub fn hex(&self) -> RuleResult {
        Ok(Value::Text(self.all()?.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    fn all(&self) -> RuleResult<Vec<u8>> {
        let (map, layout) = self.part()?;
        layout.read(&map.open()?)
    }

    /// `v.tolist()`
    pub fn to_list(&self) -> RuleResult {
        let (map, layout) = self.part()?;
        let open = map.open()?;
        (0..layout.count).map(|at| item(&open, layout, at)).collect::<RuleResult<_>>().map(Value::List)
    }

    /// `v.readonly`
    pub fn readonly(&self) -> RuleResult {
        self.part().map(|(map, layout)| Value::Bool(layout.readonly || map.access == Access::Read))
    }

    /// `v.release()`
    pub fn release_method(&self) -> RuleResult {
        self.release().map(|()| Value::None)
    }

    /// `v[key]`
    pub fn get(&self, key: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.part()?;
        let index = index(key, profile)?;
        let (map, layout) = self.part()?;
        let at = convert::position(index, layout.count, OUT_OF_BOUNDS)?;
        item(&map.open()?, layout, at)
    }

    /// `v[key] = value`
    pub fn set(&self, key: &Operand<'_, S>, value: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.check_writable()?;
        let (format, count) = (self.layout.format, self.layout.count);
        let at = convert::position(index(key, profile)?, count, OUT_OF_BOUNDS)?;
        let first = self.layout.item(at);
        if format == Format::Character {
            let byte = character(value)?;
            self.part()?.0.open()?.set(first, byte)?;
            return Ok(Value::None);
        }
        let wrong_value = || wrong_value(format);
        let Some(value) = value.integer().map_err(|stop| reword(stop, format))? else { return Err(wrong_type(format)) };
        // A negative number is refused before the view is checked again.
        let value = u64::try_from(value).map_err(|_| wrong_value())?;
        let (map, _) = self.part()?;
        let open = map.open()?;
        match format {
            Format::Short => {
                let value = u16::try_from(value).map_err(|_| wrong_value())?;
                open.write(first, &value.to_le_bytes())?;
            }
            Format::Byte | Format::Character => open.set(first, u8::try_from(value).map_err(|_| wrong_value())?)?,
        }
        Ok(Value::None)
    }

    /// `v[start:stop] = value`
    pub fn set_slice(&self, parts: &[Operand<'_, S>], value: &Operand<'_, S>, profile: Profile) -> RuleResult {
        self.check_writable()?;
        let buffer = Buffer::any(value, profile)?;
        let indices = Slice::new(parts, profile)?.of(self.layout.count);
        let (map, layout) = self.part()?;
        let layout = indices.part(layout);
        if buffer.items() != layout.count || buffer.format() != layout.format {
            return Err(value_error("memoryview assignment: lvalue and rvalue have different structures"));
        }
        if layout.is_contiguous() {
            buffer.copy_to(&map.open()?, layout.item(0))?;
        } else {
            layout.write(&map.open()?, &buffer.bytes()?)?;
        }
        Ok(Value::None)
    }

    fn check_writable(&self) -> RuleResult<()> {
        match self.part()? {
            (map, layout) if layout.readonly || map.access == Access::Read => {
                Err(type_error("cannot modify read-only memory"))
            }
            _ => Ok(()),
        }
    }
}

const OUT_OF_BOUNDS: &str = "index out of bounds on dimension 1";
/// The number of rows of a view of two dimensions.
const ROWS: i64 = 2;

fn item<S: Store>(open: &Open<'_, S>, layout: Layout, at: usize) -> RuleResult {
    let number = layout.number(open, at)?;
    Ok(match layout.format {
        Format::Character => Value::Bytes(vec![number as u8]),
        Format::Byte | Format::Short => Value::Int(number.into()),
    })
}

/// The byte of an operand that is assigned to an item of the format `c`.
fn character<S: Store>(value: &Operand<'_, S>) -> RuleResult<u8> {
    match *value {
        Operand::Bytes(BytesLike::Bytes, &[byte]) => Ok(byte),
        Operand::Bytes(BytesLike::Bytes, _) => Err(wrong_value(Format::Character)),
        _ => Err(wrong_type(Format::Character)),
    }
}

fn wrong_type(format: Format) -> Stop {
    type_error(format!("memoryview: invalid type for format '{}'", format.code()))
}

fn wrong_value(format: Format) -> Stop {
    value_error(format!("memoryview: invalid value for format '{}'", format.code()))
}

/// Replaces an exception of a conversion by that of the view.
fn reword(stop: Stop, format: Format) -> Stop {
    match stop {
        Stop::Raised(raise) if raise.class == "TypeError" => wrong_type(format),
        Stop::Raised(raise) if matches!(&*raise.class, "ValueError" | "OverflowError") => wrong_value(format),
        stop => stop,
    }
}

/// The index that a key stands for; a tuple of one index stands for that index.
fn index<S: Store>(key: &Operand<'_, S>, profile: Profile) -> RuleResult<i64> {
    let index = match key {
        Operand::WrongType(WrongType::Tuple) => Some(0),
        _ => convert::index(key, profile, index_error)?,
    };
    index.ok_or_else(|| type_error("memoryview: invalid slice key"))
}
