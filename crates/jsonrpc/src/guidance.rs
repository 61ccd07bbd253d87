//! What to do about each mnemonic: the sentences of `docs/errors.md`.

use super::mnemonic::Mnemonic;

/// When an error occurs and what helps.
#[derive(Debug, Clone, Copy)]
pub struct Guidance {
    /// When it is answered.
    pub when: &'static str,
    /// What the client does next.
    pub next: &'static str,
    /// The members of `params`; those in brackets are there only in some cases.
    pub params: &'static [&'static str],
}

impl Mnemonic {
    /// When it is answered and what helps. A match over all, so that a new mnemonic is documented.
    pub const fn guidance(self) -> Guidance {
        match self {
            Self::ParseError => row(
                "The body is not JSON as RFC 8259 defines it, not UTF-8, or nested too deep.",
                "Fix the encoder; `reason` names the byte.",
                &["reason"],
            ),
            Self::InvalidRequest => row(
                "The body is JSON but not a JSON-RPC 2.0 request, or the path or verb is not `POST /v2.0`.",
                "Fix the member in `field`; a wrong path or verb is named in the message.",
                &[],
            ),
            Self::MethodNotFound => row("No method has this name.", "Use a name from [methods.md](methods.md).", &[]),
            Self::BatchOperationsNotSupported => {
                row("The body is an array of requests.", "Send one request per HTTP request.", &[])
            }
            Self::NotificationsNotSupported => row("The request has no `id`.", "Send an `id`.", &[]),
            Self::AccessTokenInvalid => row(
                "No key or session has this token, or the session has ended.",
                "Log in again with `login.user`, or check the key.",
                &[],
            ),
            Self::AccessTokenExpired => {
                row("The key's expiry moment has passed.", "Ask the operator for a new key.", &[])
            }
            Self::AccessTokenBlocked => {
                row("The operator has blocked the key.", "Ask the operator for a new key.", &[])
            }
            Self::AuthError => row(
                "No user has this login with this password, or there were too many failed logins within a minute.",
                "Check both. After repeated failures wait a minute.",
                &[],
            ),
            Self::IpNotWhitelisted => row(
                "The caller's address is not on the account's allow-list. An empty list allows no address.",
                "The operator adds the address: `ringbook allow add ADDRESS --customer ID`.",
                &["ip"],
            ),
            Self::Forbidden => row(
                "The user lacks a right, the method is for the other kind of account, or `user_id` names a user that \
                 the caller may not act for.",
                "With `right`: the operator grants it with `ringbook user set ID --rights …`. With field `user_id`: \
                 send another user. Otherwise call with a token of the other kind of account.",
                &["[right]"],
            ),
            Self::AccountInactive => row("The operator has disabled the account.", "Ask the operator.", &[]),
            Self::LimitExceeded => row(
                "The account has no points left in this minute or day.",
                "Wait `metadata.limits.minute_reset` or `day_reset` seconds.",
                &["limit_type", "limit_max_value"],
            ),
            Self::MethodComponentDisabled => row(
                "Not raised by this server: no method belongs to a component. Part of the protocol.",
                "Nothing.",
                &["components"],
            ),
            Self::ParameterComponentDisabled => row(
                "The parameter belongs to another part of a telephone system and is not null.",
                "Leave it out, or send null.",
                &["components"],
            ),
            Self::InternalError => row(
                "The server failed. The change may or may not have been made.",
                "Read back before repeating a change. The operator finds the cause in the log under `request`.",
                &["[request]"],
            ),
            Self::DataTypeError => row(
                "A value has another JSON type than its parameter.",
                "Send the type that [methods.md](methods.md) gives for `field`.",
                &["[reason]"],
            ),
            Self::RequiredParameterMissed => row("A required parameter is absent.", "Send `field`.", &[]),
            Self::InvalidParameterValue => row(
                "A value has the right type and is not permitted: out of bounds, malformed, or a bad pattern. With field \
                 `limit` and `max_bytes`: the answer would be larger than the server answers. With a field in \
                 `expected`: the record has another value now.",
                "Read `reason`; bounds are in `min` and `max`. With `max_bytes` ask for fewer records with `limit`, or \
                 for fewer members with `fields`.",
                &["reason", "[min]", "[max]", "[max_bytes]"],
            ),
            Self::UnexpectedParameters => row(
                "A parameter, a field, or a member of a filter, a sort key or a record does not exist.",
                "Use one of `allowed`.",
                &["allowed"],
            ),
            Self::InvalidParametersCombination => row(
                "Each parameter is permitted, both together are not.",
                "Read `reason` and leave one out.",
                &["reason"],
            ),
            Self::Error => row("Another failure, described by the message.", "Try again later.", &["error_message"]),
            Self::SortProhibited => row(
                "The field exists and cannot be sorted by.",
                "Sort by a field that `rpc.discover` lists for this method.",
                &[],
            ),
            Self::FilterProhibited => row(
                "The field exists and cannot be filtered by.",
                "Filter by a field that `rpc.discover` lists for this method.",
                &[],
            ),
            Self::DateIntervalLimitReached => {
                row("`date_from` and `date_till` are further apart than permitted.", "Ask for shorter intervals.", &[])
            }
            Self::EntityNotFound => {
                row("The account has nothing with this id.", "Correct the id in `field`. Nothing was changed.", &[])
            }
            Self::DuplicateEntity => row(
                "The account already has a group or organization of this name, or the number is already blacklisted.",
                "Use the existing one, or another name.",
                &[],
            ),
            Self::DataLimitExceeded => {
                row("The address book has no room for more.", "Delete what is no longer needed.", &["max", "max_bytes"])
            }
            Self::AlreadyInUse => row(
                "Not raised by this server, which answers `duplicate_entity`. Part of the protocol.",
                "Nothing.",
                &[],
            ),
            Self::DependencyError => row(
                "A contact still has the organization, or the employee as personal manager.",
                "Change those contacts first.",
                &[],
            ),
            Self::SystemEntity => row(
                "The group belongs to the system: it cannot be renamed or deleted.",
                "Leave it; its members can be set.",
                &[],
            ),
        }
    }
}

const fn row(when: &'static str, next: &'static str, params: &'static [&'static str]) -> Guidance {
    Guidance { when, next, params }
}
