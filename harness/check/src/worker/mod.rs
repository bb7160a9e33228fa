//! Workers: each runs batches of a campaign's cases on one target and compares them.
//!
//! A target that can die runs in a process of its own. The embedded CPython runs in a worker process, which is this program
//! again ([`ProcessWorker`]), as does a type of the program's own; another interpreter runs behind a driver ([`DriverWorker`]). The reference on real files runs in
//! this process ([`SelfTest`]).

mod child;
mod driver;
mod fresh;
mod interface;
mod messages;
mod pace;
mod process;
mod scratch;
mod self_test;
mod start;
mod target_spec;

pub use child::{Served, serve, serve_stepper};
pub use driver::DriverWorker;
pub use fresh::Fresh;
pub use interface::{GUARD_PAGES, Unavailable, Worker, WorkerLoss, declined};
pub use messages::WorkerConfig;
pub use process::{ProcessWorker, WORKER};
pub use scratch::scratch;
pub use self_test::SelfTest;
pub use target_spec::{Engine, TargetSpec};
