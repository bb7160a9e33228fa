//! The places of pages, methods and clauses in the book.

use mmapcheck_spec::pages::{Clause, Page};
use mmapcheck_spec::{ObjectKind, Op};

/// The file of a page.
pub(super) fn of_page(page: &Page) -> String {
    page.path.trim_start_matches("spec/").to_owned()
}

/// Whether the clauses of a page are for some versions or platforms.
pub(super) fn is_versioned(page: &Page) -> bool {
    page.path.contains("/versioned/")
}

/// The file of a method.
pub(super) fn of_method(op: Op) -> String {
    format!("methods/{}.md", op.row().name.trim_matches('_').replace('.', "-"))
}

/// A link to a clause, from a file in the top folder of the book or, with `../`, from one below it.
pub(super) fn link(page: &Page, clause: &Clause, up: &str) -> String {
    format!("[{id}]({up}{file}#{id})", id = clause.id, file = of_page(page))
}

/// The operations that have a page: those that are the subject of a clause, in the order of the table.
pub(super) fn methods(pages: &[Page]) -> Vec<Op> {
    let clauses = || pages.iter().flat_map(|page| &page.clauses);
    Op::ALL.iter().copied().filter(|op| clauses().any(|clause| subject(clause) == *op)).collect()
}

/// Operations by which an example shows what another has done.
const SHOWING: [Op; 5] = [Op::New, Op::Tell, Op::Len, Op::GetSlice, Op::Close];

/// The operation that a clause is about: the one whose value, or else other state, it settles; else the first that its title names; else the
/// last in its first example that is not there to show something.
pub(super) fn subject(clause: &Clause) -> Op {
    let of_value = clause.settles.iter().find(|settles| settles.kind == "value" && settles.op.is_some());
    let settled = of_value.or(clause.settles.first()).and_then(|settles| settles.op);
    let titled = || clause.rule.split('`').skip(1).step_by(2).find_map(named);
    let steps = clause.examples.iter().take(1).flat_map(|example| &example.session.case.steps);
    let ops: Vec<Op> = steps.map(|step| step.op).filter(|op| op.row().on != ObjectKind::File).collect();
    let acting = || ops.iter().rfind(|op| !SHOWING.contains(op)).or(ops.last()).copied();
    settled.or_else(titled).or_else(acting).unwrap_or(Op::New)
}

/// The operation that a piece of code names: a method, or a form such as `len(m)`.
fn named(code: &str) -> Option<Op> {
    let code = code.trim_start_matches("m.");
    let word = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').next()?;
    Op::named(word.trim_start_matches("mmap."))
}

/// The title of an operation's page: the source of a call, or the form of a step on a map `m`.
pub(super) fn title(op: Op) -> String {
    let row = op.row();
    match row.on {
        _ if op == Op::New => "`mmap.mmap()`".to_owned(),
        ObjectKind::Map if row.is_call() => format!("`{}()`", row.name),
        _ => format!("`{}`", form(op)),
    }
}

/// The form of a step, with names in place of its receiver and arguments.
pub(super) fn form(op: Op) -> String {
    let row = op.row();
    let stem = row.on.stem();
    let mut form = row.form.to_owned();
    for (place, param) in row.params.iter().enumerate() {
        form = form.replace(&format!("${place}"), param.name);
    }
    form.replace("$*", "").replace('$', stem)
}

/// A text in a cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
