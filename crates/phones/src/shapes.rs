//! The shapes of phone books: what each family of telephones reads, and how much of it.
//!
//! Some telephones download a whole book and search it themselves; others show page after page and ask for each search. A
//! [`Content`] is what is shown, and every shape writes it in its own words.

use ringbook_directory_view::entry::{Entry, EntryNumber};
use ringbook_directory_view::number_rule::NumberKind;

use crate::links::Links;

mod cisco;
mod fanvil;
mod gigaset;
mod grandstream;
mod mitel;
mod plain;
mod polycom;
mod snom;
mod vtech;
mod yealink;

/// Most contacts of one document, whatever is asked for: what one question to the engine answers.
pub const ENTRIES_MAX: usize = 10_000;
/// Contacts of the answer to a search, where the telephone shows no pages.
pub const HITS: usize = 50;
/// Longest document of the shape `gigaset-central`, in bytes.
pub const GIGASET_BYTES_MAX: usize = 2_000_000;

/// How a telephone goes about a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// It downloads the book, at most so many contacts unless it asks for more.
    Whole(usize),
    /// It shows pages of so many lines.
    Pages(usize),
    /// It says itself which lines it wants, at most so many.
    Window(usize),
}

/// What is shown to a telephone that shows pages, before it has asked for anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The first contacts.
    Entries,
    /// A line to type a name into.
    Input,
    /// A menu: search, all, groups.
    Menu,
}

macro_rules! shapes {
    ($($(#[$doc:meta])* $shape:ident $name:literal $method:literal $paging:expr, $start:ident;)*) => {
        /// A shape.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Shape { $($(#[$doc])* $shape),* }

        impl Shape {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$shape),*];

            /// Its name in addresses.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$shape => $name),* }
            }

            /// Its name in the request report and the metrics.
            pub const fn method(self) -> &'static str {
                match self { $(Self::$shape => $method),* }
            }

            /// How its telephones go about a book.
            pub const fn paging(self) -> Paging {
                match self { $(Self::$shape => $paging),* }
            }

            /// What is shown first.
            pub const fn start(self) -> Start {
                match self { $(Self::$shape => Start::$start),* }
            }
        }
    };
}

shapes! {
    /// `…IPPhoneDirectory` with labels; FlyingVoice and Akuvox read it, too.
    Yealink "yealink" "phone.yealink" Paging::Whole(5_000), Entries;
    /// `YealinkIPPhoneBook` with departments.
    YealinkBook "yealink-book" "phone.yealink-book" Paging::Whole(5_000), Entries;
    /// `AddressBook`.
    Grandstream "grandstream" "phone.grandstream" Paging::Whole(1_000), Entries;
    /// Pages of the minibrowser.
    Snom "snom" "phone.snom" Paging::Pages(20), Input;
    /// `tbook`, which the telephone keeps.
    SnomTbook "snom-tbook" "phone.snom-tbook" Paging::Whole(2_000), Entries;
    /// `directory` of VTech and of Snom M.
    Vtech "vtech" "phone.vtech" Paging::Whole(1_000), Entries;
    /// `CiscoIPPhone…` objects.
    Cisco "cisco" "phone.cisco" Paging::Pages(32), Menu;
    /// `FanvilIPPhoneDirectory`.
    Fanvil "fanvil" "phone.fanvil" Paging::Whole(5_000), Entries;
    /// Pages of the browser of a Fanvil, with a line to type into.
    FanvilSearch "fanvil-search" "phone.fanvil-search" Paging::Pages(20), Input;
    /// The search protocol of network directories.
    Gigaset "gigaset" "phone.gigaset" Paging::Window(50), Entries;
    /// The central book that a base station downloads.
    GigasetCentral "gigaset-central" "phone.gigaset-central" Paging::Whole(2_000), Entries;
    /// Pages of the microbrowser.
    Polycom "polycom" "phone.polycom" Paging::Pages(16), Input;
    /// The directory file of a telephone.
    PolycomDirectory "polycom-directory" "phone.polycom-directory" Paging::Whole(1_000), Entries;
    /// `PhoneDirectory`.
    Htek "htek" "phone.htek" Paging::Whole(5_000), Entries;
    /// `AastraIPPhone…` objects.
    Mitel "mitel" "phone.mitel" Paging::Pages(16), Input;
    /// `ThomsonPhoneBook`.
    Thomson "thomson" "phone.thomson" Paging::Pages(8), Entries;
    /// `IPPhoneDirectory` of the J series.
    Avaya "avaya" "phone.avaya" Paging::Whole(5_000), Entries;
}

impl Shape {
    /// The shape with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|shape| shape.name() == name)
    }

    /// The type of its documents.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Polycom => "text/html; charset=utf-8",
            _ => "text/xml; charset=utf-8",
        }
    }

    /// Whether it has menus of groups.
    pub const fn has_menu(self) -> bool {
        matches!(self, Self::Yealink | Self::Snom | Self::Cisco | Self::Mitel)
    }

    /// How many groups a page of its menu has at most.
    pub const fn menu_groups_max(self) -> usize {
        match self {
            // As many lines as pages of contacts have, with those that lead to a search and to other pages.
            Self::Mitel | Self::Snom => 12,
            Self::Cisco => 28,
            _ => 200,
        }
    }

    /// Whether it has a line to type into.
    pub const fn has_input(self) -> bool {
        matches!(self, Self::Snom | Self::Cisco | Self::FanvilSearch | Self::Polycom | Self::Mitel)
    }

    /// Whether a document has fewer contacts than match because it would have too many bytes.
    pub fn is_cut(self, document: &[u8], total: u64) -> bool {
        self == Self::GigasetCentral && gigaset::central_entries(document) < total
    }

    /// Writes what is shown.
    pub fn write(self, content: &Content, links: &Links) -> Vec<u8> {
        match self {
            Self::Yealink => yealink::directory(content, links),
            Self::YealinkBook => yealink::book(content),
            Self::Grandstream => grandstream::write(content),
            Self::Snom => snom::browser(content, links),
            Self::SnomTbook => snom::tbook(content),
            Self::Vtech => vtech::write(content),
            Self::Cisco => cisco::write(content, links),
            Self::Fanvil => fanvil::directory(content),
            Self::FanvilSearch => fanvil::browser(content, links),
            Self::Gigaset => gigaset::netdir(content),
            Self::GigasetCentral => gigaset::central(content),
            Self::Polycom => polycom::browser(content, links),
            Self::PolycomDirectory => polycom::directory(content),
            Self::Htek => plain::htek(content),
            Self::Mitel => mitel::write(content, links),
            Self::Thomson => plain::thomson(content, links),
            Self::Avaya => plain::avaya(content),
        }
    }
}

/// A group of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLine {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// What is shown.
#[derive(Debug, Clone)]
pub enum Content {
    /// A menu of groups.
    Menu(Menu),
    /// A line to type a name into.
    Input,
    /// Contacts.
    Entries(Page),
}

/// A page of the menu: search, all contacts, and groups.
#[derive(Debug, Clone, Default)]
pub struct Menu {
    /// The groups of the page, by name.
    pub groups: Vec<GroupLine>,
    /// Whether there is a page before it, where search and all contacts are.
    pub is_continued: bool,
    /// Whether there is a page after it.
    pub has_more: bool,
}

/// Contacts that are shown together.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The contacts.
    pub entries: Vec<Entry>,
    /// How many match in all.
    pub total: u64,
    /// For pages: how many lines come before this page.
    pub lines_before: usize,
    /// For pages: how many lines it has at most.
    pub lines_max: usize,
    /// For windows: the position of the first contact, from 0.
    pub first: usize,
    /// For windows: what was asked for.
    pub term: &'static str,
}

/// A line of a page: one number, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'e> {
    /// The name, told apart from the other lines of the contact.
    pub name: String,
    /// The number.
    pub number: &'e EntryNumber,
}

/// What the only line of an empty list says; some telephones show an error for one without lines.
pub const NOBODY: &str = "No entries";

impl Content {
    /// How many contacts match in all.
    pub fn total(&self) -> u64 {
        match self {
            Self::Entries(page) => page.total,
            Self::Menu(_) | Self::Input => 0,
        }
    }

    /// The contacts that are shown.
    pub fn entries(&self) -> &[Entry] {
        match self {
            Self::Entries(page) => &page.entries,
            Self::Menu(_) | Self::Input => &[],
        }
    }
}

impl Menu {
    /// The lines of the menu, each with its address.
    pub fn lines(&self, shape: Shape, links: &Links) -> Vec<(String, String)> {
        let line = |name: &str, address| (name.to_owned(), address);
        let of_page = |page: usize| links.with(&[("menu", "1"), ("page", &page.to_string())]);
        let mut lines = Vec::new();
        if self.is_continued {
            lines.push(line("Previous", of_page(links.page - 1)));
        } else {
            if shape.has_input() {
                lines.push(line("Search", links.with(&[("input", "1")])));
            }
            let all = if shape.start() == Start::Entries { links.with(&[]) } else { links.with(&[("q", "")]) };
            lines.push(line("All", all));
        }
        lines
            .extend(self.groups.iter().map(|group| line(&group.name, links.with(&[("group", &group.id.to_string())]))));
        if self.has_more {
            lines.push(line("Next", of_page(links.page + 1)));
        }
        lines
    }
}

/// The lines of contacts: one for each number.
pub fn lines(entries: &[Entry]) -> impl Iterator<Item = Line<'_>> {
    entries.iter().flat_map(|entry| {
        entry.numbers.iter().enumerate().map(|(at, number)| {
            let is_first_of_kind = entry.numbers[..at].iter().all(|other| other.kind != number.kind);
            let name = match at {
                0 => entry.name.clone(),
                _ if is_first_of_kind => format!("{} ({})", entry.name, label(number.kind).to_lowercase()),
                _ => format!("{} ({})", entry.name, at + 1),
            };
            Line { name, number }
        })
    })
}

/// The lines of a page, and whether there are more after it.
pub fn page_lines(page: &Page) -> (Vec<Line<'_>>, bool) {
    let mut rest = lines(&page.entries).skip(page.lines_before);
    let shown = rest.by_ref().take(page.lines_max).collect();
    let is_more = rest.next().is_some() || page.total > page.entries.len() as u64;
    (shown, is_more)
}

/// What a kind of number is called.
pub const fn label(kind: NumberKind) -> &'static str {
    match kind {
        NumberKind::Work => "Work",
        NumberKind::Mobile => "Mobile",
        NumberKind::Other => "Other",
    }
}

/// The numbers of a contact in places of which each takes one: work, mobile, other. A number goes to the place of its kind
/// if that is free, otherwise to the next free one; what finds none is left out.
pub fn places(entry: &Entry) -> [Option<&EntryNumber>; 3] {
    let mut places = [None; 3];
    for number in &entry.numbers {
        let own = match number.kind {
            NumberKind::Work => 0,
            NumberKind::Mobile => 1,
            NumberKind::Other => 2,
        };
        let free = if places[own].is_none() { Some(own) } else { places.iter().position(Option::is_none) };
        if let Some(free) = free {
            places[free] = Some(number);
        }
    }
    places
}
