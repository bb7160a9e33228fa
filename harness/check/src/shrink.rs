//! Shrinking a diverging case while it shows the same divergence.
//!
//! Each round drops steps, then simplifies arguments, then shrinks the world, until a round finds no smaller case. A candidate
//! must be smaller by [`size`], so that shrinking ends.

use mmapcheck_spec::notation::print;
use mmapcheck_spec::{Arg, Base, BytesLike, Case, Draft, Mode, Num, PassedArg, Step};
use std::time::Instant;

/// Shrinks a case. `same` returns whether a candidate still shows the divergence. At `deadline`, the smallest case so far is
/// returned.
pub fn shrink(case: Case, deadline: Instant, same: &mut dyn FnMut(&Case) -> bool) -> Case {
    let size = size(&case);
    let mut shrinker = Shrinker { case, size, deadline, same };
    while shrinker.steps() | shrinker.pairs() | shrinker.replacements() | shrinker.arguments() | shrinker.world() {}
    shrinker.case
}

/// The size of a case: the number of steps, then the length of its session and of its bytes, then the size of its numbers.
/// Bytes count besides the session, because a short literal can stand for many: `b'a' * 5000`.
fn size(case: &Case) -> (usize, usize, u128) {
    let number = |passed: &PassedArg| match &passed.arg {
        Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) | Arg::IndexAfter(num, _) => {
            num.plus.unsigned_abs().min(1 << 80)
        }
        Arg::Fd(slot) | Arg::Map(slot) | Arg::View(slot) | Arg::File(slot) | Arg::Path(slot) => u128::from(*slot),
        Arg::Special(file) => *file as u128,
        Arg::Bytes(_, bytes) | Arg::BufferAfter(bytes, _) => disorder(bytes),
        _ => 0,
    };
    let steps =
        case.all_steps().map(|step| step.args.iter().map(number).sum::<u128>() + u128::from(step.on + step.bind));
    let files = case.world.files.iter().map(|file| disorder(&file.bytes));
    let passed = case.all_steps().flat_map(|step| &step.args);
    let written = passed.map(|passed| match &passed.arg {
        Arg::Bytes(_, bytes) | Arg::BufferAfter(bytes, _) => bytes.len(),
        // A bit weighs more than the characters it can save: `2**63` prints shorter than the numbers around it.
        arg => arg.number().map_or(0, |num| 16 * (128 - num.plus.unsigned_abs().leading_zeros() as usize)),
    });
    let bytes = case.world.files.iter().map(|file| file.bytes.len()).chain(written).sum::<usize>();
    (case.steps.len(), print(case).len() + bytes, steps.sum::<u128>() + files.sum::<u128>())
}

/// The distance of bytes from the letter `a`.
fn disorder(bytes: &[u8]) -> u128 {
    bytes.iter().map(|&byte| u128::from(byte.abs_diff(b'a'))).sum()
}

/// The most steps of a case that is shrunk by changes to pairs of steps: longer cases have too many pairs.
const SHORT: usize = 10;

struct Shrinker<'a> {
    case: Case,
    size: (usize, usize, u128),
    deadline: Instant,
    same: &'a mut dyn FnMut(&Case) -> bool,
}

impl Shrinker<'_> {
    /// Keeps a candidate if it is smaller and shows the same divergence. Returns whether it did.
    fn offer(&mut self, candidate: Draft) -> bool {
        if Instant::now() > self.deadline {
            return false;
        }
        let candidate = candidate.repair();
        let size = size(&candidate);
        let better = size < self.size && (self.same)(&candidate);
        if better {
            self.case = candidate;
            self.size = size;
        }
        better
    }

    /// Drops runs of consecutive steps, the longest first.
    fn steps(&mut self) -> bool {
        let mut helped = false;
        let mut run = self.case.steps.len();
        while run > 0 {
            let mut at = self.case.steps.len().saturating_sub(run);
            loop {
                let mut candidate = self.case.draft();
                let end = (at + run).min(candidate.steps.len());
                if at < end {
                    candidate.steps.drain(at..end);
                    helped |= self.offer(candidate);
                }
                if at == 0 {
                    break;
                }
                at = at.saturating_sub(run);
            }
            run /= 2;
        }
        helped
    }

    /// Drops two steps that depend on each other, such as taking and releasing a view.
    fn pairs(&mut self) -> bool {
        let many = self.case.steps.len();
        let pairs = (0..many).flat_map(|first| (first + 2..many).map(move |second| (first, second)));
        many <= SHORT
            && pairs.into_iter().any(|(first, second)| {
                let mut candidate = self.case.draft();
                candidate.steps.remove(second);
                candidate.steps.remove(first);
                self.offer(candidate)
            })
    }

    /// Drops a step and replaces its effect: where it moved the position or the length, another argument of a later step or
    /// another length of a file may have the same effect.
    fn replacements(&mut self) -> bool {
        let many = self.case.steps.len();
        many <= SHORT && (0..many).any(|dropped| self.replace(dropped))
    }

    fn replace(&mut self, dropped: usize) -> bool {
        let mut less = self.case.draft();
        less.steps.remove(dropped);
        let mut candidates = Vec::new();
        for (number, file) in less.world.files.iter().enumerate().filter(|(_, file)| file.bytes.len() > 1) {
            let mut candidate = less.clone();
            candidate.world.files[number].bytes = file.bytes[..1].to_vec();
            candidates.push(candidate);
        }
        for (step, place) in (dropped..less.steps.len())
            .flat_map(|step| (0..less.steps[step].args.len()).map(move |place| (step, place)))
        {
            let mut candidate = less.clone();
            match &mut candidate.steps[step].args[place].arg {
                Arg::Int(num) => *num = Num::plain(0),
                Arg::Bytes(_, bytes) => *bytes = bytes.repeat(2),
                _ => continue,
            }
            candidates.push(candidate);
        }
        candidates.into_iter().any(|candidate| self.offer(candidate))
    }

    fn arguments(&mut self) -> bool {
        let mut helped = false;
        let mut step = 0;
        while step < self.case.steps.len() {
            helped |= self.callback_alone(step) | self.names(step) | self.together(step);
            let mut place = self.case.steps[step].args.len();
            while place > 0 {
                place -= 1;
                helped |= self.drop_argument(step, place) || self.simplify_argument(step, place);
            }
            step += 1;
        }
        helped
    }

    /// Replaces a step by the step of its callback argument.
    fn callback_alone(&mut self, step: usize) -> bool {
        let Some(callback) = self.case.steps[step].callback().cloned() else { return false };
        let mut candidate = self.case.draft();
        candidate.steps[step] = callback;
        self.offer(candidate)
    }

    /// Moves a step to the first object of its kind, and its result to the first name.
    fn names(&mut self, step: usize) -> bool {
        let mut candidate = self.case.draft();
        (candidate.steps[step].on, candidate.steps[step].bind) = (0, 0);
        candidate != *self.case && self.offer(candidate)
    }

    /// Shrinks arguments that depend on each other together: the ends of a range, a slice and the bytes assigned to it.
    fn together(&mut self, step: usize) -> bool {
        let mut helped = false;
        while let Some(args) = self.case.steps.get(step).map(|step| step.args.clone()) {
            let taken = closer(&args).into_iter().any(|args| {
                let mut candidate = self.case.draft();
                candidate.steps[step].args = args;
                self.offer(candidate)
            });
            if !taken {
                break;
            }
            helped = true;
        }
        helped
    }

    fn drop_argument(&mut self, step: usize, place: usize) -> bool {
        let mut candidate = self.case.draft();
        if !candidate.steps[step].op.row().is_call() {
            return false;
        }
        candidate.steps[step].args.remove(place);
        self.offer(candidate)
    }

    fn simplify_argument(&mut self, step: usize, place: usize) -> bool {
        let mut helped = false;
        while let Some(passed) = self.case.steps.get(step).and_then(|step| step.args.get(place)).cloned() {
            let simpler = simpler(&passed.arg);
            let taken = simpler.into_iter().any(|arg| {
                let mut candidate = self.case.draft();
                candidate.steps[step].args[place].arg = arg;
                self.offer(candidate)
            });
            if !taken {
                break;
            }
            helped = true;
        }
        helped
    }

    fn world(&mut self) -> bool {
        let mut helped = false;
        for number in (0..self.case.world.files.len()).rev() {
            let mut candidate = self.case.draft();
            candidate.world.files.remove(number);
            if self.offer(candidate) {
                helped = true;
                continue;
            }
            helped |= self.file(number);
        }
        helped
    }

    fn file(&mut self, number: usize) -> bool {
        let mut helped = false;
        let mut candidate = self.case.draft();
        candidate.world.files[number].mode = Mode::New;
        if candidate != *self.case {
            helped |= self.offer(candidate);
        }
        loop {
            let bytes = self.case.world.files[number].bytes.clone();
            let taken = shorter(&bytes).into_iter().any(|bytes| {
                let mut candidate = self.case.draft();
                candidate.world.files[number].bytes = bytes;
                self.offer(candidate)
            });
            if !taken {
                return helped;
            }
            helped = true;
        }
    }
}

/// Candidates that may be simpler than an argument, the simplest first.
fn simpler(arg: &Arg) -> Vec<Arg> {
    match arg {
        Arg::Int(num) => numbers(*num).into_iter().map(Arg::Int).collect(),
        Arg::Index(num) => std::iter::once(Arg::Int(*num)).chain(numbers(*num).into_iter().map(Arg::Index)).collect(),
        Arg::OfInt(class, num) => std::iter::once(Arg::Int(*num))
            .chain(numbers(*num).into_iter().map(|num| Arg::OfInt(*class, num)))
            .collect(),
        Arg::IndexAfter(num, callback) => [Arg::Int(*num), Arg::Index(*num)]
            .into_iter()
            .chain(numbers(*num).into_iter().map(|num| Arg::IndexAfter(num, callback.clone())))
            .chain(simpler_callbacks(callback).map(|callback| Arg::IndexAfter(*num, Box::new(callback))))
            .collect(),
        Arg::Text(_) => vec![Arg::text(""), Arg::text("a")],
        Arg::BufferAfter(bytes, callback) => std::iter::once(Arg::Bytes(BytesLike::Bytes, bytes.clone()))
            .chain(shorter(bytes).into_iter().map(|bytes| Arg::BufferAfter(bytes, callback.clone())))
            .chain(simpler_callbacks(callback).map(|callback| Arg::BufferAfter(bytes.clone(), Box::new(callback))))
            .collect(),
        Arg::Bool(value) => vec![Arg::int(i128::from(*value))],
        Arg::Bytes(wrap, bytes) => {
            let plain = (*wrap != BytesLike::Bytes).then(|| Arg::Bytes(BytesLike::Bytes, bytes.clone()));
            plain.into_iter().chain(shorter(bytes).into_iter().map(|bytes| Arg::Bytes(*wrap, bytes))).collect()
        }
        Arg::Flags(places) => {
            (0..places.len()).filter(|_| places.len() > 1).map(|i| Arg::Flags(without(places, i))).collect()
        }
        Arg::Fd(1..) => vec![Arg::Fd(0)],
        Arg::Special(file) => file.earlier().map(Arg::Special).chain([Arg::int(-1)]).collect(),
        Arg::Map(1..) => vec![Arg::Map(0)],
        Arg::View(1..) => vec![Arg::View(0)],
        Arg::Path(1..) => vec![Arg::Path(0)],
        _ => Vec::new(),
    }
}

/// Candidates that may be simpler than the step of a callback argument: on the first object, with fewer or simpler arguments.
fn simpler_callbacks(callback: &Step) -> impl Iterator<Item = Step> {
    let first = Step { on: 0, bind: 0, ..callback.clone() };
    let fewer = (0..callback.args.len()).filter(|_| callback.op.row().is_call()).map(|place| {
        let mut less = callback.clone();
        less.args.remove(place);
        less
    });
    let plainer = (0..callback.args.len()).flat_map(|place| {
        let with = move |arg| {
            let mut step = callback.clone();
            step.args[place].arg = arg;
            step
        };
        simpler(&callback.args[place].arg).into_iter().map(with)
    });
    let found: Vec<Step> =
        std::iter::once(first).filter(|first| first != callback).chain(fewer).chain(plainer).collect();
    found.into_iter()
}

fn without(places: &smallvec::SmallVec<[u8; 4]>, i: usize) -> smallvec::SmallVec<[u8; 4]> {
    let mut less = places.clone();
    less.remove(i);
    less
}

type Args = smallvec::SmallVec<[PassedArg; 2]>;

/// Candidates for the arguments of a step: all plain numbers lowered by the same amount, or one byte dropped and the range
/// shortened by one.
fn closer(args: &Args) -> Vec<Args> {
    let plain = |passed: &PassedArg| match passed.arg {
        Arg::Int(num) => num.as_plain().filter(|value| *value > 0),
        _ => None,
    };
    let places: Vec<usize> = (0..args.len()).filter(|&place| plain(&args[place]).is_some()).collect();
    let mut found = Vec::new();
    for some in [&places[..], &places[..places.len().min(2)]] {
        let least = some.iter().filter_map(|&place| plain(&args[place])).min().unwrap_or(0);
        found.extend([least, least / 2, 1].map(|less| lowered(args, some, less)));
    }
    let bytes = args.iter().position(|passed| matches!(&passed.arg, Arg::Bytes(_, bytes) if bytes.len() > 1));
    if let (Some(bytes), Some(&end)) = (bytes, places.last()) {
        let mut args = lowered(args, &[end], 1);
        if let Arg::Bytes(_, bytes) = &mut args[bytes].arg {
            bytes.pop();
        }
        found.push(args);
    }
    found
}

fn lowered(args: &Args, places: &[usize], less: i128) -> Args {
    let mut args = args.clone();
    for &place in places {
        if let Arg::Int(num) = &mut args[place].arg {
            num.plus -= less;
        }
    }
    args
}

/// The parts of a number or of bytes that are taken away at once: one half, then less, so that a boundary is found fast.
const CUTS: [i128; 4] = [2, 4, 16, 256];

/// The widths of the types of C in bits, signed and unsigned.
const WIDTHS: [u32; 8] = [7, 8, 15, 16, 31, 32, 63, 64];

/// The last number of each type of C and the first that it cannot hold, of the sign of this one, up to it and the smallest first:
/// most numbers diverge because they are beyond one of these.
fn boundaries(number: i128) -> impl Iterator<Item = i128> {
    let ends = WIDTHS.into_iter().flat_map(|bits| [(1 << bits) - 1, 1 << bits]);
    let of_sign = ends.map(move |end: i128| if number < 0 { -end - 1 } else { end });
    of_sign.filter(move |end| end.unsigned_abs() <= number.unsigned_abs())
}

fn numbers(num: Num) -> Vec<Num> {
    let plus = num.plus;
    let nearer = CUTS.map(|part| plus - plus / part).into_iter().chain([plus - plus.signum(), plus.abs()]);
    let mut found: Vec<Num> = [0, 1].into_iter().chain(boundaries(plus)).chain(nearer).map(Num::plain).collect();
    if num.base != Base::Zero {
        found.push(Num { base: num.base, plus: 0 });
    }
    found.retain(|candidate| *candidate != num);
    found
}

/// Candidates with fewer or plainer bytes.
fn shorter(bytes: &[u8]) -> Vec<Vec<u8>> {
    /// The most bytes whose every single byte is tried.
    const FEW: usize = 24;
    let many = bytes.len();
    if many == 0 {
        return Vec::new();
    }
    let mut found = vec![Vec::new(), bytes[..1].to_vec()];
    found.extend(CUTS.map(|part| bytes[..many - many / part as usize].to_vec()));
    found.extend([bytes[..many - 1].to_vec(), bytes[1..].to_vec(), vec![b'a'; many]]);
    found.push((0..many).map(|i| b'a' + (i % 26) as u8).collect());
    for at in 0..if many <= FEW { many } else { 0 } {
        found.push([&bytes[..at], &bytes[at + 1..]].concat());
        found.push([&bytes[..at], b"a", &bytes[at + 1..]].concat());
    }
    found.retain(|candidate| candidate != bytes);
    found
}

#[cfg(test)]
mod tests;
