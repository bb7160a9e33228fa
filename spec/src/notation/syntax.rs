//! The subset of Python's grammar that sessions and the table's forms are written in.

use crate::{Float, Text};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Name(String),
    Int(i128),
    Float(Float),
    Text(Text),
    Bytes(Vec<u8>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict,
    Attr(Box<Expr>, String),
    Call(Box<Expr>, Vec<(Option<String>, Expr)>),
    Item(Box<Expr>, Box<Expr>),
    Slice(Option<Box<Expr>>, Option<Box<Expr>>, Option<Box<Expr>>),
    Binary(Box<Expr>, &'static str, Box<Expr>),
    Negative(Box<Expr>),
    /// `$`: the receiver of an operation. Only in forms.
    Receiver,
    /// `$0`: an argument. Only in forms.
    Hole(usize),
    /// `$*`: all arguments of a call. Only in forms.
    Rest,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stmt {
    Expr(Expr),
    Assign(Expr, Expr),
    Del(Expr),
    /// `with x: pass` or, with a name, `with x: raise Name`.
    With(Expr, Option<String>),
    /// `if x:`, without its body.
    If(Expr),
    Import(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Int(i128),
    Float(Float),
    Text(Text),
    Bytes(Vec<u8>),
    Mark(&'static str),
    Receiver,
    Hole(usize),
    Rest,
}

type Result<T> = std::result::Result<T, String>;

const MARKS: [&str; 19] =
    ["**", "==", "!=", "(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "+", "-", "*", "|", "<", ">"];

/// A statement has no more words and marks than this, and expressions in it are nested no deeper, so that no text ends the
/// stack. Long contents of files are long sums.
const LONGEST: usize = 50_000;
const DEEPEST: usize = 50;
/// The most operators of a statement, for the same reason: a sum nests to the left.
const OPERATORS: usize = 800;

/// Reads one statement, without its prompt.
pub(super) fn statement(text: &str) -> Result<Stmt> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, operators: 0 };
    let stmt = parser.stmt()?;
    match parser.peek() {
        None => Ok(stmt),
        Some(token) => Err(format!("unexpected {} after the statement", show(token))),
    }
}

fn show(token: &Token) -> String {
    match token {
        Token::Name(name) => format!("'{name}'"),
        Token::Mark(mark) => format!("'{mark}'"),
        Token::Int(value) => format!("number {value}"),
        Token::Float(value) => format!("number {}", value.word()),
        Token::Text(_) | Token::Bytes(_) => "a literal".into(),
        Token::Receiver | Token::Hole(_) | Token::Rest => "'$'".into(),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (token, len) = token(rest)?;
        found.push(token);
        if found.len() > LONGEST {
            return Err(format!("a statement of more than {LONGEST} words and marks"));
        }
        rest = rest[len..].trim_start();
    }
    Ok(found)
}

fn token(text: &str) -> Result<(Token, usize)> {
    let first = text.chars().next().unwrap_or(' ');
    let quoted = |prefix: &str| text[prefix.len()..].starts_with(['\'', '"']);
    if text.starts_with('b') && quoted("b") {
        let (points, len) = literal(&text[1..], true)?;
        return Ok((Token::Bytes(points.into_iter().map(|point| point as u8).collect()), len + 1));
    }
    if quoted("") {
        let (points, len) = literal(text, false)?;
        let text = Text::of_points(&points).ok_or("a character beyond '\\U0010ffff'")?;
        return Ok((Token::Text(text), len));
    }
    if first.is_ascii_digit() {
        return number(text);
    }
    if first.is_alphabetic() || first == '_' {
        let len = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        return Ok((Token::Name(text[..len].into()), len));
    }
    if let Some(after) = text.strip_prefix('$') {
        return Ok(match after.bytes().next() {
            Some(b'*') => (Token::Rest, 2),
            Some(digit @ b'0'..=b'9') => (Token::Hole(usize::from(digit - b'0')), 2),
            _ => (Token::Receiver, 1),
        });
    }
    let mark = MARKS.iter().find(|mark| text.starts_with(**mark));
    mark.map(|mark| (Token::Mark(mark), mark.len())).ok_or_else(|| format!("unexpected character '{first}'"))
}

fn number(text: &str) -> Result<(Token, usize)> {
    let len = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if let Some(float) = float(text) {
        return Ok(float);
    }
    let digits = text[..len].replace('_', "");
    let value = match digits.get(..2) {
        Some("0x" | "0X") => i128::from_str_radix(&digits[2..], 16),
        Some("0o" | "0O") => i128::from_str_radix(&digits[2..], 8),
        Some("0b" | "0B") => i128::from_str_radix(&digits[2..], 2),
        _ => digits.parse(),
    };
    value.map(|value| (Token::Int(value), len)).map_err(|_| format!("invalid number '{}'", &text[..len]))
}

/// A number with a fraction or an exponent at the start of a text, and its length.
fn float(text: &str) -> Option<(Token, usize)> {
    let digits = |from: usize| text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |many| from + many);
    let whole = digits(0);
    let fraction = if text[whole..].starts_with('.') { digits(whole + 1) } else { whole };
    let sign =
        text[fraction..].strip_prefix(['e', 'E']).map(|rest| fraction + 1 + usize::from(rest.starts_with(['+', '-'])));
    let end = sign.map(|from| (from, digits(from))).filter(|(from, end)| end > from).map_or(fraction, |(_, end)| end);
    (end > whole).then(|| Some((Token::Float(Float::new(text[..end].parse().ok()?)), end)))?
}

/// The code points of a string literal that starts with its quote, and its length in the text.
fn literal(text: &str, bytes: bool) -> Result<(Vec<u32>, usize)> {
    let quote = text.chars().next();
    let mut found = Vec::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if Some(c) == quote {
            return Ok((found, at + c.len_utf8()));
        }
        if bytes && !c.is_ascii() {
            return Err("bytes can only hold ASCII characters".into());
        }
        found.push(if c == '\\' { escape(&mut chars, bytes)? } else { c.into() });
    }
    Err("a literal does not end".into())
}

fn escape(chars: &mut impl Iterator<Item = (usize, char)>, bytes: bool) -> Result<u32> {
    let mut next = || chars.next().map(|(_, c)| c).ok_or("a literal does not end");
    let first = next()?;
    let mut number = |count: u32| {
        (0..count).try_fold(0_u32, |number, _| match next()?.to_digit(16) {
            Some(digit) => Ok(number << 4 | digit),
            None => Err(format!("'\\{first}' wants {count} hexadecimal digits")),
        })
    };
    Ok(match first {
        'n' => '\n'.into(),
        'r' => '\r'.into(),
        't' => '\t'.into(),
        '0' => 0,
        c @ ('\\' | '\'' | '"') => c.into(),
        'x' => number(2)?,
        'u' if !bytes => number(4)?,
        'U' if !bytes => number(8)?,
        c => return Err(format!("unknown escape '\\{c}'")),
    })
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    /// How many expressions are open.
    depth: usize,
    /// How many operators the statement has so far.
    operators: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self) -> Result<Token> {
        let token = self.peek().cloned().ok_or("the statement ends too early")?;
        self.at += 1;
        Ok(token)
    }

    fn eat(&mut self, mark: &'static str) -> bool {
        let hit = self.peek() == Some(&Token::Mark(mark));
        self.at += usize::from(hit);
        hit
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let hit = matches!(self.peek(), Some(Token::Name(name)) if name == word);
        self.at += usize::from(hit);
        hit
    }

    fn want(&mut self, mark: &'static str) -> Result<()> {
        if self.eat(mark) {
            return Ok(());
        }
        let found = self.peek().map_or("the end".into(), show);
        Err(format!("expected '{mark}', found {found}"))
    }

    fn name(&mut self) -> Result<String> {
        match self.take()? {
            Token::Name(name) => Ok(name),
            token => Err(format!("expected a name, found {}", show(&token))),
        }
    }

    /// The name of a module: `collections.abc`.
    fn dotted_name(&mut self) -> Result<String> {
        let mut name = self.name()?;
        while self.eat(".") {
            name += ".";
            name += &self.name()?;
        }
        Ok(name)
    }

    fn stmt(&mut self) -> Result<Stmt> {
        if self.eat_word("import") {
            let mut names = vec![self.dotted_name()?];
            while self.eat(",") {
                names.push(self.dotted_name()?);
            }
            return Ok(Stmt::Import(names));
        }
        if self.eat_word("del") {
            return Ok(Stmt::Del(self.expr()?));
        }
        if self.eat_word("with") {
            return self.with();
        }
        if self.eat_word("if") {
            let expr = self.expr()?;
            self.want(":")?;
            return Ok(Stmt::If(expr));
        }
        let expr = self.expr()?;
        if self.eat("=") {
            return Ok(Stmt::Assign(expr, self.expr()?));
        }
        Ok(Stmt::Expr(expr))
    }

    fn with(&mut self) -> Result<Stmt> {
        let expr = self.expr()?;
        self.want(":")?;
        if self.eat_word("pass") {
            return Ok(Stmt::With(expr, None));
        }
        if self.eat_word("raise") {
            return Ok(Stmt::With(expr, Some(self.name()?)));
        }
        Err("the body of a with statement is 'pass' or 'raise KeyError'".into())
    }

    fn expr(&mut self) -> Result<Expr> {
        let left = self.alternatives()?;
        let op = match self.peek() {
            Some(Token::Mark(mark @ ("==" | "!=" | "<"))) => *mark,
            Some(Token::Name(name)) if name == "in" => "in",
            Some(Token::Name(name)) if name == "is" => "is",
            _ => return Ok(left),
        };
        self.at += 1;
        Ok(Expr::Binary(left.into(), op, self.alternatives()?.into()))
    }

    fn alternatives(&mut self) -> Result<Expr> {
        let mut left = self.sum()?;
        while self.eat("|") {
            self.operator()?;
            left = Expr::Binary(left.into(), "|", self.sum()?.into());
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expr> {
        let mut left = self.product()?;
        loop {
            let op = if self.eat("+") {
                "+"
            } else if self.eat("-") {
                "-"
            } else {
                return Ok(left);
            };
            self.operator()?;
            left = Expr::Binary(left.into(), op, self.product()?.into());
        }
    }

    fn product(&mut self) -> Result<Expr> {
        let mut left = self.unary()?;
        while self.eat("*") {
            self.operator()?;
            left = Expr::Binary(left.into(), "*", self.unary()?.into());
        }
        Ok(left)
    }

    /// Counts an operator.
    fn operator(&mut self) -> Result<()> {
        self.operators += 1;
        if self.operators > OPERATORS { Err(format!("a statement of more than {OPERATORS} operators")) } else { Ok(()) }
    }

    /// Every expression within another is read by this.
    fn unary(&mut self) -> Result<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("expressions nested deeper than {DEEPEST}"));
        }
        let found = self.signed();
        self.depth -= 1;
        found
    }

    fn signed(&mut self) -> Result<Expr> {
        if self.eat("-") {
            return Ok(Expr::Negative(self.unary()?.into()));
        }
        let base = self.postfix()?;
        if self.eat("**") {
            return Ok(Expr::Binary(base.into(), "**", self.unary()?.into()));
        }
        Ok(base)
    }

    fn postfix(&mut self) -> Result<Expr> {
        let mut expr = self.atom()?;
        loop {
            let before = self.at;
            if self.eat(".") {
                expr = Expr::Attr(expr.into(), self.name()?);
            } else if self.eat("(") {
                expr = Expr::Call(expr.into(), self.arguments()?);
            } else if self.eat("[") {
                expr = Expr::Item(expr.into(), self.subscript()?.into());
            }
            if self.at == before {
                return Ok(expr);
            }
            self.operator()?;
        }
    }

    fn arguments(&mut self) -> Result<Vec<(Option<String>, Expr)>> {
        let mut found = Vec::new();
        while !self.eat(")") {
            let expr = self.expr()?;
            found.push(match expr {
                Expr::Name(name) if self.eat("=") => (Some(name), self.expr()?),
                expr => (None, expr),
            });
            if !self.eat(",") {
                self.want(")")?;
                break;
            }
        }
        Ok(found)
    }

    fn subscript(&mut self) -> Result<Expr> {
        let mut parts = [None, None, None];
        let mut colons = 0;
        loop {
            if self.eat("]") {
                break;
            }
            if self.eat(":") {
                colons += 1;
                if colons > 2 {
                    return Err("a slice has at most two ':'".into());
                }
                continue;
            }
            if parts[colons].is_some() {
                return Err("expected ':' or ']'".into());
            }
            parts[colons] = Some(Box::new(self.expr()?));
        }
        let [start, stop, step] = parts;
        match (colons, start) {
            (0, Some(index)) => Ok(*index),
            (0, None) => Err("an index is missing".into()),
            (_, start) => Ok(Expr::Slice(start, stop, step)),
        }
    }

    fn atom(&mut self) -> Result<Expr> {
        Ok(match self.take()? {
            Token::Name(name) => Expr::Name(name),
            Token::Int(value) => Expr::Int(value),
            Token::Float(text) => Expr::Float(text),
            Token::Text(text) => Expr::Text(text),
            Token::Bytes(bytes) => Expr::Bytes(bytes),
            Token::Receiver => Expr::Receiver,
            Token::Hole(n) => Expr::Hole(n),
            Token::Rest => Expr::Rest,
            Token::Mark("(") => self.parenthesis()?,
            Token::Mark("[") => self.list()?,
            Token::Mark("{") => {
                self.want("}")?;
                Expr::Dict
            }
            token => return Err(format!("unexpected {}", show(&token))),
        })
    }

    fn list(&mut self) -> Result<Expr> {
        let mut items = Vec::new();
        while !self.eat("]") {
            items.push(self.expr()?);
            if !self.eat(",") {
                self.want("]")?;
                break;
            }
        }
        Ok(Expr::List(items))
    }

    fn parenthesis(&mut self) -> Result<Expr> {
        let first = self.expr()?;
        if self.eat(")") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(",") {
            if self.peek() == Some(&Token::Mark(")")) {
                break;
            }
            items.push(self.expr()?);
        }
        self.want(")")?;
        Ok(Expr::Tuple(items))
    }
}

#[cfg(test)]
mod tests;
