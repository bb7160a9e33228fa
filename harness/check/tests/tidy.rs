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
    for package in ["spec", "harness/world", "harness/reference", "harness/targets", "harness/check", "fuzz"] {
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

/// The folders of the packages, from left to right, with the packages of their own that each may depend on.
const ORDER: [(&str, &[&str]); 7] = [
    ("spec", &[]),
    ("harness/world", &["mmapcheck-spec"]),
    ("harness/reference", &["mmapcheck-spec", "mmapcheck-world"]),
    // The path of the interpreter that is linked, as constants.
    ("harness/targets/python", &[]),
    ("harness/targets", &["mmapcheck-spec", "mmapcheck-world", "mmapcheck-python"]),
    ("harness/check", &["mmapcheck-spec", "mmapcheck-world", "mmapcheck-reference", "mmapcheck-targets"]),
    ("fuzz", &["mmapcheck-spec", "mmapcheck-world", "mmapcheck-reference", "mmapcheck-targets", "mmapcheck"]),
];

/// The packages of this repository that a manifest names as dependencies of any kind, on any platform.
fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        if key.ends_with("dependencies") {
            for (name, dependency) in table {
                let package = dependency.get("package").and_then(toml::Value::as_str).unwrap_or(name);
                if package.starts_with("mmapcheck") {
                    found.insert(package.to_owned());
                }
            }
        } else if key == "target" || manifest.get("package").is_none() {
            found.extend(dependencies(table));
        }
    }
    found
}

/// The dependencies of a package that it may not have.
fn wrong_dependencies(folder: &str, manifest: &str) -> Result<Vec<String>> {
    let (_, allowed) = ORDER.iter().find(|(place, _)| *place == folder).ok_or(format!("{folder} has no place"))?;
    let manifest: toml::Table = manifest.parse()?;
    Ok(dependencies(&manifest).into_iter().filter(|name| !allowed.contains(&name.as_str())).collect())
}

fn manifest(folder: &str) -> Result<String> {
    Ok(std::fs::read_to_string(root().join(folder).join("Cargo.toml"))?)
}

#[test]
fn packages_depend_only_on_what_stands_left_of_them() -> Result {
    for (folder, _) in ORDER {
        let wrong = wrong_dependencies(folder, &manifest(folder)?)?;
        assert!(wrong.is_empty(), "{folder} depends on {wrong:?}");
    }
    Ok(())
}

#[test]
fn every_package_has_a_place_in_the_order() -> Result {
    let workspace: toml::Table = manifest(".")?.parse()?;
    let members = workspace["workspace"]["members"].as_array().ok_or("no members")?;
    for member in members.iter().filter_map(toml::Value::as_str) {
        assert!(ORDER.iter().any(|(folder, _)| *folder == member), "{member} has no place in the order");
    }
    Ok(())
}

#[test]
fn a_wrong_dependency_is_seen_wherever_a_manifest_names_it() -> Result {
    let reference = ["mmapcheck-reference"];
    for wrong in [
        "[dependencies]\nmmapcheck-reference.workspace = true",
        "[dev-dependencies]\nmmapcheck-reference = { path = '../reference' }",
        "[dependencies.mmapcheck-reference]\npath = '../reference'",
        "[build-dependencies]\nrules = { package = 'mmapcheck-reference', path = '../reference' }",
        "[target.'cfg(unix)'.dependencies]\nmmapcheck-reference.workspace = true",
    ] {
        let manifest = format!("[package]\nname = 'mmapcheck-targets'\n{wrong}\n");
        assert_eq!(wrong_dependencies("harness/targets", &manifest)?, reference, "{wrong}");
        assert!(wrong_dependencies("harness/check", &manifest)?.is_empty(), "{wrong}");
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
