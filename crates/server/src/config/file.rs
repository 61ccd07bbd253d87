//! The TOML file: a flat list of settings named like the flags, with `-` or `_`.
//!
//! It may hold the settings of every command, so that a server and the operator's commands share one file; a key
//! that is no flag of any is refused, for it is a misspelling.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::WrongSetting;
use super::value::one;

/// How large a configuration file may be.
pub const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// The settings of a file, as texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigFile {
    path: PathBuf,
    known: BTreeSet<String>,
    settings: BTreeMap<String, Setting>,
}

/// A key as it is spelled in the file, and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    key: String,
    values: Vec<String>,
}

impl ConfigFile {
    /// Reads a file whose keys must be among `known` flags.
    ///
    /// Fails when it cannot be read, is larger than [`CONFIG_BYTES_MAX`] or no TOML, or holds a key that is
    /// unknown, named twice or no plain value.
    pub fn read(path: &Path, known: &BTreeSet<String>) -> Result<Self, WrongSetting> {
        let text = contents(path)
            .map_err(|cause| WrongSetting::new(format_args!("config file {}: {cause}", path.display())))?;
        Self::parse(path.to_owned(), &text, known)
    }

    /// The same file as it is now.
    pub fn reread(&self) -> Result<Self, WrongSetting> {
        Self::read(&self.path, &self.known)
    }

    /// Like [`ConfigFile::read`], with the file's text at hand.
    pub fn parse(path: PathBuf, text: &str, known: &BTreeSet<String>) -> Result<Self, WrongSetting> {
        let wrong = |cause: String| WrongSetting::new(format_args!("config file {}: {cause}", path.display()));
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            wrong(format!("line {line}: {}", error.message().replace('\n', "; ")))
        })?;
        let mut settings = BTreeMap::new();
        for (key, value) in table.into_inner() {
            let spelled = key.into_inner().into_owned();
            let flag = spelled.replace('_', "-");
            if !known.contains(&flag) {
                return Err(wrong(unknown(&spelled, known)));
            }
            let values = values(value.get_ref()).ok_or_else(|| wrong(no_plain_value(&spelled)))?;
            let setting = Setting { key: spelled, values };
            if let Some(before) = settings.insert(flag, setting) {
                return Err(wrong(format!("key `{}` is named twice, with `-` and with `_`", before.key)));
            }
        }
        Ok(Self { path, known: known.clone(), settings })
    }

    /// What the file alone says of a flag.
    pub fn value<T>(&self, flag: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, WrongSetting> {
        self.setting(flag).map(|(values, place)| one(values, &place, read)).transpose()
    }

    /// The values of a flag and where they stand.
    pub(super) fn setting(&self, flag: &str) -> Option<(&[String], String)> {
        let setting = self.settings.get(flag)?;
        Some((&setting.values, format!("key `{}` in {}", setting.key, self.path.display())))
    }
}

fn contents(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|cause| cause.to_string())?;
    let mut text = String::new();
    file.take(CONFIG_BYTES_MAX + 1).read_to_string(&mut text).map_err(|cause| cause.to_string())?;
    if text.len() as u64 > CONFIG_BYTES_MAX {
        return Err(format!("larger than {CONFIG_BYTES_MAX} bytes, which no configuration is"));
    }
    Ok(text)
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn unknown(key: &str, known: &BTreeSet<String>) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    format!("unknown key `{key}`; the keys are {}", known.join(", "))
}

fn no_plain_value(key: &str) -> String {
    format!("key `{key}` must be a text, a number, true, false, or a list of those")
}

/// A value as texts: a list has several, anything else one. Tables, dates and nested lists are nothing.
fn values(value: &DeValue<'_>) -> Option<Vec<String>> {
    match value {
        DeValue::Array(list) => list.iter().map(|value| scalar(value.get_ref())).collect(),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Table(_) => scalar(value).map(|text| vec![text]),
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Integer(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
