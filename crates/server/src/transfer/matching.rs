//! Who is in the book already: what makes two contacts the same, and how a whole batch is asked about at once.
//!
//! Two contacts are the same when they have a key in common. Every contact of the batch is asked about by its phone
//! numbers or e-mails in a few questions; the names are compared here. A national number is the same as the international
//! number that the server completes it to.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Watch;
use super::client::{CallError, Client};
use ringbook_formats::draft::Entry;
use ringbook_formats::record::Record;
use ringbook_formats::values::{PhoneNumber, nfc};

/// How many values one question asks about.
const VALUES_MAX: usize = 5_000;
/// How many contacts one answer holds at most.
pub(super) const PAGE_RECORDS_MAX: u64 = 10_000;

/// What makes two contacts the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The same full name, and a phone number in common.
    Person,
    /// A phone number in common.
    Phone,
    /// An e-mail address in common, in whatever letters.
    Email,
    /// A phone number or an e-mail address in common.
    Any,
}

impl Match {
    /// By its name.
    ///
    /// # Errors
    /// When there is no such word; the text says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "person" => Ok(Self::Person),
            "phone" => Ok(Self::Phone),
            "email" => Ok(Self::Email),
            "any" => Ok(Self::Any),
            _ => Err("is no way to match: give person, phone, email or any".to_owned()),
        }
    }

    fn by_phone(self) -> bool {
        match self {
            Self::Person | Self::Phone | Self::Any => true,
            Self::Email => false,
        }
    }

    fn by_email(self) -> bool {
        match self {
            Self::Email | Self::Any => true,
            Self::Person | Self::Phone => false,
        }
    }

    fn keys<'a>(
        self,
        full_name: &str,
        phones: impl Iterator<Item = String>,
        emails: impl Iterator<Item = &'a str>,
    ) -> Vec<String> {
        let name = if self == Self::Person { full_name } else { "" };
        let phones = phones.filter(|_| self.by_phone()).map(|phone| format!("{phone} {name}"));
        let emails = emails.filter(|_| self.by_email()).map(str::to_lowercase);
        phones.chain(emails).collect()
    }

    /// What a contact to import is known by.
    pub(super) fn keys_of(self, entry: &Entry) -> Vec<String> {
        let phones = entry.phones.iter().map(|number| number.phone().to_string());
        self.keys(&entry.full_name(), phones, entry.emails.iter().map(|email| email.as_str()))
    }

    fn keys_of_record(self, record: &Record) -> Vec<String> {
        self.keys(
            &nfc(record.text("full_name")),
            record.texts("phone_numbers").map(str::to_owned),
            record.texts("emails"),
        )
    }
}

/// What becomes of a contact that is in the book already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDuplicate {
    /// The book keeps what it has.
    Skip,
    /// The book takes what the file has.
    Update,
    /// The book gets it once more.
    Create,
}

impl OnDuplicate {
    /// By its name.
    ///
    /// # Errors
    /// When there is no such word; the text says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "skip" => Ok(Self::Skip),
            "update" => Ok(Self::Update),
            "create" => Ok(Self::Create),
            _ => Err("is nothing to do: give skip, update or create".to_owned()),
        }
    }
}

/// Fewest digits without a trunk prefix for a national number to be found in an international one.
const NATIONAL_DIGITS_MIN: usize = 7;

/// The digits of a national number without its trunk prefix; `None` for an international or a short one.
fn national(number: &PhoneNumber) -> Option<String> {
    let digits = number.as_str();
    let significant = match digits.strip_prefix('8') {
        Some(rest) if digits.len() == 11 => rest,
        _ => digits.trim_start_matches('0'),
    };
    (!number.is_international() && significant.len() >= NATIONAL_DIGITS_MIN).then(|| significant.to_owned())
}

/// Whether the book has a number in these digits: as it is written, or completed by the country of the account.
pub(super) fn is_stored_as(number: &PhoneNumber, stored: &str) -> bool {
    let is_completed = |significant: String| stored.len() > significant.len() && stored.ends_with(&significant);
    stored == number.phone().to_string() || national(number).is_some_and(is_completed)
}

/// The last digits of a number, by which candidates for a national number are found.
fn tail(digits: &str) -> Option<&str> {
    digits.get(digits.len().checked_sub(NATIONAL_DIGITS_MIN)?..)
}

/// Contacts of the book by their keys.
#[derive(Debug, Default)]
pub(super) struct Known {
    records: HashMap<u64, Record>,
    by_key: HashMap<String, Vec<u64>>,
    /// Contacts by the last digits of their numbers, if the file has national numbers: the server completes them, so
    /// that it answers with contacts whose numbers are written otherwise.
    by_tail: Option<HashMap<String, Vec<u64>>>,
}

impl Known {
    fn add(&mut self, matching: Match, record: Record) {
        let Some(id) = record.id() else { return };
        if let Some(by_tail) = &mut self.by_tail {
            for tail in record.texts("phone_numbers").filter_map(tail) {
                by_tail.entry(tail.to_owned()).or_default().push(id);
            }
        }
        for key in matching.keys_of_record(&record) {
            let ids = self.by_key.entry(key).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        self.records.insert(id, record);
    }

    /// Takes in what a question is answered with.
    async fn learn(
        &mut self,
        matching: Match,
        filter: Value,
        client: &mut Client,
        watch: &mut dyn Watch,
    ) -> Result<(), CallError> {
        let mut pages = Pages::new("get.contacts", filter);
        while let Some(records) = pages.next(client, watch).await? {
            records.into_iter().for_each(|record| self.add(matching, record));
        }
        Ok(())
    }

    /// The ids of the contacts that are the same as this one, whose keys these are, ascending.
    pub(super) fn hits(&self, matching: Match, entry: &Entry, keys: &[String]) -> Vec<u64> {
        let mut ids: Vec<u64> = keys.iter().filter_map(|key| self.by_key.get(key)).flatten().copied().collect();
        if matching.by_phone() {
            let phones = entry.phones.iter();
            ids.extend(phones.flat_map(|number| self.completed(matching, entry, number)));
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The contacts that have a national number in its international form.
    fn completed<'a>(
        &'a self,
        matching: Match,
        entry: &'a Entry,
        number: &'a PhoneNumber,
    ) -> impl Iterator<Item = u64> + 'a {
        let significant = national(number);
        let by_tail = self.by_tail.as_ref();
        let ids = significant.as_deref().and_then(tail).and_then(|tail| by_tail?.get(tail)).into_iter().flatten();
        ids.copied().filter(move |id| {
            let record = self.record(*id);
            record.is_some_and(|record| {
                let is_named = matching != Match::Person || nfc(record.text("full_name")) == entry.full_name();
                is_named && record.texts("phone_numbers").any(|stored| is_stored_as(number, stored))
            })
        })
    }

    pub(super) fn record(&self, id: u64) -> Option<&Record> {
        self.records.get(&id)
    }
}

/// Asks the book who of these is in it.
pub(super) async fn look_up(
    client: &mut Client,
    matching: Match,
    entries: impl Iterator<Item = &Entry> + Clone,
    watch: &mut dyn Watch,
) -> Result<Known, CallError> {
    let mut known = Known::default();
    let mut questions = Vec::new();
    if matching.by_phone() {
        let has_national = entries.clone().flat_map(|entry| &entry.phones).any(|number| national(number).is_some());
        known.by_tail = has_national.then(HashMap::new);
        let phones =
            entries.clone().flat_map(|entry| &entry.phones).map(|number| number.as_sent().into_owned()).collect();
        questions.extend(in_parts("phone_numbers", phones));
    }
    if matching.by_email() {
        // Filters on addresses mind the case of letters.
        let emails = entries.flat_map(|entry| &entry.emails);
        let spellings = emails.flat_map(|email| [email.as_str().to_owned(), email.folded()]).collect();
        questions.extend(in_parts("emails", spellings));
    }
    while let Some((field, mut values)) = questions.pop() {
        let filter = json!({"field": field, "operator": "overlap", "value": values});
        match known.learn(matching, filter, client, watch).await {
            Err(CallError::TooLarge) if values.len() > 1 => {
                let rest = values.split_off(values.len() / 2);
                questions.extend([(field, values), (field, rest)]);
            }
            outcome => outcome?,
        }
    }
    Ok(known)
}

fn in_parts(field: &'static str, mut values: Vec<String>) -> Vec<(&'static str, Vec<String>)> {
    values.sort_unstable();
    values.dedup();
    values.chunks(VALUES_MAX).map(|part| (field, part.to_vec())).collect()
}

/// All records of an answer, page after page by id, which costs the same at the end as at the beginning.
pub(super) struct Pages {
    method: &'static str,
    filter: Value,
    /// The members that records have; empty for all.
    fields: &'static [&'static str],
    after: u64,
    is_over: bool,
    /// How many records there are in all, once the first page has come.
    pub(super) total: u64,
}

impl Pages {
    pub(super) fn new(method: &'static str, filter: Value) -> Self {
        Self { method, filter, fields: &[], after: 0, is_over: false, total: 0 }
    }

    /// The same with these members only; `id` must be among them.
    pub(super) fn with_fields(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(
        &mut self,
        client: &mut Client,
        watch: &mut dyn Watch,
    ) -> Result<Option<Vec<Record>>, CallError> {
        if self.is_over {
            return Ok(None);
        }
        let after = json!({"field": "id", "operator": ">", "value": self.after});
        let filter = json!({"filters": [after, self.filter], "condition": "and"});
        let params = json!({"filter": filter, "fields": self.fields, "limit": PAGE_RECORDS_MAX});
        let mut result = client.ask(self.method, params, watch).await?;
        if self.after == 0 {
            self.total = result["metadata"]["total_items"].as_u64().unwrap_or(0);
        }
        let Value::Array(data) = result["data"].take() else { return Err(no_page()) };
        self.is_over = (data.len() as u64) < PAGE_RECORDS_MAX;
        let records: Vec<Record> = data.into_iter().filter_map(Record::new).collect();
        match records.last().map(Record::id) {
            None => Ok(None),
            Some(Some(id)) if id > self.after => {
                self.after = id;
                Ok(Some(records))
            }
            Some(_) => Err(no_page()),
        }
    }
}

fn no_page() -> CallError {
    CallError::Stranger("the answer is no list of records".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringbook_formats::draft::Draft;

    fn entry(last_name: &str, phone: &str, email: &str) -> Entry {
        let (phones, emails) = (vec![phone.to_owned()], vec![email.to_owned()]);
        Draft { last_name: last_name.into(), phones, emails, ..Draft::default() }.judge().expect("good").0
    }

    #[test]
    fn who_is_the_same_is_a_matter_of_taste() {
        let record = json!({"id": 7, "full_name": "Лем", "phone_numbers": ["112", "113"], "emails": ["A@b.example"]});
        let hits = |matching: Match, entry: &Entry| {
            let mut known = Known::default();
            known.add(matching, Record::new(record.clone()).expect("an object"));
            known.hits(matching, entry, &matching.keys_of(entry))
        };
        let (same, other_name) = (entry("Лем", "113", "x@y.example"), entry("Жук", "112", "x@y.example"));
        let other_phone = entry("Лем", "114", "a@B.example");
        for (matching, wanted) in [
            (Match::Person, [true, false, false]),
            (Match::Phone, [true, true, false]),
            (Match::Email, [false, false, true]),
            (Match::Any, [true, true, true]),
        ] {
            let found = [&same, &other_name, &other_phone].map(|entry| hits(matching, entry) == [7]);
            assert_eq!(found, wanted, "{matching:?}");
        }
    }

    #[test]
    fn a_national_number_is_found_in_its_international_form() {
        let stored = |number: &str| {
            let record = json!({"id": 7, "full_name": "Лем", "phone_numbers": [number], "emails": []});
            Record::new(record).expect("an object")
        };
        for (matching, written, number, wanted) in [
            (Match::Person, "8 (916) 555-44-33", "79165554433", true),
            (Match::Phone, "030 7654321", "49307654321", true),
            (Match::Phone, "030 7654321", "49897654321", false),
            (Match::Person, "+49 30 7654321", "4949307654321", false),
            (Match::Phone, "54321", "7654321", false),
        ] {
            let mut known = Known { by_tail: Some(HashMap::new()), ..Known::default() };
            known.add(matching, stored(number));
            let entry = entry("Лем", written, "");
            let hits = known.hits(matching, &entry, &matching.keys_of(&entry));
            assert_eq!(!hits.is_empty(), wanted, "{written} {number}");
        }
    }
}
