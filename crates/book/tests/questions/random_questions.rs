//! Questions by chance about a given book: mostly such as find something, some that find nothing, a few that
//! must be refused.

use fastrand::Rng;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Condition, Direction, Literal};
use ringbook_book::query::field::{CONTACT, Field, FieldType};
use ringbook_book::query::operator::Operator;
use ringbook_book::query::plan::FILTER_DEPTH_MAX;
use ringbook_testbed::queries;
use ringbook_testbed::random::Choices;

use crate::random_book::Person;
use crate::vocabulary;

/// A whole question.
pub fn ask(rng: &mut Rng, people: &[Person]) -> Ask {
    let mut asking = Asking { rng, people };
    let filter = asking.filter();
    Ask { filter, sort: asking.sort(), limit: asking.limit(), offset: asking.offset(), ..Ask::default() }
}

/// A question that compares names, alone or beside something else.
pub fn ask_about_names(rng: &mut Rng, people: &[Person]) -> Ask {
    let mut asking = Asking { rng, people };
    let mut filters = vec![asking.about_names()];
    if asking.rng.percent(30) {
        filters.push(asking.about_names());
    }
    if asking.rng.percent(30) {
        filters.push(asking.filter());
    }
    asking.rng.shuffle(&mut filters);
    let filter = match filters.len() {
        1 => filters.remove(0),
        _ => AskFilter::Tree { filters, condition: Some(Condition::And) },
    };
    Ask { filter, sort: asking.sort(), limit: asking.limit(), offset: asking.offset(), ..Ask::default() }
}

/// A question for the members of an organization, a manager or a group, or for those with an e-mail address; never one
/// that must be refused.
pub fn ask_about_members(rng: &mut Rng, people: &[Person]) -> Ask {
    const FIELDS: &[&str] = &[
        "organization_id",
        "organization_name",
        "personal_manager_id",
        "personal_manager_full_name",
        "groups",
        "emails",
        "phone_numbers",
    ];
    let mut asking = Asking { rng, people };
    let name = asking.rng.pick(FIELDS);
    let field = CONTACT.iter().find(|field| field.name == name).expect("a field of contacts");
    let (operator, value) = match field.kind {
        FieldType::Objects { .. } if asking.rng.percent(50) => {
            let (id, other) = (asking.id_of(field), asking.id_of(field));
            let query = match asking.rng.below(5) {
                0 | 1 => format!("#.group_id = {id}"),
                2 => format!("#.group_id IN ({id}, {other})"),
                3 => {
                    format!("#(group_id = {id} AND group_name = \"{}\")", asking.group_name().replace(['"', '\\'], ""))
                }
                _ => format!("#.group_id = {id} AND #.group_id = {other}"),
            };
            (Operator::JsQuery, Literal::Text(query))
        }
        FieldType::Number | FieldType::Objects { .. } => {
            (Operator::Equal, Literal::Number(asking.id_of(field).to_string()))
        }
        FieldType::Texts | FieldType::Phones if asking.rng.percent(70) => {
            let text = asking.text_of(field);
            let from = match text.find('@') {
                Some(at) if field.kind == FieldType::Texts => at,
                _ => text.chars().count().saturating_sub(asking.rng.between(1, 6)),
            };
            let end = text.get(from..).unwrap_or(&text).replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%");
            (asking.rng.pick(&[Operator::Like, Operator::Like, Operator::ILike]), Literal::Text(format!("%{end}")))
        }
        _ => (Operator::Equal, Literal::Text(asking.text_of(field))),
    };
    let filter = AskFilter::Simple { field: name.to_owned(), operator: operator.text().to_owned(), value };
    let count = asking.rng.pick(&[0, 1, 2, 2, 3]);
    let mut key = || AskSort {
        field: asking.rng.pick(&["last_name", "first_name", "full_name"]).to_owned(),
        direction: asking.rng.pick(&[Direction::Ascending, Direction::Descending]),
    };
    let sort = (0..count).map(|_| key()).collect();
    let limit = asking.rng.pick(&[None, Some(10_000), Some(1), Some(7), Some(0), Some(30)]);
    let offset = asking.rng.percent(30).then(|| asking.rng.below(people.len() + 5) as i128);
    Ask { filter, sort, limit, offset, ..Ask::default() }
}

/// A question that compares phone numbers by their first or last digits, alone or beside something else; never one that
/// must be refused.
pub fn ask_about_numbers(rng: &mut Rng, people: &[Person]) -> Ask {
    let mut asking = Asking { rng, people };
    let mut filter = asking.about_numbers();
    for _ in 0..asking.rng.pick(&[0, 0, 1, 1, 2]) {
        let mut filters = vec![filter];
        for _ in 0..asking.rng.between(1, 2) {
            filters.push(asking.beside_numbers());
        }
        asking.rng.shuffle(&mut filters);
        filter = AskFilter::Tree { filters, condition: Some(asking.condition()) };
    }
    let limit = asking.rng.pick(&[None, Some(10_000), Some(1), Some(7), Some(30)]);
    let offset = asking.rng.percent(30).then(|| asking.rng.below(people.len() + 5) as i128);
    let field = asking.rng.pick(&["last_name", "first_name", "full_name"]).to_owned();
    let direction = asking.rng.pick(&[Direction::Ascending, Direction::Descending]);
    let sort = if asking.rng.percent(50) { vec![AskSort { field, direction }] } else { Vec::new() };
    Ask { filter, sort, limit, offset, ..Ask::default() }
}

/// The fields that a filter may name.
pub fn filterable() -> Vec<&'static Field> {
    CONTACT.iter().filter(|field| field.filterable).collect()
}

/// A simple filter with this field and operator and a value that suits them, as a rule.
pub fn comparison(rng: &mut Rng, people: &[Person], field: &Field, operator: Operator) -> AskFilter {
    let value = Asking { rng, people }.value(field, operator);
    AskFilter::Simple { field: field.name.to_owned(), operator: operator.text().to_owned(), value }
}

struct Asking<'a> {
    rng: &'a mut Rng,
    people: &'a [Person],
}

impl Asking<'_> {
    fn filter(&mut self) -> AskFilter {
        match self.rng.below(100) {
            0..4 => AskFilter::Everything,
            4..50 => self.simple(),
            50..97 => {
                let levels = self.rng.between(1, 3);
                self.tree(levels)
            }
            _ => self.tower(),
        }
    }

    fn about_names(&mut self) -> AskFilter {
        let name = self.rng.pick(&["full_name", "full_name", "full_name", "last_name", "first_name"]);
        let field = CONTACT.iter().find(|field| field.name == name).expect("a field of contacts");
        let operators: Vec<Operator> =
            Operator::ALL.iter().copied().filter(|operator| operator.applies_to(field.kind)).collect();
        let operator = self.rng.pick(&operators);
        let value = self.value(field, operator);
        AskFilter::Simple { field: name.to_owned(), operator: operator.text().to_owned(), value }
    }

    /// A pattern that a number ends or begins with, as a rule.
    fn about_numbers(&mut self) -> AskFilter {
        let phones = Field { name: "phone_numbers", ..CONTACT[0] };
        let mut part = |from_end: bool| {
            let digits: String = self.text_of(&phones).chars().filter(char::is_ascii_digit).collect();
            let length = self.rng.between(1, 9).min(digits.len());
            let other = self.rng.percent(15).then(|| vocabulary::phone(self.rng));
            match digits.get(if from_end { digits.len() - length..digits.len() } else { 0..length }) {
                Some(part) if other.is_none() && !part.is_empty() => part.to_owned(),
                _ => other.unwrap_or_else(|| "4567".to_owned()),
            }
        };
        let (start, end, second) = (part(false), part(true), part(true));
        let (operator, value) = match self.rng.below(12) {
            0..4 => ("like", format!("%{end}")),
            4 => ("ilike", format!("%%{end}")),
            5 => ("like", format!("{start}%")),
            6 => ("like", format!("{start}%{end}")),
            7 => ("like", format!("%_{end}")),
            8 => ("regexp", format!("{end}$")),
            9 => ("regexp", format!("({end}|{second})$")),
            10 => ("regexp", format!("^{start}.*{end}$|^{second}$")),
            _ => ("not_like", format!("%{end}")),
        };
        let (field, operator) = ("phone_numbers".to_owned(), operator.to_owned());
        AskFilter::Simple { field, operator, value: Literal::Text(value) }
    }

    /// A filter that an index may answer, or one on names.
    fn beside_numbers(&mut self) -> AskFilter {
        if self.rng.percent(40) {
            return self.about_numbers();
        }
        let names = ["id", "organization_id", "organization_name", "emails", "phone_numbers", "last_name"];
        let name = self.rng.pick(&names);
        let field = CONTACT.iter().find(|field| field.name == name).expect("a field of contacts");
        let value = match field.kind {
            FieldType::Number => Literal::Number(self.id_of(field).to_string()),
            _ => Literal::Text(self.text_of(field)),
        };
        AskFilter::Simple { field: name.to_owned(), operator: "=".to_owned(), value }
    }

    fn tree(&mut self, levels: usize) -> AskFilter {
        let count = self.rng.pick(&[0, 1, 2, 2, 2, 3, 3, 4]);
        let filters: Vec<AskFilter> = (0..count)
            .map(|_| if levels > 1 && self.rng.percent(45) { self.tree(levels - 1) } else { self.simple() })
            .collect();
        let needed = filters.len() > 1 && !self.rng.percent(1);
        let condition = (needed || self.rng.percent(30)).then(|| self.condition());
        AskFilter::Tree { filters, condition }
    }

    /// Trees inside each other, as deep as may be and sometimes deeper.
    fn tower(&mut self) -> AskFilter {
        let mut filter = self.simple();
        for _ in 0..self.rng.between(5, FILTER_DEPTH_MAX + 1) {
            let mut filters = vec![filter];
            if self.rng.percent(50) {
                filters.push(self.simple());
                self.rng.shuffle(&mut filters);
            }
            filter = AskFilter::Tree { filters, condition: Some(self.condition()) };
        }
        filter
    }

    fn condition(&mut self) -> Condition {
        self.rng.pick(&[Condition::And, Condition::Or])
    }

    fn simple(&mut self) -> AskFilter {
        let fields = filterable();
        let field = if self.rng.percent(99) { self.rng.pick(&fields) } else { &self.rng.pick(&CONTACT) };
        let suiting: Vec<Operator> = Operator::ALL.iter().copied().filter(|one| one.applies_to(field.kind)).collect();
        let operator = if self.rng.percent(99) { self.rng.pick(&suiting) } else { self.rng.pick(Operator::ALL) };
        let mut filter = comparison(self.rng, self.people, field, operator);
        if self.rng.percent(1)
            && let AskFilter::Simple { field, operator, .. } = &mut filter
        {
            let broken = if self.rng.percent(50) { field } else { operator };
            broken.push('s');
        }
        filter
    }

    fn value(&mut self, field: &Field, operator: Operator) -> Literal {
        match self.rng.below(100) {
            0..3 => return Literal::Null,
            3..5 => return self.odd(),
            _ => {}
        }
        match operator {
            Operator::In | Operator::NotIn => self.list(field),
            Operator::Overlap | Operator::NotOverlap if self.rng.percent(60) => self.list(field),
            Operator::Like | Operator::ILike | Operator::NotLike | Operator::NotILike => {
                let text = self.text_of(field);
                Literal::Text(queries::like(self.rng, &text))
            }
            Operator::Regexp => {
                let text = self.text_of(field);
                Literal::Text(queries::regexp(self.rng, &text))
            }
            Operator::JsQuery => self.js_query(field),
            _ => self.scalar(field),
        }
    }

    /// A value of a type that few operators take.
    fn odd(&mut self) -> Literal {
        match self.rng.below(6) {
            0 => Literal::Boolean(true),
            1 => Literal::Object,
            2 => Literal::List(Vec::new()),
            3 => Literal::List(vec![Literal::List(Vec::new())]),
            4 => Literal::Text(String::new()),
            _ => Literal::Number("1.5".to_owned()),
        }
    }

    fn list(&mut self, field: &Field) -> Literal {
        let count = self.rng.pick(&[0, 1, 1, 2, 3, 5, 12]);
        let element = |asking: &mut Self| match asking.rng.below(100) {
            0..5 => Literal::Null,
            5 => asking.odd(),
            _ => asking.scalar(field),
        };
        Literal::List((0..count).map(|_| element(self)).collect())
    }

    fn js_query(&mut self, field: &Field) -> Literal {
        let numbers: Vec<String> = (0..3).map(|_| self.id_of(field).to_string()).collect();
        let names = Field { name: "organization_name", ..*field };
        let texts: Vec<String> = (0..3)
            .map(|_| match field.kind {
                FieldType::Objects { .. } if self.rng.percent(70) => self.group_name(),
                FieldType::Objects { .. } => self.text_of(&names),
                _ => self.text_of(field),
            })
            .collect();
        Literal::Text(queries::jsquery(self.rng, matches!(field.kind, FieldType::Objects { .. }), &texts, &numbers))
    }

    /// A value to compare a field or an element of it with.
    fn scalar(&mut self, field: &Field) -> Literal {
        match field.kind {
            FieldType::Number | FieldType::Objects { .. } => self.number(field),
            FieldType::Phones => Literal::Text(self.spelled_phone()),
            _ if self.rng.percent(3) => Literal::Number(self.rng.pick(&["7", "007.50", "1e3"]).to_owned()),
            _ => {
                let text = self.text_of(field);
                Literal::Text(self.changed(text))
            }
        }
    }

    fn number(&mut self, field: &Field) -> Literal {
        const STRANGE: &[&str] = &[
            "0",
            "-1",
            "-0",
            "0.0",
            "1e0",
            "1e400",
            "-1e400",
            "1e-400",
            "-2.5e-9",
            "9223372036854775807",
            "9223372036854775808",
            "9223372036854775807.5",
            "-9223372036854775808",
            "123456789012345678901234",
            "18446744073709551616",
        ];
        let id = self.id_of(field);
        match self.rng.below(12) {
            0..5 => Literal::Number(id.to_string()),
            5 => Literal::Text(id.to_string()),
            6 => Literal::Text(format!("{}00{id}", self.rng.pick(&["", "+", "-"]))),
            7 => Literal::Number(format!("{id}.{}", self.rng.pick(&["0", "5", "000", "001", "999"]))),
            8 => Literal::Number(format!("{id}{}", self.rng.pick(&["0e-1", "e0", "000E-3", "5e-1", "e1", ".5E+1"]))),
            9 => Literal::Number((id + 1).to_string()),
            10 => Literal::Number(self.rng.pick(STRANGE).to_owned()),
            _ => Literal::Text(
                self.rng.pick(&["", "1.0", "1e3", "abc", " 1", "٣", "-", "99999999999999999999"]).to_owned(),
            ),
        }
    }

    /// A number that the field holds somewhere, or nearly so.
    fn id_of(&mut self, field: &Field) -> u64 {
        let small = self.rng.between(1, 60) as u64;
        if self.people.is_empty() || self.rng.percent(10) {
            return small;
        }
        let person = self.rng.pick(self.people);
        let held = match field.name {
            "id" => Some(person.id),
            "personal_manager_id" => person.manager.as_ref().map(|(id, _)| *id),
            "organization_id" => person.organization.as_ref().map(|(id, _)| *id),
            _ => person.groups.first().map(|(id, _)| *id),
        };
        held.unwrap_or(small)
    }

    /// A text that the field holds somewhere, or any.
    fn text_of(&mut self, field: &Field) -> String {
        if self.people.is_empty() || self.rng.percent(5) {
            return vocabulary::letters(self.rng);
        }
        let person = self.rng.pick(self.people);
        let held = match field.name {
            "last_name" => Some(person.last.clone()),
            "first_name" => person.first.clone(),
            "emails" => person.emails.last().cloned(),
            "phone_numbers" => person.phones.first().cloned(),
            "personal_manager_full_name" => person.manager.as_ref().map(|(_, name)| name.clone()),
            "organization_name" => person.organization.as_ref().map(|(_, name)| name.clone()),
            _ => Some(person.full()),
        };
        held.unwrap_or_else(|| person.last.clone())
    }

    fn group_name(&mut self) -> String {
        let names = self.people.iter().flat_map(|person| &person.groups).map(|(_, name)| name.clone());
        let names: Vec<String> = names.take(40).collect();
        if names.is_empty() { "VIP".to_owned() } else { self.rng.pick(&names) }
    }

    /// The text, or one that differs a little.
    fn changed(&mut self, text: String) -> String {
        match self.rng.below(12) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => text.chars().skip(1).collect(),
            3 => format!("{text} "),
            4 => String::new(),
            _ => text,
        }
    }

    /// A phone number as people write it.
    fn spelled_phone(&mut self) -> String {
        let phones = Field { name: "phone_numbers", ..CONTACT[0] };
        let digits = self.text_of(&phones);
        match self.rng.below(10) {
            0 => format!("+{digits}"),
            1 => digits.chars().flat_map(|digit| [digit, self.rng.letter(" -.()")]).collect(),
            2 => format!("++{digits}"),
            3 => digits.chars().skip(1).collect(),
            4 => format!("0{digits}"),
            5 => format!("{digits}x"),
            _ => digits,
        }
    }

    fn sort(&mut self) -> Vec<AskSort> {
        const SORTABLE: &[&str] = &["last_name", "first_name", "full_name"];
        let count = self.rng.pick(&[0, 0, 1, 1, 1, 2, 3, 4]);
        let mut key = || {
            let field = if self.rng.percent(99) {
                self.rng.pick(SORTABLE)
            } else {
                self.rng.pick(&["id", "emails", "patronymic", "nothing"])
            };
            let direction = self.rng.pick(&[Direction::Ascending, Direction::Descending]);
            AskSort { field: (*field).to_owned(), direction }
        };
        (0..count).map(|_| key()).collect()
    }

    fn limit(&mut self) -> Option<i128> {
        self.rng.pick(&[None, None, Some(10_000), Some(1), Some(7), Some(0), Some(30)])
    }

    fn offset(&mut self) -> Option<i128> {
        match self.rng.below(100) {
            0..60 => None,
            60 => Some(100_000),
            61 => Some(100_001),
            62 => Some(-1),
            _ => Some(self.rng.below(self.people.len() + 5) as i128),
        }
    }
}
