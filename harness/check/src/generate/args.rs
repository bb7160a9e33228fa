//! The arguments of a step: mostly valid ones near the state of the case, some at boundaries, few of wrong types.

use super::maker::Maker;
use crate::choices::Choices;
use mmapcheck_spec::{Arg, Base, BytesLike, Dialect, Domain, Mode, Num, Op, PassedArg, SpecialFile};

type Args = smallvec::SmallVec<[PassedArg; 2]>;

/// Requests for a buffer: `PyBUF_SIMPLE`, `WRITABLE`, `FORMAT`, `ND`, `CONTIG`, `STRIDES`, `STRIDED`, `C_CONTIGUOUS`,
/// `F_CONTIGUOUS`, `ANY_CONTIGUOUS`, `INDIRECT`, `RECORDS_RO`, `RECORDS`, `FULL_RO` and `FULL`.
const BUFFER_FLAGS: [i128; 15] = [0, 1, 4, 8, 9, 0x18, 0x19, 0x38, 0x58, 0x98, 0x118, 0x1c, 0x1d, 0x11c, 0x11d];

impl<C: Choices> Maker<'_, C> {
    pub(super) fn args(&mut self, op: Op) -> Args {
        match op {
            Op::New | Op::Sub if self.options.profile.maps_sections() || !self.one_in(5) => return self.sound_map(),
            Op::SetSlice if !self.one_in(8) => return self.fitting_slice(),
            Op::SetStep if !self.one_in(4) => return self.fitting_stride(),
            Op::Seek if !self.one_in(4) => return self.sound_seek(),
            Op::Move if !self.one_in(4) => return self.fitting_move(),
            Op::Flush if self.one_in(2) => return self.fitting_flush(),
            Op::Eq if self.one_in(4) => return smallvec::smallvec![PassedArg::plain(self.whole_file())],
            Op::FileReplace => return self.two_names(),
            _ => {}
        }
        let row = op.row();
        let mut args = smallvec::SmallVec::new();
        for param in row.params {
            if !param.needed && (!param.is_in(self.options.profile) || self.one_in(2)) {
                break;
            }
            let keyword = param.by_name.then_some(param.name);
            args.push(PassedArg { keyword, arg: self.arg(param.domain) });
        }
        if row.is_call() && self.one_in(24) {
            self.spoil(&mut args);
        }
        args
    }

    /// Drops the last argument, or adds one, positional or by a keyword.
    fn spoil(&mut self, args: &mut Args) {
        match self.below(3) {
            0 => {
                args.pop();
            }
            1 => args.push(PassedArg::plain(self.arg(Domain::Other))),
            _ => {
                let keyword = Some(self.pick(PassedArg::KEYWORDS));
                args.push(PassedArg { keyword, arg: self.arg(Domain::Position) });
            }
        }
    }

    /// Constructor arguments that most likely create a map.
    pub(super) fn sound_map(&mut self) -> Args {
        if self.options.profile.maps_sections() {
            return self.section();
        }
        let number = self.below(self.world.len());
        let (size, mode) = (self.world[number].bytes.len(), self.world[number].mode);
        if size == 0 || mode == Mode::Write || self.one_in(12) {
            return self.anonymous_map();
        }
        let plain = |arg| PassedArg::plain(arg);
        let word = PassedArg::named;
        let page = self.options.profile.facts().page;
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
            // So few bytes that an iterator is exhausted, and a comparison succeeds, within a case.
            12 => smallvec::smallvec![file, plain(Arg::int(1 + self.below(size.min(3)) as i128))],
            6 | 7 => smallvec::smallvec![file, whole, plain(Self::flag("MAP_PRIVATE"))],
            8 => {
                let prot = self.arg(Domain::Prot);
                smallvec::smallvec![file, whole, word("prot", prot)]
            }
            14 if self.one_in(4) => smallvec::smallvec![file, whole, plain(self.rare_flags())],
            13 if self.one_in(6) => {
                let prot = self.arg(Domain::Prot);
                smallvec::smallvec![file, whole, plain(self.rare_flags()), plain(prot)]
            }
            9..12 if size > page.bytes() => {
                let offset = Arg::Int(Num { base: Base::Pages(1 + self.below(page.before(size - 1)) as u8), plus: 0 });
                smallvec::smallvec![file, whole, word("offset", offset)]
            }
            _ => smallvec::smallvec![file, whole],
        }
    }

    /// Constructor arguments for Windows, where a map may be longer than its file; sometimes one of them is invalid. `tagname`
    /// is never a text: all processes of the system share the names of sections, so workers would share maps.
    fn section(&mut self) -> Args {
        let number = self.below(self.world.len());
        let (size, mode) = (self.world[number].bytes.len(), self.world[number].mode);
        let word = PassedArg::named;
        let small = Arg::int(1 + self.below(72) as i128);
        let (fileno, length) = match self.below(8) {
            0 => (Arg::int(-1), small),
            1 => (Arg::Fd(number as u8), small),
            2 => (Arg::Fd(number as u8), Arg::Int(Num { base: Base::FileSize, plus: self.below(9) as i128 - 4 })),
            _ if size == 0 => (Arg::Fd(number as u8), small),
            _ => (Arg::Fd(number as u8), Arg::int(0)),
        };
        let mut args: Args = smallvec::smallvec![PassedArg::plain(fileno), PassedArg::plain(length)];
        if mode == Mode::Read && !self.one_in(8) {
            args.push(word("access", Self::flag(self.pick(&["ACCESS_READ", "ACCESS_COPY"]))));
        } else if self.one_in(3) {
            args.push(word("access", self.constant("ACCESS_")));
        }
        if self.one_in(12) {
            args.push(word("offset", self.offset()));
        }
        if self.one_in(16) {
            args.push(word("tagname", Arg::None));
        }
        if self.one_in(10) {
            let place = self.below(args.len());
            args[place].arg = if place == 0 { self.descriptor() } else { self.odd() };
        }
        if self.one_in(24) {
            self.spoil(&mut args);
        }
        args.retain(|given| !matches!(given.arg, Arg::Text(_)));
        args
    }

    /// A map of a special file, mostly of the device of zeros, which can be mapped. Its length is checked by the kernel alone.
    fn special_map(&mut self) -> Args {
        let file = if self.one_in(2) { SpecialFile::Zero } else { self.pick(&SpecialFile::ALL).0 };
        let len = match self.below(8) {
            0 => Arg::int(0),
            1..4 => Arg::Int(Num { base: Base::Pages(1 + self.below(3) as u8), plus: self.below(5) as i128 - 2 }),
            _ => Arg::int(8 + self.below(72) as i128),
        };
        let mut args: Args = [Arg::Special(file), len].map(PassedArg::plain).into_iter().collect();
        match self.below(8) {
            0 => args.push(PassedArg::named("prot", self.arg(Domain::Prot))),
            1 => args.push(PassedArg::plain(self.rare_flags())),
            2 => args.push(PassedArg::plain(Self::flag("MAP_PRIVATE"))),
            3..6 => args.push(PassedArg::named("access", self.constant("ACCESS_"))),
            _ => {}
        }
        if self.one_in(6) {
            args.push(PassedArg::named("offset", self.offset()));
        }
        args
    }

    fn anonymous_map(&mut self) -> Args {
        let nothing = PassedArg::plain(Arg::int(-1));
        let small = Arg::int(8 + self.below(72) as i128);
        let page = Num { base: Base::Pages(1 + self.below(2) as u8), plus: self.below(5) as i128 - 2 };
        match self.below(8) {
            0 => smallvec::smallvec![nothing, PassedArg::plain(Arg::Int(page))],
            1 => smallvec::smallvec![
                nothing,
                PassedArg::plain(Arg::Int(page)),
                PassedArg::plain(Self::flag("MAP_PRIVATE"))
            ],
            2 => smallvec::smallvec![nothing, PassedArg::plain(small), PassedArg::plain(Self::flag("MAP_PRIVATE"))],
            3 if self.one_in(2) => {
                smallvec::smallvec![nothing, PassedArg::plain(Arg::Int(page)), PassedArg::plain(self.rare_flags())]
            }
            5 if self.options.profile.has_special_files() && self.one_in(3) => self.special_map(),
            4 if self.one_in(4) => {
                let prot = PassedArg::named("prot", self.arg(Domain::Prot));
                smallvec::smallvec![nothing, PassedArg::plain(small), prot]
            }
            _ => smallvec::smallvec![nothing, PassedArg::plain(small)],
        }
    }

    /// A slice, and as many bytes as it has.
    fn fitting_slice(&mut self) -> Args {
        let count = self.below(5);
        let start = self.below(12) as i128;
        let source = self.source(count);
        let source = if let Arg::Bytes(..) = source { source } else { Arg::bytes(b"") };
        let plain = |value| PassedArg::plain(Arg::int(value));
        smallvec::smallvec![plain(start), plain(start + count as i128), PassedArg::plain(source)]
    }

    /// A slice with a step, sometimes backwards, and as many bytes as it has.
    fn fitting_stride(&mut self) -> Args {
        let (count, stride, start) = (1 + self.below(4), 1 + self.below(3), self.below(6));
        let (last, stride) = ((start + (count - 1) * stride) as i128, stride as i128);
        let bytes = Arg::bytes(&b"0123456789"[..count]);
        let plain = |value| PassedArg::plain(Arg::int(value));
        if start > 0 && self.one_in(3) {
            return smallvec::smallvec![plain(last), plain(start as i128 - 1), plain(-stride), PassedArg::plain(bytes)];
        }
        smallvec::smallvec![plain(start as i128), plain(last + 1), plain(stride), PassedArg::plain(bytes)]
    }

    /// A position and a `whence`, most likely within the map.
    fn sound_seek(&mut self) -> Args {
        let plain = |value: i128| PassedArg::plain(Arg::int(value));
        let near = if self.long { self.long_place() } else { self.below(12) } as i128;
        match self.below(6) {
            0 => smallvec::smallvec![plain(near - 4), plain(1)],
            1 => smallvec::smallvec![plain(-near), plain(2)],
            2 => smallvec::smallvec![plain(near), plain(0)],
            _ => smallvec::smallvec![plain(near)],
        }
    }

    /// The paths of two different files of the world.
    fn two_names(&mut self) -> Args {
        let files = self.world.len();
        let name = self.below(files);
        let other = (name + 1 + self.below(files - 1)) % files;
        [name, other].map(|name| PassedArg::plain(Arg::Path(name as u8))).into_iter().collect()
    }

    /// Overlapping ranges near the start of the map.
    fn fitting_move(&mut self) -> Args {
        let scale = if self.long { 2000 } else { 1 };
        let mut plain = |below: usize| PassedArg::plain(Arg::int(self.below(below * scale) as i128));
        smallvec::smallvec![plain(9), plain(9), plain(7)]
    }

    /// A range from the start of a page, which may be the end of the map, to the end of the map, of a page, or empty.
    fn fitting_flush(&mut self) -> Args {
        let page = |many| Num { base: Base::Pages(many), plus: 0 };
        let (end, first) = (Num { base: Base::Len, plus: 0 }, page(1 + self.below(3) as u8));
        let offset = self.pick(&[end, first, Num::plain(0)]);
        let size = self.pick(&[Num::plain(0), page(1), end]);
        [offset, size].map(|num| PassedArg::plain(Arg::Int(num))).into_iter().collect()
    }

    /// The bytes of a file, as they are at the start.
    fn whole_file(&mut self) -> Arg {
        let number = self.below(self.world.len());
        Arg::bytes(&self.world[number].bytes)
    }

    fn arg(&mut self, domain: Domain) -> Arg {
        if self.one_in(28) {
            return self.odd();
        }
        match domain {
            Domain::Position => self.position(),
            Domain::Count => self.count(),
            Domain::Length => Arg::Int(self.number(&[Base::FileSize, Base::Zero, Base::Pages(1)])),
            Domain::NewSize => {
                Arg::Int(self.number(&[Base::Len, Base::Zero, Base::FileSize, Base::Pages(1), Base::Pages(2)]))
            }
            Domain::FileSize => Arg::Int(self.file_size()),
            Domain::Descriptors | Domain::Memory => Arg::int(1),
            Domain::Offset => self.offset(),
            Domain::Byte => self.byte(),
            Domain::Character => self.character(),
            Domain::Ssize => Arg::Int(self.ssize()),
            Domain::BufferFlags => Arg::int(self.pick(&BUFFER_FLAGS)),
            Domain::Needle | Domain::Pattern => self.needle(),
            Domain::Source => {
                let size = match self.below(16) {
                    0 => self.below(70),
                    1..6 if self.long => self.long_source(),
                    _ => self.below(6),
                };
                self.source(size)
            }
            Domain::FileBytes => {
                let size = self.below(12);
                Arg::Bytes(BytesLike::Bytes, self.content(size))
            }
            Domain::Flags => self.flag_set("MAP_"),
            Domain::Constant => self.any_constants(),
            Domain::Prot => self.flag_set("PROT_"),
            Domain::Access => self.constant("ACCESS_"),
            Domain::Advice => self.constant("MADV_"),
            Domain::Sync => self.flag_set("MS_"),
            Domain::Text => Arg::Text(self.text()),
            Domain::Whence => Arg::int(self.below(5) as i128 - 1),
            Domain::Truth => Arg::Bool(self.one_in(2)),
            Domain::Descriptor => self.descriptor(),
            Domain::Other => self.other(),
            Domain::Path => Arg::Path(self.below(self.files.max(1)) as u8),
            Domain::Mode => Arg::Mode(if self.one_in(8) { Mode::New } else { self.pick(&[Mode::Update, Mode::Read]) }),
        }
    }

    /// A number near one of the bases, or near a limit of an integer type.
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
        if self.long && self.one_in(2) {
            return Arg::int(self.long_place() as i128);
        }
        match self.below(24) {
            0 => Arg::None,
            1 => Arg::Omitted,
            2 => {
                let num = self.number(&[Base::Zero, Base::Len]);
                self.index_object(num)
            }
            3 => Arg::Bool(self.one_in(2)),
            4..16 => Arg::int(self.below(12) as i128),
            _ => Arg::Int(self.number(&[Base::Zero, Base::Len, Base::Len, Base::Pos, Base::Pages(1), Base::FileSize])),
        }
    }

    fn count(&mut self) -> Arg {
        if self.long && self.one_in(2) {
            return Arg::int(self.long_place() as i128);
        }
        match self.below(16) {
            0 => Arg::None,
            1 => {
                let num = self.number(&[Base::Zero, Base::Len]);
                self.index_object(num)
            }
            2..10 => Arg::int(self.below(12) as i128),
            _ => Arg::Int(self.number(&[Base::Zero, Base::Len, Base::Pos, Base::Pages(1)])),
        }
    }

    fn file_size(&mut self) -> Num {
        match self.below(5) {
            0 => Num::plain(0),
            1 => Num { base: Base::Pages(1 + self.below(3) as u8), plus: self.below(3) as i128 },
            _ => Num::plain(self.below(80) as i128),
        }
    }

    fn offset(&mut self) -> Arg {
        match self.below(8) {
            0..4 => Arg::int(0),
            4 | 5 => Arg::Int(Num { base: Base::Granules(1 + self.below(2) as u8), plus: 0 }),
            _ => Arg::Int(self.number(&[Base::Zero, Base::Granules(1), Base::Len])),
        }
    }

    fn byte(&mut self) -> Arg {
        if self.options.profile.dialect() == Dialect::Python2 && !self.one_in(6) {
            return Arg::bytes(&[self.pick(b"abc\n\0\xff")]);
        }
        match self.below(12) {
            0 => Arg::int(self.pick(&[-1, 256, 255, -256, 1 << 31, 1 << 63])),
            1 => {
                let num = Num::plain(self.below(258) as i128);
                self.index_object(num)
            }
            2 => Arg::Bool(true),
            3 => Arg::bytes(b"a"),
            _ => Arg::int(i128::from(self.pick(b"abc\n\0\xff"))),
        }
    }

    fn character(&mut self) -> Arg {
        if self.one_in(8) { self.other() } else { Arg::bytes(&[self.pick(b"abc\n\0\xff")]) }
    }

    /// An index, most likely in the map, from its start or its end.
    fn ssize(&mut self) -> Num {
        if self.long && self.one_in(2) {
            return Num::plain(self.long_place() as i128);
        }
        match self.below(4) {
            0 => Num::plain(-1 - self.below(12) as i128),
            1 => self.number(&[Base::Len, Base::Zero, Base::Pos]),
            _ => Num::plain(self.below(12) as i128),
        }
    }

    /// The bytes to search for: mostly a few bytes, sometimes a map or view, which the search then exports.
    fn needle(&mut self) -> Arg {
        match self.below(24) {
            0 if self.maps > 0 => return Arg::Map(self.below(self.maps) as u8),
            1 if self.views > 0 => return Arg::View(self.below(self.views) as u8),
            _ => {}
        }
        if self.long && self.one_in(2) {
            return Arg::bytes(&self.excerpt());
        }
        let size = self.below(4);
        let bytes: Vec<u8> = (0..size).map(|_| self.pick(b"aaabbc\n\0")).collect();
        let wrap = self.wrap();
        Arg::Bytes(wrap, bytes)
    }

    fn wrap(&mut self) -> BytesLike {
        if self.one_in(8) { self.pick(&BytesLike::ALL) } else { BytesLike::Bytes }
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
            5 if self.options.profile.has_special_files() => Arg::Special(self.pick(&SpecialFile::ALL).0),
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

    /// An argument whose type or value is nearly always invalid.
    fn odd(&mut self) -> Arg {
        match self.below(6) {
            0 => Arg::None,
            1 => Arg::int(self.boundary()),
            2 => {
                let num = Num::plain(self.boundary());
                self.index_object(num)
            }
            3 => self.needle(),
            4 => Arg::File(0),
            _ => self.of_wrong_type(),
        }
    }
}
