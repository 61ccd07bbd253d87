//! Addresses of further pages. They begin with the public address of the server, never with what a client calls it.

use crate::query::encoded;

/// Where the pages of a book are.
#[derive(Debug, Clone)]
pub struct Links {
    /// The address of the book: scheme, host, path.
    base: String,
    /// Parameters that every page keeps, such as the group.
    kept: Vec<(&'static str, String)>,
    /// The number of the page that is shown, from 1.
    pub page: usize,
}

impl Links {
    /// Pages at this address that keep these parameters.
    pub fn new(base: String, kept: Vec<(&'static str, String)>, page: usize) -> Self {
        Self { base, kept, page }
    }

    /// The address with these parameters only.
    pub fn with(&self, parameters: &[(&str, &str)]) -> String {
        let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        if query.is_empty() { self.base.clone() } else { format!("{}?{query}", self.base) }
    }

    /// The address of another page of what is shown.
    pub fn to_page(&self, page: usize) -> String {
        let page = page.to_string();
        let kept = self.kept.iter().map(|(name, value)| (*name, value.as_str()));
        self.with(&kept.chain([("page", page.as_str())]).collect::<Vec<_>>())
    }
}
