//! The kinds of values that changes are made of: names, numbers, lists, ids.
//!
//! Each reader blames what is wrong ([`Validation`]) and yields nothing then. Lists are read to their end even when they
//! are too long, because a wrong type in them is graver than their length.

use ringbook_book::id::{ID_MAX, IdError};
use ringbook_book::query::number::Decimal;
use ringbook_book::text::{AtMost, Email, Emails, Name, PHONE_DIGITS_MAX, PHONE_DIGITS_MIN, Phone, Phones, TextError};

use super::validation::{ParamPath, Severity, Validation};
use crate::method::bounds::{self, Bounds, Range};
use crate::mnemonic::RpcError;
use ringbook_json::{Elements, Json, Kind};

/// What an element must not be.
const TWICE: &str = "stands in the list already";

impl Validation {
    /// A string.
    pub fn text<'d>(&mut self, spot: ParamPath, value: Json<'d>) -> Option<std::borrow::Cow<'d, str>> {
        let text = value.text();
        if text.is_none() {
            self.error_at(Severity::Type, spot, value, |fault| fault.because("a string is expected"));
        }
        text
    }

    /// A name of a person, a group or an organization.
    pub fn name(&mut self, spot: ParamPath, value: Json<'_>) -> Option<Name> {
        let text = self.text(spot, value)?;
        self.judged(spot, value, Name::parse(&text), "characters")
    }

    /// A phone number.
    pub fn phone(&mut self, spot: ParamPath, value: Json<'_>) -> Option<Phone> {
        let text = self.text(spot, value)?;
        let phone = Phone::read(&text, self.numbers());
        self.judged(spot, value, phone, "digits")
    }

    /// An e-mail address.
    pub fn email(&mut self, spot: ParamPath, value: Json<'_>) -> Option<Email> {
        let text = self.text(spot, value)?;
        self.judged(spot, value, Email::parse(&text), "bytes")
    }

    /// The phone numbers of a contact.
    pub fn phones(&mut self, spot: ParamPath, value: Json<'_>) -> Option<Phones> {
        self.distinct(spot, value, bounds::PHONES, Self::phone, |phone| *phone)
    }

    /// What the phone numbers of a list are without the number rule, where they are digits only.
    pub fn phones_as_written(value: Json<'_>) -> Vec<Option<Phone>> {
        value.elements().take(bounds::PHONES.max).map(|element| Phone::stored(&element.text()?)).collect()
    }

    /// The e-mail addresses of a contact.
    pub fn emails(&mut self, spot: ParamPath, value: Json<'_>) -> Option<Emails> {
        self.distinct(spot, value, bounds::EMAILS, Self::email, Email::folded)
    }

    /// A whole number of this range.
    pub fn small(&mut self, spot: ParamPath, value: Json<'_>, range: Range) -> Option<u8> {
        let Some(number) = value.number() else {
            self.error_at(Severity::Type, spot, value, |fault| fault.because("a number is expected"));
            return None;
        };
        let whole = Decimal::read(number).and_then(Decimal::whole);
        let small = whole
            .and_then(|whole| u8::try_from(whole).ok())
            .filter(|small| (range.min..=range.max).contains(&usize::from(*small)));
        if small.is_none() {
            let Range { min, max, .. } = range;
            let reason = format!("must be a whole number from {min} to {max}");
            self.error_at(Severity::Value, spot, value, |fault| bounded(fault, reason, min as u64, max as u64));
        }
        small
    }

    /// An id. A number that cannot be one belongs to nothing, as far as the client can tell.
    pub fn id<T>(&mut self, spot: ParamPath, value: Json<'_>, make: fn(u64) -> Result<T, IdError>) -> Option<T> {
        let Some(number) = value.number() else {
            self.error_at(Severity::Type, spot, value, |fault| fault.because("a number is expected"));
            return None;
        };
        let id = id_number(number).and_then(|number| make(number).ok());
        if id.is_none() {
            self.error_at(Severity::Nothing, spot, value, |fault| fault);
        }
        id
    }

    /// A list of ids, as they stand there.
    pub fn ids<T>(
        &mut self,
        spot: ParamPath,
        value: Json<'_>,
        bounds: Bounds,
        make: fn(u64) -> Result<T, IdError>,
    ) -> Option<Vec<T>> {
        self.each(spot, value, bounds, |findings, spot, value| findings.id(spot, value, make))
    }

    /// A list of anything; it yields what could be read, and the end of the findings says whether that was all.
    pub fn each<T>(
        &mut self,
        spot: ParamPath,
        value: Json<'_>,
        bounds: Bounds,
        mut read: impl FnMut(&mut Self, ParamPath, Json<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut items = Vec::new();
        for (place, element) in self.list(spot, value, bounds)?.enumerate() {
            let item = read(self, spot.element(place), element);
            // What is too long is judged to its end, but not kept.
            items.extend(item.filter(|_| place < bounds.max));
        }
        Some(items)
    }

    /// The elements of a list.
    pub fn list<'d>(&mut self, spot: ParamPath, value: Json<'d>, bounds: Bounds) -> Option<Elements<'d>> {
        if value.kind() != Kind::List {
            self.error_at(Severity::Type, spot, value, |fault| fault.because("a list is expected"));
            return None;
        }
        let count = value.elements().take(bounds.max + 1).count();
        if !(bounds.min..=bounds.max).contains(&count) {
            self.error_at(Severity::Value, spot, value, |fault| miscounted(fault, bounds));
        }
        Some(value.elements())
    }

    /// A list in which nothing stands twice.
    fn distinct<const MAX: usize, T, K: PartialEq>(
        &mut self,
        spot: ParamPath,
        value: Json<'_>,
        bounds: Bounds,
        read: fn(&mut Self, ParamPath, Json<'_>) -> Option<T>,
        same: fn(&T) -> K,
    ) -> Option<AtMost<MAX, T>> {
        let mut items: Vec<T> = Vec::new();
        for (place, element) in self.list(spot, value, bounds)?.enumerate() {
            let Some(item) = read(self, spot.element(place), element) else { continue };
            if place >= MAX {
                continue;
            }
            if !items.is_empty() && items.iter().map(same).any(|known| known == same(&item)) {
                self.impossible(spot.element(place), element, TWICE);
                continue;
            }
            items.push(item);
        }
        AtMost::new(items, same).ok()
    }

    /// Blames an element for standing in its list already.
    pub fn twice(&mut self, spot: ParamPath, value: Json<'_>) {
        self.impossible(spot, value, TWICE);
    }

    /// What a text was judged to be; `unit` is what its length is counted in.
    pub fn judged<T>(
        &mut self,
        spot: ParamPath,
        value: Json<'_>,
        judged: Result<T, TextError>,
        unit: &'static str,
    ) -> Option<T> {
        match judged {
            Ok(read) => Some(read),
            Err(wrong) => {
                self.error_at(Severity::Value, spot, value, |fault| ill_formed(fault, wrong, unit));
                None
            }
        }
    }
}

/// The number that is spelled, if an id can have it.
pub fn id_number(spelled: &str) -> Option<u64> {
    let whole = Decimal::read(spelled).and_then(Decimal::whole)?;
    u64::try_from(whole).ok().filter(|number| (1..=ID_MAX).contains(number))
}

fn bounded(fault: RpcError, reason: String, min: u64, max: u64) -> RpcError {
    fault.because(reason).with("min", min).with("max", max)
}

fn miscounted(fault: RpcError, Bounds { min, max, what }: Bounds) -> RpcError {
    match min {
        0 => fault.because(format!("at most {max} {what} are allowed")).with("max", max as u64),
        _ => bounded(fault, format!("{min} to {max} {what} are allowed"), min as u64, max as u64),
    }
}

fn ill_formed(fault: RpcError, wrong: TextError, unit: &str) -> RpcError {
    match wrong {
        TextError::Empty => fault.because(wrong.to_string()).with("min", 1),
        TextError::TooLong(max) => fault.because(format!("longer than {max} {unit}")).with("max", max as u64),
        TextError::PhoneDigits(_) => {
            bounded(fault, wrong.to_string(), PHONE_DIGITS_MIN as u64, PHONE_DIGITS_MAX as u64)
        }
        TextError::Control | TextError::NotAPhone | TextError::NotAnEmail => fault.because(wrong.to_string()),
    }
}
