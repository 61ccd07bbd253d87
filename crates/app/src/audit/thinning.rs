//! Refusals in the audit log: the first of each kind are recorded, the others counted.
//!
//! A refused call costs its account no point, so the room that its record takes has to be bounded here. Of each
//! account, minute and mnemonic the first [`WHOLE_MAX`] refusals are recorded as they were; the others become one
//! record per minute that says how many they were. Refusals that anybody with a token can cause at no cost ([`Refusal`])
//! are all counted, so that a stolen key cannot push the calls of the account out of its report.

use std::collections::HashMap;
use std::net::IpAddr;

use ringbook_store::{AccountId, Request, Sent};

/// Refusals of one account, minute and mnemonic that are recorded whole.
pub const WHOLE_MAX: u32 = 100;
/// Kinds of refusals that are counted at the same time. While there are more, refusals of further kinds are recorded whole,
/// or not at all if they are only to be counted.
const KINDS_MAX: usize = 100_000;
/// The method of a record that stands for several calls.
const SEVERAL: &str = "several";
const MINUTE_SECONDS: i64 = 60;

/// How a refusal is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The call was admitted, or refused for a right: the first ones of a minute are recorded whole.
    FirstWhole,
    /// The call was not admitted because of its address, its limit or an inactive account: it is counted.
    Counted,
}

/// Refusals of the present minute, by account and mnemonic.
#[derive(Default)]
pub(super) struct Thinning {
    /// Counted from 1970; `None` while nothing is counted.
    minute: Option<i64>,
    kinds: HashMap<(AccountId, &'static str), Kind>,
}

/// Refusals of one kind in one minute, and what their common record says.
struct Kind {
    count: u32,
    /// How many of them were recorded whole.
    whole: u32,
    user: u64,
    login: Box<str>,
    is_agent: bool,
    ip: IpAddr,
    code: i32,
}

/// Refusals that were counted and not recorded, to be recorded as one.
pub(super) struct ThinnedRefusals {
    /// Whose.
    pub(super) account: AccountId,
    minute: i64,
    mnemonic: &'static str,
    kind: Kind,
}

impl Thinning {
    /// Whether this request is to be recorded whole; if not, it is counted. Successes are always recorded whole.
    pub(super) fn is_whole(&mut self, account: AccountId, request: &Request<'_>, refusal: Refusal) -> bool {
        let Some((code, mnemonic)) = request.failure else {
            return true;
        };
        if self.kinds.len() >= KINDS_MAX && !self.kinds.contains_key(&(account, mnemonic)) {
            return refusal == Refusal::FirstWhole;
        }
        self.minute.get_or_insert(request.started_at.div_euclid(MINUTE_SECONDS));
        let kind = self.kinds.entry((account, mnemonic)).or_insert_with(|| Kind {
            count: 0,
            whole: 0,
            user: request.user,
            login: request.login.into(),
            is_agent: request.is_agent,
            ip: request.ip,
            code,
        });
        kind.count = kind.count.saturating_add(1);
        let is_whole = refusal == Refusal::FirstWhole && kind.whole < WHOLE_MAX;
        kind.whole += u32::from(is_whole);
        is_whole
    }

    /// What was counted in a minute that is over at this moment, in Unix seconds.
    pub(super) fn over(&mut self, now: i64) -> Vec<ThinnedRefusals> {
        match self.minute {
            Some(minute) if minute != now.div_euclid(MINUTE_SECONDS) => self.all(),
            Some(_) | None => Vec::new(),
        }
    }

    /// Everything that was counted.
    pub(super) fn all(&mut self) -> Vec<ThinnedRefusals> {
        let Some(minute) = self.minute.take() else {
            return Vec::new();
        };
        let counted = self.kinds.drain().filter(|(_, kind)| kind.count > kind.whole);
        counted.map(|((account, mnemonic), kind)| ThinnedRefusals { account, minute, mnemonic, kind }).collect()
    }
}

impl ThinnedRefusals {
    /// Hands the record that stands for all of them over.
    pub(super) fn record<T>(&self, hand_over: impl FnOnce(&Request<'_>) -> T) -> T {
        let body = format!("{{\"calls\":{}}}", self.kind.count - self.kind.whole);
        hand_over(&Request {
            started_at: self.minute * MINUTE_SECONDS,
            user: self.kind.user,
            login: &self.kind.login,
            token_name: None,
            is_agent: self.kind.is_agent,
            method: SEVERAL,
            raw_id: "",
            ip: self.kind.ip,
            micros: 0,
            failure: Some((self.kind.code, self.mnemonic)),
            body: Sent::Whole(&body),
        })
    }
}
