//! Bugs of mutants with private pages, with other maps of a file, and with memory of earlier steps.

use super::steps::{PAGE, StepResult, none, number, plain_int, raised};
use mmapcheck_reference::Reference;
use mmapcheck_spec::constants::{self, MADV_DONTNEED};
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{Arg, Changes, ObjectKind, Op, Outcome, PassedArg, SLOTS, Slot, Step, Stepper, Value};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The reference, and the memory of a mutant within a case.
pub(super) struct Keeper {
    pub(super) reference: Reference,
    dir: PathBuf,
    /// The maps that the bug affects: the slot of the map, and that of its file.
    marked: Vec<(Slot, Slot)>,
    /// The bytes that were cut off a map: its slot, their offset, and the bytes.
    cut: Vec<(Slot, i128, Vec<u8>)>,
    /// The file objects that a step opened: the slot of each, and that of its name.
    opened: Vec<(Slot, Slot)>,
}

impl Keeper {
    pub(super) fn new(reference: Reference, dir: &Path) -> Keeper {
        Keeper { reference, dir: dir.to_owned(), marked: Vec::new(), cut: Vec::new(), opened: Vec::new() }
    }

    /// Clears the memory before a case.
    pub(super) fn forget(&mut self) {
        self.marked.clear();
        self.cut.clear();
        self.opened.clear();
    }

    fn is_marked(&self, slot: Slot) -> bool {
        self.marked.iter().any(|(map, _)| *map == slot)
    }

    /// Does the step `done` in place of `asked`, and marks the map that it makes.
    fn mark(&mut self, asked: &Step, done: &Step) -> StepResult {
        let answer = self.reference.step(done)?;
        if matches!(answer, Outcome::Value(_)) {
            self.marked.retain(|(map, _)| *map != asked.bind);
        }
        if let (Outcome::Value(_), Some(Arg::Fd(file))) = (&answer, asked.args.first().map(|given| &given.arg)) {
            self.marked.push((asked.bind, *file));
        }
        Ok(answer)
    }

    pub(super) fn regrow(&mut self, step: &Step) -> StepResult {
        let m = &mut self.reference;
        if step.op != Op::Resize {
            return m.step(step);
        }
        let (before, old) = (number(m, step, Op::Len), bytes(m, step.on));
        let answer = m.step(step)?;
        let (Some(before), Some(after)) = (before, number(m, step, Op::Len)) else { return Ok(answer) };
        if let Some(lost) = old.as_ref().and_then(|old| old.get(after as usize..)).filter(|lost| !lost.is_empty()) {
            self.cut.push((step.on, after, lost.to_vec()));
        }
        for (slot, at, bytes) in self.cut.iter().filter(|_| after > before) {
            let end = after.min(at + bytes.len() as i128);
            if *slot == step.on && *at < end {
                let back = Arg::bytes(&bytes[..(end - at) as usize]);
                m.step(&Step::new(Op::SetSlice, step.on, [Arg::int(*at), Arg::int(end), back]))?;
            }
        }
        Ok(answer)
    }

    pub(super) fn lose_export(&mut self, step: &Step) -> StepResult {
        let answer = self.reference.step(step)?;
        match (&answer, step.op) {
            (Outcome::Raised(raise), Op::Resize) if raise.class == "BufferError" => self.marked.push((step.on, 0)),
            (Outcome::Raised(raise), Op::Close) if raise.class == "BufferError" && self.is_marked(step.on) => {
                return none();
            }
            (_, Op::New) => self.marked.retain(|(map, _)| *map != step.bind),
            _ => {}
        }
        Ok(answer)
    }

    pub(super) fn stale_map(&mut self, step: &Step) -> StepResult {
        match (step.op, &step.args[..]) {
            (Op::New, [_, _]) if step.bind > 0 && bytes(&mut self.reference, step.bind - 1).is_some() => {
                let mut private = step.clone();
                private.args.push(PassedArg::plain(Arg::Flags(constants::place("MAP_PRIVATE").into_iter().collect())));
                let answer = self.mark(step, &private)?;
                freeze(&mut self.reference, step.bind);
                Ok(answer)
            }
            (Op::Flush, _) => {
                let answer = self.reference.step(step)?;
                for (map, _) in &self.marked {
                    let _ = self.reference.step(&Step::new(
                        Op::Madvise,
                        *map,
                        [Arg::int(LINUX.bits(&[MADV_DONTNEED]).into())],
                    ));
                    freeze(&mut self.reference, *map);
                }
                Ok(answer)
            }
            _ => {
                let answer = self.reference.step(step);
                if let (Op::New, Ok(Outcome::Value(_))) = (step.op, &answer) {
                    self.marked.retain(|(map, _)| *map != step.bind);
                }
                if step.op.row().changes.takes_in_bytes() {
                    self.write_to_file(step.on);
                }
                answer
            }
        }
    }

    /// Writes the bytes of a marked map to the start of its file.
    fn write_to_file(&mut self, map: Slot) {
        let Some(bytes) = self.is_marked(map).then(|| bytes(&mut self.reference, map)).flatten() else { return };
        for (_, file) in self.marked.iter().filter(|(marked, _)| *marked == map) {
            let path = self.dir.join(ObjectKind::File.name(*file));
            if let Ok(file) = File::options().write(true).open(path) {
                // The file keeps its length, which the reference has noted.
                let size = file.metadata().map_or(0, |seen| seen.len() as usize).min(bytes.len());
                let _ = file.write_all_at(&bytes[..size], 0);
            }
        }
    }

    pub(super) fn write_back(&mut self, step: &Step) -> StepResult {
        let is_copy = |step: &Step| {
            let place = constants::place("ACCESS_COPY");
            step.args.iter().any(|given| matches!(&given.arg, Arg::Flags(places) if places.last().copied() == place))
        };
        match step.op {
            Op::New if is_copy(step) => self.mark(step, step),
            Op::Close => {
                self.write_to_file(step.on);
                self.reference.step(step)
            }
            _ => self.reference.step(step),
        }
    }

    /// `size()` looks the file up by the name it was opened with. The mark of a map holds that name here.
    pub(super) fn size_by_name(&mut self, step: &Step) -> StepResult {
        let answer = self.reference.step(step)?;
        if matches!(answer, Outcome::Raised(_)) {
            return Ok(answer);
        }
        for done in step.callback().into_iter().chain([step]).filter(|done| done.op == Op::FileOpen) {
            self.opened.extend(done.args.iter().find_map(|given| named(&given.arg)).map(|name| (done.bind, name)));
        }
        match step.op {
            Op::New => {
                self.marked.retain(|(map, _)| *map != step.bind);
                let has_flags = step.args.iter().skip(2).any(|given| given.keyword.is_none_or(|word| word == "flags"));
                if let (Some(PassedArg { arg: Arg::Fd(file), .. }), false) = (step.args.first(), has_flags) {
                    let opened = self.opened.iter().rev().find(|(slot, _)| slot == file);
                    self.marked.push((step.bind, opened.map_or(*file, |(_, name)| *name)));
                }
                Ok(answer)
            }
            Op::Size => match self.marked.iter().find(|(map, _)| *map == step.on) {
                Some((_, name)) => match self.reference.step(&Step::new(Op::FileSize, 0, [Arg::Path(*name)])) {
                    Err(_) => raised("FileNotFoundError", "[Errno 2] No such file or directory"),
                    by_name => by_name,
                },
                None => Ok(answer),
            },
            _ => Ok(answer),
        }
    }
}

fn named(arg: &Arg) -> Option<Slot> {
    if let Arg::Path(name) = arg { Some(*name) } else { None }
}

/// The bytes of a map; none if it cannot be read.
fn bytes(m: &mut Reference, map: Slot) -> Option<Vec<u8>> {
    match m.step(&Step::new(Op::GetSlice, map, [Arg::Omitted, Arg::Omitted])) {
        Ok(Outcome::Value(Value::Bytes(bytes))) => Some(bytes),
        _ => None,
    }
}

/// Writes each page's own first byte to it, so that a private map no longer follows its file.
fn freeze(m: &mut Reference, map: Slot) {
    let many = number(m, &Step::new(Op::Len, map, []), Op::Len).unwrap_or(0);
    for at in (0..many).step_by(PAGE as usize) {
        if let Ok(Outcome::Value(Value::Int(byte))) = m.step(&Step::new(Op::GetItem, map, [Arg::int(at)])) {
            let _ = m.step(&Step::new(Op::SetItem, map, [at, byte].map(Arg::int)));
        }
    }
}

fn is_copy(m: &mut Reference, map: Slot) -> bool {
    let shown = m.step(&Step::new(Op::Repr, map, []));
    matches!(shown, Ok(Outcome::Value(Value::Text(text))) if text.contains("ACCESS_COPY"))
}

pub(super) fn frozen(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    if matches!(answer, Outcome::Value(_)) && is_copy(m, step.bind) {
        freeze(m, step.bind);
    }
    Ok(answer)
}

/// Repeats the changes of a step in the private maps of the file, even in pages that they wrote to before.
pub(super) fn follows_file(m: &mut Reference, step: &Step) -> StepResult {
    let row = step.op.row();
    if (row.on, row.changes) != (ObjectKind::Map, Changes::Bytes) || is_copy(m, step.on) {
        return m.step(step);
    }
    let before = bytes(m, step.on);
    let answer = m.step(step)?;
    let (Some(before), Some(after)) = (before, bytes(m, step.on)) else { return Ok(answer) };
    for other in (0..SLOTS as Slot).filter(|other| *other != step.on) {
        if !is_copy(m, other) {
            continue;
        }
        let Some(theirs) = bytes(m, other) else { continue };
        for at in (0..after.len().min(theirs.len())).filter(|&at| before[at] != after[at] && theirs[at] == before[at]) {
            m.step(&Step::new(Op::SetItem, other, [at as i128, after[at].into()].map(Arg::int)))?;
        }
    }
    Ok(answer)
}

pub(super) fn closing_resize(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    if matches!(&answer, Outcome::Raised(raise) if raise.errno.is_some()) && plain_int(step, 0).is_some() {
        m.step(&Step::new(Op::Close, step.on, []))?;
    }
    Ok(answer)
}
