//! Phone books: `GET /phone/KEY/SHAPE`.
//!
//! A telephone fetches its book every hour, so an unchanged one is answered by 304 without being written again, and a book
//! that was written is kept as long as it is the present one.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use bytes::Bytes;
use ringbook_app::access::Device;
use ringbook_app::admitted_device::AdmittedDevice;
use ringbook_app::audit::Sent;
use ringbook_app::call::{Call, Ending};
use ringbook_book::Book;
use ringbook_book::query::ask::AskFilter;
use ringbook_directory_view::caller;
use ringbook_directory_view::entry::EntryStyle;
use ringbook_directory_view::number_rule::GivenNumber;
use ringbook_directory_view::search;
use ringbook_http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH};
use ringbook_http::{Request, Response, StatusCode};

use crate::book_query::BookQuery;
use crate::check_page;
use crate::device_request::DeviceRequest;
use crate::links::Links;
use crate::refusal::Refusal;
use crate::rendered_books::RenderedBooks;
use crate::shapes::{Content, ENTRIES_MAX, GroupLine, HITS, Menu, Page, Paging, Shape, Start};
use crate::{PHONE_PATH, Settings};

/// How many contacts match in all, where not all of them are in the book.
const TRUNCATED: HeaderName = HeaderName::from_static("x-truncated");
const REVALIDATE: HeaderValue = HeaderValue::from_static("private, max-age=0, must-revalidate");
/// The check page runs nothing and fetches nothing.
const CHECK_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// What answers requests for phone books.
pub struct Books<'a> {
    /// What the operator has set.
    pub settings: &'a Settings,
    /// The books that were written.
    pub rendered: &'a RenderedBooks,
}

/// A book as it is written.
struct Written {
    body: Bytes,
    /// How many contacts match, if not all are in it.
    truncated: Option<u64>,
}

impl Books<'_> {
    /// Answers a request.
    pub async fn answer(
        &self,
        call: &mut Call<'_>,
        request: &Request,
        device: &DeviceRequest,
        shape: Shape,
    ) -> (Response, Result<(), Refusal>) {
        call.name(shape.method());
        let query = BookQuery::read(shape, request.query());
        let outcome = self.find(call, request, device, shape, &query).await;
        let ending = outcome.as_ref().map_or_else(Refusal::ending, |_| Ending::Success);
        call.audit(ending, "", Sent::Whole(&query.sent(self.settings.keeps_numbers)));
        match outcome {
            Ok(response) => (response, Ok(())),
            Err(refusal) => (Response::new(refusal.status, Vec::new()), Err(refusal)),
        }
    }

    async fn find(
        &self,
        call: &mut Call<'_>,
        request: &Request,
        device: &DeviceRequest,
        shape: Shape,
        query: &BookQuery,
    ) -> Result<Response, Refusal> {
        let key = device.key.as_deref().ok_or(Refusal::NO_KEY)?;
        call.authenticate_device(key)?;
        let mut call = call.admit_device(&device.user_agent)?;
        let book = call.book().await?;
        let base = self.base(device, shape);
        let device = call.device().id;
        let identity = identity(call.device(), &book, shape, query, &base);
        let etag = format!("\"{identity:016x}\"");
        if !query.is_check && is_known(request, &etag) {
            return Ok(with_validator(Response::new(StatusCode::NOT_MODIFIED, Vec::new()), &etag));
        }
        if let Some((body, truncated)) = self.rendered.get((device, identity)).filter(|_| !query.is_check) {
            return Ok(respond(shape, Written { body, truncated }, &etag));
        }
        let style = EntryStyle::of(call.device());
        let content = content(&mut call, &book, &style, shape, query).await?;
        let links = Links::new(base, query.kept(), query.page);
        let truncated_before = truncated(shape, &content);
        if query.is_check {
            let body = call.write(content.entries().len(), move |_| check_page::write(shape, &content, &links)).await?;
            let mut response = Response::new(StatusCode::OK, vec![body.into()]).with_content_type(HTML);
            response.headers.insert(CONTENT_SECURITY_POLICY, CHECK_POLICY);
            return Ok(response);
        }
        let (total, is_usual) = (content.total(), query.limit.is_none() && query.texts.is_empty());
        let body = call.write(content.entries().len(), move |_| shape.write(&content, &links)).await?;
        let truncated = truncated_before.or_else(|| shape.is_cut(&body, total).then_some(total));
        if let Some(contacts) = truncated.filter(|_| is_usual) {
            let shape = shape.name();
            tracing::info!(device = device.number(), shape, contacts, "a phone book is cut at the limit of its shape");
        }
        let body = Bytes::from(body);
        self.rendered.put((device, identity), &body, truncated);
        Ok(respond(shape, Written { body, truncated }, &etag))
    }

    /// The address of the book, for links to its pages.
    fn base(&self, device: &DeviceRequest, shape: Shape) -> String {
        let (url, name) = (&self.settings.public_url, shape.name());
        match &device.key {
            Some(key) if device.is_key_in_path => format!("{url}{PHONE_PATH}{key}/{name}"),
            _ => format!("{url}{PHONE_PATH}{name}"),
        }
    }
}

/// What tells a document from all others: everything that it is made from.
fn identity(device: &Device, book: &Book, shape: Shape, query: &BookQuery, base: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (device.id.number(), device.customer.number(), book.revision().0, shape, query, base).hash(&mut hasher);
    (device.dial_form.text(), &device.outside_prefix, device.name_order.text(), device.charset.text())
        .hash(&mut hasher);
    device.numbers.hash(&mut hasher);
    device.groups.iter().for_each(|group| group.number().hash(&mut hasher));
    hasher.finish()
}

fn is_known(request: &Request, etag: &str) -> bool {
    let known = request.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known
        .flat_map(|list| list.split(','))
        .any(|one| matches!(one.trim().trim_start_matches("W/"), one if one == etag || one == "*"))
}

fn with_validator(mut response: Response, etag: &str) -> Response {
    if let Ok(etag) = HeaderValue::from_str(etag) {
        response.headers.insert(ETAG, etag);
    }
    response.headers.insert(CACHE_CONTROL, REVALIDATE);
    response
}

fn respond(shape: Shape, written: Written, etag: &str) -> Response {
    let response = Response::new(StatusCode::OK, vec![written.body]);
    let mut response = response.with_content_type(HeaderValue::from_static(shape.content_type()));
    if let Some(total) = written.truncated {
        response.headers.insert(TRUNCATED, HeaderValue::from(total));
    }
    with_validator(response, etag)
}

/// How many contacts match, if a telephone that downloads its book does not get all of them.
fn truncated(shape: Shape, content: &Content) -> Option<u64> {
    match (shape.paging(), content) {
        (Paging::Whole(_), Content::Entries(page)) if page.total > page.entries.len() as u64 => Some(page.total),
        _ => None,
    }
}

async fn content(
    call: &mut AdmittedDevice<'_, '_>,
    book: &Arc<Book>,
    style: &EntryStyle,
    shape: Shape,
    query: &BookQuery,
) -> Result<Content, Refusal> {
    let is_menu = query.is_menu || (shape.start() == Start::Menu && query.is_bare());
    if is_menu && shape.has_menu() {
        return Ok(Content::Menu(menu(groups(call, book, style), shape, query.page)));
    }
    if (query.is_input && shape.has_input()) || (shape.start() == Start::Input && query.is_bare()) {
        return Ok(Content::Input);
    }
    if query.is_impossible {
        return Ok(Content::Entries(Page { term: query.term, ..Page::default() }));
    }
    if let Some(number) = &query.number {
        return Ok(Content::Entries(Page { term: query.term, ..by_number(call, book, style, number).await? }));
    }
    let mut filters: Vec<AskFilter> = query.texts.iter().map(|text| search::matching(text)).collect();
    filters.extend(query.group.map(search::of_group));
    let filter = if filters.is_empty() { AskFilter::Everything } else { search::all(filters) };
    let (offset, limit) = match shape.paging() {
        Paging::Whole(usual) if query.texts.is_empty() => (0, query.limit.unwrap_or(usual)),
        Paging::Whole(_) => (0, query.limit.unwrap_or(HITS)),
        // Contacts have one line at least; those of earlier pages are needed to count theirs.
        Paging::Pages(lines) => (0, lines * query.page + 1),
        Paging::Window(max) => query.window(max),
    };
    let limit = limit.min(ENTRIES_MAX);
    let found = call.contacts(book, search::page(filter, style.names.order, offset, limit)).await?;
    let lines_max = if let Paging::Pages(lines) = shape.paging() { lines } else { 0 };
    let style = style.clone();
    let (lines_before, total) = (lines_max * (query.page - 1), found.total);
    let entries = call.write(found.len(), move |_| found.contacts().map(|one| style.entry(one)).collect()).await?;
    Ok(Content::Entries(Page { entries, total, lines_before, lines_max, first: offset, term: query.term }))
}

/// The contacts that a number belongs to.
async fn by_number(
    call: &mut AdmittedDevice<'_, '_>,
    book: &Arc<Book>,
    style: &EntryStyle,
    number: &str,
) -> Result<Page, Refusal> {
    let Some(given) = GivenNumber::read(number) else { return Ok(Page::default()) };
    let callers = caller::find(call, book, style, &given).await?;
    let entries: Vec<_> = callers.contacts.into_iter().map(|caller| caller.entry).collect();
    Ok(Page { total: entries.len() as u64, entries, lines_max: ENTRIES_MAX, ..Page::default() })
}

/// A page of the menu, from 1.
fn menu(groups: Vec<GroupLine>, shape: Shape, page: usize) -> Menu {
    let max = shape.menu_groups_max();
    let before = max * (page - 1);
    let has_more = groups.len() > before + max;
    Menu { groups: groups.into_iter().skip(before).take(max).collect(), is_continued: page > 1, has_more }
}

/// The groups that the device may see, by name.
fn groups(call: &AdmittedDevice<'_, '_>, book: &Book, style: &EntryStyle) -> Vec<GroupLine> {
    let own = &call.device().groups;
    let shown = book.groups().filter(|group| own.is_empty() || own.contains(&group.id));
    let line = |group: &ringbook_book::group::Group| GroupLine {
        id: group.id.number(),
        name: style.names.text(group.name.as_str()),
    };
    let mut lines: Vec<GroupLine> = shown.map(line).collect();
    lines.sort_by(|one, other| one.name.cmp(&other.name));
    lines
}
