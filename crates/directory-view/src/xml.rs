//! Writes XML: every text escaped in one place, so that no name can spoil a phone book.

/// The beginning of every document.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A document while it is written.
#[derive(Debug, Default)]
pub struct Xml(String);

impl Xml {
    /// Begins a document with its declaration.
    pub fn document() -> Self {
        Self(DECLARATION.to_owned())
    }

    /// Begins a document or a part of one without a declaration.
    pub fn fragment() -> Self {
        Self::default()
    }

    /// Opens an element.
    pub fn open(&mut self, name: &str) {
        self.open_with(name, &[]);
    }

    /// Opens an element with attributes.
    pub fn open_with(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.0.push('>');
    }

    /// Closes an element.
    pub fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push_str(">\n");
    }

    /// An element that holds a text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.text_with(name, &[], text);
    }

    /// An element with attributes that holds a text.
    pub fn text_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open_with(name, attributes);
        escape(&mut self.0, text);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element that holds nothing.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.0.push_str("/>");
    }

    /// A line break, for people who read the document.
    pub fn line(&mut self) {
        self.0.push('\n');
    }

    /// Appends what was written elsewhere.
    pub fn append(&mut self, other: Self) {
        self.0.push_str(&other.0);
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Markup as it is.
    pub fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// A text between elements.
    pub fn characters(&mut self, text: &str) {
        escape(&mut self.0, text);
    }

    /// A text between elements whose line ends count.
    pub fn verbatim(&mut self, text: &str) {
        for (at, line) in text.split("\r\n").enumerate() {
            if at > 0 {
                self.0.push_str("&#13;\n");
            }
            escape(&mut self.0, line);
        }
    }

    /// How much is written, in bytes.
    pub fn written_bytes(&self) -> usize {
        self.0.len()
    }

    /// The document.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// Takes back what was written after this many bytes.
    pub fn truncate(&mut self, bytes: usize) {
        self.0.truncate(bytes);
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            escape(&mut self.0, value);
            self.0.push('"');
        }
    }
}

/// Whether a character that is not written as it is may begin with this byte of UTF-8.
const fn may_begin_escaped(byte: u8) -> bool {
    // U+F000 to U+FFFF begin with the last one.
    matches!(byte, 0..=0x1f | b'&' | b'<' | b'>' | b'"' | b'\'' | 0xef)
}

/// Appends a text; characters that XML 1.0 does not allow are left out.
fn escape(out: &mut String, text: &str) {
    if !text.bytes().any(may_begin_escaped) {
        return out.push_str(text);
    }
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            letter => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Xml;

    #[test]
    fn no_text_becomes_markup() {
        let mut xml = Xml::fragment();
        xml.text_with("a", &[("b", "\"'<>&")], "]]>\u{0}\u{b}\n<c/>&amp;😀");
        let expected = "<a b=\"&quot;&#39;&lt;&gt;&amp;\">]]&gt; &lt;c/&gt;&amp;amp;😀</a>";
        assert_eq!(String::from_utf8(xml.into_bytes()).as_deref(), Ok(expected));
    }
}
