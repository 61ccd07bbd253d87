//! What a user may do: a set of rights, written `SECTION:ACTION,…`.

use std::fmt;

/// One right: a section and what may be done in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// See contacts, organizations, groups and the blacklist.
    AddressBookSelect,
    /// Make them.
    AddressBookInsert,
    /// Change them.
    AddressBookUpdate,
    /// Remove them.
    AddressBookDelete,
    /// See employees.
    EmployeesSelect,
    /// Make them.
    EmployeesInsert,
    /// Change them.
    EmployeesUpdate,
    /// Remove them.
    EmployeesDelete,
    /// See the users of customers, and everybody's requests.
    ClientUserSelect,
    /// Manage the users, keys and addresses of the own account, in the client area.
    AccountManage,
}

impl Right {
    /// Every right, in the order in which they are written.
    pub const ALL: [Self; 10] = [
        Self::AddressBookSelect,
        Self::AddressBookInsert,
        Self::AddressBookUpdate,
        Self::AddressBookDelete,
        Self::EmployeesSelect,
        Self::EmployeesInsert,
        Self::EmployeesUpdate,
        Self::EmployeesDelete,
        Self::ClientUserSelect,
        Self::AccountManage,
    ];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AddressBookSelect => "address_book:select",
            Self::AddressBookInsert => "address_book:insert",
            Self::AddressBookUpdate => "address_book:update",
            Self::AddressBookDelete => "address_book:delete",
            Self::EmployeesSelect => "employees:select",
            Self::EmployeesInsert => "employees:insert",
            Self::EmployeesUpdate => "employees:update",
            Self::EmployeesDelete => "employees:delete",
            Self::ClientUserSelect => "client_user:select",
            Self::AccountManage => "account:manage",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights(u16);

/// A part of a text is no right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseRightError {
    /// The part.
    pub part: String,
}

impl fmt::Display for ParseRightError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a right; the rights are {}", self.part, Rights::all())
    }
}

impl std::error::Error for ParseRightError {}

impl Rights {
    /// Every right.
    pub fn all() -> Self {
        Right::ALL.into_iter().fold(Self::none(), Self::with)
    }

    /// No right.
    pub const fn none() -> Self {
        Self(0)
    }

    /// The set and one more.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | right.bit())
    }

    /// Whether the right is in the set.
    pub const fn holds(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// Reads `SECTION:ACTION,…`, blanks around the parts allowed; an empty text is no right at all.
    pub fn parse(text: &str) -> Result<Self, ParseRightError> {
        if text.trim().is_empty() {
            return Ok(Self::none());
        }
        text.split(',').map(str::trim).try_fold(Self::none(), |rights, part| {
            let right = Right::ALL.into_iter().find(|right| right.name() == part);
            right
                .map(|right| rights.with(right))
                .ok_or_else(|| ParseRightError { part: part.chars().take(100).collect() })
        })
    }
}

impl fmt::Display for Rights {
    /// `SECTION:ACTION,…`, as [`Rights::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for right in Right::ALL.into_iter().filter(|right| self.holds(*right)) {
            write!(f, "{comma}{}", right.name())?;
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Right, Rights};

    #[test]
    fn every_right_stands_for_itself_alone() {
        for right in Right::ALL {
            let set = Rights::parse(right.name()).expect("a right");
            assert_eq!(Right::ALL.into_iter().filter(|other| set.holds(*other)).collect::<Vec<_>>(), [right]);
        }
    }

    #[test]
    fn sets_print_and_read_back() {
        assert_eq!(Rights::parse(&Rights::all().to_string()), Ok(Rights::all()));
        assert_eq!(Rights::parse(&Rights::none().to_string()), Ok(Rights::none()));
        let set = Rights::parse(" client_user:select , employees:insert").expect("rights");
        assert_eq!(set.to_string(), "employees:insert,client_user:select");
    }

    #[test]
    fn what_is_no_right_is_named() {
        for text in ["client_user:insert", "address_book", "address_book:select,", "ADDRESS_BOOK:select", "all"] {
            assert!(Rights::parse(text).is_err(), "{text}");
        }
        let fault = Rights::parse("address_book:select,write").expect_err("no right");
        assert_eq!(fault.part, "write");
    }
}
