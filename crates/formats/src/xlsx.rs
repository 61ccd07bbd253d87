//! Workbooks (Office Open XML): the first sheet whose columns are known is read as a table.
//!
//! A workbook cannot be streamed, because its texts are in another part than its cells. So it is unpacked in memory,
//! within bounds that are checked before anything is read from it: a small file can unpack to any size.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use calamine::{DataRef, Reader, SheetVisible, Xlsx};

use crate::columns::COLUMNS_MAX;
use crate::csv_table::{self, TableError};
use crate::source::{FileError, OpenFile, Source};
use crate::survey::Survey;
use crate::table_layout::TableText;

/// The most bytes of a workbook.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// The most parts of a workbook.
const PARTS_MAX: usize = 10_000;
/// The most bytes of the text of one sheet.
const SHEET_BYTES_MAX: usize = 512 << 20;
/// The most rows of a sheet.
const ROWS_MAX: u32 = 1 << 20;
/// Numbers from this on are not whole any more in the form in which workbooks keep them.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Looks through a workbook and keeps the sheet that is read.
pub(crate) fn survey(source: &Source) -> Result<Survey, FileError> {
    if source.bytes() > FILE_BYTES_MAX {
        return Err(source.fault(format_args!("a workbook may have {FILE_BYTES_MAX} bytes: save it as .csv")));
    }
    if source.has_given_charset() {
        return Err(
            source.fault("--encoding is for files of text, and a workbook says in which encoding its texts are")
        );
    }
    unpack_within_bounds(source.file()?, source.unpacked_bytes_max()).map_err(|reason| source.fault(reason))?;
    let file = BufReader::new(source.file()?);
    let mut book: Xlsx<BufReader<OpenFile>> = Xlsx::new(file).map_err(|cause| source.fault(not_read(&cause)))?;
    let sheets = book.sheets_metadata().to_vec();
    let visible = sheets.iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = visible.map(|sheet| sheet.name.clone()).collect();
    let mut first_fault = None;
    let mut filled: Vec<String> = Vec::new();
    let mut found: Option<(String, Survey)> = None;
    // A text that many cells share is stored once, so that a sheet may have more text than the workbook unpacks to.
    let bytes_max =
        usize::try_from(source.unpacked_bytes_max()).map_or(SHEET_BYTES_MAX, |max| max.min(SHEET_BYTES_MAX));
    for name in names {
        let text = sheet_text(&mut book, &name, bytes_max)
            .map_err(|reason| source.fault(format_args!("sheet {name:?}: {reason}")))?;
        if text.is_empty() {
            continue;
        }
        filled.push(name.clone());
        if found.is_some() {
            continue;
        }
        match csv_table::survey_text(source, TableText::Memory(Arc::from(text))).map_err(TableError::into_file) {
            Ok(survey) => found = Some((name, survey)),
            Err(fault) => first_fault = first_fault.or(Some(fault)),
        }
    }
    let Some((name, mut survey)) = found else {
        return Err(first_fault.unwrap_or_else(|| source.fault("has no sheet with anything in it")));
    };
    let others: Vec<String> = filled.iter().filter(|other| **other != name).map(|other| format!("{other:?}")).collect();
    if !others.is_empty() {
        survey.notes.push(format!("read is the sheet {name:?}; not read: {}", others.join(", ")));
    }
    Ok(survey)
}

fn not_read(cause: &calamine::XlsxError) -> String {
    match cause {
        calamine::XlsxError::Password => "is protected by a password: save it without".to_owned(),
        cause => format!("is no workbook that can be read: {cause}"),
    }
}

/// Unpacks every part without keeping it, to find out how large it is. Pictures count, too, because a workbook can name
/// any part as the one that holds its texts.
fn unpack_within_bounds(file: OpenFile, bytes_max: u64) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|cause| format!("is no workbook: {cause}"))?;
    if archive.len() > PARTS_MAX {
        return Err(format!("has {} parts, at most {PARTS_MAX} are read", archive.len()));
    }
    let mut room = bytes_max;
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).map_err(|cause| format!("is no workbook: {cause}"))?;
        let bytes = io::copy(&mut part.by_ref().take(room + 1), &mut io::sink());
        let bytes = bytes.map_err(|cause| format!("is damaged: {cause}"))?;
        if bytes > room {
            return Err(format!("unpacks to more than {bytes_max} bytes: save the sheet with the contacts as .csv"));
        }
        room -= bytes;
    }
    Ok(())
}

/// The cells of a sheet as a table of text; empty if there are none.
fn sheet_text(book: &mut Xlsx<BufReader<OpenFile>>, name: &str, bytes_max: usize) -> Result<Vec<u8>, String> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|cause| cause.to_string())?;
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut row: Vec<String> = Vec::new();
    let mut row_number = 0;
    let mut bytes = 0;
    while let Some(cell) = cells.next_cell().map_err(|cause| cause.to_string())? {
        let (at, column) = cell.get_position();
        if at >= ROWS_MAX {
            return Err(format!("has more than {ROWS_MAX} rows"));
        }
        if column as usize >= COLUMNS_MAX {
            continue;
        }
        let text = text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        bytes += text.len();
        if bytes > bytes_max {
            return Err(format!("has more than {bytes_max} bytes of text: save it as .csv"));
        }
        while row_number < at {
            write_row(&mut writer, &row)?;
            row.clear();
            row_number += 1;
        }
        row.resize(row.len().max(column as usize + 1), String::new());
        row[column as usize] = text;
    }
    if bytes == 0 {
        return Ok(Vec::new());
    }
    write_row(&mut writer, &row)?;
    writer.into_inner().map_err(|cause| cause.to_string())
}

/// An empty row is written, too, so that rows keep their numbers.
fn write_row(writer: &mut csv::Writer<Vec<u8>>, row: &[String]) -> Result<(), String> {
    let written = if row.is_empty() { writer.write_record([""]) } else { writer.write_record(row) };
    written.map_err(|cause| cause.to_string())
}

/// The text of a cell; a whole number has no fraction and no exponent.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < WHOLE_MAX => format!("{number:.0}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(time) => time.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::decoding::Position;
    use crate::draft::Draft;

    const CONTENT_TYPES: &str = "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
        <Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>";

    /// A workbook of these sheets, each with rows of cells in XML.
    fn workbook(sheets: &[(&str, &str)], strings: &[&str]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let mut part = |name: &str, text: String| {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory");
            zip.write_all(text.as_bytes()).expect("memory");
        };
        let relations = |of: &[(String, String, String)]| {
            let all: String = of.iter().map(|(id, kind, target)| format!(
                "<Relationship Id=\"{id}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/>"
            )).collect();
            format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{all}</Relationships>"
            )
        };
        part("[Content_Types].xml", CONTENT_TYPES.to_owned());
        part("_rels/.rels", relations(&[("r1".into(), "officeDocument".into(), "xl/workbook.xml".into())]));
        let mut book: Vec<(String, String, String)> =
            vec![("s".into(), "sharedStrings".into(), "sharedStrings.xml".into())];
        let mut names = String::new();
        for (place, (name, _)) in sheets.iter().enumerate() {
            book.push((format!("r{place}"), "worksheet".into(), format!("worksheets/sheet{place}.xml")));
            names.push_str(&format!("<sheet name=\"{name}\" sheetId=\"{}\" r:id=\"r{place}\"/>", place + 1));
        }
        part("xl/_rels/workbook.xml.rels", relations(&book));
        part(
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
             xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{names}</sheets></workbook>"
            ),
        );
        let strings: String = strings.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
        part(
            "xl/sharedStrings.xml",
            format!("<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">{strings}</sst>"),
        );
        for (place, (_, rows)) in sheets.iter().enumerate() {
            part(
                &format!("xl/worksheets/sheet{place}.xml"),
                format!(
                    "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
                ),
            );
        }
        zip.finish().expect("memory").into_inner()
    }

    fn read(bytes: &[u8]) -> Result<(Survey, Vec<(u64, Draft)>), String> {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a.xlsx");
        std::fs::write(&path, bytes).expect("written");
        let source = Source::open(&path, None, None, Vec::new()).map_err(|fault| fault.to_string())?;
        let survey = source.survey().map_err(|fault| fault.to_string())?;
        let rows: Vec<(u64, Draft)> = source
            .rows(&survey, &Position::default())
            .expect("opened")
            .map(|row| row.expect("read"))
            .map(|row| (row.number, row.draft.expect("a row")))
            .collect();
        Ok((survey, rows))
    }

    #[test]
    fn the_sheet_whose_columns_are_known_is_read() {
        let notes = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Remember</t></is></c></row>";
        let list = "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"C2\" t=\"s\"><v>1</v></c><c r=\"D2\" t=\"s\"><v>2</v></c></row>\
            <row r=\"5\"><c r=\"A5\" t=\"inlineStr\"><is><t>Ann, &amp; Co</t></is></c><c r=\"C5\"><v>79165554433</v></c>\
            <c r=\"D5\"><v>4.91512345678E12</v></c></row>";
        let book = workbook(&[("Notes", notes), ("List", list)], &["Name", "Phone", "Mobile"]);
        let (survey, rows) = read(&book).expect("a workbook");
        assert_eq!((survey.rows, rows.len(), rows[0].0), (1, 1, 5));
        assert_eq!(
            (&*rows[0].1.full_name, rows[0].1.phones.join(" ")),
            ("Ann, & Co", "79165554433 4915123456780".to_owned())
        );
        assert!(
            survey.notes.iter().any(|note| note.contains("\"List\"") && note.contains("not read: \"Notes\"")),
            "{:?}",
            survey.notes
        );
    }

    #[test]
    fn a_cell_far_away_costs_little() {
        let far = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c><c r=\"XFD1\"><v>1</v></c></row>\
            <row r=\"1048576\"><c r=\"A1048576\" t=\"inlineStr\"><is><t>Ann</t></is></c><c r=\"B1048576\"><v>112</v></c></row>";
        let (_, rows) = read(&workbook(&[("List", far)], &["Name", "Phone"])).expect("a workbook");
        assert_eq!((rows.len(), rows[0].0), (1, 1_048_576));
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_read() {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).expect("memory");
        let zeros = vec![b' '; 1 << 20];
        for _ in 0..=(crate::source::UNPACKED_BYTES_MAX >> 20) {
            zip.write_all(&zeros).expect("memory");
        }
        let bomb = zip.finish().expect("memory").into_inner();
        assert!(bomb.len() < 8 << 20);
        assert!(read(&bomb).expect_err("a bomb").contains("unpacks to more than"));
        assert!(read(b"PK\x03\x04 and nothing").expect_err("no archive").contains("is no workbook"));
    }
}
