//! Short lists inside a row: JSON arrays, so that `json_each` and its like can take them apart.
//!
//! A book of a million contacts is read at every start, so what is common (digits, addresses without
//! escapes, ids) is read by hand and only the rest goes through a JSON parser.

use ringbook_book::employee::{EmployeePhone, PhoneStatus};
use ringbook_book::text::Phone;
use serde_json::{Value, json};

/// `["74950237547","…"]`
pub(super) fn write_phones(phones: &[Phone]) -> String {
    let texts: Vec<String> = phones.iter().map(|phone| format!("\"{phone}\"")).collect();
    format!("[{}]", texts.join(","))
}

/// Reads what [`write_phones`] writes, after clearing `phones`.
pub(super) fn read_phones(text: &str, phones: &mut Vec<Phone>) -> Result<(), String> {
    phones.clear();
    for element in elements(text)? {
        let digits = element.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let phone = digits.and_then(Phone::stored);
        phones.push(phone.ok_or_else(|| "phone_numbers holds something that is no phone number".to_owned())?);
    }
    Ok(())
}

/// `[3,8]`
pub(super) fn write_ids(ids: impl Iterator<Item = u64>) -> String {
    let texts: Vec<String> = ids.map(|id| id.to_string()).collect();
    format!("[{}]", texts.join(","))
}

/// Reads what [`write_ids`] writes, after clearing `ids`.
pub(super) fn read_ids(text: &str, ids: &mut Vec<u64>) -> Result<(), String> {
    ids.clear();
    for element in elements(text)? {
        ids.push(element.parse().map_err(|_| "group_ids holds something that is no id".to_owned())?);
    }
    Ok(())
}

/// A list of texts.
pub(super) fn write_texts<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    Value::from_iter(texts).to_string()
}

/// Texts read from a list: borrowed from it, unless something in it had to be unescaped.
pub(super) enum Texts<'a> {
    Borrowed(Vec<&'a str>),
    Owned(Vec<String>),
}

impl<'a> Texts<'a> {
    /// Reads what [`write_texts`] writes.
    pub(super) fn read(text: &'a str) -> Result<Self, String> {
        if text.contains('\\') {
            let owned = serde_json::from_str(text).map_err(|error| format!("emails is no list of texts: {error}"))?;
            return Ok(Self::Owned(owned));
        }
        if text == "[]" {
            return Ok(Self::Borrowed(Vec::new()));
        }
        let inner = text.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]"));
        let inner = inner.ok_or_else(|| "emails is no list of texts".to_owned())?;
        let texts: Vec<&str> = inner.split("\",\"").collect();
        if texts.iter().any(|text| text.contains('"')) {
            return Err("emails is no list of texts".to_owned());
        }
        Ok(Self::Borrowed(texts))
    }

    /// The texts.
    pub(super) fn to_vec(&self) -> Vec<&str> {
        match self {
            Self::Borrowed(texts) => texts.clone(),
            Self::Owned(texts) => texts.iter().map(String::as_str).collect(),
        }
    }
}

/// The phones of an employee.
pub(super) fn write_employee_phones(phones: &[EmployeePhone]) -> String {
    let object = |phone: &EmployeePhone| {
        let status = match phone.status {
            PhoneStatus::Active => "active",
            PhoneStatus::Inactive => "inactive",
        };
        json!({"phone_id": phone.id, "phone_number": phone.number, "channels_count": phone.channels,
            "dial_time": phone.dial_seconds, "status": status})
    };
    Value::from_iter(phones.iter().map(object)).to_string()
}

/// Reads what [`write_employee_phones`] writes.
pub(super) fn read_employee_phones(text: &str) -> Result<Vec<EmployeePhone>, String> {
    let list: Vec<Value> = serde_json::from_str(text).map_err(|error| format!("phone_numbers: {error}"))?;
    let read = |object: &Value| {
        let small = |member: &str| object[member].as_u64().and_then(|number| u8::try_from(number).ok());
        Some(EmployeePhone {
            id: object["phone_id"].as_u64()?,
            number: object["phone_number"].as_str()?.into(),
            channels: small("channels_count")?,
            dial_seconds: small("dial_time")?,
            status: match object["status"].as_str()? {
                "active" => PhoneStatus::Active,
                "inactive" => PhoneStatus::Inactive,
                _ => return None,
            },
        })
    };
    let phones: Option<Vec<EmployeePhone>> = list.iter().map(read).collect();
    // Kept in memory for as long as the book: without the room that collecting leaves.
    let phones = phones.map(|mut phones| {
        phones.shrink_to_fit();
        phones
    });
    phones.ok_or_else(|| "phone_numbers holds something that is no phone of an employee".to_owned())
}

/// The elements of a flat list without commas inside of them.
fn elements(text: &str) -> Result<impl Iterator<Item = &str>, String> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inner = inner.ok_or_else(|| "a list does not stand in brackets".to_owned())?;
    Ok(inner.split(',').filter(move |_| !inner.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_back() {
        let phones = ["00749", "74950237547"].map(|text| Phone::stored(text).expect("a phone"));
        let (mut read, mut ids) = (Vec::new(), Vec::new());
        read_phones(&write_phones(&phones), &mut read).expect("just written");
        assert_eq!(read, phones);
        read_ids(&write_ids([3, 8].into_iter()), &mut ids).expect("just written");
        assert_eq!(ids, [3, 8]);
        read_ids("[]", &mut ids).expect("an empty list");
        assert_eq!(ids, [0; 0]);
        for texts in [vec![], vec!["a@b.example"], vec!["a@b.example", "\"x,\\y\"@b.example"]] {
            let written = write_texts(texts.iter().copied());
            assert_eq!(Texts::read(&written).expect("just written").to_vec(), texts);
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert!(read_phones("[7495]", &mut Vec::new()).is_err());
        assert!(read_phones("[\"+7495\"]", &mut Vec::new()).is_err());
        assert!(read_ids("3,8", &mut Vec::new()).is_err());
        assert!(Texts::read("[\"a\"b\"]").is_err());
        assert!(read_employee_phones("[{}]").is_err());
    }
}
