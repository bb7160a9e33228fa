//! The seeds are those of the pages, and the dictionary is that of the operation table.
//! `MMAPCHECK_WRITE=1 cargo test --test seeds` writes both again.

use mmapcheck::oracle::{AnswerOptions, Oracle};
use mmapcheck::seeds::{DICTIONARY, FOLDER, dictionary, sessions};
use mmapcheck_spec::{Detail, Profile, notation, pages};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const AGAIN: &str = "MMAPCHECK_WRITE=1 cargo test --test seeds writes it again";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn writes() -> bool {
    std::env::var_os("MMAPCHECK_WRITE").is_some()
}

fn stored(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().display().to_string();
        found.insert(name, std::fs::read_to_string(&path)?);
    }
    Ok(found)
}

#[test]
fn every_example_of_the_pages_is_a_seed_and_nothing_else_is() -> Result {
    let (folder, wanted) = (root().join(FOLDER), sessions(pages::all()?));
    if writes() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        for (name, text) in &wanted {
            std::fs::write(folder.join(name), text)?;
        }
    }
    let stored = stored(&folder)?;
    let gone: Vec<_> = stored.keys().filter(|name| !wanted.contains_key(*name)).collect();
    let other: Vec<_> =
        wanted.iter().filter(|(name, text)| stored.get(*name) != Some(text)).map(|(name, _)| name).collect();
    assert!(
        gone.is_empty() && other.is_empty(),
        "{FOLDER}: not of the pages: {gone:?}; not current: {other:?}; {AGAIN}"
    );
    Ok(())
}

#[test]
fn a_seed_is_the_case_of_its_example() -> Result {
    let pages = pages::all()?;
    let seeds = sessions(pages);
    assert_eq!(seeds.len(), pages::seeds(pages).count());
    for (id, case) in pages::seeds(pages) {
        assert_eq!(notation::parse(&seeds[&format!("{id}.pycon")], 1)?.case, *case, "{id}");
    }
    Ok(())
}

#[test]
fn the_dictionary_is_that_of_the_operation_table() -> Result {
    let file = root().join(DICTIONARY);
    if writes() {
        std::fs::write(&file, dictionary())?;
    }
    assert_eq!(std::fs::read_to_string(file)?, dictionary(), "{DICTIONARY} is not current; {AGAIN}");
    Ok(())
}

#[test]
fn a_seed_that_a_profile_cannot_run_whole_says_where_it_applies() -> Result {
    let mut limited = 0;
    for profile in [Profile::cpython(3, 11, 7), Profile::NEWEST] {
        let mut oracle = Oracle::new(profile)?;
        for (name, text) in sessions(pages::all()?) {
            let case = notation::parse(&text, 1).map_err(|error| format!("{name}:{error}"))?.case;
            let answered = oracle.answer(case, &AnswerOptions::new(Detail::Quick))?;
            let says = text.lines().nth(1).is_some_and(|line| line.starts_with("# only: "));
            assert!(says || answered.left_out.is_empty(), "{name}: {:?}", answered.left_out);
            limited += usize::from(!answered.left_out.is_empty());
        }
    }
    assert!(limited > 0, "the seeds of Windows run on no other platform");
    Ok(())
}
