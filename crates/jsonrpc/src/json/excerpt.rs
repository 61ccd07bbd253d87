//! What a refusal repeats of a value: a string as it is, anything else as compact JSON, cut short.
//!
//! Members that hold secrets are starred out wherever they stand.

use super::{Json, Kind};

/// Most characters of a value that a refusal repeats.
pub const VALUE_CHARS_MAX: usize = 1_000;

/// Members whose value is never repeated.
pub(super) const SECRET_MEMBERS: [&str; 2] = ["access_token", "password"];

impl Json<'_> {
    /// The value as a refusal repeats it, at most [`VALUE_CHARS_MAX`] characters.
    pub fn repeated(self) -> String {
        let mut brief = Brief { text: String::new(), room: VALUE_CHARS_MAX };
        match self.text() {
            Some(text) => brief.push(&text),
            None => brief.value(self),
        }
        brief.text
    }
}

/// A text that stops growing at a number of characters.
struct Brief {
    text: String,
    room: usize,
}

impl Brief {
    fn push(&mut self, text: &str) {
        let end = text.char_indices().nth(self.room).map_or(text.len(), |(end, _)| end);
        let part = &text[..end];
        self.room -= part.chars().count();
        self.text.push_str(part);
    }

    /// Goes no deeper than [`super::DEPTH_MAX`], because the parser did not.
    fn value(&mut self, value: Json<'_>) {
        match value.kind() {
            Kind::Null | Kind::Boolean | Kind::Number => self.push(value.span()),
            Kind::Text => self.string(value),
            Kind::List => self.list(value),
            Kind::Object => self.object(value),
        }
    }

    fn string(&mut self, value: Json<'_>) {
        let mut quoted = Vec::new();
        crate::to_wire::text(&mut quoted, &value.unescaped());
        self.push(&String::from_utf8_lossy(&quoted));
    }

    fn list(&mut self, list: Json<'_>) {
        self.push("[");
        for (place, element) in list.elements().enumerate() {
            if self.room == 0 {
                return;
            }
            self.push(if place == 0 { "" } else { "," });
            self.value(element);
        }
        self.push("]");
    }

    fn object(&mut self, object: Json<'_>) {
        self.push("{");
        for (place, (name, value)) in object.members().enumerate() {
            if self.room == 0 {
                return;
            }
            self.push(if place == 0 { "" } else { "," });
            self.string(name);
            self.push(":");
            if SECRET_MEMBERS.iter().any(|secret| name.is_text(secret)) {
                self.push("\"***\"");
            } else {
                self.value(value);
            }
        }
        self.push("}");
    }
}
