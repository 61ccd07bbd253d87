//! The rows of the table of methods.

use ringbook_app::fields::{ACCOUNT, API_REQUEST, CUSTOMER_USER};
use ringbook_book::query::field::{BLACKLIST_NUMBER, CONTACT, EMPLOYEE, GROUP, ORGANIZATION};

use super::bounds;
use super::{ACCESS_TOKEN, Admission, EXPECTED, EXPLAIN, Form, Method, Need, Parameter, ResultKind, Spec, USER_ID};
use ringbook_app::access::{Right, Scope};
use ringbook_app::admitted::AUDIT_MONTHS_MAX;

macro_rules! methods {
    (
        open { $($(#[$open_doc:meta])* $open:ident = $open_row:expr;)* }
        guarded { $($(#[$doc:meta])* $name:ident = $row:expr;)* }
    ) => {
        /// The methods that need no token.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Open { $($(#[$open_doc])* $open,)* }

        /// The methods that need a caller.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Guarded { $($(#[$doc])* $name,)* }

        impl Open {
            /// Its row.
            pub fn spec(self) -> &'static Spec {
                match self { $(Self::$open => { static ROW: Spec = $open_row; &ROW })* }
            }
        }

        impl Guarded {
            /// Its row.
            pub fn spec(self) -> &'static Spec {
                match self { $(Self::$name => { static ROW: Spec = $row; &ROW })* }
            }
        }

        impl Method {
            /// Every method, in the order in which they are counted and published.
            pub const ALL: &[Method] = &[$(Method::Open(Open::$open),)* $(Method::Guarded(Guarded::$name),)*];

            /// Its position in [`Method::ALL`].
            pub const fn index(self) -> usize {
                match self {
                    Method::Open(method) => method as usize,
                    Method::Guarded(method) => [$(Open::$open),*].len() + method as usize,
                }
            }
        }
    };
}

methods! {
    open {
        /// `login.user`
        LoginUser = open("login.user", "Opens a session of one hour", &LOGIN, ResultKind::Session);
        /// `rpc.discover`
        Discover = open("rpc.discover", "This description of all methods", &PASSED_OVER, ResultKind::Description);
    }
    guarded {
        /// `logout.user`
        LogoutUser = Spec {
            name: "logout.user",
            about: "Ends the session",
            admission: Admission::Callers { scope: Scope::AnySide, right: None, common: &TOKEN_ONLY },
            parameters: &[],
            answer: ResultKind::Nothing,
        };
        /// `get.contacts`
        Contacts = changing(
            "get.contacts", "The contacts of the address book", Right::AddressBookSelect, &EXPLAINED_QUESTION,
            ResultKind::Records(&CONTACT));
        /// `create.contacts`
        CreateContacts = changing(
            "create.contacts", "Adds a contact", Right::AddressBookInsert, &NEW_CONTACT, ResultKind::Made);
        /// `update.contacts`
        UpdateContacts = changing(
            "update.contacts", "Changes a contact", Right::AddressBookUpdate, &EDIT_CONTACT, ResultKind::Nothing);
        /// `delete.contacts`
        DeleteContacts = changing(
            "delete.contacts", "Removes contacts", Right::AddressBookDelete, &DROP_CONTACTS, ResultKind::Nothing);
        /// `upload.contacts`
        UploadContacts = changing(
            "upload.contacts", "Adds many contacts at once", Right::AddressBookInsert, &UPLOAD, ResultKind::Uploaded);
        /// `get.contact_changes`
        ContactChanges = changing(
            "get.contact_changes", "What has changed since a cursor: contacts as they are now, and those that are gone",
            Right::AddressBookSelect, &CHANGES, ResultKind::Changes(&CONTACT));
        /// `get.group_contacts`
        GroupContacts = reading(
            "get.group_contacts", "The groups of contacts, with their members", Right::AddressBookSelect, &GROUP);
        /// `create.group_contacts`
        CreateGroup = changing(
            "create.group_contacts", "Adds a group", Right::AddressBookInsert, &NEW_GROUP, ResultKind::Made);
        /// `update.group_contacts`
        UpdateGroup = changing(
            "update.group_contacts", "Renames a group, or sets its members", Right::AddressBookUpdate, &EDIT_GROUP,
            ResultKind::Nothing);
        /// `delete.group_contacts`
        DeleteGroup = changing(
            "delete.group_contacts", "Removes a group and releases its members", Right::AddressBookDelete, &THE_ID,
            ResultKind::Nothing);
        /// `get.contact_organizations`
        Organizations = reading(
            "get.contact_organizations", "The organizations of contacts", Right::AddressBookSelect, &ORGANIZATION);
        /// `create.contact_organizations`
        CreateOrganization = changing(
            "create.contact_organizations", "Adds an organization", Right::AddressBookInsert, &NEW_ORGANIZATION,
            ResultKind::Made);
        /// `update.contact_organizations`
        UpdateOrganization = changing(
            "update.contact_organizations", "Renames an organization", Right::AddressBookUpdate, &EDIT_ORGANIZATION,
            ResultKind::Nothing);
        /// `delete.contact_organizations`
        DeleteOrganization = changing(
            "delete.contact_organizations", "Removes an organization that no contact has", Right::AddressBookDelete,
            &THE_ID, ResultKind::Nothing);
        /// `get.customer_users`
        CustomerUsers = Spec {
            name: "get.customer_users",
            about: "The users of all customers of the agent",
            admission: Admission::Callers {
                scope: Scope::AgentOnly,
                right: Some(Right::ClientUserSelect),
                common: &TOKEN_ONLY,
            },
            parameters: &QUESTION,
            answer: ResultKind::Records(&CUSTOMER_USER),
        };
        /// `get.account`
        Account = Spec {
            name: "get.account",
            about: "The customer that the caller belongs to",
            admission: Admission::Callers { scope: Scope::CustomerOnly, right: None, common: &TOKEN_AND_USER },
            parameters: &QUESTION,
            answer: ResultKind::Records(&ACCOUNT),
        };
        /// `get.employees`
        Employees = reading("get.employees", "The employees", Right::EmployeesSelect, &EMPLOYEE);
        /// `create.employees`
        CreateEmployee = changing(
            "create.employees", "Adds an employee", Right::EmployeesInsert, &NEW_EMPLOYEE, ResultKind::Made);
        /// `update.employees`
        UpdateEmployee = changing(
            "update.employees", "Changes an employee", Right::EmployeesUpdate, &EDIT_EMPLOYEE, ResultKind::Nothing);
        /// `delete.employees`
        DeleteEmployee = changing(
            "delete.employees", "Removes an employee who is nobody's personal manager", Right::EmployeesDelete,
            &THE_ID, ResultKind::Nothing);
        /// `get.blacklist_phone_numbers`
        BlacklistNumbers = reading(
            "get.blacklist_phone_numbers", "The numbers on the blacklist", Right::AddressBookSelect, &BLACKLIST_NUMBER);
        /// `create.phone_number_to_blacklist`
        CreateBlacklistNumber = changing(
            "create.phone_number_to_blacklist", "Puts a number on the blacklist", Right::AddressBookInsert,
            &NEW_BLACKLIST_NUMBER, ResultKind::MadeNumber);
        /// `delete.phone_number_from_blacklist`
        DeleteBlacklistNumber = changing(
            "delete.phone_number_from_blacklist", "Takes a number off the blacklist", Right::AddressBookDelete,
            &THE_ID, ResultKind::Nothing);
        /// `get.api_requests`
        ApiRequests = Spec {
            name: "get.api_requests",
            about: "The requests of a time, newest first: the account's, or without client_user:select those of the user",
            admission: Admission::Callers { scope: Scope::CustomerMethod, right: None, common: &TOKEN_AND_USER },
            parameters: &REPORT,
            answer: ResultKind::Records(&API_REQUEST),
        };
    }
}

const fn open(name: &'static str, about: &'static str, parameters: &'static [Parameter], answer: ResultKind) -> Spec {
    Spec { name, about, admission: Admission::Strangers, parameters, answer }
}

/// A method that asks a customer's book.
const fn reading(
    name: &'static str,
    about: &'static str,
    right: Right,
    records: &'static [ringbook_book::query::field::Field],
) -> Spec {
    changing(name, about, right, &QUESTION, ResultKind::Records(records))
}

/// A method with parameters of its own on a customer's book.
const fn changing(
    name: &'static str,
    about: &'static str,
    right: Right,
    parameters: &'static [Parameter],
    answer: ResultKind,
) -> Spec {
    let admission = Admission::Callers { scope: Scope::CustomerMethod, right: Some(right), common: &TOKEN_AND_USER };
    Spec { name, about, admission, parameters, answer }
}

const fn parameter(name: &'static str, form: Form, need: Need, about: &'static str) -> Parameter {
    Parameter { name, form, need, about }
}

const TOKEN: Parameter =
    parameter(ACCESS_TOKEN, Form::Secret, Need::Required, "Access key, or session key from login.user");

const ON_BEHALF: Parameter = parameter(
    USER_ID,
    Form::Id,
    Need::RequiredForAgents,
    "User of a customer on whose behalf an agent calls; get.customer_users lists them",
);

static TOKEN_ONLY: [Parameter; 1] = [TOKEN];
static TOKEN_AND_USER: [Parameter; 2] = [TOKEN, ON_BEHALF];

/// Clients that send their token with every call need make no exception.
static PASSED_OVER: [Parameter; 1] = [parameter(ACCESS_TOKEN, Form::Secret, Need::Optional, "Not needed; passed over")];

static LOGIN: [Parameter; 2] = [
    parameter("login", Form::Text, Need::Required, "Login of the user"),
    parameter("password", Form::Secret, Need::Required, "Password of the user"),
];

static QUESTION: [Parameter; 5] = [
    parameter("limit", Form::Whole(bounds::LIMIT), Need::Optional, "Records in the answer"),
    parameter("offset", Form::Whole(bounds::OFFSET), Need::Optional, "Matching records passed over"),
    parameter("filter", Form::Filter, Need::Optional, "Which records"),
    parameter("fields", Form::Fields, Need::Optional, "Members of each record; all if absent or empty"),
    parameter("sort", Form::Sort, Need::Optional, "Sort keys, the first one first; ties are broken by id"),
];

static EXPLAINED_QUESTION: [Parameter; 6] = [
    QUESTION[0],
    QUESTION[1],
    QUESTION[2],
    QUESTION[3],
    QUESTION[4],
    parameter(EXPLAIN, Form::Flag, Need::Optional, "Whether metadata.explain tells how the query was answered"),
];

static REPORT: [Parameter; 7] = [
    parameter("date_from", Form::Moment, Need::Required, "Requests from this moment on"),
    parameter("date_till", Form::IntervalEnd(AUDIT_MONTHS_MAX), Need::Required, "Requests up to this moment"),
    QUESTION[0],
    QUESTION[1],
    QUESTION[2],
    QUESTION[3],
    QUESTION[4],
];

const ID: Parameter = parameter("id", Form::Id, Need::Required, "Which one");

static THE_ID: [Parameter; 1] = [ID];

static NEW_CONTACT: [Parameter; 8] = [
    parameter("last_name", Form::Name, Need::Required, "Last name"),
    parameter("first_name", Form::Name, Need::Optional, "First name"),
    parameter("patronymic", Form::Name, Need::Optional, "Patronymic"),
    parameter("emails", Form::Emails, Need::Optional, "E-mail addresses"),
    parameter("phone_numbers", Form::Phones, Need::Required, "Phone numbers"),
    parameter("personal_manager_id", Form::Id, Need::Optional, "Employee who looks after the contact"),
    parameter("organization_id", Form::Id, Need::Optional, "Organization of the contact"),
    parameter("groups", Form::Ids(bounds::GROUPS_OF_CONTACT), Need::Optional, "Groups that the contact belongs to"),
];

static EDIT_CONTACT: [Parameter; 10] = [
    ID,
    parameter("last_name", Form::Name, Need::Lasting, "Last name"),
    parameter("first_name", Form::Name, Need::Clearable, "First name"),
    parameter("patronymic", Form::Name, Need::Clearable, "Patronymic"),
    parameter("emails", Form::Emails, Need::Clearable, "All e-mail addresses"),
    parameter("phone_numbers", Form::Phones, Need::Lasting, "All phone numbers"),
    parameter("personal_manager_id", Form::Id, Need::Clearable, "Employee who looks after the contact"),
    parameter("organization_id", Form::Id, Need::Clearable, "Organization of the contact"),
    parameter(
        "groups",
        Form::Ids(bounds::GROUPS_OF_CONTACT),
        Need::Clearable,
        "All groups that the contact belongs to",
    ),
    parameter(
        EXPECTED,
        Form::Expected,
        Need::Optional,
        "Values that the contact must have, as it was read; nothing is changed if one is another now",
    ),
];

static DROP_CONTACTS: [Parameter; 2] = [
    parameter("id", Form::Id, Need::Optional, "Which one; either this or ids"),
    parameter(
        "ids",
        Form::Ids(bounds::CONTACTS_TO_DELETE),
        Need::Optional,
        "Which ones; all of them or none is removed",
    ),
];

static UPLOAD: [Parameter; 2] = [
    parameter(
        "contacts",
        Form::Uploads,
        Need::Required,
        "Contacts as for create.contacts, with organization_name and group_names besides, which are created \
         where they are missing",
    ),
    parameter(
        "on_error",
        Form::OneOf(bounds::ON_ERROR),
        Need::Optional,
        "reject: all or none; skip: all that are good",
    ),
];

static CHANGES: [Parameter; 2] = [
    parameter("since", Form::Text, Need::Required, "The cursor of the answer before, \"\" for the beginning"),
    parameter("limit", Form::Whole(bounds::CHANGES_LIMIT), Need::Optional, "Records in the answer"),
];

static NEW_GROUP: [Parameter; 2] = [
    parameter("name", Form::Name, Need::Required, "Name, unique in the address book"),
    parameter("members", Form::Ids(bounds::MEMBERS_OF_GROUP), Need::Optional, "Contacts that belong to the group"),
];

static EDIT_GROUP: [Parameter; 3] = [
    ID,
    parameter("name", Form::Name, Need::Lasting, "Name, unique in the address book"),
    parameter("members", Form::Ids(bounds::MEMBERS_OF_GROUP), Need::Clearable, "All contacts that belong to the group"),
];

static NEW_ORGANIZATION: [Parameter; 1] =
    [parameter("name", Form::Name, Need::Required, "Name, unique in the address book")];

static EDIT_ORGANIZATION: [Parameter; 2] =
    [ID, parameter("name", Form::Name, Need::Required, "Name, unique in the address book")];

const TELEPHONY: &str = "Belongs to another part of a telephone system";

const fn telephony(name: &'static str) -> Parameter {
    parameter(name, Form::Telephony, Need::Optional, TELEPHONY)
}

static NEW_EMPLOYEE: [Parameter; 21] = with_telephony([
    parameter("last_name", Form::Name, Need::Required, "Last name"),
    parameter("first_name", Form::Name, Need::Optional, "First name"),
    parameter("patronymic", Form::Name, Need::Optional, "Patronymic"),
    parameter("email", Form::Email, Need::Optional, "E-mail address"),
    parameter("phone_numbers", Form::EmployeePhones, Need::Optional, "Phones that ring for the employee"),
]);

static EDIT_EMPLOYEE: [Parameter; 22] = with_telephony([
    ID,
    parameter("last_name", Form::Name, Need::Lasting, "Last name"),
    parameter("first_name", Form::Name, Need::Clearable, "First name"),
    parameter("patronymic", Form::Name, Need::Clearable, "Patronymic"),
    parameter("email", Form::Email, Need::Clearable, "E-mail address"),
    parameter("phone_numbers", Form::EmployeePhones, Need::Clearable, "All phones that ring for the employee"),
]);

/// The members of an employee that belong to other parts of a telephone system.
const TELEPHONY_MEMBERS: [Parameter; 16] = [
    telephony("status"),
    telephony("status_id"),
    telephony("calls_available"),
    telephony("call_recording"),
    telephony("schedule_id"),
    telephony("schedule_name"),
    telephony("coach"),
    telephony("extension"),
    telephony("operator"),
    telephony("allowed_in_call_types"),
    telephony("allowed_out_call_types"),
    telephony("in_external_allowed_call_directions"),
    telephony("in_internal_allowed_call_directions"),
    telephony("out_external_allowed_call_directions"),
    telephony("out_internal_allowed_call_directions"),
    telephony("operator_sites"),
];

/// The parameters of an employee's own, and then the others.
const fn with_telephony<const OWN: usize, const ALL: usize>(own: [Parameter; OWN]) -> [Parameter; ALL] {
    let mut all = [TELEPHONY_MEMBERS[0]; ALL];
    let mut place = 0;
    while place < ALL {
        all[place] = if place < OWN { own[place] } else { TELEPHONY_MEMBERS[place - OWN] };
        place += 1;
    }
    all
}

static NEW_BLACKLIST_NUMBER: [Parameter; 2] = [
    parameter("phone_number", Form::Phone, Need::Required, "The number"),
    parameter("add_comment", Form::Comment, Need::Optional, "Why"),
];
