//! Questions about small tables, which are answered record by record: the types that contacts do not have
//! (booleans, moments), and sorting by every type.

use fastrand::Rng;
use ringbook_testbed::random::Choices;
use std::cmp::Ordering;

use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Direction, Literal};
use ringbook_book::query::field::{EmptyValue, Field, FieldType};
use ringbook_book::query::plan::plan;
use ringbook_book::query::table;
use ringbook_book::query::value::{Record, Value};
use ringbook_book::runner::INLINE;

/// Whether a comparison with this outcome satisfies an operator.
type Holds = fn(Ordering) -> bool;

/// What a row is sorted by.
type Key<'a> = &'a dyn Fn(&Row) -> Option<i64>;

/// A field that can be filtered and sorted by.
const fn field(name: &'static str, kind: FieldType) -> Field {
    Field { name, kind, nullable: true, filterable: true, sortable: true, about: "" }
}

static FIELDS: [Field; 6] = [
    field("id", FieldType::Number),
    field("count", FieldType::Number),
    field("title", FieldType::Text),
    field("active", FieldType::Boolean),
    field("since", FieldType::DateTime),
    field("schedule", FieldType::Empty(EmptyValue::Null)),
];

#[derive(Debug)]
struct Row {
    id: u64,
    count: Option<i64>,
    title: Option<&'static str>,
    active: bool,
    since: Option<i64>,
}

impl Record for Row {
    fn value(&self, field: usize) -> Value<'_> {
        match field {
            0 => Value::Number(self.id.cast_signed()),
            1 => self.count.map_or(Value::Null, Value::Number),
            2 => self.title.map_or(Value::Null, Value::Text),
            3 => Value::Boolean(self.active),
            4 => self.since.map_or(Value::Null, Value::DateTime),
            _ => Value::Empty(EmptyValue::Null),
        }
    }

    fn id(&self) -> u64 {
        self.id
    }
}

/// 2024-02-29 00:00:00.
const LEAP_DAY: i64 = 1_709_164_800;

fn rows() -> Vec<Row> {
    let mut rng = Rng::with_seed(5);
    let mut rows: Vec<Row> = (1..=80)
        .map(|id| Row {
            id,
            count: rng.percent(80).then(|| rng.below(9) as i64 - 4),
            title: rng.percent(80).then(|| rng.pick(&["b", "a", "B", "á", "ab", "Ё", "е", "10", "2"])),
            active: rng.percent(50),
            since: rng.percent(80).then(|| LEAP_DAY + rng.pick(&[-1, 0, 1, 86_399, 86_400])),
        })
        .collect();
    rng.shuffle(&mut rows);
    rows
}

fn ids(rows: &[Row], ask: &Ask) -> Vec<u64> {
    let plan = plan(&FIELDS, ask).unwrap_or_else(|fault| panic!("refused {fault:?}: {ask:#?}"));
    let page = table::run(&plan, rows, &INLINE).expect("no patterns");
    page.rows.iter().map(|at| rows[*at].id).collect()
}

fn matching(rows: &[Row], field: &str, operator: &str, value: Literal) -> Vec<u64> {
    let filter = AskFilter::Simple { field: field.to_owned(), operator: operator.to_owned(), value };
    ids(rows, &Ask { filter, ..Ask::default() })
}

fn expected(rows: &[Row], holds: impl Fn(&Row) -> bool) -> Vec<u64> {
    let mut ids: Vec<u64> = rows.iter().filter(|row| holds(row)).map(|row| row.id).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn booleans_are_compared() {
    let rows = rows();
    for wanted in [true, false] {
        let value = Literal::Boolean(wanted);
        assert_eq!(matching(&rows, "active", "=", value.clone()), expected(&rows, |row| row.active == wanted));
        assert_eq!(matching(&rows, "active", "!=", value), expected(&rows, |row| row.active != wanted));
    }
    assert_eq!(matching(&rows, "active", "=", Literal::Null), [0_u64; 0]);
}

#[test]
fn moments_are_compared_and_a_day_begins_at_midnight() {
    let rows = rows();
    let operators: [(&str, Holds); 6] = [
        ("=", Ordering::is_eq),
        ("!=", Ordering::is_ne),
        ("<", Ordering::is_lt),
        (">", Ordering::is_gt),
        ("<=", Ordering::is_le),
        (">=", Ordering::is_ge),
    ];
    for (text, moment) in [
        ("2024-02-29", LEAP_DAY),
        ("2024-02-29 00:00:00", LEAP_DAY),
        ("2024-02-29 23:59:59", LEAP_DAY + 86_399),
        ("2024-03-01", LEAP_DAY + 86_400),
    ] {
        for (operator, holds) in operators {
            let want = expected(&rows, |row| row.since.is_some_and(|since| holds(since.cmp(&moment))));
            assert_eq!(matching(&rows, "since", operator, Literal::Text(text.to_owned())), want, "{operator} {text}");
        }
    }
}

#[test]
fn what_is_no_moment_is_refused() {
    for text in
        ["2023-02-29", "2024-2-29", "2024-02-29T00:00:00", "2024-02-29 24:00:00", "", "0000-01-01", "2024-02-29 "]
    {
        let value = Literal::Text(text.to_owned());
        let filter = AskFilter::Simple { field: "since".to_owned(), operator: "=".to_owned(), value };
        assert!(plan(&FIELDS, &Ask { filter, ..Ask::default() }).is_err(), "{text:?}");
    }
}

#[test]
fn a_hollow_member_is_null() {
    let rows = rows();
    assert_eq!(matching(&rows, "schedule", "is_null", Literal::Null).len(), rows.len());
    assert_eq!(matching(&rows, "schedule", "is_not_null", Literal::Null), [0_u64; 0]);
}

#[test]
fn every_type_sorts_with_nulls_last_and_the_other_way_round_with_nulls_first() {
    let rows = rows();
    let rank =
        |row: &Row| ["10", "2", "a", "á", "ab", "b", "B", "е", "Ё"].iter().position(|text| Some(*text) == row.title);
    let keys: [(&str, Key<'_>); 4] = [
        ("count", &|row| row.count),
        ("title", &|row| rank(row).map(|rank| rank as i64)),
        ("active", &|row| Some(i64::from(row.active))),
        ("since", &|row| row.since),
    ];
    for (field, key) in keys {
        let mut up: Vec<&Row> = rows.iter().collect();
        up.sort_by_key(|row| (key(row).is_none(), key(row), row.id));
        let mut down: Vec<&Row> = rows.iter().collect();
        down.sort_by_key(|row| (key(row).is_some(), std::cmp::Reverse(key(row)), row.id));
        for (direction, want) in [(Direction::Ascending, up), (Direction::Descending, down)] {
            let sort = vec![AskSort { field: field.to_owned(), direction }];
            let want: Vec<u64> = want.into_iter().map(|row| row.id).collect();
            assert_eq!(ids(&rows, &Ask { sort: sort.clone(), ..Ask::default() }), want, "{field} {direction:?}");
            let tail = Ask { sort, limit: Some(9), offset: Some(75), ..Ask::default() };
            assert_eq!(ids(&rows, &tail), want[75..], "the last page by {field}");
        }
    }
}
