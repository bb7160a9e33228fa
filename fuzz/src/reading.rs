//! The fuzz targets `notation` and `replies`: a reader of untrusted text must never panic.

use mmapcheck_spec::notation::{parse, print};
use mmapcheck_spec::{Arg, Case, Detail, FileSpec, Mode, Op, Step, World, pages};
use mmapcheck_targets::driver;

/// Reads a text as a page of the specification and as a session. The case of a session must be the same after it is printed
/// and read again.
///
/// # Panics
/// If it is another case: this is a finding of the fuzzer.
pub fn notation(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let _ = pages::read("page.md", text);
    if let Ok(session) = parse(text, 1) {
        let printed = print(&session.case);
        let again = parse(&printed, 1).map(|session| session.case);
        assert_eq!(again.as_ref(), Ok(&session.case), "printed as\n{printed}");
    }
}

/// Reads an input as the reply of a driver to a small case.
pub fn reply(input: &[u8]) {
    let world = World { files: vec![FileSpec { bytes: b"abc".to_vec(), mode: Mode::New }] };
    let new = Step::new(Op::New, 0, [Arg::Fd(0), Arg::int(0)]);
    let case = Case::new(world, vec![new, Step::new(Op::Read, 0, [])]);
    for detail in [Detail::Quick, Detail::Full] {
        let _ = driver::reply(input, &case, detail);
    }
}
