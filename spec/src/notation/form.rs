//! The forms of the table of operations, and statements matched against them.

use super::syntax::{Expr, Stmt, statement};
use crate::Op;
use std::sync::OnceLock;

/// The expressions at the places of a form.
#[derive(Default)]
pub(super) struct Found {
    pub(super) receiver: Option<String>,
    pub(super) holes: Vec<Option<Expr>>,
    pub(super) rest: Vec<(Option<String>, Expr)>,
}

impl Found {
    fn hole(&mut self, place: usize, expr: Option<Expr>) -> bool {
        if self.holes.len() <= place {
            self.holes.resize(place + 1, None);
        }
        self.holes[place] = expr;
        true
    }
}

/// The forms of the table, read once.
pub(super) fn forms() -> &'static [(Op, Stmt)] {
    static FORMS: OnceLock<Vec<(Op, Stmt)>> = OnceLock::new();
    FORMS.get_or_init(|| {
        let read = |op: &Op| (*op, statement(op.row().form).unwrap_or_else(|e| unreachable!("the form of {op}: {e}")));
        Op::ALL.iter().map(read).collect()
    })
}

pub(super) fn unify_stmt(form: &Stmt, stmt: &Stmt, found: &mut Found) -> bool {
    match (form, stmt) {
        (Stmt::Expr(a), Stmt::Expr(b)) | (Stmt::Del(a), Stmt::Del(b)) | (Stmt::If(a), Stmt::If(b)) => {
            unify(a, b, found)
        }
        (Stmt::Assign(a, c), Stmt::Assign(b, d)) => unify(a, b, found) && unify(c, d, found),
        (Stmt::With(a, body), Stmt::With(b, other)) => body == other && unify(a, b, found),
        _ => false,
    }
}

fn unify(form: &Expr, expr: &Expr, found: &mut Found) -> bool {
    match (form, expr) {
        (Expr::Receiver, Expr::Name(name)) => {
            let same = found.receiver.as_ref().is_none_or(|known| known == name);
            found.receiver = Some(name.clone());
            same && !matches!(name.as_str(), "mmap" | "os" | "None" | "True" | "False")
        }
        (Expr::Hole(_), Expr::Slice(..)) => false,
        (Expr::Hole(place), expr) => found.hole(*place, Some(expr.clone())),
        (Expr::Attr(a, name), Expr::Attr(b, other)) => name == other && unify(a, b, found),
        (Expr::Item(a, i), Expr::Item(b, j)) => unify(a, b, found) && unify(i, j, found),
        (Expr::Slice(a, b, c), Expr::Slice(x, y, z)) => {
            c.is_some() == z.is_some()
                && [(a, x), (b, y), (c, z)].into_iter().all(|(form, part)| unify_part(form, part, found))
        }
        (Expr::Call(function, form), Expr::Call(other, args)) => {
            unify(function, other, found) && unify_args(form, args, found)
        }
        (Expr::Binary(a, op, b), Expr::Binary(x, other, y)) => op == other && unify(a, x, found) && unify(b, y, found),
        (Expr::Tuple(form), Expr::Tuple(items)) | (Expr::List(form), Expr::List(items)) => {
            form.len() == items.len() && form.iter().zip(items).all(|(form, item)| unify(form, item, found))
        }
        (form, expr) => form == expr,
    }
}

fn unify_part(form: &Option<Box<Expr>>, part: &Option<Box<Expr>>, found: &mut Found) -> bool {
    match (form.as_deref(), part.as_deref()) {
        (None, None) => true,
        (Some(Expr::Hole(place)), None) => found.hole(*place, None),
        (Some(form), Some(part)) => unify(form, part, found),
        _ => false,
    }
}

fn unify_args(form: &[(Option<String>, Expr)], args: &[(Option<String>, Expr)], found: &mut Found) -> bool {
    if let [(None, Expr::Rest)] = form {
        found.rest = args.to_vec();
        return true;
    }
    form.len() == args.len()
        && form.iter().zip(args).all(|((keyword, form), (other, expr))| keyword == other && unify(form, expr, found))
}
