//! The page of a method: signature, parameters, exceptions, the order of checks, rules by version, clauses.

use super::index::line;
use super::order::orders;
use super::place::{cell, form, link, subject, title};
use mmapcheck_spec::pages::{Clause, Page};
use mmapcheck_spec::{Availability, ConstructorParam, Domain, Op, Param, Rule, TargetError};
use std::collections::BTreeMap;

pub(super) fn page(op: Op, pages: &[Page]) -> Result<String, TargetError> {
    let mut text = format!("# {}\n\n```python\n{}\n```\n\n", title(op), signature(op));
    if let Availability::Version(rule) | Availability::System(rule) = op.row().there {
        text += &format!("It exists {}.\n\n", rule.row().scope());
    }
    text += &parameters(op);
    text += &exceptions(op, pages);
    text += &order(op)?;
    text += &rules(op);
    Ok(text + &clauses(op, pages))
}

/// The parameters of an operation, in order.
fn params(op: Op) -> Vec<&'static Param> {
    if op == Op::New {
        return ConstructorParam::ALL.iter().map(|param| param.param()).collect();
    }
    op.row().params.iter().collect()
}

/// The call or form, with a bracket around optional parameters.
fn signature(op: Op) -> String {
    let row = op.row();
    if !row.is_call() {
        return form(op);
    }
    let (mut words, mut star) = (Vec::new(), false);
    for param in params(op) {
        if param.by_name && !std::mem::replace(&mut star, true) {
            words.push("*".to_owned());
        }
        words.push(if param.needed { param.name.to_owned() } else { format!("{}=...", param.name) });
    }
    let name = if op == Op::New { "mmap.mmap" } else { &format!("m.{}", row.name) };
    format!("{name}({})", words.join(", "))
}

fn parameters(op: Op) -> String {
    let all = params(op);
    if all.is_empty() {
        return String::new();
    }
    let mut text =
        "## Parameters\n\n| parameter | argument | required | where |\n| --- | --- | --- | --- |\n".to_owned();
    for param in all {
        let given = match (param.needed, param.by_name) {
            (true, _) => "required",
            (_, true) => "optional, by its name only",
            _ => "optional",
        };
        let there = param.rule.map_or("every version".to_owned(), |rule| rule.row().scope());
        text += &format!("| `{}` | {} | {given} | {there} |\n", param.name, words(param.domain));
    }
    text + "\n"
}

/// The values that a parameter is for.
fn words(domain: Domain) -> &'static str {
    match domain {
        Domain::Descriptor => "a file descriptor, or -1",
        Domain::Length => "a length in bytes, 0 for the whole file",
        Domain::Flags => "`MAP_*` bits",
        Domain::Constant => "a constant of the module",
        Domain::Prot => "`PROT_*` bits",
        Domain::Access => "an `ACCESS_*` value",
        Domain::Offset => "an offset in bytes",
        Domain::Truth => "a truth value",
        Domain::Position => "an index or a position",
        Domain::Count | Domain::FileSize => "a number of bytes",
        Domain::Byte => "a number from 0 to 255",
        Domain::Character => "`bytes` of length one",
        Domain::Ssize => "a `Py_ssize_t`",
        Domain::BufferFlags => "`PyBUF_*` bits",
        Domain::Needle | Domain::Source | Domain::FileBytes => "a bytes-like object",
        Domain::Pattern => "a pattern of bytes",
        Domain::Whence => "`os.SEEK_SET`, `os.SEEK_CUR` or `os.SEEK_END`",
        Domain::Advice => "a `MADV_*` value",
        Domain::Sync => "`MS_*` bits",
        Domain::Text => "a text",
        Domain::NewSize => "a size in bytes",
        Domain::Other => "any object",
        Domain::Path => "the name of a file",
        Domain::Mode => "a mode of `open`",
        Domain::Descriptors => "a number of descriptors",
        Domain::Memory => "a number of bytes of address space",
    }
}

/// The exceptions that examples show for an operation, each with the clauses.
fn exceptions(op: Op, pages: &[Page]) -> String {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for page in pages {
        for clause in &page.clauses {
            for class in raised(op, clause) {
                let links = found.entry(class).or_default();
                let link = link(page, clause, "../");
                if !links.contains(&link) {
                    links.push(link);
                }
            }
        }
    }
    if found.is_empty() {
        return String::new();
    }
    let rows = found.iter().map(|(class, links)| format!("| `{class}` | {} |\n", links.join(", ")));
    format!("## Raises\n\n| exception | shown by |\n| --- | --- |\n{}\n", rows.collect::<String>())
}

/// The classes that the examples of a clause show for an operation.
fn raised(op: Op, clause: &Clause) -> impl Iterator<Item = &str> {
    let sessions = clause.examples.iter().map(|example| &example.session);
    sessions.flat_map(move |session| {
        let of_op = move |step: Option<usize>| step.is_some_and(|step| session.case.steps[step].op == op);
        let answers = session.statements.iter().filter(move |statement| of_op(statement.step)).map(|one| &one.want);
        let tracebacks = answers.filter(|want| want.first().is_some_and(|line| line.starts_with("Traceback")));
        tracebacks.filter_map(|want| want[1..].iter().find(|line| !line.starts_with(' '))?.split(':').next())
    })
}

/// The order of the checks of a method, by version.
fn order(op: Op) -> Result<String, TargetError> {
    if !op.row().is_call() || op == Op::New {
        return Ok(String::new());
    }
    let orders = orders(op)?;
    if orders.iter().all(|(_, checks)| checks.is_empty()) {
        return Ok(String::new());
    }
    let rows = orders.iter().map(|(versions, checks)| format!("| {versions} | {checks} |\n"));
    Ok(format!("## Checks, in this order\n\n| version | checks |\n| --- | --- |\n{}\n", rows.collect::<String>()))
}

/// The rules that differ by version or platform and name a method.
fn rules(op: Op) -> String {
    let name = op.row().name;
    let names = [format!("`{name}()`"), format!("`{name}`"), format!("`mmap.{name}()`"), format!("`mmap.{name}`")];
    let about = |rule: &Rule| names.iter().any(|name| rule.row().sentence.contains(name));
    let found: Vec<_> = Rule::ALL.into_iter().filter(about).collect();
    if found.is_empty() {
        return String::new();
    }
    let rows = found.iter().map(|rule| {
        let row = rule.row();
        format!("| {} | {} | {} |\n", cell(row.sentence), cell(&row.scope()), cell(row.source))
    });
    let rows: String = rows.collect();
    format!("## By version\n\n| rule | where | source |\n| --- | --- | --- |\n{rows}\n")
}

fn clauses(op: Op, pages: &[Page]) -> String {
    let mut text = "## Clauses\n\n".to_owned();
    for page in pages {
        for clause in page.clauses.iter().filter(|clause| subject(clause) == op) {
            text += &line(page, clause, "../");
        }
    }
    text
}
