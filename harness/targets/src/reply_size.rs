//! The size of the reply to a case.

use crate::supervisor::LONGEST;
use mmapcheck_spec::{Arg, Base, Detail, Draft, Num, SLOTS};

/// The longest content that a reply holds, in bytes: a greater number has another meaning.
const LARGE: i128 = 1 << 28;
/// The bytes of a reply for each byte of an outcome: `["b","\u0000"],` for each item of a list.
const ITEM: usize = 16;
/// The bytes of a reply for each byte that a snapshot keeps: `\u0000`.
const BYTE: usize = 6;
/// The maps and files of a snapshot.
const KEEPERS: usize = 2 * SLOTS;
/// The longest reply to any case, in bytes: no process may fill more memory of its supervisor.
const MOST: usize = 1 << 30;
/// The bytes of the largest page of a platform.
const PAGE: i128 = 1 << 16;

/// The bytes of the longest reply to a case: [`LONGEST`], or more for a case of large maps or files.
#[must_use]
pub fn longest_reply(case: &Draft) -> usize {
    let files: usize = case.world.files.iter().map(|file| file.bytes.len()).sum();
    let (mut bytes, mut number) = (files, 0);
    for arg in case.all_steps().flat_map(|step| step.args.iter().map(|given| &given.arg)) {
        match arg {
            Arg::Bytes(_, given) | Arg::BufferAfter(given, _) => bytes += given.len(),
            Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) | Arg::IndexAfter(num, _) => {
                number = number.max(Some(size(*num)).filter(|size| *size <= LARGE).unwrap_or(0));
            }
            _ => {}
        }
    }
    let all = bytes.saturating_add(usize::try_from(number).unwrap_or(0));
    let kept = usize::try_from(Detail::KEPT).map_or(all, |kept| all.min(kept));
    let step = ITEM.saturating_mul(all).saturating_add(BYTE * KEEPERS * kept);
    // Before the first step, and after the last one, there is a snapshot too.
    step.saturating_mul(case.steps.len() + 2).saturating_add(LONGEST).min(MOST)
}

fn size(num: Num) -> i128 {
    match num.base {
        Base::Pages(count) | Base::Granules(count) => num.plus.saturating_add(i128::from(count) * PAGE),
        _ => num.plus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::notation::parse;

    fn longest(statement: &str) -> usize {
        let session = format!(">>> import mmap\n>>> m = mmap.mmap(-1, 9)\n>>> {statement}\n");
        longest_reply(&parse(&session, 1).expect("a session").case)
    }

    #[test]
    fn a_reply_may_be_as_long_as_the_maps_of_its_case() {
        let megabytes = 4 << 20;
        assert!(longest("m.resize(4194304)") > LONGEST + 3 * 6 * megabytes);
        assert!(longest("m.resize(4611686018427387904)") < LONGEST + megabytes);
        assert!(longest("m.resize(268435456)") == MOST);
    }
}
