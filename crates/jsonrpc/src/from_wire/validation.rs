//! What is wrong with the parameters of a change, and which of it is reported.
//!
//! All parameters are read before anything is said, because some faults are graver than others wherever they stand:
//! a member that nobody knows comes before a missing one, a missing one before a wrong type, and so on as
//! [`Severity`] lists them. Of equally grave ones the first is reported. A fault is put into words only if it is the
//! gravest so far, and the path to a value only if it is to error_at, so that good records cost neither.
//!
//! What each kind of value has to look like stands in [`super::values`].

use std::fmt;

use ringbook_book::command::Edit;
use ringbook_book::text::NumberRule;

use crate::method::{Need, Spec};
use crate::mnemonic::{Mnemonic, RpcError};
use crate::reader;
use ringbook_json::Json;

/// The kinds of faults, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A member that does not exist.
    Stranger,
    /// A member that belongs to another part of a telephone system.
    Disabled,
    /// A required one is not there.
    Missing,
    /// Another type than it has to have.
    Type,
    /// The type is right, the value is not.
    Value,
    /// Each is right, together they are not.
    Combination,
    /// A number that nothing can have as its id.
    Nothing,
}

impl Severity {
    fn mnemonic(self) -> Mnemonic {
        match self {
            Self::Stranger => Mnemonic::UnexpectedParameters,
            Self::Disabled => Mnemonic::ParameterComponentDisabled,
            Self::Missing => Mnemonic::RequiredParameterMissed,
            Self::Type => Mnemonic::DataTypeError,
            Self::Value => Mnemonic::InvalidParameterValue,
            Self::Combination => Mnemonic::InvalidParametersCombination,
            Self::Nothing => Mnemonic::EntityNotFound,
        }
    }
}

/// Where a value stands; prints the dotted path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamPath {
    name: &'static str,
    place: Option<usize>,
    member: Option<&'static str>,
}

impl ParamPath {
    /// A member of the call or of the record that is being read.
    pub const fn of(name: &'static str) -> Self {
        Self { name, place: None, member: None }
    }

    /// The element at this position of the list here.
    #[must_use]
    pub const fn element(self, place: usize) -> Self {
        Self { place: Some(place), ..self }
    }

    /// A member of the object here.
    #[must_use]
    pub const fn member(self, member: &'static str) -> Self {
        Self { member: Some(member), ..self }
    }
}

impl fmt::Display for ParamPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if let Some(place) = self.place {
            write!(f, ".{place}")?;
        }
        match self.member {
            Some(member) => write!(f, ".{member}"),
            None => Ok(()),
        }
    }
}

/// What a client gave for a parameter. A value that was refused counts as absent: the error is kept elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given<T> {
    /// Nothing.
    Absent,
    /// `null`.
    Null,
    /// A value.
    Value(T),
}

impl<T> Given<T> {
    /// The value, where null means the same as nothing.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The change of something that is always there.
    pub fn edit(self) -> Edit<T> {
        self.value().map_or(Edit::Keep, Edit::Set)
    }

    /// The change of something that null removes.
    pub fn optional_edit(self) -> Edit<Option<T>> {
        match self {
            Self::Absent => Edit::Keep,
            Self::Null => Edit::Set(None),
            Self::Value(value) => Edit::Set(Some(value)),
        }
    }
}

impl<T: Default> Given<T> {
    /// The change of a list that null empties.
    pub fn list_edit(self) -> Edit<T> {
        match self {
            Self::Absent => Edit::Keep,
            Self::Null => Edit::Set(T::default()),
            Self::Value(list) => Edit::Set(list),
        }
    }
}

/// The gravest fault so far, in the parameters that a row of the method table lists, and how phone numbers are read.
#[derive(Debug)]
pub struct Validation {
    method: &'static Spec,
    gravest: Option<(Severity, RpcError)>,
    numbers: NumberRule,
}

impl Validation {
    /// Reads parameters of this method.
    pub fn new(method: &'static Spec) -> Self {
        Validation { method, gravest: None, numbers: NumberRule::NONE }
    }

    /// The same, with phone numbers read by this rule.
    #[must_use]
    pub fn with_numbers(self, numbers: NumberRule) -> Self {
        Validation { numbers, ..self }
    }

    /// How phone numbers are read.
    pub fn numbers(&self) -> &NumberRule {
        &self.numbers
    }

    /// The row of the method.
    pub fn method(&self) -> &'static Spec {
        self.method
    }

    /// Reads a parameter: the row of the method says whether it must be there and whether it may be null.
    pub fn parameter<'d, T>(
        &mut self,
        spot: ParamPath,
        value: Option<Json<'d>>,
        read: impl FnOnce(&mut Self, ParamPath, Json<'d>) -> Option<T>,
    ) -> Given<T> {
        let need = self.method.parameter(spot.name).map(|parameter| parameter.need);
        match (value, need) {
            (None, Some(Need::Required)) => self.missed(spot),
            (None, _) => {}
            (Some(value), need) if value.is_null() => match need {
                Some(Need::Required) => self.missed(spot),
                Some(Need::Lasting) => {
                    self.impossible(spot, value, "cannot be cleared: leave it out to keep what is there");
                }
                _ => return Given::Null,
            },
            (Some(value), _) => return read(self, spot, value).map_or(Given::Absent, Given::Value),
        }
        Given::Absent
    }

    /// What was read, if nothing was wrong with it.
    pub fn end<T>(self, read: Option<T>) -> Result<T, RpcError> {
        match self.gravest {
            Some((_, fault)) => Err(fault),
            None => read.ok_or_else(|| RpcError::internal("a parameter was neither read nor refused")),
        }
    }

    /// Blames a value; `detail` adds reason and bounds.
    pub fn error_at(
        &mut self,
        gravity: Severity,
        spot: ParamPath,
        value: Json<'_>,
        detail: impl FnOnce(RpcError) -> RpcError,
    ) {
        self.note(gravity, || detail(RpcError::at(gravity.mnemonic(), spot.to_string()).sent(Some(value))));
    }

    /// Blames a value that is not possible, for this reason.
    pub fn impossible(&mut self, spot: ParamPath, value: Json<'_>, reason: &str) {
        self.error_at(Severity::Value, spot, value, |fault| fault.because(reason));
    }

    /// Blames the absence of something.
    pub fn missed(&mut self, spot: ParamPath) {
        self.note(Severity::Missing, || RpcError::at(Severity::Missing.mnemonic(), spot.to_string()));
    }

    /// Blames a member that the object at `outer`, or the record that is being read, does not have.
    /// `allowed` are those that it can have.
    pub fn unknown_member(
        &mut self,
        outer: Option<ParamPath>,
        (name, value): (Json<'_>, Json<'_>),
        allowed: impl IntoIterator<Item = &'static str>,
    ) {
        self.note(Severity::Stranger, || {
            let error = reader::unexpected(name, value).allowing(allowed);
            match outer {
                Some(outer) => error.inside(&outer.to_string()),
                None => error,
            }
        });
    }

    /// A member of an object in a list that must be there; null is as good as nothing.
    pub fn required<'d, T>(
        &mut self,
        spot: ParamPath,
        value: Option<Json<'d>>,
        read: impl FnOnce(&mut Self, ParamPath, Json<'d>) -> Option<T>,
    ) -> Option<T> {
        match value.filter(|value| !value.is_null()) {
            Some(value) => read(self, spot, value),
            None => {
                self.missed(spot);
                None
            }
        }
    }

    /// A member of an object in a list that may be absent or null.
    pub fn optional<'d, T>(
        &mut self,
        spot: ParamPath,
        value: Option<Json<'d>>,
        read: impl FnOnce(&mut Self, ParamPath, Json<'d>) -> Option<T>,
    ) -> Option<T> {
        value.filter(|value| !value.is_null()).and_then(|value| read(self, spot, value))
    }

    fn note(&mut self, gravity: Severity, fault: impl FnOnce() -> RpcError) {
        if self.gravest.as_ref().is_none_or(|(known, _)| gravity < *known) {
            self.gravest = Some((gravity, fault()));
        }
    }
}
