//! The parts that the fuzz targets share: reading an input as a case, mutating cases, and comparing the target with the reference.
//!
//! An input is a session in the notation, so that seeds, findings and examples of the specification are inputs. The generator
//! takes any other bytes as its choices.

mod hunt;
#[cfg(feature = "mutant")]
mod mutant;
mod mutate;
mod reading;
mod recent;

pub use hunt::{hunt, start};
pub use mutate::{mutate, splice};
pub use reading::{notation, reply};

use arbitrary::Unstructured;
use mmapcheck::generate::{GeneratorOptions, generate};
use mmapcheck_spec::{Case, Profile, notation as sessions};

/// The options for generated inputs: every operation but those of child processes. A child costs as much time as twenty inputs,
/// and libFuzzer does not see its coverage. One mutated input in [`mmapcheck::limits::FORKING`] has one all the same.
fn generator_options(profile: Profile) -> GeneratorOptions {
    let mut options = GeneratorOptions::all(profile);
    options.ops.retain(|op| !op.is_of_children());
    options
}

/// The case of an input.
fn case(input: &[u8], options: &GeneratorOptions) -> Case {
    recent::recall(input).or_else(|| read(input)).unwrap_or_else(|| generate(&mut Unstructured::new(input), options))
}

/// The case of a session; `None` if the input is not a session or has no steps.
fn read(input: &[u8]) -> Option<Case> {
    let session = sessions::parse(std::str::from_utf8(input).ok()?, 1).ok()?;
    let case = Some(session.case).filter(|case| !case.steps.is_empty())?;
    recent::keep_read(input, &case);
    Some(case)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::pages;

    #[test]
    fn an_example_of_the_specification_is_an_input() -> Result<(), pages::PageError> {
        let options = generator_options(Profile::NEWEST);
        let pages = pages::all()?;
        for (_, _, example) in pages::examples(pages).filter(|(.., example)| !example.session.case.steps.is_empty()) {
            assert_eq!(case(example.text.as_bytes(), &options), example.session.case, "{}", example.id);
        }
        Ok(())
    }

    #[test]
    fn bytes_that_are_not_a_session_are_choices_of_the_generator() {
        let options = generator_options(Profile::NEWEST);
        for input in [&b"\xff\xfe"[..], b">>> import mmap\n", b">>> m.read()\n", b""] {
            assert_eq!(case(input, &options), generate(&mut Unstructured::new(input), &options), "{input:?}");
        }
    }
}
