//! The export: the book page by page into a file that is there whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::client::{Access, Client};
use super::matching::Pages;
use super::{TransferError, Watch};
use ringbook_formats::csv_table::SheetWriter;
use ringbook_formats::record::Record;
use ringbook_formats::source::{FileError, Format};
use ringbook_formats::{ndjson, vcard};

/// What a file is called until it is whole.
const UNFINISHED: &str = "part";

/// Writes all contacts into a file, which takes the place of one of this name; how many there were.
///
/// Contacts that are changed meanwhile are written as they were or as they are.
///
/// # Errors
/// When a call fails or the file cannot be written; then there is no new file, and an old one stays.
pub async fn export(path: &Path, format: Format, access: Access, watch: &mut dyn Watch) -> Result<u64, TransferError> {
    if path.is_dir() {
        return Err(FileError::new(path, "is a directory: name a file in it").into());
    }
    let mut client = Client::new(access).map_err(TransferError::Setup)?;
    let mut pages = Pages::new("get.contacts", json!({}));
    let mut count = 0;
    let mut unfinished: Option<Unfinished> = None;
    loop {
        let page = pages.next(&mut client, watch).await;
        let page = page.map_err(|fault| TransferError::Call { address: client.address().to_string(), fault })?;
        // Nothing is made before the server has answered.
        let file = match &mut unfinished {
            Some(file) => file,
            None => unfinished.insert(Unfinished::new(path, format)?),
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

enum Paper {
    CsvTable(Box<SheetWriter<BufWriter<File>>>),
    Cards(BufWriter<File>),
    Lines(BufWriter<File>),
}

/// A file that goes away unless it is finished.
struct Unfinished {
    path: PathBuf,
    target: PathBuf,
    paper: Option<Paper>,
}

impl Unfinished {
    fn new(target: &Path, format: Format) -> Result<Self, FileError> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.{UNFINISHED}", std::process::id()));
        let path = target.with_file_name(name);
        let begin = || -> io::Result<Paper> {
            let file = BufWriter::new(File::create(&path)?);
            Ok(match format {
                Format::Csv => Paper::CsvTable(Box::new(SheetWriter::new(file)?)),
                Format::Vcf => Paper::Cards(file),
                Format::Ndjson => Paper::Lines(file),
            })
        };
        let paper = begin().map_err(|cause| FileError::new(target, cause))?;
        Ok(Self { path, target: target.to_owned(), paper: Some(paper) })
    }

    fn write(&mut self, record: &Record) -> Result<(), FileError> {
        let written = match &mut self.paper {
            Some(Paper::CsvTable(sheet)) => sheet.write(record),
            Some(Paper::Cards(file)) => vcard::write(file, record),
            Some(Paper::Lines(file)) => ndjson::write(file, record),
            None => Ok(()),
        };
        written.map_err(|cause| FileError::new(&self.target, cause))
    }

    fn finish(mut self) -> Result<(), FileError> {
        let flushed = |mut file: BufWriter<File>| -> io::Result<()> {
            file.flush()?;
            file.get_ref().sync_all()
        };
        let end = match self.paper.take() {
            Some(Paper::CsvTable(sheet)) => sheet.finish().and_then(flushed),
            Some(Paper::Cards(file) | Paper::Lines(file)) => flushed(file),
            None => Ok(()),
        };
        let end = end.and_then(|()| std::fs::rename(&self.path, &self.target));
        end.map_err(|cause| FileError::new(&self.target, cause))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename there is nothing of this name.
        let _ = std::fs::remove_file(&self.path);
    }
}
