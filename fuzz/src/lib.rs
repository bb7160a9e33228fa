//! What the fuzz targets share: inputs read as cases, cases changed, and the comparison that ends the process where it fails.
//!
//! An input is a session in the notation, so that seeds, findings and examples of the specification are inputs as they stand.
//! Any other bytes are choices of the generator.

mod hunt;
mod mutate;
mod reading;
mod recent;
#[cfg(feature = "mutant")]
mod mutant;

pub use hunt::{hunt, start};
pub use mutate::{mutate, splice};
pub use reading::{notation, reply};

use arbitrary::Unstructured;
use mmapcheck::generate::{GeneratorOptions, generate};
use mmapcheck_spec::{Case, Profile, notation as sessions};

/// What inputs are made of: everything but child processes. One costs as much time as twenty inputs, and what it reaches is not
/// seen. Inputs that have some are run as they stand.
fn mix(profile: Profile) -> GeneratorOptions {
    let mut mix = GeneratorOptions::all(profile);
    mix.ops.retain(|op| !op.is_of_children());
    mix
}

/// The case an input stands for.
fn case(input: &[u8], mix: &GeneratorOptions) -> Case {
    recent::recall(input).or_else(|| read(input)).unwrap_or_else(|| generate(&mut Unstructured::new(input), mix))
}

/// The case of a session; none where there is no step in it.
fn read(input: &[u8]) -> Option<Case> {
    let session = sessions::parse(std::str::from_utf8(input).ok()?, 1).ok()?;
    let case = Some(session.case).filter(|case| !case.steps.is_empty())?;
    recent::keep_read(input, &case);
    Some(case)
}
