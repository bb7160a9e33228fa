//! The matrix: the result of every clause on every target, and the findings of each target.
//!
//! `matrix.json` holds it as data ([`Matrix`]); all pages are rendered from it. The result of a target stays until the target
//! is checked again.

mod data;
mod files;
mod html;
mod page;

pub use data::Matrix;
