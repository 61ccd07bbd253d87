//! The engine, compared with what bounds its time from below: `cargo bench`.
//!
//! Everything runs in this process on one thread: a query on a book in memory, alternating with the least work that could
//! answer it. Rows that need a server are measured by `cargo xtask bench`. Prints rows of a Markdown table.
//!
//! `cargo bench -- 3 4` measures some rows only. `RINGBOOK_BENCH_CONTACTS` sets the size of the book (1 000 000 if absent), `RINGBOOK_BENCH_ROUNDS` the number of rounds (9).

mod demo_book;
mod floors;
mod questions;
mod rounds;

use std::sync::Arc;

use ringbook_book::Book;
use ringbook_book::book::NameIndexUse;
use ringbook_book::query::contact_page::AccessPathKind;
use ringbook_book::query::plan::Plan;
use ringbook_book::runner::INLINE;

use floors::{PATTERNS, laid_end_to_end};
use rounds::{Goal, Row, versus};

/// Contacts of the full book.
const CONTACTS: u64 = 1_000_000;
/// Steps of growth, each against the one before.
const GROWTH: u64 = 10;
/// Number of times that a question is repeated before it is answered from a list, if there is one.
const LIST_REPEATS: usize = 100;
/// Substrings for `like`.
const LIKE: &str = "ван";

fn main() {
    let contacts = setting("RINGBOOK_BENCH_CONTACTS", CONTACTS).max(GROWTH * GROWTH);
    eprintln!("making a book of {contacts} contacts");
    let full = prepared(contacts);
    println!("{}", Row::HEAD);
    if wanted("3") || wanted("4") {
        let diverse = indexed(demo_book::diverse_book(contacts));
        for (book, of) in [(&full, Kind::Demo), (&diverse, Kind::Diverse)] {
            let names = laid_end_to_end(book);
            if wanted("3") {
                like(book, &names, of);
            }
            if wanted("4") {
                patterns(book, &names, of);
            }
        }
    }
    if wanted("5") {
        lists(&full);
    }
    if wanted("6") {
        members(&full);
    }
    if wanted("7") {
        pages(&full);
    }
    if wanted("18") {
        numbers(&full);
    }
    if wanted("11") {
        println!("{}", demo_book::memory(&full));
    }
    if wanted("12") {
        growth(&[prepared(contacts / GROWTH / GROWTH), prepared(contacts / GROWTH), full]);
    }
}

/// A book as a server has it some seconds after loading it.
fn prepared(contacts: u64) -> Arc<Book> {
    indexed(demo_book::book(contacts))
}

fn indexed(book: Arc<Book>) -> Arc<Book> {
    book.warm_sort_keys(&INLINE);
    book.index_names(NameIndexUse::WhereFaster, &INLINE);
    book.index_numbers(&INLINE);
    book
}

/// Whether a row is among the arguments, or no row is.
fn wanted(row: &str) -> bool {
    let mut rows = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    rows.peek().is_none() || rows.any(|wanted| wanted == row)
}

/// A number from the environment.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The names of a book.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As in the demo: a million names have some fifty thousand distinct parts.
    Demo,
    /// Most last names are distinct.
    Diverse,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo book",
            Self::Diverse => "diverse book",
        }
    }
}

/// `like` over the full names, on one core.
fn like(book: &Arc<Book>, names: &str, of: Kind) {
    for field in ["last_name", "full_name", "first_name"] {
        let asked = questions::like_by(field, LIKE);
        let outcome = versus(|| questions::total_on_one_core(book, &asked), || floors::memmem(names, LIKE));
        let sorted = if field == "last_name" { "sorted".to_owned() } else { format!("sorted by `{field}`") };
        let subject = format!("`like \"%{LIKE}%\"`, {sorted}, total, {}", of.name());
        let goal = Goal::AtMost(if of == Kind::Demo { 0.15 } else { 0.5 });
        println!("{}", Row::new("3", &subject, "memmem over the names", outcome, goal));
    }
}

/// `regexp` over the full names, on one core.
fn patterns(book: &Arc<Book>, names: &str, of: Kind) {
    for pattern in PATTERNS {
        let asked = questions::regexp(pattern.ours);
        let floor = regex::Regex::new(pattern.theirs).expect("the patterns are valid");
        let wanted = floors::regex(names, &floor);
        assert_eq!(questions::total_on_one_core(book, &asked), wanted, "both find the same with {}", pattern.ours);
        let outcome = versus(|| questions::total_on_one_core(book, &asked), || floors::regex(names, &floor));
        let pattern_text = pattern.ours.replace('|', "\\|");
        let subject = format!("`regexp \"{pattern_text}\"`, sorted, total, {}", of.name());
        let goal = Goal::AtMost(if pattern.can_match_space { 1.5 } else { 0.15 });
        println!("{}", Row::new("4", &subject, "regex over the names", outcome, goal));
    }
}

/// `jsquery` against native questions that are answered by a scan.
fn lists(book: &Arc<Book>) {
    let plain = Arc::new(book.without_member_lists());
    for (asked, native) in questions::js_queries(book) {
        let (plan, floor) = (asked.plan(), native.plan());
        assert_eq!(questions::access_path(&plain, &floor), AccessPathKind::Scan, "{}", native.name);
        let row = |from: &Arc<Book>, how: &str| {
            let outcome = versus(|| questions::total(from, &plan), || questions::total(&plain, &floor));
            let subject = format!("{}, sorted, total, {how}", asked.name);
            let peer = format!("{}, by a scan", native.name);
            println!("{}", Row::new("5", &subject, &peer, outcome, Goal::AtMost(5.0)));
        };
        row(&plain, "by a scan");
        // A list is made when its question is repeated.
        if (0..LIST_REPEATS).any(|_| questions::access_path(book, &plan) == AccessPathKind::MemberList) {
            row(book, "from a list of members");
        }
    }
}

/// Members of organizations and the like, from lists that are kept, against finding and sorting them.
fn members(book: &Arc<Book>) {
    let plain = Arc::new(book.without_member_lists());
    for (name, plan) in questions::of_members(book) {
        assert_eq!(questions::walk(book, &plan), questions::walk(&plain, &plan), "both find the same: {name}");
        let outcome = versus(|| questions::walk(book, &plan), || questions::walk(&plain, &plan));
        println!("{}", Row::new("6", &name, "found and sorted without a list", outcome, Goal::AtMost(1.1)));
    }
    let (emails, phones) = (questions::emails(book), questions::Growing::Phone.plans(book));
    let (mut of_emails, mut of_phones) = (emails.iter().cycle(), phones.iter().cycle());
    let outcome = versus(|| walk_next(book, &mut of_emails), || walk_next(book, &mut of_phones));
    println!("{}", Row::new("6", "contacts by e-mail address", "one contact by phone", outcome, Goal::AtMost(2.0)));
}

/// Pages by key at both ends of the book.
fn pages(book: &Arc<Book>) {
    let (first, last) = (questions::page_after(book, 0, 1000), questions::page_after(book, 99, 1000));
    let outcome = versus(|| questions::walk(book, &last), || questions::walk(book, &first));
    let subject = "page of 1 000 by `id >` at 99 % of the book";
    println!("{}", Row::new("7", subject, "the first page", outcome, Goal::AtMost(1.1)));
}

/// A look-up by a number in national form, which the rule of a country completes.
fn numbers(book: &Arc<Book>) {
    let [international, national] = questions::two_forms(book);
    let (mut theirs, mut ours) = (international.iter().cycle(), national.iter().cycle());
    let outcome = versus(|| questions::look_up(book, &mut ours), || questions::look_up(book, &mut theirs));
    let subject = "one contact by a phone number in national form, planned and run";
    println!("{}", Row::new("18", subject, "in international form", outcome, Goal::AtMost(1.5)));
}

/// The time of each query as the book grows tenfold, twice.
fn growth(books: &[Arc<Book>; 3]) {
    for kind in questions::Growing::ALL {
        for pair in books.windows(2) {
            let [small, large] = pair else { continue };
            let (small_plans, large_plans) = (kind.plans(small), kind.plans(large));
            let (mut of_small, mut of_large) = (small_plans.iter().cycle(), large_plans.iter().cycle());
            let outcome = versus(|| walk_next(large, &mut of_large), || walk_next(small, &mut of_small));
            let subject = format!("{}, {} contacts", kind.name(), large.contacts_len());
            let floor = format!("{} contacts", small.contacts_len());
            println!("{}", Row::new("12", &subject, &floor, outcome, kind.goal(GROWTH as f64)));
        }
    }
}

/// Runs the next query.
fn walk_next<'p>(book: &Arc<Book>, plans: &mut impl Iterator<Item = &'p Arc<Plan>>) -> u64 {
    plans.next().map_or(0, |plan| questions::walk(book, plan))
}
