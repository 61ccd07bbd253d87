//! What a telephone asks of its book: everything, a search, a page, a group.

use ringbook_directory_view::names::cut;
use ringbook_directory_view::number_rule::masked;

use crate::query::Query;
use crate::shapes::{ENTRIES_MAX, Shape};

/// Longest search that is read, in characters.
const SEARCH_CHARS_MAX: usize = 100;
/// Most pages: beyond them there is nothing that one question answers.
const PAGES_MAX: u64 = 1_000;

/// The terms of network directories that are numbers: at home, mobile, in an office.
const NUMBER_TERMS: [&str; 3] = ["hm", "mb", "of"];

/// A query for a book.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BookQuery {
    /// What is looked for: names and parts of numbers; all must match.
    pub texts: Vec<String>,
    /// A number whose owner is looked for.
    pub number: Option<String>,
    /// Only contacts of this group.
    pub group: Option<u64>,
    /// The page, from 1.
    pub page: usize,
    /// How many contacts are wanted.
    pub limit: Option<usize>,
    /// Whether the menu of groups is wanted.
    pub is_menu: bool,
    /// Whether the line to type into is wanted.
    pub is_input: bool,
    /// Whether a person wants to see what the telephone would get.
    pub is_check: bool,
    /// Whether something was asked for that no contact has, such as a street.
    pub is_impossible: bool,
    /// What a network directory names as not found: the first term that was asked for.
    pub term: &'static str,
    /// Whether a search was given, even an empty one.
    has_search: bool,
    /// The position of the first contact that is wanted, from 1; of the last one; and their number.
    window: [Option<u64>; 3],
}

impl BookQuery {
    /// Reads a query; what makes no sense in it counts as missing.
    pub fn read(shape: Shape, query: Option<&str>) -> Self {
        let query = Query::read(query);
        let is_up = |name| matches!(query.get(name), Some("1" | "true"));
        let names: &[&str] = match shape {
            Shape::Gigaset => &["q", "set_first", "ln", "fn", "nn", "ct"],
            _ => &["q", "term"],
        };
        let text = |name: &&str| {
            let text = query.filled(name)?.replace('*', " ");
            Some(cut(text.trim(), SEARCH_CHARS_MAX).to_owned()).filter(|text| !text.is_empty())
        };
        let mut texts: Vec<String> = names.iter().filter_map(text).collect();
        let mut number = query.filled("number").map(str::to_owned);
        let is_gigaset = shape == Shape::Gigaset;
        for home in NUMBER_TERMS.iter().filter_map(|name| query.filled(name)).filter(|_| is_gigaset) {
            let part = home.replace('*', "");
            // With wildcards it is a part of a number, otherwise a caller's.
            match home.contains('*') {
                true if part.trim().is_empty() => {}
                true => texts.push(cut(&part, SEARCH_CHARS_MAX).to_owned()),
                false => number = Some(home.to_owned()),
            }
        }
        let is_asked = |name: &&str| query.filled(name).is_some_and(|text| text.contains(|letter: char| letter != '*'));
        let mut terms = ["ln", "fn", "nn", "ct", "st"].into_iter().chain(NUMBER_TERMS);
        let bounded = |number: u64, max| usize::try_from(number.min(max)).unwrap_or(1).max(1);
        Self {
            texts,
            number: number.map(|number| cut(&number, SEARCH_CHARS_MAX).to_owned()),
            group: query.number("group"),
            page: bounded(query.number("page").unwrap_or(1), PAGES_MAX),
            limit: query.number("limit").map(|limit| bounded(limit, ENTRIES_MAX as u64)),
            is_menu: is_up("menu"),
            is_input: is_up("input"),
            is_check: is_up("check"),
            is_impossible: is_gigaset && is_asked(&"st"),
            term: terms.find(is_asked).unwrap_or("ln"),
            has_search: names.iter().any(|name| query.get(name).is_some()),
            window: ["first", "last", "count"].map(|name| query.number(name)),
        }
    }

    /// Whether nothing was asked for in particular.
    pub fn is_bare(&self) -> bool {
        !self.has_search && self.number.is_none() && self.group.is_none() && !self.is_check && !self.is_input
    }

    /// Which contacts are wanted: how many come before them, and how many they are at most.
    pub fn window(&self, max: usize) -> (usize, usize) {
        let number = |number: u64| usize::try_from(number.min(ENTRIES_MAX as u64)).unwrap_or(0);
        let [first, last, count] = self.window.map(|given| given.map(number));
        let count = count.unwrap_or(max).clamp(1, max);
        match (first, last) {
            (Some(first), _) => (first.saturating_sub(1), count),
            (None, Some(last)) => (last.saturating_sub(count), count.min(last.max(1))),
            (None, None) => (0, count),
        }
    }

    /// What the addresses of further pages keep.
    pub fn kept(&self) -> Vec<(&'static str, String)> {
        let mut kept = vec![("q", self.texts.join(" "))];
        kept.extend(self.group.map(|group| ("group", group.to_string())));
        kept
    }

    /// What the request report keeps: numbers masked, unless they are to be kept whole.
    pub fn sent(&self, keeps_numbers: bool) -> String {
        let shown = |text: &str| if keeps_numbers { text.to_owned() } else { masked(text) };
        let mut body = b"{\"q\":".to_vec();
        ringbook_json::write::text(&mut body, &shown(&self.texts.join(" ")));
        body.extend_from_slice(b",\"number\":");
        ringbook_json::write::text_or_null(&mut body, self.number.as_deref().map(shown).as_deref());
        body.extend_from_slice(b",\"group\":");
        ringbook_json::write::number_or_null(&mut body, self.group);
        body.extend_from_slice(format!(",\"page\":{}}}", self.page).as_bytes());
        String::from_utf8(body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_bounded_and_read_leniently() {
        let query = BookQuery::read(Shape::Yealink, Some("q=%20Iv*&page=0&limit=99999999&group=x&menu=1"));
        assert_eq!((query.texts.as_slice(), query.page, query.limit), (&["Iv".to_owned()][..], 1, Some(ENTRIES_MAX)));
        assert_eq!((query.group, query.is_menu, query.is_bare()), (None, true, false));
        assert!(BookQuery::read(Shape::Cisco, None).is_bare());
        assert!(!BookQuery::read(Shape::Cisco, Some("q=")).is_bare(), "everything was asked for");
        let query = BookQuery::read(Shape::Snom, Some("q=%2B49301234567"));
        assert_eq!(query.sent(false), "{\"q\":\"+*******4567\",\"number\":null,\"group\":null,\"page\":1}");
    }

    #[test]
    fn network_directories_name_their_window() {
        let window = |query| BookQuery::read(Shape::Gigaset, Some(query)).window(50);
        assert_eq!(window("command=get_list&first=21&count=20"), (20, 20));
        assert_eq!(window("last=40&count=20"), (20, 20));
        assert_eq!(window("last=5&count=20"), (0, 5));
        assert_eq!(window("count=0"), (0, 1));
        assert_eq!(window("first=99999999999&count=9999"), (ENTRIES_MAX - 1, 50));
        let query = BookQuery::read(Shape::Gigaset, Some("hm=0301*&ln=Iv*&fn=*"));
        assert_eq!((query.texts, query.number), (vec!["Iv".to_owned(), "0301".to_owned()], None));
        let term = |query| BookQuery::read(Shape::Gigaset, Some(query)).term;
        assert_eq!(
            [term("hm=0301"), term("ln=*&fn=An*"), term("set_first=A*"), term("mb=1*")],
            ["hm", "fn", "ln", "mb"]
        );
        assert!(BookQuery::read(Shape::Gigaset, Some("st=Main*")).is_impossible);
        assert!(!BookQuery::read(Shape::Gigaset, Some("st=*&nn=A")).is_impossible);
        assert_eq!(BookQuery::read(Shape::Gigaset, Some("hm=0301234567")).number.as_deref(), Some("0301234567"));
    }
}
