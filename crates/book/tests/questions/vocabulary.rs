//! Names, phone numbers and e-mail addresses by chance: some as people have them, some as testers fear them.
//!
//! Only characters that were assigned long before the present editions of Unicode: editions differ in how
//! they sort the others.

use fastrand::Rng;
use ringbook_book::text::{Email, Name, Phone};
use ringbook_testbed::random::Choices;

const WORDS: &[&str] = &[
    "Иванов",
    "иванова",
    "ИВАНОВ",
    "Ёлкина",
    "Елкина",
    "ёж",
    "Йот",
    "И\u{306}от",
    "Подъячев-Щукин",
    "O'Brien",
    "o'brien",
    "O’Brien",
    "O‘Brian",
    "“Ромашка”",
    "«Ромашка»",
    "\"Ромашка\"",
    "צ׳רלי",
    "צבי",
    "严丽",
    "丸义",
    "军中",
    "van der Berg",
    "Müller",
    "Mu\u{308}ller",
    "Mueller",
    "MÜLLER",
    "Straße",
    "STRASSE",
    "Łukasz",
    "İstanbul",
    "istanbul",
    "ıssız",
    "Issız",
    "عبد الله",
    "محمد",
    "אברהם",
    "王小明",
    "李",
    "田中",
    "たなか",
    "タナカ",
    "ﾀﾅｶ",
    "김철수",
    "Nguyễn",
    "Nguye\u{302}\u{303}n",
    "é",
    "e\u{301}",
    "É",
    "👍🏽 Ok",
    "👨\u{200d}👩\u{200d}👧",
    "50% off",
    "a_b",
    "a%b",
    "axb",
    "c:\\dir\\",
    "\\",
    "\"quoted\"",
    "it''s",
    "--",
    "'; DROP TABLE contact; --",
    "(x)",
    "[a]",
    "{2}",
    "a.b",
    "^$",
    "a|b",
    "*",
    "ﬁn",
    "fin",
    "Ǆ",
    "ǅ",
    "ǆ",
    "Σίσυφος",
    "ΣΊΣΥΦΟΣ",
    "нуль 0",
    "N1",
    "N10",
    "N2",
    "007",
    "-",
    "ａｂ",
    "𝔄𝔟",
    "ไทย",
    "हिन्दी",
    "a\u{a0}b",
    "a b",
    "ab",
    "aab",
    "abab",
    "AB",
    "Æ",
    "æsir",
    "ß",
    "ẞ",
    "null",
    "NULL",
    "true",
    "$",
    "#",
];

const LETTERS: &str = "aaabbABeEäÄßIİı éёЁйЙ%%__\\\\'\".*+?()[]{}|^$-0129яЯΣσςńđ中ابʼ👍\u{301}\u{306}\u{200d}";

/// Characters of every kind of script, signs included: first and last of each range. The combining ones are all of
/// one class: PostgreSQL does not put others into their canonical order before it compares.
const RANGES: &[(u32, u32)] = &[
    (0x21, 0x7e),
    (0xa1, 0x24f),
    (0x250, 0x2af),
    (0x300, 0x314),
    (0x388, 0x38a),
    (0x38e, 0x3a1),
    (0x3a3, 0x3ff),
    (0x400, 0x4ff),
    (0x531, 0x556),
    (0x561, 0x587),
    (0x5d0, 0x5ea),
    (0x620, 0x64a),
    (0x905, 0x939),
    (0xe01, 0xe30),
    (0xe40, 0xe46),
    (0x10d0, 0x10f0),
    (0x1100, 0x1112),
    (0x1e00, 0x1eff),
    (0x1f00, 0x1f15),
    (0x2010, 0x2027),
    (0x2030, 0x205e),
    (0x20a9, 0x20bf),
    (0x2100, 0x217f),
    (0x2190, 0x23ff),
    (0x2460, 0x24ff),
    (0x3041, 0x3096),
    (0x30a1, 0x30fa),
    (0x3300, 0x33ff),
    (0x4e00, 0x9fa5),
    (0xac00, 0xacff),
    (0xfb00, 0xfb06),
    (0xff01, 0xff9f),
    (0x1d400, 0x1d454),
    (0x1f600, 0x1f64f),
];

/// A valid name.
pub fn name(rng: &mut Rng) -> String {
    loop {
        let text = match rng.below(10) {
            0..5 => words(rng),
            5..9 => letters(rng),
            _ => scripts(rng),
        };
        if let Ok(name) = Name::parse(&text) {
            return name.as_str().to_owned();
        }
    }
}

fn words(rng: &mut Rng) -> String {
    let mut text = rng.pick(WORDS).to_owned();
    if rng.percent(15) {
        text.push(rng.letter(" -'_"));
        text.push_str(rng.pick(WORDS));
    }
    if rng.percent(2) {
        text = text.repeat(rng.between(2, 12));
    }
    text
}

/// A few characters, mostly of one script.
fn scripts(rng: &mut Rng) -> String {
    let mut range = rng.pick(RANGES);
    let mut letter = || {
        if rng.percent(30) {
            range = rng.pick(RANGES);
        }
        char::from_u32(rng.between(range.0 as usize, range.1 as usize) as u32).expect("no range holds surrogates")
    };
    let count = 1 + (letter() as usize) % 5;
    (0..count).map(|_| letter()).collect()
}

/// A few characters of those that mean something to somebody.
pub fn letters(rng: &mut Rng) -> String {
    let count = rng.between(1, 8);
    (0..count).map(|_| rng.letter(LETTERS)).collect()
}

/// A valid phone number, digits only, as it is stored.
pub fn phone(rng: &mut Rng) -> String {
    const STARTS: &[&str] = &["", "0", "00", "7495", "1", "9999999999999"];
    loop {
        let digits: String = (0..rng.between(0, 11)).map(|_| rng.letter("0012349")).collect();
        let text = format!("{}{digits}", rng.pick(STARTS));
        if Phone::parse(&text).is_ok_and(|phone| phone.to_string() == text) {
            return text;
        }
    }
}

/// A valid e-mail address.
pub fn email(rng: &mut Rng) -> String {
    const LOCALS: &[&str] =
        &["anna", "ANNA", "o'brien+work", "a_b", "a%b", "x.y", "почта", "n1", "n10", "{a}", "$x", "a|b", "é"];
    const DOMAINS: &[&str] = &["mail.example", "MAIL.example", "пример.рф", "a-b.example", "x.example"];
    loop {
        let text = format!("{}@{}", rng.pick(LOCALS), rng.pick(DOMAINS));
        if Email::parse(&text).is_ok() {
            return text;
        }
    }
}
