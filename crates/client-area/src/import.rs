//! `/client/import`: reads a file of contacts for a person, and changes nothing.
//!
//! The body is a line of JSON with options, then the bytes of the file: `{"name":"list.csv","columns":{"3":"emails"}}`.
//! The answer says how each column is read, and holds every contact as `upload.contacts` takes it, with what was left
//! out and why. The page looks up who is there already and uploads the rest, with the calls of the API.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use ringbook_app::access::{BrowserSessionError, Requirement, Right, Scope};
use ringbook_app::application::{Application, Frontend as Door};
use ringbook_app::audit::Sent;
use ringbook_app::call::{Call, Ending};
use ringbook_formats::columns::Mapped;
use ringbook_formats::decoding::{Charset, Position};
use ringbook_formats::format::Format;
use ringbook_formats::remark::Remark;
use ringbook_formats::source::{FileError, Row, Source};
use ringbook_formats::survey::Survey;
use ringbook_http::{Frontend, Request, Response, StatusCode, TransportError};
use serde_json::{Value, json};

use super::cookies;
use super::forgery::{Content, Guard};
use super::refusals::{json_response, refused, respond_access_error, respond_app_error, respond_session_error};

/// Largest file with its options, in bytes. Larger ones are for `ringbook import`.
pub(crate) const IMPORT_BYTES_MAX: usize = 16 << 20;
/// Most contacts of a file.
const CONTACTS_MAX: usize = 50_000;
/// Longest line of options, in bytes.
const OPTIONS_BYTES_MAX: usize = 64 << 10;
/// Longest name of a file, in characters.
const NAME_CHARS_MAX: usize = 255;
/// How much longer a byte of a file takes to read than a byte of a request.
const EFFORT: usize = 25;
/// How many times the size of a file its contacts take in memory.
const MEMORY_FACTOR: usize = 4;
/// The name of the operation in the request report.
const OPERATION: &str = "client.read_file";

pub(crate) struct ImportFrontend {
    app: Arc<Application>,
    guard: Arc<Guard>,
}

impl ImportFrontend {
    pub(crate) fn new(app: Arc<Application>, guard: Arc<Guard>) -> Self {
        Self { app, guard }
    }

    async fn read(&self, request: &Request) -> Response {
        let mut call = self.app.begin(Door::ClientArea, request.peer, request.traceparent);
        call.name(OPERATION);
        let token = cookies::token(request);
        let Some(token) = token else { return respond_session_error(&BrowserSessionError::Over, request.peer) };
        if let Err(error) = call.authenticate_browser(token.expose()).await {
            return respond_session_error(&error, request.peer);
        }
        let Some((options, file)) = Options::read(&request.body) else {
            return refused(StatusCode::BAD_REQUEST, "invalid_request", &[]);
        };
        if !request.requests.try_grow(request.body.len() * MEMORY_FACTOR) {
            return refused(StatusCode::SERVICE_UNAVAILABLE, "too_busy", &[]);
        }
        let response = self.read_for_caller(&mut call, &options, &file).await;
        let ending = match response.status.is_success() {
            true => Ending::Success,
            false => Ending::Failure { code: FILE_REFUSED, mnemonic: "file_refused" },
        };
        let sent = json!({"name": options.name, "bytes": file.len()}).to_string();
        call.audit(ending, "null", Sent::Whole(&sent));
        response
    }

    async fn read_for_caller(&self, call: &mut Call<'_>, options: &Options, file: &Bytes) -> Response {
        let needs = Requirement { scope: Scope::CustomerMethod, right: Some(Right::AddressBookInsert) };
        let read = match call.admit(needs, options.user_id) {
            Ok(admitted) => {
                let read = admitted.read(file.len() * EFFORT, || contacts(options, file)).await;
                if let Ok(Ok(_)) = read {
                    admitted.succeed();
                }
                read
            }
            Err(error) => return respond_access_error(call, &error, None),
        };
        match read {
            Ok(Ok(read)) => json_response(StatusCode::OK, &read),
            Ok(Err(Unread { reason, columns })) => {
                let params = [("reason", json!(reason)), ("columns", json!(columns))];
                refused(StatusCode::UNPROCESSABLE_ENTITY, "file_refused", &params)
            }
            Err(error) => respond_app_error(call, &error),
        }
    }
}

/// The code of a refused file in the request report, as of other parameters that are refused.
const FILE_REFUSED: i32 = -32602;

impl Frontend for ImportFrontend {
    async fn handle(&self, request: Request) -> Response {
        if !self.guard.admits(&request, Content::Bytes) {
            return refused(StatusCode::FORBIDDEN, "cross_site", &[]);
        }
        self.read(&request).await
    }

    fn refuse(&self, error: &TransportError) -> Response {
        match error {
            TransportError::BodyTooLarge { .. } => {
                refused(error.status(), "file_too_large", &[("mebibytes", json!(IMPORT_BYTES_MAX >> 20))])
            }
            _ => refused(error.status(), "transport", &[]),
        }
    }
}

/// How a file is to be read.
struct Options {
    name: String,
    user_id: Option<u64>,
    format: Option<Format>,
    charset: Option<Charset>,
    /// What columns mean, by their number from 1.
    map: Vec<Mapped>,
}

impl Options {
    /// The options in the first line of a body, and the file behind it; `None` when they are none.
    fn read(body: &Bytes) -> Option<(Self, Bytes)> {
        let end = body.iter().take(OPTIONS_BYTES_MAX).position(|byte| *byte == b'\n')?;
        let options: Value = serde_json::from_slice(&body[..end]).ok()?;
        let text = |name: &str| options.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let columns: BTreeMap<usize, &str> = match options.get("columns") {
            None => BTreeMap::new(),
            Some(columns) => {
                let pairs = columns.as_object()?.iter();
                pairs.map(|(number, member)| Some((number.parse().ok()?, member.as_str()?))).collect::<Option<_>>()?
            }
        };
        let mut map = Vec::new();
        for (number, member) in columns {
            map.extend(Mapped::parse_list(&format!("#{number}={member}")).ok()?);
        }
        let options = Self {
            name: text("name")?.chars().take(NAME_CHARS_MAX).collect(),
            user_id: options.get("user_id").and_then(Value::as_u64),
            format: text("format").map(Format::parse).transpose().ok()?,
            charset: text("encoding").map(Charset::parse).transpose().ok()?,
            map,
        };
        Some((options, body.slice(end + 1..)))
    }
}

/// Why a file cannot be read.
#[derive(Debug)]
struct Unread {
    reason: String,
    /// The columns of a table, if somebody has to say what they are.
    columns: Vec<String>,
}

impl From<FileError> for Unread {
    fn from(error: FileError) -> Self {
        Self { reason: error.reason().to_owned(), columns: error.columns().to_vec() }
    }
}

/// What a file holds; or why it cannot be read.
fn contacts(options: &Options, file: &Bytes) -> Result<Value, Unread> {
    let (format, map) = (options.format, options.map.clone());
    let source = Source::in_memory(&options.name, Arc::from(&file[..]), format, options.charset, map)?;
    let survey = source.survey()?;
    if survey.rows > CONTACTS_MAX as u64 {
        let reason = format!("has {} contacts; `ringbook import` reads more than {CONTACTS_MAX}", survey.rows);
        return Err(Unread { reason, columns: Vec::new() });
    }
    let (mut read, mut refused) = (Vec::new(), Vec::new());
    for row in source.rows(&survey, &Position::default())? {
        let Row { number, draft } = row?;
        match draft.and_then(|draft| draft.judge()) {
            Ok((entry, remarks)) => read.push(json!({
                "row": number,
                "contact": entry.upload_record(),
                "full_name": entry.full_name(),
                "manager": entry.manager.as_ref().map(|name| name.as_str()),
                "remarks": remarks.iter().map(remark).collect::<Vec<_>>(),
            })),
            Err(why) => {
                let mut why = remark(&why);
                why["row"] = number.into();
                refused.push(why);
            }
        }
    }
    Ok(json!({
        "format": source.format().name(),
        "encoding": survey.encoding.as_ref().map(|encoding| json!({"name": encoding.name, "guessed": encoding.guessed_by.is_some()})),
        "notes": survey.notes,
        "columns": columns(&survey),
        "contacts": read,
        "refused": refused,
    }))
}

fn columns(survey: &Survey) -> Vec<Value> {
    let columns = survey.columns.iter().map(|column| {
        json!({"name": column.name, "read_as": column.read_as, "cells": column.cells, "looks_like": column.looks_like,
            "is_ignored": column.is_ignored})
    });
    columns.collect()
}

fn remark(remark: &Remark) -> Value {
    json!({"field": remark.field, "value": remark.value, "reason": remark.reason})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &str, file: &str) -> Result<Value, Unread> {
        let body = Bytes::from(format!("{options}\n{file}"));
        let (options, file) = Options::read(&body).expect("options");
        contacts(&options, &file)
    }

    #[test]
    fn a_table_is_read_with_its_reasons() {
        let file = "Name,Phone,Notes\nAnn Lee,+44 20 7946 0018,x\nBob,n/a,\nCid,\"+44 20 7946 0019, n/a\",\n";
        let read = read(r#"{"name":"list.csv"}"#, file).expect("a table");
        assert_eq!(read["contacts"][0]["contact"]["phone_numbers"], json!(["+442079460018"]));
        assert_eq!(
            (read["refused"][0]["row"].as_u64(), read["refused"][0]["field"].as_str()),
            (Some(3), Some("phone_numbers"))
        );
        assert_eq!(read["contacts"][1]["remarks"][0]["value"], "n/a");
        assert_eq!(read["columns"][2]["read_as"], Value::Null);
    }

    #[test]
    fn columns_mean_what_the_person_says() {
        let file = "A,B\nAnn,112\n";
        assert_eq!(read(r#"{"name":"list.csv"}"#, file).expect_err("nothing is known").columns, ["A", "B"]);
        let read =
            read(r#"{"name":"list.csv","columns":{"1":"last_name","2":"phone_numbers"}}"#, file).expect("a table");
        assert_eq!(read["contacts"][0]["contact"], json!({"last_name": "Ann", "phone_numbers": ["112"]}));
    }

    #[test]
    fn a_name_with_folders_opens_nothing() {
        let Unread { reason, columns } = read(r#"{"name":"../../../etc/passwd"}"#, "root:x:0:0").expect_err("no table");
        assert!(columns.is_empty() && reason.contains("the kind of the file is not known"), "{reason}");
    }

    #[test]
    fn options_that_are_none_are_refused() {
        for body in ["", "{}\nx", "[]\nx", r#"{"name":"a.csv"}"#, "{\"name\":\"a.csv\",\"columns\":{\"x\":\"y\"}}\nx"] {
            assert!(Options::read(&Bytes::copy_from_slice(body.as_bytes())).is_none(), "{body}");
        }
    }
}
