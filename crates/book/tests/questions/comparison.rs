//! The rounds: engine against oracle, engine against PostgreSQL.

use fastrand::Rng;
use jsquery::JsQueryErrorKind;
use pg_regex::PatternError;
use ringbook_book::book::NameIndexUse;
use ringbook_book::query::ask::{Ask, AskFilter, Literal};
use ringbook_book::query::operator::Operator;
use ringbook_book::query::query_error::{QueryError, QueryErrorKind, QueryPart};
use ringbook_book::runner::INLINE;
use ringbook_testbed::random::{Choices, seeds};

use crate::engine::{self, Outcome};
use crate::oracle::{self, Answer, ends_in_lone_backslash, read_operator};
use crate::postgres::{PostgresOracle, Verdict, statement};
use crate::random_book::Sample;
use crate::random_questions::{self, ask, ask_about_names};
use crate::shrinking::check;

/// Contacts of a book that has several chunks.
const MANY: usize = 3_000;

#[test]
fn questions_about_small_books_are_answered_as_the_plain_evaluation_answers_them() {
    for seed in seeds(400) {
        let mut rng = Rng::with_seed(seed);
        let count = rng.below(61);
        ask_oracle(seed, &mut rng, count, 25);
    }
}

#[test]
fn questions_about_large_books_are_answered_as_the_plain_evaluation_answers_them() {
    for seed in seeds(2) {
        ask_oracle(seed, &mut Rng::with_seed(seed), MANY, 30);
    }
}

#[test]
fn every_operator_on_every_field_means_what_postgresql_means_by_it() {
    let mut judge = PostgresOracle::new();
    for seed in seeds(2) {
        let mut rng = Rng::with_seed(seed);
        let sample = Sample::new(&mut rng, 40);
        judge.seat(&sample.people);
        for field in random_questions::filterable() {
            for operator in Operator::ALL.iter().filter(|operator| operator.applies_to(field.kind)) {
                for _ in 0..6 {
                    let filter = random_questions::comparison(&mut rng, &sample.people, field, *operator);
                    let ask = Ask { filter, ..Ask::default() };
                    check(seed, &ask, |ask| against_judge(&mut judge, &sample, ask));
                }
            }
        }
    }
}

#[test]
fn questions_about_small_books_are_answered_as_postgresql_answers_them() {
    let mut judge = PostgresOracle::new();
    for seed in seeds(60) {
        let mut rng = Rng::with_seed(seed ^ 0xdb);
        let count = rng.below(61);
        ask_judge(&mut judge, seed, &mut rng, count, 40);
    }
}

#[test]
fn questions_about_large_books_are_answered_as_postgresql_answers_them() {
    let mut judge = PostgresOracle::new();
    for seed in seeds(2) {
        ask_judge(&mut judge, seed, &mut Rng::with_seed(seed ^ 0xdb), MANY, 30);
    }
}

fn ask_oracle(seed: u64, rng: &mut Rng, contacts: usize, questions: usize) {
    let sample = Sample::new(rng, contacts);
    check_contents(seed, &sample);
    for _ in 0..questions {
        let ask = ask(rng, &sample.people);
        check(seed, &ask, |ask| against_oracle(&sample, ask));
    }
}

fn ask_judge(judge: &mut PostgresOracle, seed: u64, rng: &mut Rng, contacts: usize, questions: usize) {
    let sample = Sample::new(rng, contacts);
    judge.seat(&sample.people);
    if seed.is_multiple_of(2) {
        sample.book.index_names(NameIndexUse::Always, &INLINE);
    }
    for turn in 0..questions {
        let ask = if turn.is_multiple_of(2) { ask(rng, &sample.people) } else { ask_about_names(rng, &sample.people) };
        check(seed, &ask, |ask| against_judge(judge, &sample, ask));
    }
}

/// Whether the book holds what it was made of, whichever way it was made.
pub fn check_contents(seed: u64, sample: &Sample) {
    assert_eq!(sample.book.contacts_len(), sample.people.len(), "contacts of round {seed}");
    for (contact, person) in sample.book.iter().zip(&sample.people) {
        let owned = |(name, id): (&str, u64)| (id, name.to_owned());
        assert_eq!(contact.id().number(), person.id, "round {seed}");
        assert_eq!(contact.last_name(), person.last, "round {seed}");
        assert_eq!(contact.first_name(), person.first.as_deref(), "round {seed}");
        assert_eq!(contact.patronymic(), person.patronymic.as_deref(), "round {seed}");
        assert_eq!(contact.full_name(), person.full(), "round {seed}");
        assert!(contact.emails().eq(person.emails.iter().map(String::as_str)), "e-mails, round {seed}");
        assert!(contact.phone_numbers().map(|phone| phone.to_string()).eq(person.phones.clone()), "round {seed}");
        assert_eq!(contact.manager().map(|(id, name)| owned((name, id.number()))), person.manager, "round {seed}");
        let organization = contact.organization().map(|(id, name)| owned((name, id.number())));
        assert_eq!(organization, person.organization, "round {seed}");
        let groups: Vec<(u64, String)> = contact.groups().map(|(id, name)| owned((name, id.number()))).collect();
        assert_eq!(groups, person.groups, "round {seed}");
    }
}

pub fn against_oracle(sample: &Sample, ask: &Ask) -> Option<String> {
    let outcome = engine::answer(&sample.book, ask);
    if outcome.is_too_slow() {
        return None;
    }
    match (outcome, oracle::answer(ask, &sample.people)) {
        (Outcome::Found(answer), Ok(expected)) => difference(sample, &answer, &expected),
        (Outcome::Refused(fault), Err(part)) if fault.part == part => None,
        (Outcome::Refused(fault), Err(part)) => Some(format!("refused {fault:?}, not {part:?}")),
        (Outcome::Refused(fault), Ok(_)) => Some(format!("must not be refused: {fault:?}")),
        (Outcome::Found(_), Err(part)) => Some(format!("must be refused for {part:?}")),
        (Outcome::Panicked, _) => Some("panicked".to_owned()),
    }
}

pub fn against_judge(judge: &mut PostgresOracle, sample: &Sample, ask: &Ask) -> Option<String> {
    let outcome = engine::answer(&sample.book, ask);
    if outcome.is_too_slow() {
        return None;
    }
    let answer = match outcome {
        Outcome::Found(answer) => answer,
        Outcome::Refused(fault) => return refusal_differs(judge, ask, &fault),
        Outcome::Panicked => return Some("panicked".to_owned()),
    };
    match judge.answer(ask) {
        Verdict::Found(expected) => {
            difference(sample, &answer, &expected).map(|why| format!("{why}\n{}", statement(ask)))
        }
        Verdict::Failed(why) => Some(format!("PostgreSQL refuses: {why}\n{}", statement(ask))),
        Verdict::Unknown => None,
    }
}

fn difference(sample: &Sample, answer: &Answer, expected: &Answer) -> Option<String> {
    if answer == expected {
        return None;
    }
    let of = |id: &u64| sample.people.iter().find(|person| person.id == *id);
    let extra = answer.ids.iter().find(|id| !expected.ids.contains(id)).and_then(of);
    let missing = expected.ids.iter().find(|id| !answer.ids.contains(id)).and_then(of);
    let places = answer.ids.iter().zip(&expected.ids).find(|(left, right)| left != right);
    let places = places.map(|(left, right)| (of(left), of(right)));
    Some(format!(
        "answered {} of {}, expected {} of {}\nanswered, but not expected: {extra:#?}\n\
         expected, but not answered: {missing:#?}\nfirst difference: {places:#?}",
        answer.ids.len(),
        answer.total,
        expected.ids.len(),
        expected.total,
    ))
}

/// Whether PostgreSQL would not have refused the pattern that the engine refuses. Other refusals are no
/// business of SQL: the oracle sees to them.
fn refusal_differs(judge: &mut PostgresOracle, ask: &Ask, fault: &QueryError) -> Option<String> {
    let QueryPart::FilterValue(at, None) = &fault.part else { return None };
    let (operator, Literal::Text(pattern)) = value_at(&ask.filter, at) else { return None };
    let bound = match &fault.kind {
        QueryErrorKind::Pattern(PatternError::TrailingBackslash) if ends_in_lone_backslash(pattern) => true,
        QueryErrorKind::Pattern(why) => matches!(why, PatternError::TooLong | PatternError::TooComplex),
        QueryErrorKind::JsQuery(why) => matches!(
            why.kind(),
            JsQueryErrorKind::TooLong
                | JsQueryErrorKind::TooDeep
                | JsQueryErrorKind::TooManyDescents
                | JsQueryErrorKind::NothingToCheck(_)
        ),
        _ => true,
    };
    let differs = !bound && judge.understands(operator, pattern) == Some(true);
    differs.then(|| format!("PostgreSQL does not refuse {pattern:?}: {fault:?}"))
}

fn value_at<'a>(filter: &'a AskFilter, at: &[usize]) -> (Operator, &'a Literal) {
    match (filter, at) {
        (AskFilter::Tree { filters, .. }, [first, rest @ ..]) => value_at(&filters[*first], rest),
        (AskFilter::Simple { operator, value, .. }, []) => (read_operator(operator).expect("judged"), value),
        _ => panic!("a refusal names a place that does not exist: {at:?}"),
    }
}
