//! NDJSON: one record of the API per line, exactly as `get.contacts` answers it.

use std::io::Write;

use serde_json::Value;

use crate::decoding::{Charset, Position};
use crate::draft::Draft;
use crate::lines::{Line, Lines, RECORD_BYTES_MAX};
use crate::record::Record;
use crate::remark::Remark;
use crate::source::{FileError, Row, Rows, Source, encoding_use};
use crate::survey::{Memberships, Plan, Survey};

/// Looks through a file of records: is it text, and how many lines are not empty?
pub(crate) fn survey(source: &Source) -> Result<Survey, FileError> {
    let mut lines = Lines::new(source.text(None, Position::default())?);
    let (mut number, mut rows) = (0, 0);
    loop {
        number += 1;
        match lines.next_line() {
            Ok(None) => break,
            Ok(Some(line)) => rows += u64::from(!line.bytes.trim_ascii().is_empty()),
            Err(cause) => return Err(source.read_fault(&cause, number)),
        }
    }
    let charset = source.declared_charset();
    let plan = Plan::Records { charset, memberships: Memberships::default() };
    Ok(Survey { encoding: encoding_use(charset, None), rows, columns: Vec::new(), notes: Vec::new(), plan })
}

/// The records of a file; empty lines are none.
pub(crate) fn rows(source: &Source, charset: Option<Charset>, position: Position) -> Result<Rows<'_>, FileError> {
    let mut lines = Lines::new(source.text(charset, position)?);
    let mut number = 0;
    Ok(Box::new(std::iter::from_fn(move || {
        loop {
            number += 1;
            match lines.next_line() {
                Ok(line) => {
                    let line = line?;
                    if !line.bytes.trim_ascii().is_empty() {
                        return Some(Ok(Row { number, draft: draft(&line) }));
                    }
                }
                Err(cause) => return Some(Err(source.read_fault(&cause, number))),
            }
        }
    })))
}

fn draft(line: &Line) -> Result<Draft, Remark> {
    if !line.is_whole {
        return Err(Remark::whole(format!("is longer than {RECORD_BYTES_MAX} bytes")));
    }
    let kind = "is no JSON; each line must hold one whole record";
    let value: Value = serde_json::from_slice(&line.bytes).map_err(|cause| {
        Remark::whole(format!("is no JSON: {cause}; each line must hold one whole record")).of_kind(kind)
    })?;
    let record = Record::new(value)
        .ok_or_else(|| Remark::whole("is no JSON object: each line must hold one record like {\"last_name\":\"…\"}"))?;
    Ok(record.draft())
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
        assert!(read("{\"last_name\":").expect_err("half").reason.starts_with("is no JSON: "));
        assert!(read("[1]").expect_err("a list").reason.contains("no JSON object"));
    }

    #[test]
    fn a_member_of_a_wrong_name_or_kind_is_left_out() {
        for (text, field) in [
            (r#"{"surname":"x"}"#, "surname"),
            (r#"{"emails":"x"}"#, "emails"),
            (r#"{"groups":[4]}"#, "groups"),
            (r#"{"last_name":4}"#, "last_name"),
        ] {
            let draft = read(text).expect("a record");
            assert_eq!((draft.remarks.len(), draft.remarks[0].field.as_deref()), (1, Some(field)), "{text}");
        }
        let draft = read(r#"{"phone_numbers":[79165554433, "112"]}"#).expect("a record");
        assert_eq!((draft.phones.len(), draft.remarks.len()), (2, 0));
    }
}
