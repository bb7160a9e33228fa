//! The README shows the example that is compiled and run, and names only what exists.

#[path = "readme/errors.rs"]
mod errors;

use errors::{error, write_whole};
use mmapcheck_kit::Error;
use std::io::{self, Cursor, ErrorKind};

const README: &str = include_str!("../README.md");
const EXAMPLE: &str = include_str!("../examples/over_memmap2.rs");
const ERRORS: &str = include_str!("readme/errors.rs");
const MAPPING: &str = include_str!("../src/mapping.rs");

/// The example without its first lines: the doc comment, and the permission for unsafe code that this workspace asks for.
fn example() -> &'static str {
    EXAMPLE.split_once("\n\n").map_or("", |(_, rest)| rest)
}

#[test]
fn the_test_of_the_readme_is_the_example_that_runs() {
    assert!(example().starts_with("use ") && example().ends_with("mmapcheck_kit::suite!(MyMap);\n"));
    assert!(README.contains(&format!("```rust\n{}```\n", example())), "the README shows another example");
}

#[test]
fn every_method_and_error_that_the_readme_names_exists() {
    let named = README.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("Error::"));
    for error in named {
        assert!(MAPPING.contains(&format!("\n    {error}")), "Error::{error}");
    }
    let methods = ["map", "len", "tell", "seek", "read", "read_byte", "read_line", "write", "write_byte", "as_slice"];
    for method in methods {
        assert!(README.contains(&format!("`{method}`")) && MAPPING.contains(&format!("fn {method}(")), "{method}");
    }
}

#[test]
fn the_mapping_of_errors_is_code_that_runs() {
    assert!(README.contains(&format!("```rust\n{ERRORS}```\n")), "the README shows another mapping");
    assert!(matches!(error(io::Error::from_raw_os_error(22)), Error::Io(_)));
    assert!(matches!(error(ErrorKind::NotConnected.into()), Error::Closed));
    let mut memory = [0; 4];
    let mut map = Cursor::new(&mut memory[..]);
    assert!(matches!(write_whole(&mut map, 4, b"abcde"), Err(Error::OutOfRange)));
    assert!(matches!(write_whole(&mut map, 4, b"abcd"), Ok(4)));
    assert_eq!(&memory, b"abcd");
}
