//! The export: the book page by page into a file that is there whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{Access, CallError, Client};
use super::matching::Pages;
use super::{TransferError, Watch};
use crate::private_file::PrivateFile;
use ringbook_formats::csv_table::{Readers, TableWriter};
use ringbook_formats::phonebook::{PhonebookShape, PhonebookWriter};
use ringbook_formats::record::Record;
use ringbook_formats::source::FileError;
use ringbook_formats::vcard::VcardVersion;
use ringbook_formats::{ldif, ndjson, vcard};

/// What a file is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// A table, for programs or for spreadsheets.
    Csv(Readers),
    /// Cards.
    Vcf(VcardVersion),
    /// Entries of a directory.
    Ldif,
    /// A phone book of desk telephones.
    Phonebook(PhonebookShape),
    /// Records of the API.
    Ndjson,
}

/// What to export.
#[derive(Debug, Clone, Default)]
pub struct ExportOptions {
    /// A filter of the query language.
    pub filter: Option<Value>,
    /// Names of groups: contacts that are in any of them.
    pub groups: Vec<String>,
}

/// Writes contacts into a file, which takes the place of one of this name; how many there were.
///
/// Contacts that are changed meanwhile are written as they were or as they are.
///
/// # Errors
/// When a call fails, there is no group of a name or the file cannot be written; then there is no new file, and an old
/// one stays.
pub async fn export(
    path: &Path,
    format: ExportFormat,
    options: &ExportOptions,
    access: Access,
    watch: &mut dyn Watch,
) -> Result<u64, TransferError> {
    if path.is_dir() {
        return Err(FileError::new(path, "is a directory: name a file in it").into());
    }
    let mut client = Client::new(access).map_err(TransferError::Setup)?;
    let address = client.address().to_string();
    let called = |fault| TransferError::Call { address: address.clone(), fault };
    let filter = filter(options, &mut client, watch).await?.map_err(called)?;
    let groups = match format {
        ExportFormat::Phonebook(PhonebookShape::Grandstream) => {
            group_names(&mut client, watch).await.map_err(called)?
        }
        _ => Vec::new(),
    };
    let mut pages = Pages::new("get.contacts", filter);
    let mut count = 0;
    let mut unfinished: Option<Unfinished> = None;
    loop {
        let page = pages.next(&mut client, watch).await.map_err(called)?;
        // Nothing is made before the server has answered.
        let file = match &mut unfinished {
            Some(file) => file,
            None => unfinished.insert(Unfinished::new(path, format, groups.clone())?),
        };
        watch.length(pages.total);
        let Some(records) = page else { break };
        for record in &records {
            file.write(record)?;
        }
        count += records.len() as u64;
        watch.at(count);
    }
    if let Some(file) = unfinished {
        file.finish()?;
    }
    Ok(count)
}

/// The filter of the options, with the ids of groups.
async fn filter(
    options: &ExportOptions,
    client: &mut Client,
    watch: &mut dyn Watch,
) -> Result<Result<Value, CallError>, TransferError> {
    let mut filters: Vec<Value> = options.filter.iter().cloned().collect();
    if !options.groups.is_empty() {
        let mut ids = Vec::new();
        for name in &options.groups {
            let filter = json!({"field": "name", "operator": "=", "value": name});
            let params = json!({"filter": filter, "fields": ["id"]});
            let result = match client.ask("get.group_contacts", params, watch).await {
                Ok(result) => result,
                Err(fault) => return Ok(Err(fault)),
            };
            match result["data"][0]["id"].as_u64() {
                Some(id) => ids.push(id),
                None => return Err(TransferError::Setup(format!("--group: there is no group {name:?} in the book"))),
            }
        }
        filters.push(json!({"field": "groups", "operator": "in", "value": ids}));
    }
    Ok(Ok(json!({"filters": filters, "condition": "and"})))
}

/// The names of all groups.
async fn group_names(client: &mut Client, watch: &mut dyn Watch) -> Result<Vec<String>, CallError> {
    let mut pages = Pages::new("get.group_contacts", json!({})).with_fields(&["id", "name"]);
    let mut names = Vec::new();
    while let Some(groups) = pages.next(client, watch).await? {
        names.extend(groups.iter().map(|group| group.text("name").to_owned()));
    }
    Ok(names)
}

enum ExportFile {
    Csv(Box<TableWriter<BufWriter<File>>>),
    Cards(BufWriter<File>, VcardVersion),
    Ldif(BufWriter<File>),
    Phonebook(Box<PhonebookWriter<BufWriter<File>>>),
    Ndjson(BufWriter<File>),
}

/// A file that goes away unless it is finished.
struct Unfinished {
    target: PathBuf,
    private: PrivateFile,
    output: ExportFile,
}

impl Unfinished {
    fn new(target: &Path, format: ExportFormat, groups: Vec<String>) -> Result<Self, FileError> {
        let begin = || -> io::Result<(PrivateFile, ExportFile)> {
            let (private, file) = PrivateFile::create(target)?;
            let file = BufWriter::new(file);
            let output = match format {
                ExportFormat::Csv(readers) => ExportFile::Csv(Box::new(TableWriter::new(file, readers)?)),
                ExportFormat::Vcf(version) => ExportFile::Cards(file, version),
                ExportFormat::Ldif => ExportFile::Ldif(file),
                ExportFormat::Phonebook(shape) => {
                    ExportFile::Phonebook(Box::new(PhonebookWriter::new(file, shape, groups)?))
                }
                ExportFormat::Ndjson => ExportFile::Ndjson(file),
            };
            Ok((private, output))
        };
        let (private, output) = begin().map_err(|cause| FileError::new(target, cause))?;
        Ok(Self { target: target.to_owned(), private, output })
    }

    fn write(&mut self, record: &Record) -> Result<(), FileError> {
        let written = match &mut self.output {
            ExportFile::Csv(table) => table.write(record),
            ExportFile::Cards(file, version) => vcard::write(file, record, *version),
            ExportFile::Ldif(file) => ldif::write(file, record),
            ExportFile::Phonebook(book) => book.write(record),
            ExportFile::Ndjson(file) => ndjson::write(file, record),
        };
        written.map_err(|cause| FileError::new(&self.target, cause))
    }

    fn finish(self) -> Result<(), FileError> {
        let Self { target, private, output } = self;
        let end = || -> io::Result<()> {
            let mut file = match output {
                ExportFile::Csv(table) => table.finish()?,
                ExportFile::Phonebook(book) => book.finish()?,
                ExportFile::Cards(file, _) | ExportFile::Ldif(file) | ExportFile::Ndjson(file) => file,
            };
            file.flush()?;
            private.keep(file.get_ref())
        };
        end().map_err(|cause| FileError::new(&target, cause))
    }
}
