//! Contacts that every book of a few hundred must show, whatever chance says: one for each thing
//! that searching, sorting and printing go wrong on.

use super::ContactDraft;

/// A book of this many contacts or more has all cameos; a smaller one none, to stay typical.
pub const ALL_FROM_CONTACTS: u64 = 200;

struct Cameo {
    last: &'static str,
    first: &'static str,
    patronymic: &'static str,
    emails: &'static str,
    phones: &'static str,
}

const fn cameo(last: &'static str, first: &'static str, phones: &'static str, emails: &'static str) -> Cameo {
    Cameo { last, first, patronymic: "", emails, phones }
}

/// Same person entered twice.
const TWIN: Cameo = Cameo {
    last: "Иванов",
    first: "Сергей",
    patronymic: "Петрович",
    emails: "s.ivanov@example.com",
    phones: "79161234567",
};

const CAMEOS: [Cameo; 20] = [
    TWIN,
    cameo("☎️ Такси", "", "78432000000 79172000000", ""),
    cameo("O'Brien", "Siân", "447700900123", "sian.obrien@example.org"),
    cameo("王", "小明", "8613800138000", "wang.xiaoming@example.com"),
    cameo("الخطيب", "محمد", "971501234567", "m.alkhatib@mail.example"),
    cameo("Reception", "", "101", "reception@example.org"),
    cameo("Garci\u{301}a Pen\u{303}a", "Jose\u{301}", "34600123456", "jose.garcia@correo.example"),
    cameo("Кафе \"У дяди Вани\"", "", "78432555555", "zakaz@example.net"),
    cameo(
        "Nowak-Kowalska",
        "Zuzanna",
        "48501100200 48501100201 48501100202 48221100203 48221100204 48221100205 48121100206 48611100207 48693100208 48720100209",
        "",
    ),
    cameo(
        "van der Berg",
        "Sander",
        "31612345678",
        "sander@example.nl.test sander.vanderberg@example.com s.vanderberg@example.org svdberg@mail.example berg@home.test
        sander+shop@example.com sander+news@example.com info@berg.example sales@berg.example Sander.Berg@inbox.example",
    ),
    cameo("100% Fitness", "", "12125550100", "info@fitness.example"),
    TWIN,
    cameo("🍕 Pizza Napoli", "", "390815550123", "ordini@example.net"),
    cameo("back\\slash", "dev_null", "4930555012", ""),
    cameo("D’Angelo", "Niccolò", "393331234567", "dangelo@example.com"),
    cameo("de la Cruz", "María José", "525512345678 525512345679", "mj.delacruz@example.com"),
    cameo("佐藤", "花子", "819012345678", "hanako.sato@example.com"),
    cameo("김", "민준", "821012345678", ""),
    cameo("Спам 🚫", "", "74951112233", ""),
    Cameo {
        last: "Римская-Корсакова",
        first: "Анна",
        patronymic: "Ильинична",
        emails: "rimskaya-korsakova@pochta.example",
        phones: "79261112233 74991112233",
    },
];

/// The cameo that must be on the blacklist.
const UNWANTED: usize = 18;

/// How many cameos a book of `contacts` contacts has.
pub fn count(contacts: u64) -> u64 {
    if contacts >= ALL_FROM_CONTACTS { CAMEOS.len() as u64 } else { 0 }
}

/// Writes cameo number `at` (counted round) over the names and the reach of `draft`.
pub fn put(at: u64, draft: &mut ContactDraft) {
    let at = (at % CAMEOS.len() as u64) as usize;
    let Cameo { last, first, patronymic, emails, phones } = &CAMEOS[at];
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    draft.last_name = (*last).to_owned();
    draft.first_name = some(first);
    draft.patronymic = some(patronymic);
    draft.emails = list(emails);
    draft.phone_numbers = list(phones);
    draft.blacklisted |= at == UNWANTED;
}
