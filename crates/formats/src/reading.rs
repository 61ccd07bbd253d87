//! Reads a file in its format: hands [`Source`] to the module of the format.

use crate::decoding::Position;
use crate::format::Format;
use crate::source::{FileError, Rows, Source};
use crate::survey::{Plan, Survey};
use crate::{csv_table, ldif, ndjson, phonebook, vcard, xlsx};

impl Source {
    /// Looks through the whole file.
    ///
    /// # Errors
    /// When it is not in the encoding that it should be in, when a table's quotation marks do not close or its columns
    /// mean nothing, when there is no contact in it or it is something else than its format.
    pub fn survey(&self) -> Result<Survey, FileError> {
        if !self.map().is_empty() && !matches!(self.format(), Format::Csv | Format::Xlsx) {
            return Err(self.fault("--map names columns, and only tables (csv, xlsx) have columns"));
        }
        if let Some(charset) = self.given_against_utf_8()? {
            return Err(self.fault(format_args!(
                "is in UTF-8, and its letters would be wrong in {}: leave out --encoding",
                charset.name()
            )));
        }
        let survey = match self.format() {
            Format::Csv => csv_table::survey(self),
            Format::Xlsx => xlsx::survey(self),
            Format::Vcf => vcard::survey(self),
            Format::Ldif => ldif::survey(self),
            Format::Phonebook => phonebook::survey(self),
            Format::Ndjson => ndjson::survey(self),
        }?;
        if survey.rows == 0 {
            return Err(self.fault(format_args!("there is no contact in it: is it {}?", self.format().kind())));
        }
        Ok(survey)
    }

    /// Its rows; `position` follows how far the file has been read.
    ///
    /// # Errors
    /// When the file cannot be opened any more.
    pub fn rows<'a>(&'a self, survey: &'a Survey, position: &Position) -> Result<Rows<'a>, FileError> {
        let position = Position::clone(position);
        match (&survey.plan, self.format()) {
            (Plan::Table(layout), _) => csv_table::rows(self, layout, position),
            (Plan::Records { charset, memberships }, Format::Vcf) => vcard::rows(self, *charset, memberships, position),
            (Plan::Records { charset, memberships }, Format::Ldif) => ldif::rows(self, *charset, memberships, position),
            (Plan::Records { charset, memberships }, Format::Phonebook) => {
                phonebook::rows(self, *charset, memberships, position)
            }
            (Plan::Records { charset, .. }, _) => ndjson::rows(self, *charset, position),
        }
    }
}
