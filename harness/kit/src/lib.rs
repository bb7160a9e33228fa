//! A conformance suite and a differential fuzzer for memory maps in Rust: the type under test is compared with Python's `mmap`,
//! step by step, without Python.
//!
//! [`Mapping`] is the trait of a type under test, [`suite!`] makes the tests, and [`replay`] runs one session again. The README
//! is the guide.

mod adapter;
mod campaign;
mod failure;
mod fit;
mod guarded;
mod mapping;
mod memory;
mod outcome;
mod perform;
mod plan;
mod probe;
mod replay;
mod settings;
mod suite;
mod verdict;
mod worker;

pub use mapping::{Error, Mapping, Region, Result};
pub use mmapcheck::typed::Access;
pub use replay::replay;
pub use settings::Settings;
pub use suite::run;

/// The `main` of a test without the standard harness, which checks a type.
///
/// `suite!(MyMap)` alone has the defaults; each option is a method of [`Settings`]: `suite!(MyMap, known = "known.toml", time =
/// "30s")`.
#[macro_export]
macro_rules! suite {
    ($type:ty $(, $option:ident = $value:expr)* $(,)?) => {
        fn main() -> ::std::process::ExitCode {
            let settings = $crate::Settings::new(stringify!($type), env!("CARGO_MANIFEST_DIR"), file!());
            $(let settings = settings.$option($value);)*
            $crate::run::<$type>(&settings)
        }
    };
}
