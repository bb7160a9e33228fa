//! The abilities of this machine: each thing that some part of the tool uses, and the effect of its absence.

use crate::{interpreters, limits};
use mmapcheck_reference::DiskStore;
use mmapcheck_reference::store::Store;
use mmapcheck_spec::{SpecialFile, TargetError};
use mmapcheck_world::{SpecialFiles, in_temporary_folder};
use rustix::fs::{MemfdFlags, memfd_create, statfs};
use rustix::process::{Resource, getrlimit};
use std::path::Path;
use std::process::Command;

/// One thing that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The thing, in a few words.
    pub name: String,
    /// The find, in a few words; or the effect of its absence.
    pub found: Result<String, String>,
}

/// The things of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The kind.
    pub title: &'static str,
    /// The things, in the order in which they were looked for.
    pub all: Vec<Checked>,
}

/// Looks for everything that some part of the tool uses.
///
/// # Errors
/// If the folders of interpreters cannot be read.
pub fn examine() -> Result<Vec<Section>, TargetError> {
    let interpreters: Vec<_> = interpreters::find(None)?.iter().map(|python| interpreter(python)).collect();
    Ok(vec![
        Section {
            title: "system",
            all: vec![pages(), files(), special_files(), memfd(), huge_pages(), named_maps(), namespaces()],
        },
        Section { title: "flags of maps", all: flags_of_maps() },
        Section { title: "limits", all: LIMITS.map(limit).to_vec() },
        Section { title: "interpreters", all: [embedded()].into_iter().chain(interpreters).collect() },
        Section { title: "programs", all: PROGRAMS.iter().map(program).collect() },
    ])
}

fn checked(name: &str, found: Result<String, &str>) -> Checked {
    Checked { name: name.to_owned(), found: found.map_err(str::to_owned) }
}

fn pages() -> Checked {
    checked("page size", Ok(format!("{} bytes", rustix::param::page_size())))
}

/// File systems by the number that `statfs` gives.
const FILE_SYSTEMS: [(u64, &str); 7] = [
    (0x0102_1994, "tmpfs"),
    (0xEF53, "ext2, ext3 or ext4"),
    (0x794C_7630, "overlay"),
    (0x5846_5342, "XFS"),
    (0x9123_683E, "Btrfs"),
    (0x2FC1_2FC1, "ZFS"),
    (0x6969, "NFS"),
];

/// The file system of the folder for temporary files, where every target runs.
fn files() -> Checked {
    let made = in_temporary_folder(|folder| folder.metadata().map(|_| folder.to_owned()));
    let folder = made.unwrap_or_else(|_| std::env::temp_dir());
    let kind = |number: u64| {
        let known = FILE_SYSTEMS.iter().find(|(known, _)| *known == number).map(|(_, name)| (*name).to_owned());
        known.unwrap_or_else(|| format!("of the kind {number:#x}"))
    };
    let found = statfs(&folder).map(|found| format!("{}, {}", folder.display(), kind(found.f_type as u64)));
    checked("temporary files", found.map_err(|_| "no target can be run: the folder for temporary files cannot be used"))
}

/// The special files that the constructor is passed.
fn special_files() -> Checked {
    let files = SpecialFiles::of_process();
    let missing = SpecialFile::ALL.into_iter().find(|(file, ..)| files.descriptor(*file).is_err());
    let found = missing.map_or(Ok("all can be opened".into()), |(_, source, _)| {
        Err(format!("cases with those that cannot be opened are left out: {source} fails"))
    });
    Checked { name: "devices, folders, pipes, sockets".into(), found }
}

fn memfd() -> Checked {
    let made = memfd_create("mmapcheck-doctor", MemfdFlags::CLOEXEC).map(|_| "available".to_owned());
    checked("memfd_create", made.map_err(|_| "maps of files in memory alone cannot be made"))
}

fn huge_pages() -> Checked {
    let setting = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").ok();
    let found = setting.and_then(|text| Some(text.split_once('[')?.1.split_once(']')?.0.to_owned()));
    checked("transparent huge pages", found.ok_or("`MADV_HUGEPAGE` is refused, as by a kernel without them"))
}

/// The answers of this system to flags of maps that not every Linux takes.
fn flags_of_maps() -> Vec<Checked> {
    let store = match DiskStore::new() {
        Ok(store) => store,
        Err(why) => return vec![Checked { name: "maps".into(), found: Err(why.0) }],
    };
    let kernel = store.kernel();
    let has_huge_pages = kernel.huge_pages.iter().any(|(_, refusal)| refusal.is_none());
    let locked = match kernel.lockable {
        None => Ok("without a limit".into()),
        Some(most) if kernel.check_locked(rustix::param::page_size() as u64).is_ok() => {
            Ok(format!("at most {most} bytes"))
        }
        Some(_) => Err("cases with `MAP_LOCKED` are left out: the limit `RLIMIT_MEMLOCK` is low"),
    };
    let said = |is_so, yes: &str, no: &str| Ok(if is_so { yes } else { no }.to_owned());
    vec![
        checked("PROT_EXEC alone", said(kernel.executes_only, "cannot be read", "can be read")),
        checked("MAP_DROPPABLE", said(kernel.droppable.is_none(), "available", "refused")),
        checked("MAP_LOCKED", locked),
        checked(
            "MAP_HUGETLB",
            if has_huge_pages { Err("cases with it are left out: there are huge pages") } else { Ok("refused".into()) },
        ),
        checked(
            "MAP_SYNC",
            match &kernel.files {
                Some(files) => said(files.sync.is_none(), "ignored or available", "refused"),
                None => Err("cases with it are left out: the folder for temporary files has none without a name"),
            },
        ),
    ]
}

/// Maps can have names since Linux 5.17, if the kernel is built so: its configuration may be hidden.
fn named_maps() -> Checked {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.trim().parse::<u32>().ok());
    let is_new = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (5, 17);
    let found = is_new.then(|| format!("Linux {}, which may have them", release.trim()));
    checked("names of maps", found.ok_or("`set_name` has no effect that could be seen"))
}

fn namespaces() -> Checked {
    let most = std::fs::read_to_string("/proc/sys/user/max_user_namespaces").ok();
    let found = most.filter(|most| most.trim() != "0").map(|most| format!("at most {}", most.trim()));
    checked("user namespaces", found.ok_or("a file system of its own, such as a full one, cannot be made without root"))
}

/// The limits that targets run under, and what the tool does where one is lower.
const LIMITS: [(Resource, &str, u64, &str); 3] = [
    (Resource::As, "address space", limits::ADDRESS_SPACE, "cases with maps of gigabytes are refused by the system"),
    (Resource::Fsize, "size of a file", limits::FILE_BYTES, "cases with long files are refused by the system"),
    (Resource::Nofile, "descriptors", 256, "many jobs at once may run out of descriptors"),
];

fn limit((resource, name, least, without): (Resource, &str, u64, &str)) -> Checked {
    match getrlimit(resource).current {
        None => checked(name, Ok("unlimited".into())),
        Some(most) if most >= least => checked(name, Ok(format!("at most {most}"))),
        Some(most) => Checked { name: name.to_owned(), found: Err(format!("at most {most}: {without}")) },
    }
}

fn embedded() -> Checked {
    let found =
        mmapcheck_targets::check_interpreter().map(|()| "linked with this program, and its standard library is there");
    Checked { name: "embedded CPython".into(), found: found.map(str::to_owned).map_err(|missing| missing.0) }
}

/// An interpreter, with the version that it prints.
fn interpreter(python: &Path) -> Checked {
    let printed = Command::new(python).arg("--version").output();
    let found = printed.map_err(|error| format!("it does not start: {error}")).and_then(|printed| {
        let text = [printed.stdout, printed.stderr].concat();
        let text: Vec<_> = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
        if text.is_empty() { Err("it does not say its version".into()) } else { Ok(text.join(" ")) }
    });
    Checked { name: python.display().to_string(), found }
}

/// Programs of others, by the names under which they may be found, and what cannot be done without them.
const PROGRAMS: [(&[&str], &str); 6] = [
    (&["clang"], "`fuzz/instrument` and `fuzz/coverage` cannot build CPython's module: install clang and its runtime"),
    (&["llvm-profdata", "llvm-profdata-19", "llvm-profdata-14"], "`fuzz/coverage` cannot read profiles: install llvm"),
    (&["cargo"], "`cargo fuzz run ops` and the tests of the specification cannot be run"),
    (&["cargo-fuzz"], "`cargo fuzz run ops` cannot be run: `cargo install cargo-fuzz`"),
    (&["wine64", "wine"], "CPython for Windows cannot be checked here"),
    (&["chromium", "chromium-browser", "google-chrome"], "the test of the page in a browser is skipped"),
];

fn program((names, without): &(&[&str], &str)) -> Checked {
    let found = names.iter().find_map(|name| which::which(name).ok());
    let name = names.first().copied().unwrap_or_default();
    checked(name, found.map(|path| path.display().to_string()).ok_or(*without))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_too_low_says_what_it_prevents() {
        let low = limit((Resource::Nofile, "descriptors", u64::MAX, "nothing works"));
        let most = getrlimit(Resource::Nofile).current;
        let expected = most.map_or(Ok("unlimited".into()), |most| Err(format!("at most {most}: nothing works")));
        assert_eq!(low.found, expected);
        assert!(limit((Resource::Nofile, "descriptors", 1, "nothing works")).found.is_ok());
    }

    #[test]
    fn a_missing_program_says_what_it_prevents() {
        let missing = program(&(&["no-such-program-anywhere"], "nothing works"));
        assert_eq!(missing.found, Err("nothing works".into()));
        assert!(program(&(&["no-such-program-anywhere", "sh"], "nothing works")).found.is_ok());
        assert!(interpreter(Path::new("/nowhere/python")).found.is_err_and(|why| why.starts_with("it does not start")));
    }
}
