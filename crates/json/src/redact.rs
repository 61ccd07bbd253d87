//! What is hidden of a document: secret members, and whatever repeats their values.
//!
//! The value of every member with a secret name is hidden, however deep it stands and however its name is escaped; so
//! is every other string, member names included, in which a secret of this document can be read. [`Document::redacted`]
//! is the beginning of the text with stars in the place of secrets: the rest is copied as it was written, and of a long
//! text no more is looked at than is kept.

use std::borrow::Cow;

use super::{Document, Json, Kind, Node};

/// A secret shorter than this is only looked for as a whole string: parts of words would be taken for it.
const PART_BYTES_MIN: usize = 8;
/// Maximum number of secrets of a document. With more than that every string is hidden.
const SECRETS_MAX: usize = 16;
/// What stands in a secret's place.
pub const STARS: &str = "***";

/// The secrets of a document.
#[derive(Debug)]
pub(super) struct Secrets {
    /// Whether a member of this name is secret.
    is_secret: fn(&str) -> bool,
    /// Nodes: names and values of the secret members. The last of equal names counts.
    members: Vec<(u32, u32)>,
    /// Whether there are more than [`SECRETS_MAX`].
    too_many: bool,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { is_secret: |_| false, members: Vec::new(), too_many: false }
    }
}

/// The beginning of a text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text, cut between characters.
    pub text: String,
    /// Whether that is all of it: then it is JSON.
    pub is_whole: bool,
}

impl Document<'_> {
    /// Hides the members that `is_secret` names, and whatever repeats the texts that they have in the document's
    /// object itself or in the objects that are its members `inside`.
    pub fn conceal(&mut self, is_secret: fn(&str) -> bool, inside: &[&str]) {
        let mut secrets = Secrets { is_secret, ..Secrets::default() };
        let root = self.root();
        let objects = inside.iter().filter_map(|name| root.member(name));
        for (name, value) in std::iter::once(root).chain(objects).flat_map(Json::members) {
            if value.kind() == Kind::Text && !value.span().is_empty() && is_secret(&name.unescaped()) {
                secrets.add(self, name, value);
            }
        }
        self.secrets = secrets;
    }

    /// At most `bytes_max` bytes of the document's text, with its secrets starred out.
    pub fn redacted(&self, bytes_max: usize) -> Redacted {
        let mut copy = Copy { text: self.text, copied: 0, bytes_max, redacted: String::new() };
        copy.redacted.reserve(self.text.len().min(bytes_max) + STARS.len());
        copy.value(self.root(), Visibility::Open);
        copy.up_to(self.text.len());
        let mut text = copy.redacted;
        let is_whole = text.len() <= bytes_max;
        text.truncate(text.floor_char_boundary(bytes_max));
        Redacted { text, is_whole }
    }

    /// A short text that may quote the document, with stars in the place of each piece of [`PART_BYTES_MIN`] bytes or
    /// more of a secret: a quotation may be cut. With more than [`SECRETS_MAX`] secrets all of the text is replaced.
    pub fn without_secrets<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.secrets.too_many {
            return Cow::Borrowed(STARS);
        }
        let secrets: Vec<_> = self.secrets.texts(self).filter(|secret| secret.len() >= PART_BYTES_MIN).collect();
        let mut shown = String::new();
        // Up to where the text is in `shown`, or hidden.
        let mut done = 0;
        for (at, _) in text.char_indices() {
            let end = text.ceil_char_boundary(at + PART_BYTES_MIN);
            if end - at >= PART_BYTES_MIN && secrets.iter().any(|secret| secret.contains(&text[at..end])) {
                if at >= done {
                    shown.push_str(&text[done..at]);
                    shown.push_str(STARS);
                }
                done = end;
            }
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        shown.push_str(&text[done..]);
        Cow::Owned(shown)
    }

    /// Whether a secret of any length stands in this text.
    pub(super) fn has_secret_within(&self, text: &str) -> bool {
        self.secrets.texts(self).any(|secret| text.contains(&*secret))
    }
}

impl Json<'_> {
    /// Whether one of the document's secrets can be read in this string.
    pub fn shows_secret(self) -> bool {
        let Secrets { members, too_many, .. } = &self.document.secrets;
        if self.kind() != Kind::Text || members.is_empty() {
            return false;
        }
        let length = self.span().len();
        // Unescaping makes nothing longer.
        *too_many
            || self.document.secrets.texts(self.document).filter(|secret| secret.len() <= length).any(|secret| {
                let text = self.unescaped();
                if secret.len() < PART_BYTES_MIN { text == secret } else { text.contains(&*secret) }
            })
    }

    /// Whether this is the name of a secret member.
    pub(super) fn names_secret(self) -> bool {
        (self.document.secrets.is_secret)(&self.unescaped())
    }
}

impl Secrets {
    fn add(&mut self, document: &Document<'_>, name: Json<'_>, value: Json<'_>) {
        let at = |node: u32| Json { document, at: node as usize };
        let (name_at, value_at) = (name.at as u32, value.at as u32);
        let known = self.members.iter().position(|(known, _)| at(*known).unescaped() == name.unescaped());
        match known {
            Some(place) => self.members[place].1 = value_at,
            None if self.members.len() == SECRETS_MAX => self.too_many = true,
            None => self.members.push((name_at, value_at)),
        }
    }

    fn texts<'d>(&self, document: &'d Document<'d>) -> impl Iterator<Item = Cow<'d, str>> {
        self.members.iter().map(move |(_, value)| Json { document, at: *value as usize }.unescaped())
    }
}

/// Whether what is looked at may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Open,
    Hidden,
}

/// A copy of a text in the making.
struct Copy<'t> {
    text: &'t str,
    /// How many bytes of the text are in the copy, or something in their place.
    copied: usize,
    bytes_max: usize,
    redacted: String,
}

impl Copy<'_> {
    /// Copies up to some scalar in this value at least. Recurses no deeper than [`super::DEPTH_MAX`], because the parser
    /// did not.
    fn value(&mut self, value: Json<'_>, visibility: Visibility) {
        match value.kind() {
            Kind::Object => self.members(value, visibility),
            Kind::List => {
                for element in value.elements() {
                    if !self.has_room(element) {
                        return;
                    }
                    self.value(element, visibility);
                }
            }
            Kind::Text if visibility == Visibility::Hidden || value.shows_secret() => self.hide(value),
            Kind::Null | Kind::Boolean | Kind::Number if visibility == Visibility::Hidden => self.hide(value),
            Kind::Null | Kind::Boolean | Kind::Number | Kind::Text => {}
        }
    }

    fn members(&mut self, object: Json<'_>, visibility: Visibility) {
        for (name, value) in object.members() {
            if !self.has_room(name) {
                return;
            }
            if name.shows_secret() {
                self.hide(name);
            }
            self.value(value, if name.names_secret() { Visibility::Hidden } else { visibility });
        }
    }

    /// Whether anything of this value can be in the copy.
    fn has_room(&self, value: Json<'_>) -> bool {
        let Node { start, .. } = value.node();
        self.redacted.len() + (start as usize).saturating_sub(self.copied) <= self.bytes_max
    }

    /// Copies what stands before a scalar, and stars in its place.
    fn hide(&mut self, scalar: Json<'_>) {
        let Node { start, end, kind, .. } = scalar.node();
        self.up_to(start as usize);
        match kind {
            Kind::Text => self.redacted.push_str(STARS),
            Kind::Null | Kind::Boolean | Kind::Number | Kind::List | Kind::Object => {
                self.redacted.push('"');
                self.redacted.push_str(STARS);
                self.redacted.push('"');
            }
        }
        self.copied = end as usize;
    }

    /// Copies the text up to here, but not much more than has room.
    fn up_to(&mut self, end: usize) {
        let room = (self.bytes_max + 1).saturating_sub(self.redacted.len());
        let last = self.text.ceil_char_boundary(end.min(self.copied.saturating_add(room)));
        self.redacted.push_str(&self.text[self.copied..last.max(self.copied)]);
        self.copied = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES_MAX: usize = 4 << 10;

    fn redacted(body: &str) -> (String, bool) {
        let mut document = Document::parse(body.as_bytes()).expect("JSON");
        document.conceal(|name| ["access_token", "password"].contains(&name), &["params"]);
        let Redacted { text, is_whole } = document.redacted(BYTES_MAX);
        (text, is_whole)
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
            assert_eq!(redacted(&body), (kept.to_owned(), true));
        }
    }

    #[test]
    fn a_text_that_quotes_a_secret_is_starred_out() {
        let body = r#"{"params":{"access_token":"0123456789abcdef","password":"ann"}}"#;
        let mut document = Document::parse(body.as_bytes()).expect("JSON");
        document.conceal(|name| ["access_token", "password"].contains(&name), &["params"]);
        for (text, shown) in [
            ("found 0123456789abcdef, then 0123456789abcdefg", "found ***, then ***g"),
            ("found x0123456789abc", "found x***"),
            ("3456789abcdefж", "***ж"),
            ("0123456", "0123456"),
        ] {
            assert_eq!(document.without_secrets(text), shown);
        }
        assert_eq!(document.without_secrets("expected a number"), "expected a number");
    }

    #[test]
    fn long_bodies_are_cut_between_characters() {
        let secret = "s".repeat(40);
        for filling in ["x".repeat(5_000), "ж".repeat(3_000), "\u{1f600}".repeat(2_000)] {
            for (before, after) in [("", "abc"), ("a", ""), ("ab", "")] {
                let body = format!(
                    r#"{{"params":{{"access_token":"{secret}","{before}":"{filling}","z":"{secret}{after}"}}}}"#
                );
                let (kept, is_whole) = redacted(&body);
                assert!(!is_whole && (BYTES_MAX - 3..=BYTES_MAX).contains(&kept.len()), "{}", kept.len());
                let mut wanted = body.replace(&secret, STARS);
                wanted.truncate(wanted.floor_char_boundary(BYTES_MAX));
                assert_eq!(kept, wanted);
            }
        }
    }

    #[test]
    fn a_body_of_the_largest_size_is_whole_and_one_more_is_not() {
        let body = |length: usize| format!("[\"{}\"]", "x".repeat(length - 4));
        assert_eq!(redacted(&body(BYTES_MAX)), (body(BYTES_MAX), true));
        let (kept, is_whole) = redacted(&body(BYTES_MAX + 1));
        assert!(!is_whole && kept.len() == BYTES_MAX);
    }

    #[test]
    fn a_secret_at_the_edge_is_not_kept_in_part() {
        let secret = "0123456789abcdef".repeat(2);
        for shift in 0..120 {
            let filling = "x".repeat(BYTES_MAX - 120 + shift);
            let body = format!(r#"["{filling}",{{"params":1,"access_token":"{secret}"}}]"#);
            assert!(!redacted(&body).0.contains("0123"), "{shift}");
        }
    }

    #[test]
    fn the_last_of_equal_names_is_the_secret_and_too_many_hide_everything() {
        let body = r#"{"params":{"password":"first1234","password":"second123","a":"first1234","b":"second123"}}"#;
        let kept = r#"{"params":{"password":"***","password":"***","a":"first1234","b":"***"}}"#;
        assert_eq!(redacted(body), (kept.to_owned(), true));
        let many: Vec<String> = (0..20).map(|at| format!(r#""s{at}":"secret-{at}""#)).collect();
        let body = format!(r#"{{"params":{{{},"a":"harmless"}}}}"#, many.join(","));
        let mut document = Document::parse(body.as_bytes()).expect("JSON");
        document.conceal(|name| name.starts_with('s'), &["params"]);
        assert!(!document.redacted(BYTES_MAX).text.contains("harmless"));
    }
}
