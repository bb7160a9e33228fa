//! Generating cases: one generator over any source of choices.
//!
//! Numbers are chosen relative to the state they will meet (length, position, page, size of the file), so that the
//! boundaries are hit often. Each case switches some operations off (swarm), so that the others meet more often.

use crate::choices::Choices;
use mmapcheck_spec::{
    Arg, Base, Case, FileSpec, Given, Kind, Mode, Num, Op, Profile, SLOTS, Sort, Step, Thing, World, Wrap, constants,
    repair,
};

/// What may be generated.
#[derive(Clone, Debug)]
pub struct Mix {
    /// The operations that may occur.
    pub ops: Vec<Op>,
    /// The most steps of a case.
    pub steps: usize,
    /// The profile whose constants may occur.
    pub profile: Profile,
}

impl Mix {
    /// Every operation.
    #[must_use]
    pub fn all(profile: Profile) -> Mix {
        Mix { ops: Op::ALL.to_vec(), steps: crate::limits::STEPS, profile }
    }
}

/// How often an operation is chosen, relative to the others: cheap ones that change state most; those that cost a system
/// call, or end a map's life, so seldom that maps live long enough to get into interesting states.
fn weight(op: Op) -> usize {
    match op {
        Op::Read | Op::Write | Op::Seek | Op::SetSlice | Op::GetSlice => 36,
        Op::Find | Op::RFind | Op::GetItem | Op::SetItem | Op::Move | Op::ReadLine | Op::WriteByte | Op::ReadByte => 27,
        Op::GetStep | Op::SetStep | Op::Tell => 15,
        Op::Resize | Op::View | Op::ViewSet | Op::ViewGet | Op::ViewBytes | Op::ViewRelease | Op::Next => 8,
        Op::New | Op::Contains | Op::Eq | Op::ViewSetSlice | Op::SubView | Op::FileWrite | Op::FileTruncate => 6,
        Op::Close
        | Op::Exit
        | Op::With
        | Op::WithRaise
        | Op::Drop
        | Op::FileOpen
        | Op::FileClose
        | Op::Add
        | Op::Mul => 1,
        Op::List | Op::Reversed | Op::FindAll | Op::Madvise | Op::DelItem | Op::DelSlice | Op::DelStep | Op::Less => 2,
        _ => 3,
    }
}

/// Makes a case.
pub fn generate(choices: &mut impl Choices, mix: &Mix) -> Case {
    let mut maker = Maker { choices, mix, maps: 0, views: 0, iters: 0, files: 0, world: Vec::new() };
    let world = maker.world();
    let bag = maker.bag();
    let mut steps = Vec::with_capacity(mix.steps);
    steps.push(maker.opening());
    let wanted = if maker.one_in(8) { 1 + maker.below(mix.steps) } else { mix.steps };
    while steps.len() < wanted && !maker.choices.dry() {
        if let Some(step) = maker.step(&bag) {
            steps.push(step);
        } else if bag.is_empty() {
            break;
        }
    }
    let mut case = Case { world, steps };
    repair(&mut case);
    case
}

struct Maker<'a, C> {
    choices: &'a mut C,
    mix: &'a Mix,
    maps: usize,
    views: usize,
    iters: usize,
    files: usize,
    /// Size and mode of each file of the world.
    world: Vec<(usize, Mode)>,
}

impl<C: Choices> Maker<'_, C> {
    fn below(&mut self, many: usize) -> usize {
        self.choices.below(many as u32) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn world(&mut self) -> World {
        self.files = if self.one_in(8) { 2 } else { 1 };
        let file = |maker: &mut Self| {
            let size = maker.size();
            let mode = match maker.below(20) {
                0 | 1 => Mode::Read,
                2 => Mode::Update,
                3 if maker.one_in(3) => Mode::Write,
                _ => Mode::New,
            };
            maker.world.push((size, mode));
            FileSpec { bytes: maker.content(size), mode }
        };
        World { files: (0..self.files).map(|_| file(self)).collect() }
    }

    /// Mostly a few bytes; now and then around the end of a page, or several pages; hardly ever nothing.
    fn size(&mut self) -> usize {
        match self.below(40) {
            0 if self.one_in(3) => 0,
            3 => 1 + self.below(8),
            1 => 4096 * (1 + self.below(3)) - 2 + self.below(5),
            2 if self.one_in(2) => 4096 * (1 + self.below(3)) + self.below(4096),
            _ => 8 + self.below(56),
        }
    }

    /// Few different bytes, so that searches hit. Large contents repeat, so that they print short.
    fn content(&mut self, size: usize) -> Vec<u8> {
        const ALPHABET: &[u8] = b"aaabbc\n\0";
        let unit: Vec<u8> = (0..size.min(2 + self.below(14))).map(|_| self.pick(ALPHABET)).collect();
        let mut content = unit.repeat(size.div_ceil(unit.len().max(1)));
        content.truncate(size);
        content
    }

    /// The operations of this case, each as often as its weight.
    fn bag(&mut self) -> Vec<Op> {
        let all = self.one_in(4);
        let mut bag = Vec::with_capacity(512);
        for &op in &self.mix.ops {
            if all || !self.one_in(3) {
                bag.extend(std::iter::repeat_n(op, weight(op)));
            }
        }
        bag
    }

    fn step(&mut self, bag: &[Op]) -> Option<Step> {
        if bag.is_empty() {
            return None;
        }
        let op = self.pick(bag);
        let row = op.row();
        let on = self.slot(row.on)?;
        let mut step = Step { op, on, bind: 0, args: self.args(op) };
        if let Some(kind) = row.binds {
            step.bind = self.bind(kind);
        }
        Some(step)
    }

    fn slot(&mut self, kind: Kind) -> Option<u8> {
        let bound = match kind {
            Kind::Module => return Some(0),
            Kind::Map => self.maps,
            Kind::View => self.views,
            Kind::Iter => self.iters,
            Kind::File => self.files,
        };
        (bound > 0).then(|| self.below(bound) as u8)
    }

    /// The next free name, or now and then one that is in use.
    fn bind(&mut self, kind: Kind) -> u8 {
        let again = self.one_in(3);
        let bound = match kind {
            Kind::Map => &mut self.maps,
            Kind::View => &mut self.views,
            Kind::Iter => &mut self.iters,
            Kind::File | Kind::Module => &mut self.files,
        };
        if *bound < SLOTS && (!again || *bound == 0) {
            *bound += 1;
            return (*bound - 1) as u8;
        }
        let bound = *bound;
        self.below(bound) as u8
    }

    /// The map a case starts with: nearly always one that can be opened.
    fn opening(&mut self) -> Step {
        let args = if self.one_in(16) { self.args(Op::New) } else { self.sound_map() };
        Step { op: Op::New, on: 0, bind: self.bind(Kind::Map), args }
    }

    fn args(&mut self, op: Op) -> smallvec::SmallVec<[Given; 2]> {
        match op {
            Op::New if !self.one_in(5) => return self.sound_map(),
            Op::SetSlice if !self.one_in(8) => return self.fitting_slice(),
            Op::SetStep if !self.one_in(4) => return self.fitting_stride(),
            Op::Seek if !self.one_in(4) => return self.sound_seek(),
            Op::Move if !self.one_in(4) => return self.fitting_move(),
            _ => {}
        }
        let row = op.row();
        let mut args = smallvec::SmallVec::new();
        for param in row.params {
            if !param.needed && self.one_in(2) {
                break;
            }
            args.push(Given::plain(self.arg(param.sort)));
        }
        if row.is_call() && self.one_in(24) {
            self.spoil(&mut args);
        }
        args
    }

    /// A wrong number of arguments, or a keyword.
    fn spoil(&mut self, args: &mut smallvec::SmallVec<[Given; 2]>) {
        match self.below(3) {
            0 => {
                args.pop();
            }
            1 => args.push(Given::plain(self.arg(Sort::Other))),
            _ => {
                let keyword = Some(self.pick(Given::KEYWORDS));
                args.push(Given { keyword, arg: self.arg(Sort::Position) });
            }
        }
    }

    /// Constructor arguments that make a map, as far as can be told.
    fn sound_map(&mut self) -> smallvec::SmallVec<[Given; 2]> {
        let number = self.below(self.world.len());
        let (size, mode) = self.world[number];
        if size == 0 || mode == Mode::Write || self.one_in(12) {
            return self.anonymous_map();
        }
        let plain = |arg| Given::plain(arg);
        let word = |keyword, arg| Given { keyword: Some(keyword), arg };
        let (file, whole) = (plain(Arg::Fd(number as u8)), plain(Arg::int(0)));
        match self.below(20) {
            _ if mode == Mode::Read => {
                let access = self.pick(&["ACCESS_READ", "ACCESS_COPY"]);
                smallvec::smallvec![file, whole, word("access", Self::flag(access))]
            }
            0..5 => {
                let access = self.constant("ACCESS_");
                smallvec::smallvec![file, whole, word("access", access)]
            }
            5 => {
                let near = Num { base: Base::FileSize, plus: -(self.below(4.min(size)) as i128) };
                smallvec::smallvec![file, plain(Arg::Int(near))]
            }
            6 | 7 => smallvec::smallvec![file, whole, plain(Self::flag("MAP_PRIVATE"))],
            8 => {
                let prot = self.arg(Sort::Prot);
                smallvec::smallvec![file, whole, word("prot", prot)]
            }
            9..12 if size > 4096 => {
                let offset = Arg::Int(Num { base: Base::Pages(1 + self.below((size - 1) / 4096) as u8), plus: 0 });
                smallvec::smallvec![file, whole, word("offset", offset)]
            }
            _ => smallvec::smallvec![file, whole],
        }
    }

    fn anonymous_map(&mut self) -> smallvec::SmallVec<[Given; 2]> {
        let nothing = Given::plain(Arg::int(-1));
        let small = Arg::int(8 + self.below(72) as i128);
        let page = Num { base: Base::Pages(1 + self.below(2) as u8), plus: self.below(5) as i128 - 2 };
        match self.below(8) {
            0 => smallvec::smallvec![nothing, Given::plain(Arg::Int(page))],
            1 => smallvec::smallvec![nothing, Given::plain(Arg::Int(page)), Given::plain(Self::flag("MAP_PRIVATE"))],
            2 => smallvec::smallvec![nothing, Given::plain(small), Given::plain(Self::flag("MAP_PRIVATE"))],
            _ => smallvec::smallvec![nothing, Given::plain(small)],
        }
    }

    /// A slice and just as many bytes.
    fn fitting_slice(&mut self) -> smallvec::SmallVec<[Given; 2]> {
        let count = self.below(5);
        let start = self.below(12) as i128;
        let source = self.source(count);
        let source = if let Arg::Bytes(..) = source { source } else { Arg::bytes(b"") };
        let plain = |value| Given::plain(Arg::int(value));
        smallvec::smallvec![plain(start), plain(start + count as i128), Given::plain(source)]
    }

    /// Every second byte or so of a slice, perhaps backwards, and just as many bytes.
    fn fitting_stride(&mut self) -> smallvec::SmallVec<[Given; 2]> {
        let (count, stride, start) = (1 + self.below(4), 1 + self.below(3), self.below(6));
        let (last, stride) = ((start + (count - 1) * stride) as i128, stride as i128);
        let bytes = Arg::bytes(&b"0123456789"[..count]);
        let plain = |value| Given::plain(Arg::int(value));
        if start > 0 && self.one_in(3) {
            return smallvec::smallvec![plain(last), plain(start as i128 - 1), plain(-stride), Given::plain(bytes)];
        }
        smallvec::smallvec![plain(start as i128), plain(last + 1), plain(stride), Given::plain(bytes)]
    }

    /// A position within the map, counted from its start, from the position, or from the end.
    fn sound_seek(&mut self) -> smallvec::SmallVec<[Given; 2]> {
        let plain = |value: i128| Given::plain(Arg::int(value));
        let near = self.below(12) as i128;
        match self.below(6) {
            0 => smallvec::smallvec![plain(near - 4), plain(1)],
            1 => smallvec::smallvec![plain(-near), plain(2)],
            2 => smallvec::smallvec![plain(near), plain(0)],
            _ => smallvec::smallvec![plain(near)],
        }
    }

    /// Overlapping ranges near the start of the map.
    fn fitting_move(&mut self) -> smallvec::SmallVec<[Given; 2]> {
        let mut plain = |below| Given::plain(Arg::int(self.below(below) as i128));
        smallvec::smallvec![plain(9), plain(9), plain(7)]
    }

    fn arg(&mut self, sort: Sort) -> Arg {
        if self.one_in(28) {
            return self.odd();
        }
        match sort {
            Sort::Position => self.position(),
            Sort::Count => self.count(),
            Sort::Length => Arg::Int(self.number(&[Base::FileSize, Base::Zero, Base::Pages(1)])),
            Sort::NewSize => {
                Arg::Int(self.number(&[Base::Len, Base::Zero, Base::FileSize, Base::Pages(1), Base::Pages(2)]))
            }
            Sort::FileSize => Arg::Int(self.file_size()),
            Sort::Offset => self.offset(),
            Sort::Byte => self.byte(),
            Sort::Needle => self.needle(),
            Sort::Source => {
                let size = if self.one_in(16) { self.below(70) } else { self.below(6) };
                self.source(size)
            }
            Sort::FileBytes => {
                let size = self.below(12);
                Arg::Bytes(Wrap::Bytes, self.content(size))
            }
            Sort::Flags => self.flag_set("MAP_"),
            Sort::Prot => self.flag_set("PROT_"),
            Sort::Access => self.constant("ACCESS_"),
            Sort::Advice => self.constant("MADV_"),
            Sort::Whence => Arg::int(self.below(5) as i128 - 1),
            Sort::Truth => Arg::Bool(self.one_in(2)),
            Sort::Descriptor => self.descriptor(),
            Sort::Other => self.other(),
            Sort::Path => Arg::Path(self.below(self.files.max(1)) as u8),
            Sort::Mode => Arg::Mode(if self.one_in(8) { Mode::New } else { self.pick(&[Mode::Update, Mode::Read]) }),
        }
    }

    /// A number near one of these, or at a boundary of the machine's integers.
    fn number(&mut self, bases: &[Base]) -> Num {
        if self.one_in(24) {
            return Num::plain(self.boundary());
        }
        let base = self.pick(bases);
        let plus = match base {
            Base::Zero => self.below(32) as i128 - 3,
            _ => self.below(9) as i128 - 4,
        };
        Num { base, plus }
    }

    fn boundary(&mut self) -> i128 {
        let power = 1i128 << self.pick(&[7u32, 8, 15, 16, 31, 32, 62, 63, 64, 70]);
        let near = power + self.below(3) as i128 - 1;
        if self.one_in(2) { near } else { -near }
    }

    fn position(&mut self) -> Arg {
        match self.below(24) {
            0 => Arg::None,
            1 => Arg::Omitted,
            2 => Arg::Index(self.number(&[Base::Zero, Base::Len])),
            3 => Arg::Bool(self.one_in(2)),
            4..16 => Arg::int(self.below(12) as i128),
            _ => Arg::Int(self.number(&[Base::Zero, Base::Len, Base::Len, Base::Pos, Base::Pages(1), Base::FileSize])),
        }
    }

    fn count(&mut self) -> Arg {
        match self.below(16) {
            0 => Arg::None,
            1 => Arg::Index(self.number(&[Base::Zero, Base::Len])),
            2..10 => Arg::int(self.below(12) as i128),
            _ => Arg::Int(self.number(&[Base::Zero, Base::Len, Base::Pos, Base::Pages(1)])),
        }
    }

    fn file_size(&mut self) -> Num {
        match self.below(4) {
            0 => Num { base: Base::Pages(1 + self.below(3) as u8), plus: self.below(3) as i128 },
            _ => Num::plain(self.below(80) as i128),
        }
    }

    fn offset(&mut self) -> Arg {
        match self.below(8) {
            0..4 => Arg::int(0),
            4 | 5 => Arg::Int(Num { base: Base::Pages(1 + self.below(2) as u8), plus: 0 }),
            _ => Arg::Int(self.number(&[Base::Zero, Base::Pages(1), Base::Len])),
        }
    }

    fn byte(&mut self) -> Arg {
        match self.below(12) {
            0 => Arg::int(self.pick(&[-1, 256, 255, -256, 1 << 31, 1 << 63])),
            1 => Arg::Index(Num::plain(self.below(258) as i128)),
            2 => Arg::Bool(true),
            3 => Arg::bytes(b"a"),
            _ => Arg::int(i128::from(self.pick(b"abc\n\0\xff"))),
        }
    }

    fn needle(&mut self) -> Arg {
        let size = self.below(4);
        let bytes: Vec<u8> = (0..size).map(|_| self.pick(b"aaabbc\n\0")).collect();
        let wrap = self.wrap();
        Arg::Bytes(wrap, bytes)
    }

    fn wrap(&mut self) -> Wrap {
        if self.one_in(8) { self.pick(&Wrap::ALL) } else { Wrap::Bytes }
    }

    fn source(&mut self, size: usize) -> Arg {
        match self.below(24) {
            0 if self.maps > 0 => Arg::Map(self.below(self.maps) as u8),
            1 if self.views > 0 => Arg::View(self.below(self.views) as u8),
            _ => {
                let wrap = self.wrap();
                Arg::Bytes(wrap, (0..size).map(|i| b"xyzXYZ0123456789"[(i + size) % 16]).collect())
            }
        }
    }

    fn descriptor(&mut self) -> Arg {
        match self.below(12) {
            0 => Arg::int(-1),
            1 => Arg::int(-2),
            2 => Arg::int(9999),
            3 => Arg::Int(Num::plain(self.boundary())),
            4 => Arg::File(0),
            _ => Arg::Fd(self.below(self.files.max(1)) as u8),
        }
    }

    fn other(&mut self) -> Arg {
        match self.below(6) {
            0 if self.maps > 0 => Arg::Map(self.below(self.maps) as u8),
            1 if self.views > 0 => Arg::View(self.below(self.views) as u8),
            2 => self.byte(),
            3 => self.odd(),
            _ => self.needle(),
        }
    }

    /// Something of a type that is nearly always wrong.
    fn odd(&mut self) -> Arg {
        match self.below(6) {
            0 => Arg::None,
            1 => Arg::int(self.boundary()),
            2 => Arg::Index(Num::plain(self.boundary())),
            3 => self.needle(),
            4 => Arg::File(0),
            _ => Arg::Thing(self.pick(&Thing::ALL).0),
        }
    }

    /// A constant of the profile whose name starts like this.
    fn constant(&mut self, prefix: &str) -> Arg {
        let known = |c: &&constants::Constant| c.name.starts_with(prefix) && self.mix.profile.has_constant(c);
        let many = constants::ALL.iter().filter(known).count();
        let chosen = self.below(many);
        let known = |c: &&constants::Constant| c.name.starts_with(prefix) && self.mix.profile.has_constant(c);
        constants::ALL.iter().filter(known).nth(chosen).map_or(Arg::int(0), |c| Self::flag(c.name))
    }

    fn flag(name: &str) -> Arg {
        constants::place(name).map_or(Arg::int(0), |place| Arg::Flags(smallvec::smallvec![place]))
    }

    /// A few constants together, or a plain number.
    fn flag_set(&mut self, prefix: &str) -> Arg {
        if self.one_in(6) {
            return Arg::int(self.pick(&[0, 1, 2, 3, 4, 8, 16, 32, 33, 34, -1, 1 << 24]));
        }
        let mut places = smallvec::SmallVec::new();
        for _ in 0..=self.below(3) {
            if let Arg::Flags(one) = self.constant(prefix) {
                places.extend(one);
            }
        }
        Arg::Flags(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_same_choices_make_the_same_case() {
        let mix = Mix::all(Profile::cpython(3, 11, 7));
        for case in 0..100 {
            let make = || generate(&mut crate::choices::seeded(1, case), &mix);
            assert_eq!(make(), make());
        }
    }

    #[test]
    fn every_operation_is_generated() {
        let mix = Mix::all(Profile::cpython(3, 11, 7));
        let cases = (0..3000).map(|case| generate(&mut crate::choices::seeded(7, case), &mix));
        let seen: HashSet<Op> = cases.flat_map(|case| case.steps).map(|step| step.op).collect();
        let missing: Vec<_> = Op::ALL.iter().filter(|op| !seen.contains(op)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn only_the_operations_asked_for_are_generated() {
        let mix = Mix { ops: vec![Op::Read, Op::Seek], ..Mix::all(Profile::cpython(3, 11, 7)) };
        for case in 0..100 {
            for step in generate(&mut crate::choices::seeded(3, case), &mix).steps {
                assert!(matches!(step.op, Op::New | Op::Read | Op::Seek), "{step:?}");
            }
        }
    }

    #[test]
    fn any_bytes_make_a_legal_case() {
        let mix = Mix::all(Profile::cpython(3, 11, 7));
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..300 {
            let bytes: Vec<u8> = (0..random.usize(..400)).map(|_| random.u8(..)).collect();
            let case = generate(&mut arbitrary::Unstructured::new(&bytes), &mix);
            let mut again = case.clone();
            repair(&mut again);
            assert_eq!(again, case);
        }
    }
}
