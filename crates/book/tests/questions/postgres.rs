//! PostgreSQL as the judge: the same contacts in a table, the same question in SQL.
//!
//! The database is named by `RINGBOOK_TEST_POSTGRES`; `cargo xtask test` starts one. Columns have the
//! database's collation, C.UTF-8; sorting goes by `und-x-icu`. One statement per question gives every matching id
//! in order, of which the window is cut out here.

use std::fmt::Write;

use ringbook_book::query::ask::{Ask, AskFilter, Condition, Direction, Literal};
use ringbook_book::query::field::{CONTACT, FieldType};
use ringbook_book::query::operator::Operator;
use ringbook_testbed::reference::{Reference, ReferenceError, quoted};

use crate::oracle::{Answer, normal, read_operator};
use crate::random_book::Person;

/// What the judge says.
pub enum Verdict {
    Found(Answer),
    /// The statement failed, for this reason.
    Failed(String),
    /// The judge gave up: too much work.
    Unknown,
}

/// A connection to PostgreSQL with a table of contacts of its own.
pub struct PostgresOracle(Reference);

impl PostgresOracle {
    /// Connects.
    ///
    /// # Panics
    /// There is no reference database; see [`Reference::connect`].
    pub fn new() -> Self {
        let mut reference = Reference::connect();
        reference.execute(TABLE).expect("a temporary table can be created");
        Self(reference)
    }

    /// Puts these contacts into the table instead of those before.
    pub fn seat(&mut self, people: &[Person]) {
        self.0.execute("TRUNCATE contact").expect("an empty table");
        for some in people.chunks(500) {
            let rows: Vec<String> = some.iter().map(row).collect();
            let insert = format!("INSERT INTO contact VALUES {}", rows.join(",\n"));
            self.0.execute(&insert).expect("contacts can be stored");
        }
        self.0.execute("ANALYZE contact").expect("a table that can be analysed");
    }

    /// What the question finds.
    pub fn answer(&mut self, ask: &Ask) -> Verdict {
        match self.0.first_column(&statement(ask)) {
            Ok(ids) => {
                let window =
                    ids.iter().skip(ask.offset.unwrap_or(0) as usize).take(ask.limit.unwrap_or(1_000) as usize);
                let ids_shown = window.map(|id| id.parse().expect("an id")).collect();
                Verdict::Found(Answer { total: ids.len() as u64, ids: ids_shown })
            }
            Err(ReferenceError::Rejected(message)) => Verdict::Failed(message),
            Err(ReferenceError::TimedOut) => Verdict::Unknown,
        }
    }

    /// Whether the value of a simple filter can be understood at all; `None` where the judge cannot say.
    pub fn understands(&mut self, operator: Operator, value: &str) -> Option<bool> {
        let probe = match operator {
            Operator::Regexp => format!("SELECT '' ~ {}", quoted(value)),
            Operator::JsQuery => format!("SELECT '[]'::jsonb @@ {}::jsquery", quoted(value)),
            _ => return None,
        };
        match self.0.first_column(&probe) {
            Ok(_) => Some(true),
            Err(ReferenceError::Rejected(_)) => Some(false),
            Err(ReferenceError::TimedOut) => None,
        }
    }
}

const TABLE: &str = "
    CREATE TEMP TABLE contact (
        id bigint PRIMARY KEY,
        last_name text, first_name text, full_name text,
        emails text[], phone_numbers text[],
        personal_manager_id bigint, personal_manager_full_name text,
        organization_id bigint, organization_name text,
        group_ids bigint[],
        emails_json jsonb, phone_numbers_json jsonb, groups_json jsonb
    )";

fn row(person: &Person) -> String {
    let text = |text: Option<&str>| text.map_or_else(|| "NULL".to_owned(), quoted);
    let id = |link: &Option<(u64, String)>| link.as_ref().map_or_else(|| "NULL".to_owned(), |(id, _)| id.to_string());
    let name = |link: &Option<(u64, String)>| text(link.as_ref().map(|(_, name)| name.as_str()));
    let array = |texts: &[String]| {
        format!("ARRAY[{}]::text[]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(","))
    };
    let ids: Vec<String> = person.groups.iter().map(|(id, _)| id.to_string()).collect();
    let objects: Vec<String> = person
        .groups
        .iter()
        .map(|(id, name)| format!("jsonb_build_object('group_id', {id}, 'group_name', {}::text)", quoted(name)))
        .collect();
    let fields = [
        person.id.to_string(),
        quoted(&person.last),
        text(person.first.as_deref()),
        quoted(&person.full()),
        array(&person.emails),
        array(&person.phones),
        id(&person.manager),
        name(&person.manager),
        id(&person.organization),
        name(&person.organization),
        format!("ARRAY[{}]::bigint[]", ids.join(",")),
        format!("to_jsonb({})", array(&person.emails)),
        format!("to_jsonb({})", array(&person.phones)),
        format!("jsonb_build_array({})", objects.join(",")),
    ];
    format!("({})", fields.join(","))
}

/// The question as one statement, without its window.
pub fn statement(ask: &Ask) -> String {
    let mut sql = "SELECT id FROM contact WHERE ".to_owned();
    condition(&ask.filter, &mut sql);
    sql.push_str(" ORDER BY ");
    for key in &ask.sort {
        // What ascends ends in nulls and what descends begins with them, unless something else is said.
        let order = if key.direction == Direction::Ascending { "ASC" } else { "DESC" };
        let field = &key.field;
        write!(sql, "{field} COLLATE \"und-x-icu\" {order}, {field} COLLATE \"C\" {order}, ")
            .expect("a string takes all");
    }
    sql.push_str("id");
    sql
}

fn condition(filter: &AskFilter, sql: &mut String) {
    match filter {
        AskFilter::Everything => sql.push_str("true"),
        AskFilter::Tree { filters, .. } if filters.is_empty() => sql.push_str("true"),
        AskFilter::Tree { filters, condition: joined } => {
            for (at, filter) in filters.iter().enumerate() {
                sql.push_str(match (at, joined) {
                    (0, _) => "(",
                    (_, Some(Condition::Or)) => " OR ",
                    (_, _) => " AND ",
                });
                condition(filter, sql);
            }
            sql.push(')');
        }
        AskFilter::Simple { field, operator, value } => sql.push_str(&simple(field, operator, value)),
        AskFilter::Ordered { .. } => panic!("random questions of the API have no such filter"),
    }
}

fn simple(field: &str, operator: &str, value: &Literal) -> String {
    let operator = read_operator(operator).expect("what has a wrong operator is refused before");
    let kind = CONTACT.iter().find(|known| known.name == field).expect("likewise").kind;
    let list = matches!(kind, FieldType::Texts | FieldType::Phones | FieldType::Objects { .. });
    let column = if matches!(kind, FieldType::Objects { .. }) { "group_ids" } else { field };
    let absent = if list { format!("cardinality({column}) = 0") } else { format!("{column} IS NULL") };
    match (operator, value) {
        (Operator::IsNull, _) | (Operator::Equal, Literal::Null) => absent,
        (Operator::IsNotNull, _) | (Operator::NotEqual, Literal::Null) => format!("NOT {absent}"),
        (_, Literal::Null) => "false".to_owned(),
        (Operator::JsQuery, value) => format!("{field}_json @@ {}::jsquery", literal(FieldType::Text, value)),
        (operator, value) if list => {
            let value = if kind == FieldType::Phones { normal(operator, value) } else { value.clone() };
            of_elements(kind, column, operator, &value)
        }
        (operator, value) => compared(kind, column, operator, value),
    }
}

/// A comparison of a list: some element holds, or none does.
fn of_elements(kind: FieldType, column: &str, operator: Operator, value: &Literal) -> String {
    let (not, positive) = match operator {
        Operator::NotEqual => ("NOT ", Operator::Equal),
        Operator::NotLike => ("NOT ", Operator::Like),
        Operator::NotILike => ("NOT ", Operator::ILike),
        Operator::NotIn => ("NOT ", Operator::In),
        Operator::Overlap => return format!("{column} && {}", texts(value)),
        Operator::NotOverlap => return format!("NOT {column} && {}", texts(value)),
        other => ("", other),
    };
    format!("{not}EXISTS (SELECT FROM unnest({column}) e WHERE {})", compared(kind, "e", positive, value))
}

fn texts(value: &Literal) -> String {
    let list = match value {
        Literal::List(list) => list.iter().map(|value| literal(FieldType::Text, value)).collect::<Vec<_>>().join(","),
        single => literal(FieldType::Text, single),
    };
    format!("ARRAY[{list}]::text[]")
}

fn compared(kind: FieldType, column: &str, operator: Operator, value: &Literal) -> String {
    let number = matches!(kind, FieldType::Number | FieldType::Objects { .. });
    let left = if number { format!("{column}::numeric") } else { column.to_owned() };
    let operator = match operator {
        Operator::Like => "LIKE",
        Operator::ILike => "ILIKE",
        Operator::NotLike => "NOT LIKE",
        Operator::NotILike => "NOT ILIKE",
        Operator::Regexp => "~",
        Operator::In => "IN",
        Operator::NotIn => "NOT IN",
        other => other.text(),
    };
    let right = match value {
        // SQL has no empty list: in it is nothing, outside of it is everything that is not null.
        Literal::List(list) if list.is_empty() && operator == "IN" => return "false".to_owned(),
        Literal::List(list) if list.is_empty() => return format!("{column} IS NOT NULL"),
        Literal::List(list) => {
            format!("({})", list.iter().map(|value| literal(kind, value)).collect::<Vec<_>>().join(","))
        }
        single => literal(kind, single),
    };
    format!("{left} {operator} {right}")
}

fn literal(kind: FieldType, value: &Literal) -> String {
    match (kind, value) {
        (_, Literal::Null) => "NULL".to_owned(),
        (FieldType::Number | FieldType::Objects { .. }, Literal::Number(text) | Literal::Text(text)) => {
            format!("{}::numeric", quoted(text))
        }
        (_, Literal::Number(text) | Literal::Text(text)) => quoted(text),
        (_, other) => panic!("{other:?} is refused before"),
    }
}
