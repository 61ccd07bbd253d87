//! Who is in the book already: what makes two contacts the same, and how a whole batch is asked about at once.
//!
//! Every contact of the batch is asked about by its phone numbers or e-mails in a few questions; the names are compared
//! here, by their words. A national number is the same as the international number that the server completes it to.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use serde_json::{Value, json};

use super::Watch;
use super::client::{CallError, Client};
use ringbook_formats::draft::Entry;
use ringbook_formats::record::Record;
use ringbook_formats::values::{NameWords, PhoneNumber};

/// How many values one question asks about: so many are looked up in the server's index, for more it reads the whole book.
const VALUES_MAX: usize = 2_000;
/// How many contacts one answer holds at most.
pub(super) const PAGE_RECORDS_MAX: u64 = 10_000;

/// What makes two contacts the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Names of the same words, and a phone number in common.
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

    /// Whether two names may be those of the same contact.
    fn is_named(self, one: &NameWords, other: &NameWords) -> bool {
        self != Self::Person || one.is_same_person(other)
    }

    /// What a contact to import is known by.
    pub(super) fn identity_of(self, entry: &Entry) -> Identity {
        let words = if self == Self::Person { NameWords::of(&entry.full_name()) } else { NameWords::default() };
        let name = words.iter().collect::<Vec<_>>().join(" ");
        let phones = entry.phones.iter().filter(|_| self.by_phone());
        let phones = phones.map(|number| (number.clone(), format!("{} {name}", tail(&number.phone().to_string()))));
        let emails = entry.emails.iter().filter(|_| self.by_email());
        Identity { words, phones: phones.collect(), emails: emails.map(|email| email.folded()).collect() }
    }
}

/// What a contact of a file is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The words of its name, if contacts are compared by names.
    words: NameWords,
    /// Its numbers, each with a key that the same number of the same person has however it is written.
    phones: Vec<(PhoneNumber, String)>,
    /// Its addresses in lower case.
    emails: Vec<String>,
}

impl Identity {
    /// Texts of which the same contact has one, if its numbers are written alike.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        let phones = self.phones.iter().map(|(number, key)| format!("{} {key}", number.phone()));
        phones.chain(self.emails.iter().cloned())
    }
}

/// The rows of a file that are on their way, for the rows after them.
#[derive(Debug, Default)]
pub(super) struct Coming {
    phones: HashMap<String, Vec<PhoneNumber>>,
    emails: HashSet<String>,
}

impl Coming {
    /// Whether a row before is the same contact.
    pub(super) fn has(&self, identity: &Identity) -> bool {
        let is_known = |(number, key): &(PhoneNumber, String)| {
            let numbers = self.phones.get(key);
            numbers.is_some_and(|known| known.iter().any(|known| is_same_number(known, number)))
        };
        identity.phones.iter().any(is_known) || identity.emails.iter().any(|email| self.emails.contains(email))
    }

    pub(super) fn add(&mut self, identity: &Identity) {
        for (number, key) in &identity.phones {
            self.phones.entry(key.clone()).or_default().push(number.clone());
        }
        self.emails.extend(identity.emails.iter().cloned());
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

/// Most digits of an internal number: the server completes longer ones.
const INTERNAL_DIGITS_MAX: usize = 6;
/// Fewest digits without a trunk prefix for a national number to be found in an international one.
const NATIONAL_DIGITS_MIN: usize = 5;
/// Fewest digits of an international number that is found behind an exit prefix.
const INTERNATIONAL_DIGITS_MIN: usize = 8;
/// Most digits that telephones dial for an outside line.
const OUTSIDE_PREFIX_DIGITS_MAX: usize = 3;
/// Fewest digits of a national number, without its trunk prefix, that is found behind them.
const OUTSIDE_DIGITS_MIN: usize = 9;
/// The last digits of a number, by which candidates for the same number are found.
const TAIL_DIGITS: usize = 5;

/// Digits without the trunk prefix.
fn significant(digits: &str) -> &str {
    match digits.strip_prefix('8') {
        Some(rest) if digits.len() == 11 => rest,
        _ => digits.trim_start_matches('0'),
    }
}

/// The digits of a national number without its trunk prefix; `None` for an international or an internal one.
fn national(number: &PhoneNumber) -> Option<&str> {
    let digits = number.as_str();
    let significant = significant(digits);
    let is_national = !number.is_international() && digits.len() > INTERNAL_DIGITS_MAX;
    (is_national && significant.len() >= NATIONAL_DIGITS_MIN).then_some(significant)
}

/// Whether the book has a number in these digits: as it is written, or completed by the country of the account.
pub(super) fn is_stored_as(number: &PhoneNumber, stored: &str) -> bool {
    if stored == number.phone().to_string() {
        return true;
    }
    let Some(national) = national(number) else { return false };
    let is_completed = |significant: &str| stored.len() > significant.len() && stored.ends_with(significant);
    let digits = number.as_str();
    // What is dialled before a number of another country, or for an outside line, is not stored.
    let is_behind_prefix =
        digits.len() > stored.len() && stored.len() >= INTERNATIONAL_DIGITS_MIN && digits.ends_with(stored);
    let has_trunk_prefix = digits.starts_with('0') && !digits.starts_with("00");
    let is_outside = || {
        !has_trunk_prefix
            && (1..=OUTSIDE_PREFIX_DIGITS_MAX).any(|len| {
                let rest = digits.get(len..).unwrap_or_default();
                let significant = significant(rest);
                significant.len() < rest.len() && significant.len() >= OUTSIDE_DIGITS_MIN && is_completed(significant)
            })
    };
    is_completed(national) || is_behind_prefix || is_outside()
}

/// Whether two rows have the same number.
fn is_same_number(one: &PhoneNumber, other: &PhoneNumber) -> bool {
    is_stored_as(one, &other.phone().to_string()) || is_stored_as(other, &one.phone().to_string())
}

/// The last digits of a number.
fn tail(digits: &str) -> &str {
    digits.get(digits.len().saturating_sub(TAIL_DIGITS)..).unwrap_or(digits)
}

/// A contact of the book.
#[derive(Debug)]
struct KnownContact {
    record: Record,
    words: NameWords,
}

/// Contacts of the book by what they are known by.
#[derive(Debug, Default)]
pub(super) struct Known {
    contacts: HashMap<u64, KnownContact>,
    /// Ids by the hash of the last digits of a number and a word of the name.
    by_phone: HashMap<u64, Vec<u64>>,
    by_email: HashMap<String, Vec<u64>>,
    hasher: RandomState,
}

impl Known {
    fn add(&mut self, matching: Match, record: Record) {
        let Some(id) = record.id() else { return };
        let words = match matching {
            Match::Person => NameWords::of(record.text("full_name")),
            Match::Phone | Match::Email | Match::Any => NameWords::default(),
        };
        if matching.by_phone() {
            for digits in record.texts("phone_numbers") {
                for key in keys(&self.hasher, digits, &words) {
                    put(self.by_phone.entry(key).or_default(), id);
                }
            }
        }
        if matching.by_email() {
            for email in record.texts("emails") {
                put(self.by_email.entry(email.to_lowercase()).or_default(), id);
            }
        }
        self.contacts.insert(id, KnownContact { record, words });
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

    /// The ids of the contacts that are the same as one of the file, ascending.
    pub(super) fn hits(&self, matching: Match, identity: &Identity) -> Vec<u64> {
        let mut ids: Vec<u64> =
            identity.emails.iter().filter_map(|email| self.by_email.get(email)).flatten().copied().collect();
        for (number, _) in &identity.phones {
            let digits = number.phone().to_string();
            let candidates = keys(&self.hasher, &digits, &identity.words).filter_map(|key| self.by_phone.get(&key));
            let is_same = |contact: &KnownContact| {
                matching.is_named(&contact.words, &identity.words)
                    && contact.record.texts("phone_numbers").any(|stored| is_stored_as(number, stored))
            };
            ids.extend(candidates.flatten().filter(|id| self.contacts.get(*id).is_some_and(is_same)));
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    pub(super) fn record(&self, id: u64) -> Option<&Record> {
        self.contacts.get(&id).map(|contact| &contact.record)
    }

    /// Whether the name of a contact of the book has everything that the name of a row has, in parts that the row does
    /// not have: `Müller`, `Jörg` for `Jörg Müller`.
    pub(super) fn has_name_in_parts(&self, id: u64, entry: &Entry) -> bool {
        let Some(record) = self.record(id).filter(|_| entry.first_name.is_none() && entry.patronymic.is_none()) else {
            return false;
        };
        let has_parts = record.member("first_name").is_string();
        has_parts && NameWords::of(record.text("full_name")).has_all_of(&NameWords::of(entry.last_name.as_str()))
    }
}

fn put(ids: &mut Vec<u64>, id: u64) {
    if ids.last() != Some(&id) {
        ids.push(id);
    }
}

/// The keys of a number: one for each word of the name, or one if names do not count.
fn keys(hasher: &RandomState, digits: &str, words: &NameWords) -> impl Iterator<Item = u64> {
    let tail = tail(digits);
    let without_name = words.iter().next().is_none().then_some("");
    words.iter().chain(without_name).map(move |word| hasher.hash_one((tail, word)))
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
            known.hits(matching, &matching.identity_of(entry))
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
            (Match::Phone, "089 7654321", "49307654321", false),
            (Match::Person, "+49 30 7654321", "4949307654321", false),
            (Match::Phone, "54321", "7654321", false),
            // A short number of Vienna, and what is dialled before numbers.
            (Match::Person, "01 58858", "43158858", true),
            (Match::Phone, "011 44 20 7946 0018", "442079460018", true),
            (Match::Phone, "8-10-44-20-7946-0018", "442079460018", true),
            (Match::Phone, "9 8 916 555-44-33", "79165554433", true),
            // Two zeros are the international prefix, whatever was meant.
            (Match::Phone, "0 030 7654321", "49307654321", false),
            (Match::Phone, "+9 8 916 555-44-33", "79165554433", false),
        ] {
            let mut known = Known::default();
            known.add(matching, stored(number));
            let entry = entry("Лем", written, "");
            let identity = matching.identity_of(&entry);
            assert_eq!(!known.hits(matching, &identity).is_empty(), wanted, "{written} {number}");
            // The same of two rows of one file.
            let mut coming = Coming::default();
            coming.add(&matching.identity_of(&self::tests::entry("Лем", &format!("+{number}"), "")));
            assert_eq!(coming.has(&identity), wanted, "{written} {number}");
        }
    }

    #[test]
    fn a_person_is_found_in_whatever_order_a_name_is_written() {
        let record = |last: &str, first: Value, full: &str| {
            let record = json!({"id": 7, "last_name": last, "first_name": first, "full_name": full, "phone_numbers": ["112"], "emails": []});
            Record::new(record).expect("an object")
        };
        let mut known = Known::default();
        known.add(Match::Person, record("Müller", json!("Jörg"), "Müller Jörg"));
        for (name, wanted) in
            [("Jörg Müller", true), ("MÜLLER, JÖRG", true), ("Müller Eva", false), ("Jörg", false), ("Müller", false)]
        {
            let entry = entry(name, "112", "");
            assert_eq!(!known.hits(Match::Person, &Match::Person.identity_of(&entry)).is_empty(), wanted, "{name}");
            assert_eq!(known.has_name_in_parts(7, &entry), name != "Müller Eva", "{name}");
        }
        let mut whole = Known::default();
        whole.add(Match::Person, record("Jörg Müller", Value::Null, "Jörg Müller"));
        assert!(!whole.has_name_in_parts(7, &entry("Müller Jörg", "112", "")));
    }
}
