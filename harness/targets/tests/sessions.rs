//! The embedded target gives the answers of recorded sessions. The `doctest` of every version that can be embedded accepts
//! these sessions.

use mmapcheck_spec::notation::{CLASSES, Session, matches, parse, render};
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{Detail, Dialect, MapState, Outcome, StepTrace, Target, Trace};
use mmapcheck_targets::{Embedded, InProcess, check_interpreter};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

fn sessions() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sessions");
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "there are sessions");
    paths
}

/// An embedded target, once the tests on other threads have dropped theirs.
struct Only {
    stepper: Embedded,
    _turn: MutexGuard<'static, ()>,
}

fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn embedded(dir: &tempfile::TempDir) -> Only {
    let turn = turn();
    Only { stepper: Embedded::new("mmap", "mmap", dir.path()).unwrap(), _turn: turn }
}

fn trace(only: &mut Only, session: &Session, detail: Detail) -> Trace {
    Trace::of(&mut only.stepper, &session.case, detail, &mut |_| {}).unwrap()
}

/// The statements with another answer than in the session.
fn wrong_answers(session: &Session, trace: &Trace) -> Vec<String> {
    let mut wrong = Vec::new();
    for statement in &session.statements {
        let Some(step) = statement.step else { continue };
        let got = trace.steps.get(step).map(|step| &step.result);
        let right = match got {
            Some(Ok(outcome)) => {
                let (ellipsis, class_only) = (statement.ellipsis, statement.class_only);
                statement.discards || matches(&statement.want, outcome, Dialect::Python3, ellipsis, class_only)
            }
            _ => false,
        };
        if !right {
            let shown = got.map(|got| got.as_ref().map(|got| render(got, Dialect::Python3)));
            wrong.push(format!(
                "{}: {}\n  want {:?}\n  got {shown:?}",
                statement.line, statement.source, statement.want
            ));
        }
    }
    wrong
}

#[test]
fn the_library_of_the_configured_python_is_loaded() {
    assert_eq!(check_interpreter(), Ok(()));
}

#[test]
fn the_embedded_target_gives_the_recorded_answers() {
    let dir = tempfile::tempdir().unwrap();
    let mut stepper = embedded(&dir);
    let mut wrong = Vec::new();
    for path in sessions() {
        let session = parse(&std::fs::read_to_string(&path).unwrap(), 1).unwrap_or_else(|e| panic!("{path:?}:{e}"));
        for detail in [Detail::Quick, Detail::Full] {
            let trace = trace(&mut stepper, &session, detail);
            assert_eq!(trace.steps.len(), session.case.steps.len(), "{path:?}");
            wrong.extend(wrong_answers(&session, &trace).into_iter().map(|line| format!("{}:{line}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn steps(text: &str) -> Vec<StepTrace> {
    let dir = tempfile::tempdir().unwrap();
    trace(&mut embedded(&dir), &parse(text, 1).unwrap(), Detail::Full).steps
}

fn bytes_of(state: &MapState) -> Option<&[u8]> {
    match state {
        MapState::Open { content: Some(content), .. } => content.bytes.as_deref(),
        _ => None,
    }
}

#[test]
fn a_map_is_read_up_to_its_first_dead_page() {
    let steps = steps(
        ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'x' * 200000)\n200000\n\
         >>> m = mmap.mmap(f.fileno(), 0)\n>>> f.truncate(100001)\n100001\n>>> f.truncate(0)\n0\n",
    );
    let page = LINUX.page.bytes();
    let read: Vec<_> = steps.iter().map(|step| bytes_of(&step.snapshot.maps[0]).map(<[u8]>::len)).collect();
    assert_eq!(read, [Some(200_000), Some(100_001_usize.next_multiple_of(page)), Some(0)]);
    assert_eq!(bytes_of(&steps[1].snapshot.maps[0]).map(|bytes| &bytes[99_999..100_003]), Some(&b"xx\0\0"[..]));
}

/// A map of a file, and the loss of its memory.
const MAPPED: &str = ">>> import mmap\n>>> f = open('f', 'w+b', buffering=0)\n>>> f.write(b'x' * 9000)\n9000\n\
    >>> m = mmap.mmap(f.fileno(), 0)\n";
const LOST: &str = ">>> f.truncate(0)\n0\n";

#[test]
fn dead_memory_is_survived_where_a_map_has_lost_its_name() {
    let accesses = [
        (">>> v = memoryview(m)\n>>> v2 = v[5000:]\n>>> del v\n>>> del m\n", ">>> bytes(v2)\n"),
        (">>> it = iter(m)\n>>> del m\n", ">>> next(it)\n"),
        ("", ">>> def callback():\n...     global m\n...     del m\n...\n>>> m.find(b'a', IndexAfter(0, callback))\n"),
    ];
    let _turn = turn();
    let class = CLASSES.iter().find(|class| class.name == "IndexAfter").unwrap().lines.join("\n") + "\n";
    for (before, access) in accesses {
        let dir = tempfile::tempdir().unwrap();
        let stepper = Embedded::new("mmap", "mmap", dir.path()).unwrap();
        let info = stepper.info().clone();
        let text = [MAPPED, before, LOST, &class, access].concat();
        let case = parse(&text, 1).unwrap_or_else(|error| panic!("{error}\n{text}")).case;
        let trace = InProcess::new(stepper, info).run_to_death(&case, Detail::Full).unwrap();
        assert_eq!(trace.death(), Some(rustix::process::Signal::BUS.as_raw()), "{text}");
    }
}

#[test]
fn a_snapshot_does_not_read_memory_without_read_access() {
    let steps = steps(
        ">>> import mmap\n>>> m = mmap.mmap(-1, 9, prot=0)\n>>> m2 = mmap.mmap(-1, 9, mmap.MAP_PRIVATE, mmap.PROT_EXEC)\n\
         >>> m.close()\n",
    );
    let unread = MapState::Open { pos: 0, len: 9, content: None };
    assert_eq!(steps[1].snapshot.maps[..], [unread.clone(), unread.clone()]);
    assert_eq!(steps[2].snapshot.maps[..], [MapState::Closed, unread]);
}

#[test]
fn closing_an_exported_map_at_the_end_raises() {
    let dir = tempfile::tempdir().unwrap();
    let session = parse(
        ">>> import mmap\n>>> m = mmap.mmap(-1, 9)\n>>> m2 = mmap.mmap(-1, 9)\n>>> v = memoryview(m2)\n>>> del m\n>>> m3 = mmap.mmap(-1, 9)\n",
        1,
    );
    let trace = trace(&mut embedded(&dir), &session.unwrap(), Detail::Quick);
    let lines = |close: &Outcome| render(close, Dialect::Python3).len();
    let closing: Vec<_> = trace.closing.iter().map(|close| close.as_ref().map(lines)).collect();
    assert_eq!(closing, [None, Some(3), Some(0)]);
}

#[test]
fn a_missing_module_or_class_is_reported_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let _turn = turn();
    let problem = |module, attr| Embedded::new(module, attr, dir.path()).unwrap_err().to_string();
    assert_eq!(problem("nosuch", "mmap"), "cannot import module nosuch: ModuleNotFoundError: No module named 'nosuch'");
    assert_eq!(
        problem("mmap", "Map"),
        "no class Map in module mmap: AttributeError: module 'mmap' has no attribute 'Map'"
    );
}

#[test]
fn a_process_has_one_embedded_target_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = embedded(&dir);
    let refused = std::thread::scope(|scope| {
        scope.spawn(|| Embedded::new("mmap", "mmap", dir.path()).map(|_| ()).unwrap_err().to_string()).join().unwrap()
    });
    assert_eq!(refused, "this process runs an embedded target already; drop that one first");
    drop(first);
    embedded(&dir);
}
