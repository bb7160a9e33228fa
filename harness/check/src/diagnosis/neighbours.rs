//! Neighbours of a case: cases that differ from it in one thing, to find the conditions of an effect.

use mmapcheck_spec::{
    Arg, Base, BytesLike, Case, Float, Num, ObjectKind, Op, PassedArg, SLOTS, Slot, Step, World, constants,
};
use smallvec::SmallVec;

/// The neighbours of a case in whose step `at` a target diverges: with other arguments there, in other states, and all of that
/// in longer maps as well.
pub(super) fn of(case: &Case, at: usize) -> Vec<Case> {
    if case.steps.get(at).is_some_and(|step| step.op == Op::Constant) {
        return looks().collect();
    }
    let mut all = in_longer_files(case);
    let mut found = near(case, at).into_iter();
    let roomy = roomy(case);
    let mut found_roomy = if roomy == *case { Vec::new() } else { near(&roomy, at) }.into_iter();
    // Both in turn, so that the end of the time cuts both.
    loop {
        let (one, other) = (found.next(), found_roomy.next());
        if one.is_none() && other.is_none() {
            break;
        }
        all.extend(one.into_iter().chain(other));
    }
    all
}

/// A look at each constant of the module: what a module has otherwise is one cause.
fn looks() -> impl Iterator<Item = Case> {
    let look = |place: u8| Step::new(Op::Constant, 0, [Arg::Flags(smallvec::smallvec![place])]);
    constants::ALL.into_iter().map(move |one| Case::new(World::default(), vec![look(one.place())]))
}

/// The case, and with one thing changed.
fn near(case: &Case, at: usize) -> Vec<Case> {
    let mut all = vec![case.clone()];
    let mut add = |change: &dyn Fn(&mut Vec<Step>)| {
        let mut neighbour = case.clone();
        neighbour.edit(|draft| change(&mut draft.steps));
        if !all.contains(&neighbour) {
            all.push(neighbour);
        }
    };
    let Some(step) = case.steps.get(at).or(case.steps.last()) else { return all };
    let at = at.min(case.steps.len() - 1);
    for place in 0..step.args.len() {
        for arg in arguments(&step.args[place].arg) {
            add(&|steps| steps[at].args[place].arg = arg.clone());
        }
        add(&|steps| drop(steps[at].args.drain(place..)));
    }
    for arg in [Arg::int(0), Arg::int(3), Arg::None] {
        add(&|steps| steps[at].args.push(PassedArg::plain(arg.clone())));
    }
    if let Some(callback) = step.callback() {
        // What a callback does, done before the step.
        add(&|steps| {
            steps[at].args.iter_mut().for_each(|passed| passed.arg = passed.arg.clone().without_callback());
            steps.insert(at, callback.clone());
        });
    }
    for before in states(step) {
        add(&|steps| steps.insert(at, before.clone()));
    }
    for earlier in 0..at.min(case.steps.len()) {
        for args in openings(&case.steps[earlier]) {
            add(&|steps| steps[earlier].args.clone_from(&args));
        }
        add(&|steps| drop(steps.remove(earlier)));
    }
    add(&|steps| steps.insert(at, steps[at].clone()));
    if OF_SUBCLASSES.contains(&step.op) {
        let on = if step.op.row().on == ObjectKind::Map { step.on } else { 0 };
        for other in OF_SUBCLASSES.into_iter().filter(|op| op.row().on == ObjectKind::Map) {
            let number = (other == Op::Contains).then(|| Arg::int(b'a'.into()));
            add(&|steps| steps[at] = Step::new(other, on, number.clone()));
        }
    }
    for after in [Op::Tell, Op::Read, Op::Bytes] {
        add(&|steps| steps.insert(at + 1, Step::new(after, step.on, [])));
    }
    all
}

/// The operations that a subclass of CPython's class does otherwise, whatever it defines: which of them a target does otherwise tells
/// whether its class is one.
const OF_SUBCLASSES: [Op; 5] = [Op::List, Op::Reversed, Op::Next, Op::Contains, Op::SetAttr];

/// The longest map, in bytes, that is made longer: the length of a longer one has a meaning of its own.
const LONGEST: i128 = 1000;

/// The bytes of files that are made longer: each byte tells its place.
const ROOM: &[u8] = b"b\ncab\xc8de";

/// The case with longer files and maps: a map of one byte shows little.
fn roomy(case: &Case) -> Case {
    let mut roomy = case.clone();
    roomy.edit(|draft| {
        draft.world.files.iter_mut().for_each(|file| file.bytes = [ROOM, &file.bytes].concat());
        for step in draft.steps.iter_mut().filter(|step| matches!(step.op, Op::New | Op::Sub)) {
            if let Some(PassedArg { arg: Arg::Int(Num { base: Base::Zero, plus: plus @ 1..=LONGEST }), .. }) =
                step.args.get_mut(1)
            {
                *plus += ROOM.len() as i128;
            }
        }
    });
    roomy
}

/// The case with more bytes in one of its files.
fn in_longer_files(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    for (number, file) in case.world.files.iter().enumerate() {
        for bytes in [file.bytes.repeat(2), [&file.bytes[..], b"b\n"].concat()] {
            let mut neighbour = case.clone();
            neighbour.edit(|draft| draft.world.files[number].bytes = bytes);
            all.push(neighbour);
        }
    }
    all
}

/// Other arguments of a constructor: without its keywords and flags, and with each access.
fn openings(step: &Step) -> Vec<SmallVec<[PassedArg; 2]>> {
    if !matches!(step.op, Op::New | Op::Sub) {
        return Vec::new();
    }
    let plain: SmallVec<[PassedArg; 2]> = step.args.iter().take(2).cloned().collect();
    let with = |name: &str| {
        let flags = constants::place(name).map(|place| Arg::Flags(smallvec::smallvec![place]))?;
        Some(plain.iter().cloned().chain([PassedArg::named("access", flags)]).collect())
    };
    let accesses = ["ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY"];
    [plain.clone()].into_iter().chain(accesses.into_iter().filter_map(with)).collect()
}

/// Steps that bring the object of a step into another state.
fn states(step: &Step) -> Vec<Step> {
    if step.op.row().on != ObjectKind::Map {
        return Vec::new();
    }
    let on = |op, args: &[Arg]| Step::new(op, step.on, args.iter().cloned());
    let length = |plus| Arg::Int(Num { base: Base::Len, plus });
    vec![
        on(Op::Close, &[]),
        Step { bind: SLOTS as Slot - 1, ..on(Op::View, &[]) },
        on(Op::Seek, &[Arg::int(0)]),
        on(Op::Seek, &[Arg::int(1)]),
        on(Op::Seek, &[Arg::int(2)]),
        on(Op::Seek, &[length(-1)]),
        on(Op::Seek, &[length(0)]),
        on(Op::SetItem, &[Arg::int(0), Arg::int(0)]),
        on(Op::SetItem, &[Arg::int(1), Arg::int(200)]),
        on(Op::SetSlice, &[Arg::int(0), Arg::int(3), Arg::bytes(b"b\nc")]),
        on(Op::Resize, &[length(1)]),
        on(Op::Resize, &[Arg::int(1)]),
    ]
}

/// Other values for an argument.
fn arguments(arg: &Arg) -> Vec<Arg> {
    let mut all = match arg {
        Arg::Int(_) | Arg::Index(_) | Arg::OfInt(..) | Arg::Bool(_) => numbers(arg),
        Arg::Bytes(..) => bytes(arg),
        Arg::None | Arg::Float(_) | Arg::Text(_) | Arg::WrongType(_) => {
            [numbers(&Arg::int(1)), bytes(&Arg::bytes(b"ab"))].concat()
        }
        Arg::IndexAfter(..) | Arg::BufferAfter(..) => vec![arg.clone().without_callback()],
        _ => return Vec::new(),
    };
    all.extend([Arg::None, Arg::text("text"), Arg::Float(Float::new(1.5))]);
    all
}

/// Numbers at which the types of C and the maps of cases end.
const NUMBERS: [i128; 22] = [
    0,
    1,
    2,
    3,
    -1,
    -2,
    5,
    97,
    127,
    128,
    255,
    256,
    257,
    300,
    65536,
    1 << 31,
    (1 << 31) - 1,
    1 << 32,
    (1 << 32) + 1,
    (1 << 63) - 1,
    1 << 63,
    -(1 << 63),
];

fn numbers(arg: &Arg) -> Vec<Arg> {
    let own = arg.number().map_or(0, |num| num.plus);
    let near = [own + 1, own - 1, -own].map(Arg::int);
    let relative = [(Base::Len, 0), (Base::Len, 1), (Base::Len, -1), (Base::Pos, 0)];
    let relative = relative.map(|(base, plus)| Arg::Int(Num { base, plus }));
    let objects = [own, 1, -1].map(|number| Arg::Index(Num::plain(number)));
    NUMBERS.map(Arg::int).into_iter().chain(near).chain(relative).chain(objects).chain([Arg::Bool(true)]).collect()
}

fn bytes(arg: &Arg) -> Vec<Arg> {
    let own: &[u8] = if let Arg::Bytes(_, bytes) = arg { bytes } else { b"ab" };
    let contents: [&[u8]; 6] = [b"", b"a", b"b", b"ab", b"a\nb", b"\0"];
    let others = contents.into_iter().map(Arg::bytes);
    others.chain(BytesLike::ALL.map(|like| Arg::Bytes(like, own.to_vec()))).collect()
}
