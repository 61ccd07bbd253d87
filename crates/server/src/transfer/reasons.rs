//! Remarks on rows, counted by their reasons: three hundred rows without a phone number are one line.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::verdict::Verdict;
use ringbook_formats::remark::Remark;

/// The most reasons that are told apart; all further ones are counted together.
const REASONS_MAX: usize = 1_000;
/// The most reasons that are shown.
pub(super) const SHOWN_MAX: usize = 20;
/// What reasons past the bound are counted under.
const OTHERS: &str = "other reasons";

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    verdict: Verdict,
    field: Option<String>,
    kind: String,
}

#[derive(Debug)]
struct Counted {
    key: Key,
    count: u64,
    first_row: u64,
    first: Remark,
}

/// Reasons in the order in which they were met first.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    counted: Vec<Counted>,
    places: HashMap<Key, usize>,
}

impl Reasons {
    pub(super) fn add(&mut self, verdict: Verdict, row: u64, remark: &Remark) {
        let mut key = Key { verdict, field: remark.field.clone(), kind: remark.kind.clone() };
        if self.counted.len() >= REASONS_MAX && !self.places.contains_key(&key) {
            key = Key { verdict, field: None, kind: OTHERS.to_owned() };
        }
        match self.places.get(&key) {
            Some(place) => self.counted[*place].count += 1,
            None => {
                self.places.insert(key.clone(), self.counted.len());
                self.counted.push(Counted { key, count: 1, first_row: row, first: remark.clone() });
            }
        }
    }

    /// The reasons a line each, the gravest first; rows that were skipped are not among them.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut told: Vec<&Counted> =
            self.counted.iter().filter(|counted| counted.key.verdict != Verdict::Skipped).collect();
        told.sort_by_key(|counted| counted.key.verdict);
        told.into_iter().map(Counted::line).collect()
    }

    /// The reasons as JSON.
    pub(super) fn json(&self) -> Value {
        let object = |counted: &Counted| {
            json!({"outcome": counted.key.verdict.word(), "field": counted.key.field, "reason": counted.key.kind,
                "count": counted.count, "first_row": counted.first_row, "first_value": counted.first.value})
        };
        self.counted.iter().map(object).collect()
    }
}

impl Counted {
    fn line(&self) -> String {
        if self.count == 1 {
            let word = self.key.verdict.word();
            return format!("row {} {word}:{}", self.first_row, described(&self.first, &self.first.reason));
        }
        let what = match self.key.verdict {
            Verdict::Partly => "values left out or changed",
            Verdict::Refused => "rows refused",
            Verdict::Uncertain => "rows uncertain",
            Verdict::Skipped => "rows skipped",
        };
        let field = self.key.field.as_deref().map(|field| format!(" {field}")).unwrap_or_default();
        let first = self.first.value.as_deref().map(|value| format!(" ({value:?})")).unwrap_or_default();
        format!("{} {what}:{field} {}; the first in row {}{first}", self.count, self.key.kind, self.first_row)
    }
}

/// A remark without its row.
fn described(remark: &Remark, reason: &str) -> String {
    let field = remark.field.as_deref().map(|field| format!(" {field}")).unwrap_or_default();
    let value = remark.value.as_deref().map(|value| format!(" {value:?}")).unwrap_or_default();
    format!("{field}{value} {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_reasons_are_one_line() {
        let mut reasons = Reasons::default();
        let extension = |digits| {
            Remark::on("phone_numbers", digits, format!("the extension {digits} was left out")).of_kind("an extension")
        };
        reasons.add(Verdict::Partly, 2, &extension("12"));
        reasons.add(Verdict::Partly, 4, &extension("13"));
        (5..305).for_each(|row| reasons.add(Verdict::Refused, row, &Remark::missing("phone_numbers", "is missing")));
        reasons.add(Verdict::Refused, 400, &Remark::on("emails", "x", "is wrong"));
        reasons.add(Verdict::Skipped, 401, &Remark::whole("is there"));
        assert_eq!(
            reasons.lines(),
            [
                "300 rows refused: phone_numbers is missing; the first in row 5",
                "row 400 refused: emails \"x\" is wrong",
                "2 values left out or changed: phone_numbers an extension; the first in row 2 (\"12\")",
            ]
        );
        assert_eq!(reasons.json()[0]["count"], 2);
    }

    #[test]
    fn reasons_past_the_bound_are_counted_together() {
        let mut reasons = Reasons::default();
        (0..2_000).for_each(|row| reasons.add(Verdict::Refused, row, &Remark::whole(format!("reason {row}"))));
        assert_eq!(reasons.counted.len(), REASONS_MAX + 1);
        assert_eq!(reasons.counted.last().map(|counted| counted.count), Some(1_000));
    }
}
