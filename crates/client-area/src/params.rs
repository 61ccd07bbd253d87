//! Parameters of an operation, read by name; what is not known is refused.

use ringbook_clock::Moment;
use serde_json::{Map, Value};

/// Members of every request beside the parameters of its operation.
const ENVELOPE: [&str; 3] = ["operation", "user_id", "confirm"];
/// Members that are never kept.
const SECRETS: [&str; 2] = ["confirm", "password"];

/// A parameter that is not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrongParam {
    /// Which; empty for one that is not known.
    pub(crate) field: &'static str,
    /// Why, in one word.
    pub(crate) reason: &'static str,
}

/// The members of a request.
pub(crate) struct Params<'a> {
    members: &'a Map<String, Value>,
}

impl<'a> Params<'a> {
    pub(crate) const fn new(members: &'a Map<String, Value>) -> Self {
        Self { members }
    }

    fn given(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// Whether there is such a parameter.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.given(name).is_some()
    }

    /// Refuses parameters that are not among these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<&Self, WrongParam> {
        let is_known = |name: &&String| ENVELOPE.contains(&name.as_str()) || known.contains(&name.as_str());
        match self.members.keys().find(|name| !is_known(name)) {
            Some(_) => Err(WrongParam { field: "", reason: "unknown" }),
            None => Ok(self),
        }
    }

    pub(crate) fn text(&self, field: &'static str) -> Result<Option<&'a str>, WrongParam> {
        let wrong = WrongParam { field, reason: "no_text" };
        self.given(field).map(|value| value.as_str().ok_or(wrong)).transpose()
    }

    pub(crate) fn required_text(&self, field: &'static str) -> Result<&'a str, WrongParam> {
        self.text(field)?.ok_or(WrongParam { field, reason: "missing" })
    }

    pub(crate) fn texts(&self, field: &'static str) -> Result<Option<Vec<&'a str>>, WrongParam> {
        let list = |value: &'a Value| value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        let wrong = WrongParam { field, reason: "no_list" };
        self.given(field).map(|value| list(value).ok_or(wrong)).transpose()
    }

    pub(crate) fn number(&self, field: &'static str) -> Result<Option<u64>, WrongParam> {
        let wrong = WrongParam { field, reason: "no_number" };
        self.given(field).map(|value| value.as_u64().ok_or(wrong)).transpose()
    }

    pub(crate) fn required_number(&self, field: &'static str) -> Result<u64, WrongParam> {
        self.number(field)?.ok_or(WrongParam { field, reason: "missing" })
    }

    pub(crate) fn required_truth(&self, field: &'static str) -> Result<bool, WrongParam> {
        self.given(field).and_then(Value::as_bool).ok_or(WrongParam { field, reason: "missing" })
    }

    /// A moment in UTC, as `YYYY-MM-DD hh:mm:ss`.
    pub(crate) fn moment(&self, field: &'static str) -> Result<Option<Moment>, WrongParam> {
        let parse = |text: &str| Moment::parse(text).map_err(|_| WrongParam { field, reason: "no_moment" });
        self.text(field)?.map(parse).transpose()
    }

    /// The request as JSON, with stars for passwords.
    pub(crate) fn without_secrets(&self) -> String {
        let mut members = self.members.clone();
        for name in SECRETS {
            if let Some(value) = members.get_mut(name) {
                *value = "***".into();
            }
        }
        Value::Object(members).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_are_read_and_others_refused() {
        let body = json!({"operation": "x", "user": 3, "name": "a", "expires_at": "2030-01-02", "blocked": null});
        let params = Params::new(body.as_object().expect("an object"));
        assert_eq!(params.required_number("user"), Ok(3));
        assert_eq!(params.number("name"), Err(WrongParam { field: "name", reason: "no_number" }));
        assert_eq!(params.required_truth("blocked"), Err(WrongParam { field: "blocked", reason: "missing" }));
        assert!(params.only(&["user", "name", "expires_at", "blocked"]).is_ok());
        assert!(params.only(&["user", "name", "expires_at"]).is_err());
    }

    #[test]
    fn passwords_are_not_kept() {
        let body = json!({"operation": "add_user", "password": "hunter22", "confirm": "secret"});
        let kept = Params::new(body.as_object().expect("an object")).without_secrets();
        assert!(!kept.contains("hunter22") && !kept.contains("secret"), "{kept}");
    }
}
