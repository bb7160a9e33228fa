//! Generates cases, runs them on a target and on the oracle, and reports every divergence.
//!
//! [`generate`] makes a case from [`choices`]; the [`oracle`] answers it; a target runs it ([`differential`]); [`compare`] finds
//! the [`divergence`]s and sets apart those that a [`pattern`] matches; [`shrink`] makes the case small; [`report`] renders it.
//! [`repeat`] runs a case several times, and [`clauses`] names the clause that a divergence breaks. A [`batch`] is the hot loop
//! over many cases, and a [`campaign`] spreads batches over processes ([`worker`]). [`examine`] is a whole check: the examples
//! of the specification ([`pages`]), the [`known`] divergences and a campaign. The [`cli`] is the program: only it prints.

pub mod agreement;
pub mod base;
pub mod batch;
pub mod bench;
#[cfg(feature = "program")]
pub mod bisection;
pub mod bless;
pub mod book;
pub mod campaign;
pub mod causes;
#[cfg(feature = "program")]
pub mod changes;
pub mod choices;
pub mod clauses;
#[cfg(feature = "program")]
pub mod cli;
pub mod compare;
pub mod corpus;
pub mod detection;
pub mod diagnosis;
pub mod differential;
pub mod divergence;
#[cfg(feature = "program")]
pub mod doctor;
pub mod examine;
pub mod generate;
pub mod histogram;
#[cfg(feature = "program")]
pub mod interpreters;
pub mod known;
pub mod left_out;
pub mod limits;
#[cfg(feature = "program")]
pub mod matrix;
pub mod mutant;
pub mod oracle;
pub mod pages;
pub mod pattern;
pub mod repeat;
pub mod report;
pub mod script;
pub mod seeds;
pub mod shrink;
pub mod since;
pub mod smoke;
pub mod text;
pub mod trace_table;
pub mod triage;
pub mod typed;
pub mod variation;
pub mod worker;
