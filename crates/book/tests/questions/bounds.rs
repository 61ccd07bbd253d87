//! The bounds of a question: what reaches one is answered, what passes it is refused, and the refusal says
//! which part it means and what the bound is.

use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Condition, Direction, Literal};
use ringbook_book::query::field::CONTACT;
use ringbook_book::query::plan::plan;
use ringbook_book::query::query_error::{QueryError, QueryErrorKind, QueryPart};

fn simple(field: &str, operator: &str, value: Literal) -> AskFilter {
    AskFilter::Simple { field: field.to_owned(), operator: operator.to_owned(), value }
}

fn all(filters: Vec<AskFilter>) -> AskFilter {
    AskFilter::Tree { filters, condition: Some(Condition::And) }
}

fn text(length: usize) -> Literal {
    Literal::Text("ё".repeat(length))
}

fn judge(filter: AskFilter) -> Result<(), QueryError> {
    plan(&CONTACT, &Ask { filter, ..Ask::default() }).map(drop)
}

/// The part and the bound that a filter past a bound is refused for.
fn past(filter: AskFilter) -> (QueryPart, usize) {
    match judge(filter).expect_err("past a bound") {
        QueryError { part, kind: QueryErrorKind::TooMany { max, .. } } => (part, max),
        fault => panic!("refused for another reason: {fault:?}"),
    }
}

fn tower(levels: usize) -> AskFilter {
    (0..levels).fold(AskFilter::Everything, |filter, _| all(vec![filter]))
}

#[test]
fn sixteen_trees_may_stand_inside_each_other() {
    judge(tower(16)).expect("sixteen");
    assert_eq!(past(tower(17)), (QueryPart::Filter(vec![0; 16]), 16));
}

#[test]
fn a_thousand_simple_filters_may_be_asked() {
    let filters = |count: usize| all((0..count).map(|_| simple("id", ">", Literal::Number("1".to_owned()))).collect());
    judge(filters(1_000)).expect("a thousand");
    assert_eq!(past(filters(1_001)), (QueryPart::Filter(vec![1_000]), 1_000));
    let parted = all(vec![filters(600), filters(401)]);
    assert_eq!(past(parted), (QueryPart::Filter(vec![1, 400]), 1_000));
}

#[test]
fn ten_thousand_values_may_stand_in_a_list() {
    let list = |count: usize| Literal::List((0..count).map(|number| Literal::Number(number.to_string())).collect());
    for (field, operator) in [("id", "in"), ("last_name", "not_in"), ("emails", "overlap"), ("groups", "in")] {
        judge(simple(field, operator, list(10_000))).expect("ten thousand");
        assert_eq!(
            past(simple(field, operator, list(10_001))),
            (QueryPart::FilterValue(vec![], None), 10_000),
            "{field}"
        );
    }
}

#[test]
fn a_pattern_may_have_a_thousand_characters() {
    for operator in ["like", "ilike", "not_like", "regexp"] {
        judge(simple("last_name", operator, text(1_000))).expect("a thousand characters, two thousand bytes");
        let fault = judge(simple("last_name", operator, text(1_001))).expect_err("too long");
        assert_eq!(fault.part, QueryPart::FilterValue(vec![], None), "{operator}");
    }
    let query = |length: usize| Literal::Text(format!("# = \"{}\"", "ё".repeat(length - 6)));
    judge(simple("emails", "jsquery", query(1_000))).expect("a thousand characters");
    assert_eq!(past(simple("emails", "jsquery", query(1_001))).1, 1_000);
}

#[test]
fn a_sort_may_have_eight_keys() {
    let keys = |count: usize| {
        let key = |_| AskSort { field: "last_name".to_owned(), direction: Direction::Ascending };
        Ask { sort: (0..count).map(key).collect(), ..Ask::default() }
    };
    plan(&CONTACT, &keys(8)).expect("eight");
    assert_eq!(plan(&CONTACT, &keys(9)).expect_err("nine").part, QueryPart::Sort);
}

#[test]
fn the_window_is_bounded_on_both_sides() {
    let window = |limit, offset| plan(&CONTACT, &Ask { limit, offset, ..Ask::default() });
    window(Some(10_000), Some(100_000)).expect("the most");
    window(Some(0), Some(0)).expect("the least");
    for (limit, offset, part) in [
        (Some(10_001), None, QueryPart::Limit),
        (Some(-1), None, QueryPart::Limit),
        (Some(i128::MAX), None, QueryPart::Limit),
        (None, Some(100_001), QueryPart::Offset),
        (None, Some(-1), QueryPart::Offset),
    ] {
        assert_eq!(window(limit, offset).expect_err("outside").part, part);
    }
}

#[test]
fn the_first_thing_wrong_is_the_one_that_is_named() {
    let wrong = |filter, sort: &str| {
        let sort = vec![AskSort { field: sort.to_owned(), direction: Direction::Ascending }];
        let ask = Ask {
            filter,
            sort,
            fields: vec!["id".to_owned(), "nothing".to_owned()],
            limit: Some(-1),
            ..Ask::default()
        };
        plan(&CONTACT, &ask).expect_err("much is wrong").part
    };
    let bad = |field, operator, value| all(vec![simple("id", "=", Literal::Null), simple(field, operator, value)]);
    assert_eq!(wrong(bad("nothing", "=", Literal::Object), "id"), QueryPart::FilterField(vec![1]));
    assert_eq!(wrong(bad("patronymic", "=", Literal::Object), "id"), QueryPart::FilterField(vec![1]));
    assert_eq!(wrong(bad("id", "like", Literal::Object), "id"), QueryPart::FilterOperator(vec![1]));
    assert_eq!(wrong(bad("id", "=", Literal::Object), "id"), QueryPart::FilterValue(vec![1], None));
    assert_eq!(wrong(AskFilter::Everything, "id"), QueryPart::SortField(0));
    assert_eq!(wrong(AskFilter::Everything, "last_name"), QueryPart::Fields(1));
}
