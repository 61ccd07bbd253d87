//! The strict reader: a loop over the bytes, with the containers that are open on a stack of fixed size.

use super::redact::Secrets;
use super::{Document, Kind, Node, Script};

/// Maximum number of arrays and objects inside one another, the outermost included.
pub const DEPTH_MAX: usize = 64;

/// Room for the values of an ordinary call, so that they cost one allocation.
const NODES_USUAL: usize = 48;

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    /// What was expected, or what is not allowed, in plain English.
    pub reason: &'static str,
    /// The byte that it was noticed at, counted from 0.
    pub at: usize,
}

/// What has to come next.
enum Step {
    Value,
    AfterValue,
}

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
    open: [u32; DEPTH_MAX],
    depth: usize,
}

pub(super) fn document(body: &[u8]) -> Result<Document<'_>, JsonError> {
    let text = std::str::from_utf8(body).map_err(|fault| JsonError { reason: "not UTF-8", at: fault.valid_up_to() })?;
    if u32::try_from(body.len()).is_err() {
        return Err(JsonError { reason: "longer than 4 GiB", at: 0 });
    }
    let mut parser =
        Parser { text, bytes: body, at: 0, nodes: Vec::with_capacity(NODES_USUAL), open: [0; DEPTH_MAX], depth: 0 };
    parser.run()?;
    Ok(Document { text: parser.text, nodes: parser.nodes, secrets: Secrets::default() })
}

impl Parser<'_> {
    fn run(&mut self) -> Result<(), JsonError> {
        let mut step = Step::Value;
        loop {
            self.skip_space();
            step = match step {
                Step::Value => self.value()?,
                Step::AfterValue if self.depth == 0 => return self.end(),
                Step::AfterValue => self.after_value()?,
            };
        }
    }

    fn value(&mut self) -> Result<Step, JsonError> {
        match self.peek() {
            Some(b'{') => self.enter(Kind::Object, b'}'),
            Some(b'[') => self.enter(Kind::List, b']'),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::Boolean),
            Some(b'f') => self.word("false", Kind::Boolean),
            Some(b'n') => self.word("null", Kind::Null),
            Some(_) => Err(self.fault("a value was expected")),
            None => Err(self.fault("the text ends where a value was expected")),
        }
    }

    fn enter(&mut self, kind: Kind, close: u8) -> Result<Step, JsonError> {
        if self.depth == DEPTH_MAX {
            return Err(self.fault("nested deeper than 64"));
        }
        self.open[self.depth] = self.nodes.len() as u32;
        self.depth += 1;
        self.push(kind, self.at, self.at, Script::Plain);
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(close) {
            return self.leave();
        }
        if kind == Kind::Object {
            self.name()?;
        }
        Ok(Step::Value)
    }

    fn leave(&mut self) -> Result<Step, JsonError> {
        self.at += 1;
        self.depth -= 1;
        let end = self.nodes.len() as u32;
        self.nodes[self.open[self.depth] as usize].next = end;
        Ok(Step::AfterValue)
    }

    fn after_value(&mut self) -> Result<Step, JsonError> {
        let inside = self.nodes[self.open[self.depth - 1] as usize].kind;
        match (self.peek(), inside) {
            (Some(b'}'), Kind::Object) | (Some(b']'), Kind::List) => self.leave(),
            (Some(b','), Kind::Object) => {
                self.at += 1;
                self.skip_space();
                self.name()?;
                Ok(Step::Value)
            }
            (Some(b','), _) => {
                self.at += 1;
                Ok(Step::Value)
            }
            (Some(_), _) => Err(self.fault("a comma or a closing bracket was expected")),
            (None, _) => Err(self.fault("the text ends inside an array or object")),
        }
    }

    fn name(&mut self) -> Result<(), JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.fault("a member name was expected"));
        }
        self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.fault("a colon was expected"));
        }
        self.at += 1;
        Ok(())
    }

    fn end(&self) -> Result<(), JsonError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fault("the text goes on after the value")),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Step, JsonError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fault("a value was expected"));
        }
        self.push(kind, self.at, self.at + word.len(), Script::Plain);
        self.at += word.len();
        Ok(Step::AfterValue)
    }

    fn number(&mut self) -> Result<Step, JsonError> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        self.push(Kind::Number, start, self.at, Script::Plain);
        Ok(Step::AfterValue)
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.fault("a digit was expected"));
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Step, JsonError> {
        self.at += 1;
        let start = self.at;
        let mut script = Script::Plain;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    script = Script::Escaped;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.fault("a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.fault("the text ends inside a string")),
            }
        }
        self.push(Kind::Text, start, self.at, script);
        self.at += 1;
        Ok(Step::AfterValue)
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => self.escaped_unit(),
            _ => Err(self.fault("an unknown escape in a string")),
        }
    }

    /// `\uXXXX`; a high surrogate needs its low one right behind.
    fn escaped_unit(&mut self) -> Result<(), JsonError> {
        let lone = self.fault("half a surrogate pair in a string");
        match self.unit()? {
            0xd800..=0xdbff if self.bytes[self.at..].starts_with(b"\\u") => match self.unit()? {
                0xdc00..=0xdfff => Ok(()),
                _ => Err(lone),
            },
            0xd800..=0xdfff => Err(lone),
            _ => Ok(()),
        }
    }

    fn unit(&mut self) -> Result<u32, JsonError> {
        let unit = self
            .bytes
            .get(self.at + 2..self.at + 6)
            .and_then(unit)
            .ok_or_else(|| self.fault("four hexadecimal digits were expected"))?;
        self.at += 6;
        Ok(unit)
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, script: Script) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { start: start as u32, end: end as u32, next, kind, script });
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn fault(&self, reason: &'static str) -> JsonError {
        JsonError { reason, at: self.at }
    }
}

/// The value of four hexadecimal digits.
fn unit(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

/// The text of a string that the parser has let pass.
pub(super) fn unescape(span: &str) -> String {
    let mut text = String::with_capacity(span.len());
    let mut rest = span;
    while let Some(place) = rest.find('\\') {
        text.push_str(&rest[..place]);
        let (character, taken) = unescaped(&rest.as_bytes()[place + 1..]);
        text.push(character);
        rest = &rest[place + 1 + taken..];
    }
    text.push_str(rest);
    text
}

/// The character behind a backslash, and how many bytes stand for it.
fn unescaped(escape: &[u8]) -> (char, usize) {
    match escape[0] {
        b'b' => ('\u{8}', 1),
        b'f' => ('\u{c}', 1),
        b'n' => ('\n', 1),
        b'r' => ('\r', 1),
        b't' => ('\t', 1),
        b'u' => unescaped_unit(escape),
        plain => (char::from(plain), 1),
    }
}

fn unescaped_unit(escape: &[u8]) -> (char, usize) {
    let checked = "the parser checked the escape";
    let high = unit(&escape[1..5]).expect(checked);
    if !(0xd800..=0xdbff).contains(&high) {
        return (char::from_u32(high).expect(checked), 5);
    }
    let low = unit(&escape[7..11]).expect(checked);
    let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    (char::from_u32(code).expect(checked), 11)
}
