//! Splits a query into tokens.
//!
//! Words and numbers are resolved by the longest match, so `12ab` is a word, `1.5` a number, and the `.5` in `a.5` also a
//! number. A word may contain escapes and, after its first character, slashes. It is a keyword only if it has no
//! escapes and is not directly followed by a comment.

use crate::query_error::JsQueryErrorKind;

/// A token and its byte offset.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) at: usize,
}

/// The kind of a token, and its text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// The end of the query.
    End,
    /// A punctuation character.
    Punct(char),
    /// A comment that is an optimizer hint.
    Hint,
    /// A quoted string, or a bare word that is not a keyword.
    Text(String),
    /// A keyword, and how it is written.
    Keyword(Keyword, String),
    /// Digits only.
    Integer(String),
    /// Any other number.
    Decimal(String),
    /// An error in the text; there are no tokens after it.
    Broken(JsQueryErrorKind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    In,
    Is,
    Or,
    And,
    Not,
    Null,
    True,
    False,
    Array,
    Numeric,
    Object,
    String,
    Boolean,
}

/// The case-insensitive keywords.
const KEYWORDS: [(&str, Keyword); 10] = [
    ("in", Keyword::In),
    ("is", Keyword::Is),
    ("or", Keyword::Or),
    ("and", Keyword::And),
    ("not", Keyword::Not),
    ("array", Keyword::Array),
    ("numeric", Keyword::Numeric),
    ("object", Keyword::Object),
    ("string", Keyword::String),
    ("boolean", Keyword::Boolean),
];

/// All tokens of `source`; the last is `End` or `Broken`.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { source, at: 0, begun: false };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token().unwrap_or_else(|(reason, at)| Token { kind: TokenKind::Broken(reason), at });
        let last = matches!(token.kind, TokenKind::End | TokenKind::Broken(_));
        tokens.push(token);
        if last {
            return tokens;
        }
    }
}

/// An error in the text and its byte offset.
type Broken = (JsQueryErrorKind, usize);

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    /// A word, number, string or comment has been read. A single slash is an error before it and skipped after it.
    begun: bool,
}

impl Lexer<'_> {
    fn token(&mut self) -> Result<Token, Broken> {
        loop {
            self.skip_blanks();
            let at = self.at;
            let kind = match self.peek(0) {
                None => TokenKind::End,
                Some(b'/') => match self.slash()? {
                    Some(hint) => hint,
                    None => continue,
                },
                Some(b'"') => self.quoted()?,
                Some(0) => return Err((JsQueryErrorKind::ZeroCharacter, at)),
                Some(byte) => self.number_word_or_mark(byte)?,
            };
            return Ok(Token { kind, at });
        }
    }

    /// The byte `ahead` bytes after the current one.
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek(0).is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn number_word_or_mark(&mut self, byte: u8) -> Result<TokenKind, Broken> {
        let rest = &self.source[self.at..];
        let (number, word) = (number_length(rest.as_bytes()), word_length(rest.as_bytes()));
        if number > 0 && number >= word {
            self.begun = true;
            self.at += number;
            return Ok(number_token(&rest[..number]));
        }
        if is_mark(byte) {
            self.at += 1;
            return Ok(TokenKind::Punct(char::from(byte)));
        }
        self.begun = true;
        self.word()
    }

    /// A comment or a single slash. A hint is a token, the rest is skipped.
    fn slash(&mut self) -> Result<Option<TokenKind>, Broken> {
        let at = self.at;
        if self.peek(1) != Some(b'*') {
            self.at += 1;
            return if self.begun { Ok(None) } else { Err((JsQueryErrorKind::StraySlash, at)) };
        }
        let body = &self.source[at + 2..];
        let end = body.find("*/").ok_or((JsQueryErrorKind::OpenComment, at))?;
        self.at = at + 2 + end + 2;
        self.begun = true;
        if let Some(zero) = body[..end].find('\0') {
            return Err((JsQueryErrorKind::ZeroCharacter, at + 2 + zero));
        }
        Ok(is_hint(&body[..end]).then_some(TokenKind::Hint))
    }

    /// A bare word: at least one character or escape.
    fn word(&mut self) -> Result<TokenKind, Broken> {
        let mut text = String::new();
        loop {
            let plain = word_length(&self.source.as_bytes()[self.at..]);
            text.push_str(&self.source[self.at..self.at + plain]);
            self.at += plain;
            match (self.peek(0), self.peek(1)) {
                (Some(b'\\'), _) => self.escape(&mut text)?,
                // The comment belongs to the next token; the word before it is not a keyword.
                (Some(b'/'), Some(b'*')) => return Ok(TokenKind::Text(text)),
                (Some(b'/'), _) => {
                    text.push('/');
                    self.at += 1;
                }
                (Some(0), _) => return Err((JsQueryErrorKind::ZeroCharacter, self.at)),
                _ => return Ok(keyword_or_text(text)),
            }
        }
    }

    fn quoted(&mut self) -> Result<TokenKind, Broken> {
        let open = self.at;
        let mut text = String::new();
        self.begun = true;
        self.at += 1;
        loop {
            let rest = &self.source[self.at..];
            let plain = rest.find(['"', '\\', '\0']).unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek(0) {
                None => return Err((JsQueryErrorKind::OpenQuote, open)),
                Some(b'"') => break,
                Some(0) => return Err((JsQueryErrorKind::ZeroCharacter, self.at)),
                Some(_) => self.escape(&mut text)?,
            }
        }
        self.at += 1;
        Ok(TokenKind::Text(text))
    }

    /// Reads the escape at a backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), Broken> {
        let plain = match self.peek(1) {
            Some(b'u') => return self.unicode_run(text),
            Some(byte @ (b'"' | b'\\')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err((JsQueryErrorKind::BadEscape, self.at)),
        };
        text.push(plain);
        self.at += 2;
        Ok(())
    }

    /// One or more adjacent `\uXXXX`. A high surrogate at the end is ignored; any other unpaired surrogate is an error.
    fn unicode_run(&mut self, text: &mut String) -> Result<(), Broken> {
        let mut high = None;
        let mut unit = self.unicode_unit();
        if unit.is_none() {
            return Err((JsQueryErrorKind::BadUnicodeEscape, self.at));
        }
        while let Some(code) = unit {
            let decoded = match (high.take(), code) {
                (None, 0xD800..=0xDBFF) => {
                    high = Some(code);
                    None
                }
                (Some(first), 0xDC00..=0xDFFF) => char::from_u32(0x10000 + ((first - 0xD800) << 10) + (code - 0xDC00)),
                (None, 0) => return Err((JsQueryErrorKind::ZeroEscape, self.at)),
                (None, _) => Some(char::from_u32(code).ok_or((JsQueryErrorKind::BrokenSurrogatePair, self.at))?),
                (Some(_), _) => return Err((JsQueryErrorKind::BrokenSurrogatePair, self.at)),
            };
            text.extend(decoded);
            self.at += 6;
            unit = self.unicode_unit();
        }
        Ok(())
    }

    /// The code of the `\uXXXX` at the current byte, if there is one.
    fn unicode_unit(&self) -> Option<u32> {
        let bytes = self.source.as_bytes().get(self.at..self.at + 6)?;
        let digits = bytes.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |code, &digit| char::from(digit).to_digit(16).map(|value| code * 16 + value))
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

fn is_mark(byte: u8) -> bool {
    b"?%$.[]()|&!=<>@#,*:".contains(&byte)
}

/// The length of the bare word at the start.
fn word_length(bytes: &[u8]) -> usize {
    let ends = |&byte: &u8| is_mark(byte) || is_blank(byte) || matches!(byte, b'\\' | b'"' | b'/' | 0);
    bytes.iter().position(ends).unwrap_or(bytes.len())
}

/// The length of the number at the start.
fn number_length(bytes: &[u8]) -> usize {
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let before = digits(&bytes[sign..]);
    let mut end = sign + before;
    let fraction = match bytes[end..].split_first() {
        Some((b'.', after)) => digits(after),
        _ => 0,
    };
    if fraction > 0 {
        end += 1 + fraction;
    } else if before == 0 {
        return 0;
    }
    end + exponent_length(&bytes[end..])
}

/// The length of the exponent at the start.
fn exponent_length(bytes: &[u8]) -> usize {
    let Some((b'e' | b'E', after)) = bytes.split_first() else {
        return 0;
    };
    let sign = usize::from(matches!(after.first(), Some(b'+' | b'-')));
    match digits(&after[sign..]) {
        0 => 0,
        count => 1 + sign + count,
    }
}

/// The number of digits at the start.
fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn number_token(text: &str) -> TokenKind {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        TokenKind::Integer(text.to_owned())
    } else {
        TokenKind::Decimal(text.to_owned())
    }
}

fn keyword_or_text(text: String) -> TokenKind {
    let keyword = match text.as_str() {
        "null" => Some(Keyword::Null),
        "true" => Some(Keyword::True),
        "false" => Some(Keyword::False),
        _ => {
            let known = KEYWORDS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
            known.map(|&(_, keyword)| keyword)
        }
    };
    match keyword {
        Some(keyword) => TokenKind::Keyword(keyword, text),
        None => TokenKind::Text(text),
    }
}

/// Whether a comment is an optimizer hint: two dashes, white space, and a word that begins with `index` or `noindex`.
fn is_hint(comment: &str) -> bool {
    let Some(hint) = comment.strip_prefix("--") else {
        return false;
    };
    let hint = hint.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']).as_bytes();
    let begins = |word: &[u8]| hint.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins(b"index") || begins(b"noindex")
}

impl TokenKind {
    /// The token in an error message; empty at the end of the query.
    pub(crate) fn name(&self) -> String {
        match self {
            TokenKind::End | TokenKind::Broken(_) => String::new(),
            TokenKind::Punct(mark) => mark.to_string(),
            TokenKind::Hint => "a hint".to_owned(),
            TokenKind::Keyword(_, text) | TokenKind::Text(text) => excerpt(text),
            TokenKind::Integer(text) | TokenKind::Decimal(text) => excerpt(text),
        }
    }
}

/// Maximum length of a token in an error message, in characters.
const EXCERPT_CHARS_MAX: usize = 40;

/// The beginning of `text`; never empty, to distinguish it from the end of the query.
fn excerpt(text: &str) -> String {
    if text.is_empty() {
        return "an empty string".to_owned();
    }
    text.chars().take(EXCERPT_CHARS_MAX).collect()
}
