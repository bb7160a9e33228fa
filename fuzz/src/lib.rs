//! What the fuzz targets share: inputs read as cases, cases changed, and the comparison that ends the process where it fails.
//!
//! An input is a session in the notation, so that seeds, findings and examples of the specification are inputs as they stand.
//! Any other bytes are choices of the generator.

mod hunt;
mod mutate;
mod reading;
#[cfg(feature = "saboteur")]
mod saboteur;

pub use hunt::{hunt, start};
pub use mutate::{mutate, splice};
pub use reading::{notation, reply};

use arbitrary::Unstructured;
use mmapcheck::generate::{Mix, generate};
use mmapcheck_spec::{Case, notation as sessions, repair};

/// The case an input stands for.
fn case(input: &[u8], mix: &Mix) -> Case {
    let session = std::str::from_utf8(input).ok().and_then(|text| sessions::parse(text, 1).ok());
    match session.map(|session| session.case).filter(|case| !case.steps.is_empty()) {
        Some(mut case) => {
            repair(&mut case);
            case
        }
        None => generate(&mut Unstructured::new(input), mix),
    }
}
