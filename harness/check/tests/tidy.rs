//! The map of the tree in the README is the tree, and `unsafe` is where the README says it is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn readme() -> Result<String> {
    Ok(std::fs::read_to_string(root().join("README.md"))?)
}

/// Paths in the block below the heading "Map of the tree": the first word of each line.
fn map() -> Result<BTreeSet<String>> {
    let readme = readme()?;
    let section = readme.split("## Map of the tree").nth(1).ok_or("no map")?;
    let block = section.split("```").nth(1).ok_or("no block")?;
    let words = block.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    Ok(words.map(str::to_owned).collect())
}

fn walk(dir: &Path, take: &dyn Fn(&Path) -> bool, found: &mut BTreeSet<PathBuf>) -> Result {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, take, found)?;
        } else if take(&path) {
            found.insert(path);
        }
    }
    Ok(())
}

fn sources() -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for package in ["spec", "harness/reference", "harness/targets", "harness/check", "fuzz"] {
        walk(&root().join(package).join("src"), &|path| path.extension().is_some_and(|ext| ext == "rs"), &mut found)?;
    }
    let short = |path: PathBuf| Ok(path.strip_prefix(root())?.display().to_string());
    found.into_iter().map(short).collect()
}

#[test]
fn the_map_of_the_tree_names_every_source_file_and_nothing_that_is_not_there() -> Result {
    let map = map()?;
    // `mod.rs`, `lib.rs` and `main.rs` are what their folder is described by.
    let described = |path: &String| {
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let folder = Path::new(path).parent().map(|parent| parent.display().to_string() + "/").unwrap_or_default();
        map.contains(path)
            || (["mod.rs", "lib.rs", "main.rs"].contains(&name) && map.contains(&folder))
            || map.contains(&format!("{folder}*"))
    };
    let missing: Vec<_> = sources()?.into_iter().filter(|path| !described(path)).collect();
    assert!(missing.is_empty(), "not in the map: {missing:#?}");
    let gone: Vec<_> = map.iter().filter(|path| !root().join(path.trim_end_matches('*')).exists()).collect();
    assert!(gone.is_empty(), "in the map, but not there: {gone:#?}");
    Ok(())
}

#[test]
fn unsafe_stands_only_where_the_readme_says() -> Result {
    let allowed = [
        "harness/reference/src/store/disk.rs",
        "harness/targets/src/death.rs",
        "harness/targets/src/embedded/",
        "harness/targets/src/progress.rs",
    ];
    let readme = readme()?;
    for place in allowed {
        assert!(readme.contains(place), "the README does not name {place}");
    }
    for path in sources()? {
        let text = std::fs::read_to_string(root().join(&path))?;
        let says = text.contains("unsafe {") || text.contains("unsafe fn") || text.contains("unsafe impl");
        assert!(!says || allowed.iter().any(|place| path.starts_with(place)), "{path} says unsafe");
    }
    Ok(())
}

#[test]
fn packages_depend_only_on_what_stands_left_of_them() -> Result {
    let line = ["spec", "reference", "targets", "check", "fuzz"];
    for (place, folder) in ["spec", "harness/reference", "harness/targets", "harness/check"].into_iter().enumerate() {
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml"))?;
        for right in &line[place + 1..] {
            assert!(!manifest.contains(&format!("mmapcheck-{right}")), "{folder} depends on {right}");
        }
    }
    Ok(())
}

#[test]
fn every_operation_is_shown_by_an_example() -> Result {
    let pages = mmapcheck_spec::pages::all()?;
    let shown: BTreeSet<_> = pages
        .iter()
        .flat_map(|page| &page.clauses)
        .flat_map(|clause| &clause.examples)
        .flat_map(|example| &example.session.case.steps)
        .map(|step| step.op)
        .collect();
    let missing: Vec<_> = mmapcheck_spec::Op::ALL.iter().filter(|op| !shown.contains(op)).collect();
    assert!(missing.is_empty(), "no example shows {missing:?}");
    Ok(())
}
