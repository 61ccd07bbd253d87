//! Random patterns for `LIKE`, regular expressions and jsqueries. Most are valid; a few are broken.

use crate::random::{Choices, Rng};

const WORDS: &[&str] = &[
    "Иванов",
    "иванова",
    "Ёлкина",
    "O'Brien",
    "O’Brien",
    "Müller",
    "Mu\u{308}ller",
    "STRASSE",
    "Straße",
    "İstanbul",
    "ıssız",
    "عبد",
    "王小明",
    "ǅ",
    "ΣΊΣΥΦΟΣ",
    "Σίσυφος",
    "a_b",
    "50%",
    "c:\\dir\\",
    "axb",
    "abab",
    "aab",
    "N10",
    "007",
    "(x)",
    "[a]",
    "{2}",
    "a|b",
    "^$",
    "*",
    "👍🏽",
    "a\u{a0}b",
    "\u{212A}",
    "ſ",
];
const LETTERS: &str = "aaabbABeEäÄßIİı éёЁйЙ%_\\'\".*+?()[]{}|^$-0129яЯΣσςńđ中ابʼ👍\u{301}\u{200d}";

/// A short text of words and letters that patterns tend to treat in special ways.
pub fn text(rng: &mut Rng) -> String {
    let mut text = String::new();
    for _ in 0..rng.between(0, 3) {
        match rng.below(3) {
            0 => text.extend((0..rng.between(1, 6)).map(|_| rng.letter(LETTERS))),
            _ => text.push_str(rng.pick(WORDS)),
        }
        if rng.percent(60) {
            text.push(' ');
        }
    }
    text
}

/// A pattern for `LIKE` that usually matches the text.
pub fn like(rng: &mut Rng, text: &str) -> String {
    let mut pattern = String::new();
    let mut skipping = rng.percent(30);
    if skipping {
        pattern.push('%');
    }
    for letter in text.chars() {
        if rng.percent(12) {
            skipping = !skipping;
            pattern.push_str(rng.pick(&["%", "%", "%%", "_%", "%_"]));
        }
        match (skipping, rng.below(20)) {
            (true, _) => {}
            (false, 0 | 1) => pattern.push('_'),
            (false, 2) => pattern.extend(['\\', letter]),
            (false, 3) => pattern.extend(letter.to_uppercase()),
            (false, 4) => pattern.push(rng.letter("%_\\aЯ")),
            (false, _) if "%_\\".contains(letter) => pattern.extend(['\\', letter]),
            (false, _) => pattern.push(letter),
        }
    }
    if rng.percent(10) {
        pattern.push('%');
    }
    pattern
}

/// A regular expression with parts of the text.
pub fn regexp(rng: &mut Rng, text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut regexp = Regexp { rng, letters, groups: 0 };
    let start = regexp.rng.pick(&[
        "", "", "", "", "", "", "", "", "^", "(?i)", "(?x)", "(?s)", "***:", "***=", "(?e)", "(?n)", "(?w)", "(?p)",
        "(?q)", "(?b)", "(?ix)", "(?ci)", "***:(?i)",
    ]);
    let body = regexp.branches(2);
    let end = if regexp.rng.percent(10) { "$" } else { "" };
    let mut pattern = format!("{start}{body}{end}");
    if rng.percent(6) {
        let at = rng.below(pattern.chars().count() + 1);
        let junk = rng.letter("\\()[]{}*+?|^$-:=1,");
        pattern = pattern.chars().take(at).chain([junk]).chain(pattern.chars().skip(at)).collect();
    }
    pattern
}

struct Regexp<'a> {
    rng: &'a mut Rng,
    letters: Vec<char>,
    groups: usize,
}

impl Regexp<'_> {
    fn branches(&mut self, levels: usize) -> String {
        let count = self.rng.pick(&[1, 1, 1, 1, 2, 3]);
        (0..count).map(|_| self.branch(levels)).collect::<Vec<_>>().join("|")
    }

    fn branch(&mut self, levels: usize) -> String {
        (0..self.rng.pick(&[1, 1, 2, 2, 3, 4])).map(|_| self.piece(levels)).collect()
    }

    fn piece(&mut self, levels: usize) -> String {
        const ANCHORS: &[&str] =
            &["^", "$", "\\m", "\\M", "\\y", "\\Y", "\\A", "\\Z", "[[:<:]]", "[[:>:]]", "(?=", "(?!", "(?<=", "(?<!"];
        if self.rng.percent(12) {
            let anchor = self.rng.pick(ANCHORS);
            return if anchor.starts_with('(') { format!("{anchor}{})", self.branches(0)) } else { anchor.to_owned() };
        }
        let atom = self.atom(levels);
        let often = self
            .rng
            .pick(&["", "", "", "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{1,3}?", "{0}"]);
        format!("{atom}{often}")
    }

    fn atom(&mut self, levels: usize) -> String {
        const CLASSES: &[&str] = &[
            ".",
            "\\w",
            "\\W",
            "\\d",
            "\\D",
            "\\s",
            "\\S",
            "[[:alpha:]]",
            "[[:upper:]]",
            "[[:lower:]]",
            "[[:digit:]]",
            "[[:punct:]]",
            "[^[:space:]]",
            "[а-яё]",
            "[A-Z_]",
            "[^a-z]",
            "[]%]",
            "[\\w.-]",
            "[[.a.]]",
            "[[=e=]]",
            "\\u0438",
            "\\x41",
        ];
        match self.rng.below(20) {
            0..3 if levels > 0 => {
                self.groups += 1;
                format!("({})", self.branches(levels - 1))
            }
            3 if levels > 0 => format!("(?:{})", self.branches(levels - 1)),
            4 if self.groups > 0 => format!("\\{}", self.rng.between(1, self.groups)),
            5..9 => self.rng.pick(CLASSES).to_owned(),
            9 => format!("[{}]", self.plain().replace('\\', "")),
            _ => self.plain(),
        }
    }

    /// A part of the text, with punctuation escaped.
    fn plain(&mut self) -> String {
        if self.letters.is_empty() {
            return "a".to_owned();
        }
        let from = self.rng.below(self.letters.len());
        let to = (from + self.rng.between(1, 3)).min(self.letters.len());
        let mut spelled = String::new();
        for letter in &self.letters[from..to] {
            if letter.is_ascii_punctuation() {
                spelled.push('\\');
            }
            spelled.push(*letter);
        }
        spelled
    }
}

/// A jsquery about a list of strings, or of objects with the members `group_id` and `group_name`, that uses the given
/// strings and numbers.
pub fn jsquery(rng: &mut Rng, objects: bool, texts: &[String], numbers: &[String]) -> String {
    let mut query = JsQuery { rng, objects, texts, numbers }.expression(2);
    if rng.percent(6) {
        let at = rng.below(query.chars().count() + 1);
        let junk = rng.letter("()[].,#%*$\"=<>@&1-\\");
        query = query.chars().take(at).chain([junk]).chain(query.chars().skip(at)).collect();
    }
    query
}

struct JsQuery<'a> {
    rng: &'a mut Rng,
    objects: bool,
    texts: &'a [String],
    numbers: &'a [String],
}

impl JsQuery<'_> {
    fn expression(&mut self, levels: usize) -> String {
        match self.rng.below(if levels == 0 { 10 } else { 20 }) {
            10 | 11 => format!("{} AND {}", self.expression(levels - 1), self.expression(levels - 1)),
            12 | 13 => format!("{} OR {}", self.expression(levels - 1), self.expression(levels - 1)),
            14 => format!("{} {}", self.rng.pick(&["NOT", "NOT", "not"]), self.expression(levels - 1)),
            15 => format!("({})", self.expression(levels - 1)),
            16..19 => format!("{}({})", self.path(), self.expression(levels - 1)),
            0 => format!("{}@# {}", self.prefix(), self.compared_number()),
            _ => format!("{} {}", self.path(), self.comparison()),
        }
    }

    fn prefix(&mut self) -> &'static str {
        if self.rng.percent(60) { "" } else { self.rng.pick(&["#.", "$.", "#:.", "*.", "%."]) }
    }

    fn path(&mut self) -> String {
        const LIKELY: &[&str] = &["#", "#", "#", "#:", "$", "#0", "#1", "*"];
        const LIKELY_OF_OBJECTS: &[&str] =
            &["#.group_id", "#.group_name", "#:.group_id", "*.group_id", "#.%", "#.\"group_name\"", "#0.group_id"];
        const ANY: &[&str] = &["#", "#:", "%", "%:", "*", "*:", "$", "#2", "group_id", "group_name", "a", "\"b c\""];
        match self.rng.below(10) {
            0..6 if self.objects => self.rng.pick(LIKELY_OF_OBJECTS).to_owned(),
            0..6 => self.rng.pick(LIKELY).to_owned(),
            _ => {
                let count = self.rng.between(1, 3);
                (0..count).map(|_| self.rng.pick(ANY)).collect::<Vec<_>>().join(".")
            }
        }
    }

    fn comparison(&mut self) -> String {
        const TYPES: &[&str] = &["ARRAY", "NUMERIC", "OBJECT", "STRING", "BOOLEAN"];
        let hint = if self.rng.percent(3) { "/*-- noindex */ " } else { "" };
        let rest = match self.rng.below(14) {
            0..5 => format!("= {}", self.scalar()),
            5 | 6 => self.compared_number(),
            7 | 8 => format!("IN ({})", self.scalars()),
            9 => format!("@> [{}]", self.scalars()),
            10 => format!("<@ [{}]", self.scalars()),
            11 => format!("&& [{}]", self.scalars()),
            12 => format!("IS {}", self.rng.pick(TYPES)),
            _ => "= *".to_owned(),
        };
        format!("{hint}{rest}")
    }

    fn compared_number(&mut self) -> String {
        let operator = self.rng.pick(&["=", "<", ">", "<=", ">="]);
        let number = match self.rng.below(4) {
            0 => self.rng.pick(self.numbers),
            1 => self.rng.pick(&["0", "1", "2", "-1", "1.5", "1e1", "100000000000000000000"]).to_owned(),
            _ => self.rng.below(12).to_string(),
        };
        format!("{operator} {number}")
    }

    fn scalars(&mut self) -> String {
        let count = self.rng.pick(&[1, 1, 2, 3]);
        (0..count).map(|_| self.scalar()).collect::<Vec<_>>().join(", ")
    }

    fn scalar(&mut self) -> String {
        match self.rng.below(22) {
            0 => self.rng.pick(&["true", "false", "TRUE"]).to_owned(),
            1 => "null".to_owned(),
            2 => self.rng.pick(&["[]", "bare", "\"\\u0041\"", "\"\\n\"", "-1.50e+1", "\"\"", "\\x20"]).to_owned(),
            20 => format!("[{}]", self.scalars()),
            3..6 => self.rng.pick(self.numbers),
            6..10 if self.objects => self.rng.pick(self.numbers),
            _ => quoted(&self.rng.pick(self.texts)),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
