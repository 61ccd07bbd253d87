//! From the text of a regular expression to its tree.
//!
//! Recursive descent over the tokens: alternatives, branches, atoms with their quantifiers. The
//! grammar, down to what it refuses, is PostgreSQL's. Recursion is as deep as groups nest, which
//! the bound on the length of a pattern keeps at half a thousand small frames. Brackets are read
//! in `bracket`.

use super::PATTERN_CHARS_MAX;
use super::classes::Class;
use super::fault::{PatternFault, Reason};
use super::fold;
use super::lex::{Capture, Flavour, Greed, Lexer, Options, Sense, Token};
use super::set::CharSet;
use super::syntax::{Alternation, Around, Atom, Demand, Piece, Preference, Repeat, Side, UNBOUNDED};

/// The highest number a bound may hold.
const BOUND_MAX: u32 = 255;

/// What a regular expression says.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) tree: Alternation,
    /// How many groups capture.
    pub(super) groups: u32,
    pub(super) ignore_case: bool,
}

/// Reads a whole regular expression.
///
/// # Errors
/// It is too long, or breaks the notation.
pub(super) fn regexp(source: &str) -> Result<Parsed, PatternFault> {
    let chars: Vec<char> = source.chars().take(PATTERN_CHARS_MAX + 1).collect();
    if chars.len() > PATTERN_CHARS_MAX {
        return Err(PatternFault::TooLong);
    }
    let (options, start) = opening(&chars)?;
    let mut lexer = Lexer::new(chars, options, start);
    let token = lexer.next()?;
    let mut parser = Parser { lexer, token, finished: Vec::new(), arounds: 0, depth: 0 };
    let tree = parser.alternation()?;
    let groups = parser.lexer.groups;
    Ok(Parsed { tree, groups, ignore_case: options.ignore_case })
}

/// The leading `***` and `(?letters)`: the options, and where the expression proper starts.
fn opening(chars: &[char]) -> Result<(Options, usize), PatternFault> {
    let mut options = Options {
        flavour: Flavour::Advanced,
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
                options.flavour = Flavour::Literal;
                return Ok((options, at));
            }
            _ => {
                return Err(PatternFault::Notation { reason: Reason::Prefix, at });
            }
        }
    }
    let rest = &chars[at..];
    if rest.starts_with(&['(', '?']) && rest.get(2).is_some_and(char::is_ascii_alphabetic) {
        at = letters(chars, at + 2, &mut options)?;
    }
    Ok((options, at))
}

/// Reads option letters and the parenthesis that closes them.
fn letters(chars: &[char], mut at: usize, options: &mut Options) -> Result<usize, PatternFault> {
    loop {
        let letter = chars.get(at).copied();
        at += 1;
        match letter {
            Some(')') => break,
            Some(letter) if option(letter, options) => {}
            _ => {
                return Err(PatternFault::Notation { reason: Reason::Option, at });
            }
        }
    }
    if options.flavour == Flavour::Literal {
        *options = Options { expanded: false, newline_stops: false, newline_anchors: false, ..*options };
    }
    Ok(at)
}

/// Applies one option letter; false when there is no such letter.
fn option(letter: char, options: &mut Options) -> bool {
    match letter {
        'b' => options.flavour = Flavour::Basic,
        'e' => options.flavour = Flavour::Extended,
        'q' => options.flavour = Flavour::Literal,
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

pub(super) struct Parser {
    pub(super) lexer: Lexer,
    pub(super) token: Token,
    /// The numbers of the groups that are closed.
    finished: Vec<u32>,
    /// How many look-around conditions are open: inside them nothing captures.
    arounds: u32,
    /// How many parentheses are open.
    depth: u32,
}

impl Parser {
    pub(super) fn advance(&mut self) -> Result<(), PatternFault> {
        self.token = self.lexer.next()?;
        Ok(())
    }

    /// Alternatives, up to the parenthesis that closes them or the end.
    fn alternation(&mut self) -> Result<Alternation, PatternFault> {
        let mut branches = vec![self.branch()?];
        while self.token == Token::Bar {
            self.advance()?;
            branches.push(self.branch()?);
        }
        if self.depth > 0 && self.token != Token::Close {
            return Err(self.lexer.fault(Reason::Parenthesis));
        }
        Ok(Alternation { branches })
    }

    fn branch(&mut self) -> Result<Vec<Piece>, PatternFault> {
        let mut pieces = Vec::new();
        loop {
            match self.token {
                Token::Bar | Token::End => return Ok(pieces),
                Token::Close if self.depth > 0 => return Ok(pieces),
                _ => pieces.push(self.piece()?),
            }
        }
    }

    fn piece(&mut self) -> Result<Piece, PatternFault> {
        match self.token {
            Token::Anchor(anchor) => {
                self.advance()?;
                Ok(Piece::Anchor(anchor))
            }
            Token::Around(side, demand) => self.around(side, demand).map(Piece::Around),
            _ => {
                let atom = self.atom()?;
                self.quantified(atom).map(Piece::Repeat)
            }
        }
    }

    fn around(&mut self, side: Side, demand: Demand) -> Result<Around, PatternFault> {
        self.arounds += 1;
        let inner = self.parenthesized()?;
        self.arounds -= 1;
        self.advance()?;
        Ok(Around { side, demand, inner })
    }

    /// From an opening parenthesis up to, not past, the closing one.
    fn parenthesized(&mut self) -> Result<Alternation, PatternFault> {
        self.depth += 1;
        self.advance()?;
        let inner = self.alternation()?;
        self.depth -= 1;
        Ok(inner)
    }

    fn atom(&mut self) -> Result<Atom, PatternFault> {
        let set = match self.token {
            Token::Open(capture) => return self.group(capture),
            Token::Back(number) => return self.back(number),
            Token::Plain(point) => self.one(point),
            Token::Close if self.lexer.options.flavour == Flavour::Extended => self.one(')'.into()),
            Token::Close => return Err(self.lexer.fault(Reason::Parenthesis)),
            Token::Dot if self.lexer.options.newline_stops => CharSet::any().without('\n'.into()),
            Token::Dot => CharSet::any(),
            Token::Class(class, Sense::Positive) => self.class(class),
            Token::Class(class, Sense::Negated) => self.class(class).complement(),
            Token::OpenBracket(sense) => self.bracket(sense)?,
            _ => return Err(self.lexer.fault(Reason::NothingToRepeat)),
        };
        self.advance()?;
        Ok(Atom::Set(set))
    }

    /// One written character, in both its cases where case is ignored.
    pub(super) fn one(&self, point: u32) -> CharSet {
        if self.lexer.options.ignore_case { fold::both_cases(point) } else { CharSet::one(point) }
    }

    pub(super) fn class(&self, class: Class) -> CharSet {
        if self.lexer.options.ignore_case { class.caseless().set() } else { class.set() }
    }

    fn group(&mut self, capture: Capture) -> Result<Atom, PatternFault> {
        let captures = capture == Capture::Yes && self.arounds == 0;
        self.lexer.groups += u32::from(captures);
        let number = captures.then_some(self.lexer.groups);
        let inner = self.parenthesized()?;
        self.finished.extend(number);
        self.advance()?;
        Ok(Atom::Group(number, inner))
    }

    fn back(&mut self, number: u32) -> Result<Atom, PatternFault> {
        if self.arounds > 0 || !self.finished.contains(&number) {
            return Err(self.lexer.fault(Reason::Reference));
        }
        self.advance()?;
        Ok(Atom::Back(number))
    }

    fn quantified(&mut self, atom: Atom) -> Result<Repeat, PatternFault> {
        let (least, most, greed) = match self.token {
            Token::Star(greed) => (0, UNBOUNDED, Some(greed)),
            Token::Plus(greed) => (1, UNBOUNDED, Some(greed)),
            Token::Question(greed) => (0, 1, Some(greed)),
            Token::OpenBound => self.bound()?,
            _ => {
                return Ok(Repeat { atom, least: 1, most: 1, preference: Preference::Inherited });
            }
        };
        self.advance()?;
        let preference = match greed {
            None => Preference::Inherited,
            Some(Greed::Greedy) => Preference::Longest,
            Some(Greed::Lazy) => Preference::Shortest,
        };
        Ok(Repeat { atom, least, most, preference })
    }

    /// A bound, up to its closing brace. `{m}` has no greed of its own.
    fn bound(&mut self) -> Result<(u32, u32, Option<Greed>), PatternFault> {
        self.advance()?;
        let least = self.bound_number()?;
        let mut most = least;
        let exact = self.token != Token::Comma;
        if !exact {
            self.advance()?;
            let closed = !matches!(self.token, Token::Digit(_));
            most = if closed { UNBOUNDED } else { self.bound_number()? };
        }
        match self.token {
            Token::CloseBound(greed) if least <= most => Ok((least, most, (!exact).then_some(greed))),
            _ => Err(self.lexer.fault(Reason::Bound)),
        }
    }

    fn bound_number(&mut self) -> Result<u32, PatternFault> {
        let mut number = 0;
        while let Token::Digit(digit) = self.token {
            if number >= BOUND_MAX {
                return Err(self.lexer.fault(Reason::Bound));
            }
            number = number * 10 + digit;
            self.advance()?;
        }
        if number > BOUND_MAX {
            return Err(self.lexer.fault(Reason::Bound));
        }
        Ok(number)
    }
}
