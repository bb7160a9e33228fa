//! `mmapcheck profile`: the rules that hold, and those that differ between two profiles.

use crate::Result;
use serde_json::Value;
use std::process::{Command, Output};

fn profile(args: &[&str]) -> Result<Output> {
    Ok(Command::new(env!("CARGO_BIN_EXE_mmapcheck")).arg("profile").args(args).output()?)
}

fn shown(args: &[&str]) -> Result<String> {
    let done = profile(args)?;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8(done.stdout)?;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    Ok(text)
}

#[test]
fn the_rules_that_hold_are_listed_with_their_versions_and_source() -> Result {
    let text = shown(&["cpython-3.13-linux"])?;
    let row = "seek_returns_position (since 3.13)\n    `seek()` returns the new position, and `seekable()` exists.\n    \
               Source: documentation, `mmap.seek`.\n";
    assert!(text.starts_with("cpython-3.13.0-linux: ") && text.contains(row), "{text}");
    assert!(text.contains("MAP_NORESERVE") && text.contains("page size: 4096 bytes"), "{text}");
    assert!(!text.contains("methods_convert_first"), "{text}");
    assert_eq!(shown(&["cpython-3.13"])?, text);
    Ok(())
}

#[test]
fn against_another_profile_only_the_differences_are_listed() -> Result {
    let text = shown(&["cpython-3.14-linux", "--against", "cpython-3.13-linux"])?;
    let marked = |mark: &str| text.lines().filter(|line| line.starts_with(mark)).count();
    assert!(text.contains("\n+ only in cpython-3.14.0-linux\n- only in cpython-3.13.0-linux\n"), "{text}");
    assert!(text.contains("\n+methods_convert_first (since 3.14)\n") && !text.contains("seek_returns"), "{text}");
    assert!(!text.contains("Constants") && !text.contains("Platform"), "{text}");

    let back = shown(&["cpython-3.13-linux", "--against", "cpython-3.14-linux"])?;
    assert!(back.contains("\n-methods_convert_first (since 3.14)\n"), "{back}");
    assert_eq!(marked("+"), back.lines().filter(|line| line.starts_with('-')).count());

    let text = shown(&["cpython-3.11.9-windows", "--against", "cpython-3.11.9-linux"])?;
    assert!(text.contains("allocation granularity: 65536 bytes (+), 4096 bytes (-)"), "{text}");
    assert!(text.contains("+maps_sections (every version with sections)"), "{text}");
    assert!(text.contains("-MAP_ANONYMOUS"), "{text}");

    let none = shown(&["cpython-3.13.2", "--against", "cpython-3.13.3"])?;
    assert!(none.starts_with("0 of "), "{none}");
    Ok(())
}

#[test]
fn the_list_is_also_one_json_object() -> Result {
    let json: Value = serde_json::from_str(&shown_json(&["cpython-3.14-linux", "--against", "cpython-3.13-linux"])?)?;
    let rules = json["rules"].as_array().ok_or("a list")?;
    let rule = rules.iter().find(|rule| rule["name"] == "none_is_no_flush_size").ok_or("the rule")?;
    assert_eq!((&rule["value"], &rule["against"]), (&true.into(), &false.into()));
    assert_eq!((&rule["scope"][0]["since"], &rule["scope"][0]["until"]), (&"3.14".into(), &"3.14".into()));
    let whole: Value = serde_json::from_str(&shown_json(&["cpython-3.14-linux"])?)?;
    assert!(whole.get("against").is_none() && whole["rules"].as_array().is_some_and(|all| all.len() > rules.len()));
    Ok(())
}

fn shown_json(args: &[&str]) -> Result<String> {
    let done = profile(&[args, &["--format", "json"]].concat())?;
    assert!(done.status.success());
    Ok(String::from_utf8(done.stdout)?)
}

#[test]
fn a_wrong_name_is_one_line_and_status_2() -> Result {
    for (args, expected) in [
        (&["cpython-3.5-linux"][..], "the reference knows Python 2.7 and 3.6 to 3."),
        (&["python"], "is not a profile"),
        (&["cpython-3.13", "--against", "cpython-3.13-plan9"], "is not a profile"),
        (&[], "required"),
    ] {
        let done = profile(args)?;
        let said = String::from_utf8(done.stderr)?;
        assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(expected) && done.stdout.is_empty(), "{said}");
    }
    Ok(())
}
