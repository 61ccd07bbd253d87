//! Parses a query into the tree that the evaluator walks.
//!
//! `NOT` binds tighter than `AND`, and `AND` tighter than `OR`. Every keyword can also be a key; `NOT` at the beginning
//! of a path is a key if a dot or a comparison follows.

use crate::lexer::{Keyword, Token, TokenKind, tokens};
use crate::literal::{Literal, LiteralSet};
use crate::number::Decimal;
use crate::program::{ArrayTest, Comparison, Node, ScalarTest, Step, ValueType};
use crate::query_error::{JsQueryError, JsQueryErrorKind};
use crate::{DESCENT_STEPS_MAX, NESTING_LEVELS_MAX, QUERY_BYTES_MAX};

/// Parses `source`.
pub(crate) fn parse(source: &str) -> Result<Node, JsQueryError> {
    if source.len() > QUERY_BYTES_MAX {
        return Err(JsQueryError::new(JsQueryErrorKind::TooLong, source, QUERY_BYTES_MAX));
    }
    let mut parser = Parser { source, tokens: tokens(source), next: 0 };
    parser.query()
}

/// The context of a part of the query.
#[derive(Clone, Copy)]
struct Context {
    subject: Subject,
    /// Number of open brackets.
    nesting: usize,
    /// Number of steps `*` and `*:` on the path to here.
    descents: usize,
}

/// What a comparison applies to: the value, or its length after `@#`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Value,
    Length,
}

/// A path that is being parsed.
struct PathBuilder {
    steps: Vec<Step>,
    context: Context,
    /// The last step, if a path must not end with it.
    dangling: Option<&'static str>,
}

struct Parser<'s> {
    source: &'s str,
    /// The last is `End` or `Broken`, which is never consumed.
    tokens: Vec<Token>,
    next: usize,
}

type ParseResult<T> = Result<T, JsQueryError>;

impl Parser<'_> {
    fn query(&mut self) -> ParseResult<Node> {
        if *self.kind(0) == TokenKind::End {
            return Err(self.error(JsQueryErrorKind::Empty));
        }
        let context = Context { subject: Subject::Value, nesting: 0, descents: 0 };
        let node = self.or_expression(context)?;
        match self.kind(0) {
            TokenKind::End => Ok(node),
            _ => Err(self.unexpected("AND, OR or the end of the query")),
        }
    }

    fn or_expression(&mut self, context: Context) -> ParseResult<Node> {
        let mut nodes = vec![self.and_expression(context)?];
        while self.take_keyword(Keyword::Or) {
            nodes.push(self.and_expression(context)?);
        }
        Ok(Node::any(nodes))
    }

    fn and_expression(&mut self, context: Context) -> ParseResult<Node> {
        let mut nodes = vec![self.negated(context)?];
        while self.take_keyword(Keyword::And) {
            nodes.push(self.negated(context)?);
        }
        Ok(Node::all(nodes))
    }

    /// Any number of `NOT`, without recursion: only the nesting of brackets is limited.
    fn negated(&mut self, context: Context) -> ParseResult<Node> {
        let mut negations = 0_usize;
        while self.negates() {
            self.next += 1;
            negations += 1;
        }
        let node = self.operand(context)?;
        let odd = negations % 2 == 1;
        Ok(if odd { Node::Not(Box::new(node)) } else { node })
    }

    /// Whether the next token is the operator `NOT`, and not a key.
    fn negates(&self) -> bool {
        if !self.is_keyword(0, Keyword::Not) {
            return false;
        }
        match self.kind(1) {
            TokenKind::Hint | TokenKind::Punct('.' | '=' | '<' | '>' | '&') => false,
            TokenKind::Punct('@') => !self.is_mark(2, '>'),
            TokenKind::Keyword(Keyword::In, _) => !self.is_mark(2, '('),
            TokenKind::Keyword(Keyword::Is, _) => self.value_type(2).is_none(),
            _ => true,
        }
    }

    fn operand(&mut self, context: Context) -> ParseResult<Node> {
        if self.is_mark(0, '(') { self.group(context) } else { self.path(context) }
    }

    /// An expression in brackets.
    fn group(&mut self, context: Context) -> ParseResult<Node> {
        if context.nesting == NESTING_LEVELS_MAX {
            return Err(self.error(JsQueryErrorKind::TooDeep));
        }
        self.expect('(', "\"(\"")?;
        let node = self.or_expression(Context { nesting: context.nesting + 1, ..context })?;
        self.expect(')', "AND, OR or \")\"")?;
        Ok(node)
    }

    fn path(&mut self, context: Context) -> ParseResult<Node> {
        let mut path = PathBuilder { steps: Vec::new(), context, dangling: None };
        loop {
            self.step(&mut path)?;
            if !self.take('.') {
                break;
            }
        }
        match self.ending(path.context)? {
            Some(then) => Ok(Node::path(path.steps, then)),
            None => self.existence(path),
        }
    }

    /// What follows a path: brackets, a comparison, or nothing.
    fn ending(&mut self, context: Context) -> ParseResult<Option<Node>> {
        match self.kind(0) {
            TokenKind::Punct('(') => self.group(context).map(Some),
            TokenKind::Hint => {
                self.next += 1;
                self.comparison(context).map(Some)
            }
            TokenKind::Punct('=' | '<' | '>' | '@' | '&') => self.comparison(context).map(Some),
            TokenKind::Keyword(Keyword::In | Keyword::Is, _) => self.comparison(context).map(Some),
            _ => Ok(None),
        }
    }

    /// A path without a comparison tests whether the path exists; with `#` or `%` as its last step, whether the value
    /// is an array or an object, even an empty one.
    fn existence(&self, path: PathBuilder) -> ParseResult<Node> {
        if let Some(step) = path.dangling {
            return Err(match self.kind(0) {
                TokenKind::Broken(reason) => self.error(reason.clone()),
                _ => self.error(JsQueryErrorKind::NothingToCheck(step)),
            });
        }
        let mut steps = path.steps;
        let then = match steps.last() {
            Some(Step::AnyElement | Step::EveryElement) => Node::Is(ValueType::Array),
            Some(Step::AnyMember | Step::EveryMember) => Node::Is(ValueType::Object),
            Some(Step::AnyWithin) => Node::Always,
            _ => return Ok(Node::path(steps, Node::Always)),
        };
        steps.pop();
        Ok(Node::path(steps, then))
    }

    fn step(&mut self, path: &mut PathBuilder) -> ParseResult<()> {
        let start = self.next;
        path.dangling = None;
        let step = match &self.tokens[start].kind {
            TokenKind::Punct('@') => return self.length(path),
            TokenKind::Punct('?') => {
                self.next += 1;
                Step::Filter(Box::new(self.group(path.context)?))
            }
            TokenKind::Punct('*') => self.or_every(Step::AnyWithin, Step::EveryWithin),
            TokenKind::Punct('%') => self.or_every(Step::AnyMember, Step::EveryMember),
            TokenKind::Punct('#') => self.elements()?,
            TokenKind::Punct('$') => self.taken(Step::Current),
            TokenKind::Text(key) | TokenKind::Keyword(_, key) => self.taken(Step::Key(key.clone())),
            TokenKind::Integer(key) | TokenKind::Decimal(key) => self.taken(Step::Key(key.clone())),
            _ => return Err(self.unexpected("a key or another step of a path")),
        };
        self.add(path, step, start)
    }

    /// Adds a step, read from the token `start`, to the path.
    fn add(&self, path: &mut PathBuilder, step: Step, start: usize) -> ParseResult<()> {
        let stays = matches!(step, Step::Current | Step::Filter(_));
        if path.context.subject == Subject::Length && !stays {
            return Err(self.error_at(JsQueryErrorKind::LengthNotLast, start));
        }
        path.context.descents += usize::from(descends(&path.steps, &step));
        if path.context.descents > DESCENT_STEPS_MAX {
            return Err(self.error_at(JsQueryErrorKind::TooManyDescents, start));
        }
        if matches!(step, Step::EveryWithin) {
            path.dangling = Some("*:");
        }
        path.steps.push(step);
        Ok(())
    }

    /// The step `@#`.
    fn length(&mut self, path: &mut PathBuilder) -> ParseResult<()> {
        self.next += 1;
        self.expect('#', "\"#\"")?;
        path.context.subject = Subject::Length;
        path.dangling = Some("@#");
        Ok(())
    }

    /// Consumes a step and the colon after it, which changes its meaning from any to every.
    fn or_every(&mut self, any: Step, every: Step) -> Step {
        self.next += 1;
        if self.take(':') { every } else { any }
    }

    /// `#`, `#:` or `#N`.
    fn elements(&mut self) -> ParseResult<Step> {
        self.next += 1;
        let TokenKind::Integer(digits) = self.kind(0) else {
            return Ok(if self.take(':') { Step::EveryElement } else { Step::AnyElement });
        };
        let Ok(index) = digits.parse::<i32>() else {
            return Err(self.error(JsQueryErrorKind::IndexTooLarge));
        };
        self.next += 1;
        usize::try_from(index).map(Step::Element).map_err(|_| self.error(JsQueryErrorKind::IndexTooLarge))
    }

    /// Consumes the next token and returns `meaning`.
    fn taken<T>(&mut self, meaning: T) -> T {
        self.next += 1;
        meaning
    }

    fn comparison(&mut self, context: Context) -> ParseResult<Node> {
        let start = self.next;
        let node = self.value_comparison()?;
        match (context.subject, node) {
            (Subject::Value, node) => Ok(node),
            (Subject::Length, Node::Scalar(test)) => Ok(Node::Length(test)),
            (Subject::Length, Node::Array(_)) => Ok(Node::Never),
            (Subject::Length, Node::Always) => Err(self.error_at(JsQueryErrorKind::LengthNotLast, start)),
            (Subject::Length, node) => Ok(node),
        }
    }

    /// A comparison with the value itself.
    fn value_comparison(&mut self) -> ParseResult<Node> {
        if self.take('=') {
            return self.equality();
        }
        if self.take('<') {
            if self.take('@') {
                return Ok(Node::Array(ArrayTest::Contained(self.set()?)));
            }
            return self.order(Comparison::Less, Comparison::LessOrEqual);
        }
        if self.take('>') {
            return self.order(Comparison::Greater, Comparison::GreaterOrEqual);
        }
        if self.take('@') {
            self.expect('>', "\">\"")?;
            return Ok(Node::Array(ArrayTest::Contains(self.set()?)));
        }
        if self.take('&') {
            self.expect('&', "\"&\"")?;
            return Ok(Node::Array(ArrayTest::Overlap(self.set()?)));
        }
        self.worded_comparison()
    }

    /// `IN (…)` or `IS type`.
    fn worded_comparison(&mut self) -> ParseResult<Node> {
        if self.take_keyword(Keyword::In) {
            self.expect('(', "\"(\"")?;
            let literals = self.literals(')', "\",\" or \")\"")?;
            return Ok(Node::Scalar(ScalarTest::In(LiteralSet::new(literals))));
        }
        if self.take_keyword(Keyword::Is) {
            let value_type = self.value_type(0).map(|value_type| self.taken(value_type));
            let expected = "ARRAY, OBJECT, STRING, NUMERIC or BOOLEAN";
            return value_type.map(Node::Is).ok_or_else(|| self.unexpected(expected));
        }
        Err(self.unexpected("a comparison"))
    }

    /// What follows `=`.
    fn equality(&mut self) -> ParseResult<Node> {
        if self.take('*') {
            return Ok(Node::Always);
        }
        if self.is_mark(0, '[') {
            return Ok(Node::Array(ArrayTest::Equal(self.array()?)));
        }
        let literal = self.literal("a value, \"*\" or \"[\"")?;
        Ok(Node::Scalar(ScalarTest::Equal(literal)))
    }

    /// What follows `<` or `>`.
    fn order(&mut self, strict: Comparison, equal: Comparison) -> ParseResult<Node> {
        let comparison = if self.take('=') { equal } else { strict };
        match self.kind(0) {
            TokenKind::Integer(_) | TokenKind::Decimal(_) => {
                let bound = self.number()?;
                Ok(Node::Scalar(ScalarTest::Compare(comparison, bound)))
            }
            _ => Err(self.unexpected("a number")),
        }
    }

    fn set(&mut self) -> ParseResult<LiteralSet> {
        self.array().map(LiteralSet::new)
    }

    fn array(&mut self) -> ParseResult<Vec<Literal>> {
        self.expect('[', "\"[\"")?;
        self.literals(']', "\",\" or \"]\"")
    }

    /// One or more literals and the closing bracket.
    fn literals(&mut self, close: char, expected: &'static str) -> ParseResult<Vec<Literal>> {
        let mut literals = vec![self.literal("a value")?];
        while self.take(',') {
            literals.push(self.literal("a value")?);
        }
        self.expect(close, expected)?;
        Ok(literals)
    }

    fn literal(&mut self, expected: &'static str) -> ParseResult<Literal> {
        let literal = match self.kind(0) {
            TokenKind::Integer(_) | TokenKind::Decimal(_) => {
                return self.number().map(Literal::Number);
            }
            TokenKind::Keyword(Keyword::Null, _) => Literal::Null,
            TokenKind::Keyword(Keyword::True, _) => Literal::Bool(true),
            TokenKind::Keyword(Keyword::False, _) => Literal::Bool(false),
            TokenKind::Keyword(_, text) | TokenKind::Text(text) => Literal::Text(text.clone().into()),
            _ => return Err(self.unexpected(expected)),
        };
        Ok(self.taken(literal))
    }

    fn number(&mut self) -> ParseResult<Decimal> {
        let number = match self.kind(0) {
            TokenKind::Integer(text) | TokenKind::Decimal(text) => Decimal::parse(text),
            _ => return Err(self.unexpected("a number")),
        };
        let number = number.ok_or_else(|| self.error(JsQueryErrorKind::NumberOutOfRange))?;
        Ok(self.taken(number))
    }

    /// The type that the token at distance `ahead` denotes.
    fn value_type(&self, ahead: usize) -> Option<ValueType> {
        let TokenKind::Keyword(keyword, _) = self.kind(ahead) else {
            return None;
        };
        match keyword {
            Keyword::Array => Some(ValueType::Array),
            Keyword::Numeric => Some(ValueType::Numeric),
            Keyword::Object => Some(ValueType::Object),
            Keyword::String => Some(ValueType::String),
            Keyword::Boolean => Some(ValueType::Boolean),
            Keyword::In | Keyword::Is | Keyword::Or | Keyword::And | Keyword::Not => None,
            Keyword::Null | Keyword::True | Keyword::False => None,
        }
    }

    /// The token at distance `ahead` from the next one, or the last token.
    fn kind(&self, ahead: usize) -> &TokenKind {
        &self.tokens[(self.next + ahead).min(self.tokens.len() - 1)].kind
    }

    fn is_mark(&self, ahead: usize, mark: char) -> bool {
        *self.kind(ahead) == TokenKind::Punct(mark)
    }

    fn is_keyword(&self, ahead: usize, wanted: Keyword) -> bool {
        matches!(self.kind(ahead), TokenKind::Keyword(keyword, _) if *keyword == wanted)
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

    fn expect(&mut self, mark: char, expected: &'static str) -> ParseResult<()> {
        if self.take(mark) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    /// The error for an unexpected token; a broken token has an error of its own.
    fn unexpected(&self, expected: &'static str) -> JsQueryError {
        match self.kind(0) {
            TokenKind::Broken(reason) => self.error(reason.clone()),
            other => self.error(JsQueryErrorKind::Unexpected { expected, found: other.name() }),
        }
    }

    fn error(&self, kind: JsQueryErrorKind) -> JsQueryError {
        self.error_at(kind, self.next)
    }

    fn error_at(&self, kind: JsQueryErrorKind, token: usize) -> JsQueryError {
        JsQueryError::new(kind, self.source, self.tokens[token].at)
    }
}

/// Whether `step` adds a descent after `steps`; a repeated descent does not.
fn descends(steps: &[Step], step: &Step) -> bool {
    match step {
        Step::AnyWithin => !matches!(steps.last(), Some(Step::AnyWithin)),
        Step::EveryWithin => !matches!(steps.last(), Some(Step::EveryWithin)),
        _ => false,
    }
}
