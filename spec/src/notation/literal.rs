//! Constant expressions: numbers, bytes, constants of the module, and objects of wrong types.

use super::syntax::{Expr, Stmt, statement};
use crate::constants;
use crate::platform::LINUX;
use crate::{Base, Float, MOST_BYTES, Num, SpecialFile, WrongType};
use smallvec::SmallVec;
use std::sync::OnceLock;

type Result<T> = std::result::Result<T, String>;

pub(super) fn thing_of(expr: &Expr) -> Option<WrongType> {
    static THINGS: OnceLock<Vec<(WrongType, Expr)>> = OnceLock::new();
    let things = THINGS.get_or_init(|| {
        let parsed = |(thing, source, _): (WrongType, &str, &str)| (thing, expression(source));
        WrongType::ALL.into_iter().map(parsed).collect()
    });
    things.iter().find(|(_, known)| known == expr).map(|(thing, _)| *thing)
}

/// The special file that an expression opens.
pub(super) fn special_of(expr: &Expr) -> Option<SpecialFile> {
    static FILES: OnceLock<Vec<(SpecialFile, Expr)>> = OnceLock::new();
    let parsed = |(file, source, _): (SpecialFile, &str, _)| (file, expression(source));
    let files = FILES.get_or_init(|| SpecialFile::ALL.into_iter().map(parsed).collect());
    files.iter().find(|(_, known)| known == expr).map(|(file, _)| *file)
}

/// An expression of a table of the notation.
fn expression(source: &str) -> Expr {
    match statement(source) {
        Ok(Stmt::Expr(expr)) => expr,
        other => unreachable!("{source} is an expression, not {other:?}"),
    }
}

/// Constants that are passed: a size is a number, and none of them.
pub(super) fn flags_of(expr: &Expr) -> Result<Option<SmallVec<[u8; 4]>>> {
    match expr {
        Expr::Attr(_, name) if unit(name).is_some() => Ok(None),
        Expr::Binary(left, "|", right) => match (flags_of(left)?, flags_of(right)?) {
            (Some(_), Some(_)) => constants_of(expr),
            _ => Err("'|' joins constants of the module only".into()),
        },
        _ => constants_of(expr),
    }
}

/// Constants that are looked up, the sizes among them.
pub(super) fn constants_of(expr: &Expr) -> Result<Option<SmallVec<[u8; 4]>>> {
    match expr {
        Expr::Attr(module, name) if **module == Expr::Name("mmap".into()) => match constants::place(name) {
            Some(place) => Ok(Some(smallvec::smallvec![place])),
            None => Err(format!("unknown constant 'mmap.{name}'")),
        },
        Expr::Binary(left, "|", right) => match (constants_of(left)?, constants_of(right)?) {
            (Some(mut left), Some(right)) => {
                left.extend(right);
                Ok(Some(left))
            }
            _ => Err("'|' joins constants of the module only".into()),
        },
        _ => Ok(None),
    }
}

/// The bits of constants of the module, as on Linux, and of whole numbers joined by `|`; and whether a number is among them.
/// `None` for any other expression.
pub(super) fn bits_of(expr: &Expr) -> Result<Option<(i128, bool)>> {
    if let Expr::Binary(left, "|", right) = expr {
        let both = bits_of(left)?.zip(bits_of(right)?);
        return Ok(both.map(|((left, has), (right, also_has))| (left | right, has || also_has)));
    }
    if let Expr::Int(value) = expr {
        return Ok(Some((*value, true)));
    }
    let constant = flags_of(expr)?.and_then(|places| places.first().map(|&place| constants::ALL[usize::from(place)]));
    Ok(constant.map(|constant| (LINUX.value_in_session(constant).into(), false)))
}

/// A number with a fraction or an exponent, or one that only `float` makes.
pub(super) fn float_of(expr: &Expr) -> Result<Option<Float>> {
    Ok(match expr {
        Expr::Float(value) => Some(*value),
        Expr::Negative(inner) => float_of(inner)?.map(|value| Float::new(-value.value())),
        Expr::Call(function, args) if **function == Expr::Name("float".into()) => match args.as_slice() {
            [(None, Expr::Text(word))] => Some(float_named(word.as_str().unwrap_or_default())?),
            _ => return Err("a number that has no literal is float('inf'), float('-inf') or float('nan')".into()),
        },
        _ => None,
    })
}

fn float_named(word: &str) -> Result<Float> {
    let value: Option<f64> = word.parse().ok();
    value.map(Float::new).ok_or_else(|| format!("'{word}' is not the word of a number"))
}

pub(super) fn num_of(expr: &Expr) -> Result<Option<Num>> {
    let both = |left: &Expr, right: &Expr| Ok::<_, String>(num_of(left)?.zip(num_of(right)?));
    Ok(match expr {
        Expr::Int(value) => Some(Num::plain(*value)),
        Expr::Name(name) => symbol(name).map(|base| Num { base, plus: 0 }),
        Expr::Attr(module, name) if **module == Expr::Name("mmap".into()) => {
            unit(name).map(|base| Num { base, plus: 0 })
        }
        Expr::Negative(inner) => num_of(inner)?.map(negated).transpose()?,
        Expr::Binary(left, "+", right) => both(left, right)?.map(|(a, b)| sum(a, b)).transpose()?,
        Expr::Binary(left, "-", right) => both(left, right)?.map(|(a, b)| sum(a, negated(b)?)).transpose()?,
        Expr::Binary(left, "*", right) => both(left, right)?.map(|(a, b)| product(a, b)).transpose()?,
        Expr::Binary(left, "**", right) => both(left, right)?.map(|(a, b)| power(a, b)).transpose()?,
        _ => None,
    })
}

fn unit(name: &str) -> Option<Base> {
    match name {
        "PAGESIZE" => Some(Base::Pages(1)),
        "ALLOCATIONGRANULARITY" => Some(Base::Granules(1)),
        _ => None,
    }
}

fn symbol(name: &str) -> Option<Base> {
    match name {
        "LEN" => Some(Base::Len),
        "POS" => Some(Base::Pos),
        "SIZE" => Some(Base::FileSize),
        _ => None,
    }
}

fn negated(num: Num) -> Result<Num> {
    match (num.base, num.plus.checked_neg()) {
        (Base::Zero, Some(value)) => Ok(Num::plain(value)),
        _ => Err("this number cannot be negated".into()),
    }
}

fn sum(left: Num, right: Num) -> Result<Num> {
    let base = match (left.base, right.base) {
        (base, Base::Zero) | (Base::Zero, base) => base,
        _ => return Err("a number is relative to one thing only".into()),
    };
    let plus = left.plus.checked_add(right.plus).ok_or("the number is too large")?;
    Ok(Num { base, plus })
}

fn product(left: Num, right: Num) -> Result<Num> {
    match (left, right) {
        (Num { base: Base::Zero, plus: a }, Num { base: Base::Zero, plus: b }) => {
            a.checked_mul(b).map(Num::plain).ok_or_else(|| "the number is too large".into())
        }
        (Num { base: Base::Zero, plus: count }, Num { base: unit @ (Base::Pages(1) | Base::Granules(1)), plus: 0 }) => {
            let count = u8::try_from(count).map_err(|_| "too many pages")?;
            let base = if unit == Base::Pages(1) { Base::Pages(count) } else { Base::Granules(count) };
            Ok(Num { base, plus: 0 })
        }
        _ => Err("'*' multiplies plain numbers, or a number of pages".into()),
    }
}

fn power(base: Num, exponent: Num) -> Result<Num> {
    let too_large = "the number is too large";
    match (base.as_plain(), exponent.as_plain().map(u32::try_from)) {
        (Some(base), Some(Ok(exponent))) => base.checked_pow(exponent).map(Num::plain).ok_or_else(|| too_large.into()),
        _ => Err("'**' takes plain numbers".into()),
    }
}

pub(super) fn bytes_of(expr: &Expr) -> Result<Option<Vec<u8>>> {
    let limited = |len: usize| if len <= MOST_BYTES { Ok(()) } else { Err(format!("more than {MOST_BYTES} bytes")) };
    let count = |expr: &Expr| match num_of(expr)?.and_then(Num::as_plain).map(usize::try_from) {
        Some(Ok(count)) => Ok(count),
        _ => Err("expected a number of bytes".to_owned()),
    };
    Ok(match expr {
        Expr::Bytes(bytes) => Some(bytes.clone()),
        Expr::Binary(left, "*", right) => match bytes_of(left)? {
            Some(unit) => {
                let times = count(right)?;
                limited(unit.len().saturating_mul(times))?;
                Some(unit.repeat(times))
            }
            None => None,
        },
        Expr::Binary(left, "+", right) => match (bytes_of(left)?, bytes_of(right)?) {
            (Some(mut left), Some(right)) => {
                limited(left.len() + right.len())?;
                left.extend(right);
                Some(left)
            }
            _ => None,
        },
        Expr::Call(function, args) if **function == Expr::Name("bytes".into()) => match args.as_slice() {
            [(None, size)] if num_of(size)?.is_some() => {
                let size = count(size)?;
                limited(size)?;
                Some(vec![0; size])
            }
            _ => None,
        },
        _ => None,
    })
}
