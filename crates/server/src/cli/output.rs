//! What came of a command, shown as one JSON value or for people.
//!
//! A list is held once, as rows of named values: the JSON array and the table are two sights of it. Columns are as
//! wide as a terminal draws their texts; characters that would steer the terminal are replaced.

use std::fmt::{self, Write as _};

use unicode_width::UnicodeWidthStr;

use super::{Console, Exit, Failure};

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One value on one line, for a program.
    Json,
    /// Sentences and tables.
    People,
}

/// A JSON value, as far as answers need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Truth(bool),
    Number(u64),
    Text(String),
    /// Words of a closed list; `whole` when they are all of them.
    Words {
        words: Vec<&'static str>,
        whole: bool,
    },
    List(Vec<Json>),
    Object(Row),
}

/// Named values, in order.
pub(super) type Row = Vec<(&'static str, Json)>;

/// What came of a command.
#[derive(Debug)]
pub(super) struct Answer {
    json: Json,
    sight: Sight,
    /// For stderr, whichever the form.
    notes: Vec<String>,
    /// What the command has found to be wrong: it failed although it ran to its end.
    wrong: Option<String>,
}

/// What people see of an answer.
#[derive(Debug)]
enum Sight {
    /// The rows of the JSON list as a table.
    Table,
    /// This, with its line breaks.
    Text(String),
}

impl Answer {
    /// The rows of a list.
    pub(super) fn list(rows: Vec<Row>) -> Self {
        let json = Json::List(rows.into_iter().map(Json::Object).collect());
        Self { json, sight: Sight::Table, notes: Vec::new(), wrong: None }
    }

    /// One thing was done: its JSON, and a sentence.
    pub(super) fn done(row: Row, sentence: impl fmt::Display) -> Self {
        Self::text(Json::Object(row), format!("{sentence}\n"))
    }

    /// A text for people that is not a table.
    pub(super) fn text(json: Json, text: String) -> Self {
        Self { json, sight: Sight::Text(text), notes: Vec::new(), wrong: None }
    }

    /// And this goes to stderr.
    #[must_use]
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// And this is wrong.
    #[must_use]
    pub(super) fn wrong(mut self, wrong: String) -> Self {
        self.wrong = Some(wrong);
        self
    }

    /// Whether it is a list of nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.json == Json::List(Vec::new())
    }

    /// Shows it. A reader that has gone away is a failure: the answer has not arrived.
    pub(super) fn show(self, form: Form, console: &mut Console<'_>) -> Result<Exit, Failure> {
        let text = match (form, self.sight) {
            (Form::Json, _) => format!("{}\n", self.json),
            (Form::People, Sight::Text(text)) => text,
            (Form::People, Sight::Table) => table(&self.json),
        };
        let told = console.stdout.write_all(text.as_bytes()).and_then(|()| console.stdout.flush());
        told.map_err(|cause| Failure::failed(format_args!("the answer could not be written: {cause}")))?;
        for note in self.notes {
            // A note that nobody can read changes nothing.
            let _ = writeln!(console.stderr, "{note}");
        }
        match self.wrong {
            Some(wrong) => Err(Failure::Failed(wrong)),
            None => Ok(Exit::Done),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Truth(truth) => truth.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => quoted(f, text),
            Self::Words { words, .. } => joined(f, '[', words, ']', |f, word| quoted(f, word)),
            Self::List(values) => joined(f, '[', values, ']', |f, value| value.fmt(f)),
            Self::Object(members) => joined(f, '{', members, '}', |f, (name, value)| {
                quoted(f, name)?;
                write!(f, ":{value}")
            }),
        }
    }
}

fn joined<T>(
    f: &mut fmt::Formatter<'_>,
    open: char,
    parts: &[T],
    close: char,
    show: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_char(open)?;
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            f.write_char(',')?;
        }
        show(f, part)?;
    }
    f.write_char(close)
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

/// The rows of a list in columns, under the names of the first row's members.
fn table(json: &Json) -> String {
    let Json::List(rows) = json else { return String::new() };
    let rows: Vec<&Row> =
        rows.iter().filter_map(|row| if let Json::Object(row) = row { Some(row) } else { None }).collect();
    let Some(first) = rows.first() else { return String::new() };
    let heads = first.iter().map(|(name, _)| name.to_uppercase().replace('_', " ")).collect();
    let cells = rows.iter().map(|row| row.iter().map(|(_, value)| cell(value)).collect());
    let lines: Vec<Vec<String>> = std::iter::once(heads).chain(cells).collect();
    let widths: Vec<usize> =
        (0..first.len()).map(|column| lines.iter().map(|line| line[column].width()).max().unwrap_or(0)).collect();
    lines.iter().map(|line| drawn(line, &widths)).collect()
}

fn drawn(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => "-".to_owned(),
        Json::Truth(true) => "yes".to_owned(),
        Json::Truth(false) => "no".to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Text(text) => plain(text),
        Json::Words { whole: true, .. } => "all".to_owned(),
        Json::Words { words, .. } if words.is_empty() => "none".to_owned(),
        Json::Words { words, .. } => words.join(","),
        Json::List(_) | Json::Object(_) => value.to_string(),
    }
}

/// A text that cannot steer a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Json, table};

    #[test]
    fn any_text_is_good_json() {
        let text = "q\" b\\ n\n e\u{1b} del\u{7f} ж 😀 \u{2028}";
        let json = Json::Text(text.to_owned()).to_string();
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
    }

    #[test]
    fn columns_stand_under_each_other() {
        let row = |id, name: &str| {
            Json::Object(vec![("id", Json::Number(id)), ("name", Json::Text(name.into())), ("agent_id", Json::Null)])
        };
        let text = table(&Json::List(vec![row(1, "Жук"), row(22, "電話帳"), row(3, "e\u{301}t\u{1b}")]));
        assert_eq!(text, "ID  NAME    AGENT ID\n1   Жук     -\n22  電話帳  -\n3   e\u{301}t\u{fffd}     -\n");
    }
}
