//! Tests of the grammar.

use super::*;

#[test]
fn a_number_is_written_in_any_base() {
    for text in ["30", "0x1e", "0X1E", "0o36", "0b11110", "0b1_1110"] {
        assert_eq!(statement(text), Ok(Stmt::Expr(Expr::Int(30))), "{text}");
    }
    assert!(statement("0b2").is_err() && statement("0o8").is_err() && statement("0x").is_err());
}

#[test]
fn a_number_with_a_fraction_or_an_exponent_is_a_float() {
    for text in ["1.5", "0.15e1", "15E-1", "15e-1", "1.5e+0"] {
        assert_eq!(statement(text), Ok(Stmt::Expr(Expr::Float(Float::new(1.5)))), "{text}");
    }
    assert!(statement("1e").is_err() && statement("1.5.5").is_err());
}

#[test]
fn a_text_has_surrogates_and_characters_by_their_number() {
    let text = Text::of_points(&[0xd800, 0xe9, 0x1_f600, 0]).unwrap_or_default();
    assert_eq!(text.source(), r"'\ud800é\U0001f600\x00'");
    assert_eq!(statement(&text.source()), Ok(Stmt::Expr(Expr::Text(text))));
    assert!(statement(r"'\ud80'").is_err() && statement(r"'\U00110000'").is_err() && statement(r"b'\u00e9'").is_err());
}

#[test]
fn a_list_and_a_module_with_a_dot_are_read() {
    let items = vec![Expr::Name("m".into()), Expr::Int(1)];
    assert_eq!(statement("[m, 1,]"), Ok(Stmt::Expr(Expr::List(items))));
    assert!(statement("[m").is_err() && statement("[m 1]").is_err());
    assert_eq!(
        statement("import collections.abc, mmap"),
        Ok(Stmt::Import(vec!["collections.abc".into(), "mmap".into()]))
    );
    assert!(statement("import collections.").is_err());
}

#[test]
fn power_binds_tighter_than_minus() {
    let two = || Box::new(Expr::Int(2));
    let power = Expr::Binary(two(), "**", Expr::Int(63).into());
    assert_eq!(statement("-2**63"), Ok(Stmt::Expr(Expr::Negative(power.into()))));
}

/// Far more than an expression may be nested. Miri is slow.
const FAR_TOO_DEEP: usize = if cfg!(miri) { 100 } else { 100_000 };

#[test]
fn an_expression_that_is_nested_too_deeply_is_an_error() {
    for part in ["(", "-", "-(", "m[", "m(", "2**"] {
        assert!(statement(&part.repeat(FAR_TOO_DEEP)).is_err(), "{part}");
    }
    assert!(statement(&("(".repeat(40) + "1" + &")".repeat(40))).is_ok());
}

#[test]
fn a_statement_of_too_many_operators_is_an_error() {
    for part in ["m.", "1|", "b''+"] {
        assert!(statement(&part.repeat(100_000)).is_err(), "{part}");
    }
    for part in ["m + ", "m."] {
        let chain = |operators| statement(&(part.repeat(operators) + "m"));
        assert!(chain(OPERATORS).is_ok() && chain(OPERATORS + 1).is_err(), "{part}");
    }
}

#[test]
fn a_text_that_is_not_a_statement_is_an_error() {
    for text in [
        "m.read(",
        "m[",
        "m[1:2:3:4]",
        "m[]",
        "b'",
        "b'é'",
        "'\\q'",
        "m = ",
        "m ; n",
        "with m: m.read()",
        "0x",
        "1 2",
        "m[1 2]",
    ] {
        assert!(statement(text).is_err(), "{text}");
    }
}
