//! The supervisor ends every wait within a bound, and leaves no process behind.

use mmapcheck_spec::{End, TargetError};
use mmapcheck_targets::progress::{Progress, Stall};
use mmapcheck_targets::supervisor::{Limit, Process, persistently};
use rustix::process::Resource;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);
const LIMITS: [Limit; 2] = [(Resource::Core, 0), (Resource::Fsize, 1 << 16)];

fn shell(script: &str, dir: &TempDir) -> std::result::Result<Process, TargetError> {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(dir.path());
    Process::start(command, &LIMITS)
}

/// How the script ends when a line is asked for, which must not take long.
fn end(script: &str) -> Result<End> {
    let dir = tempfile::tempdir()?;
    let began = Instant::now();
    let end = shell(script, &dir)?.line(&mut (Instant::now() + LONG)).err().ok_or("a line")?;
    assert!(began.elapsed() < LONG / 2, "{script}: {:?}", began.elapsed());
    Ok(end)
}

fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// The number that a script writes to a file.
fn written(file: &Path) -> Result<u32> {
    let began = Instant::now();
    loop {
        match std::fs::read_to_string(file).unwrap_or_default().trim().parse() {
            Ok(number) => return Ok(number),
            Err(error) if began.elapsed() > LONG => return Err(format!("{}: {error}", file.display()).into()),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

#[test]
fn lines_are_answered_in_order() -> Result {
    let dir = tempfile::tempdir()?;
    let mut process = shell("cat", &dir)?;
    let long = "x".repeat(1 << 20);
    for line in ["a", "", &long] {
        assert_eq!(process.send(line.as_bytes(), &mut (Instant::now() + LONG)), Ok(()));
    }
    assert!(process.is_at_work());
    for line in ["a", "", &long] {
        assert!(process.line(&mut (Instant::now() + LONG)).is_ok_and(|read| read == line.as_bytes()));
    }
    assert!(!process.is_at_work());
    Ok(())
}

#[test]
fn an_end_is_told_as_it_was() -> Result {
    assert_eq!(end("echo first >&2; echo last words >&2; exit 3")?, End::Exited(3, "last words".into()));
    assert_eq!(end("kill -SEGV $$")?, End::Died(11));
    Ok(())
}

#[test]
fn a_line_written_before_the_end_is_read() -> Result {
    let dir = tempfile::tempdir()?;
    let mut process = shell("echo bye; exit 3", &dir)?;
    std::thread::sleep(SHORT);
    assert_eq!(process.line(&mut (Instant::now() + LONG)), Ok(b"bye".to_vec()));
    assert_eq!(process.line(&mut (Instant::now() + LONG)), Err(End::Exited(3, String::new())));
    Ok(())
}

/// The child holds every pipe of the process that ends.
#[test]
fn a_child_that_lives_on_hides_no_end() -> Result {
    assert_eq!(end("sleep 3600 & exit 3")?, End::Exited(3, String::new()));
    Ok(())
}

#[test]
fn a_closed_output_is_an_end() -> Result {
    let closed = End::Malformed("it closed its output and keeps running".into());
    assert_eq!(end("exec <&- >&- 2>&-; sleep 3600")?, closed);
    Ok(())
}

#[test]
fn a_line_without_an_end_is_an_end() -> Result {
    let end = end("while :; do printf %65536d 1; done")?;
    assert!(matches!(&end, End::Malformed(what) if what.ends_with("bytes without an end of line")), "{end}");
    Ok(())
}

#[test]
fn silence_is_a_hang_whether_it_reads_or_not() -> Result {
    let dir = tempfile::tempdir()?;
    let mut silent = shell("sleep 3600", &dir)?;
    assert_eq!(silent.line(&mut (Instant::now() + SHORT)), Err(End::Hung));
    let mut deaf = shell("sleep 3600", &dir)?;
    assert_eq!(deaf.send(&vec![b'x'; 1 << 20], &mut (Instant::now() + SHORT)), Err(End::Hung));
    Ok(())
}

#[test]
fn a_process_is_not_hung_while_its_marks_change() -> Result {
    let dir = tempfile::tempdir()?;
    let progress = Progress::create(&dir.path().join("marks"))?;
    let mut process = shell("sleep 2; echo done; sleep 3600", &dir)?;
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for step in 0.. {
                progress.step(Some(step));
                std::thread::sleep(Duration::from_millis(20));
                if is_done.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
            }
        });
        let line = process.line(&mut Stall::new(&progress, Duration::from_secs(1)));
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(line, Ok(b"done".to_vec()));
    });
    assert_eq!(process.line(&mut Stall::new(&progress, Duration::from_secs(1))), Err(End::Hung));
    Ok(())
}

#[test]
fn no_process_of_the_session_is_left() -> Result {
    let dir = tempfile::tempdir()?;
    // With job control, a shell starts each background job in a process group of its own.
    let process = shell("set -m; sleep 3600 & echo $! > child; wait", &dir)?;
    let (pid, child) = (process.id(), written(&dir.path().join("child"))?);
    assert!(is_alive(pid) && is_alive(child));
    drop(process);
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "it was waited for");
    let began = Instant::now();
    while is_alive(child) {
        assert!(began.elapsed() < LONG, "the child is alive");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

#[test]
fn limits_hold_from_the_start() -> Result {
    assert_eq!(end("head -c 100000 /dev/zero > file; echo $? >&2; exit 1")?, End::Exited(1, "153".into()));
    Ok(())
}

/// More than a pipe holds, and more than the limit on file size.
#[test]
fn errors_block_no_answer_and_no_end() -> Result {
    let dir = tempfile::tempdir()?;
    let flood = "head -c 2000000 /dev/zero >&2";
    let mut process =
        shell(&format!("{flood}; echo; read line; exec >&-; {flood}; echo >&2; echo words >&2; exit 1"), &dir)?;
    assert_eq!(process.line(&mut (Instant::now() + LONG)), Ok(Vec::new()));
    assert_eq!(process.send(b"", &mut (Instant::now() + LONG)), Ok(()));
    assert_eq!(process.line(&mut (Instant::now() + LONG)), Err(End::Exited(1, "words".into())));
    Ok(())
}

#[test]
fn a_flood_of_errors_is_an_end() -> Result {
    let end = end("cat /dev/zero >&2")?;
    assert!(matches!(&end, End::Malformed(what) if what.ends_with("bytes of standard error and no reply")), "{end}");
    Ok(())
}

#[test]
fn a_program_that_does_not_exist_is_an_error() -> Result {
    let started = Process::start(Command::new("/no/such/program"), &[]);
    let error = started.err().ok_or("it started")?;
    assert!(error.0.contains("cannot start /no/such/program"), "{error}");
    Ok(())
}

#[test]
fn a_start_is_tried_a_few_times() {
    let mut tries = 0;
    let mut fail_until = |last: u32| {
        tries = 0;
        persistently(|| {
            tries += 1;
            if tries < last { Err(TargetError(format!("try {tries}"))) } else { Ok(tries) }
        })
    };
    assert_eq!(fail_until(1), Ok(1));
    assert_eq!(fail_until(3), Ok(3));
    assert_eq!(fail_until(4), Err(TargetError("try 3".into())));
}
