//! Tokens of a regular expression, in all its flavours.
//!
//! Advanced, extended and basic syntax, literal strings, the leading `***` and `(?…)` options,
//! expanded syntax with its comments: after the lexer only tokens remain. What a character means
//! depends on where it stands, so the lexer knows its place (plain text, a bound, a bracket, a
//! name in a bracket) and the token before. Escapes are in `escape`.

use super::classes::{self, Class};
use super::fault::{PatternFault, Reason};
use super::syntax::{Anchor, Demand, Side};

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Before the first token.
    Start,
    End,
    Plain(u32),
    /// A digit of a bound.
    Digit(u32),
    Comma,
    Back(u32),
    Anchor(Anchor),
    Around(Side, Demand),
    Bar,
    Star(Greed),
    Plus(Greed),
    Question(Greed),
    OpenBound,
    CloseBound(Greed),
    /// An opening parenthesis, and whether it captures.
    Open(Capture),
    Close,
    Dot,
    OpenBracket(Sense),
    CloseBracket,
    /// A class escape such as `\w`, or its opposite.
    Class(Class, Sense),
    /// A hyphen in a bracket that may make a range.
    Hyphen,
    /// `[.`, `[=`, `[:` and what closes them.
    OpenName(Name),
    CloseName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greed {
    Greedy,
    Lazy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Positive,
    Negated,
}

/// What the name in a bracket names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Element,
    Equivalence,
    Class,
}

impl Name {
    fn mark(self) -> char {
        match self {
            Name::Element => '.',
            Name::Equivalence => '=',
            Name::Class => ':',
        }
    }
}

/// How the text of the pattern is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    Advanced,
    Extended,
    Basic,
    Literal,
}

/// Options in force for the whole pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) flavour: Flavour,
    pub(super) ignore_case: bool,
    /// White space and comments are skipped.
    pub(super) expanded: bool,
    /// Dot and negated brackets stop at newlines.
    pub(super) newline_stops: bool,
    /// `^` and `$` hold at newlines.
    pub(super) newline_anchors: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Bound,
    Bracket,
    Named(Name),
}

/// Reads tokens one by one.
pub(super) struct Lexer {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) options: Options,
    /// How many capturing groups have been opened: it decides what `\12` is.
    pub(super) groups: u32,
    place: Place,
    before: Token,
}

impl Lexer {
    pub(super) fn new(chars: Vec<char>, options: Options, at: usize) -> Lexer {
        Lexer { chars, at, options, groups: 0, place: Place::Text, before: Token::Start }
    }

    pub(super) fn fault(&self, reason: Reason) -> PatternFault {
        PatternFault::Notation { reason, at: self.at }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Takes the next character if it is the given one.
    fn eat(&mut self, wanted: char) -> bool {
        let hit = self.peek() == Some(wanted);
        self.at += usize::from(hit);
        hit
    }

    fn is_basic(&self) -> bool {
        self.options.flavour == Flavour::Basic
    }

    pub(super) fn is_advanced(&self) -> bool {
        self.options.flavour == Flavour::Advanced
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token, PatternFault> {
        let token = self.read()?;
        self.before = token;
        Ok(token)
    }

    fn read(&mut self) -> Result<Token, PatternFault> {
        if self.options.expanded && matches!(self.place, Place::Text | Place::Bound) {
            self.skip_space();
        }
        let Some(next) = self.peek() else {
            return match self.place {
                Place::Text => Ok(Token::End),
                Place::Bound => Err(self.fault(Reason::OpenBound)),
                Place::Bracket | Place::Named(_) => Err(self.fault(Reason::OpenBracket)),
            };
        };
        self.at += 1;
        match self.place {
            Place::Bound => self.in_bound(next),
            Place::Bracket => self.in_bracket(next),
            Place::Named(name) => Ok(self.in_name(name, next)),
            Place::Text => match self.options.flavour {
                Flavour::Literal => Ok(Token::Plain(next.into())),
                Flavour::Basic => self.basic(next),
                Flavour::Extended | Flavour::Advanced => self.text(next),
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

    fn in_bound(&mut self, next: char) -> Result<Token, PatternFault> {
        let closed = match next {
            '0'..='9' => return Ok(Token::Digit(u32::from(next) - 0x30)),
            ',' => return Ok(Token::Comma),
            '}' => !self.is_basic(),
            '\\' => self.is_basic() && self.eat('}'),
            _ => false,
        };
        if !closed {
            return Err(self.fault(Reason::Bound));
        }
        self.place = Place::Text;
        Ok(Token::CloseBound(if self.is_basic() { Greed::Greedy } else { self.greed() }))
    }

    fn in_bracket(&mut self, next: char) -> Result<Token, PatternFault> {
        let first = matches!(self.before, Token::OpenBracket(_));
        match next {
            ']' if !first => {
                self.place = Place::Text;
                Ok(Token::CloseBracket)
            }
            '-' if !first && self.peek() != Some(']') => Ok(Token::Hyphen),
            '\\' if self.is_advanced() => match self.escape()? {
                token @ (Token::Plain(_) | Token::Class(..)) => Ok(token),
                _ => Err(self.fault(Reason::Escape)),
            },
            '[' => self.open_name(),
            _ => Ok(Token::Plain(next.into())),
        }
    }

    /// After `[` in a bracket: the start of a name, or just a character.
    fn open_name(&mut self) -> Result<Token, PatternFault> {
        let name = match self.peek() {
            None => return Err(self.fault(Reason::OpenBracket)),
            Some('.') => Name::Element,
            Some('=') => Name::Equivalence,
            Some(':') => Name::Class,
            Some(_) => return Ok(Token::Plain('['.into())),
        };
        self.at += 1;
        self.place = Place::Named(name);
        Ok(Token::OpenName(name))
    }

    fn in_name(&mut self, name: Name, next: char) -> Token {
        if next == name.mark() && self.eat(']') {
            self.place = Place::Bracket;
            return Token::CloseName;
        }
        Token::Plain(next.into())
    }

    /// Extended and advanced syntax outside brackets and bounds.
    fn text(&mut self, next: char) -> Result<Token, PatternFault> {
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
    fn greed(&mut self) -> Greed {
        if self.is_advanced() && self.eat('?') { Greed::Lazy } else { Greed::Greedy }
    }

    fn line_start(&self) -> Anchor {
        if self.options.newline_anchors { Anchor::LineStart } else { Anchor::TextStart }
    }

    fn line_end(&self) -> Anchor {
        if self.options.newline_anchors { Anchor::LineEnd } else { Anchor::TextEnd }
    }

    /// `{` opens a bound only before a digit.
    fn brace(&mut self) -> Token {
        if self.options.expanded {
            self.skip_space();
        }
        if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return Token::Plain('{'.into());
        }
        self.place = Place::Bound;
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
        self.place = Place::Bracket;
        let negated = self.eat('^');
        Token::OpenBracket(if negated { Sense::Negated } else { Sense::Positive })
    }

    /// After `(?` in advanced syntax.
    fn extension(&mut self) -> Result<Token, PatternFault> {
        let mark = self.peek();
        self.at += 1;
        match mark {
            Some(':') => Ok(Token::Open(Capture::No)),
            Some('=') => Ok(Token::Around(Side::Ahead, Demand::Match)),
            Some('!') => Ok(Token::Around(Side::Ahead, Demand::NoMatch)),
            Some('<') if self.eat('=') => Ok(Token::Around(Side::Behind, Demand::Match)),
            Some('<') if self.eat('!') => Ok(Token::Around(Side::Behind, Demand::NoMatch)),
            Some('#') => {
                while self.peek().is_some_and(|c| c != ')') {
                    self.at += 1;
                }
                self.eat(')');
                self.read()
            }
            _ => Err(self.fault(Reason::NothingToRepeat)),
        }
    }

    /// After a backslash in extended or advanced syntax.
    fn escaped(&mut self) -> Result<Token, PatternFault> {
        if self.is_advanced() {
            return self.escape();
        }
        let plain = self.peek().ok_or(self.fault(Reason::Escape))?;
        self.at += 1;
        Ok(Token::Plain(plain.into()))
    }

    /// Basic syntax outside brackets and bounds.
    fn basic(&mut self, next: char) -> Result<Token, PatternFault> {
        let leading = matches!(self.before, Token::Start | Token::Open(_));
        Ok(match next {
            '*' if leading || self.after_line_start() => Token::Plain('*'.into()),
            '*' => Token::Star(Greed::Greedy),
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

    /// Whether nothing follows, or the end of a group.
    fn ends_basic(&mut self) -> bool {
        if self.options.expanded {
            self.skip_space();
        }
        let rest = &self.chars[self.at..];
        rest.is_empty() || rest.starts_with(&['\\', ')'])
    }

    fn basic_escape(&mut self) -> Result<Token, PatternFault> {
        let mark = self.peek().ok_or(self.fault(Reason::Escape))?;
        self.at += 1;
        Ok(match mark {
            '{' => {
                self.place = Place::Bound;
                Token::OpenBound
            }
            '(' => Token::Open(Capture::Yes),
            ')' => Token::Close,
            '<' => Token::Anchor(Anchor::WordStart),
            '>' => Token::Anchor(Anchor::WordEnd),
            '1'..='9' => Token::Back(u32::from(mark) - 0x30),
            _ => Token::Plain(mark.into()),
        })
    }
}
