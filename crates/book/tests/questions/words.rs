//! Names, phone numbers and e-mail addresses by chance: some as people have them, some as testers fear them.
//!
//! Only characters that were assigned long before the present editions of Unicode: editions differ in how
//! they sort the others.

use ringbook_book::text::{Email, Name, Phone};

use crate::dice::Dice;

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

/// A valid name.
pub fn name(dice: &mut Dice) -> String {
    loop {
        let text = if dice.chance(60) { words(dice) } else { letters(dice) };
        if let Ok(name) = Name::parse(&text) {
            return name.as_str().to_owned();
        }
    }
}

fn words(dice: &mut Dice) -> String {
    let mut text = dice.pick(WORDS).to_owned();
    if dice.chance(15) {
        text.push(dice.letter(" -'_"));
        text.push_str(dice.pick(WORDS));
    }
    if dice.chance(2) {
        text = text.repeat(dice.between(2, 12));
    }
    text
}

/// A few characters of those that mean something to somebody.
pub fn letters(dice: &mut Dice) -> String {
    let count = dice.between(1, 8);
    (0..count).map(|_| dice.letter(LETTERS)).collect()
}

/// A valid phone number, digits only.
pub fn phone(dice: &mut Dice) -> String {
    const STARTS: &[&str] = &["", "0", "00", "7495", "1", "9999999999999"];
    loop {
        let digits: String = (0..dice.between(0, 11)).map(|_| dice.letter("0012349")).collect();
        let text = format!("{}{digits}", dice.pick(STARTS));
        if Phone::parse(&text).is_ok() {
            return text;
        }
    }
}

/// A valid e-mail address.
pub fn email(dice: &mut Dice) -> String {
    const LOCALS: &[&str] =
        &["anna", "ANNA", "o'brien+work", "a_b", "a%b", "x.y", "почта", "n1", "n10", "{a}", "$x", "a|b", "é"];
    const DOMAINS: &[&str] = &["mail.example", "MAIL.example", "пример.рф", "a-b.example", "x.example"];
    loop {
        let text = format!("{}@{}", dice.pick(LOCALS), dice.pick(DOMAINS));
        if Email::parse(&text).is_ok() {
            return text;
        }
    }
}
