//! Where a setting comes from: the command line, then the environment, then the file, then the default.
//!
//! The first source that names a setting gives all its values; the sources are never mixed. Of two flags that
//! exclude each other, the one from the higher source counts; in the same source they are an error.

use std::ffi::OsString;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::value::{one, wrong};
use super::{ConfigFile, WrongSetting};

/// Asks for a variable of the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The sources of a command's settings, highest first.
#[derive(Clone, Copy)]
pub struct Layers<'a> {
    matches: &'a ArgMatches,
    environment: Environment<'a>,
    file: Option<&'a ConfigFile>,
}

/// A source, the highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    CommandLine,
    Environment,
    File,
    Default,
}

/// The values of a setting.
struct Given {
    layer: Layer,
    /// Where they stand, for a message.
    place: String,
    values: Vec<String>,
}

impl<'a> Layers<'a> {
    /// The sources of the command whose arguments these are.
    pub fn new(matches: &'a ArgMatches, environment: Environment<'a>, file: Option<&'a ConfigFile>) -> Self {
        Self { matches, environment, file }
    }

    /// The setting that a flag names; `None` when no source has it.
    pub fn value<T>(&self, flag: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, WrongSetting> {
        let Some(given) = self.given(flag)? else { return Ok(None) };
        one(&given.values, &given.place, read).map(Some)
    }

    /// A setting that some source must have: `purpose` says what for.
    pub fn required<T>(
        &self,
        flag: &str,
        purpose: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, WrongSetting> {
        self.value(flag, read)?.ok_or_else(|| WrongSetting::new(format_args!("--{flag} is missing: it {purpose}")))
    }

    /// A setting of several values, repeated or separated by commas.
    pub fn list<T>(&self, flag: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, WrongSetting> {
        let Some(given) = self.given(flag)? else { return Ok(Vec::new()) };
        let parts = given.values.iter().flat_map(|value| value.split(',')).map(str::trim);
        parts.map(|part| read(part).map_err(|reason| wrong(&given.place, part, &reason))).collect()
    }

    /// A setting that may be repeated, each value of which is read whole and may hold commas; `read` may find several
    /// things in it.
    pub fn texts<T>(&self, flag: &str, read: impl Fn(&str) -> Result<Vec<T>, String>) -> Result<Vec<T>, WrongSetting> {
        let Some(given) = self.given(flag)? else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for value in &given.values {
            all.extend(read(value).map_err(|reason| wrong(&given.place, value, &reason))?);
        }
        Ok(all)
    }

    /// Whether a flag without a value is up.
    pub fn is_up(&self, flag: &str) -> Result<bool, WrongSetting> {
        Ok(self.value(flag, super::value::truth)?.unwrap_or(false))
    }

    /// Which of the flags that exclude each other is given; a default does not count.
    pub fn one_of(&self, flags: [&'static str; 2]) -> Result<Option<&'static str>, WrongSetting> {
        let [one, other] = flags;
        let layer = |flag| Ok(self.given(flag)?.map_or(Layer::Default, |given| given.layer));
        match (layer(one)?, layer(other)?) {
            (Layer::Default, Layer::Default) => Ok(None),
            (mine, theirs) if mine < theirs => Ok(Some(one)),
            (mine, theirs) if mine > theirs => Ok(Some(other)),
            (_, _) => {
                Err(WrongSetting::new(format_args!("--{one} and --{other} exclude each other: give one of them")))
            }
        }
    }

    /// The file, when no higher source names the setting: then the file decides, now and when it is read again.
    pub fn file_deciding(&self, flag: &str) -> Result<Option<&'a ConfigFile>, WrongSetting> {
        let from_above = self.given(flag)?.is_some_and(|given| given.layer < Layer::File);
        Ok(self.file.filter(|_| !from_above))
    }

    fn given(&self, flag: &str) -> Result<Option<Given>, WrongSetting> {
        if self.matches.value_source(flag) == Some(ValueSource::CommandLine) {
            return Ok(Some(self.argument(flag, Layer::CommandLine)));
        }
        if let Some(given) = self.variable(flag)? {
            return Ok(Some(given));
        }
        if let Some((values, place)) = self.file.and_then(|file| file.setting(flag)) {
            return Ok(Some(Given { layer: Layer::File, place, values: values.to_vec() }));
        }
        Ok(self.matches.value_source(flag).map(|_| self.argument(flag, Layer::Default)))
    }

    /// What clap holds: texts, or whether a flag without a value was there.
    fn argument(&self, flag: &str, layer: Layer) -> Given {
        let values = match self.matches.try_get_many::<String>(flag) {
            Ok(texts) => texts.into_iter().flatten().cloned().collect(),
            Err(_) => vec![self.matches.get_flag(flag).to_string()],
        };
        Given { layer, place: format!("--{flag}"), values }
    }

    /// An empty variable counts as none: that is how many tools unset one.
    fn variable(&self, flag: &str) -> Result<Option<Given>, WrongSetting> {
        let name = variable(flag);
        let Some(value) = (self.environment)(&name).filter(|value| !value.is_empty()) else { return Ok(None) };
        let text = value.into_string().map_err(|_| WrongSetting::new(format_args!("{name} is not UTF-8")))?;
        Ok(Some(Given { layer: Layer::Environment, place: name, values: vec![text] }))
    }
}

/// The variable that stands for a flag.
pub(crate) fn variable(flag: &str) -> String {
    format!("RINGBOOK_{}", flag.to_ascii_uppercase().replace('-', "_"))
}
