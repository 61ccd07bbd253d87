//! The field tables: for every kind of record the members that a client may name, in the documented order.
//!
//! One table is the only place where a member's name, type, and whether it can be filtered and sorted by
//! stand. The planner, the evaluator, the reply writer, the published description of the methods and the
//! tests all read it. Which value a record holds in a field is the business of the record's own module.

/// What a field holds, which decides the operators that can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number or null.
    Number,
    /// A text or null.
    Text,
    /// True or false.
    Boolean,
    /// A moment in UTC, to the second, or null.
    DateTime,
    /// A length of time: asked for and answered in seconds with a fraction, exact to the microsecond.
    Seconds,
    /// A list of texts, never null.
    Texts,
    /// A list of phone numbers, never null: texts of digits, compared without separators.
    Phones,
    /// A list of objects, never null; `=` and `in` compare the member named here.
    Objects {
        /// The member that identifies an element: `group_id`, `contact_id`.
        id: &'static str,
    },
    /// One object with scalar members; no operator takes it.
    Object,
    /// A member that is always the same empty value, kept for typed clients.
    Empty(AlwaysEmpty),
}

/// The empty value that a member of another part of a telephone system is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlwaysEmpty {
    /// `null`
    Null,
    /// `[]`
    List,
    /// `{}`
    Object,
}

/// One member of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The member's name in requests and replies.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it can be null.
    pub nullable: bool,
    /// Whether a filter may name it.
    pub filterable: bool,
    /// Whether a sort may name it.
    pub sortable: bool,
    /// One line for the published description of the methods.
    pub about: &'static str,
}

impl Field {
    const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, nullable: false, filterable: false, sortable: false, about }
    }

    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    const fn filterable(mut self) -> Self {
        self.filterable = true;
        self
    }

    const fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }
}

/// The place of `name` in a field table.
pub fn position(fields: &[Field], name: &str) -> Option<usize> {
    fields.iter().position(|field| field.name == name)
}

/// The fields of `get.contacts`; [`contact`] names their places.
pub static CONTACT: [Field; 12] = [
    Field::new("id", Kind::Number, "Unique id of the contact").filterable(),
    Field::new("last_name", Kind::Text, "Last name").filterable().sortable(),
    Field::new("first_name", Kind::Text, "First name").nullable().filterable().sortable(),
    Field::new("patronymic", Kind::Text, "Patronymic").nullable(),
    Field::new("full_name", Kind::Text, "Last name, first name and patronymic, joined by one space")
        .filterable()
        .sortable(),
    Field::new("emails", Kind::Texts, "At most 10 e-mail addresses, in the order given").filterable(),
    Field::new("phone_numbers", Kind::Phones, "At most 10 phone numbers, digits only, in the order given").filterable(),
    Field::new("personal_manager_id", Kind::Number, "Id of the employee who looks after the contact")
        .nullable()
        .filterable(),
    Field::new("personal_manager_full_name", Kind::Text, "Full name of that employee, as it is now")
        .nullable()
        .filterable(),
    Field::new("organization_id", Kind::Number, "Id of the contact's organization").nullable().filterable(),
    Field::new("organization_name", Kind::Text, "Name of that organization, as it is now").nullable().filterable(),
    Field::new("groups", Kind::Objects { id: "group_id" }, "Groups that the contact belongs to, by id").filterable(),
];

/// Places in [`CONTACT`].
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

/// The fields of `get.customer_users`.
pub static CUSTOMER_USER: [Field; 5] = [
    Field::new("id", Kind::Number, "Unique id of the user; the `user_id` of calls on the customer's behalf")
        .filterable(),
    Field::new("login", Kind::Text, "Login"),
    Field::new("description", Kind::Text, "Description"),
    Field::new("name", Kind::Text, "Name").filterable().sortable(),
    Field::new("customer_id", Kind::Number, "Id of the customer that the user belongs to").filterable().sortable(),
];

/// The fields of `get.account`.
pub static ACCOUNT: [Field; 3] = [
    Field::new("app_id", Kind::Number, "Id of the customer"),
    Field::new("name", Kind::Text, "Name of the customer"),
    Field::new("timezone", Kind::Text, "Time zone of the customer, a name of the IANA time-zone database"),
];

/// The fields of `get.group_contacts`.
pub static GROUP: [Field; 4] = [
    Field::new("id", Kind::Number, "Unique id of the group").filterable(),
    Field::new("name", Kind::Text, "Name").filterable().sortable(),
    Field::new("is_system", Kind::Boolean, "Whether the group belongs to the system: it stays and keeps its name")
        .filterable(),
    Field::new("members", Kind::Objects { id: "contact_id" }, "Contacts that belong to the group, by id").filterable(),
];

/// The fields of `get.contact_organizations`.
pub static ORGANIZATION: [Field; 2] = [
    Field::new("id", Kind::Number, "Unique id of the organization").filterable(),
    Field::new("name", Kind::Text, "Name").filterable().sortable(),
];

/// The fields of `get.blacklist_phone_numbers`.
pub static BLACKLIST_NUMBER: [Field; 5] = [
    Field::new("id", Kind::Number, "Unique id of the entry").filterable().sortable(),
    Field::new("phone_number", Kind::Text, "The number, digits only").filterable().sortable(),
    Field::new("add_user_name", Kind::Text, "Name of the user who added it").filterable().sortable(),
    Field::new("add_comment", Kind::Text, "Why it was added").nullable().filterable().sortable(),
    Field::new("add_date_time", Kind::DateTime, "When it was added, in UTC").filterable().sortable(),
];

/// A member of an employee that belongs to another part of a telephone system.
const fn elsewhere(name: &'static str, hollow: AlwaysEmpty) -> Field {
    let mut field =
        Field::new(name, Kind::Empty(hollow), "Belongs to another part of a telephone system; always empty");
    field.nullable = matches!(hollow, AlwaysEmpty::Null);
    field
}

/// The fields of `get.employees`.
pub static EMPLOYEE: [Field; 25] = [
    Field::new("id", Kind::Number, "Unique id of the employee").filterable(),
    Field::new("login", Kind::Text, "Login; always null").nullable().filterable().sortable(),
    Field::new("first_name", Kind::Text, "First name").nullable().filterable().sortable(),
    Field::new("last_name", Kind::Text, "Last name").filterable().sortable(),
    Field::new("patronymic", Kind::Text, "Patronymic").nullable().sortable(),
    Field::new("full_name", Kind::Text, "Last name, first name and patronymic, joined by one space")
        .filterable()
        .sortable(),
    Field::new("email", Kind::Text, "E-mail address").nullable().filterable(),
    Field::new("phone_numbers", Kind::Objects { id: "phone_id" }, "Phones that ring for the employee").filterable(),
    Field::new("groups", Kind::Objects { id: "group_id" }, "Groups of employees; always empty").filterable(),
    elsewhere("status", AlwaysEmpty::Null),
    elsewhere("status_id", AlwaysEmpty::Null),
    elsewhere("calls_available", AlwaysEmpty::Null),
    elsewhere("call_recording", AlwaysEmpty::Null),
    elsewhere("schedule_id", AlwaysEmpty::Null),
    elsewhere("schedule_name", AlwaysEmpty::Null),
    elsewhere("coach", AlwaysEmpty::Object),
    elsewhere("extension", AlwaysEmpty::Object),
    elsewhere("operator", AlwaysEmpty::Object),
    elsewhere("allowed_in_call_types", AlwaysEmpty::List),
    elsewhere("allowed_out_call_types", AlwaysEmpty::List),
    elsewhere("in_external_allowed_call_directions", AlwaysEmpty::List),
    elsewhere("in_internal_allowed_call_directions", AlwaysEmpty::List),
    elsewhere("out_external_allowed_call_directions", AlwaysEmpty::List),
    elsewhere("out_internal_allowed_call_directions", AlwaysEmpty::List),
    elsewhere("operator_sites", AlwaysEmpty::List),
];

/// The fields of `get.api_requests`; [`api_request`] names their places.
pub static API_REQUEST: [Field; 15] = [
    reported("api_request_id", Kind::Number, "Unique id of the request"),
    reported("api_request_start_date_time", Kind::DateTime, "When it began, in UTC"),
    reported("api_request_method", Kind::Text, "The method that was called"),
    reported("api_request_raw_id", Kind::Text, "The id that the caller gave it"),
    reported("api_request_ip", Kind::Text, "Address that it came from"),
    reported("employee_login", Kind::Text, "Login of the user who called, or on whose behalf an agent did"),
    reported("token_name", Kind::Text, "Name of the key that it came with; null for a session").nullable(),
    reported("api_request_version", Kind::Text, "Version of the API"),
    reported("api_request_body", Kind::Text, "What was sent: at most 4 KiB of it, tokens and passwords starred out"),
    Field::new("api_request_status", Kind::Object, "Whether it succeeded"),
    reported("api_request_error_code", Kind::Number, "Code of the refusal; null for a success").nullable(),
    reported("api_request_error_mnemonic", Kind::Text, "Mnemonic of the refusal; null for a success").nullable(),
    reported("api_request_method_weight", Kind::Number, "Points that the method costs"),
    reported("api_request_execution_time", Kind::Seconds, "How long it took, in seconds"),
    Field::new("api_request_is_agent", Kind::Object, "Whether an agent made it"),
];

const fn reported(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field::new(name, kind, about).filterable().sortable()
}

/// Places in [`API_REQUEST`].
pub mod api_request {
    #![allow(missing_docs)]
    pub const ID: usize = 0;
    pub const START: usize = 1;
    pub const METHOD: usize = 2;
    pub const RAW_ID: usize = 3;
    pub const IP: usize = 4;
    pub const LOGIN: usize = 5;
    pub const TOKEN_NAME: usize = 6;
    pub const VERSION: usize = 7;
    pub const BODY: usize = 8;
    pub const STATUS: usize = 9;
    pub const ERROR_CODE: usize = 10;
    pub const ERROR_MNEMONIC: usize = 11;
    pub const WEIGHT: usize = 12;
    pub const TIME: usize = 13;
    pub const IS_AGENT: usize = 14;
}
