//! Parses a regular expression into its syntax tree, by recursive descent.
//!
//! The grammar, including what it rejects, is PostgreSQL's. Recursion is as deep as the nesting of groups, which the
//! maximum length of a pattern bounds at 500 levels. Bracket expressions are in [`bracket`](crate::bracket).

use crate::PATTERN_CHARS_MAX;
use crate::ast::{Alternation, Atom, Demand, LookAround, Piece, Preference, Repeat, Side, UNBOUNDED};
use crate::case;
use crate::char_set::CharSet;
use crate::classes::Class;
use crate::lexer::{Capture, Flavor, Greediness, Lexer, Options, Polarity, Token};
use crate::pattern_error::{PatternError, SyntaxErrorKind};

/// The highest repetition count, as in PostgreSQL.
const BOUND_MAX: u32 = 255;

/// A parsed regular expression.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) tree: Alternation,
    /// The number of capturing groups.
    pub(crate) groups: u32,
    pub(crate) ignore_case: bool,
}

/// Parses a regular expression.
///
/// # Errors
/// It is too long, or its syntax is invalid.
pub(crate) fn parse(source: &str) -> Result<Parsed, PatternError> {
    let chars: Vec<char> = source.chars().take(PATTERN_CHARS_MAX + 1).collect();
    if chars.len() > PATTERN_CHARS_MAX {
        return Err(PatternError::TooLong);
    }
    let (options, start) = opening(&chars)?;
    let mut lexer = Lexer::new(chars, options, start);
    let token = lexer.next()?;
    let mut parser = Parser { lexer, token, finished: Vec::new(), arounds: 0, depth: 0 };
    let tree = parser.alternation()?;
    let groups = parser.lexer.groups;
    Ok(Parsed { tree, groups, ignore_case: options.ignore_case })
}

/// Parses a leading `***` and embedded options. Returns the options and where the expression itself starts.
fn opening(chars: &[char]) -> Result<(Options, usize), PatternError> {
    let mut options = Options {
        flavor: Flavor::Advanced,
        ignore_case: false,
        expanded: false,
        newline_stops: false,
        newline_anchors: false,
    };
    let mut at = 0;
    if chars.len() > 3 && chars.starts_with(&['*', '*', '*']) {
        at = 4;
        match chars[3] {
            ':' => {}
            '=' => {
                options.flavor = Flavor::Literal;
                return Ok((options, at));
            }
            _ => {
                return Err(PatternError::Syntax { kind: SyntaxErrorKind::Prefix, position: at });
            }
        }
    }
    let rest = &chars[at..];
    if rest.starts_with(&['(', '?']) && rest.get(2).is_some_and(char::is_ascii_alphabetic) {
        at = letters(chars, at + 2, &mut options)?;
    }
    Ok((options, at))
}

/// Parses option letters and the closing parenthesis.
fn letters(chars: &[char], mut at: usize, options: &mut Options) -> Result<usize, PatternError> {
    loop {
        let letter = chars.get(at).copied();
        at += 1;
        match letter {
            Some(')') => break,
            Some(letter) if option(letter, options) => {}
            _ => {
                return Err(PatternError::Syntax { kind: SyntaxErrorKind::Option, position: at });
            }
        }
    }
    if options.flavor == Flavor::Literal {
        *options = Options { expanded: false, newline_stops: false, newline_anchors: false, ..*options };
    }
    Ok(at)
}

/// Applies one option letter; false if it is unknown.
fn option(letter: char, options: &mut Options) -> bool {
    match letter {
        'b' => options.flavor = Flavor::Basic,
        'e' => options.flavor = Flavor::Extended,
        'q' => options.flavor = Flavor::Literal,
        'c' => options.ignore_case = false,
        'i' => options.ignore_case = true,
        't' => options.expanded = false,
        'x' => options.expanded = true,
        'm' | 'n' => (options.newline_stops, options.newline_anchors) = (true, true),
        'p' => (options.newline_stops, options.newline_anchors) = (true, false),
        'w' => (options.newline_stops, options.newline_anchors) = (false, true),
        's' => (options.newline_stops, options.newline_anchors) = (false, false),
        _ => return false,
    }
    true
}

pub(crate) struct Parser {
    pub(crate) lexer: Lexer,
    pub(crate) token: Token,
    /// The numbers of the closed groups.
    finished: Vec<u32>,
    /// How many look-around conditions are open; groups inside them do not capture.
    arounds: u32,
    /// How many parentheses are open.
    depth: u32,
}

impl Parser {
    pub(crate) fn advance(&mut self) -> Result<(), PatternError> {
        self.token = self.lexer.next()?;
        Ok(())
    }

    /// Alternatives, up to the closing parenthesis or the end.
    fn alternation(&mut self) -> Result<Alternation, PatternError> {
        let mut branches = vec![self.branch()?];
        while self.token == Token::Bar {
            self.advance()?;
            branches.push(self.branch()?);
        }
        if self.depth > 0 && self.token != Token::Close {
            return Err(self.lexer.error(SyntaxErrorKind::Parenthesis));
        }
        Ok(Alternation { branches })
    }

    fn branch(&mut self) -> Result<Vec<Piece>, PatternError> {
        let mut pieces = Vec::new();
        loop {
            match self.token {
                Token::Bar | Token::End => return Ok(pieces),
                Token::Close if self.depth > 0 => return Ok(pieces),
                _ => pieces.push(self.piece()?),
            }
        }
    }

    fn piece(&mut self) -> Result<Piece, PatternError> {
        match self.token {
            Token::Anchor(anchor) => {
                self.advance()?;
                Ok(Piece::Anchor(anchor))
            }
            Token::LookAround(side, demand) => self.around(side, demand).map(Piece::LookAround),
            _ => {
                let atom = self.atom()?;
                self.quantified(atom).map(Piece::Repeat)
            }
        }
    }

    fn around(&mut self, side: Side, demand: Demand) -> Result<LookAround, PatternError> {
        self.arounds += 1;
        let inner = self.parenthesized()?;
        self.arounds -= 1;
        self.advance()?;
        Ok(LookAround { side, demand, inner })
    }

    /// From the opening parenthesis up to, but not including, the closing one.
    fn parenthesized(&mut self) -> Result<Alternation, PatternError> {
        self.depth += 1;
        self.advance()?;
        let inner = self.alternation()?;
        self.depth -= 1;
        Ok(inner)
    }

    fn atom(&mut self) -> Result<Atom, PatternError> {
        let set = match self.token {
            Token::Open(capture) => return self.group(capture),
            Token::Backref(number) => return self.back(number),
            Token::Plain(point) => self.one(point),
            Token::Close if self.lexer.options.flavor == Flavor::Extended => self.one(')'.into()),
            Token::Close => return Err(self.lexer.error(SyntaxErrorKind::Parenthesis)),
            Token::Dot if self.lexer.options.newline_stops => CharSet::any().without('\n'.into()),
            Token::Dot => CharSet::any(),
            Token::Class(class, Polarity::Positive) => self.class(class),
            Token::Class(class, Polarity::Negated) => self.class(class).complement(),
            Token::OpenBracket(sense) => self.bracket(sense)?,
            _ => return Err(self.lexer.error(SyntaxErrorKind::NothingToRepeat)),
        };
        self.advance()?;
        Ok(Atom::Set(set))
    }

    /// A literal character, in both cases if case is ignored.
    pub(crate) fn one(&self, point: u32) -> CharSet {
        if self.lexer.options.ignore_case { case::both_cases(point) } else { CharSet::one(point) }
    }

    pub(crate) fn class(&self, class: Class) -> CharSet {
        if self.lexer.options.ignore_case { class.caseless().set() } else { class.set() }
    }

    fn group(&mut self, capture: Capture) -> Result<Atom, PatternError> {
        let captures = capture == Capture::Yes && self.arounds == 0;
        self.lexer.groups += u32::from(captures);
        let number = captures.then_some(self.lexer.groups);
        let inner = self.parenthesized()?;
        self.finished.extend(number);
        self.advance()?;
        Ok(Atom::Group(number, inner))
    }

    fn back(&mut self, number: u32) -> Result<Atom, PatternError> {
        if self.arounds > 0 || !self.finished.contains(&number) {
            return Err(self.lexer.error(SyntaxErrorKind::Reference));
        }
        self.advance()?;
        Ok(Atom::Backref(number))
    }

    fn quantified(&mut self, atom: Atom) -> Result<Repeat, PatternError> {
        let (min, max, greed) = match self.token {
            Token::Star(greed) => (0, UNBOUNDED, Some(greed)),
            Token::Plus(greed) => (1, UNBOUNDED, Some(greed)),
            Token::Question(greed) => (0, 1, Some(greed)),
            Token::OpenBound => self.bound()?,
            _ => {
                return Ok(Repeat { atom, min: 1, max: 1, preference: Preference::Inherited });
            }
        };
        self.advance()?;
        let preference = match greed {
            None => Preference::Inherited,
            Some(Greediness::Greedy) => Preference::Longest,
            Some(Greediness::Lazy) => Preference::Shortest,
        };
        Ok(Repeat { atom, min, max, preference })
    }

    /// A bound, up to its closing brace. `{m}` inherits its greediness.
    fn bound(&mut self) -> Result<(u32, u32, Option<Greediness>), PatternError> {
        self.advance()?;
        let min = self.bound_number()?;
        let mut max = min;
        let exact = self.token != Token::Comma;
        if !exact {
            self.advance()?;
            let closed = !matches!(self.token, Token::Digit(_));
            max = if closed { UNBOUNDED } else { self.bound_number()? };
        }
        match self.token {
            Token::CloseBound(greed) if min <= max => Ok((min, max, (!exact).then_some(greed))),
            _ => Err(self.lexer.error(SyntaxErrorKind::Bound)),
        }
    }

    fn bound_number(&mut self) -> Result<u32, PatternError> {
        let mut number = 0;
        while let Token::Digit(digit) = self.token {
            if number >= BOUND_MAX {
                return Err(self.lexer.error(SyntaxErrorKind::Bound));
            }
            number = number * 10 + digit;
            self.advance()?;
        }
        if number > BOUND_MAX {
            return Err(self.lexer.error(SyntaxErrorKind::Bound));
        }
        Ok(number)
    }
}
