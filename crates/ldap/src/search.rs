//! Searches and comparisons.

use std::sync::Arc;
use std::time::Duration;

use ldap_wire::{
    Attribute, Control, Filter, PagedResults, Response, ResultCode, Scope, SearchRequest, Writer, entry_attributes,
    oid, sort_keys,
};
use ringbook_app::admitted_device::AdmittedDevice;
use ringbook_app::call::Call;
use ringbook_book::Book;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Direction, Literal};
use ringbook_book::query::contact_page::ContactPage;
use ringbook_book::query::window::OFFSET_MAX;
use ringbook_directory_view::entry::EntryStyle;
use ringbook_directory_view::search::{all, compare as comparison, name_order};
use tokio::time::timeout;

use crate::dn::{self, Base};
use crate::entry::ChosenAttributes;
use crate::filter::{NumberMatch, Question, Translator, has_whole_number};
use crate::outcome::Refusal;
use crate::paging::{self, Position};
use crate::{ENTRIES_MAX, SEARCH_TIME_MAX, USER_AGENT, schema};

/// How much of a filter the request report keeps, in characters.
const SENT_CHARS_MAX: usize = 500;

/// A search with what came with it.
pub struct SearchContext<'m> {
    /// The number of the message.
    pub id: i32,
    /// The search.
    pub request: &'m SearchRequest,
    /// The controls.
    pub controls: &'m [Control],
    /// Whether the connection could be encrypted.
    pub has_tls: bool,
}

/// The messages that answer a search, and how it ended.
pub struct Answer {
    /// The messages.
    pub bytes: Vec<u8>,
    /// How it ended.
    pub outcome: Result<(), Refusal>,
}

/// What was found.
struct Found {
    page: ContactPage,
    code: ResultCode,
    controls: Vec<(&'static str, Vec<u8>)>,
}

/// Answers a search. `authenticate` finds out whose connection it is; the root entry and the schema are everybody's.
pub async fn answer(
    call: &mut Call<'_>,
    context: SearchContext<'_>,
    authenticate: impl FnOnce(&mut Call<'_>) -> Result<(), Refusal>,
) -> Answer {
    let SearchContext { id, request, .. } = context;
    let mut response = Response::default();
    if let Some((dn, attributes)) = of_server(request, context.has_tls) {
        let attributes = entry_attributes(attributes, &request.attributes, schema::is_operational);
        response.entry(id, dn, &attributes, request.types_only);
        response.search_done(id, ResultCode::Success, "", &[]);
        return Answer { bytes: response.into_bytes(), outcome: Ok(()) };
    }
    match authenticate(call) {
        Ok(()) => {}
        Err(refusal) => return refused(id, refusal),
    }
    let time = match request.time_limit {
        0 => SEARCH_TIME_MAX,
        seconds => SEARCH_TIME_MAX.min(Duration::from_secs(seconds)),
    };
    match timeout(time, find(call, &context)).await {
        Ok(Ok(bytes)) => Answer { bytes, outcome: Ok(()) },
        Ok(Err(refusal)) => refused(id, refusal),
        Err(_) => {
            let text = "the search took too long: narrow the filter";
            refused(id, Refusal::new(ResultCode::TimeLimitExceeded, "error", text))
        }
    }
}

fn refused(id: i32, refusal: Refusal) -> Answer {
    let mut response = Response::default();
    response.search_done(id, refusal.code, refusal.text, &[]);
    Answer { bytes: response.into_bytes(), outcome: Err(refusal) }
}

/// The entry that tells of the server, if it is asked for.
fn of_server(request: &SearchRequest, has_tls: bool) -> Option<(&str, Vec<Attribute>)> {
    let base = request.base.trim();
    match request.scope {
        Scope::Base if base.is_empty() => Some(("", schema::root(has_tls))),
        Scope::Base if base.eq_ignore_ascii_case(schema::SUBSCHEMA) => Some((schema::SUBSCHEMA, schema::subschema())),
        _ => None,
    }
}

async fn find(call: &mut Call<'_>, context: &SearchContext<'_>) -> Result<Vec<u8>, Refusal> {
    let SearchContext { id, request, controls, .. } = *context;
    refuse_unknown_controls(controls)?;
    let mut call = call.admit_device(USER_AGENT)?;
    let base = Base::read(&request.base);
    if base == Base::Directory && request.scope == Scope::Base {
        return Ok(base_entry(id, request));
    }
    let book = call.book().await?;
    let style = EntryStyle::of(call.device());
    let of_base = match (&base, request.scope) {
        (Base::Contact(_), Scope::One) => return Ok(nothing(id)),
        (Base::Contact(contact), _) => Some(equals_id(contact.number())),
        (Base::Directory, _) => None,
    };
    let found = search(&mut call, &book, &style, context, of_base).await?;
    if matches!(base, Base::Contact(_)) && found.page.is_empty() {
        return Err(Refusal::new(ResultCode::NoSuchObject, "entity_not_found", "there is no such entry"));
    }
    let (customer, request) = (call.device().customer.number(), request.clone());
    let bytes = call.write(found.page.len(), move |_| write(id, &found, &style, customer, &request)).await?;
    Ok(bytes)
}

fn base_entry(id: i32, request: &SearchRequest) -> Vec<u8> {
    let mut response = Response::default();
    if schema::reads_base(&request.filter) {
        let attributes = entry_attributes(schema::directory(), &request.attributes, schema::is_operational);
        response.entry(id, request.base.trim(), &attributes, request.types_only);
    }
    response.search_done(id, ResultCode::Success, "", &[]);
    response.into_bytes()
}

fn nothing(id: i32) -> Vec<u8> {
    let mut response = Response::default();
    response.search_done(id, ResultCode::Success, "", &[]);
    response.into_bytes()
}

fn write(id: i32, found: &Found, style: &EntryStyle, customer: u64, request: &SearchRequest) -> Vec<u8> {
    let mut response = Response::default();
    let chosen = ChosenAttributes::of(&request.attributes);
    for contact in found.page.contacts() {
        let attributes = chosen.read(contact, style, customer);
        let dn = dn::of_contact(contact.id().number(), &request.base);
        response.entry(id, &dn, &attributes, request.types_only);
    }
    let controls: Vec<(&str, Vec<u8>)> = found.controls.iter().map(|(oid, value)| (*oid, value.clone())).collect();
    response.search_done(id, found.code, "", &controls);
    response.into_bytes()
}

fn refuse_unknown_controls(controls: &[Control]) -> Result<(), Refusal> {
    let known = [oid::PAGED_RESULTS, oid::SORT_REQUEST, oid::MANAGE_DSA_IT];
    if controls.iter().any(|control| control.is_critical && !known.contains(&control.oid.as_str())) {
        let text = "a critical control is not known";
        return Err(Refusal::new(ResultCode::UnavailableCriticalExtension, "invalid_request", text));
    }
    Ok(())
}

fn malformed() -> Refusal {
    Refusal::new(ResultCode::ProtocolError, "invalid_request", "the value of a control is malformed")
}

fn equals_id(id: u64) -> AskFilter {
    comparison("id", "=", Literal::Number(id.to_string()))
}

/// The order of the entries, and what the control for it is answered.
fn order(controls: &[Control], style: &EntryStyle) -> Result<(Option<Vec<AskSort>>, Option<ResultCode>), Refusal> {
    let Some((keys, is_critical)) = sort_keys(controls).map_err(|_| malformed())? else { return Ok((None, None)) };
    let field = |name: &str| match name.to_ascii_lowercase().as_str() {
        "cn" | "displayname" | "name" => Some("full_name"),
        "sn" | "surname" => Some("last_name"),
        "givenname" => Some("first_name"),
        _ => None,
    };
    let sort = keys.iter().map(|key| {
        let direction = if key.is_reversed { Direction::Descending } else { Direction::Ascending };
        Some(AskSort { field: field(&key.attribute)?.to_owned(), direction })
    });
    match sort.collect::<Option<Vec<_>>>() {
        Some(sort) => Ok((Some(sort), Some(ResultCode::Success))),
        None if is_critical => {
            let text = "results can be sorted by cn, sn and givenName";
            Err(Refusal::new(ResultCode::UnavailableCriticalExtension, "sort_prohibited", text))
        }
        None => Ok((Some(name_order(style.names.order)), Some(ResultCode::NoSuchAttribute))),
    }
}

async fn search(
    call: &mut AdmittedDevice<'_, '_>,
    book: &Arc<Book>,
    style: &EntryStyle,
    context: &SearchContext<'_>,
    of_base: Option<AskFilter>,
) -> Result<Found, Refusal> {
    let SearchContext { request, controls, .. } = *context;
    let (sort, sorted) = order(controls, style)?;
    let paged = PagedResults::find(controls).map_err(|_| malformed())?;
    let start = paged.as_ref().map_or(Some(Position::default()), |paged| Position::read(&paged.cookie));
    let start = start.ok_or_else(malformed)?;
    let left = match request.size_limit {
        0 => usize::MAX,
        limit => usize::try_from(limit.saturating_sub(start.answered)).unwrap_or(usize::MAX),
    };
    let page_max = paged.as_ref().map_or(ENTRIES_MAX, |paged| usize::try_from(paged.size).unwrap_or(ENTRIES_MAX));
    let wanted = page_max.min(ENTRIES_MAX).min(left);
    // A page without a sort goes on behind the last id.
    let by_id = paged.is_some() && sort.is_none();
    let sort = if by_id { Vec::new() } else { sort.unwrap_or_else(|| name_order(style.names.order)) };
    let after = by_id.then(|| comparison("id", ">", Literal::Number(start.after.to_string())));
    let offset = if by_id { 0 } else { usize::try_from(start.after).unwrap_or(usize::MAX) };
    let mut answer_controls = Vec::new();
    if let Some(code) = sorted {
        let mut value = Writer::default();
        value.nested(0x30, |result| result.number(10, i64::from(code.number())));
        answer_controls.push((oid::SORT_RESPONSE, value.into_bytes()));
    }
    let window = Window { sort, offset: offset.min(OFFSET_MAX), limit: wanted };
    let page = question(call, book, style, &request.filter, of_base.into_iter().chain(after), &window).await?;
    let shown = page.len() as u64;
    let remaining = page.total.saturating_sub(shown + if by_id { 0 } else { offset as u64 });
    let answered = start.answered + shown;
    let is_cut = remaining > 0 && (request.size_limit > 0 && answered >= request.size_limit);
    let last_id = page.contacts().last().map_or(start.after, |contact| contact.id().number());
    let has_next = remaining > 0 && !is_cut && (by_id || offset + page.len() <= OFFSET_MAX);
    let next = (paged.is_some() && has_next)
        .then(|| Position { after: if by_id { last_id } else { start.after + shown }, answered });
    let is_whole = remaining == 0 || next.is_some();
    let code = if is_whole { ResultCode::Success } else { ResultCode::SizeLimitExceeded };
    if paged.is_some() {
        answer_controls.push((oid::PAGED_RESULTS, paging::control(page.total, next)));
    }
    Ok(Found { page, code, controls: answer_controls })
}

/// Which of the entries that match are wanted.
struct Window {
    sort: Vec<AskSort>,
    offset: usize,
    limit: usize,
}

/// Asks the engine. A number that nobody has is looked for by its last digits, if one contact has a number that ends so.
async fn question(
    call: &mut AdmittedDevice<'_, '_>,
    book: &Arc<Book>,
    style: &EntryStyle,
    filter: &Filter,
    further: impl Iterator<Item = AskFilter>,
    window: &Window,
) -> Result<ContactPage, Refusal> {
    let further: Vec<AskFilter> = further.collect();
    let customer = call.device().customer.number();
    let ask = |numbers| {
        let translator = Translator { book, style, customer, numbers };
        let question = match translator.question(filter) {
            Question::Everything => None,
            Question::Nothing => Some(comparison("id", "=", Literal::Number("0".to_owned()))),
            Question::Ask(filter) => Some(filter),
        };
        let filters: Vec<AskFilter> = question.into_iter().chain(further.iter().cloned()).collect();
        Ask {
            filter: if filters.is_empty() { AskFilter::Everything } else { all(filters) },
            sort: window.sort.clone(),
            limit: i128::try_from(window.limit).ok(),
            offset: i128::try_from(window.offset).ok(),
            ..Ask::default()
        }
    };
    let whole = ask(NumberMatch::Whole);
    let page = call.contacts(book, whole).await?;
    if page.total > 0 || window.offset > 0 || !has_whole_number(filter) {
        return Ok(page);
    }
    let by_suffix = ask(NumberMatch::Suffix);
    let found = call.contacts(book, by_suffix).await?;
    Ok(if found.total == 1 { found } else { page })
}

/// Whether an entry has a value.
///
/// # Errors
/// The connection is nobody's, or there is no such entry.
pub async fn compare(
    call: &mut Call<'_>,
    dn: &str,
    attribute: &str,
    value: Vec<u8>,
    authenticate: impl FnOnce(&mut Call<'_>) -> Result<(), Refusal>,
) -> Result<bool, Refusal> {
    authenticate(call)?;
    let mut call = call.admit_device(USER_AGENT)?;
    let no_such_entry = || Refusal::new(ResultCode::NoSuchObject, "entity_not_found", "there is no such entry");
    let Base::Contact(id) = Base::read(dn) else { return Err(no_such_entry()) };
    let book = call.book().await?;
    let style = EntryStyle::of(call.device());
    let window = Window { sort: Vec::new(), offset: 0, limit: 1 };
    let of_entry = || std::iter::once(equals_id(id.number()));
    let everything = Filter::And(Vec::new());
    if question(&mut call, &book, &style, &everything, of_entry(), &window).await?.is_empty() {
        return Err(no_such_entry());
    }
    let equal = Filter::Equal(attribute.to_owned(), value);
    Ok(!question(&mut call, &book, &style, &equal, of_entry(), &window).await?.is_empty())
}

/// What the request report keeps of a search, with numbers masked unless they are to be kept whole.
pub fn sent(request: &SearchRequest, keeps_numbers: bool) -> String {
    let filter: String =
        format!("{}", FilterText(&request.filter, keeps_numbers)).chars().take(SENT_CHARS_MAX).collect();
    let mut body = b"{\"base\":".to_vec();
    ringbook_json::write::text(&mut body, &request.base.chars().take(SENT_CHARS_MAX).collect::<String>());
    body.extend_from_slice(b",\"filter\":");
    ringbook_json::write::text(&mut body, &filter);
    body.push(b'}');
    String::from_utf8(body).unwrap_or_default()
}

/// A filter as people write it.
struct FilterText<'f>(&'f Filter, bool);

impl FilterText<'_> {
    fn value(&self, value: &[u8]) -> String {
        let text = String::from_utf8_lossy(value);
        if self.1 { text.into_owned() } else { ringbook_directory_view::number_rule::masked(&text) }
    }
}

impl std::fmt::Display for FilterText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |f: &mut std::fmt::Formatter<'_>, sign: &str, filters: &[Filter]| {
            write!(f, "({sign}")?;
            filters.iter().try_for_each(|filter| FilterText(filter, self.1).fmt(f))?;
            f.write_str(")")
        };
        match self.0 {
            Filter::And(filters) => list(f, "&", filters),
            Filter::Or(filters) => list(f, "|", filters),
            Filter::Not(filter) => write!(f, "(!{})", FilterText(filter, self.1)),
            Filter::Equal(name, value) => write!(f, "({name}={})", self.value(value)),
            Filter::AtLeast(name, value) => write!(f, "({name}>={})", self.value(value)),
            Filter::AtMost(name, value) => write!(f, "({name}<={})", self.value(value)),
            Filter::Approximately(name, value) => write!(f, "({name}~={})", self.value(value)),
            Filter::Present(name) => write!(f, "({name}=*)"),
            Filter::Extensible => f.write_str("(:=)"),
            Filter::Substrings(name, parts) => {
                write!(f, "({name}={}*", self.value(parts.initial.as_deref().unwrap_or_default()))?;
                parts.any.iter().try_for_each(|part| write!(f, "{}*", self.value(part)))?;
                write!(f, "{})", self.value(parts.last.as_deref().unwrap_or_default()))
            }
        }
    }
}
