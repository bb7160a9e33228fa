//! The messages between a campaign and its worker processes: one JSON line each.
//!
//! The format is derived from the types and is not public: both ends are the same program. JSON bounds the nesting of a line,
//! so that no line can exhaust the stack of the campaign.

use super::TargetSpec;
use super::interface::Unavailable;
use crate::batch::{Batch, BatchResult};
use mmapcheck_spec::{Case, Detail, Profile, TargetInfo, Trace};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The command line of a worker process.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The class to test.
    pub subject: TargetSpec,
    /// The profile to judge by; none for that of the running interpreter.
    pub profile: Option<Profile>,
    /// The folder for the worker's files.
    pub dir: PathBuf,
}

/// A message and the number of the request that it belongs to; the introduction has the number 0.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Numbered<M> {
    pub(super) id: u64,
    pub(super) message: M,
}

/// A request of a campaign.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Run one case. `to_death`: its last step is expected to kill the process.
    Run { case: Case, detail: Detail, to_death: bool },
    /// Run a batch.
    Batch(Box<Batch>),
}

/// A reply of a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The worker is ready for requests, but for these checks.
    Ready(TargetInfo, Vec<Unavailable>),
    /// The trace of the case.
    Trace(Trace),
    /// The result of the batch.
    Batch(BatchResult),
    /// The target has damaged the process, in this way.
    Damaged(String),
    /// The request, or the worker, failed for this reason.
    Failed(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Hit;
    use crate::choices::seeded;
    use crate::divergence::{Bucket, Field, Severity};
    use crate::generate::{GeneratorOptions, generate};
    use crate::oracle::{AnswerOptions, Omissions, Oracle};
    use crate::pattern::{Pattern, Patterns};
    use crate::variation::{Condition, Effect, Property, Reply as VariedReply, Variation};
    use mmapcheck_spec::{Content, End, Leaks, MapState, Op, Outcome, Raise, Snapshot, StepTrace, Value};
    use serde::de::DeserializeOwned;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    fn received<M: Serialize + DeserializeOwned>(message: &M) -> Result<M> {
        let line = serde_json::to_vec(message)?;
        assert!(!line.contains(&b'\n'));
        Ok(serde_json::from_slice(&line)?)
    }

    fn trace() -> Trace {
        let values = vec![
            Value::None,
            Value::Bool(true),
            Value::Int(i128::MAX),
            Value::Int(i128::MIN),
            Value::Long(5),
            Value::Bytes(vec![0, 255]),
            Value::List(vec![Value::Text("é\n\0".into())]),
            Value::Tuple(vec![Value::Object("type".into())]),
        ];
        let content = Content { len: 3, digest: u64::MAX, bytes: Some(vec![1]) };
        let open = MapState::Open { pos: -1, len: i64::MAX, content: Some(content.clone()) };
        let malformed = MapState::Malformed("no".into());
        let snapshot = Snapshot {
            maps: smallvec::smallvec![MapState::Unbound, MapState::Closed, open, malformed],
            files: vec![content.clone()],
        };
        let step = |result| StepTrace { result, snapshot: snapshot.clone() };
        let raised =
            Outcome::Raised(Raise { class: "OSError".into(), errno: Some(22), message: "Invalid argument".into() });
        let ends = [
            End::Died(11),
            End::Exited(3, "MemoryError".into()),
            End::Hung,
            End::Malformed("no reply".into()),
            End::Damaged("no descriptor".into()),
            End::Unsupported("no".into()),
        ];
        let outcomes = values.into_iter().map(Outcome::Value).chain([raised.clone()]).map(Ok);
        Trace {
            steps: outcomes.chain(ends.clone().map(Err)).map(step).collect(),
            last: snapshot.clone(),
            closing: vec![None, Some(raised)],
            files: vec![content],
            leaks: Leaks { descriptors: -1, pages: 2, stray_files: 3 },
            end: Some(End::Hung),
            last_words: "no\n".into(),
        }
    }

    #[test]
    fn a_trace_arrives_as_it_was_sent() -> Result {
        let sent = trace();
        assert_eq!(received(&sent)?, sent);
        let bytes = |trace: &Trace| trace.files[0].bytes.clone();
        assert_eq!(bytes(&received(&sent)?), bytes(&sent), "the comparison of contents leaves out their bytes");
        Ok(())
    }

    #[test]
    fn a_batch_and_its_result_arrive_as_they_were_sent() -> Result {
        let bucket = |severity: Severity, field: Field| Bucket {
            severity,
            op: Some(Op::Resize),
            callback: (severity == Severity::Death).then_some(Op::Close),
            field,
            expected: "int".into(),
            actual: "ValueError".into(),
        };
        let buckets = || {
            let fields = Field::ALL.map(|(field, _)| bucket(Severity::Bytes, field));
            fields.into_iter().chain(Severity::ALL.map(|(severity, _)| bucket(severity, Field::Answer)))
        };
        for omissions in [Omissions::NONE, Omissions::KNOWN_DEATHS, Omissions::of_case(1), Omissions::ALL_DEATHS] {
            let sent = Batch {
                seed: u64::MAX,
                cases: 5..u64::MAX,
                generator: GeneratorOptions::all("cpython-3.11.7-linux".parse()?),
                known: Patterns(buckets().map(|bucket| Pattern::of(&bucket)).collect()),
                model: vec![Variation {
                    ops: vec![Op::Write],
                    when: vec![Condition::Argument(0, Property::Wide(31))],
                    effect: Effect::Answers(VariedReply::Plus(i128::MIN)),
                }],
                omissions,
                fresh: Some(Severity::Class),
            };
            assert_eq!(received(&sent)?, sent);
        }
        let mut sent = BatchResult { cases: 1, steps: 2, deaths: 3, ..BatchResult::default() };
        sent.hits = buckets().map(|bucket| Hit { bucket, case: 7, count: 8 }).collect();
        sent.known.insert("RESIZE".into(), 9);
        sent.applied.push((3, 4));
        sent.incomparable.push(("no resource".into(), 10));
        let profile = "cpython-3.11.7-linux".parse()?;
        let mut oracle = Oracle::new(profile)?;
        for number in 0..200 {
            let case = generate(&mut seeded(3, number), &GeneratorOptions::all(profile));
            let answered = oracle.answer(case, &AnswerOptions::new(Detail::Quick))?;
            sent.answers.count(&answered.case, &answered.expected, answered.case.steps.len());
        }
        assert_eq!(received(&sent)?, sent);
        Ok(())
    }

    #[test]
    fn a_case_arrives_as_it_was_sent() -> Result {
        for profile in ["cpython-3.15.2-linux", "cpython-2.7.18-linux"] {
            let profile: Profile = profile.parse()?;
            let mut oracle = Oracle::new(profile)?;
            for number in 0..2000 {
                let sent = generate(&mut seeded(11, number), &GeneratorOptions::all(profile));
                assert!(received(&sent)? == sent, "case {number}");
                let sent = oracle.answer(sent, &AnswerOptions::new(Detail::Quick))?.case;
                assert!(received(&sent)? == sent, "case {number} with plain numbers");
            }
        }
        Ok(())
    }

    #[test]
    fn no_line_exhausts_the_stack() {
        for text in ["[", "{\"List\":[", "{\"id\":"] {
            assert!(serde_json::from_str::<Value>(&text.repeat(1 << 20)).is_err());
        }
    }
}
