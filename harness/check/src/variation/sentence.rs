//! Variations as sentences for people.

use super::constants as own;
use super::{Change, Condition, Effect, Position, Property, Reply, Variation, words};
use mmapcheck_spec::notation::render_value;
use mmapcheck_spec::{BytesLike, Dialect, KindOp, Op, Rule, constants, printable};
use std::fmt;

/// Variations as one sentence, without its full stop: `write_byte` takes `value` modulo 256. Those with the same effect are said
/// together if they have the same conditions, or the same operations.
#[must_use]
pub fn sentence(variations: &[Variation]) -> String {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for one in variations {
        let (effect, clause) = (one.predicate(), one.conditions());
        match parts.iter_mut().find(|part| part.effect == effect && part.clauses[0] == clause) {
            Some(part) => part.ops.extend(one.ops.iter().filter(|op| !part.ops.contains(op)).collect::<Vec<_>>()),
            None => parts.push(Part { first: one, effect, ops: one.ops.clone(), clauses: vec![clause] }),
        }
    }
    let mut joined: Vec<Part<'_>> = Vec::new();
    for part in parts {
        match joined.iter_mut().find(|other| other.effect == part.effect && other.has_ops(&part.ops)) {
            Some(other) => other.clauses.extend(part.clauses),
            None => joined.push(part),
        }
    }
    joined.iter().map(Part::text).collect::<Vec<_>>().join("; and ")
}

/// Variations that are said together.
struct Part<'a> {
    first: &'a Variation,
    effect: String,
    ops: Vec<Op>,
    clauses: Vec<String>,
}

impl Part<'_> {
    fn has_ops(&self, ops: &[Op]) -> bool {
        self.ops.len() == ops.len() && ops.iter().all(|op| self.ops.contains(op))
    }

    fn text(&self) -> String {
        // A rule is about every operation.
        if let Some((rule, holds)) = self.first.rule() {
            return rule_text(rule, holds);
        }
        if self.first.effect == Effect::IsSubclass {
            return format!("the class {}", self.effect);
        }
        if let Effect::Constants(_) = self.first.effect {
            return format!("the module {}", self.effect);
        }
        // Without conditions in one of them, the others say nothing more.
        let is_plain = self.clauses.iter().any(String::is_empty);
        let clauses = if is_plain { String::new() } else { self.clauses.join("; or") };
        let ops: Vec<_> = self.ops.iter().map(|op| format!("`{}`", op_text(*op))).collect();
        let each = if ops.len() > 1 { ": each" } else { "" };
        let text = format!("{}{each} {}{clauses}", listed(&ops), self.effect);
        let op = if let [op] = self.ops[..] { op.to_string() } else { "OP".to_owned() };
        text.replace(words::OP, &format!("{op}()")).replace(words::KEYWORD, "'KEYWORD'")
    }
}

/// The name of an operation; the expression of one that only looks at the module.
fn op_text(op: Op) -> &'static str {
    let row = op.row();
    let only_looks = matches!(op.by_kind(), KindOp::Module(_)) && row.params.is_empty();
    if only_looks { row.form } else { row.name }
}

/// A rule that is switched: that it holds, or that it does not.
fn rule_text(rule: Rule, holds: bool) -> String {
    let (row, holds) = (rule.row(), if holds { "holds" } else { "does not hold" });
    format!("a rule of CPython ({}) {holds}: {}", row.scope(), row.sentence.trim_end_matches('.'))
}

/// Words as a list: `a`, `b` and `c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl fmt::Display for Variation {
    /// The variation as a sentence, without its full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sentence(std::slice::from_ref(self)))
    }
}

impl Variation {
    fn op(&self) -> Option<Op> {
        self.ops.first().copied()
    }

    /// The conditions, each after a comma; empty without conditions.
    fn conditions(&self) -> String {
        let said = self.when.iter().filter(|condition| condition.is_said());
        let (rule, others): (Vec<_>, Vec<_>) = said.partition(|when| matches!(when, Condition::Raises(..)));
        let mut text = String::new();
        for condition in rule {
            if let Condition::Raises(class, message) = condition {
                let colon = if message.is_empty() { "" } else { ": " };
                text += &format!(", not `{class}{colon}{}`", printable(message));
            }
        }
        let others: Vec<_> = others.into_iter().map(|condition| self.clause(condition)).collect();
        if others.is_empty() { text } else { text + ", if " + &others.join(" and ") }
    }

    /// The name of a parameter, in backquotes.
    fn param(&self, place: usize) -> String {
        let name = self.op().and_then(|op| op.row().params.get(place)).map(|param| param.name);
        name.map_or_else(|| format!("argument {}", place + 1), |name| format!("`{name}`"))
    }

    /// The effect as a verb with its objects.
    fn predicate(&self) -> String {
        match &self.effect {
            Effect::Answers(reply) => self.reply(reply),
            Effect::DoesNothing => "does nothing".into(),
            Effect::Returns(value) => {
                let value = printable(&render_value(value, Dialect::Python3));
                let raises = self.when.iter().any(|condition| matches!(condition, Condition::Raises(..)));
                if raises { format!("returns `{value}`") } else { format!("does nothing and returns `{value}`") }
            }
            Effect::Raises { class, message, .. } if message.is_empty() => format!("raises `{class}`"),
            Effect::Raises { class, message, .. } => format!("raises `{class}: {}`", printable(message)),
            Effect::Does(change) => self.change(change),
            Effect::Empties => "leaves a map without bytes and returns `None`".into(),
            Effect::IgnoresExports => "is not stopped by an exported buffer".into(),
            Effect::Positions(Position::Before) => "leaves the position where it was".into(),
            Effect::Positions(Position::Start) => "moves the position to the start".into(),
            Effect::Positions(Position::End) => "moves the position to the end".into(),
            Effect::CountFirst => "checks the number of its arguments before it looks whether the map is closed".into(),
            Effect::ArgumentsFirst => "converts its arguments before it looks whether the map is closed".into(),
            Effect::Rule { rule, holds } => {
                format!("{} the rule `{rule}`", if *holds { "follows" } else { "does not follow" })
            }
            Effect::LocalRule { holds, .. } => {
                let verb = if *holds { "follows" } else { "does not follow" };
                let row = self.local_rule().map(|(rule, _)| rule.row());
                let text = row.map(|row| format!(" ({}): {}", row.scope(), row.sentence.trim_end_matches('.')));
                format!("{verb} a rule of CPython{}", text.unwrap_or_default())
            }
            Effect::IsSubclass => {
                "acts as any subclass of CPython's `mmap` does: its items are numbers in an iteration \
                 and for `in`, and its objects take attributes"
                    .into()
            }
            Effect::Constants(all) => own::predicate(all),
            Effect::Unforeseen => "uses a map that an argument has closed or resized".into(),
            Effect::Ends(end) => format!("ends the process, which {end}"),
        }
    }

    fn reply(&self, reply: &Reply) -> String {
        match reply {
            Reply::Is(value) => format!("returns `{}`", printable(&render_value(value, Dialect::Python3))),
            Reply::Plus(more) => format!("returns {more:+} of the right number"),
            Reply::FromPosition => "returns a number counted from the position".into(),
            Reply::FromArgument(place) => format!("returns a number counted from {}", self.param(*place)),
            Reply::Length => "returns the length of the map".into(),
            Reply::Position => "returns the position before it".into(),
            Reply::PositionAfter => "returns the position".into(),
            Reply::Numbers => "returns numbers in place of bytes".into(),
            Reply::Bytes => "returns bytes in place of numbers".into(),
            Reply::SignedByte => "returns bytes above 127 as negative numbers".into(),
            Reply::Truth => "returns a truth value".into(),
            Reply::Not => "returns the other truth value".into(),
            Reply::Chomped => "returns the line without its newline".into(),
            Reply::ToZero => "returns the bytes before the first zero".into(),
            Reply::First(many) => format!("returns the first {many} bytes"),
            Reply::Class(class) => format!("raises `{class}`"),
            Reply::Words(words) => format!("raises an exception with the message `{}`", printable(words)),
            Reply::Errno(None) => "raises an exception without an error number".into(),
            Reply::Errno(Some(errno)) => format!("raises an exception with the error number {errno}"),
        }
    }

    fn change(&self, change: &Change) -> String {
        let constant = |place: u8| constants::ALL[usize::from(place)].name();
        match *change {
            Change::Op(op) => format!("does what `{op}` does"),
            Change::Before(place) => {
                let last = self.op().map_or(place + 1, |op| op.row().params.len().max(place + 1));
                let ignored: Vec<_> = (place..last).map(|place| self.param(place)).collect();
                format!("ignores {}", ignored.join(" and "))
            }
            Change::Without(ref keyword) => format!("ignores `{keyword}`"),
            Change::WithoutForeign => "ignores keywords that it has no parameters for".into(),
            Change::WideInts => "takes an integer that does not fit a C `int`".into(),
            Change::WithoutCallback => "does not call the method that converts its argument".into(),
            Change::Number(place, number) => format!("takes {} for {number}", self.param(place)),
            Change::Default(place, number) => format!("takes a missing {} for {number}", self.param(place)),
            Change::None(place) => format!("acts as if {} was left out", self.param(place)),
            Change::Plus(place, more) => format!("takes {} {more:+}", self.param(place)),
            Change::Wraps(place, bits, false) => format!("takes {} modulo 2**{bits}", self.param(place)),
            Change::Wraps(place, bits, true) => {
                format!("takes {} as a signed number of {bits} bits", self.param(place))
            }
            Change::Clamps(place) => format!("takes {} for the nearest position in the map", self.param(place)),
            Change::ClampsToLast(place) => format!("takes {} for the last byte, if it is beyond", self.param(place)),
            Change::Absolute(place) => format!("ignores the sign of {}", self.param(place)),
            Change::FromPosition(place) => format!("counts {} from the position", self.param(place)),
            Change::AsNumber(place) => format!("takes {} for the number that it converts to", self.param(place)),
            Change::AsByte(place) => format!("takes {} for its first byte", self.param(place)),
            Change::AsBytes(place) => format!("takes {} for its bytes", self.param(place)),
            Change::AsMissing(place) => format!("takes `None` for a missing {}", self.param(place)),
            Change::AsEmpty(place) => format!("takes {} for no bytes", self.param(place)),
            Change::WithoutStride(place) => format!("ignores the stride of {}", self.param(place)),
            Change::Flag(from, to) => format!("takes `{}` for `{}`", constant(from), constant(to)),
            Change::CutToRoom(place) => format!("cuts {} to the room behind the position", self.param(place)),
            Change::AsOneByte(place) => format!("takes {} for the byte of that number", self.param(place)),
            Change::Swapped(a, b) => format!("takes {} for {} and the other way round", self.param(a), self.param(b)),
            Change::Reversed(place) => format!("takes the bytes of {} in reverse", self.param(place)),
        }
    }

    /// A condition as a clause.
    fn clause(&self, condition: &Condition) -> String {
        match condition {
            Condition::Raises(class, message) => format!("the rule raises `{class}: {}`", printable(message)),
            Condition::Returns => "it should return a value".into(),
            Condition::Gives(value) => {
                format!("it should return `{}`", printable(&render_value(value, Dialect::Python3)))
            }
            Condition::Ints => "each argument is an `int`".into(),
            Condition::KnownKeywords => "no unknown keyword is passed".into(),
            Condition::ForeignKeyword => "an unknown keyword is passed".into(),
            Condition::Passes(0) => "no argument is passed".into(),
            Condition::Passes(1) => "one argument is passed".into(),
            Condition::Passes(many) => format!("{many} arguments are passed"),
            Condition::Some(property) => format!("an argument {}", predicate(*property)),
            Condition::Argument(place, property) => format!("{} {}", self.param(*place), predicate(*property)),
            Condition::EmptyRange => "the start of the range is not before its end".into(),
            Condition::FilledRange => "the start of the range is before its end".into(),
            Condition::Closed => "the map is closed".into(),
            Condition::Open => "the map is open".into(),
            Condition::AtEnd => "the position is at the end".into(),
            Condition::NotBeyondEnd => "the position is not beyond the end".into(),
            Condition::BeyondEnd => "the position is beyond the end".into(),
            Condition::Moved => "the position is not 0".into(),
            Condition::InChild => "a child process does it".into(),
            Condition::ClosedInside => "an argument closes the map".into(),
            Condition::ResizedInside => "an argument resizes the map".into(),
            Condition::Uninterrupted => "no argument does a step".into(),
            Condition::Interrupted => "an argument does a step while it is converted".into(),
        }
    }
}

fn kind(like: BytesLike) -> &'static str {
    match like {
        BytesLike::Bytes => "`bytes`",
        BytesLike::ByteArray => "a `bytearray`",
        BytesLike::View => "a `memoryview`",
        BytesLike::Strided => "a `memoryview` with a stride",
        BytesLike::Array => "an `array`",
    }
}

fn predicate(property: Property) -> String {
    match property {
        Property::Passed => "is passed".into(),
        Property::Missing => "is not passed".into(),
        Property::ByKeyword => "is passed by its keyword".into(),
        Property::None => "is `None`".into(),
        Property::Bool => "is a truth value".into(),
        Property::Int => "is an `int`".into(),
        Property::IndexObject => "is an object with `__index__`".into(),
        Property::Negative => "is negative".into(),
        Property::Zero => "is 0".into(),
        Property::Positive => "is positive".into(),
        Property::IsLength => "is the length of the map".into(),
        Property::AboveLength => "is more than the length of the map".into(),
        Property::NotBelowLength => "is not less than the length of the map".into(),
        Property::BelowMinusLength => "is less than minus the length of the map".into(),
        Property::Wide(power) => format!("is 2**{power} or more"),
        Property::NegativeWide(power) => format!("is less than -2**{power}"),
        Property::Huge => "does not fit in 64 bits".into(),
        Property::Fits(bits) => format!("fits in {bits} bits"),
        Property::Narrow(power) => format!("is within 2**{power}"),
        Property::Exactly(number) => format!("is {number}"),
        Property::BytesLike(like) => format!("is {}", kind(like)),
        Property::NotBytes => "is not `bytes`".into(),
        Property::Empty => "is empty".into(),
        Property::OneByte => "is one byte".into(),
        Property::Several => "has several bytes".into(),
        Property::WrongType(wrong) => format!("is `{}`", wrong.source()),
        Property::Map => "is a map".into(),
        Property::View => "is a view".into(),
        Property::WideItems => "has items of more than one byte".into(),
        Property::Descriptor => "is a descriptor".into(),
        Property::Flag(place) => format!("is `{}`", constants::ALL[usize::from(place)].name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variations_with_the_same_effect_are_said_together() {
        let of =
            |op, place| Variation { ops: vec![op], when: Vec::new(), effect: Effect::Does(Change::AsMissing(place)) };
        let all = [of(Op::Find, 1), of(Op::RFind, 1), of(Op::Find, 2)];
        let text =
            "`find` and `rfind`: each takes `None` for a missing `start`; and `find` takes `None` for a missing `end`";
        assert_eq!(sentence(&all), text);
        assert_eq!(sentence(&all[2..]), "`find` takes `None` for a missing `end`");
        assert_eq!(sentence(&[]), "");
        let raises = |op, when: &[Condition]| Variation {
            ops: vec![op],
            when: when.to_vec(),
            effect: Effect::Answers(Reply::Class("TypeError".into())),
        };
        let all = [
            raises(Op::GetItem, &[Condition::Moved]),
            raises(Op::DelItem, &[]),
            raises(Op::DelItem, &[Condition::Moved]),
        ];
        let text = "`getitem` and `delitem`: each raises `TypeError`, if the position is not 0; and `delitem` raises `TypeError`";
        assert_eq!(sentence(&all), text);
        assert_eq!(sentence(&all[1..]), "`delitem` raises `TypeError`");
    }
}
