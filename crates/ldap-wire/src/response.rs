//! What a server answers.

use crate::ber::Writer;
use crate::oid;

macro_rules! result_codes {
    ($($(#[$doc:meta])* $name:ident $code:literal $text:literal)*) => {
        /// How a request ended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ResultCode { $($(#[$doc])* $name = $code),* }

        impl ResultCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its number.
            pub const fn number(self) -> i32 {
                self as i32
            }

            /// Its name in RFC 4511.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

result_codes! {
    /// It was done.
    Success 0 "success"
    /// The server failed.
    OperationsError 1 "operationsError"
    /// The request makes no sense.
    ProtocolError 2 "protocolError"
    /// The search took longer than the client or the server waits.
    TimeLimitExceeded 3 "timeLimitExceeded"
    /// There are more entries than are answered.
    SizeLimitExceeded 4 "sizeLimitExceeded"
    /// The entry does not have the value.
    CompareFalse 5 "compareFalse"
    /// The entry has the value.
    CompareTrue 6 "compareTrue"
    /// This way to authenticate is not known.
    AuthMethodNotSupported 7 "authMethodNotSupported"
    /// A control that the client insists on is not known.
    UnavailableCriticalExtension 12 "unavailableCriticalExtension"
    /// The connection must be encrypted first.
    ConfidentialityRequired 13 "confidentialityRequired"
    /// The attribute is not known.
    NoSuchAttribute 16 "noSuchAttribute"
    /// There is no such entry.
    NoSuchObject 32 "noSuchObject"
    /// Name or password is wrong.
    InvalidCredentials 49 "invalidCredentials"
    /// The client may not do this.
    InsufficientAccessRights 50 "insufficientAccessRights"
    /// The server is busy.
    Busy 51 "busy"
    /// The server cannot do it now.
    Unavailable 52 "unavailable"
    /// The server does not do this.
    UnwillingToPerform 53 "unwillingToPerform"
}

/// An attribute of an entry, with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

/// Writes messages to a client, one after another.
#[derive(Debug, Default)]
pub struct Response(Writer);

impl Response {
    /// The answer to a bind.
    pub fn bind(&mut self, id: i32, code: ResultCode, text: &str) {
        self.result(id, 0x61, code, text, |_| {}, |_| {});
    }

    /// The end of the answer to a search, with controls.
    pub fn search_done(&mut self, id: i32, code: ResultCode, text: &str, controls: &[(&str, Vec<u8>)]) {
        self.result(
            id,
            0x65,
            code,
            text,
            |_| {},
            |message| {
                if controls.is_empty() {
                    return;
                }
                message.nested(0xa0, |list| {
                    for (oid, value) in controls {
                        list.nested(0x30, |control| {
                            control.text(4, oid);
                            control.bytes(4, value);
                        });
                    }
                });
            },
        );
    }

    /// The answer to a comparison.
    pub fn compare(&mut self, id: i32, code: ResultCode, text: &str) {
        self.result(id, 0x6f, code, text, |_| {}, |_| {});
    }

    /// The answer to a request to change something.
    pub fn write(&mut self, id: i32, response_tag: u8, code: ResultCode, text: &str) {
        self.result(id, response_tag, code, text, |_| {}, |_| {});
    }

    /// The answer to an extended request: its name, and a value perhaps.
    pub fn extended(&mut self, id: i32, code: ResultCode, text: &str, oid: Option<&str>, value: Option<&str>) {
        let members = |result: &mut Writer| {
            if let Some(oid) = oid {
                result.text(0x8a, oid);
            }
            if let Some(value) = value {
                result.text(0x8b, value);
            }
        };
        self.result(id, 0x78, code, text, members, |_| {});
    }

    /// The notice that the server closes the connection.
    pub fn disconnection(&mut self, code: ResultCode, text: &str) {
        self.extended(0, code, text, Some(oid::DISCONNECTION), None);
    }

    /// An entry that a search has found.
    pub fn entry(&mut self, id: i32, dn: &str, attributes: &[Attribute], types_only: bool) {
        self.0.nested(0x30, |message| {
            message.number(2, i64::from(id));
            message.nested(0x64, |entry| {
                entry.text(4, dn);
                entry.nested(0x30, |list| {
                    for Attribute { name, values } in attributes {
                        list.nested(0x30, |attribute| {
                            attribute.text(4, name);
                            attribute.nested(0x31, |set| {
                                values.iter().filter(|_| !types_only).for_each(|value| set.text(4, value));
                            });
                        });
                    }
                });
            });
        });
    }

    /// The bytes of all messages.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    fn result(
        &mut self,
        id: i32,
        tag: u8,
        code: ResultCode,
        text: &str,
        members: impl FnOnce(&mut Writer),
        controls: impl FnOnce(&mut Writer),
    ) {
        self.0.nested(0x30, |message| {
            message.number(2, i64::from(id));
            message.nested(tag, |result| {
                result.number(10, i64::from(code.number()));
                result.text(4, "");
                result.text(4, text);
                members(result);
            });
            controls(message);
        });
    }
}

/// The attributes that a client has chosen, under the names that it uses for them: telephones compare them with the case of
/// their settings. `is_operational` says which are answered only on request.
pub fn entry_attributes(
    all: Vec<Attribute>,
    chosen: &[String],
    is_operational: impl Fn(&str) -> bool,
) -> Vec<Attribute> {
    let keep = |attribute: Attribute| {
        let name = chosen_name(&attribute.name, chosen, &is_operational)?;
        Some(Attribute { name, ..attribute })
    };
    all.into_iter().filter_map(keep).collect()
}

/// The name under which a client has chosen an attribute; `None` if it has not.
pub fn chosen_name(name: &str, chosen: &[String], is_operational: impl Fn(&str) -> bool) -> Option<String> {
    if let Some(chosen) = chosen.iter().find(|chosen| chosen.eq_ignore_ascii_case(name)) {
        return Some(chosen.clone());
    }
    let is_wanted = match is_operational(name) {
        true => chosen.iter().any(|name| name == "+"),
        false => chosen.is_empty() || chosen.iter().any(|name| name == "*"),
    };
    is_wanted.then(|| name.to_owned())
}
