//! What an error repeats of a value: a string as it is, anything else as compact JSON, cut short.
//!
//! Values of secret members are starred out wherever they stand; a value in which one of the document's secrets can
//! be read is not repeated at all.

use super::{Json, Kind, STARS, write};

/// Maximum number of characters of an excerpt.
pub const EXCERPT_CHARS_MAX: usize = 1_000;

impl Json<'_> {
    /// The value as an error repeats it, at most [`EXCERPT_CHARS_MAX`] characters; `None` if a secret can be read in
    /// it.
    pub fn excerpt(self) -> Option<String> {
        let mut excerpt = Excerpt { text: String::new(), room: EXCERPT_CHARS_MAX, shows_secret: false };
        match self.text() {
            Some(text) => {
                excerpt.shows_secret = self.shows_secret();
                excerpt.push(&text);
            }
            None => excerpt.value(self),
        }
        let shows_secret = excerpt.shows_secret || self.document.has_secret_within(&excerpt.text);
        (!shows_secret).then_some(excerpt.text)
    }

    /// The name of a member as a path repeats it, at most [`EXCERPT_CHARS_MAX`] characters; stars if a secret can be
    /// read in it.
    pub fn path_segment(self) -> String {
        if self.shows_secret() {
            return STARS.to_owned();
        }
        self.unescaped().chars().take(EXCERPT_CHARS_MAX).collect()
    }
}

/// A text that stops growing at a number of characters.
struct Excerpt {
    text: String,
    room: usize,
    shows_secret: bool,
}

impl Excerpt {
    fn push(&mut self, text: &str) {
        let end = text.char_indices().nth(self.room).map_or(text.len(), |(end, _)| end);
        let part = &text[..end];
        self.room -= part.chars().count();
        self.text.push_str(part);
    }

    /// Recurses no deeper than [`super::DEPTH_MAX`], because the parser did not.
    fn value(&mut self, value: Json<'_>) {
        match value.kind() {
            Kind::Null | Kind::Boolean | Kind::Number => self.push(value.span()),
            Kind::Text => self.string(value),
            Kind::List => self.list(value),
            Kind::Object => self.object(value),
        }
    }

    fn string(&mut self, value: Json<'_>) {
        self.shows_secret |= value.shows_secret();
        let mut quoted = Vec::new();
        write::text(&mut quoted, &value.unescaped());
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
            if name.names_secret() {
                self.push("\"***\"");
            } else {
                self.value(value);
            }
        }
        self.push("}");
    }
}
