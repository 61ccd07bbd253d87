//! What is found of the book: properties, contacts, changes.

use std::sync::Arc;

use ringbook_app::access::Device;
use ringbook_app::admitted_device::AdmittedDevice;
use ringbook_app::cursor;
use ringbook_book::Book;
use ringbook_book::book::history::Changed;
use ringbook_book::book::view::ContactView;
use ringbook_book::id::ContactId;
use ringbook_book::query::ask::{Ask, AskFilter, Literal};
use ringbook_book::query::window::LIMIT_MAX;
use ringbook_directory_view::entry::{Entry, EntryStyle};
use ringbook_directory_view::search::{all, compare};
use ringbook_http::StatusCode;

use crate::multistatus::{self, AnswerTooLarge, Answerer, MultiStatus, Target};
use crate::refusal::Refusal;
use crate::request_xml::RequestXml;
use crate::resource::Resource;
use crate::{CONTACTS_MAX, SYNC_TOKEN_PREFIX};

/// Most changes of one answer.
const CHANGES_MAX: usize = 1_000;
/// What the book is called.
const BOOK_NAME: &str = "Contacts";

/// The body of an answer.
pub type Reply = Vec<u8>;

fn answerer(device: &Device, book: &Book, request: &RequestXml, is_minimal: bool) -> Answerer {
    Answerer {
        device: device.label.clone(),
        book_name: format!("{BOOK_NAME} ({})", device.name),
        customer: device.customer.number(),
        tag: multistatus::tag(device, book),
        sync_token: multistatus::present(device, book),
        wanted: request.wanted.clone(),
        version: request.version,
        is_minimal,
    }
}

/// Whether a device may see a contact.
fn is_visible(device: &Device, contact: ContactView<'_>) -> bool {
    device.groups.is_empty() || contact.groups().any(|(group, _)| device.groups.contains(&group))
}

/// A contact that the device may see.
///
/// # Errors
/// The book cannot be had.
pub async fn card(call: &mut AdmittedDevice<'_, '_>, id: ContactId) -> Result<Option<Entry>, Refusal> {
    let book = call.book().await?;
    let style = EntryStyle::of(call.device());
    let contact = book.contact(id).filter(|contact| is_visible(call.device(), *contact));
    Ok(contact.map(|contact| style.entry(contact)))
}

/// The properties of a resource, and of what is in it.
///
/// # Errors
/// There is no such contact; the book has too many.
pub async fn propfind(
    call: &mut AdmittedDevice<'_, '_>,
    resource: Resource,
    with_members: bool,
    request: RequestXml,
    is_minimal: bool,
) -> Result<Reply, Refusal> {
    let book = call.book().await?;
    let (device, style) = (Arc::clone(call.device()), EntryStyle::of(call.device()));
    let answerer = answerer(&device, &book, &request, is_minimal);
    if let Resource::Card(id) = resource {
        let entry = card(call, id).await?.ok_or(Refusal::NOT_FOUND)?;
        let mut answer = MultiStatus::new(&answerer);
        answer.found(&resource.path(&device.label), Target::Card(&entry))?;
        return Ok(answer.into_bytes());
    }
    let members = match resource {
        Resource::Book if with_members => contacts(call, &book).await?,
        _ => Vec::new(),
    };
    let count = members.len();
    let write = move || -> Result<Reply, AnswerTooLarge> {
        let mut answer = MultiStatus::new(&answerer);
        let path = |resource: Resource| resource.path(&answerer.device);
        answer.found(&path(resource), Target::Resource(resource))?;
        let below = match resource {
            Resource::Root if with_members => Some(Resource::Home),
            Resource::Home if with_members => Some(Resource::Book),
            _ => None,
        };
        if let Some(below) = below {
            answer.found(&path(below), Target::Resource(below))?;
        }
        for id in &members {
            if let Some(contact) = book.contact(*id) {
                answer.found(&path(Resource::Card(*id)), Target::Card(&style.entry(contact)))?;
            }
        }
        Ok(answer.into_bytes())
    };
    Ok(call.write(count, move |_| write()).await??)
}

/// The ids of all contacts that the device may see.
async fn contacts(call: &mut AdmittedDevice<'_, '_>, book: &Arc<Book>) -> Result<Vec<ContactId>, Refusal> {
    let mut ids: Vec<ContactId> = Vec::new();
    loop {
        let after = ids.last().map_or(0, |id| id.number());
        let filter = compare("id", ">", Literal::Number(after.to_string()));
        let limit = i128::try_from(LIMIT_MAX).ok();
        let page = call.contacts(book, Ask { filter: all(vec![filter]), limit, ..Ask::default() }).await?;
        if page.total > (CONTACTS_MAX - ids.len()) as u64 {
            tracing::warn!(device = call.device().id.number(), contacts = page.total, "too many contacts for CardDAV");
            return Err(Refusal::TOO_MANY_CONTACTS);
        }
        ids.extend(page.contacts().map(ContactView::id));
        if page.total <= page.len() as u64 {
            return Ok(ids);
        }
    }
}

/// The contacts that a client names.
///
/// # Errors
/// The answer becomes too large.
pub async fn multiget(
    call: &mut AdmittedDevice<'_, '_>,
    request: RequestXml,
    is_minimal: bool,
) -> Result<Reply, Refusal> {
    let book = call.book().await?;
    let (device, style) = (Arc::clone(call.device()), EntryStyle::of(call.device()));
    let answerer = answerer(&device, &book, &request, is_minimal);
    let count = request.hrefs.len();
    let write = move || -> Result<Reply, AnswerTooLarge> {
        let mut answer = MultiStatus::new(&answerer);
        for (href, id) in &request.hrefs {
            let contact = id.and_then(|id| book.contact(id)).filter(|contact| is_visible(&device, *contact));
            match contact {
                Some(contact) => answer.found(href, Target::Card(&style.entry(contact)))?,
                None => answer.missing(href),
            }
        }
        Ok(answer.into_bytes())
    };
    Ok(call.write(count, move |_| write()).await??)
}

/// The contacts that match the conditions of a client.
///
/// # Errors
/// A condition is not supported; the answer becomes too large.
pub async fn query(call: &mut AdmittedDevice<'_, '_>, request: RequestXml, is_minimal: bool) -> Result<Reply, Refusal> {
    let book = call.book().await?;
    let (device, style) = (Arc::clone(call.device()), EntryStyle::of(call.device()));
    let answerer = answerer(&device, &book, &request, is_minimal);
    let filter = crate::query::question(&request, &book, device.customer.number())?;
    let limit = request.limit.unwrap_or(LIMIT_MAX).min(LIMIT_MAX);
    let filter = if filter == AskFilter::Everything { filter } else { all(vec![filter]) };
    let page = call.contacts(&book, Ask { filter, limit: i128::try_from(limit).ok(), ..Ask::default() }).await?;
    let count = page.len();
    let write = move || -> Result<Reply, AnswerTooLarge> {
        let mut answer = MultiStatus::new(&answerer);
        for contact in page.contacts() {
            let href = Resource::Card(contact.id()).path(&answerer.device);
            answer.found(&href, Target::Card(&style.entry(contact)))?;
        }
        if page.total > page.len() as u64 {
            answer.more();
        }
        Ok(answer.into_bytes())
    };
    Ok(call.write(count, move |_| write()).await??)
}

/// What has changed since a client asked last.
///
/// # Errors
/// Its token leads nowhere: 403, or 400 for a request of depth 1, as Thunderbird expects.
pub async fn sync(
    call: &mut AdmittedDevice<'_, '_>,
    request: RequestXml,
    is_minimal: bool,
    is_deep: bool,
) -> Result<Reply, Refusal> {
    let book = call.book().await?;
    let (device, style) = (Arc::clone(call.device()), EntryStyle::of(call.device()));
    let answerer = answerer(&device, &book, &request, is_minimal);
    let status = if is_deep { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
    let stale = Refusal::precondition(status, "<d:valid-sync-token/>");
    let token = match request.sync_token.as_str() {
        "" => "",
        token => token.strip_prefix(SYNC_TOKEN_PREFIX).ok_or_else(|| stale.clone())?,
    };
    let since = cursor::read(token, device.customer).map_err(|_| stale.clone())?;
    let limit = request.limit.unwrap_or(CHANGES_MAX).clamp(1, CHANGES_MAX);
    let write = move || -> Result<Result<Reply, AnswerTooLarge>, Refusal> {
        let changes = book.changes(since, limit).map_err(|_| stale)?;
        let mut answer = MultiStatus::new(&answerer);
        let path = |id| Resource::Card(id).path(&answerer.device);
        for changed in &changes.changed {
            match changed {
                Changed::Present(contact) if is_visible(&device, *contact) => {
                    if let Err(error) = answer.found(&path(contact.id()), Target::Card(&style.entry(*contact))) {
                        return Ok(Err(error));
                    }
                }
                // It may have left the groups of the device; a client that has never seen it does not mind.
                Changed::Present(contact) if since.is_some() => answer.missing(&path(contact.id())),
                Changed::Present(_) => {}
                Changed::Deleted(id) => answer.missing(&path(*id)),
            }
        }
        if changes.has_more {
            answer.more();
        }
        answer.sync_token(&multistatus::token(&device, changes.cursor));
        Ok(Ok(answer.into_bytes()))
    };
    Ok(call.write(limit, move |_| write()).await???)
}
