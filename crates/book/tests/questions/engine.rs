//! The engine under test, with its answers in a form that can be compared.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ringbook_book::Book;
use ringbook_book::query::ask::Ask;
use ringbook_book::query::contact_page::{AccessPathKind, Explanation};
use ringbook_book::query::field::CONTACT;
use ringbook_book::query::plan::plan;
use ringbook_book::query::query_error::{QueryError, QueryErrorKind};
use ringbook_book::runner::INLINE;

use crate::oracle::Answer;

/// What became of a question.
pub enum Outcome {
    Found(Answer),
    Refused(QueryError),
    /// A defect in itself.
    Panicked,
}

impl Outcome {
    /// Whether the engine gave up because of the work, not of the words.
    pub fn is_too_slow(&self) -> bool {
        matches!(self, Self::Refused(QueryError { kind: QueryErrorKind::TooSlow, .. }))
    }
}

/// Asks the engine.
pub fn answer(book: &Book, ask: &Ask) -> Outcome {
    match catch_unwind(AssertUnwindSafe(|| try_answer(book, ask))) {
        Ok(Ok(answer)) => Outcome::Found(answer),
        Ok(Err(fault)) => Outcome::Refused(fault),
        Err(_) => Outcome::Panicked,
    }
}

/// What the engine finds, and how.
pub fn explained(book: &Book, ask: &Ask) -> (Answer, Explanation) {
    let plan = Arc::new(plan(&CONTACT, ask).expect("a valid question"));
    let page = Arc::new(book.clone()).search(&plan).run(&INLINE).expect("within the budget");
    let ids = page.contacts().map(|contact| contact.id().number()).collect();
    (Answer { total: page.total, ids }, page.explanation)
}

fn try_answer(book: &Book, ask: &Ask) -> Result<Answer, QueryError> {
    let plan = Arc::new(plan(&CONTACT, ask)?);
    let page = Arc::new(book.clone()).search(&plan).run(&INLINE)?;
    let ids = page.contacts().map(|contact| contact.id().number()).collect();
    Ok(Answer { total: page.total, ids })
}

/// Whether the engine uses the index of names for a question.
pub fn uses_name_index(book: &Book, ask: &Ask) -> bool {
    let plan = plan(&CONTACT, ask).map(Arc::new);
    plan.is_ok_and(|plan| Arc::new(book.clone()).search(&plan).uses_name_index())
}

/// Whether a list of members that is kept answers a question.
pub fn uses_member_list(book: &Book, ask: &Ask) -> bool {
    let plan = plan(&CONTACT, ask).map(Arc::new);
    plan.is_ok_and(|plan| Arc::new(book.clone()).search(&plan).uses_member_list())
}

/// What yields the candidates of a question; `None` for one that is refused.
pub fn access_path(book: &Book, ask: &Ask) -> Option<AccessPathKind> {
    let plan = Arc::new(plan(&CONTACT, ask).ok()?);
    let page = Arc::new(book.clone()).search(&plan).run(&INLINE).ok()?;
    Some(page.explanation.access_path)
}

/// Asks the engine what it must not refuse.
pub fn found(book: &Book, ask: &Ask) -> Answer {
    try_answer(book, ask).unwrap_or_else(|fault| panic!("refused: {fault:?}\n{ask:#?}"))
}
