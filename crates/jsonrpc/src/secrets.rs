//! Which members of a call are secret, and what the audit log keeps of a call.
//!
//! A parameter is secret if the method table says so ([`Form::Secret`]); so is every member, at whatever depth, that is
//! named like one: clients send keys under wrong names. [`ringbook_json`] hides these members from error values, paths
//! and the audit log, and with them every string that repeats the secrets of the call.

use std::borrow::Cow;
use std::sync::LazyLock;

use ringbook_json::{Document, JsonError, Kind, Redacted, STARS};

use super::method::{Form, Method};
use super::mnemonic::{Param, RpcError};

/// Maximum bytes of a body that the audit log keeps.
pub const BODY_BYTES_MAX: usize = 4 << 10;
/// Maximum characters of an id that the audit log keeps.
pub const ID_CHARS_MAX: usize = 255;

/// The member that holds the parameters, and with them the secrets of a call.
const PARAMS: &str = "params";

/// The ends of names that look like a secret's, in any case: `token` stands for `access_token` and `authToken` as well.
const SECRET_ENDINGS: [&str; 8] =
    ["token", "password", "passwd", "secret", "authorization", "api_key", "api-key", "apikey"];

/// The secret parameters of the method table.
static SECRET_PARAMETERS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let parameters = Method::ALL.iter().flat_map(|method| method.spec().all_parameters());
    let mut names: Vec<&str> =
        parameters.filter(|parameter| parameter.form == Form::Secret).map(|parameter| parameter.name).collect();
    names.sort_unstable();
    names.dedup();
    names
});

/// Whether the value of a member with this name is repeated to nobody.
pub fn is_secret(name: &str) -> bool {
    let looks_secret = SECRET_ENDINGS.iter().any(|ending| {
        let start = name.len().checked_sub(ending.len());
        start.and_then(|start| name.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    });
    looks_secret || SECRET_PARAMETERS.contains(&name)
}

/// The error without secrets of the document in its texts: parsers of patterns and jsqueries quote their input.
pub fn hide_in(mut error: RpcError, document: &Document<'_>) -> RpcError {
    for (_, param) in &mut error.params {
        if let Param::Text(text) = param {
            *text = document.without_secrets(text).into_owned();
        }
    }
    error
}

/// Reads a body whose secrets are then hidden.
pub fn parse(body: &[u8]) -> Result<Document<'_>, JsonError> {
    let mut document = Document::parse(body)?;
    document.conceal(is_secret, &[PARAMS]);
    Ok(document)
}

/// What the audit log keeps of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace<'d> {
    /// The body without its secrets, at most [`BODY_BYTES_MAX`] bytes.
    pub body: Redacted,
    /// The id, at most [`ID_CHARS_MAX`] characters: a string as it is, a number as it was written.
    pub id: Cow<'d, str>,
}

/// What is to be kept of a call.
pub fn trace<'d>(document: &'d Document<'d>) -> Trace<'d> {
    Trace { body: document.redacted(BODY_BYTES_MAX), id: id(document) }
}

fn id<'d>(document: &'d Document<'d>) -> Cow<'d, str> {
    let Some(id) = document.root().member("id") else {
        return Cow::Borrowed("");
    };
    let text = match id.kind() {
        Kind::Text if id.shows_secret() => Cow::Borrowed(STARS),
        Kind::Text => id.text().unwrap_or_default(),
        Kind::Number => Cow::Borrowed(id.number().unwrap_or_default()),
        Kind::Null | Kind::Boolean | Kind::List | Kind::Object => Cow::Borrowed(""),
    };
    match text.char_indices().nth(ID_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(text[..end].to_owned()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(body: &str) -> (String, String) {
        let document = parse(body.as_bytes()).expect("JSON");
        let trace = trace(&document);
        (trace.body.text.clone(), trace.id.into_owned())
    }

    #[test]
    fn every_secret_parameter_is_hidden() {
        assert_eq!(*SECRET_PARAMETERS, ["access_token", "password"]);
        for name in SECRET_PARAMETERS.iter() {
            let body = format!(r#"{{"params":{{"{name}":"hush","x":[{{"{name}":5}}]}}}}"#);
            assert_eq!(kept(&body).0, format!(r#"{{"params":{{"{name}":"***","x":[{{"{name}":"***"}}]}}}}"#));
        }
    }

    #[test]
    fn members_that_are_named_like_secrets_are_hidden() {
        let names = [
            "token",
            "Token",
            "ACCESS_TOKEN",
            "refresh_token",
            "authToken",
            "password",
            "new_password",
            "OldPassword",
            "secret",
            "client_secret",
            "authorization",
            "Authorization",
            "api_key",
            "API_KEY",
            "x-api-key",
            "apiKey",
        ];
        for name in names {
            let body = format!(r#"{{"params":{{"a":{{"{name}":"hush"}}}}}}"#);
            assert_eq!(kept(&body).0, body.replace("hush", "***"), "{name}");
        }
        for name in ["token_name", "passwords", "last_name", "key", "", "ключ", "n"] {
            let body = format!(r#"{{"params":{{"a":{{"{name}":"shown"}}}}}}"#);
            assert_eq!(kept(&body).0, body, "{name}");
        }
    }

    #[test]
    fn a_secret_under_another_name_is_hidden_everywhere() {
        let body = r#"{"params":{"new_password":"correct horse","note":"my correct horse!","correct horse":1}}"#;
        assert_eq!(kept(body).0, r#"{"params":{"new_password":"***","note":"***","***":1}}"#);
        let body = r#"{"id":1,"token":"0123456789","params":{"name":"0123456789"}}"#;
        assert_eq!(kept(body).0, r#"{"id":1,"token":"***","params":{"name":"***"}}"#);
    }

    #[test]
    fn ids_are_kept_as_texts() {
        for (body, id) in [
            (r#"{"id":1.0}"#, "1.0".to_owned()),
            (r#"{"id":"a\"b"}"#, "a\"b".to_owned()),
            (r#"{"id":"key-12345678-key","params":{"access_token":"12345678"}}"#, STARS.to_owned()),
            (&format!(r#"{{"id":"{}"}}"#, "ж".repeat(9_999)), "ж".repeat(ID_CHARS_MAX)),
        ] {
            assert_eq!(kept(body).1, id);
        }
    }
}
