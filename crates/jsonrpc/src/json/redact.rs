//! What the request report keeps of a call: the body with its secrets starred out, cut short, and the call's id.
//!
//! The value of every member that is named like a secret is replaced, however deep it stands and however its name is
//! escaped; so is every other string in which a secret of this call can be read. The rest is copied as it was written.
//! Of a long body no more is looked at than is kept.

use std::borrow::Cow;

use super::excerpt::SECRET_MEMBERS;
use super::{Document, Json, Kind, Node};

/// Most bytes of a body that are kept.
pub const BODY_BYTES_MAX: usize = 4 << 10;
/// Most characters of an id that are kept.
pub const ID_CHARS_MAX: usize = 255;
/// A secret shorter than this is only looked for as a whole string: parts of words would be taken for it.
const PART_BYTES_MIN: usize = 8;
/// What stands in a secret's place.
const STARS: &str = "***";

/// What is kept of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace<'d> {
    /// The body, at most [`BODY_BYTES_MAX`] bytes, without secrets.
    pub body: String,
    /// Whether that is all of it: then it is JSON.
    pub is_whole: bool,
    /// The id, at most [`ID_CHARS_MAX`] characters: a string as it is, a number as it was written.
    pub id: Cow<'d, str>,
}

impl<'t> Document<'t> {
    /// What is to be kept of the call that this is.
    pub fn trace(&self) -> Trace<'_> {
        let secrets = Secrets::of(self.root());
        let mut copy = Excerpt { text: self.text, copied: 0, body: String::new(), secrets: &secrets };
        copy.body.reserve(self.text.len().min(BODY_BYTES_MAX) + STARS.len());
        copy.value(self.root(), Visibility::Open);
        copy.up_to(self.text.len());
        let Excerpt { body, .. } = copy;
        let is_whole = body.len() <= BODY_BYTES_MAX;
        Trace { body: cut(body, BODY_BYTES_MAX), is_whole, id: secrets.id(self.root()) }
    }
}

/// The first so many bytes, or a few less so that no character is torn.
fn cut(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    text
}

/// The secrets that a call came with.
struct Secrets<'d>([Option<Cow<'d, str>>; SECRET_MEMBERS.len()]);

impl<'d> Secrets<'d> {
    fn of(root: Json<'d>) -> Self {
        let params = root.member("params");
        let secret = |name| params?.member(name)?.text().filter(|secret| !secret.is_empty());
        Secrets(SECRET_MEMBERS.map(secret))
    }

    /// Whether a secret can be read in a string.
    fn show_in(&self, string: Json<'_>) -> bool {
        let length = string.span().len();
        // Unescaping makes nothing longer.
        self.0.iter().flatten().filter(|secret| secret.len() <= length).any(|secret| {
            let text = string.unescaped();
            if secret.len() < PART_BYTES_MIN { text == *secret } else { text.contains(&**secret) }
        })
    }

    fn id(&self, root: Json<'d>) -> Cow<'d, str> {
        let Some(id) = root.member("id") else {
            return Cow::Borrowed("");
        };
        let text = match id.kind() {
            Kind::Text if self.show_in(id) => Cow::Borrowed(STARS),
            Kind::Text => id.unescaped(),
            Kind::Number => Cow::Borrowed(id.span()),
            Kind::Null | Kind::Boolean | Kind::List | Kind::Object => Cow::Borrowed(""),
        };
        match text.char_indices().nth(ID_CHARS_MAX) {
            Some((end, _)) => Cow::Owned(text[..end].to_owned()),
            None => text,
        }
    }
}

/// Whether what is looked at may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Open,
    Hidden,
}

/// A copy of a text in the making.
struct Excerpt<'d> {
    text: &'d str,
    /// So many bytes of the text are in the copy, or something in their place.
    copied: usize,
    body: String,
    secrets: &'d Secrets<'d>,
}

impl Excerpt<'_> {
    /// Copies up to some scalar in this value at least. Goes no deeper than [`super::parse::DEPTH_MAX`], because the
    /// parser did not.
    fn value(&mut self, value: Json<'_>, sight: Visibility) {
        match value.kind() {
            Kind::Object => self.members(value, sight),
            Kind::List => {
                for element in value.elements() {
                    if !self.has_room(element) {
                        return;
                    }
                    self.value(element, sight);
                }
            }
            Kind::Text if sight == Visibility::Hidden || self.secrets.show_in(value) => self.hide(value),
            Kind::Null | Kind::Boolean | Kind::Number if sight == Visibility::Hidden => self.hide(value),
            Kind::Null | Kind::Boolean | Kind::Number | Kind::Text => {}
        }
    }

    fn members(&mut self, object: Json<'_>, sight: Visibility) {
        for (name, value) in object.members() {
            if !self.has_room(name) {
                return;
            }
            if self.secrets.show_in(name) {
                self.hide(name);
            }
            let is_secret = SECRET_MEMBERS.iter().any(|secret| name.is_text(secret));
            self.value(value, if is_secret { Visibility::Hidden } else { sight });
        }
    }

    /// Whether anything of this value can be in the copy.
    fn has_room(&self, value: Json<'_>) -> bool {
        let Node { start, .. } = value.node();
        self.body.len() + (start as usize).saturating_sub(self.copied) <= BODY_BYTES_MAX
    }

    /// Copies what stands before a scalar, and stars in its place.
    fn hide(&mut self, scalar: Json<'_>) {
        let Node { start, end, kind, .. } = scalar.node();
        self.up_to(start as usize);
        match kind {
            Kind::Text => self.body.push_str(STARS),
            Kind::Null | Kind::Boolean | Kind::Number | Kind::List | Kind::Object => {
                self.body.push('"');
                self.body.push_str(STARS);
                self.body.push('"');
            }
        }
        self.copied = end as usize;
    }

    /// Copies the text up to here, but not much more than has room.
    fn up_to(&mut self, end: usize) {
        let room = (BODY_BYTES_MAX + 1).saturating_sub(self.body.len());
        let last = self.text.ceil_char_boundary(end.min(self.copied.saturating_add(room)));
        self.body.push_str(&self.text[self.copied..last.max(self.copied)]);
        self.copied = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(body: &str) -> (String, bool, String) {
        let document = Document::parse(body.as_bytes()).expect("JSON");
        let Trace { body, is_whole, id } = document.trace();
        (body, is_whole, id.into_owned())
    }

    #[test]
    fn secrets_are_starred_wherever_they_stand() {
        let token = "0123456789abcdef0123456789abcdef";
        for (body, kept) in [
            (
                r#"{"id":1,"params":{"access_token":"TOKEN","limit":1}}"#,
                r#"{"id":1,"params":{"access_token":"***","limit":1}}"#,
            ),
            (r#"{"params":{"acc\u0065ss_token":"TOKEN"}}"#, r#"{"params":{"acc\u0065ss_token":"***"}}"#),
            (
                r#"{"params":{"access_token" : "TOKEN", "filter":{"value":"%TOKEN%","TOKEN":["TOKEN", 1]}}}"#,
                r#"{"params":{"access_token" : "***", "filter":{"value":"***","***":["***", 1]}}}"#,
            ),
            (
                r#"{"params":{"access_token":"x","access_token":"TOKEN","a":"TOK\u0045N"}}"#,
                r#"{"params":{"access_token":"***","access_token":"***","a":"***"}}"#,
            ),
            (
                r#"{"password":["a",{"b":7,"c":null}],"x":{"y":[{"password":false}]}}"#,
                r#"{"password":["***",{"b":"***","c":"***"}],"x":{"y":[{"password":"***"}]}}"#,
            ),
            (
                r#"{"params":{"login":"ann","password":"ann","name":"Joanna"}}"#,
                r#"{"params":{"login":"***","password":"***","name":"Joanna"}}"#,
            ),
            (r#"{"params":{"access_token":"","a":""}}"#, r#"{"params":{"access_token":"***","a":""}}"#),
        ] {
            let spelled = token.replace("45", "\\u00345");
            let body = body.replace("TOK\\u0045N", &spelled).replace("TOKEN", token);
            assert_eq!(
                traced(&body),
                (kept.to_owned(), true, if body.contains("\"id\"") { "1" } else { "" }.to_owned())
            );
        }
    }

    #[test]
    fn long_bodies_are_cut_between_characters() {
        let secret = "s".repeat(40);
        for filling in ["x".repeat(5_000), "ж".repeat(3_000), "\u{1f600}".repeat(2_000)] {
            for (before, after) in [("", "abc"), ("a", ""), ("ab", "")] {
                let body = format!(
                    r#"{{"params":{{"access_token":"{secret}","{before}":"{filling}","z":"{secret}{after}"}}}}"#
                );
                let (kept, is_whole, _) = traced(&body);
                assert!(!is_whole && (BODY_BYTES_MAX - 3..=BODY_BYTES_MAX).contains(&kept.len()), "{}", kept.len());
                assert_eq!(kept, cut(body.replace(&secret, STARS), BODY_BYTES_MAX));
            }
        }
    }

    #[test]
    fn a_body_of_the_largest_size_is_whole_and_one_more_is_not() {
        let body = |length: usize| format!("[\"{}\"]", "x".repeat(length - 4));
        assert_eq!(traced(&body(BODY_BYTES_MAX)), (body(BODY_BYTES_MAX), true, String::new()));
        let (kept, is_whole, _) = traced(&body(BODY_BYTES_MAX + 1));
        assert!(!is_whole && kept.len() == BODY_BYTES_MAX);
    }

    #[test]
    fn a_secret_at_the_edge_is_not_kept_in_part() {
        let secret = "0123456789abcdef".repeat(2);
        for shift in 0..120 {
            let filling = "x".repeat(BODY_BYTES_MAX - 120 + shift);
            let body = format!(r#"["{filling}",{{"params":1,"access_token":"{secret}"}}]"#);
            assert!(!traced(&body).0.contains("0123"), "{shift}");
        }
    }

    #[test]
    fn ids_are_told_as_texts() {
        for (body, id) in [
            (r#"{"id":1.0}"#, "1.0".to_owned()),
            (r#"{"id":"a\"b"}"#, "a\"b".to_owned()),
            (r#"{"id":"key-12345678-key","params":{"access_token":"12345678"}}"#, STARS.to_owned()),
            (&format!(r#"{{"id":"{}"}}"#, "ж".repeat(9_999)), "ж".repeat(ID_CHARS_MAX)),
        ] {
            assert_eq!(traced(body).2, id);
        }
    }
}
