//! What questions mean, tested three times over: random questions about random books are answered by the
//! engine, by a plain evaluation of the same words (`oracle`), and by PostgreSQL with jsquery (`judge`).
//!
//! Every round has a number, from which its book and its questions follow. A failure prints the number and the
//! smallest question that still fails; `RINGBOOK_TEST_SEED=number RINGBOOK_TEST_ROUNDS=1` repeats it.

#![expect(clippy::panic, reason = "a panic of a test is its failure")]

mod bounds;
mod comparison;
mod engine;
mod member_lists;
mod name_index;
mod name_pieces;
mod number_index;
mod oracle;
mod ordered;
mod pages;
mod parallel_scan;
mod postgres;
mod random_book;
mod random_questions;
mod shrinking;
mod tables;
mod vocabulary;
