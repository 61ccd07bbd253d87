//! Parameters, read one by one: what is unknown is refused before anything else, then types, by name.
//!
//! Which parameters a method has stands in its row of [`super::method`]; a value that has the right type is
//! validated later, by the code that knows what it means.

use std::borrow::Cow;

use ringbook_book::query::field::Field;
use ringbook_book::query::number::Decimal;
use ringbook_book::text::NumberRule;
use ringbook_json::{Json, Kind};

use super::method::{ACCESS_TOKEN, Form, ResultKind, Spec, USER_ID};
use super::mnemonic::{Mnemonic, RpcError};
use super::secrets;

/// The number of no user.
const NOBODY: u64 = 0;

/// The parameters of a call.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'d> {
    object: Option<Json<'d>>,
    method: Option<&'static Spec>,
    numbers: NumberRule,
}

impl<'d> Reader<'d> {
    /// Takes an object; an empty array is an empty object, and so is nothing at all.
    ///
    /// What else was sent is not repeated unless it is too small to hold a token.
    pub fn new(params: Option<Json<'d>>) -> Result<Self, RpcError> {
        let refused = || RpcError::at(Mnemonic::DataTypeError, "params");
        let Some(params) = params else {
            return Ok(Reader::none());
        };
        match params.kind() {
            Kind::Object => Ok(Reader::of(params)),
            Kind::List if params.is_hollow() => Ok(Reader::none()),
            Kind::List | Kind::Text => Err(refused()),
            Kind::Null | Kind::Boolean | Kind::Number => Err(refused().sent(Some(params))),
        }
    }

    /// No parameters.
    pub const fn none() -> Self {
        Reader { object: None, method: None, numbers: NumberRule::NONE }
    }

    /// The members of an object inside the parameters.
    pub fn of(object: Json<'d>) -> Self {
        Reader { object: Some(object), ..Reader::none() }
    }

    /// The same, known to be the parameters of this method.
    #[must_use]
    pub fn for_method(self, method: &'static Spec) -> Self {
        Reader { method: Some(method), ..self }
    }

    /// The same, with phone numbers read by this rule.
    #[must_use]
    pub fn with_numbers(self, numbers: NumberRule) -> Self {
        Reader { numbers, ..self }
    }

    /// How phone numbers are read.
    pub fn numbers(self) -> NumberRule {
        self.numbers
    }

    /// The fields of the records that the method answers with.
    pub fn fields(self) -> &'static [Field] {
        match self.method.map(|method| method.answer) {
            Some(ResultKind::Records(fields)) => fields,
            _ => &[],
        }
    }

    /// Whether the method has a parameter of this name.
    pub fn takes(self, name: &str) -> bool {
        self.method.is_some_and(|method| method.takes(name))
    }

    /// All parameters, if there are any.
    pub fn object(self) -> Option<Json<'d>> {
        self.object
    }

    /// The parameter of this name, whatever it is.
    pub fn raw(self, name: &str) -> Option<Json<'d>> {
        self.object?.member(name)
    }

    /// The parameter of this name; null counts as absent.
    pub fn given(self, name: &str) -> Option<Json<'d>> {
        self.raw(name).filter(|value| !value.is_null())
    }

    /// A required text.
    pub fn text(self, name: &str) -> Result<Cow<'d, str>, RpcError> {
        let value = self.raw(name).ok_or_else(|| RpcError::at(Mnemonic::RequiredParameterMissed, name))?;
        value.text().ok_or_else(|| self.mistyped(name))
    }

    /// A whole number in any spelling, as a number or a text.
    pub fn whole(self, name: &str) -> Result<Option<i128>, RpcError> {
        let Some(value) = self.given(name) else {
            return Ok(None);
        };
        let spelled = match value.kind() {
            Kind::Number => value.number().map(Cow::Borrowed),
            Kind::Text => value.text(),
            Kind::Null | Kind::Boolean | Kind::List | Kind::Object => None,
        };
        let decimal = spelled.and_then(|spelled| Decimal::read(&spelled));
        match decimal.and_then(Decimal::whole) {
            Some(number) => Ok(Some(number)),
            None => Err(self.mistyped(name).because("a whole number is expected")),
        }
    }

    /// True or false; false if absent.
    pub fn flag(self, name: &str) -> Result<bool, RpcError> {
        let Some(value) = self.given(name) else {
            return Ok(false);
        };
        value.boolean().ok_or_else(|| self.mistyped(name).because("true or false is expected"))
    }

    /// The user that the call names; a number that nobody can have is [`NOBODY`].
    pub fn user_id(self) -> Result<Option<u64>, RpcError> {
        let Some(value) = self.given(USER_ID) else {
            return Ok(None);
        };
        let number = value.number().ok_or_else(|| self.mistyped(USER_ID))?;
        let whole = Decimal::read(number).and_then(Decimal::whole);
        let id = whole.and_then(|whole| u64::try_from(whole).ok());
        Ok(Some(id.unwrap_or(NOBODY)))
    }

    /// Refuses the first parameter that the method does not have.
    pub fn refuse_unknown(self, method: &Spec) -> Result<(), RpcError> {
        let Some(params) = self.object else {
            return Ok(());
        };
        for (name, value) in params.members() {
            let known = method.names().any(|known| name.is_text(known));
            let harmless = value.is_null() && [ACCESS_TOKEN, USER_ID].iter().any(|known| name.is_text(known));
            if !known && !harmless {
                let usable = method.all_parameters().filter(|parameter| parameter.form != Form::Telephony);
                return Err(unexpected(name, value).allowing(usable.map(|parameter| parameter.name)));
            }
        }
        Ok(())
    }

    /// The refusal of a parameter that has the wrong type.
    pub fn mistyped(self, name: &str) -> RpcError {
        let fault = RpcError::at(Mnemonic::DataTypeError, name);
        match secrets::is_secret(name) {
            true => fault,
            false => fault.sent(self.raw(name)),
        }
    }

    /// The value at a dotted path, if something was sent there.
    pub fn at(self, path: &str) -> Option<Json<'d>> {
        path.split('.').try_fold(self.object?, |value, step| {
            match step.parse().ok().filter(|_| value.kind() == Kind::List) {
                Some(place) => value.elements().nth(place),
                None => value.member(step),
            }
        })
    }
}

/// The refusal of a member that nobody knows, at its own name.
pub fn unexpected(name: Json<'_>, value: Json<'_>) -> RpcError {
    let fault = RpcError::at(Mnemonic::UnexpectedParameters, name.path_segment());
    let is_secret = name.text().is_some_and(|name| secrets::is_secret(&name));
    fault.sent((!is_secret).then_some(value))
}
