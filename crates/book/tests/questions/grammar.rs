//! Patterns by chance: for `like`, for `regexp`, for `jsquery`; most are right, some are broken.

use ringbook_book::query::field::Kind;

use crate::dice::Dice;

/// A pattern for `like` that this text matches, as a rule.
pub fn like(dice: &mut Dice, text: &str) -> String {
    let mut pattern = String::new();
    let mut skipping = dice.chance(30);
    if skipping {
        pattern.push('%');
    }
    for letter in text.chars() {
        if dice.chance(12) {
            skipping = !skipping;
            pattern.push_str(dice.pick(&["%", "%", "%%", "_%", "%_"]));
        }
        match (skipping, dice.below(20)) {
            (true, _) => {}
            (false, 0 | 1) => pattern.push('_'),
            (false, 2) => pattern.extend(['\\', letter]),
            (false, 3) => pattern.extend(letter.to_uppercase()),
            (false, 4) => pattern.push(dice.letter("%_\\aЯ")),
            (false, _) if "%_\\".contains(letter) => pattern.extend(['\\', letter]),
            (false, _) => pattern.push(letter),
        }
    }
    if dice.chance(10) {
        pattern.push('%');
    }
    pattern
}

/// A regular expression with pieces of this text.
pub fn regexp(dice: &mut Dice, text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut making = Regexp { dice, letters, groups: 0 };
    let start = making.dice.pick(&[
        "", "", "", "", "", "", "", "", "^", "(?i)", "(?x)", "(?s)", "***:", "***=", "(?e)", "(?n)", "(?w)", "(?p)",
        "(?q)", "(?b)", "(?ix)", "(?ci)", "***:(?i)",
    ]);
    let body = making.branches(2);
    let end = if making.dice.chance(10) { "$" } else { "" };
    let mut pattern = format!("{start}{body}{end}");
    if dice.chance(6) {
        let at = dice.below(pattern.chars().count() + 1);
        let junk = dice.letter("\\()[]{}*+?|^$-:=1,");
        pattern = pattern.chars().take(at).chain([junk]).chain(pattern.chars().skip(at)).collect();
    }
    pattern
}

struct Regexp<'a> {
    dice: &'a mut Dice,
    letters: Vec<char>,
    groups: usize,
}

impl Regexp<'_> {
    fn branches(&mut self, levels: usize) -> String {
        let count = self.dice.pick(&[1, 1, 1, 1, 2, 3]);
        (0..count).map(|_| self.branch(levels)).collect::<Vec<_>>().join("|")
    }

    fn branch(&mut self, levels: usize) -> String {
        (0..self.dice.pick(&[1, 1, 2, 2, 3, 4])).map(|_| self.piece(levels)).collect()
    }

    fn piece(&mut self, levels: usize) -> String {
        const ANCHORS: &[&str] =
            &["^", "$", "\\m", "\\M", "\\y", "\\Y", "\\A", "\\Z", "[[:<:]]", "[[:>:]]", "(?=", "(?!", "(?<=", "(?<!"];
        if self.dice.chance(12) {
            let anchor = self.dice.pick(ANCHORS);
            return if anchor.starts_with('(') { format!("{anchor}{})", self.branches(0)) } else { anchor.to_owned() };
        }
        let atom = self.atom(levels);
        let often = self
            .dice
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
        match self.dice.below(20) {
            0..3 if levels > 0 => {
                self.groups += 1;
                format!("({})", self.branches(levels - 1))
            }
            3 if levels > 0 => format!("(?:{})", self.branches(levels - 1)),
            4 if self.groups > 0 => format!("\\{}", self.dice.between(1, self.groups)),
            5..9 => self.dice.pick(CLASSES).to_owned(),
            9 => format!("[{}]", self.plain().replace('\\', "")),
            _ => self.plain(),
        }
    }

    /// A piece of the text, spelled so that it means itself.
    fn plain(&mut self) -> String {
        if self.letters.is_empty() {
            return "a".to_owned();
        }
        let from = self.dice.below(self.letters.len());
        let to = (from + self.dice.between(1, 3)).min(self.letters.len());
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

/// A jsquery about a list of texts or of objects, with these texts and numbers in it.
pub fn js_query(dice: &mut Dice, kind: Kind, texts: &[String], numbers: &[String]) -> String {
    let objects = matches!(kind, Kind::Objects { .. });
    let mut query = JsQuery { dice, objects, texts, numbers }.expression(2);
    if dice.chance(6) {
        let at = dice.below(query.chars().count() + 1);
        let junk = dice.letter("()[].,#%*$\"=<>@&1-\\");
        query = query.chars().take(at).chain([junk]).chain(query.chars().skip(at)).collect();
    }
    query
}

struct JsQuery<'a> {
    dice: &'a mut Dice,
    objects: bool,
    texts: &'a [String],
    numbers: &'a [String],
}

impl JsQuery<'_> {
    fn expression(&mut self, levels: usize) -> String {
        match self.dice.below(if levels == 0 { 10 } else { 20 }) {
            10 | 11 => format!("{} AND {}", self.expression(levels - 1), self.expression(levels - 1)),
            12 | 13 => format!("{} OR {}", self.expression(levels - 1), self.expression(levels - 1)),
            14 => format!("{} {}", self.dice.pick(&["NOT", "NOT", "not"]), self.expression(levels - 1)),
            15 => format!("({})", self.expression(levels - 1)),
            16..19 => format!("{}({})", self.path(), self.expression(levels - 1)),
            0 => format!("{}@# {}", self.prefix(), self.compared_number()),
            _ => format!("{} {}", self.path(), self.comparison()),
        }
    }

    fn prefix(&mut self) -> &'static str {
        if self.dice.chance(60) { "" } else { self.dice.pick(&["#.", "$.", "#:.", "*.", "%."]) }
    }

    fn path(&mut self) -> String {
        const LIKELY: &[&str] = &["#", "#", "#", "#:", "$", "#0", "#1", "*"];
        const LIKELY_OF_OBJECTS: &[&str] =
            &["#.group_id", "#.group_name", "#:.group_id", "*.group_id", "#.%", "#.\"group_name\"", "#0.group_id"];
        const ANY: &[&str] = &["#", "#:", "%", "%:", "*", "*:", "$", "#2", "group_id", "group_name", "a", "\"b c\""];
        match self.dice.below(10) {
            0..6 if self.objects => self.dice.pick(LIKELY_OF_OBJECTS).to_owned(),
            0..6 => self.dice.pick(LIKELY).to_owned(),
            _ => {
                let count = self.dice.between(1, 3);
                (0..count).map(|_| self.dice.pick(ANY)).collect::<Vec<_>>().join(".")
            }
        }
    }

    fn comparison(&mut self) -> String {
        const TYPES: &[&str] = &["ARRAY", "NUMERIC", "OBJECT", "STRING", "BOOLEAN"];
        let hint = if self.dice.chance(3) { "/*-- noindex */ " } else { "" };
        let rest = match self.dice.below(14) {
            0..5 => format!("= {}", self.scalar()),
            5 | 6 => self.compared_number(),
            7 | 8 => format!("IN ({})", self.scalars()),
            9 => format!("@> [{}]", self.scalars()),
            10 => format!("<@ [{}]", self.scalars()),
            11 => format!("&& [{}]", self.scalars()),
            12 => format!("IS {}", self.dice.pick(TYPES)),
            _ => "= *".to_owned(),
        };
        format!("{hint}{rest}")
    }

    fn compared_number(&mut self) -> String {
        let operator = self.dice.pick(&["=", "<", ">", "<=", ">="]);
        let number = match self.dice.below(4) {
            0 => self.dice.pick(self.numbers),
            1 => self.dice.pick(&["0", "1", "2", "-1", "1.5", "1e1", "100000000000000000000"]).to_owned(),
            _ => self.dice.below(12).to_string(),
        };
        format!("{operator} {number}")
    }

    fn scalars(&mut self) -> String {
        let count = self.dice.pick(&[1, 1, 2, 3]);
        (0..count).map(|_| self.scalar()).collect::<Vec<_>>().join(", ")
    }

    fn scalar(&mut self) -> String {
        match self.dice.below(22) {
            0 => self.dice.pick(&["true", "false", "TRUE"]).to_owned(),
            1 => "null".to_owned(),
            2 => self.dice.pick(&["[]", "bare", "\"\\u0041\"", "\"\\n\"", "-1.50e+1", "\"\"", "\\x20"]).to_owned(),
            20 => format!("[{}]", self.scalars()),
            3..6 => self.dice.pick(self.numbers),
            6..10 if self.objects => self.dice.pick(self.numbers),
            _ => quoted(&self.dice.pick(self.texts)),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
