//! Cuts a query into tokens.
//!
//! Words and numbers compete for the longest match, so `12ab` is a word, `1.5` a
//! number and the `.5` of `a.5` a number too. A word may contain escapes and, past
//! its beginning, slashes; it is a keyword only when it is bare and no comment
//! touches its end.

use super::fault::Reason;

/// A token and the byte where it begins.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) lexeme: Lexeme,
    pub(super) at: usize,
}

/// What a token is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// The end of the text.
    End,
    /// A single sign of the language.
    Mark(char),
    /// A comment that is an optimizer hint.
    Hint,
    /// A quoted string, or a bare word that is no keyword.
    Text(String),
    /// A keyword as it was written.
    Keyword(Keyword, String),
    /// Digits only.
    Integer(String),
    /// Any other number.
    Decimal(String),
    /// The text cannot be cut further.
    Broken(Reason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
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

/// The words that mean something in any case of letters.
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

/// All tokens of `source`; the last one is `End` or `Broken`.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { source, at: 0, begun: false };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token().unwrap_or_else(|(reason, at)| Token { lexeme: Lexeme::Broken(reason), at });
        let last = matches!(token.lexeme, Lexeme::End | Lexeme::Broken(_));
        tokens.push(token);
        if last {
            return tokens;
        }
    }
}

/// A fault of the text and the byte where it shows.
type Broken = (Reason, usize);

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    /// A word, number, string or comment has been read; a lone slash after it is
    /// skipped, before it refused.
    begun: bool,
}

impl Lexer<'_> {
    fn token(&mut self) -> Result<Token, Broken> {
        loop {
            self.skip_blanks();
            let at = self.at;
            let lexeme = match self.peek(0) {
                None => Lexeme::End,
                Some(b'/') => match self.slash()? {
                    Some(hint) => hint,
                    None => continue,
                },
                Some(b'"') => self.quoted()?,
                Some(0) => return Err((Reason::ZeroCharacter, at)),
                Some(byte) => self.number_word_or_mark(byte)?,
            };
            return Ok(Token { lexeme, at });
        }
    }

    /// The byte `ahead` of the current one.
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek(0).is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn number_word_or_mark(&mut self, byte: u8) -> Result<Lexeme, Broken> {
        let rest = &self.source[self.at..];
        let (number, word) = (number_length(rest.as_bytes()), word_length(rest.as_bytes()));
        if number > 0 && number >= word {
            self.begun = true;
            self.at += number;
            return Ok(number_token(&rest[..number]));
        }
        if is_mark(byte) {
            self.at += 1;
            return Ok(Lexeme::Mark(char::from(byte)));
        }
        self.begun = true;
        self.word()
    }

    /// A comment or a lone slash; a hint is a token, the rest is skipped.
    fn slash(&mut self) -> Result<Option<Lexeme>, Broken> {
        let at = self.at;
        if self.peek(1) != Some(b'*') {
            self.at += 1;
            return if self.begun { Ok(None) } else { Err((Reason::StraySlash, at)) };
        }
        let body = &self.source[at + 2..];
        let end = body.find("*/").ok_or((Reason::OpenComment, at))?;
        self.at = at + 2 + end + 2;
        self.begun = true;
        if let Some(zero) = body[..end].find('\0') {
            return Err((Reason::ZeroCharacter, at + 2 + zero));
        }
        Ok(is_hint(&body[..end]).then_some(Lexeme::Hint))
    }

    /// A bare word: at least one character or escape.
    fn word(&mut self) -> Result<Lexeme, Broken> {
        let mut text = String::new();
        loop {
            let plain = word_length(&self.source.as_bytes()[self.at..]);
            text.push_str(&self.source[self.at..self.at + plain]);
            self.at += plain;
            match (self.peek(0), self.peek(1)) {
                (Some(b'\\'), _) => self.escape(&mut text)?,
                // The comment is left for the next token, but its touch makes
                // the word an ordinary one.
                (Some(b'/'), Some(b'*')) => return Ok(Lexeme::Text(text)),
                (Some(b'/'), _) => {
                    text.push('/');
                    self.at += 1;
                }
                (Some(0), _) => return Err((Reason::ZeroCharacter, self.at)),
                _ => return Ok(keyword_or_text(text)),
            }
        }
    }

    fn quoted(&mut self) -> Result<Lexeme, Broken> {
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
                None => return Err((Reason::OpenQuote, open)),
                Some(b'"') => break,
                Some(0) => return Err((Reason::ZeroCharacter, self.at)),
                Some(_) => self.escape(&mut text)?,
            }
        }
        self.at += 1;
        Ok(Lexeme::Text(text))
    }

    /// The escape at a backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), Broken> {
        let plain = match self.peek(1) {
            Some(b'u') => return self.unicode_run(text),
            Some(byte @ (b'"' | b'\\')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err((Reason::BadEscape, self.at)),
        };
        text.push(plain);
        self.at += 2;
        Ok(())
    }

    /// One or more `\uXXXX` in a row. A high half at the very end of the run has
    /// no effect; any other half without its partner is a fault.
    fn unicode_run(&mut self, text: &mut String) -> Result<(), Broken> {
        let mut high = None;
        let mut unit = self.unicode_unit();
        if unit.is_none() {
            return Err((Reason::BadUnicodeEscape, self.at));
        }
        while let Some(code) = unit {
            let decoded = match (high.take(), code) {
                (None, 0xD800..=0xDBFF) => {
                    high = Some(code);
                    None
                }
                (Some(first), 0xDC00..=0xDFFF) => char::from_u32(0x10000 + ((first - 0xD800) << 10) + (code - 0xDC00)),
                (None, 0) => return Err((Reason::ZeroEscape, self.at)),
                (None, _) => Some(char::from_u32(code).ok_or((Reason::BrokenSurrogatePair, self.at))?),
                (Some(_), _) => return Err((Reason::BrokenSurrogatePair, self.at)),
            };
            text.extend(decoded);
            self.at += 6;
            unit = self.unicode_unit();
        }
        Ok(())
    }

    /// The code of the `\uXXXX` at the current byte, if one is there.
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

/// How many bytes from the start can stand in a bare word as they are.
fn word_length(bytes: &[u8]) -> usize {
    let ends = |&byte: &u8| is_mark(byte) || is_blank(byte) || matches!(byte, b'\\' | b'"' | b'/' | 0);
    bytes.iter().position(ends).unwrap_or(bytes.len())
}

/// How many bytes from the start form a number.
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

/// How many bytes from the start form an exponent.
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

/// How many bytes from the start are digits.
fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn number_token(text: &str) -> Lexeme {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Lexeme::Integer(text.to_owned())
    } else {
        Lexeme::Decimal(text.to_owned())
    }
}

fn keyword_or_text(text: String) -> Lexeme {
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
        Some(keyword) => Lexeme::Keyword(keyword, text),
        None => Lexeme::Text(text),
    }
}

/// Whether the inside of a comment is a hint: two dashes, blanks, and a word that
/// begins with `index` or `noindex`.
fn is_hint(comment: &str) -> bool {
    let Some(hint) = comment.strip_prefix("--") else {
        return false;
    };
    let hint = hint.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']).as_bytes();
    let begins = |word: &[u8]| hint.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins(b"index") || begins(b"noindex")
}

impl Lexeme {
    /// What to call the token when it stands in the wrong place; empty at the end.
    pub(super) fn name(&self) -> String {
        match self {
            Lexeme::End | Lexeme::Broken(_) => String::new(),
            Lexeme::Mark(mark) => mark.to_string(),
            Lexeme::Hint => "a hint".to_owned(),
            Lexeme::Keyword(_, text) | Lexeme::Text(text) => excerpt(text),
            Lexeme::Integer(text) | Lexeme::Decimal(text) => excerpt(text),
        }
    }
}

/// The longest part of a token that a fault repeats, in characters.
const EXCERPT_CHARS_MAX: usize = 40;

/// The beginning of `text`; never empty, so that it differs from the end.
fn excerpt(text: &str) -> String {
    if text.is_empty() {
        return "an empty string".to_owned();
    }
    text.chars().take(EXCERPT_CHARS_MAX).collect()
}
