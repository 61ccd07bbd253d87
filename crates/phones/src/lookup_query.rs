//! What a look-up asks, read from its query.

use ringbook_app::access::{Charset, NameOrder};
use ringbook_directory_view::entry::EntryStyle;
use ringbook_directory_view::names;
use ringbook_directory_view::number_rule::{NUMBER_BYTES_MAX, masked};

use crate::query::Query;

/// Longest name of an answer, in characters.
pub const NAME_CHARS_MAX: usize = 255;

/// What a look-up asks.
#[derive(Debug)]
pub struct LookUp {
    /// The number as it was given.
    pub number: String,
    /// The name that the switch has already; the answer if nobody is found.
    pub name: String,
    name_chars_max: usize,
    charset: Option<Charset>,
    order: Option<NameOrder>,
    with_organization: bool,
}

impl LookUp {
    /// Reads a query; what makes no sense in it counts as missing.
    pub fn read(query: &Query<'_>) -> Self {
        let text = |name| query.get(name).unwrap_or_default();
        let (number, name) = (text("number"), text("name"));
        let name_chars_max = query.number("max").and_then(|max| usize::try_from(max).ok()).unwrap_or(NAME_CHARS_MAX);
        Self {
            number: names::cut_bytes(number, NUMBER_BYTES_MAX).to_owned(),
            name: names::cut(name, NAME_CHARS_MAX).to_owned(),
            name_chars_max: name_chars_max.clamp(1, NAME_CHARS_MAX),
            charset: query.get("charset").and_then(Charset::parse),
            order: query.get("order").and_then(NameOrder::parse),
            with_organization: query.get("with") == Some("org"),
        }
    }

    /// The style of the device, with what the look-up sets otherwise.
    pub fn style(&self, style: EntryStyle) -> EntryStyle {
        let mut style = style;
        style.names.charset = self.charset.unwrap_or(style.names.charset);
        style.names.order = self.order.unwrap_or(style.names.order);
        style.names.with_organization = self.with_organization;
        style
    }

    /// A name as an answer: short enough, and without what a switch might take for an instruction.
    pub fn shown(&self, name: &str) -> String {
        let name: String =
            name.chars().map(|letter| if letter.is_control() || letter == '%' { ' ' } else { letter }).collect();
        names::cut(name.trim(), self.name_chars_max).to_owned()
    }

    /// What the request report keeps: the number masked, unless it is to be kept whole.
    pub fn sent(&self, keeps_numbers: bool) -> String {
        let number = if keeps_numbers { self.number.clone() } else { masked(&self.number) };
        let mut body = b"{\"number\":".to_vec();
        ringbook_json::write::text(&mut body, &number);
        body.push(b'}');
        String::from_utf8(body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_answered_without_instructions() {
        let query = Query::read(Some("number=1&name=x&max=6&charset=ascii&order=first&with=org"));
        let look_up = LookUp::read(&query);
        assert_eq!(look_up.shown(" 50% \nof all"), "50   o");
        assert_eq!(
            (look_up.charset, look_up.order, look_up.with_organization),
            (Some(Charset::Ascii), Some(NameOrder::FirstLast), true)
        );
        let look_up = LookUp::read(&Query::read(Some("max=0&charset=koi8&order=%00")));
        assert_eq!((look_up.name_chars_max, look_up.charset, look_up.order), (1, None, None));
    }
}
