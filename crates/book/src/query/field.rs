//! The field tables of the records of a book: name, type and properties of every field, in the documented order.
//!
//! The planner, the writer of replies and the published description of the methods read these tables. A server can
//! define tables of its own for other records. The values of fields are defined by [`super::value::Record`].

/// The type of a field, which determines the operators that apply to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A whole number or null.
    Number,
    /// A text or null.
    Text,
    /// A name in composed form (NFC) or null. Values that it is compared with are composed first, patterns of `regexp` are
    /// not.
    Name,
    /// A phone number: a text of digits. Values of `=` and `in` are read by the number rule.
    Phone,
    /// True or false.
    Boolean,
    /// A timestamp in UTC, in seconds, or null.
    DateTime,
    /// A duration: compared and returned in seconds with a fraction, exact to the microsecond.
    Seconds,
    /// A list of texts, never null.
    Texts,
    /// A list of phone numbers, never null: texts of digits. Values of `=`, `in` and `overlap` are read by the number rule.
    Phones,
    /// A list of objects, never null; `=` and `in` compare the member named here.
    Objects {
        /// The member that identifies an element: `group_id`, `contact_id`.
        id: &'static str,
    },
    /// One object with scalar members; only `is_null` and `is_not_null` apply.
    Object,
    /// A member that always has the same empty value, kept for typed clients.
    Empty(EmptyValue),
}

/// The value of a member that is always empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyValue {
    /// `null`
    Null,
    /// `[]`
    List,
    /// `{}`
    Object,
}

/// One field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in requests and replies.
    pub name: &'static str,
    /// Its type.
    pub kind: FieldType,
    /// Whether it can be null.
    pub nullable: bool,
    /// Whether filters can use it.
    pub filterable: bool,
    /// Whether it can be sorted by.
    pub sortable: bool,
    /// One line of documentation.
    pub about: &'static str,
}

impl Field {
    /// A field that is not null and can be neither filtered nor sorted by.
    pub const fn new(name: &'static str, kind: FieldType, about: &'static str) -> Self {
        Self { name, kind, nullable: false, filterable: false, sortable: false, about }
    }

    /// The same field, nullable.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same field, which filters can use.
    #[must_use]
    pub const fn filterable(mut self) -> Self {
        self.filterable = true;
        self
    }

    /// The same field, which can be sorted by.
    #[must_use]
    pub const fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }
}

/// The index of the field with this name in a field table.
pub fn position(fields: &[Field], name: &str) -> Option<usize> {
    fields.iter().position(|field| field.name == name)
}

/// The fields of contacts; [`contact`] has their indexes.
pub static CONTACT: [Field; 12] = [
    Field::new("id", FieldType::Number, "Unique id of the contact").filterable(),
    Field::new("last_name", FieldType::Name, "Last name").filterable().sortable(),
    Field::new("first_name", FieldType::Name, "First name").nullable().filterable().sortable(),
    Field::new("patronymic", FieldType::Name, "Patronymic").nullable(),
    Field::new("full_name", FieldType::Name, "Last name, first name and patronymic, joined by one space")
        .filterable()
        .sortable(),
    Field::new("emails", FieldType::Texts, "At most 10 e-mail addresses, in the order given").filterable(),
    Field::new("phone_numbers", FieldType::Phones, "At most 10 phone numbers, digits only, in the order given")
        .filterable(),
    Field::new("personal_manager_id", FieldType::Number, "Id of the employee who looks after the contact")
        .nullable()
        .filterable(),
    Field::new("personal_manager_full_name", FieldType::Name, "Full name of that employee, as it is now")
        .nullable()
        .filterable(),
    Field::new("organization_id", FieldType::Number, "Id of the contact's organization").nullable().filterable(),
    Field::new("organization_name", FieldType::Name, "Name of that organization, as it is now").nullable().filterable(),
    Field::new("groups", FieldType::Objects { id: "group_id" }, "Groups that the contact belongs to, by id")
        .filterable(),
];

/// Indexes in [`CONTACT`].
pub mod contact {
    #![allow(missing_docs)]
    pub const ID: usize = 0;
    pub const LAST_NAME: usize = 1;
    pub const FIRST_NAME: usize = 2;
    pub const PATRONYMIC: usize = 3;
    pub const FULL_NAME: usize = 4;
    pub const EMAILS: usize = 5;
    pub const PHONE_NUMBERS: usize = 6;
    pub const MANAGER_ID: usize = 7;
    pub const MANAGER_FULL_NAME: usize = 8;
    pub const ORGANIZATION_ID: usize = 9;
    pub const ORGANIZATION_NAME: usize = 10;
    pub const GROUPS: usize = 11;
}

/// The fields of groups.
pub static GROUP: [Field; 4] = [
    Field::new("id", FieldType::Number, "Unique id of the group").filterable(),
    Field::new("name", FieldType::Name, "Name").filterable().sortable(),
    Field::new("is_system", FieldType::Boolean, "Whether the group belongs to the system: it stays and keeps its name")
        .filterable(),
    Field::new("members", FieldType::Objects { id: "contact_id" }, "Contacts that belong to the group, by id")
        .filterable(),
];

/// The fields of organizations.
pub static ORGANIZATION: [Field; 2] = [
    Field::new("id", FieldType::Number, "Unique id of the organization").filterable(),
    Field::new("name", FieldType::Name, "Name").filterable().sortable(),
];

/// The fields of blacklist entries.
pub static BLACKLIST_NUMBER: [Field; 5] = [
    Field::new("id", FieldType::Number, "Unique id of the entry").filterable().sortable(),
    Field::new("phone_number", FieldType::Phone, "The number, digits only").filterable().sortable(),
    Field::new("add_user_name", FieldType::Text, "Name of the user who added it").filterable().sortable(),
    Field::new("add_comment", FieldType::Text, "Why it was added").nullable().filterable().sortable(),
    Field::new("add_date_time", FieldType::DateTime, "When it was added, in UTC").filterable().sortable(),
];

/// A field of an employee that belongs to another part of a telephone system.
const fn empty(name: &'static str, value: EmptyValue) -> Field {
    let mut field =
        Field::new(name, FieldType::Empty(value), "Belongs to another part of a telephone system; always empty");
    field.nullable = matches!(value, EmptyValue::Null);
    field
}

/// The fields of employees.
pub static EMPLOYEE: [Field; 25] = [
    Field::new("id", FieldType::Number, "Unique id of the employee").filterable(),
    Field::new("login", FieldType::Text, "Login; always null").nullable().filterable().sortable(),
    Field::new("first_name", FieldType::Name, "First name").nullable().filterable().sortable(),
    Field::new("last_name", FieldType::Name, "Last name").filterable().sortable(),
    Field::new("patronymic", FieldType::Name, "Patronymic").nullable().sortable(),
    Field::new("full_name", FieldType::Name, "Last name, first name and patronymic, joined by one space")
        .filterable()
        .sortable(),
    Field::new("email", FieldType::Text, "E-mail address").nullable().filterable(),
    Field::new("phone_numbers", FieldType::Objects { id: "phone_id" }, "Phones that ring for the employee")
        .filterable(),
    Field::new("groups", FieldType::Objects { id: "group_id" }, "Groups of employees; always empty").filterable(),
    empty("status", EmptyValue::Null),
    empty("status_id", EmptyValue::Null),
    empty("calls_available", EmptyValue::Null),
    empty("call_recording", EmptyValue::Null),
    empty("schedule_id", EmptyValue::Null),
    empty("schedule_name", EmptyValue::Null),
    empty("coach", EmptyValue::Object),
    empty("extension", EmptyValue::Object),
    empty("operator", EmptyValue::Object),
    empty("allowed_in_call_types", EmptyValue::List),
    empty("allowed_out_call_types", EmptyValue::List),
    empty("in_external_allowed_call_directions", EmptyValue::List),
    empty("in_internal_allowed_call_directions", EmptyValue::List),
    empty("out_external_allowed_call_directions", EmptyValue::List),
    empty("out_internal_allowed_call_directions", EmptyValue::List),
    empty("operator_sites", EmptyValue::List),
];
