//! The tokens of a regular expression, in all flavors of the syntax.
//!
//! The lexer handles advanced, extended and basic syntax, literal strings, and expanded syntax with its comments. The
//! meaning of a character depends on the context (outside, in a bound, in a bracket, in a name inside a bracket) and
//! on the token before it. Escapes are in [`escape`](crate::escape).

use crate::ast::{Anchor, Demand, Side};
use crate::classes::{self, Class};
use crate::pattern_error::{PatternError, SyntaxErrorKind};

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// The state before the first token.
    Start,
    End,
    Plain(u32),
    /// A digit of a bound.
    Digit(u32),
    Comma,
    Backref(u32),
    Anchor(Anchor),
    LookAround(Side, Demand),
    Bar,
    Star(Greediness),
    Plus(Greediness),
    Question(Greediness),
    OpenBound,
    CloseBound(Greediness),
    /// An opening parenthesis.
    Open(Capture),
    Close,
    Dot,
    OpenBracket(Polarity),
    CloseBracket,
    /// A class escape such as `\w` or `\W`.
    Class(Class, Polarity),
    /// A hyphen in a bracket that may denote a range.
    Hyphen,
    /// `[.`, `[=` or `[:`, and the token that closes it.
    OpenName(BracketName),
    CloseName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greediness {
    Greedy,
    Lazy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polarity {
    Positive,
    Negated,
}

/// What a name in a bracket refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BracketName {
    Element,
    Equivalence,
    Class,
}

impl BracketName {
    fn mark(self) -> char {
        match self {
            BracketName::Element => '.',
            BracketName::Equivalence => '=',
            BracketName::Class => ':',
        }
    }
}

/// The flavor of the syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    Advanced,
    Extended,
    Basic,
    Literal,
}

/// The options of the whole pattern.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) flavor: Flavor,
    pub(crate) ignore_case: bool,
    /// Expanded syntax: white space and comments are skipped.
    pub(crate) expanded: bool,
    /// `.` and negated brackets do not match a newline.
    pub(crate) newline_stops: bool,
    /// `^` and `$` match at newlines.
    pub(crate) newline_anchors: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LexMode {
    Text,
    Bound,
    Bracket,
    Named(BracketName),
}

/// Reads the tokens of a pattern.
pub(crate) struct Lexer {
    pub(crate) chars: Vec<char>,
    pub(crate) at: usize,
    pub(crate) options: Options,
    /// How many capturing groups have been opened; it decides what `\12` means.
    pub(crate) groups: u32,
    mode: LexMode,
    before: Token,
}

impl Lexer {
    pub(crate) fn new(chars: Vec<char>, options: Options, at: usize) -> Lexer {
        Lexer { chars, at, options, groups: 0, mode: LexMode::Text, before: Token::Start }
    }

    pub(crate) fn error(&self, kind: SyntaxErrorKind) -> PatternError {
        PatternError::Syntax { kind, position: self.at }
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Consumes the next character if it is the given one.
    fn eat(&mut self, wanted: char) -> bool {
        let hit = self.peek() == Some(wanted);
        self.at += usize::from(hit);
        hit
    }

    fn is_basic(&self) -> bool {
        self.options.flavor == Flavor::Basic
    }

    pub(crate) fn is_advanced(&self) -> bool {
        self.options.flavor == Flavor::Advanced
    }

    /// The next token.
    pub(crate) fn next(&mut self) -> Result<Token, PatternError> {
        let token = self.read()?;
        self.before = token;
        Ok(token)
    }

    fn read(&mut self) -> Result<Token, PatternError> {
        if self.options.expanded && matches!(self.mode, LexMode::Text | LexMode::Bound) {
            self.skip_space();
        }
        let Some(next) = self.peek() else {
            return match self.mode {
                LexMode::Text => Ok(Token::End),
                LexMode::Bound => Err(self.error(SyntaxErrorKind::OpenBound)),
                LexMode::Bracket | LexMode::Named(_) => Err(self.error(SyntaxErrorKind::OpenBracket)),
            };
        };
        self.at += 1;
        match self.mode {
            LexMode::Bound => self.in_bound(next),
            LexMode::Bracket => self.in_bracket(next),
            LexMode::Named(name) => Ok(self.in_name(name, next)),
            LexMode::Text => match self.options.flavor {
                Flavor::Literal => Ok(Token::Plain(next.into())),
                Flavor::Basic => self.basic(next),
                Flavor::Extended | Flavor::Advanced => self.text(next),
            },
        }
    }

    /// Skips white space, and comments from `#` to the end of the line.
    fn skip_space(&mut self) {
        let is_space = |c: char| classes::is_space(c.into());
        loop {
            while self.peek().is_some_and(is_space) {
                self.at += 1;
            }
            if self.peek() != Some('#') {
                return;
            }
            while self.peek().is_some_and(|c| c != '\n') {
                self.at += 1;
            }
        }
    }

    fn in_bound(&mut self, next: char) -> Result<Token, PatternError> {
        let closed = match next {
            '0'..='9' => return Ok(Token::Digit(u32::from(next) - 0x30)),
            ',' => return Ok(Token::Comma),
            '}' => !self.is_basic(),
            '\\' => self.is_basic() && self.eat('}'),
            _ => false,
        };
        if !closed {
            return Err(self.error(SyntaxErrorKind::Bound));
        }
        self.mode = LexMode::Text;
        Ok(Token::CloseBound(if self.is_basic() { Greediness::Greedy } else { self.greed() }))
    }

    fn in_bracket(&mut self, next: char) -> Result<Token, PatternError> {
        let first = matches!(self.before, Token::OpenBracket(_));
        match next {
            ']' if !first => {
                self.mode = LexMode::Text;
                Ok(Token::CloseBracket)
            }
            '-' if !first && self.peek() != Some(']') => Ok(Token::Hyphen),
            '\\' if self.is_advanced() => match self.escape()? {
                token @ (Token::Plain(_) | Token::Class(..)) => Ok(token),
                _ => Err(self.error(SyntaxErrorKind::Escape)),
            },
            '[' => self.open_name(),
            _ => Ok(Token::Plain(next.into())),
        }
    }

    /// After `[` in a bracket: the start of a name, or a literal.
    fn open_name(&mut self) -> Result<Token, PatternError> {
        let name = match self.peek() {
            None => return Err(self.error(SyntaxErrorKind::OpenBracket)),
            Some('.') => BracketName::Element,
            Some('=') => BracketName::Equivalence,
            Some(':') => BracketName::Class,
            Some(_) => return Ok(Token::Plain('['.into())),
        };
        self.at += 1;
        self.mode = LexMode::Named(name);
        Ok(Token::OpenName(name))
    }

    fn in_name(&mut self, name: BracketName, next: char) -> Token {
        if next == name.mark() && self.eat(']') {
            self.mode = LexMode::Bracket;
            return Token::CloseName;
        }
        Token::Plain(next.into())
    }

    /// Extended and advanced syntax outside brackets and bounds.
    fn text(&mut self, next: char) -> Result<Token, PatternError> {
        Ok(match next {
            '|' => Token::Bar,
            '*' => Token::Star(self.greed()),
            '+' => Token::Plus(self.greed()),
            '?' => Token::Question(self.greed()),
            '{' => self.brace(),
            '(' if self.is_advanced() && self.eat('?') => return self.extension(),
            '(' => Token::Open(Capture::Yes),
            ')' => Token::Close,
            '[' => self.bracket(),
            '.' => Token::Dot,
            '^' => Token::Anchor(self.line_start()),
            '$' => Token::Anchor(self.line_end()),
            '\\' => return self.escaped(),
            _ => Token::Plain(next.into()),
        })
    }

    /// A `?` after a quantifier makes it lazy, in advanced syntax.
    fn greed(&mut self) -> Greediness {
        if self.is_advanced() && self.eat('?') { Greediness::Lazy } else { Greediness::Greedy }
    }

    fn line_start(&self) -> Anchor {
        if self.options.newline_anchors { Anchor::LineStart } else { Anchor::TextStart }
    }

    fn line_end(&self) -> Anchor {
        if self.options.newline_anchors { Anchor::LineEnd } else { Anchor::TextEnd }
    }

    /// `{` starts a bound only before a digit.
    fn brace(&mut self) -> Token {
        if self.options.expanded {
            self.skip_space();
        }
        if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return Token::Plain('{'.into());
        }
        self.mode = LexMode::Bound;
        Token::OpenBound
    }

    /// `[`, or a whole `[[:<:]]` or `[[:>:]]`.
    fn bracket(&mut self) -> Token {
        for (edge, anchor) in [("[:<:]]", Anchor::WordStart), ("[:>:]]", Anchor::WordEnd)] {
            if self.chars[self.at..].iter().copied().take(6).eq(edge.chars()) {
                self.at += 6;
                return Token::Anchor(anchor);
            }
        }
        self.mode = LexMode::Bracket;
        let negated = self.eat('^');
        Token::OpenBracket(if negated { Polarity::Negated } else { Polarity::Positive })
    }

    /// After `(?` in advanced syntax.
    fn extension(&mut self) -> Result<Token, PatternError> {
        let mark = self.peek();
        self.at += 1;
        match mark {
            Some(':') => Ok(Token::Open(Capture::No)),
            Some('=') => Ok(Token::LookAround(Side::Ahead, Demand::Match)),
            Some('!') => Ok(Token::LookAround(Side::Ahead, Demand::NoMatch)),
            Some('<') if self.eat('=') => Ok(Token::LookAround(Side::Behind, Demand::Match)),
            Some('<') if self.eat('!') => Ok(Token::LookAround(Side::Behind, Demand::NoMatch)),
            Some('#') => {
                while self.peek().is_some_and(|c| c != ')') {
                    self.at += 1;
                }
                self.eat(')');
                self.read()
            }
            _ => Err(self.error(SyntaxErrorKind::NothingToRepeat)),
        }
    }

    /// After a backslash in extended or advanced syntax.
    fn escaped(&mut self) -> Result<Token, PatternError> {
        if self.is_advanced() {
            return self.escape();
        }
        let plain = self.peek().ok_or(self.error(SyntaxErrorKind::Escape))?;
        self.at += 1;
        Ok(Token::Plain(plain.into()))
    }

    /// Basic syntax outside brackets and bounds.
    fn basic(&mut self, next: char) -> Result<Token, PatternError> {
        let leading = matches!(self.before, Token::Start | Token::Open(_));
        Ok(match next {
            '*' if leading || self.after_line_start() => Token::Plain('*'.into()),
            '*' => Token::Star(Greediness::Greedy),
            '[' => self.bracket(),
            '.' => Token::Dot,
            '^' if leading => Token::Anchor(self.line_start()),
            '$' if self.ends_basic() => Token::Anchor(self.line_end()),
            '\\' => return self.basic_escape(),
            _ => Token::Plain(next.into()),
        })
    }

    fn after_line_start(&self) -> bool {
        matches!(self.before, Token::Anchor(Anchor::TextStart | Anchor::LineStart))
    }

    /// Whether the end of the pattern or of a group follows.
    fn ends_basic(&mut self) -> bool {
        if self.options.expanded {
            self.skip_space();
        }
        let rest = &self.chars[self.at..];
        rest.is_empty() || rest.starts_with(&['\\', ')'])
    }

    fn basic_escape(&mut self) -> Result<Token, PatternError> {
        let mark = self.peek().ok_or(self.error(SyntaxErrorKind::Escape))?;
        self.at += 1;
        Ok(match mark {
            '{' => {
                self.mode = LexMode::Bound;
                Token::OpenBound
            }
            '(' => Token::Open(Capture::Yes),
            ')' => Token::Close,
            '<' => Token::Anchor(Anchor::WordStart),
            '>' => Token::Anchor(Anchor::WordEnd),
            '1'..='9' => Token::Backref(u32::from(mark) - 0x30),
            _ => Token::Plain(mark.into()),
        })
    }
}
