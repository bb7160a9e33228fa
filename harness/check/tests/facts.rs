//! Versions and platforms are compared in the table of rules, and numbers of a system stand in the facts of its platform:
//! nowhere else in the sources.

use mmapcheck_spec::Platform;
use std::fs;
use std::path::{Path, PathBuf};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Files that may name versions or platforms, and why.
const MAY_COMPARE: [(&str, &str); 7] = [
    ("spec/src/version.rs", "it is where versions are defined"),
    ("spec/src/platform.rs", "it is where platforms are defined"),
    ("spec/src/profile.rs", "a profile without a platform is one of Linux"),
    ("spec/src/pages/clause.rs", "a clause has a scope of versions and platforms of its own"),
    ("harness/check/src/known/list.rs", "the list of CPython on Linux has no platform in its name"),
    ("fuzz/src/mutate.rs", "its donors are cases for the version that is usually embedded"),
    ("harness/targets/src/driver/description.rs", "the name of a target leaves out Linux"),
];

/// Files that may hold the number 4096, and why.
const MAY_COUNT: [(&str, &str); 2] = [
    ("spec/src/platform.rs", "it is where sizes of pages are defined"),
    ("fuzz/src/recent.rs", "it keeps so many cases"),
];

fn walk(dir: &Path, found: &mut Vec<PathBuf>) -> Result {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The sources of every package: path in the repository, and lines of code outside of comments and tests.
fn sources() -> Result<Vec<(String, Vec<String>)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    walk(&root.join("spec/src"), &mut found)?;
    walk(&root.join("fuzz/src"), &mut found)?;
    for package in fs::read_dir(root.join("harness"))? {
        let sources = package?.path().join("src");
        if sources.is_dir() {
            walk(&sources, &mut found)?;
        }
    }
    // Modules of tests are not examined.
    found.retain(|path| !path.ends_with("tests.rs"));
    found.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path)?;
        Ok((path.strip_prefix(&root)?.display().to_string(), code(&text)))
    };
    found.into_iter().map(read).collect()
}

/// The lines of a source up to its tests, without comments.
fn code(text: &str) -> Vec<String> {
    let without_tests = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    without_tests.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned()).collect()
}

/// Whether a name of the field of a version follows a point, and is not a call.
fn reads_part(line: &str) -> bool {
    [".major", ".minor", ".micro"].iter().any(|part| {
        line.match_indices(part)
            .any(|(at, _)| !line[at + part.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '('))
    })
}

/// Whether a number follows one of these openings.
fn opens_with_number(line: &str, openings: &[&str]) -> bool {
    openings.iter().any(|opening| {
        line.match_indices(opening).any(|(at, _)| line[at + opening.len()..].starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Whether a version of a profile is compared.
fn compares_version(line: &str) -> bool {
    line.match_indices(".version()").any(|(at, call)| {
        let rest = line[at + call.len()..].trim_start();
        ["<", ">", "==", "!="].iter().any(|operator| rest.starts_with(operator))
    })
}

fn names_version_or_platform(line: &str) -> bool {
    let platform = Platform::ALL.iter().any(|platform| line.contains(&format!("Platform::{platform:?}")));
    let version = reads_part(line)
        || compares_version(line)
        || opens_with_number(line, &["Version::new(", "Profile::cpython("])
        || line.contains("< Version::")
        || line.contains("> Version::");
    platform || version
}

/// Whether a number of a system stands in the line: the size of a page, a signal or an error.
fn holds_number_of_system(line: &str) -> bool {
    let is_word = |at: usize| {
        let touches = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !touches(line[..at].chars().last()) && !touches(line[at + 4..].chars().next())
    };
    let page = line.match_indices("4096").any(|(at, _)| is_word(at));
    let named = ["SIGBUS", "SIGSEGV", "ENOMEM", "EINVAL", "EBADF", "EFBIG", "EMFILE", "EACCES", "EFAULT"];
    let numbered = named.iter().any(|name| opens_with_number(line, &[&format!("{name}: i32 = ")]));
    page || numbered || opens_with_number(line, &["Died(", "= Errno("])
}

fn offending(sources: &[(String, Vec<String>)], may: &[(&str, &str)], is_wrong: fn(&str) -> bool) -> Vec<String> {
    let free = |path: &str| !may.iter().any(|(allowed, _)| *allowed == path);
    let lines = sources.iter().filter(|(path, _)| free(path)).flat_map(|(path, lines)| {
        lines
            .iter()
            .enumerate()
            .filter(|(_, line)| is_wrong(line))
            .map(move |(at, line)| format!("{path}:{}: {line}", at + 1))
    });
    lines.collect()
}

#[test]
fn no_file_outside_the_table_compares_a_version_or_platform() -> Result {
    let wrong = offending(&sources()?, &MAY_COMPARE, names_version_or_platform);
    assert!(wrong.is_empty(), "ask a rule of the profile instead: {wrong:#?}");
    Ok(())
}

#[test]
fn no_file_outside_the_facts_holds_a_number_of_a_system() -> Result {
    let wrong = offending(&sources()?, &MAY_COUNT, holds_number_of_system);
    assert!(wrong.is_empty(), "ask the facts of the platform instead: {wrong:#?}");
    Ok(())
}

#[test]
fn every_exception_is_there_and_needed() -> Result {
    let sources = sources()?;
    for (path, reason) in MAY_COMPARE {
        let lines = &sources.iter().find(|(source, _)| source == path).ok_or(path)?.1;
        assert!(lines.iter().any(|line| names_version_or_platform(line)), "{path}: {reason}");
    }
    for (path, reason) in MAY_COUNT {
        let lines = &sources.iter().find(|(source, _)| source == path).ok_or(path)?.1;
        assert!(lines.iter().any(|line| holds_number_of_system(line)), "{path}: {reason}");
    }
    Ok(())
}

#[test]
fn a_comparison_is_seen() {
    for line in [
        "if profile.version().minor < 14 {",
        "since <= Version::new(3, 9, 0)",
        "if profile.version() >= other {",
        "Profile::cpython(3, 15, 2)",
        "if self.platform == Platform::Windows {",
    ] {
        assert!(names_version_or_platform(line), "{line}");
    }
    for line in ["const SIGBUS: i32 = 7;", "End::Died(11)", "len % 4096", "const EBADF: Errno = Errno(9);"] {
        assert!(holds_number_of_system(line), "{line}");
    }
    for line in ["Version::new(major, minor, micro)", "profile.version().is_known()", "40960", "Died(signal)"] {
        assert!(!names_version_or_platform(line) && !holds_number_of_system(line), "{line}");
    }
}
