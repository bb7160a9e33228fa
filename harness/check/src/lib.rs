//! Generates cases, runs them on a target and on the reference, and reports every divergence.
//!
//! The way data flows: [`generate`] makes a case from [`choices`]; [`run`] has the reference answer it and a target run it;
//! [`compare`] finds where the two part; [`shrink`] makes the case small; [`report`] says it. [`batch`] is the hot loop over
//! many cases, [`campaign`] spreads sweeps over worker processes ([`worker`]).

pub mod batch;
pub mod bench;
pub mod bless;
pub mod campaign;
pub mod choices;
pub mod compare;
pub mod differential;
pub mod divergence;
pub mod examine;
pub mod generate;
pub mod histogram;
pub mod interpreters;
pub mod known;
pub mod limits;
pub mod matrix;
pub mod mutant;
pub mod oracle;
pub mod pages;
pub mod pattern;
pub mod report;
pub mod script;
pub mod seeds;
pub mod shrink;
pub mod smoke;
pub mod text;
pub mod trace_table;
pub mod triage;
pub mod worker;
