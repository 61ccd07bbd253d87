//! The import: rows are checked, gathered into batches, compared with the book and sent.
//!
//! The outcome is as if the rows went in one after the other, but for rows that have ids of their own in the file: they
//! are compared with what the book had before, and not with each other. A row is counted once: created, updated, skipped or
//! refused. What is refused does not hold up the rest; what concerns every row, a token that is refused or a server that
//! is gone, stops the import, and the rows before it stay in the book.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::cache::{Made, Seen};
use super::client::{Access, ApiError, CallError, Client};
use super::contact_record::has_all;
use super::matching::{Coming, Identity, Known, Match, OnDuplicate, look_up};
use super::names::{Employee, NameKind, Names};
use super::report::Report;
use super::verdict::Verdict;
use super::{TransferError, Watch};
use ringbook_formats::decoding::Position;
use ringbook_formats::draft::Entry;
use ringbook_formats::remark::Remark;
use ringbook_formats::source::{Row, Source};
use ringbook_formats::survey::Survey;

/// The most bytes of contacts in one upload: below the smallest body that a server usually takes, 1 MiB.
const BATCH_BYTES_MAX: usize = 900 << 10;
/// The most contacts in one upload.
const BATCH_RECORDS_MAX: usize = 10_000;
/// What the id of a manager and a comma add to a contact.
const MANAGER_BYTES_MAX: usize = 48;
/// Refusals that concern every row alike.
const REFUSED_FOR_ALL: [&str; 5] =
    ["forbidden", "account_inactive", "ip_not_whitelisted", "internal_error", "method_not_found"];

/// Whether anything is sent that changes the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It is.
    Real,
    /// Everything is read, judged and looked up, and nothing is changed.
    Dry,
}

/// How to import.
#[derive(Debug, Clone, Copy)]
pub struct ImportOptions {
    /// What makes two contacts the same.
    pub matching: Match,
    /// What becomes of a contact that is there already.
    pub on_duplicate: OnDuplicate,
    /// For real or not.
    pub run: Run,
}

/// How many rows had which outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows read.
    pub read: u64,
    /// Contacts made.
    pub created: u64,
    /// Contacts changed.
    pub updated: u64,
    /// Rows whose contact was there already, or had nothing new.
    pub skipped: u64,
    /// Rows that did not go in.
    pub refused: u64,
    /// Of the rows that went in, those of which something was left out.
    pub partly: u64,
    /// Rows of which it is not known whether they went in.
    pub uncertain: u64,
    /// Phone numbers that are written with a trunk prefix (`0…`, `8…`) and without a country code.
    pub national: u64,
}

/// What came of an import.
#[derive(Debug)]
pub struct Outcome {
    /// The rows counted.
    pub tally: Tally,
    /// Why it stopped before the end.
    pub stopped: Option<TransferError>,
}

/// Imports a file that has been surveyed.
///
/// # Errors
/// When nothing could be begun. What stops it later is in the [`Outcome`].
pub async fn import(
    source: &Source,
    survey: &Survey,
    access: Access,
    options: ImportOptions,
    report: &mut Report,
    watch: &mut dyn Watch,
) -> Result<Outcome, TransferError> {
    let mut client = Client::new(access).map_err(TransferError::Setup)?;
    let position = Position::default();
    let rows = source.rows(survey, &position)?;
    let mut greeted = client.greet(watch).await;
    if greeted.is_ok() && options.run == Run::Dry {
        greeted = client.may_import(options.on_duplicate == OnDuplicate::Update, watch).await;
    }
    greeted.map_err(|fault| TransferError::Call { address: client.address().to_string(), fault })?;
    report.add_columns(survey)?;
    watch.length(source.bytes());
    let mut importer = Importer {
        client,
        options,
        names: Names::default(),
        tally: Tally::default(),
        made: Made::default(),
        seen: Seen::default(),
        report,
        watch,
    };
    let stopped = importer.all(rows, &position).await.err();
    let tally = importer.tally;
    report.finish()?;
    Ok(Outcome { tally, stopped })
}

/// A row on its way.
struct ImportTask {
    number: u64,
    entry: Entry,
    remarks: Vec<Remark>,
    identity: Identity,
    /// It has an id of its own in the file: no other row of the file is meant by it.
    is_distinct: bool,
    /// As an upload has it, without the manager.
    record: Map<String, Value>,
}

struct Importer<'a> {
    client: Client,
    options: ImportOptions,
    names: Names,
    tally: Tally,
    made: Made,
    seen: Seen,
    report: &'a mut Report,
    watch: &'a mut dyn Watch,
}

/// What a batch comes to.
#[derive(Default)]
struct Plan {
    create: Vec<ImportTask>,
    update: Vec<(ImportTask, u64)>,
    /// Rows that depend on what becomes of these, and all after them.
    later: Vec<ImportTask>,
}

impl Importer<'_> {
    async fn all(
        &mut self,
        rows: impl Iterator<Item = Result<Row, super::FileError>>,
        position: &Position,
    ) -> Result<(), TransferError> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        for row in rows {
            let row = match row {
                Ok(row) => row,
                Err(fault) => {
                    self.batch(batch).await?;
                    return Err(fault.into());
                }
            };
            let Some((task, size)) = self.read(row)? else { continue };
            if bytes + size > BATCH_BYTES_MAX || batch.len() == BATCH_RECORDS_MAX {
                self.batch(std::mem::take(&mut batch)).await?;
                self.watch.at(position.get());
                bytes = 0;
            }
            batch.push(task);
            bytes += size;
        }
        self.batch(batch).await?;
        self.watch.at(position.get());
        Ok(())
    }

    /// Judges a row; `None` when it is refused.
    fn read(&mut self, row: Row) -> Result<Option<(ImportTask, usize)>, TransferError> {
        self.tally.read += 1;
        let judged = row.draft.and_then(|draft| Ok((draft.judge()?, !draft.id.is_empty())));
        match judged {
            Err(remark) => {
                self.refuse(row.number, &remark)?;
                Ok(None)
            }
            Ok(((entry, remarks), is_distinct)) => {
                self.tally.national += entry.phones.iter().filter(|phone| phone.has_trunk_prefix()).count() as u64;
                let record = entry.upload_record();
                let size = serde_json::to_string(&record).map_or(0, |text| text.len()) + MANAGER_BYTES_MAX;
                let identity = self.options.matching.identity_of(&entry);
                Ok(Some((ImportTask { number: row.number, entry, remarks, identity, is_distinct, record }, size)))
            }
        }
    }

    fn refuse(&mut self, row: u64, remark: &Remark) -> Result<(), TransferError> {
        self.tally.refused += 1;
        Ok(self.report.add(Verdict::Refused, row, remark)?)
    }

    /// Carries a batch to its end.
    async fn batch(&mut self, mut rows: Vec<ImportTask>) -> Result<(), TransferError> {
        while !rows.is_empty() {
            let names = rows.iter().filter_map(|row| row.entry.manager.as_ref()).map(|name| name.as_str());
            let learnt = self.names.learn_employees(names, &mut self.client, self.watch).await;
            learnt.map_err(|fault| self.stop(fault))?;
            let known = self.look_up(&rows).await?;
            let plan = self.plan(rows, &known)?;
            if self.options.run == Run::Real {
                self.upload(plan.create).await?;
            } else {
                self.pretend(plan.create)?;
            }
            for (row, id) in plan.update {
                self.update(row, id, &known).await?;
            }
            rows = plan.later;
        }
        Ok(())
    }

    async fn look_up(&mut self, rows: &[ImportTask]) -> Result<Known, TransferError> {
        if self.options.on_duplicate == OnDuplicate::Create {
            return Ok(Known::default());
        }
        let entries = rows.iter().map(|row| &row.entry);
        let known = look_up(&mut self.client, self.options.matching, entries, self.watch).await;
        known.map_err(|fault| self.stop(fault))
    }

    /// Decides what becomes of each row.
    fn plan(&mut self, rows: Vec<ImportTask>, known: &Known) -> Result<Plan, TransferError> {
        let mut plan = Plan::default();
        let mut coming = Coming::default();
        let mut touched = HashSet::new();
        let mut rows = rows.into_iter();
        while let Some(row) = rows.next() {
            let mut hits = known.hits(self.options.matching, &row.identity);
            hits.retain(|id| !(row.is_distinct && self.made.has(*id)));
            let is_seen = || !self.seen.is_empty() && row.identity.keys().any(|key| self.seen.has(&key));
            let is_coming = !row.is_distinct && (coming.has(&row.identity) || is_seen());
            match (self.options.on_duplicate, hits.as_slice()) {
                (OnDuplicate::Create, _) => plan.create.push(row),
                (OnDuplicate::Skip | OnDuplicate::Update, []) if !is_coming => {
                    coming.add(&row.identity);
                    plan.create.push(row);
                }
                (OnDuplicate::Skip, hits) => self.skip(row.number, hits)?,
                (OnDuplicate::Update, _) if is_coming && self.options.run == Run::Dry => self.tally.updated += 1,
                (OnDuplicate::Update, hits) if is_coming || hits.iter().any(|id| touched.contains(id)) => {
                    plan.later.push(row);
                    plan.later.extend(rows);
                    break;
                }
                (OnDuplicate::Update, [id]) => {
                    touched.insert(*id);
                    plan.update.push((row, *id));
                }
                (OnDuplicate::Update, several) if several.iter().any(|id| self.is_same(&row, *id, known)) => {
                    self.skip(row.number, several)?;
                }
                (OnDuplicate::Update, several) => self.refuse(row.number, &ambiguous(several))?,
            }
        }
        Ok(plan)
    }

    /// Counts a row whose contact is there already: in the book, or in an earlier row.
    fn skip(&mut self, row: u64, ids: &[u64]) -> Result<(), TransferError> {
        self.tally.skipped += 1;
        let remark = match ids {
            [] => Remark::whole("is the same contact as an earlier row of the file"),
            [id] => Remark::whole(format!("is in the book as contact {id}")).of_kind("is in the book"),
            ids => Remark::whole(format!("is in the book as contacts {}", listed(ids))).of_kind("is in the book"),
        };
        Ok(self.report.add(Verdict::Skipped, row, &remark)?)
    }

    fn is_same(&self, row: &ImportTask, id: u64, known: &Known) -> bool {
        let has_name = known.has_name_in_parts(id, &row.entry);
        known.record(id).is_some_and(|record| has_all(record, &row.entry, has_name, self.manager_id(&row.entry)))
    }

    /// Counts what would have been made.
    fn pretend(&mut self, rows: Vec<ImportTask>) -> Result<(), TransferError> {
        for row in rows {
            self.seen.add(row.identity.keys());
            self.tally.created += 1;
            self.done(&row)?;
        }
        Ok(())
    }

    /// Reports what was left out of a row that went in.
    fn done(&mut self, row: &ImportTask) -> Result<(), TransferError> {
        let manager = row.entry.manager.as_ref().map(|name| name.as_str());
        let unresolved = manager.and_then(|name| Some((name, self.names.employee(name).reason()?)));
        let unresolved = unresolved.map(|(name, reason)| Remark::on("personal_manager_full_name", name, reason));
        let mut is_partly = false;
        for remark in row.remarks.iter().chain(&unresolved) {
            is_partly = true;
            self.report.add(Verdict::Partly, row.number, remark)?;
        }
        self.tally.partly += u64::from(is_partly);
        Ok(())
    }

    fn manager_id(&self, entry: &Entry) -> Option<u64> {
        match self.names.employee(entry.manager.as_ref()?.as_str()) {
            Employee::One(id) => Some(id),
            Employee::Nobody | Employee::Several | Employee::Unasked => None,
        }
    }

    /// Uploads contacts, in halves when they are too much for the server at once.
    async fn upload(&mut self, rows: Vec<ImportTask>) -> Result<(), TransferError> {
        let mut parts = vec![rows];
        while let Some(mut rows) = parts.pop() {
            let Some(first) = rows.first() else { continue };
            let first = first.number;
            let contacts: Vec<Value> = rows.iter().map(|row| self.with_manager(row)).collect();
            let params = json!({"contacts": contacts, "on_error": "skip"});
            match self.client.change("upload.contacts", params, self.watch).await {
                Ok(result) => self.uploaded(rows, &result)?,
                Err(CallError::TooLarge) if rows.len() > 1 => {
                    let second = rows.split_off(rows.len() / 2);
                    parts.extend([second, rows]);
                }
                Err(CallError::TooLarge) => {
                    self.refuse(first, &Remark::whole("is larger than the server takes"))?;
                }
                Err(CallError::Uncertain(cause)) => return self.lost(&rows, cause),
                Err(fault) => return Err(self.stop(fault)),
            }
        }
        Ok(())
    }

    fn with_manager(&self, row: &ImportTask) -> Value {
        let mut record = row.record.clone();
        if let Some(id) = self.manager_id(&row.entry) {
            record.insert("personal_manager_id".to_owned(), id.into());
        }
        Value::Object(record)
    }

    /// Counts what an upload came to.
    fn uploaded(&mut self, rows: Vec<ImportTask>, result: &Value) -> Result<(), TransferError> {
        let data = &result["data"];
        let ids = data["ids"].as_array().filter(|ids| ids.len() == rows.len());
        let Some(ids) = ids else {
            return self.lost(&rows, "the answer does not say what became of each contact".to_owned());
        };
        let errors = data["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (place, (row, id)) in rows.iter().zip(ids).enumerate() {
            if let Some(id) = id.as_u64() {
                self.tally.created += 1;
                self.made.add(id);
                self.done(row)?;
            } else {
                let error = errors.iter().find(|error| error["index"].as_u64() == Some(place as u64));
                let refusal = ApiError::read(error.unwrap_or(&Value::Null), None);
                self.refuse(row.number, &remark(refusal))?;
            }
        }
        Ok(())
    }

    /// The answer to a change was lost.
    fn lost(&mut self, rows: &[ImportTask], cause: String) -> Result<(), TransferError> {
        let remark = Remark::whole("the answer to its upload was lost: look whether it is in the book");
        for row in rows {
            self.tally.uncertain += 1;
            self.report.add(Verdict::Uncertain, row.number, &remark)?;
        }
        let place = match (rows.first(), rows.last()) {
            (Some(first), Some(last)) if rows.len() > 1 => {
                format!("{} rows from {} to {} are", rows.len(), first.number, last.number)
            }
            (Some(first), _) => format!("row {} is", first.number),
            (None, _) => "none is".to_owned(),
        };
        let cause = format!(
            "{cause}; {place} in the book or not, all or none of them. Run the same command again: with --on-duplicate skip \
             what is there already is not made twice"
        );
        Err(self.stop(CallError::Uncertain(cause)))
    }

    /// Changes a contact so that it has what the row has; what the row leaves empty stays.
    async fn update(&mut self, row: ImportTask, id: u64, known: &Known) -> Result<(), TransferError> {
        if self.is_same(&row, id, known) {
            return self.skip(row.number, &[id]);
        }
        let sent = match self.options.run {
            Run::Dry => Ok(()),
            Run::Real => self.send_update(&row, id, known.has_name_in_parts(id, &row.entry)).await,
        };
        match sent {
            Ok(()) => {
                self.tally.updated += 1;
                self.done(&row)
            }
            Err(CallError::Refused(refusal)) if !concerns_all(&refusal) => self.refuse(row.number, &remark(*refusal)),
            Err(CallError::Uncertain(cause)) => self.lost(std::slice::from_ref(&row), cause),
            Err(fault) => Err(self.stop(fault)),
        }
    }

    async fn send_update(&mut self, row: &ImportTask, id: u64, has_name: bool) -> Result<(), CallError> {
        let mut params = row.record.clone();
        if has_name {
            params.shift_remove("last_name");
        }
        params.insert("id".to_owned(), id.into());
        if let Some(id) = self.manager_id(&row.entry) {
            params.insert("personal_manager_id".to_owned(), id.into());
        }
        // An update takes ids where an upload takes names.
        if params.shift_remove("organization_name").is_some()
            && let Some(name) = &row.entry.organization
        {
            let id = self.names.id(NameKind::Organization, name.as_str(), &mut self.client, self.watch).await?;
            params.insert("organization_id".to_owned(), id.into());
        }
        if params.shift_remove("group_names").is_some() {
            let mut groups = Vec::new();
            for name in &row.entry.groups {
                groups.push(self.names.id(NameKind::Group, name.as_str(), &mut self.client, self.watch).await?);
            }
            params.insert("groups".to_owned(), groups.into());
        }
        self.client.change("update.contacts", Value::Object(params), self.watch).await.map(|_| ())
    }

    fn stop(&self, fault: CallError) -> TransferError {
        TransferError::Call { address: self.client.address().to_string(), fault }
    }
}

fn concerns_all(refusal: &ApiError) -> bool {
    refusal.mnemonic.starts_with("access_token") || REFUSED_FOR_ALL.contains(&refusal.mnemonic.as_str())
}

fn remark(refusal: ApiError) -> Remark {
    let reason = refusal.reason;
    Remark { field: refusal.field, value: refusal.value, kind: reason.clone(), reason }
}

fn ambiguous(ids: &[u64]) -> Remark {
    let kind = "matches several contacts of the book, so that it is not clear which to update";
    Remark::whole(format!("{kind}: ids {}", listed(ids))).of_kind(kind)
}

fn listed(ids: &[u64]) -> String {
    ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
