//! Reads a query into the tree that the evaluator walks.
//!
//! `OR` binds weaker than `AND`, `AND` weaker than `NOT`. Every keyword may be a key,
//! too; only `NOT` at the beginning of a path is ambiguous, and it is a key when a
//! dot or a comparison follows it.

use super::fault::{JsQueryFault, Reason};
use super::lexer::{Keyword, Lexeme, Token, tokens};
use super::literal::{Literal, LiteralSet};
use super::number::Decimal;
use super::program::{Comparison, ListTest, Node, ScalarTest, Shape, Step};
use super::{DESCENT_STEPS_MAX, NESTING_LEVELS_MAX, QUERY_BYTES_MAX};

/// Compiles `source`.
pub(super) fn parse(source: &str) -> Result<Node, JsQueryFault> {
    if source.len() > QUERY_BYTES_MAX {
        return Err(JsQueryFault::new(Reason::TooLong, source, QUERY_BYTES_MAX));
    }
    let mut parser = Parser { source, tokens: tokens(source), next: 0 };
    parser.query()
}

/// Where in the query a part of it stands.
#[derive(Clone, Copy)]
struct Place {
    subject: Subject,
    /// Open brackets.
    nesting: usize,
    /// `*` and `*:` steps on the way here.
    descents: usize,
}

/// What a comparison compares: `@#` turns the value into its length.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Value,
    Length,
}

/// The path read so far.
struct Trail {
    steps: Vec<Step>,
    place: Place,
    /// The last step, if a path cannot end with it.
    open: Option<&'static str>,
}

struct Parser<'s> {
    source: &'s str,
    /// Ends with `End` or `Broken`, which is never taken.
    tokens: Vec<Token>,
    next: usize,
}

type Parsed<T> = Result<T, JsQueryFault>;

impl Parser<'_> {
    fn query(&mut self) -> Parsed<Node> {
        if *self.lexeme(0) == Lexeme::End {
            return Err(self.fault(Reason::Empty));
        }
        let place = Place { subject: Subject::Value, nesting: 0, descents: 0 };
        let node = self.either(place)?;
        match self.lexeme(0) {
            Lexeme::End => Ok(node),
            _ => Err(self.unexpected("AND, OR or the end of the query")),
        }
    }

    fn either(&mut self, place: Place) -> Parsed<Node> {
        let mut nodes = vec![self.both(place)?];
        while self.take_keyword(Keyword::Or) {
            nodes.push(self.both(place)?);
        }
        Ok(Node::either(nodes))
    }

    fn both(&mut self, place: Place) -> Parsed<Node> {
        let mut nodes = vec![self.negated(place)?];
        while self.take_keyword(Keyword::And) {
            nodes.push(self.negated(place)?);
        }
        Ok(Node::all(nodes))
    }

    /// Any number of `NOT`, in a loop because only brackets may nest.
    fn negated(&mut self, place: Place) -> Parsed<Node> {
        let mut negations = 0_usize;
        while self.negates() {
            self.next += 1;
            negations += 1;
        }
        let node = self.operand(place)?;
        let odd = negations % 2 == 1;
        Ok(if odd { Node::Not(Box::new(node)) } else { node })
    }

    /// Whether the next token is a `NOT` that denies what follows it.
    fn negates(&self) -> bool {
        if !self.is_keyword(0, Keyword::Not) {
            return false;
        }
        match self.lexeme(1) {
            Lexeme::Hint | Lexeme::Mark('.' | '=' | '<' | '>' | '&') => false,
            Lexeme::Mark('@') => !self.is_mark(2, '>'),
            Lexeme::Keyword(Keyword::In, _) => !self.is_mark(2, '('),
            Lexeme::Keyword(Keyword::Is, _) => self.shape(2).is_none(),
            _ => true,
        }
    }

    fn operand(&mut self, place: Place) -> Parsed<Node> {
        if self.is_mark(0, '(') { self.group(place) } else { self.path(place) }
    }

    /// An expression in brackets.
    fn group(&mut self, place: Place) -> Parsed<Node> {
        if place.nesting == NESTING_LEVELS_MAX {
            return Err(self.fault(Reason::TooDeep));
        }
        self.expect('(', "\"(\"")?;
        let node = self.either(Place { nesting: place.nesting + 1, ..place })?;
        self.expect(')', "AND, OR or \")\"")?;
        Ok(node)
    }

    fn path(&mut self, place: Place) -> Parsed<Node> {
        let mut trail = Trail { steps: Vec::new(), place, open: None };
        loop {
            self.step(&mut trail)?;
            if !self.take('.') {
                break;
            }
        }
        match self.ending(trail.place)? {
            Some(then) => Ok(Node::path(trail.steps, then)),
            None => self.existence(trail),
        }
    }

    /// What a path leads to: brackets, a comparison, or nothing.
    fn ending(&mut self, place: Place) -> Parsed<Option<Node>> {
        match self.lexeme(0) {
            Lexeme::Mark('(') => self.group(place).map(Some),
            Lexeme::Hint => {
                self.next += 1;
                self.comparison(place).map(Some)
            }
            Lexeme::Mark('=' | '<' | '>' | '@' | '&') => self.comparison(place).map(Some),
            Lexeme::Keyword(Keyword::In | Keyword::Is, _) => self.comparison(place).map(Some),
            _ => Ok(None),
        }
    }

    /// A path with nothing to compare asks whether it leads anywhere; a last `#`
    /// or `%` asks for an array or object, even an empty one.
    fn existence(&self, trail: Trail) -> Parsed<Node> {
        if let Some(step) = trail.open {
            return Err(match self.lexeme(0) {
                Lexeme::Broken(reason) => self.fault(reason.clone()),
                _ => self.fault(Reason::NothingToCheck(step)),
            });
        }
        let mut steps = trail.steps;
        let then = match steps.last() {
            Some(Step::AnyElement | Step::EveryElement) => Node::Is(Shape::Array),
            Some(Step::AnyMember | Step::EveryMember) => Node::Is(Shape::Object),
            Some(Step::AnyWithin) => Node::Always,
            _ => return Ok(Node::path(steps, Node::Always)),
        };
        steps.pop();
        Ok(Node::path(steps, then))
    }

    fn step(&mut self, trail: &mut Trail) -> Parsed<()> {
        let start = self.next;
        trail.open = None;
        let step = match &self.tokens[start].lexeme {
            Lexeme::Mark('@') => return self.length(trail),
            Lexeme::Mark('?') => {
                self.next += 1;
                Step::Filter(Box::new(self.group(trail.place)?))
            }
            Lexeme::Mark('*') => self.or_every(Step::AnyWithin, Step::EveryWithin),
            Lexeme::Mark('%') => self.or_every(Step::AnyMember, Step::EveryMember),
            Lexeme::Mark('#') => self.elements()?,
            Lexeme::Mark('$') => self.taken(Step::Current),
            Lexeme::Text(key) | Lexeme::Keyword(_, key) => self.taken(Step::Key(key.clone())),
            Lexeme::Integer(key) | Lexeme::Decimal(key) => self.taken(Step::Key(key.clone())),
            _ => return Err(self.unexpected("a key or another step of a path")),
        };
        self.add(trail, step, start)
    }

    /// Adds a step, read from the token `start`, to the path.
    fn add(&self, trail: &mut Trail, step: Step, start: usize) -> Parsed<()> {
        let stays = matches!(step, Step::Current | Step::Filter(_));
        if trail.place.subject == Subject::Length && !stays {
            return Err(self.fault_at(Reason::LengthNotLast, start));
        }
        trail.place.descents += usize::from(descends(&trail.steps, &step));
        if trail.place.descents > DESCENT_STEPS_MAX {
            return Err(self.fault_at(Reason::TooManyDescents, start));
        }
        if matches!(step, Step::EveryWithin) {
            trail.open = Some("*:");
        }
        trail.steps.push(step);
        Ok(())
    }

    /// The sign `@#`.
    fn length(&mut self, trail: &mut Trail) -> Parsed<()> {
        self.next += 1;
        self.expect('#', "\"#\"")?;
        trail.place.subject = Subject::Length;
        trail.open = Some("@#");
        Ok(())
    }

    /// Takes a sign and, if it follows, the colon that makes it mean every one.
    fn or_every(&mut self, any: Step, every: Step) -> Step {
        self.next += 1;
        if self.take(':') { every } else { any }
    }

    /// `#`, `#:` or `#N`.
    fn elements(&mut self) -> Parsed<Step> {
        self.next += 1;
        let Lexeme::Integer(digits) = self.lexeme(0) else {
            return Ok(if self.take(':') { Step::EveryElement } else { Step::AnyElement });
        };
        let Ok(index) = digits.parse::<i32>() else {
            return Err(self.fault(Reason::IndexTooLarge));
        };
        self.next += 1;
        usize::try_from(index).map(Step::Element).map_err(|_| self.fault(Reason::IndexTooLarge))
    }

    /// Takes the next token as `meaning`.
    fn taken<T>(&mut self, meaning: T) -> T {
        self.next += 1;
        meaning
    }

    fn comparison(&mut self, place: Place) -> Parsed<Node> {
        let start = self.next;
        let node = self.value_comparison()?;
        match (place.subject, node) {
            (Subject::Value, node) => Ok(node),
            (Subject::Length, Node::Scalar(test)) => Ok(Node::Length(test)),
            (Subject::Length, Node::List(_)) => Ok(Node::Never),
            (Subject::Length, Node::Always) => Err(self.fault_at(Reason::LengthNotLast, start)),
            (Subject::Length, node) => Ok(node),
        }
    }

    /// A comparison, as of the value itself.
    fn value_comparison(&mut self) -> Parsed<Node> {
        if self.take('=') {
            return self.equality();
        }
        if self.take('<') {
            if self.take('@') {
                return Ok(Node::List(ListTest::Contained(self.set()?)));
            }
            return self.order(Comparison::Less, Comparison::LessOrEqual);
        }
        if self.take('>') {
            return self.order(Comparison::Greater, Comparison::GreaterOrEqual);
        }
        if self.take('@') {
            self.expect('>', "\">\"")?;
            return Ok(Node::List(ListTest::Contains(self.set()?)));
        }
        if self.take('&') {
            self.expect('&', "\"&\"")?;
            return Ok(Node::List(ListTest::Overlap(self.set()?)));
        }
        self.worded_comparison()
    }

    /// `IN (…)` or `IS type`.
    fn worded_comparison(&mut self) -> Parsed<Node> {
        if self.take_keyword(Keyword::In) {
            self.expect('(', "\"(\"")?;
            let literals = self.literals(')', "\",\" or \")\"")?;
            return Ok(Node::Scalar(ScalarTest::In(LiteralSet::new(literals))));
        }
        if self.take_keyword(Keyword::Is) {
            let shape = self.shape(0).map(|shape| self.taken(shape));
            let expected = "ARRAY, OBJECT, STRING, NUMERIC or BOOLEAN";
            return shape.map(Node::Is).ok_or_else(|| self.unexpected(expected));
        }
        Err(self.unexpected("a comparison"))
    }

    /// What follows `=`.
    fn equality(&mut self) -> Parsed<Node> {
        if self.take('*') {
            return Ok(Node::Always);
        }
        if self.is_mark(0, '[') {
            return Ok(Node::List(ListTest::Equal(self.array()?)));
        }
        let literal = self.literal("a value, \"*\" or \"[\"")?;
        Ok(Node::Scalar(ScalarTest::Equal(literal)))
    }

    /// What follows `<` or `>`.
    fn order(&mut self, strict: Comparison, equal: Comparison) -> Parsed<Node> {
        let comparison = if self.take('=') { equal } else { strict };
        match self.lexeme(0) {
            Lexeme::Integer(_) | Lexeme::Decimal(_) => {
                let bound = self.number()?;
                Ok(Node::Scalar(ScalarTest::Compare(comparison, bound)))
            }
            _ => Err(self.unexpected("a number")),
        }
    }

    fn set(&mut self) -> Parsed<LiteralSet> {
        self.array().map(LiteralSet::new)
    }

    fn array(&mut self) -> Parsed<Vec<Literal>> {
        self.expect('[', "\"[\"")?;
        self.literals(']', "\",\" or \"]\"")
    }

    /// One or more literals and the bracket that closes them.
    fn literals(&mut self, close: char, expected: &'static str) -> Parsed<Vec<Literal>> {
        let mut literals = vec![self.literal("a value")?];
        while self.take(',') {
            literals.push(self.literal("a value")?);
        }
        self.expect(close, expected)?;
        Ok(literals)
    }

    fn literal(&mut self, expected: &'static str) -> Parsed<Literal> {
        let literal = match self.lexeme(0) {
            Lexeme::Integer(_) | Lexeme::Decimal(_) => {
                return self.number().map(Literal::Number);
            }
            Lexeme::Keyword(Keyword::Null, _) => Literal::Null,
            Lexeme::Keyword(Keyword::True, _) => Literal::Bool(true),
            Lexeme::Keyword(Keyword::False, _) => Literal::Bool(false),
            Lexeme::Keyword(_, text) | Lexeme::Text(text) => Literal::Text(text.clone().into()),
            _ => return Err(self.unexpected(expected)),
        };
        Ok(self.taken(literal))
    }

    fn number(&mut self) -> Parsed<Decimal> {
        let number = match self.lexeme(0) {
            Lexeme::Integer(text) | Lexeme::Decimal(text) => Decimal::parse(text),
            _ => return Err(self.unexpected("a number")),
        };
        let number = number.ok_or_else(|| self.fault(Reason::NumberOutOfRange))?;
        Ok(self.taken(number))
    }

    /// The type that the token `ahead` names.
    fn shape(&self, ahead: usize) -> Option<Shape> {
        let Lexeme::Keyword(keyword, _) = self.lexeme(ahead) else {
            return None;
        };
        match keyword {
            Keyword::Array => Some(Shape::Array),
            Keyword::Numeric => Some(Shape::Numeric),
            Keyword::Object => Some(Shape::Object),
            Keyword::String => Some(Shape::String),
            Keyword::Boolean => Some(Shape::Boolean),
            Keyword::In | Keyword::Is | Keyword::Or | Keyword::And | Keyword::Not => None,
            Keyword::Null | Keyword::True | Keyword::False => None,
        }
    }

    /// The token `ahead` of the next one, or the last.
    fn lexeme(&self, ahead: usize) -> &Lexeme {
        &self.tokens[(self.next + ahead).min(self.tokens.len() - 1)].lexeme
    }

    fn is_mark(&self, ahead: usize, mark: char) -> bool {
        *self.lexeme(ahead) == Lexeme::Mark(mark)
    }

    fn is_keyword(&self, ahead: usize, wanted: Keyword) -> bool {
        matches!(self.lexeme(ahead), Lexeme::Keyword(keyword, _) if *keyword == wanted)
    }

    fn take(&mut self, mark: char) -> bool {
        let found = self.is_mark(0, mark);
        self.next += usize::from(found);
        found
    }

    fn take_keyword(&mut self, keyword: Keyword) -> bool {
        let found = self.is_keyword(0, keyword);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, mark: char, expected: &'static str) -> Parsed<()> {
        if self.take(mark) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    /// The fault that the next token is; a broken one names its own.
    fn unexpected(&self, expected: &'static str) -> JsQueryFault {
        match self.lexeme(0) {
            Lexeme::Broken(reason) => self.fault(reason.clone()),
            other => self.fault(Reason::Unexpected { expected, found: other.name() }),
        }
    }

    fn fault(&self, reason: Reason) -> JsQueryFault {
        self.fault_at(reason, self.next)
    }

    fn fault_at(&self, reason: Reason, token: usize) -> JsQueryFault {
        JsQueryFault::new(reason, self.source, self.tokens[token].at)
    }
}

/// Whether `step` leads further down than `steps` do: a repeated descent does not.
fn descends(steps: &[Step], step: &Step) -> bool {
    match step {
        Step::AnyWithin => !matches!(steps.last(), Some(Step::AnyWithin)),
        Step::EveryWithin => !matches!(steps.last(), Some(Step::EveryWithin)),
        _ => false,
    }
}
