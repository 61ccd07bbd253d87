//! Errors of calls: the table of mnemonics, and an error with its values.
//!
//! The table is the one place where a mnemonic, its code and its message stand. Codes are groups; clients
//! go by the mnemonic and match the messages literally. Refusals of the floors below become one of these
//! in [`super::error_map`]; how one is written is the business of [`super::to_wire`].

use ringbook_json::Json;

macro_rules! mnemonics {
    ($($(#[$doc:meta])* $variant:ident = $text:literal $code:literal $message:literal;)*) => {
        /// The kinds of failure that a client can tell apart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Mnemonic {
            $($(#[$doc])* $variant,)*
        }

        impl Mnemonic {
            /// All of them.
            pub const ALL: &[Mnemonic] = &[$(Mnemonic::$variant),*];

            /// Its name on the wire.
            pub const fn text(self) -> &'static str {
                match self { $(Mnemonic::$variant => $text,)* }
            }

            /// The code of its group.
            pub const fn code(self) -> i32 {
                match self { $(Mnemonic::$variant => $code,)* }
            }

            /// How many variants there are.
            const COUNT: usize = Self::ALL.len();

            /// Its message, with placeholders in braces.
            pub const fn message(self) -> &'static str {
                match self { $(Mnemonic::$variant => $message,)* }
            }
        }
    };
}

mnemonics! {
    /// The body is not JSON.
    ParseError = "parse_error" -32700 "Invalid JSON was received by the server.";
    /// The body is JSON, but no call.
    InvalidRequest = "invalid_request" -32600 "Invalid Request The JSON sent is not a valid Request object";
    /// There is no such method.
    MethodNotFound = "method_not_found" -32601 "The method does not exist / is not available";
    /// A list of calls.
    BatchOperationsNotSupported = "batch_operations_not_supported" -32099 "Batch operations not supported";
    /// A call that wants no answer.
    NotificationsNotSupported = "notifications_not_supported" -32099 "Notifications not supported";
    /// Nobody has this token.
    AccessTokenInvalid = "access_token_invalid" -32001 "Access token is invalid";
    /// The key's time is over.
    AccessTokenExpired = "access_token_expired" -32001 "Access token has been expired";
    /// The operator blocked the key.
    AccessTokenBlocked = "access_token_blocked" -32001 "Access token has been blocked";
    /// Nobody has this login with this password.
    AuthError = "auth_error" -32001 "Login or password is wrong";
    /// The caller's address is on no list.
    IpNotWhitelisted = "ip_not_whitelisted" -32003 "Your IP {ip} is not whitelisted";
    /// The caller may not do this.
    Forbidden = "forbidden" -32003 "Permission denied";
    /// The customer is switched off.
    AccountInactive = "account_inactive" -32009 "Your account has been disabled, contact the support service";
    /// No points are left.
    LimitExceeded = "limit_exceeded" -32029
        "Limit per {limit_type} has been exceeded. Value of current limit per {limit_type} is {limit_max_value}";
    /// The method belongs to a part of the telephone system that is not here.
    MethodComponentDisabled = "method_component_disabled" -32008
        "You need at least one of the following components to access this method: {components}";
    /// The parameter belongs to a part of the telephone system that is not here.
    ParameterComponentDisabled = "parameter_component_disabled" -32008
        "You need at least one of the following components to access this parameter: {components}";
    /// Not the client's fault; the log knows more.
    InternalError = "internal_error" -32603 "Internal error, contact the support service";
    /// A value of another JSON type.
    DataTypeError = "data_type_error" -32602 "Data supplied is of wrong type";
    /// Something required is not there.
    RequiredParameterMissed = "required_parameter_missed" -32602 "The required parameter has been missed";
    /// The right type, but not a possible value.
    InvalidParameterValue = "invalid_parameter_value" -32602 "Invalid parameter value";
    /// A parameter, or a field, that does not exist.
    UnexpectedParameters = "unexpected_parameters" -32602 "Unexpected method parameter(s)";
    /// Each is fine, together they are not.
    InvalidParametersCombination = "invalid_parameters_combination" -32602
        "The combination of parameters is not permitted";
    /// Anything else, in its own words.
    Error = "error" -32602 "{error_message}";
    /// The field cannot be sorted by.
    SortProhibited = "sort_prohibited" -32602 "Sort by parameter is prohibited";
    /// The field cannot be filtered by.
    FilterProhibited = "filter_prohibited" -32602 "Filter by parameter is prohibited";
    /// The two dates are too far apart.
    DateIntervalLimitReached = "date_interval_limit_reached" -32602
        "Max value of requested date interval is 3 months";
    /// Nothing in this account has this id.
    EntityNotFound = "entity_not_found" -32602 "Entity not found";
    /// There is one of this name already.
    DuplicateEntity = "duplicate_entity" -32602 "Duplicate entity";
    /// The account is full.
    DataLimitExceeded = "data_limit_exceeded" -32602 "A new data limit has been exceeded";
    /// Another one has this value.
    AlreadyInUse = "already_in_use" -32602 "This value is already used by another entity";
    /// Something still needs what was to be deleted.
    DependencyError = "dependency_error" -32602 "You have interdependent entities";
    /// It belongs to the system; the code is the one of a bad parameter.
    SystemEntity = "forbidden" -32602 "Permission denied";
}

/// The position of each mnemonic among the different texts: one text may stand for two codes.
static TEXT_INDEX: [usize; Mnemonic::COUNT] = {
    let mut index = [0; Mnemonic::COUNT];
    let (mut at, mut distinct) = (0, 0);
    while at < Mnemonic::COUNT {
        let mut before = 0;
        while before < at && !is_same(Mnemonic::ALL[before].text(), Mnemonic::ALL[at].text()) {
            before += 1;
        }
        if before < at {
            index[at] = index[before];
        } else {
            index[at] = distinct;
            distinct += 1;
        }
        at += 1;
    }
    index
};

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

impl Mnemonic {
    /// The position of its text among the texts of all mnemonics, each counted once.
    pub fn index(self) -> usize {
        TEXT_INDEX[self as usize]
    }

    /// The texts of all mnemonics, each once, by [`Mnemonic::index`].
    pub fn texts() -> impl Iterator<Item = &'static str> {
        let is_first = |(at, mnemonic): &(usize, &Mnemonic)| {
            !Self::ALL[..*at].iter().any(|before| before.index() == mnemonic.index())
        };
        Self::ALL.iter().enumerate().filter(is_first).map(|(_, mnemonic)| mnemonic.text())
    }
}

/// A placeholder of a message, or what a message leaves unsaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
    /// Names of what there is.
    Names(Vec<&'static str>),
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Param::Text(text)
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Param::Text(text.to_owned())
    }
}

impl From<u64> for Param {
    fn from(number: u64) -> Self {
        Param::Number(number)
    }
}

/// Maximum number of names that an error lists.
pub const ALLOWED_NAMES_MAX: usize = 64;

/// A refusal, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// Which kind.
    pub mnemonic: Mnemonic,
    /// Dotted path of the parameter to error_at.
    pub field: Option<String>,
    /// What was sent there; never a token or a password.
    pub value: Option<String>,
    /// The message's placeholders and more, in the order given.
    pub params: Vec<(&'static str, Param)>,
    /// What the message says after its literal text, for refusals that no client program acts on.
    pub hint: Option<Box<str>>,
    /// What the log says; never told to the client.
    pub cause: Option<Box<str>>,
}

impl RpcError {
    /// A refusal that blames nothing in particular.
    pub fn new(mnemonic: Mnemonic) -> Self {
        RpcError { mnemonic, field: None, value: None, params: Vec::new(), hint: None, cause: None }
    }

    /// A failure that is not the client's; the error says nothing about its cause.
    pub fn internal(cause: impl Into<Box<str>>) -> Self {
        let mut fault = RpcError::new(Mnemonic::InternalError);
        fault.cause = Some(cause.into());
        fault
    }

    /// A refusal of the parameter at this path.
    pub fn at(mnemonic: Mnemonic, field: impl Into<String>) -> Self {
        let mut fault = RpcError::new(mnemonic);
        fault.field = Some(field.into());
        fault
    }

    /// The same, of a parameter inside the one at this path.
    #[must_use]
    pub fn inside(mut self, outer: &str) -> Self {
        self.field = Some(match self.field {
            Some(field) => format!("{outer}.{field}"),
            None => outer.to_owned(),
        });
        self
    }

    /// With an excerpt of what was sent, unless it shows a secret.
    #[must_use]
    pub fn sent(mut self, value: Option<Json<'_>>) -> Self {
        self.value = value.and_then(Json::excerpt);
        self
    }

    /// With a placeholder or a bound.
    #[must_use]
    pub fn with(mut self, name: &'static str, param: impl Into<Param>) -> Self {
        self.params.push((name, param.into()));
        self
    }

    /// With the names that would have been right here, at most [`ALLOWED_NAMES_MAX`].
    #[must_use]
    pub fn allowing(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.params.push(("allowed", Param::Names(names.into_iter().take(ALLOWED_NAMES_MAX).collect())));
        self
    }

    /// With the reason in plain English.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        self.with("reason", reason.into())
    }

    /// The message with its placeholders filled.
    pub fn message(&self) -> String {
        let mut message = self.mnemonic.message().to_owned();
        for (name, param) in &self.params {
            let text = match param {
                Param::Text(text) => text.clone(),
                Param::Number(number) => number.to_string(),
                Param::Names(names) => names.join(", "),
            };
            message = message.replace(&format!("{{{name}}}"), &text);
        }
        if let Some(hint) = &self.hint {
            message.push_str(". ");
            message.push_str(hint);
        }
        message
    }
}
