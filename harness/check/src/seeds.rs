//! Seeds and dictionary for other fuzzers: the examples of the specification as files, and the words of the notation.

use mmapcheck_spec::pages::{Page, examples};
use mmapcheck_spec::{Arg, BytesLike, Float, Mode, Op, PassedArg, Row, WrongType, constants};
use std::collections::{BTreeMap, BTreeSet};

/// The folder of the seeds in the repository.
pub const FOLDER: &str = "corpus/seeds";
/// The dictionary in the repository.
pub const DICTIONARY: &str = "fuzz/notation.dict";

/// The examples of these pages by file name, each as a session below a comment that names its clause and the limits of its
/// scope. A target outside of the scope diverges from the session, or cannot run it.
#[must_use]
pub fn sessions(pages: &[Page]) -> BTreeMap<String, String> {
    let session = |(_, clause, example): (&Page, &mmapcheck_spec::pages::Clause, &mmapcheck_spec::pages::Example)| {
        let scope = clause.scope.to_string();
        let scope = if scope.is_empty() { scope } else { format!("# only: {scope}\n") };
        let text = example.text.trim_end();
        (format!("{}.pycon", example.id), format!("# {} · {}\n{scope}\n{text}\n", clause.id, clause.rule))
    };
    examples(pages).map(session).collect()
}

/// The words of the notation, from the table of operations, in the dictionary format of libFuzzer and AFL: one quoted word a
/// line.
#[must_use]
pub fn dictionary() -> String {
    let rows = Op::ALL.iter().map(|op| op.row());
    let forms = rows.flat_map(words);
    let texts = arguments().iter().map(mmapcheck_spec::notation::arg_text).collect::<Vec<_>>();
    let keywords = PassedArg::KEYWORDS.iter().map(|word| format!("{word}="));
    let names = constants::ALL.iter().map(|constant| format!("mmap.{}", constant.name()));
    let frame = [
        ">>> ",
        "... ",
        "\n\n",
        "m = ",
        "m2.",
        "f2.",
        "v = ",
        "it = ",
        "mmap.PAGESIZE",
        "Traceback (most recent call last):",
    ];
    let all: BTreeSet<String> =
        forms.chain(texts).chain(keywords).chain(names).chain(frame.map(str::to_owned)).collect();
    all.iter().map(|word| quoted(word) + "\n").collect()
}

/// The texts of an operation's form between its parameters.
fn words(row: &Row) -> Vec<String> {
    let named = row.form.replace("$*", "").replace('$', "\0").replace("\0.", &format!("{}.", row.on.stem()));
    let parts = named.split('\0').map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned());
    parts.filter(|part| part.len() > 1).collect()
}

/// One argument of each kind.
fn arguments() -> Vec<Arg> {
    let wrong = WrongType::ALL.map(|(thing, ..)| Arg::WrongType(thing));
    let bytes = BytesLike::ALL.map(|wrap| Arg::Bytes(wrap, b"ab".to_vec()));
    let modes = Mode::ALL.map(|(mode, _)| Arg::Mode(mode));
    let texts = [Arg::Float(Float::new(1.5)), Arg::text("text"), Arg::text("é")];
    let others =
        [Arg::None, Arg::Bool(true), Arg::Bool(false), Arg::Fd(0), Arg::int(1 << 63), Arg::int(-(1 << 63) - 1)];
    wrong.into_iter().chain(texts).chain(bytes).chain(modes).chain(others).collect()
}

/// A word in quotes, with `\xNN` for each byte that is not printable ASCII.
fn quoted(word: &str) -> String {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    format!("\"{}\"", word.bytes().map(byte).collect::<String>())
}
