//! The query engine: queries over contacts and over small tables.
//!
//! [`ask`] holds a query as received, [`plan`] validates it and compiles its patterns, [`contact_search`], [`records`],
//! [`table`] and [`stream`] run it. [`field`] lists the fields that a query can name, [`operator`] the comparisons. The
//! cost of patterns is bounded by [`budget`].

mod access_path;
pub mod ask;
pub mod bitmap;
pub mod budget;
pub mod contact_page;
pub mod contact_search;
pub mod estimate;
mod evaluate;
pub mod field;
pub mod filter;
mod json;
mod matches;
mod member_search;
mod name_answer;
mod name_cost;
mod name_literals;
mod name_matches;
mod name_pieces;
mod name_search;
pub mod number;
mod number_patterns;
pub mod operator;
pub mod pattern_cache;
pub mod plan;
pub mod predicate;
pub mod query_error;
pub mod records;
mod rewrite;
mod scan;
mod sort_order;
pub mod stream;
pub mod table;
mod top_k;
pub mod value;
pub mod window;
