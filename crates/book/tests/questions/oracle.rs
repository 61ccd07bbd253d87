//! What a question means, written down as plainly as possible: one contact after the other, one comparison
//! after the other.
//!
//! Regular expressions, jsqueries and collation it does not know itself: it asks the crate's own pattern and
//! jsquery machines about single texts (which shows whether the scan of whole columns agrees with them) and
//! the crate's comparison of two texts (which shows whether sort keys do). Whether those are right themselves,
//! PostgreSQL judges.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use jsquery::{JsQuery, JsonKind, JsonView};
use pg_regex::{Regex, StepBudget};
use ringbook_book::collation;
use ringbook_book::query::ask::{Ask, AskFilter, Condition, Direction, Literal};
use ringbook_book::query::field::{CONTACT, FieldType};
use ringbook_book::query::operator::Operator;
use ringbook_book::query::query_error::QueryPart;
use ringbook_book::text::nfc;

use crate::random_book::Person;

/// What a question finds: how many, and which of them the window shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub total: u64,
    pub ids: Vec<u64>,
}

/// What a field of a person holds.
pub enum Held {
    Number(Option<u64>),
    Text(Option<String>),
    Texts(Vec<String>),
    Groups(Vec<(u64, String)>),
}

/// What the field of this name holds.
pub fn held(person: &Person, field: &str) -> Held {
    let id = |link: &Option<(u64, String)>| Held::Number(link.as_ref().map(|(id, _)| *id));
    let name = |link: &Option<(u64, String)>| Held::Text(link.as_ref().map(|(_, name)| name.clone()));
    match field {
        "id" => Held::Number(Some(person.id)),
        "last_name" => Held::Text(Some(person.last.clone())),
        "first_name" => Held::Text(person.first.clone()),
        "full_name" => Held::Text(Some(person.full())),
        "emails" => Held::Texts(person.emails.clone()),
        "phone_numbers" => Held::Texts(person.phones.clone()),
        "personal_manager_id" => id(&person.manager),
        "personal_manager_full_name" => name(&person.manager),
        "organization_id" => id(&person.organization),
        "organization_name" => name(&person.organization),
        "groups" => Held::Groups(person.groups.clone()),
        other => panic!("no filter can name {other}"),
    }
}

/// Answers the question, or says which part of it must be refused.
pub fn answer(ask: &Ask, people: &[Person]) -> Result<Answer, QueryPart> {
    judge_filter(&ask.filter, &mut Vec::new())?;
    for (at, key) in ask.sort.iter().enumerate() {
        if !["last_name", "first_name", "full_name"].contains(&key.field.as_str()) {
            return Err(QueryPart::SortField(at));
        }
    }
    let limit = within(ask.limit.unwrap_or(1_000), 10_000).ok_or(QueryPart::Limit)?;
    let offset = within(ask.offset.unwrap_or(0), 100_000).ok_or(QueryPart::Offset)?;
    let mut found: Vec<&Person> = people.iter().filter(|person| holds(&ask.filter, person)).collect();
    found.sort_by(|left, right| compare(ask, left, right));
    let ids = found.iter().skip(offset).take(limit).map(|person| person.id).collect();
    Ok(Answer { total: found.len() as u64, ids })
}

fn within(wish: i128, max: i128) -> Option<usize> {
    (0..=max).contains(&wish).then_some(wish as usize)
}

fn judge_filter(filter: &AskFilter, at: &mut Vec<usize>) -> Result<(), QueryPart> {
    match filter {
        AskFilter::Everything => Ok(()),
        AskFilter::Simple { field, operator, value } => judge_simple(field, operator, value, at),
        AskFilter::Ordered { .. } => Ok(()),
        AskFilter::Tree { .. } if at.len() == 16 => Err(QueryPart::Filter(at.clone())),
        AskFilter::Tree { filters, condition: None } if filters.len() > 1 => {
            Err(QueryPart::FilterCondition(at.clone()))
        }
        AskFilter::Tree { filters, .. } => {
            for (place, filter) in filters.iter().enumerate() {
                at.push(place);
                judge_filter(filter, at)?;
                at.pop();
            }
            Ok(())
        }
    }
}

fn judge_simple(field: &str, operator: &str, value: &Literal, at: &[usize]) -> Result<(), QueryPart> {
    let known = CONTACT.iter().find(|known| known.name == field && field != "patronymic");
    let known = known.ok_or(QueryPart::FilterField(at.to_vec()))?;
    let operator = read_operator(operator).filter(|one| suits(*one, known.kind));
    let operator = operator.ok_or(QueryPart::FilterOperator(at.to_vec()))?;
    judge_value(known.kind, operator, value).map_err(|element| QueryPart::FilterValue(at.to_vec(), element))
}

pub fn read_operator(text: &str) -> Option<Operator> {
    Operator::ALL.iter().copied().find(|operator| operator.text() == text)
}

/// The table of operators and types.
fn suits(operator: Operator, kind: FieldType) -> bool {
    let row = match operator {
        Operator::IsNull | Operator::IsNotNull | Operator::Equal | Operator::NotEqual => "nslo",
        Operator::Less | Operator::Greater | Operator::AtMost | Operator::AtLeast => "n",
        Operator::Like | Operator::ILike | Operator::NotLike | Operator::NotILike | Operator::Regexp => "sl",
        Operator::In | Operator::NotIn => "nslo",
        Operator::Overlap | Operator::NotOverlap => "l",
        Operator::JsQuery => "lo",
    };
    row.contains(match kind {
        FieldType::Number => 'n',
        FieldType::Text | FieldType::Name => 's',
        FieldType::Texts | FieldType::Phones => 'l',
        FieldType::Objects { .. } => 'o',
        other => panic!("contacts have no {other:?}"),
    })
}

/// Whether a value can be read; if not, which element of a list is to blame, if one is.
fn judge_value(kind: FieldType, operator: Operator, value: &Literal) -> Result<(), Option<usize>> {
    let numeric = matches!(kind, FieldType::Number | FieldType::Objects { .. });
    let scalar = |value: &Literal| match value {
        Literal::Number(_) => true,
        Literal::Text(text) if numeric => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        Literal::Text(_) => true,
        _ => false,
    };
    match (operator, value) {
        (Operator::IsNull | Operator::IsNotNull, _) | (_, Literal::Null) => Ok(()),
        (Operator::JsQuery, Literal::Text(text)) => JsQuery::parse(text).map(drop).map_err(|_| None),
        (Operator::JsQuery, _) => Err(None),
        (Operator::Regexp, Literal::Text(text)) => Regex::new(text).map(drop).map_err(|_| None),
        (Operator::Like | Operator::ILike | Operator::NotLike | Operator::NotILike, Literal::Text(text)) => {
            if ends_in_lone_backslash(text) {
                Err(None)
            } else {
                Ok(())
            }
        }
        (Operator::In | Operator::NotIn | Operator::Overlap | Operator::NotOverlap, Literal::List(list)) => {
            match list.iter().position(|element| *element != Literal::Null && !scalar(element)) {
                Some(at) => Err(Some(at)),
                None => Ok(()),
            }
        }
        (Operator::In | Operator::NotIn, _) => Err(None),
        (_, value) if scalar(value) => Ok(()),
        _ => Err(None),
    }
}

/// Whether a pattern ends in the middle of an escape.
pub fn ends_in_lone_backslash(pattern: &str) -> bool {
    pattern.chars().rev().take_while(|letter| *letter == '\\').count() % 2 == 1
}

fn holds(filter: &AskFilter, person: &Person) -> bool {
    match filter {
        AskFilter::Everything => true,
        AskFilter::Tree { filters, condition: Some(Condition::Or) } if !filters.is_empty() => {
            filters.iter().any(|filter| holds(filter, person))
        }
        AskFilter::Tree { filters, .. } => filters.iter().all(|filter| holds(filter, person)),
        AskFilter::Simple { field, operator, value } => {
            let operator = read_operator(operator).expect("judged before");
            simple_holds(operator, value, field, held(person, field))
        }
        AskFilter::Ordered { field, side, bound } => match held(person, field) {
            Held::Text(Some(text)) => {
                let small = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
                // The order of bytes of UTF-8 is that of code points.
                side.has(small(&text).as_bytes().cmp(small(&nfc(bound)).as_bytes()))
            }
            _ => false,
        },
    }
}

fn simple_holds(operator: Operator, value: &Literal, field: &str, held: Held) -> bool {
    let absent = match &held {
        Held::Number(number) => number.is_none(),
        Held::Text(text) => text.is_none(),
        Held::Texts(texts) => texts.is_empty(),
        Held::Groups(groups) => groups.is_empty(),
    };
    match (operator, value) {
        (Operator::IsNull, _) | (Operator::Equal, Literal::Null) => return absent,
        (Operator::IsNotNull, _) | (Operator::NotEqual, Literal::Null) => return !absent,
        (_, Literal::Null) => return false,
        _ => {}
    }
    match held {
        Held::Number(None) | Held::Text(None) => false,
        Held::Number(Some(number)) => number_holds(operator, value, number),
        Held::Text(Some(text)) => text_holds(operator, value, &text),
        Held::Texts(texts) if operator == Operator::JsQuery => js_holds(value, &Json::Texts(texts)),
        Held::Groups(groups) if operator == Operator::JsQuery => js_holds(value, &Json::Groups(groups)),
        Held::Texts(texts) => {
            let value = if field == "phone_numbers" { normal(operator, value) } else { value.clone() };
            list_holds(operator, |operator| texts.iter().any(|text| text_holds(operator, &value, text)))
        }
        Held::Groups(groups) => {
            list_holds(operator, |operator| groups.iter().any(|(id, _)| number_holds(operator, value, *id)))
        }
    }
}

/// Turns an operator of which no element may hold into the one of which some element must not hold.
fn list_holds(operator: Operator, any: impl Fn(Operator) -> bool) -> bool {
    match operator {
        Operator::NotEqual => !any(Operator::Equal),
        Operator::NotLike => !any(Operator::Like),
        Operator::NotILike => !any(Operator::ILike),
        Operator::NotIn | Operator::NotOverlap => !any(Operator::In),
        Operator::Overlap => any(Operator::In),
        other => any(other),
    }
}

fn elements(value: &Literal) -> Vec<&Literal> {
    match value {
        Literal::List(list) => list.iter().collect(),
        single => vec![single],
    }
}

fn number_holds(operator: Operator, value: &Literal, number: u64) -> bool {
    let compared = |value: &Literal| match value {
        Literal::Number(text) | Literal::Text(text) => compare_number(number, text),
        other => panic!("{other:?} is no number"),
    };
    let list = elements(value);
    let has_null = list.contains(&&Literal::Null);
    let has = list.iter().any(|value| **value != Literal::Null && compared(value).is_eq());
    match operator {
        Operator::Equal | Operator::In => has,
        Operator::NotEqual | Operator::NotIn => !has && !has_null,
        Operator::Less => compared(value).is_lt(),
        Operator::Greater => compared(value).is_gt(),
        Operator::AtMost => compared(value).is_le(),
        Operator::AtLeast => compared(value).is_ge(),
        other => panic!("{other:?} does not suit numbers"),
    }
}

/// Compares a whole number with a decimal in the notation of JSON.
fn compare_number(number: u64, text: &str) -> Ordering {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i64 = exponent.parse::<i64>().expect("exponents of the generator are short") - fraction.len() as i64;
    let digits: i128 = format!("{whole}{fraction}").parse().expect("mantissas of the generator are short");
    if digits == 0 {
        return number.cmp(&0);
    }
    if negative {
        return Ordering::Greater;
    }
    let power = |exponent: i64| u32::try_from(exponent).ok().and_then(|exponent| 10i128.checked_pow(exponent));
    if exponent >= 0 {
        let other = power(exponent).and_then(|power| digits.checked_mul(power));
        return other.map_or(Ordering::Less, |other| i128::from(number).cmp(&other));
    }
    match power(-exponent).and_then(|power| power.checked_mul(i128::from(number))) {
        Some(scaled) => scaled.cmp(&digits),
        None if number == 0 => Ordering::Less,
        None => Ordering::Greater,
    }
}

fn text_holds(operator: Operator, value: &Literal, text: &str) -> bool {
    let list = elements(value);
    let has_null = list.contains(&&Literal::Null);
    let texts: Vec<&str> = list
        .into_iter()
        .filter_map(|value| match value {
            Literal::Number(text) | Literal::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let has = texts.contains(&text);
    match operator {
        Operator::Equal | Operator::In => has,
        Operator::NotEqual | Operator::NotIn => !has && !has_null,
        Operator::Like => like(texts[0], text),
        Operator::NotLike => !like(texts[0], text),
        Operator::ILike => like(&lower(texts[0]), &lower(text)),
        Operator::NotILike => !like(&lower(texts[0]), &lower(text)),
        Operator::Regexp => regexp(texts[0], text),
        other => panic!("{other:?} does not suit texts"),
    }
}

/// Lower case, one character for one.
fn lower(text: &str) -> String {
    text.chars().map(|letter| letter.to_lowercase().next().expect("at least one character")).collect()
}

fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Whether what is left of the pattern matches what is left of the text, for each rest of the text.
    let mut rests: Vec<bool> = (0..=text.len()).map(|at| at == text.len()).collect();
    let mut at = pattern.len();
    while at > 0 {
        at -= 1;
        let escapes = pattern[..at].iter().rev().take_while(|letter| **letter == '\\').count();
        let meant = escapes % 2 == 1;
        let this = |place: usize| place < text.len() && (text[place] == pattern[at] || (!meant && pattern[at] == '_'));
        rests = if pattern[at] == '%' && !meant {
            (0..=text.len()).map(|place| rests[place..].contains(&true)).collect()
        } else {
            (0..=text.len()).map(|place| this(place) && rests[place + 1]).collect()
        };
        if meant {
            at -= 1;
        }
    }
    rests[0]
}

/// Compiled patterns are kept until there are so many.
const COMPILED_MAX: usize = 64;

fn regexp(pattern: &str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
    }
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.len() > COMPILED_MAX {
            compiled.clear();
        }
        let compile = || Regex::new(pattern).expect("judged before");
        let pattern = compiled.entry(pattern.to_owned()).or_insert_with(compile);
        pattern.is_match(text, &mut StepBudget::default()).unwrap_or(false)
    })
}

/// A value in which phone numbers are spelled as they are stored.
pub fn normal(operator: Operator, value: &Literal) -> Literal {
    match operator {
        Operator::Equal | Operator::NotEqual => {}
        Operator::In | Operator::NotIn | Operator::Overlap | Operator::NotOverlap => {}
        _ => return value.clone(),
    }
    match value {
        Literal::List(list) => Literal::List(list.iter().map(|value| normal(operator, value)).collect()),
        Literal::Text(text) | Literal::Number(text) => Literal::Text(normal_phone(text)),
        other => other.clone(),
    }
}

/// The digits of a phone number, or a text that is none.
fn normal_phone(text: &str) -> String {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let digits: String = rest.chars().filter(|letter| !" -.()".contains(*letter)).collect();
    // More than six digits that begin with 00 are an international number.
    let digits = match digits.strip_prefix("00") {
        Some(rest) if rest.len() > 4 && !rest.starts_with('0') => rest.to_owned(),
        _ => digits,
    };
    let valid = (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if valid { digits } else { "no phone number".to_owned() }
}

fn js_holds(value: &Literal, json: &Json) -> bool {
    let Literal::Text(query) = value else { panic!("{value:?} is no jsquery") };
    JsQuery::parse(query).expect("judged before").matches(Seen { json, at: None, member: None })
}

/// A list of a person as JSON.
enum Json {
    Texts(Vec<String>),
    Groups(Vec<(u64, String)>),
}

/// The list, an element of it, or a member of an element.
#[derive(Clone, Copy)]
struct Seen<'a> {
    json: &'a Json,
    at: Option<usize>,
    member: Option<usize>,
}

impl JsonView for Seen<'_> {
    fn kind(&self) -> JsonKind<'_> {
        match (self.json, self.at, self.member) {
            (_, None, _) => JsonKind::Array,
            (Json::Texts(texts), Some(at), _) => JsonKind::String(&texts[at]),
            (Json::Groups(_), Some(_), None) => JsonKind::Object,
            (Json::Groups(groups), Some(at), Some(0)) => JsonKind::Number(groups[at].0.cast_signed()),
            (Json::Groups(groups), Some(at), Some(_)) => JsonKind::String(&groups[at].1),
        }
    }

    fn size(&self) -> usize {
        match (self.json, self.at) {
            (Json::Texts(texts), None) => texts.len(),
            (Json::Groups(groups), None) => groups.len(),
            (_, Some(_)) => 2,
        }
    }

    fn item(&self, index: usize) -> Self {
        match self.at {
            None => Self { at: Some(index), ..*self },
            Some(_) => Self { member: Some(index), ..*self },
        }
    }

    fn find(&self, key: &str) -> Option<Self> {
        let member = ["group_id", "group_name"].iter().position(|name| *name == key)?;
        Some(self.item(member))
    }
}

fn compare(ask: &Ask, left: &Person, right: &Person) -> Ordering {
    let text = |person: &Person, field: &str| match held(person, field) {
        Held::Text(text) => text,
        _ => panic!("only texts can be sorted by"),
    };
    for key in &ask.sort {
        let order = collation::compare(text(left, &key.field).as_deref(), text(right, &key.field).as_deref());
        if order.is_ne() {
            return if key.direction == Direction::Ascending { order } else { order.reverse() };
        }
    }
    left.id.cmp(&right.id)
}
