//! The kinds of files that are read, told apart by their names and their beginnings.

use std::path::Path;

/// How contacts are kept in a file that is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180), or semicolons, tabs, vertical bars.
    Csv,
    /// A workbook of Excel and of other programs (Office Open XML).
    Xlsx,
    /// vCards 2.1, 3.0 and 4.0.
    Vcf,
    /// Entries of a directory (RFC 2849).
    Ldif,
    /// An XML phone book of desk telephones and routers.
    Phonebook,
    /// One record of the API per line.
    Ndjson,
}

/// What is read, for a message.
pub const KINDS: &str = "CSV (.csv, .tsv), Excel (.xlsx), vCard (.vcf), LDIF (.ldif), XML phone books of Yealink, \
                         Grandstream, Snom, Fritz!Box and Cisco (.xml), and NDJSON (.ndjson)";
/// The names of formats, as `--format` has them.
pub const NAMES: &str = "csv, xlsx, vcf, ldif, xml or ndjson";

/// The first bytes of a ZIP file, which an XLSX file is.
const ZIP_MARK: &[u8] = b"PK\x03\x04";
/// The first bytes of a file of Excel before 2007.
const OLE_MARK: &[u8] = b"\xd0\xcf\x11\xe0";

impl Format {
    /// By its name, or by the extension of a file.
    ///
    /// # Errors
    /// When there is no such format; the text says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "tab" => Ok(Self::Csv),
            "xlsx" | "xlsm" => Ok(Self::Xlsx),
            "vcf" | "vcard" => Ok(Self::Vcf),
            "ldif" | "ldi" => Ok(Self::Ldif),
            "xml" => Ok(Self::Phonebook),
            "ndjson" | "jsonl" => Ok(Self::Ndjson),
            _ => Err(format!("is no format: give {NAMES}")),
        }
    }

    /// The name that `--format` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Vcf => "vcf",
            Self::Ldif => "ldif",
            Self::Phonebook => "xml",
            Self::Ndjson => "ndjson",
        }
    }

    /// By the name of a file and its first bytes.
    ///
    /// # Errors
    /// When neither tells, or when they contradict each other; the text names the kinds that are read.
    pub fn of(path: &Path, head: &[u8]) -> Result<Self, String> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if head.starts_with(OLE_MARK) {
            return Err(
                "is in a format of Excel or Outlook that is not read: save it as .xlsx or .csv first".to_owned()
            );
        }
        match (Self::parse(extension), Self::of_content(head)) {
            (Ok(named), Some(found)) if named != found => {
                Err(format!("looks like {}, which its name does not say: add --format {}", found.kind(), found.name()))
            }
            (Ok(named), _) => Ok(named),
            (Err(_), Some(found)) => Ok(found),
            (Err(_), None) => Err(format!(
                "the kind of the file is not known: if it is a table as text, add --format csv; otherwise save it as one of \
                 the kinds that are read: {KINDS}"
            )),
        }
    }

    /// By the first bytes, where they leave no doubt.
    fn of_content(head: &[u8]) -> Option<Self> {
        if head.starts_with(ZIP_MARK) {
            return Some(Self::Xlsx);
        }
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let starts = |mark: &[u8]| head.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
        if starts(b"BEGIN:VCARD") {
            Some(Self::Vcf)
        } else if starts(b"<?xml") || starts(b"<!DOCTYPE") {
            Some(Self::Phonebook)
        } else if starts(b"dn:") || starts(b"version: 1\n") || starts(b"version: 1\r") {
            Some(Self::Ldif)
        } else if starts(b"{\"") {
            Some(Self::Ndjson)
        } else {
            None
        }
    }

    /// What it is called in a message.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xlsx => "an Excel workbook",
            Self::Vcf => "vCards",
            Self::Ldif => "LDIF",
            Self::Phonebook => "XML",
            Self::Ndjson => "NDJSON",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, head: &[u8]) -> Result<Format, String> {
        Format::of(Path::new(name), head)
    }

    #[test]
    fn a_file_is_told_by_its_name_or_its_beginning() {
        assert_eq!(of("a.CSV", b"x"), Ok(Format::Csv));
        assert_eq!(of("contacts", b"\xef\xbb\xbfbegin:vcard\r\n"), Ok(Format::Vcf));
        assert_eq!(of("phonebook.xml", b"<?xml version=\"1.0\"?>"), Ok(Format::Phonebook));
        assert_eq!(of("export.txt", b"dn: cn=x\n"), Ok(Format::Ldif));
        assert!(of("a.csv", b"BEGIN:VCARD\n").expect_err("cards").contains("--format vcf"));
        assert!(of("a.csv", ZIP_MARK).expect_err("a workbook").contains("--format xlsx"));
        assert!(of("a.xls", OLE_MARK).expect_err("old").contains(".xlsx"));
        let unknown = of("a.dat", b"???").expect_err("unknown");
        assert!(
            ["CSV", "vCard", "LDIF", "XML", "NDJSON", "Excel"].iter().all(|kind| unknown.contains(kind)),
            "{unknown}"
        );
    }
}
