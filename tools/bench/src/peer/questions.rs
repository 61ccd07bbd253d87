//! The queries of the comparison, for both sides.

use std::fmt::Write as _;

use ringbook_testbed::api_client::by_phone;

use super::book;
use crate::database::Database;

/// Numbers that are looked up in turn.
const PHONES: usize = 1024;
/// Numbers for which both answers are compared.
const PHONES_COMPARED: usize = 100;
const LOOKUP_CLIENTS: usize = 64;
/// Connections for long queries: enough to keep both processors busy.
const LONG_CLIENTS: usize = 4;

/// An organization of at most so many contacts is as good as a look-up.
const SHORT_CONTACTS_MAX: u32 = 100;

/// A statement is planned once for each connection. Of every array PostgreSQL believes that one contact in two hundred has what
/// is looked for, and would read whole tables to join them with so many; found and joined one by one they cost a tenth.
pub const SETTINGS: &str = "-c plan_cache_mode=force_generic_plan -c enable_hashjoin=off -c enable_mergejoin=off";

/// A query in the form of both sides.
pub struct Question {
    /// The name of the query.
    pub name: String,
    /// Number of connections.
    pub clients: usize,
    /// Members of `params`, used in turn.
    pub ours: Vec<String>,
    /// A script for `pgbench`.
    pub script: String,
    /// Statements, each with the members of `ours` that it corresponds to.
    pub compared: Vec<(String, String)>,
    /// Whether its goal is a part of the look-ups per second instead of a multiple of PostgreSQL's calls.
    pub is_short: bool,
}

impl Question {
    fn single(name: &str, ours: &str, statement: &str) -> Self {
        Question {
            name: name.to_owned(),
            clients: LONG_CLIENTS,
            ours: vec![ours.to_owned()],
            script: statement.to_owned(),
            compared: vec![(ours.to_owned(), statement.to_owned())],
            is_short: false,
        }
    }
}

/// All of them.
///
/// # Errors
/// PostgreSQL does not say how large organizations are.
pub fn all(database: &Database, phones: &[String], scratch: &std::path::Path) -> Result<Vec<Question>, String> {
    let mut questions = vec![
        by_number(phones),
        page(10_000),
        page(1_000),
        of_full_names("like", "LIKE", "%ван%"),
        of_full_names("ilike", "ILIKE", "%smith%"),
        of_full_names("regexp", "~", "[Сс]ерге[йя]"),
        of_last_names("%ван%"),
        of_mail_domain("mail.example"),
    ];
    let file = scratch.join("organizations.sql");
    std::fs::write(&file, ORGANIZATIONS).map_err(|why| format!("{}: {why}", file.display()))?;
    let found = database.answers(book::NAME, &file)?;
    for line in found.lines() {
        let (contacts, name) = line.split_once('|').ok_or("an organization without a name")?;
        let is_short = contacts.parse().is_ok_and(|contacts: u32| contacts <= SHORT_CONTACTS_MAX);
        questions.push(Question { is_short, ..of_organization(name, contacts) });
    }
    Ok(questions)
}

/// Row 1: contacts by phone number.
fn by_number(phones: &[String]) -> Question {
    const STATEMENT: &str = "SELECT COUNT(*), string_agg(row_to_json(shown)::text, ',' ORDER BY id) FROM shown \
                             WHERE phone_numbers @> ARRAY[:phone::text];\n";
    // Numbers with a 0 in front would lose it on their way through pgbench.
    let phones: Vec<&String> = phones.iter().filter(|phone| !phone.starts_with('0')).take(PHONES).collect();
    let compare = |phone: &&String| (by_phone(phone), STATEMENT.replace(":phone", &format!("'{phone}'")));
    let step = (phones.len() / PHONES_COMPARED).max(1);
    Question {
        name: "one contact by phone".to_owned(),
        clients: LOOKUP_CLIENTS,
        ours: phones.iter().map(|phone| by_phone(phone)).collect(),
        script: format!("\\set at random(1, {})\n\\set phone {}\n{STATEMENT}", phones.len(), choice(&phones, 1)),
        compared: phones.iter().step_by(step).map(compare).collect(),
        is_short: false,
    }
}

/// An expression of pgbench that is the number at the place `:at`, found by halves; `first` is the place of the first one.
fn choice(phones: &[&String], first: usize) -> String {
    if let [phone] = phones {
        return (*phone).clone();
    }
    let (low, high) = phones.split_at(phones.len() / 2);
    let middle = first + low.len();
    let (mut chosen, high) = (format!("case when :at < {middle} then {}", choice(low, first)), choice(high, middle));
    let _ = write!(chosen, " else {high} end");
    chosen
}

/// Row 2: the first page. The number of contacts is stored, as the server stores it.
fn page(contacts: u32) -> Question {
    let statement = format!(
        "SELECT (SELECT contacts FROM book), string_agg(row_to_json(page)::text, ',') \
         FROM (SELECT * FROM shown ORDER BY id LIMIT {contacts}) page;\n"
    );
    Question::single(&format!("page of {contacts}, all fields"), &format!(r#","limit":{contacts}"#), &statement)
}

/// Rows 3 and 4, and `ilike`: a pattern for full names.
fn of_full_names(operator: &str, theirs: &str, pattern: &str) -> Question {
    let name = format!("`full_name {operator} \"{pattern}\"`, sorted, total");
    Question::single(
        &name,
        &by("full_name", operator, pattern),
        &first_fifty(&format!("names WHERE full_name {theirs} '{pattern}'")),
    )
}

/// A pattern for last names alone.
fn of_last_names(pattern: &str) -> Question {
    let name = format!("`last_name like \"{pattern}\"`, sorted, total");
    let theirs = first_fifty(&format!("names WHERE last_name COLLATE \"C\" LIKE '{pattern}'"));
    Question::single(&name, &by("last_name", "like", pattern), &theirs)
}

/// Contacts with an e-mail address of a domain.
fn of_mail_domain(domain: &str) -> Question {
    let name = format!("`emails like \"%@{domain}\"`, sorted, total");
    let theirs = format!(
        "SELECT (SELECT COUNT(*) FROM mail_domains WHERE domain = '{domain}'), (SELECT string_agg(row_to_json(shown)::text, ',' \
         ORDER BY shown.last_name, shown.id) FROM (SELECT id FROM mail_domains WHERE domain = '{domain}' \
         ORDER BY last_name, id LIMIT 50) page JOIN shown ON shown.id = page.id);\n"
    );
    Question::single(&name, &by("emails", "like", &format!("%@{domain}")), &theirs)
}

fn by(field: &str, operator: &str, value: &str) -> String {
    format!(
        r#","sort":[{{"field":"last_name"}}],"limit":50,"filter":{{"field":"{field}","operator":"{operator}","value":"{value}"}}"#
    )
}

/// The names that match are found once, then counted and put in order.
fn first_fifty(matches: &str) -> String {
    format!(
        "WITH matches AS MATERIALIZED (SELECT id, last_name FROM {matches}), \
         page AS (SELECT id FROM matches ORDER BY last_name, id LIMIT 50) \
         SELECT (SELECT COUNT(*) FROM matches), (SELECT string_agg(row_to_json(shown)::text, ',' ORDER BY \
         shown.last_name, shown.id) FROM page JOIN shown ON shown.id = page.id);\n"
    )
}

/// The organization of most contacts, and one of the middle.
const ORGANIZATIONS: &str = "\
WITH sizes AS (SELECT organization_id, COUNT(*) AS contacts FROM contacts WHERE organization_id IS NOT NULL GROUP BY 1),
  ranks AS (SELECT *, row_number() OVER (ORDER BY contacts DESC, organization_id) AS rank, COUNT(*) OVER () AS all FROM sizes)
SELECT contacts, name FROM ranks JOIN organizations ON id = organization_id WHERE rank IN (1, \"all\" / 2) ORDER BY rank;
";

/// Contacts of an organization, sorted by two keys.
fn of_organization(name: &str, contacts: &str) -> Question {
    let (text, literal) = (name.replace('\\', "\\\\").replace('"', "\\\""), name.replace('\'', "''"));
    let ours = format!(
        r#","sort":[{{"field":"last_name"}},{{"field":"first_name"}}],"limit":50,"filter":{{"field":"organization_name","operator":"=","value":"{text}"}}"#
    );
    let statement = format!(
        "SELECT (SELECT COUNT(*) FROM contacts WHERE organization_id = o.id), \
         (SELECT string_agg(row_to_json(page)::text, ',') FROM (SELECT * FROM shown WHERE organization_id = o.id \
         ORDER BY last_name, first_name, id LIMIT 50) page) FROM organizations o WHERE name = '{literal}';\n"
    );
    Question::single(
        &format!("`organization_name =` one of {contacts} contacts, two sort keys, total"),
        &ours,
        &statement,
    )
}
