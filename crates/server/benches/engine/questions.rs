//! The queries of the benchmarks.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use ringbook_book::Book;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Direction, Literal};
use ringbook_book::query::contact_page::AccessPathKind;
use ringbook_book::query::field::CONTACT;
use ringbook_book::query::plan::{Plan, plan};
use ringbook_book::runner::{INLINE, Threads};
use ringbook_book::text::NumberRule;

use super::rounds::Goal;

/// Number of contacts in a page for display.
const SCREEN: i128 = 50;

/// Number of phone numbers that are looked up in turn.
const PHONES: usize = 10_000;

/// A query and its name in the table.
pub struct Asked {
    pub name: String,
    filter: AskFilter,
}

impl Asked {
    fn new(field: &str, operator: &str, value: Literal) -> Self {
        let shown = match &value {
            Literal::Text(text) | Literal::Number(text) => text.as_str(),
            _ => "…",
        };
        Asked { name: format!("`{field} {operator} {shown}`"), filter: simple(field, operator, value) }
    }

    pub fn plan(&self) -> Arc<Plan> {
        screen(self.filter.clone())
    }
}

fn simple(field: &str, operator: &str, value: Literal) -> AskFilter {
    AskFilter::Simple { field: field.to_owned(), operator: operator.to_owned(), value }
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

fn planned(ask: &Ask) -> Arc<Plan> {
    Arc::new(plan(&CONTACT, ask).expect("the questions are valid"))
}

/// The first fifty by last name.
fn screen(filter: AskFilter) -> Arc<Plan> {
    screen_by("last_name", filter)
}

/// The first fifty by a field.
fn screen_by(field: &str, filter: AskFilter) -> Arc<Plan> {
    let sort = vec![AskSort { field: field.to_owned(), direction: Direction::Ascending }];
    planned(&Ask { filter, sort, limit: Some(SCREEN), ..Ask::default() })
}

/// Names that contain a text.
pub fn like(inside: &str) -> Arc<Plan> {
    like_by("last_name", inside)
}

/// The same, sorted by a field.
pub fn like_by(field: &str, inside: &str) -> Arc<Plan> {
    screen_by(field, simple("full_name", "like", text(&format!("%{inside}%"))))
}

/// Names that match a pattern.
pub fn regexp(pattern: &str) -> Arc<Plan> {
    screen(simple("full_name", "regexp", text(pattern)))
}

/// jsqueries, each with a native filter on the same column.
pub fn js_queries(book: &Arc<Book>) -> Vec<(Asked, Asked)> {
    let middle = book.iter().nth(book.contacts_len() / 2).expect("the book is not empty");
    let phone = middle.phone_numbers().next().expect("everybody has a phone").to_string();
    let group = book.groups().nth(3).expect("there are groups");
    let (id, name) = (group.id.number(), group.name.as_str());
    let no_phone = || Asked::new("phone_numbers", "!=", text(&phone));
    let in_group = || Asked::new("groups", "=", Literal::Number(id.to_string()));
    let ask = |field, query: String| Asked::new(field, "jsquery", Literal::Text(query));
    vec![
        (ask("phone_numbers", format!("NOT # = \"{phone}\"")), no_phone()),
        (ask("phone_numbers", "@# > 3".to_owned()), no_phone()),
        (ask("phone_numbers", "#:($ IS STRING)".to_owned()), no_phone()),
        (ask("groups", format!("#.group_id = {id}")), in_group()),
        (ask("groups", format!("#(group_name = \"{name}\" AND group_id > 1)")), in_group()),
        (ask("groups", format!("#.group_id = {id} AND @# < 9")), in_group()),
    ]
}

/// Queries for members, sorted by two keys, each with a name: of the organization with most contacts and of one in the
/// middle, of a manager, of a group, of a mail domain, and of the owners of numbers with some last digits.
pub fn of_members(book: &Arc<Book>) -> Vec<(String, Arc<Plan>)> {
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for (_, name) in book.iter().filter_map(|contact| contact.organization()) {
        *sizes.entry(name).or_default() += 1;
    }
    let mut sizes: Vec<(usize, &str)> = sizes.into_iter().map(|(name, size)| (size, name)).collect();
    sizes.sort_unstable_by(|left, right| right.cmp(left));
    let middle = book.iter().nth(book.contacts_len() / 2).expect("the book is not empty");
    let number = middle.phone_numbers().next().expect("everybody has a phone").to_string();
    let manager = book.iter().find_map(|contact| contact.manager()).expect("somebody has a manager").0;
    let group = book.groups().nth(3).expect("there are groups").id;
    let domain = book.iter().skip(book.contacts_len() / 2).find_map(|contact| {
        let (_, domain) = contact.emails().next()?.split_once('@')?;
        Some(format!("%@{domain}"))
    });
    let mut asked = Vec::new();
    for (_, name) in [sizes[0], sizes[sizes.len() / 2]] {
        asked.push(("organization_name", "=", text(name)));
    }
    asked.push(("organization_name", "like", text(&format!("{}%", sizes[sizes.len() / 2].1))));
    asked.push(("personal_manager_id", "=", Literal::Number(manager.number().to_string())));
    asked.push(("groups", "=", Literal::Number(group.number().to_string())));
    asked.push(("emails", "like", text(&domain.expect("somebody has an e-mail address"))));
    asked.push(("phone_numbers", "like", text(&format!("%{}", &number[number.len() - 4..]))));
    let sort: Vec<AskSort> = ["last_name", "first_name"]
        .map(|field| AskSort { field: field.to_owned(), direction: Direction::Ascending })
        .into();
    let planned = |(field, operator, value): (&str, &str, Literal)| {
        let filter = simple(field, operator, value);
        let plan = planned(&Ask { filter, sort: sort.clone(), limit: Some(SCREEN), ..Ask::default() });
        let total = total(book, &plan);
        (format!("`{field} {operator}`, {total} contacts, two sort keys"), plan)
    };
    asked.into_iter().map(planned).collect()
}

/// An e-mail address of every hundredth contact, in turn.
pub fn emails(book: &Arc<Book>) -> Vec<Arc<Plan>> {
    let step = (book.contacts_len() / PHONES).max(1);
    let emails = book.iter().step_by(step).filter_map(|contact| contact.emails().next().map(str::to_owned));
    emails
        .map(|email| planned(&Ask { filter: simple("emails", "=", Literal::Text(email)), ..Ask::default() }))
        .collect()
}

/// Queries for phone numbers of contacts spread over the book, in random order.
fn phones(book: &Arc<Book>) -> Vec<Arc<Plan>> {
    let step = (book.contacts_len() / PHONES).max(1);
    let phones = book.iter().step_by(step).filter_map(|contact| contact.phone_numbers().next());
    let mut phones: Vec<String> = phones.map(|phone| phone.to_string().chars().rev().collect()).collect();
    phones.sort_unstable();
    let filter = |backwards: String| simple("phone_numbers", "=", Literal::Text(backwards.chars().rev().collect()));
    phones.into_iter().map(|phone| planned(&Ask { filter: filter(phone), ..Ask::default() })).collect()
}

/// Queries by the last nine digits of numbers that nobody has, in random order.
fn unknown_callers(book: &Arc<Book>) -> Vec<Arc<Plan>> {
    // Multiples of an odd number are spread over all digits.
    let digits = (1_u64..).map(|at| format!("%{:09}", at.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000_000_000));
    let ends = digits.map(|pattern| simple("phone_numbers", "like", text(&pattern)));
    let plans = ends.map(|filter| planned(&Ask { filter, ..Ask::default() }));
    plans.filter(|plan| walk(book, plan) == 0).take(PHONES).collect()
}

/// Queries for Russian mobile numbers of the book, in international and in national form, to be read by the rule of Russia.
pub fn two_forms(book: &Arc<Book>) -> [Vec<Ask>; 2] {
    let numbers = NumberRule::new(Some("RU"), None, None).expect("a country");
    let phones = book.iter().filter_map(|contact| contact.phone_numbers().next()).map(|phone| phone.to_string());
    let mobile: Vec<String> =
        phones.filter(|phone| phone.starts_with("79") && phone.len() == 11).take(PHONES).collect();
    ["7", "8"].map(|prefix| {
        let forms = mobile.iter().map(|phone| format!("{prefix}{}", &phone[1..]));
        let filter = |form| simple("phone_numbers", "=", Literal::Text(form));
        forms.map(|form| Ask { filter: filter(form), numbers, ..Ask::default() }).collect()
    })
}

/// Plans the next query and runs it.
pub fn look_up<'a>(book: &Arc<Book>, asks: &mut impl Iterator<Item = &'a Ask>) -> u64 {
    asks.next().map_or(0, |ask| walk(book, &planned(ask)))
}

/// A page of `limit` contacts at this percentage of the book.
pub fn page_after(book: &Arc<Book>, percent: usize, limit: i128) -> Arc<Plan> {
    let rank = book.contacts_len() * percent / 100;
    let id = book.iter().nth(rank).map_or(0, |contact| contact.id().number() - 1);
    let filter = simple("id", ">", Literal::Number(id.to_string()));
    planned(&Ask { filter, limit: Some(limit), ..Ask::default() })
}

/// What yields the candidates of a query.
pub fn access_path(book: &Arc<Book>, plan: &Arc<Plan>) -> AccessPathKind {
    book.search(plan).run(&INLINE).expect("no pattern spends its steps").explanation.access_path
}

/// Runs a query for its total.
pub fn total(book: &Arc<Book>, plan: &Arc<Plan>) -> u64 {
    let page = book.search(plan).run(&Threads(processors())).expect("no pattern spends its steps");
    black_box(&page);
    page.total
}

/// The same on one thread.
pub fn total_on_one_core(book: &Arc<Book>, plan: &Arc<Plan>) -> u64 {
    let page = book.search(plan).run(&INLINE).expect("no pattern spends its steps");
    black_box(&page);
    page.total
}

/// Runs a query and reads every contact of the result.
pub fn walk(book: &Arc<Book>, plan: &Arc<Plan>) -> u64 {
    let page = book.search(plan).run(&Threads(processors())).expect("no pattern spends its steps");
    let bytes = |contact: ringbook_book::book::view::ContactView<'_>| {
        contact.full_name().len() + contact.emails().map(str::len).sum::<usize>() + contact.packed_phones().len()
    };
    page.contacts().map(|contact| bytes(contact) as u64).sum()
}

/// A query whose cost is measured as the book grows.
#[derive(Clone, Copy)]
pub enum Growing {
    Phone,
    Unknown,
    Page,
    Like,
    Regexp,
    Key,
}

impl Growing {
    pub const ALL: [Self; 6] = [Self::Phone, Self::Unknown, Self::Page, Self::Like, Self::Regexp, Self::Key];

    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "one contact by phone",
            Self::Unknown => "the last nine digits of a number that nobody has",
            Self::Page => "page of 1 000",
            Self::Like => "`like \"%ван%\"`, sorted, total",
            Self::Regexp => "`regexp \"[Сс]ерге[йя]\"`, sorted, total",
            Self::Key => "page of 1 000 by `id >` in the middle of the book",
        }
    }

    /// The queries to run in turn.
    pub fn plans(self, book: &Arc<Book>) -> Vec<Arc<Plan>> {
        match self {
            // Many, so that not all numbers are in the processor's caches.
            Self::Phone => phones(book),
            Self::Unknown => unknown_callers(book),
            Self::Page => vec![planned(&Ask::default())],
            Self::Like => vec![like("ван")],
            Self::Regexp => vec![regexp("[Сс]ерге[йя]")],
            // The last percent of a small book would be less than a page.
            Self::Key => vec![page_after(book, 50, 1000)],
        }
    }

    /// `growth` times as many contacts: as many times the cost, or the same, each with what larger caches misses add.
    pub fn goal(self, growth: f64) -> Goal {
        match self {
            Self::Phone | Self::Unknown | Self::Page | Self::Key => Goal::Flat,
            Self::Like | Self::Regexp => Goal::Linear(growth),
        }
    }
}

/// The number of threads that the server gives a single long query.
fn processors() -> usize {
    static PROCESSORS: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));
    *PROCESSORS
}
