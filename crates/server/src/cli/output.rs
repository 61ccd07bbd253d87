//! The result of a command, printed as one JSON value or for people.
//!
//! A list is held once, as JSON objects: the JSON array and the table are two views of it. Columns are as wide as a
//! terminal draws their texts; control characters are replaced.

use std::fmt;

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::cli_error::CliError;
use super::console::{Console, Exit};
use super::plain_text::plain;

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputFormat {
    /// One JSON value on one line.
    Json,
    /// Sentences and tables.
    Text,
}

/// Named values, in order.
pub(super) type Row = Vec<(&'static str, Value)>;

/// How the values of a column are shown in a table.
type ColumnFormat = fn(&Value) -> String;

/// The result of a command.
#[derive(Debug)]
pub(super) struct CommandOutput {
    json: Value,
    view: View,
    /// For stderr, in either format.
    notes: Vec<String>,
    /// Set if the command ran to its end and found something wrong: it fails with this message.
    finding: Option<String>,
}

/// The result for people.
#[derive(Debug)]
enum View {
    /// The rows of the JSON array as a table, and columns with a format of their own.
    Table(Vec<(&'static str, ColumnFormat)>),
    /// A text with its line breaks.
    Text(String),
}

impl CommandOutput {
    /// A list.
    pub(super) fn list(rows: Vec<Row>) -> Self {
        let json = rows.into_iter().map(object).collect();
        Self { json, view: View::Table(Vec::new()), notes: Vec::new(), finding: None }
    }

    /// A completed action: its JSON members, and a sentence.
    pub(super) fn done(row: Row, sentence: impl fmt::Display) -> Self {
        Self::text(object(row), format!("{sentence}\n"))
    }

    /// A text that is not a table.
    pub(super) fn text(json: Value, text: String) -> Self {
        Self { json, view: View::Text(text), notes: Vec::new(), finding: None }
    }

    /// Adds a line for stderr.
    #[must_use]
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Lets the command fail with this message after its output.
    #[must_use]
    pub(super) fn finding(mut self, finding: String) -> Self {
        self.finding = Some(finding);
        self
    }

    /// Shows a column of a table in this format.
    #[must_use]
    pub(super) fn column(mut self, name: &'static str, format: ColumnFormat) -> Self {
        if let View::Table(formats) = &mut self.view {
            formats.push((name, format));
        }
        self
    }

    /// Whether it is an empty list.
    pub(super) fn is_empty(&self) -> bool {
        self.json.as_array().is_some_and(Vec::is_empty)
    }

    /// Prints it. A closed stdout is a failure: the result has not arrived.
    pub(super) fn print(self, format: OutputFormat, console: &mut Console<'_>) -> Result<Exit, CliError> {
        let text = match (format, self.view) {
            (OutputFormat::Json, _) => format!("{}\n", self.json),
            (OutputFormat::Text, View::Text(text)) => text,
            (OutputFormat::Text, View::Table(formats)) => table(&self.json, &formats),
        };
        let written = console.stdout.write_all(text.as_bytes()).and_then(|()| console.stdout.flush());
        written.map_err(|cause| CliError::failed(format_args!("cannot write to stdout: {cause}")))?;
        for note in self.notes {
            // Notes are dropped if stderr is closed.
            let _ = writeln!(console.stderr, "{note}");
        }
        match self.finding {
            Some(finding) => Err(CliError::Failed(finding)),
            None => Ok(Exit::Done),
        }
    }
}

/// A JSON object of these members.
pub(super) fn object(row: Row) -> Value {
    row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The objects of an array in columns, under the names of the first one's members.
fn table(json: &Value, formats: &[(&'static str, ColumnFormat)]) -> String {
    let rows: Vec<&Map<String, Value>> = json.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let Some(first) = rows.first() else { return String::new() };
    let heads = first.keys().map(|name| name.to_uppercase().replace('_', " ")).collect();
    let format = |name: &str| {
        formats.iter().find(|(column, _)| *column == name).map_or(cell as ColumnFormat, |(_, format)| *format)
    };
    let cells = rows.iter().map(|row| row.iter().map(|(name, value)| format(name)(value)).collect());
    let lines: Vec<Vec<String>> = std::iter::once(heads).chain(cells).collect();
    let widths: Vec<usize> =
        (0..first.len()).map(|column| lines.iter().map(|line| line[column].width()).max().unwrap_or(0)).collect();
    lines.iter().map(|line| table_line(line, &widths)).collect()
}

fn table_line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

/// A value in a table.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => plain(text),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(","),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::table;

    #[test]
    fn columns_are_aligned() {
        let row = |id: u64, name: &str| json!({"id": id, "name": name, "agent_id": null});
        let text = table(&json!([row(1, "Жук"), row(22, "電話帳"), row(3, "e\u{301}t\u{1b}")]), &[]);
        assert_eq!(text, "ID  NAME    AGENT ID\n1   Жук     -\n22  電話帳  -\n3   e\u{301}t\u{fffd}     -\n");
    }

    #[test]
    fn lists_and_formats_of_columns() {
        let text = table(&json!([{"a": [], "b": ["x", "y"], "c": true}]), &[("c", |_| "all".to_owned())]);
        assert_eq!(text, "A     B    C\nnone  x,y  all\n");
    }
}
