//! Arguments of types that are nearly always wrong, and texts.

use super::maker::Maker;
use crate::choices::Choices;
use mmapcheck_spec::{Arg, Float, IntClass, Num, Text, WrongType};

/// Floats: with and without a fraction, zeros, near the limits of integer types, and those without an integer.
const FLOATS: [f64; 14] = [
    1.5,
    0.0,
    -0.0,
    1.0,
    2.0,
    -1.0,
    -0.5,
    255.0,
    4_294_967_296.0,
    9_223_372_036_854_775_808.0,
    1e300,
    5e-324,
    f64::INFINITY,
    f64::NAN,
];

/// Characters: of one to four bytes in UTF-8, the first and the last code point, and surrogates.
const POINTS: [u32; 10] = [0x61, 0x62, 0x0, 0xe9, 0x3b1, 0x65e5, 0x1_f600, 0x10_ffff, 0xd800, 0xdfff];

impl<C: Choices> Maker<'_, C> {
    /// An object that converts to a number, but is no `int` itself, or one of a subclass.
    pub(super) fn index_object(&mut self, num: Num) -> Arg {
        match self.below(4) {
            0 => Arg::OfInt(IntClass::Plain, num),
            1 => Arg::OfInt(IntClass::WithIndex, num),
            _ => Arg::Index(num),
        }
    }

    /// An object of a type that nearly every parameter refuses.
    pub(super) fn of_wrong_type(&mut self) -> Arg {
        match self.below(9) {
            0 => Arg::Float(Float::new(self.pick(&FLOATS))),
            kind @ 1..5 => Arg::WrongType(WrongType::ALL[kind - 1].0),
            5 => Arg::text("text"),
            6 => Arg::Bool(self.one_in(2)),
            _ => Arg::Text(self.text()),
        }
    }

    /// A text: short, near the longest name of a map, or longer.
    pub(super) fn text(&mut self) -> Text {
        let size = match self.below(8) {
            0 => 0,
            1 => 60 + self.below(10),
            2 => 32 + self.below(3),
            3 => 300,
            _ => 1 + self.below(4),
        };
        let point = self.pick(&POINTS);
        let mut points = vec![point; size];
        if let Some(last) = points.last_mut() {
            *last = self.pick(&POINTS);
        }
        Text::of_points(&points).unwrap_or_default()
    }
}
