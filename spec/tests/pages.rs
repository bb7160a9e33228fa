//! The specification as a whole: its ids, its coverage of the documents, and the `settles` keys of its clauses.

use mmapcheck_spec::Op;
use mmapcheck_spec::notation::{parse, print};
use mmapcheck_spec::pages::{Clause, Page, all, seeds};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn file(name: &str) -> Result<String> {
    Ok(std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name))?)
}

fn clauses(pages: &[Page]) -> impl Iterator<Item = &Clause> {
    pages.iter().flat_map(|page| &page.clauses)
}

/// `READ-10` comes after `READ-9`.
fn order(id: &str) -> (&str, u32) {
    let (prefix, number) = id.rsplit_once('-').unwrap_or((id, "0"));
    (prefix, number.parse().unwrap_or(0))
}

/// Every id that was ever used, and whether it is retired.
fn register() -> Result<Vec<(String, bool)>> {
    let read = |line: &str| match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        [id] => Ok(((*id).to_owned(), false)),
        [id, "retired"] => Ok(((*id).to_owned(), true)),
        _ => Err(format!("spec/ids.txt: '{line}' is not ID or ID retired").into()),
    };
    file("ids.txt")?.lines().map(read).collect()
}

#[test]
fn there_are_at_least_250_clauses() -> Result {
    let pages = all()?;
    assert!(clauses(pages).count() >= 250, "{}", clauses(pages).count());
    Ok(())
}

#[test]
fn an_id_is_used_once_and_never_again() -> Result {
    let register = register()?;
    let sorted = register.windows(2).find(|two| order(&two[0].0) >= order(&two[1].0));
    assert!(sorted.is_none(), "spec/ids.txt is not sorted, or says twice: {sorted:?}");
    let register: BTreeMap<_, _> = register.into_iter().collect();
    let pages = all()?;
    let used: BTreeSet<_> = clauses(pages).map(|clause| clause.id.clone()).collect();
    let unknown: Vec<_> = used.iter().filter(|id| !register.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "new ids, to be entered in spec/ids.txt: {unknown:?}");
    let again: Vec<_> = used.iter().filter(|id| register[*id]).collect();
    assert!(again.is_empty(), "retired ids, used again: {again:?}");
    let gone: Vec<_> = register.iter().filter(|(id, retired)| !**retired && !used.contains(*id)).collect();
    assert!(gone.is_empty(), "ids without a clause, to be marked retired in spec/ids.txt: {gone:?}");
    Ok(())
}

/// `spec/seeds.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seeds {
    sentence: Vec<Sentence>,
}

/// A sentence of a document, and the clauses that cover it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentence {
    id: String,
    document: Document,
    text: String,
    clauses: Vec<String>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Document {
    Python2,
    Python3,
}

#[test]
fn every_sentence_of_the_documents_is_covered() -> Result {
    let Seeds { sentence } = toml::from_str(&file("seeds.toml")?)?;
    let pages = all()?;
    let known: BTreeSet<&str> = clauses(pages).map(|clause| clause.id.as_str()).collect();
    let mut ids = BTreeSet::new();
    for Sentence { id, text, clauses, .. } in &sentence {
        assert!(ids.insert(id), "the sentence {id} stands there twice");
        assert!(!text.trim().is_empty(), "the sentence {id} says nothing");
        assert!(!clauses.is_empty(), "no clause covers {id}: {text}");
        let unknown: Vec<_> = clauses.iter().filter(|clause| !known.contains(clause.as_str())).collect();
        assert!(unknown.is_empty(), "{id} is covered by clauses that are not there: {unknown:?}");
    }
    let documents: BTreeSet<_> = sentence.iter().map(|sentence| &sentence.document).collect();
    assert_eq!(documents.len(), 2);
    Ok(())
}

/// Operations that always raise, and those on file objects, which are not under test.
const WITHOUT_VALUE: &str = "with-raise delitem delslice delslice-step add mul \
    copy.copy copy.deepcopy pickle.dumps set-closed \
    PySequence_DelItem PySequence_DelSlice PySequence_Repeat PySequence_Concat PySequence_InPlaceConcat \
    PyObject_AsFileDescriptor \
    open file-read file-seek file-truncate file-close file-content file-size";

#[test]
fn the_value_of_every_operation_is_settled_by_a_clause() -> Result {
    let pages = all()?;
    let clauses = || pages.iter().flat_map(|page| &page.clauses);
    let settled = |op: Option<Op>, kind: &str| {
        clauses().find(|clause| clause.settles.iter().any(|settles| settles.op == op && settles.kind == kind))
    };
    let exempt: Vec<_> = WITHOUT_VALUE.split_whitespace().collect();
    let wrong = |op: &Op| settled(Some(*op), "value").is_none() != exempt.contains(&op.row().name);
    let wrong: Vec<_> = Op::ALL.iter().copied().filter(wrong).map(|op| op.row().name).collect();
    assert!(wrong.is_empty(), "the value of {wrong:?}");
    assert_eq!(settled(Some(Op::ReadByte), "ValueError").map(|clause| clause.id.as_str()), Some("READ-9"));
    assert_eq!(settled(None, "position").map(|clause| clause.id.as_str()), Some("SEEK-12"), "of any operation");
    Ok(())
}

/// An operation in the key `settles` of a clause occurs in its examples.
#[test]
fn a_clause_settles_only_operations_of_its_examples() -> Result {
    let pages = all()?;
    let mut wrong = Vec::new();
    for clause in clauses(pages) {
        let shown: BTreeSet<Op> =
            clause.examples.iter().flat_map(|example| &example.session.case.steps).map(|step| step.op).collect();
        let ops = clause.settles.iter().filter_map(|settles| settles.op);
        wrong.extend(ops.filter(|op| !shown.contains(op)).map(|op| format!("{} does not show {op}", clause.id)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn every_example_is_a_seed_for_a_fuzzer() -> Result {
    let pages = all()?;
    let mut count = 0;
    for (id, case) in seeds(pages) {
        let back = parse(&print(case), 1).map_err(|error| format!("{id}: {error}"))?;
        assert_eq!(&back.case, case, "{id} reads back as another case");
        assert_eq!(&case.draft().repair(), case, "{id} is not a legal case");
        count += 1;
    }
    assert!(count >= 250);
    Ok(())
}
