//! Fixed contacts that a book of a few hundred always has: cases on which searching, sorting and printing go wrong.

use super::ContactDraft;

/// A book with at least this number of contacts has all edge cases; a smaller one has none.
pub const ALL_FROM_CONTACTS: u64 = 200;

struct EdgeCase {
    last: &'static str,
    first: &'static str,
    patronymic: &'static str,
    emails: &'static str,
    phones: &'static str,
}

const fn edge_case(last: &'static str, first: &'static str, phones: &'static str, emails: &'static str) -> EdgeCase {
    EdgeCase { last, first, patronymic: "", emails, phones }
}

/// One person entered twice.
const DUPLICATE: EdgeCase = EdgeCase {
    last: "Иванов",
    first: "Сергей",
    patronymic: "Петрович",
    emails: "s.ivanov@example.com",
    phones: "79161234567",
};

const EDGE_CASES: [EdgeCase; 20] = [
    DUPLICATE,
    edge_case("☎️ Такси", "", "78432000000 79172000000", ""),
    edge_case("O'Brien", "Siân", "447700900123", "sian.obrien@example.org"),
    edge_case("王", "小明", "8613800138000", "wang.xiaoming@example.com"),
    edge_case("الخطيب", "محمد", "971501234567", "m.alkhatib@mail.example"),
    edge_case("Reception", "", "101", "reception@example.org"),
    edge_case("Garci\u{301}a Pen\u{303}a", "Jose\u{301}", "34600123456", "jose.garcia@correo.example"),
    edge_case("Кафе \"У дяди Вани\"", "", "78432555555", "zakaz@example.net"),
    edge_case(
        "Nowak-Kowalska",
        "Zuzanna",
        "48501100200 48501100201 48501100202 48221100203 48221100204 48221100205 48121100206 48611100207 48693100208 48720100209",
        "",
    ),
    edge_case(
        "van der Berg",
        "Sander",
        "31612345678",
        "sander@example.nl.test sander.vanderberg@example.com s.vanderberg@example.org svdberg@mail.example berg@home.test
        sander+shop@example.com sander+news@example.com info@berg.example sales@berg.example Sander.Berg@inbox.example",
    ),
    edge_case("100% Fitness", "", "12125550100", "info@fitness.example"),
    DUPLICATE,
    edge_case("🍕 Pizza Napoli", "", "390815550123", "ordini@example.net"),
    edge_case("back\\slash", "dev_null", "4930555012", ""),
    edge_case("D’Angelo", "Niccolò", "393331234567", "dangelo@example.com"),
    edge_case("de la Cruz", "María José", "525512345678 525512345679", "mj.delacruz@example.com"),
    edge_case("佐藤", "花子", "819012345678", "hanako.sato@example.com"),
    edge_case("김", "민준", "821012345678", ""),
    edge_case("Спам 🚫", "", "74951112233", ""),
    EdgeCase {
        last: "Римская-Корсакова",
        first: "Анна",
        patronymic: "Ильинична",
        emails: "rimskaya-korsakova@pochta.example",
        phones: "79261112233 74991112233",
    },
];

/// The edge case that is on the blacklist.
const BLACKLISTED: usize = 18;

/// Number of edge cases in a book with this number of contacts.
pub fn count(contacts: u64) -> u64 {
    if contacts >= ALL_FROM_CONTACTS { EDGE_CASES.len() as u64 } else { 0 }
}

/// Replaces the names and contact points of `draft` by those of edge case `at`, modulo their number.
pub fn write(at: u64, draft: &mut ContactDraft) {
    let at = (at % EDGE_CASES.len() as u64) as usize;
    let EdgeCase { last, first, patronymic, emails, phones } = &EDGE_CASES[at];
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    draft.last_name = (*last).to_owned();
    draft.first_name = some(first);
    draft.patronymic = some(patronymic);
    draft.emails = list(emails);
    draft.phone_numbers = list(phones);
    draft.blacklisted |= at == BLACKLISTED;
}
