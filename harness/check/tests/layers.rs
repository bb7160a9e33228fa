//! The modules of each package form layers: no module uses a module that uses it back, directly or through others.
//!
//! A re-export (`pub use child::Name`) is an alias and does not count as a use. An import of the name is a use of the module
//! that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::Visit;
use syn::{Attribute, ItemUse, UseTree, Visibility};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;
/// The segments of a path, such as `["generate", "callbacks"]`; empty for the root of the package.
type Module = Vec<String>;
/// The modules that each module uses.
type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// The modules of one package, and their re-exports.
#[derive(Default)]
struct Package {
    modules: BTreeMap<Module, syn::File>,
    /// The path of each re-exported name, and the path that it stands for.
    aliases: BTreeMap<Module, Module>,
}

/// Every path in a module, except those in its tests.
struct Paths<'a> {
    module: &'a [String],
    uses: Vec<(Module, bool)>,
    /// Names that stand alone: those of local variables, of what is imported, and of what the module re-exports.
    names: Vec<Module>,
}

impl<'a> Visit<'a> for Paths<'_> {
    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if !is_test(&item.attrs) {
            let is_alias = !matches!(item.vis, Visibility::Inherited);
            for path in leaves(&item.tree, &[]) {
                self.uses.extend(absolute(self.module, &path).map(|path| (path, is_alias)));
            }
        }
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if !is_test(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    /// `pub(super)` says who may use an item, and uses nothing.
    fn visit_vis_restricted(&mut self, _: &'a syn::VisRestricted) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Module = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let named = absolute(self.module, &names);
        if names.len() > 1 {
            self.uses.extend(named.map(|path| (path, false)));
        } else {
            self.names.extend(named);
        }
        syn::visit::visit_path(self, path);
    }
}

fn is_test(attrs: &[Attribute]) -> bool {
    attrs
        .iter()
        .any(|attr| attr.path().is_ident("cfg") && attr.parse_args::<syn::Path>().is_ok_and(|p| p.is_ident("test")))
}

fn leaves(tree: &UseTree, before: &[String]) -> Vec<Module> {
    let with = |name: String| before.iter().cloned().chain([name]).collect::<Module>();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(path.ident.to_string())),
        UseTree::Name(name) => vec![with(name.ident.to_string())],
        UseTree::Rename(rename) => vec![with(rename.ident.to_string())],
        UseTree::Glob(_) => vec![before.to_vec()],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, before)).collect(),
    }
}

/// The path from the root of the package. A path without `crate`, `super` or `self` starts at a child of the module or at
/// another package.
fn absolute(module: &[String], path: &[String]) -> Option<Module> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" if rest.first().is_some_and(|next| next == "super") => absolute(module, rest),
        "self" => Some([module, rest].concat()),
        "super" => absolute(&module[..module.len().checked_sub(1)?], &[&["self".to_owned()], rest].concat()),
        _ => Some([module, path].concat()),
    }
}

impl Package {
    fn read(src: &Path) -> Result<Package> {
        let mut package = Package::default();
        for file in sources(src)? {
            let mut module: Module =
                file.strip_prefix(src)?.with_extension("").iter().map(|name| name.to_string_lossy().into()).collect();
            if module == ["main"] {
                continue;
            }
            if module.last().is_some_and(|name| ["mod", "lib"].contains(&name.as_str())) {
                module.pop();
            }
            let parsed = syn::parse_file(&std::fs::read_to_string(&file)?)?;
            package.modules.insert(module, parsed);
        }
        for (module, file) in &package.modules {
            for item in &file.items {
                let syn::Item::Use(item) = item else { continue };
                if matches!(item.vis, Visibility::Inherited) {
                    continue;
                }
                for path in leaves(&item.tree, &[]) {
                    let (Some(name), Some(target)) = (path.last().cloned(), absolute(module, &path)) else { continue };
                    let alias = module.iter().cloned().chain([name]).collect::<Module>();
                    if alias != target {
                        package.aliases.insert(alias, target);
                    }
                }
            }
        }
        Ok(package)
    }

    /// The module that defines the item at this path; `None` for an item of another package.
    fn definition(&self, path: &[String]) -> Option<Module> {
        // A function may have the name of the module that re-exports it.
        let alias = |n: &usize| *n == path.len() || !self.modules.contains_key(&path[..*n]);
        let target = (1..=path.len()).filter(alias).find_map(|n| Some((self.aliases.get(&path[..n])?, &path[n..])));
        if let Some((target, rest)) = target {
            let target = [target.as_slice(), rest].concat();
            return self.definition(&target);
        }
        let longest = (0..=path.len()).rev().find(|&n| self.modules.contains_key(&path[..n]))?;
        Some(path[..longest].to_vec())
    }

    fn uses(&self) -> Uses {
        let mut all = Uses::new();
        for (module, file) in &self.modules {
            let mut paths = Paths { module, uses: Vec::new(), names: Vec::new() };
            paths.visit_file(file);
            let used = paths.uses.iter().filter(|(_, is_alias)| !is_alias).map(|(path, _)| path);
            // A module cannot be used by its name alone, but what it defines can, by a name that is re-exported here.
            let names = paths.names.iter().filter(|name| self.aliases.contains_key(*name));
            let used = used.chain(names).filter_map(|path| self.definition(path)).filter(|used| used != module);
            all.insert(module.clone(), used.collect());
        }
        all
    }
}

fn sources(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// A chain of uses from a module back to itself, if there is one.
fn circle(uses: &Uses) -> Option<Vec<&Module>> {
    let mut done = BTreeSet::new();
    uses.keys().find_map(|module| way_back(uses, module, &mut Vec::new(), &mut done))
}

fn way_back<'a>(
    uses: &'a Uses,
    at: &'a Module,
    way: &mut Vec<&'a Module>,
    done: &mut BTreeSet<&'a Module>,
) -> Option<Vec<&'a Module>> {
    if let Some(start) = way.iter().position(|module| *module == at) {
        return Some(way[start..].iter().copied().chain([at]).collect());
    }
    if done.contains(at) {
        return None;
    }
    way.push(at);
    let found = uses.get(at)?.iter().find_map(|next| way_back(uses, next, way, done));
    way.pop();
    done.insert(at);
    found
}

/// The sources of every package of the repository.
fn packages(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            if path.join("Cargo.toml").is_file() && path.join("src").is_dir() {
                found.push(path.join("src"));
            }
            found.extend(packages(&path)?);
        }
    }
    Ok(found)
}

#[test]
fn no_module_uses_one_that_uses_it_back() -> Result {
    let mut circles = Vec::new();
    let packages = packages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))?;
    assert!(packages.len() > 4, "{packages:?}");
    for src in packages {
        if let Some(circle) = circle(&Package::read(&src)?.uses()) {
            let names: Vec<_> = circle.into_iter().map(|module| format!("crate::{}", module.join("::"))).collect();
            circles.push(format!("{}: {}", src.display(), names.join(" uses ")));
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
    Ok(())
}

/// A package with these files.
fn package(files: &[(&str, &str)]) -> Result<Package> {
    let dir = tempfile::tempdir()?;
    for (name, text) in files {
        std::fs::create_dir_all(dir.path().join(name).parent().ok_or("no folder")?)?;
        std::fs::write(dir.path().join(name), text)?;
    }
    Package::read(dir.path())
}

#[test]
fn a_circle_is_found_however_a_module_names_the_other() -> Result {
    let back = ["use crate::a::A;", "use super::a::{self, B};", "fn f() { crate::a::f() }", "use crate::A;"];
    for back in back {
        let files = [("lib.rs", "mod a; mod b; pub use a::A;"), ("a.rs", "use crate::b::B;"), ("b.rs", back)];
        let uses = package(&files)?.uses();
        assert_eq!(circle(&uses).map(|circle| circle.len()), Some(3), "{back}: {uses:?}");
    }
    Ok(())
}

#[test]
fn a_child_and_a_parent_that_use_each_other_are_a_circle() -> Result {
    let child = ("a/b.rs", "use super::A;");
    assert!(circle(&package(&[("a.rs", "mod b; fn f() { b::f() }"), child])?.uses()).is_some());
    assert!(circle(&package(&[("a.rs", "mod b; pub use b::C;"), child])?.uses()).is_none());
    let child = ("a/b.rs", "pub(super) fn f() {} pub(in crate::a) struct C;");
    assert!(circle(&package(&[("a.rs", "mod b; fn f() { b::f() }"), child])?.uses()).is_none());
    Ok(())
}

fn circle_of(files: &[(&str, &str)]) -> Result<bool> {
    Ok(circle(&package(files)?.uses()).is_some())
}

#[test]
fn a_local_name_like_that_of_a_child_is_no_use() -> Result {
    let child = ("a/b.rs", "use super::A; pub fn b() {}");
    let parent = |text: &str| circle_of(&[("a.rs", text), child]);
    assert!(!parent("mod b; pub struct A; fn f() { let b = 1; g(b) }")?);
    assert!(parent("mod b; pub use b::b; pub struct A; fn f() { b() }")?);
    Ok(())
}

#[test]
fn a_use_in_a_test_does_not_count() -> Result {
    let files = [("a.rs", "use crate::b::B;"), ("b.rs", "#[cfg(test)] mod tests { use crate::a::A; }")];
    assert!(circle(&package(&files)?.uses()).is_none());
    Ok(())
}
