//! The flags of a map: the reference refuses those that the kernel of this system refuses, with the same error.

use mmapcheck_reference::Reference;
use mmapcheck_spec::{Arg, End, FileSpec, Mode, Op, Outcome, Profile, SpecialFile, Step, Stepper, World};
use mmapcheck_world::{Errno, ProbedMap, SpecialFiles, in_temporary_folder};
use rustix::fd::{AsFd, BorrowedFd};
use std::fs::File;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Every flag of Linux but those of a fixed address, a size of huge pages, and bits that no kernel knows.
const BITS: [i32; 25] = [
    0,
    0x20,
    0x40,
    0x80,
    0x100,
    0x200,
    0x400,
    0x800,
    0x1000,
    0x2000,
    0x4000,
    0x8000,
    0x1_0000,
    0x2_0000,
    0x4_0000,
    0x8_0000,
    0x20_0000,
    0x100_0000,
    0x404_0000,
    0x5404_0000,
    0x7804_0000,
    0x400_0000,
    0x5400_0000,
    0x4000_0000,
    i32::MIN,
];
/// `PROT_READ`, `PROT_READ | PROT_WRITE`, `PROT_WRITE` and `PROT_EXEC`.
const PROTECTIONS: [i32; 4] = [1, 3, 2, 4];
/// The length in bytes of the file, and of each map.
const LEN: usize = 100;

/// The error that the reference expects for a map; none for a map that is made.
fn expected(reference: &mut impl Stepper, fileno: Arg, flags: i32, prot: i32) -> Option<Option<i32>> {
    let numbers = [LEN as i32, flags, prot].map(|number| Arg::int(number.into()));
    match reference.step(&Step::new(Op::New, 0, [fileno].into_iter().chain(numbers))) {
        Ok(Outcome::Value(_)) => Some(None),
        Ok(Outcome::Raised(raise)) => Some(raise.errno),
        Err(End::Unsupported(_)) => None,
        Err(end) => panic!("a map with the flags {flags:#x} ends in {end:?}"),
    }
}

/// Compares every flag with every other one, and returns the number of maps.
fn compare(reference: &mut impl Stepper, fileno: &Arg, file: Option<BorrowedFd<'_>>) -> usize {
    let mut compared = 0;
    for (kind, one, other) in (0..16).flat_map(|kind| BITS.map(|one| BITS.map(|other| (kind, one, other)))).flatten() {
        let flags = kind | one | other;
        for prot in PROTECTIONS {
            let Some(expected) = expected(reference, fileno.clone(), flags, prot) else { continue };
            let file = file.filter(|_| flags & 0x20 == 0);
            let refused = ProbedMap::new(LEN, prot, flags, file).err();
            assert_eq!(expected, refused.map(|Errno(number)| number), "{fileno:?}, flags {flags:#x}, prot {prot}");
            compared += 1;
        }
    }
    compared
}

#[test]
fn the_reference_refuses_the_flags_that_the_kernel_refuses() -> Result {
    let mut reference = Reference::in_memory(Profile::cpython(3, 13, 0))?;
    let bytes = vec![b'a'; LEN];
    let least = 16 * BITS.len() * BITS.len() * PROTECTIONS.len() / 2;
    for mode in [Mode::Update, Mode::Read] {
        let folder = in_temporary_folder(|folder| tempfile::tempdir_in(folder))?;
        let path = folder.path().join("f");
        std::fs::write(&path, &bytes)?;
        let file = File::options().read(true).write(mode.writes()).open(path)?;
        reference.begin(&World { files: vec![FileSpec { bytes: bytes.clone(), mode }] })?;
        let compared = compare(&mut reference, &Arg::Fd(0), Some(file.as_fd()));
        assert!(compared > least, "{compared} of a file");
    }
    reference.begin(&World { files: Vec::new() })?;
    let compared = compare(&mut reference, &Arg::int(-1), None);
    assert!(compared > least, "{compared} of anonymous memory");
    for (special, source, _) in SpecialFile::ALL.into_iter().filter(|(special, ..)| !special.is_regular()) {
        let file =
            SpecialFiles::of_process().descriptor(special).map_err(|Errno(number)| format!("{source}: {number}"))?;
        let compared = compare(&mut reference, &Arg::Special(special), Some(file));
        assert!(compared > least, "{compared} of {source}");
    }
    Ok(())
}
