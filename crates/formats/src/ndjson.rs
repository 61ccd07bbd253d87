//! NDJSON: one record of the API per line, exactly as `get.contacts` answers it.

use std::io::{BufReader, Read, Write};

use serde_json::Value;

use crate::draft::{Draft, Remark};
use crate::record::Record;
use crate::source::{FileError, Line, RECORD_BYTES_MAX, Row, Source, line};

/// The records of a text; empty lines are none.
pub fn rows<R: Read + 'static>(
    source: &Source,
    mut text: BufReader<R>,
) -> impl Iterator<Item = Result<Row, FileError>> + use<R> {
    let source = source.clone();
    let mut number = 0;
    std::iter::from_fn(move || {
        loop {
            let line = match line(&mut text) {
                Ok(line) => line?,
                Err(cause) => return Some(Err(source.fault(cause))),
            };
            number += 1;
            if !line.bytes.trim_ascii().is_empty() {
                return Some(Ok(Row { number, draft: draft(&line) }));
            }
        }
    })
}

fn draft(line: &Line) -> Result<Draft, Remark> {
    if !line.is_whole {
        return Err(Remark::whole(format!("is longer than {RECORD_BYTES_MAX} bytes")));
    }
    let value: Value = serde_json::from_slice(&line.bytes)
        .map_err(|cause| Remark::whole(format!("is no JSON: {cause}; each line must hold one whole record")))?;
    let record = Record::new(value)
        .ok_or_else(|| Remark::whole("is no JSON object: each line must hold one record like {\"last_name\":\"…\"}"))?;
    record.draft()
}

/// Writes a record on a line of its own.
pub fn write(file: &mut impl Write, record: &Record) -> std::io::Result<()> {
    serde_json::to_writer(&mut *file, record.members())?;
    file.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Draft, Remark> {
        draft(&Line { bytes: text.as_bytes().to_vec(), is_whole: true })
    }

    #[test]
    fn a_record_of_the_api_is_a_contact() {
        let text = r#"{"id":7,"last_name":"Лем","first_name":null,"patronymic":null,"full_name":"Лем","emails":["a@b.c"],
            "phone_numbers":["112","113"],"personal_manager_id":3,"personal_manager_full_name":"Anna","organization_id":1,
            "organization_name":"Acme","groups":[{"group_id":2,"group_name":"VIP"}]}"#;
        let draft = read(text).expect("a record");
        assert_eq!((&*draft.last_name, &*draft.manager, &*draft.organization), ("Лем", "Anna", "Acme"));
        assert_eq!((draft.phones.len(), draft.groups), (2, vec!["VIP".to_owned()]));
    }

    #[test]
    fn a_line_that_is_no_record_says_why() {
        let field = |text| read(text).map(|_| ()).map_err(|remark| remark.field.unwrap_or_default());
        assert_eq!(field("{\"last_name\":"), Err(String::new()));
        assert_eq!(field("[1]"), Err(String::new()));
        assert_eq!(field(r#"{"surname":"x"}"#), Err("surname".to_owned()));
        assert_eq!(field(r#"{"emails":"x"}"#), Err("emails".to_owned()));
        assert_eq!(field(r#"{"phone_numbers":[112]}"#), Err("phone_numbers".to_owned()));
        assert_eq!(field(r#"{"groups":[4]}"#), Err("groups".to_owned()));
    }
}
