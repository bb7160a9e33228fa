//! Tests that run the program, or a target in another process. Most of their time is spent waiting, so that they share a test
//! binary, in which they wait at the same time.

mod cli;
mod commands;
mod damage;
mod ending;
mod forking;
mod hostile;
mod inherited;
mod innocent;
mod interpreters;
mod known;
mod known_effects;
mod left_out;
mod matrix;
mod profile;
mod report;
mod results;
mod specification;
