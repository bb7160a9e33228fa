//! Rules of the repository that no compiler holds: sources, packages and documents.

use mmapcheck_spec::PythonModule;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}").into())
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
    for (package, _) in ORDER.iter().filter(|(package, _)| *package != "harness/targets/python") {
        walk(&root().join(package).join("src"), &|path| path.extension().is_some_and(|ext| ext == "rs"), &mut found)?;
    }
    let short = |path: PathBuf| Ok(path.strip_prefix(root())?.display().to_string());
    found.into_iter().map(short).collect()
}

#[test]
fn the_first_line_of_every_source_file_states_its_purpose() -> Result {
    for path in sources()? {
        let text = read(&path)?;
        assert!(text.starts_with("//! "), "{path} does not begin with a doc comment");
    }
    Ok(())
}

/// Doc comments are not run, and a package whose library has no unit tests does not build them.
#[test]
fn no_test_stands_where_cargo_does_not_run_it() -> Result {
    for path in sources()?.into_iter().filter(|path| !path.starts_with("fuzz/")) {
        let text = read(&path)?;
        let is_fence = |line: &str| ["///", "//!"].iter().any(|mark| line.starts_with(mark)) && line.contains("```");
        assert!(!text.lines().any(|line| is_fence(line.trim_start())), "{path} has code in a doc comment");
        let package = path.split_once("/src/").map_or("", |(package, _)| package);
        let is_untested = read(&format!("{package}/Cargo.toml"))?.lines().any(|line| line == "test = false");
        assert!(!is_untested || !text.contains("#[test]"), "{path} has a unit test");
    }
    Ok(())
}

#[test]
fn a_module_has_at_most_five_hundred_lines() -> Result {
    for path in sources()? {
        let lines = read(&path)?.lines().count();
        assert!(lines <= 500, "{path} has {lines} lines");
    }
    Ok(())
}

/// The documents that people read from the top of the repository.
const DOCUMENTS: [&str; 10] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "spec/README.md",
    "harness/check/README.md",
    "harness/kit/README.md",
    "harness/python/README.md",
    "harness/targets/src/driver/protocol.md",
    "fuzz/README.md",
    "reports/known/README.md",
];

#[test]
fn the_readme_is_short() -> Result {
    assert!(read("README.md")?.lines().count() <= 150);
    Ok(())
}

#[test]
fn every_link_of_a_document_leads_somewhere() -> Result {
    for document in DOCUMENTS {
        let folder = Path::new(document).parent().unwrap_or(Path::new(""));
        for link in read(document)?.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { PathBuf::from(document) } else { folder.join(path) };
            assert!(root().join(&target).exists(), "{document} links to {link}");
            if !heading.is_empty() {
                let text = std::fs::read_to_string(root().join(&target))?;
                assert!(headings(&text).any(|found| found == heading), "{document} links to {link}");
            }
        }
    }
    Ok(())
}

/// The headings of a text as links name them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
    })
}

/// The package that a file of the repository belongs to: the innermost folder with a manifest.
fn package_of(path: &Path) -> Option<&'static str> {
    let packages = ORDER.iter().map(|(folder, _)| *folder).filter(|folder| path.starts_with(folder));
    packages.max_by_key(|folder| folder.len())
}

/// The links of a README that lead out of its package, where they lead nowhere once it is packed.
fn links_out_of(folder: &str, readme: &str) -> Vec<String> {
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let is_out = |link: &&str| {
        let path = link.split('#').next().unwrap_or(link);
        let is_address = path.starts_with("https://");
        let leaves = path.contains("..") || package_of(&Path::new(folder).join(path)) != Some(folder);
        !is_address && leaves
    };
    links.filter(is_out).map(str::to_owned).collect()
}

#[test]
fn every_link_of_a_packed_readme_stays_in_its_package() -> Result {
    let mut packed = 0;
    for (folder, _) in ORDER {
        let manifest: toml::Table = manifest(folder)?.parse()?;
        let key = |name| manifest["package"].get(name);
        let is_packed = key("publish").and_then(toml::Value::as_bool) != Some(false) || key("readme").is_some();
        if let (true, Ok(readme)) = (is_packed, read(&format!("{folder}/README.md"))) {
            packed += 1;
            let out = links_out_of(folder, &readme);
            assert!(out.is_empty(), "{folder}/README.md is packed, and links to {out:?}");
        }
    }
    assert!(packed >= 4, "{packed} packages with a README");
    let planted = "[a](../x.md) [b](src/lib.rs) [c](#d) [e](https://docs.python.org/3) [f](reference/README.md)";
    assert_eq!(links_out_of("harness/python", planted), ["../x.md", "reference/README.md"]);
    Ok(())
}

#[test]
fn every_path_in_backticks_exists() -> Result {
    let packages = ["spec/", "harness/", "fuzz/", "corpus/", "reports/", ".ci/", ".github/", ".clusterfuzzlite/"];
    let packed = ["spec/README.md", "harness/check/README.md", "harness/kit/README.md", "harness/python/README.md"];
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].into_iter().chain(packed) {
        for path in read(document)?.split('`').skip(1).step_by(2) {
            let is_path = packages.iter().any(|package| path.starts_with(package)) && !path.contains([' ', '*', '<']);
            assert!(!is_path || root().join(path).exists(), "{document} names {path}");
        }
    }
    Ok(())
}

/// The hosts that a file of the repository may name.
const HOSTS: [&str; 6] =
    ["docs.python.org", "github.com/python/cpython", "json-schema.org", "bugs.example", "deb.debian.org", "localhost"];

/// The addresses in a text that are of none of these hosts.
fn strange_addresses(text: &str) -> Vec<&str> {
    let after = ["https://", "http://"].into_iter().flat_map(|scheme| text.split(scheme).skip(1));
    let is_address = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    let strange = after.filter(is_address).filter(|rest| !HOSTS.iter().any(|host| rest.starts_with(host)));
    strange.map(|rest| rest.split([' ', '"', ')', '\n']).next().unwrap_or(rest)).collect()
}

/// The repository has no public address yet, so that no file names one.
#[test]
fn no_file_names_an_address_that_does_not_exist() -> Result {
    let mut files = BTreeSet::new();
    let takes = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ends = [".md", ".toml", ".yml", ".yaml", ".json", ".rs", ".py", ".pl", ".html", ".sh"];
        name != "matrix.json" && (ends.iter().any(|end| name.ends_with(end)) || !name.contains('.'))
    };
    for folder in
        ["spec", "harness", "fuzz/src", "fuzz/fuzz_targets", ".ci", ".github", ".clusterfuzzlite", "reports/known"]
    {
        walk(&root().join(folder), &|path| takes(path), &mut files)?;
    }
    let top = [
        "Cargo.toml",
        "fuzz/Cargo.toml",
        "fuzz/README.md",
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "action.yml",
    ];
    files.extend(top.map(|file| root().join(file)));
    for path in files {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let strange = strange_addresses(&text);
        assert!(strange.is_empty(), "{} names {strange:?}", path.display());
    }
    let planted = ["ht", "tps://nowhere.invalid/x) and ht", "tps://docs.python.org/3"].concat();
    assert_eq!(strange_addresses(&planted), ["nowhere.invalid/x"]);
    Ok(())
}

#[test]
fn unsafe_code_is_only_in_the_modules_that_the_architecture_names() -> Result {
    let allowed = [
        "harness/python/reference/src/map.rs",
        "harness/reference/src/store/disk.rs",
        "harness/targets/src/census.rs",
        "harness/targets/src/death.rs",
        "harness/targets/src/embedded/",
        "harness/targets/src/progress.rs",
        "harness/targets/src/supervisor.rs",
        "harness/world/src/probe.rs",
    ];
    let architecture = read("ARCHITECTURE.md")?;
    for place in allowed {
        assert!(architecture.contains(&format!("`{place}`")), "ARCHITECTURE.md does not name {place}");
    }
    for path in sources()? {
        let text = read(&path)?;
        let says = text.contains("unsafe {") || text.contains("unsafe fn") || text.contains("unsafe impl");
        assert!(!says || allowed.iter().any(|place| path.starts_with(place)), "{path} says unsafe");
    }
    Ok(())
}

/// The folders of the packages, from left to right, with the packages of their own that each may depend on.
const ORDER: [(&str, &[&str]); 10] = [
    ("spec", &[]),
    ("harness/world", &["mmapcheck-spec"]),
    ("harness/reference", &["mmapcheck-spec", "mmapcheck-world"]),
    // The path of the interpreter that is linked, as constants.
    ("harness/targets/python", &[]),
    ("harness/targets", &["mmapcheck-spec", "mmapcheck-world", "mmapcheck-python"]),
    ("harness/check", &["mmapcheck-spec", "mmapcheck-world", "mmapcheck-reference", "mmapcheck-targets"]),
    ("harness/kit", &["mmapcheck-spec", "mmapcheck-world", "mmapcheck-targets", "mmapcheck"]),
    ("harness/python", &["mmapcheck"]),
    ("harness/python/reference", &["mmapcheck-spec", "mmapcheck-reference"]),
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
fn a_package_depends_only_on_packages_left_of_it() -> Result {
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
fn a_forbidden_dependency_is_found_wherever_a_manifest_names_it() -> Result {
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
fn every_operation_has_an_example() -> Result {
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

/// The driver is a script of its own, which no compiler compares with the table of modules.
#[test]
fn the_driver_imports_every_module_that_an_operation_uses() -> Result {
    let driver = read("harness/targets/src/driver/driver.py")?;
    let modules = driver.split("MODULES = (").nth(1).and_then(|rest| rest.split('"').nth(1)).unwrap_or_default();
    let imported: BTreeSet<_> = modules.split(' ').collect();
    let used: BTreeSet<_> =
        PythonModule::ALL.iter().map(|module| module.name()).filter(|name| *name != "mmap").collect();
    assert_eq!(imported, used);
    Ok(())
}
