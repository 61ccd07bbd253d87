//! The field tables of the records that are not part of a book: users, accounts and the audit log.
//!
//! The field tables of a book are in [`ringbook_book::query::field`].

use ringbook_book::query::field::{Field, FieldType};

/// The fields of the users of an agent's customers.
pub static CUSTOMER_USER: [Field; 5] = [
    Field::new("id", FieldType::Number, "Unique id of the user; the `user_id` of calls on the customer's behalf")
        .filterable(),
    Field::new("login", FieldType::Text, "Login"),
    Field::new("description", FieldType::Text, "Description"),
    Field::new("name", FieldType::Text, "Name").filterable().sortable(),
    Field::new("customer_id", FieldType::Number, "Id of the customer that the user belongs to").filterable().sortable(),
];

/// The fields of an account.
pub static ACCOUNT: [Field; 3] = [
    Field::new("app_id", FieldType::Number, "Id of the customer"),
    Field::new("name", FieldType::Text, "Name of the customer"),
    Field::new("timezone", FieldType::Text, "Time zone of the customer, a name of the IANA time-zone database"),
];

/// The fields of the audit log; [`api_request`] has their indexes.
pub static API_REQUEST: [Field; 15] = [
    audited("api_request_id", FieldType::Number, "Unique id of the request"),
    audited("api_request_start_date_time", FieldType::DateTime, "When it began, in UTC"),
    audited("api_request_method", FieldType::Text, "The method that was called"),
    audited("api_request_raw_id", FieldType::Text, "The id that the caller gave it"),
    audited("api_request_ip", FieldType::Text, "Address that it came from"),
    audited("employee_login", FieldType::Text, "Login of the user who called, or on whose behalf an agent did"),
    audited("token_name", FieldType::Text, "Name of the key that it came with; null for a session").nullable(),
    audited("api_request_version", FieldType::Text, "Version of the API"),
    audited(
        "api_request_body",
        FieldType::Text,
        "What was sent: at most 4 KiB of it, tokens and passwords starred out",
    ),
    Field::new("api_request_status", FieldType::Object, "Whether it succeeded"),
    audited("api_request_error_code", FieldType::Number, "Code of the refusal; null for a success").nullable(),
    audited("api_request_error_mnemonic", FieldType::Text, "Mnemonic of the refusal; null for a success").nullable(),
    audited("api_request_method_weight", FieldType::Number, "Points that the method costs"),
    audited("api_request_execution_time", FieldType::Seconds, "How long it took, in seconds"),
    Field::new("api_request_is_agent", FieldType::Object, "Whether an agent made it"),
];

const fn audited(name: &'static str, field_type: FieldType, about: &'static str) -> Field {
    Field::new(name, field_type, about).filterable().sortable()
}

/// Indexes in [`API_REQUEST`].
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
