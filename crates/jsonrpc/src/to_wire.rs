//! How answers are written: straight into the bytes that go out, with no tree in between.
//!
//! Strings and numbers are appended by [`ringbook_json::write`]; [`Output`] is a buffer that hands over what
//! is full in pieces, so that a page of megabytes is never moved; [`Reply`] writes what stands around the
//! data. Contacts, the one thing that is answered by the ten thousand, have a writer of their own
//! ([`contacts`]); all other records go by their field table ([`records`]).

use bytes::Bytes;
use ringbook_json::write::{digits, is_plain, number, number_or_null, raw, text, text_contents, text_or_null};

use answer_room::{AnswerRoom, RenderError};
use ringbook_book::runner::Runner;

use super::mnemonic::{Param, RpcError};
use ringbook_app::access::{LimitsView, Session};
use ringbook_app::admitted::Contacts;

mod answer_attempts;
mod answer_room;
mod chunk_cache;
mod contacts;
mod memo;
mod records;
mod uploaded;

#[cfg(test)]
mod tests;

pub use answer_attempts::{AnswerAttempts, no_room};
pub use answer_room::{ANSWER_BYTES_MAX, AnswerLimits};
pub use chunk_cache::ChunkCache;
pub use contacts::{changes, contacts};
pub use records::records;
pub use uploaded::UPLOAD_ERROR_BYTES;

/// A piece is handed over when it has at least this many bytes.
const SEGMENT_BYTES: usize = 256 << 10;
/// Room past that, so that the record that fills a piece seldom makes it grow.
const SLACK_BYTES: usize = 4 << 10;
/// Room for an ordinary small answer, with a record of ordinary size.
const USUAL_BYTES: usize = 2 << 10;

/// The bytes of an answer, in pieces.
#[derive(Debug)]
pub struct Output {
    full: Vec<Bytes>,
    /// Bytes of the full pieces.
    full_bytes: usize,
    open: Vec<u8>,
    room: AnswerRoom,
    /// Why nothing more is to be written.
    stopped: Option<RenderError>,
}

impl Output {
    fn new(room: AnswerRoom) -> Self {
        Output { full: Vec::new(), full_bytes: 0, open: Vec::with_capacity(USUAL_BYTES), room, stopped: None }
    }

    fn bytes(&self) -> usize {
        self.full_bytes + self.open.len()
    }

    /// To be called between records: starts another piece if this one is full, and says whether to go on. Once it has
    /// said no, the answer is of no use.
    #[inline]
    fn go_on(&mut self, runner: &dyn Runner) -> bool {
        let bytes = self.bytes();
        if let Err(error) = self.room.takes(bytes) {
            self.stopped = Some(error);
            return false;
        }
        self.open.len() < SEGMENT_BYTES || self.turn(runner)
    }

    fn turn(&mut self, runner: &dyn Runner) -> bool {
        let fresh = Vec::with_capacity(SEGMENT_BYTES + SLACK_BYTES);
        let full = std::mem::replace(&mut self.open, fresh);
        self.push(Bytes::from(full));
        runner.should_continue()
    }

    /// Appends bytes that are shared instead of copied.
    fn append(&mut self, bytes: Bytes) {
        if !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            self.push(Bytes::from(open));
        }
        self.push(bytes);
    }

    fn push(&mut self, piece: Bytes) {
        self.full_bytes += piece.len();
        self.full.push(piece);
    }

    /// All pieces of a whole answer. A line break ends it, so that the prompt of a terminal begins a line.
    fn end(mut self) -> Vec<Bytes> {
        self.open.push(b'\n');
        self.finish()
    }

    fn finish(mut self) -> Vec<Bytes> {
        self.full.push(Bytes::from(self.open));
        self.full
    }
}

/// An answer that is being written: `result.data` comes first, the rest of the envelope around it.
#[derive(Debug)]
pub struct Reply {
    output: Output,
}

impl Reply {
    /// Opens the answer to the call with this `id`, up to the value of `data`, which is small by its nature.
    pub fn open(id: &str) -> Self {
        Self::open_within(id, AnswerRoom::unbounded())
    }

    /// The same for an answer that has this room.
    fn open_within(id: &str, room: AnswerRoom) -> Self {
        let mut output = Output::new(room);
        head(&mut output.open, id);
        raw(&mut output.open, r#""result":{"data":"#);
        Reply { output }
    }

    /// Opens the answer to a call that made the thing with the number `made`, up to the end of the data.
    pub fn created(id: &str, made: u64) -> Self {
        let mut reply = Self::begin(id, made);
        raw(&mut reply.output.open, "}");
        reply
    }

    /// The same for a number on the blacklist.
    pub fn created_number(id: &str, made: u64, digits: &str) -> Self {
        let mut reply = Self::begin(id, made);
        raw(&mut reply.output.open, r#","phone_number":"#);
        text(&mut reply.output.open, digits);
        raw(&mut reply.output.open, "}");
        reply
    }

    /// Up to the first member of the data.
    fn begin(id: &str, made: u64) -> Self {
        let mut output = Output::new(AnswerRoom::unbounded());
        head(&mut output.open, id);
        for before in [r#""result":{"id":"#, r#","data":{"id":"#] {
            raw(&mut output.open, before);
            number(&mut output.open, made);
        }
        Reply { output }
    }

    /// Why it was not written to its end, if it was not.
    fn stopped(&self) -> Option<RenderError> {
        let is_too_large = self.output.bytes() > self.output.room.bytes_max();
        self.output.stopped.or(is_too_large.then_some(RenderError::TooLarge))
    }

    /// The bytes that `data` goes to.
    pub fn data(&mut self) -> &mut Output {
        &mut self.output
    }

    /// Writes a session as the data; the only place where a token is shown.
    pub fn session(&mut self, session: &Session) {
        let open = &mut self.output.open;
        raw(open, r#"{"access_token":"#);
        text(open, session.token.expose());
        raw(open, r#","expire_at":"#);
        number(open, session.expires_at.unix().unsigned_abs());
        raw(open, r#","app_id":"#);
        number(open, session.account.number());
        raw(open, "}");
    }

    /// Writes `{}` as the data.
    pub fn empty(&mut self) {
        raw(&mut self.output.open, "{}");
    }

    /// Closes the answer to a mirror behind `data`.
    pub fn finish_with_cursor(mut self, standing: &WithCursor, limits: Option<&LimitsView>) -> Vec<Bytes> {
        let open = &mut self.output.open;
        raw(open, r#","metadata":{"total_items":"#);
        number(open, standing.total);
        raw(open, r#","cursor":"#);
        text(open, &standing.cursor);
        raw(open, r#","has_more":"#);
        raw(open, if standing.has_more { "true," } else { "false," });
        metadata_tail(open, limits);
        raw(open, "}}");
        self.output.end()
    }

    /// Closes the answer to a query behind `data`, and tells how it was answered if that was asked.
    pub fn close_explained(
        mut self,
        total: u64,
        explained: Option<&Contacts>,
        limits: Option<&LimitsView>,
    ) -> Vec<Bytes> {
        let Some(Contacts { page, stages, .. }) = explained else { return self.close(Some(total), limits) };
        let open = &mut self.output.open;
        raw(open, r#","metadata":{"total_items":"#);
        number(open, total);
        raw(open, r#","explain":{"access_path":""#);
        raw(open, page.explanation.access_path.name());
        raw(open, r#"","contacts_examined":"#);
        number(open, page.explanation.contacts);
        raw(open, r#","name_parts_examined":"#);
        number(open, page.explanation.name_parts);
        raw(open, r#","microseconds":{"#);
        for (place, (stage, micros)) in stages.iter().enumerate() {
            raw(open, if place == 0 { "\"" } else { ",\"" });
            raw(open, stage.name());
            raw(open, "\":");
            number(open, *micros);
        }
        raw(open, "}},");
        metadata_tail(open, limits);
        raw(open, "}}");
        self.output.end()
    }

    /// Closes the answer behind `data`. `total` is the number of all matching records, for reading methods.
    pub fn close(mut self, total: Option<u64>, limits: Option<&LimitsView>) -> Vec<Bytes> {
        let open = &mut self.output.open;
        raw(open, r#","metadata":{"#);
        if let Some(total) = total {
            raw(open, r#""total_items":"#);
            number(open, total);
            raw(open, ",");
        }
        metadata_tail(open, limits);
        raw(open, "}}");
        self.output.end()
    }
}

/// Where a mirror stands after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithCursor {
    /// How many changes there were to be read before this answer.
    pub total: u64,
    /// What the next call names.
    pub cursor: String,
    /// Whether there is more to be read already.
    pub has_more: bool,
}

/// What the metadata of a refusal says.
#[derive(Debug, Clone, Copy)]
pub enum Metadata<'a> {
    /// The caller is not known: nothing.
    Unknown,
    /// The limits of the caller's account, if it has any.
    Known(Option<&'a LimitsView>),
}

/// What stands before and behind the JSON that is the whole `result` of an answer.
pub fn around_result(id: &str) -> (Bytes, Bytes) {
    let mut before = Vec::new();
    head(&mut before, id);
    raw(&mut before, r#""result":"#);
    (Bytes::from(before), Bytes::from_static(b"}\n"))
}

/// The answer to a call that failed; `id` is the call's, as it was written.
pub fn refusal(id: Option<&str>, fault: &RpcError, metadata: Metadata<'_>) -> Vec<Bytes> {
    let mut output = Output::new(AnswerRoom::unbounded());
    let open = &mut output.open;
    head(open, id.unwrap_or("null"));
    raw(open, r#""error":{"code":"#);
    raw(open, &fault.mnemonic.code().to_string());
    raw(open, r#","message":"#);
    text(open, &fault.message());
    raw(open, r#","data":{"#);
    error_at(open, fault, true);
    raw(open, r#","extended_helper":null,"metadata":{"#);
    match metadata {
        Metadata::Unknown => raw(open, "}"),
        Metadata::Known(limits) => metadata_tail(open, limits),
    }
    raw(open, "}}}");
    output.end()
}

/// The members of a refusal that say what is to error_at.
fn error_at(open: &mut Vec<u8>, fault: &RpcError, shows_value: bool) {
    raw(open, r#""mnemonic":"#);
    text(open, fault.mnemonic.text());
    raw(open, r#","field":"#);
    text_or_null(open, fault.field.as_deref());
    raw(open, r#","value":"#);
    text_or_null(open, fault.value.as_deref().filter(|_| shows_value));
    raw(open, r#","params":"#);
    params(open, &fault.params);
}

fn head(open: &mut Vec<u8>, id: &str) {
    raw(open, r#"{"jsonrpc":"2.0","id":"#);
    raw(open, id);
    raw(open, ",");
}

fn params(open: &mut Vec<u8>, params: &[(&str, Param)]) {
    raw(open, "{");
    for (place, (name, param)) in params.iter().enumerate() {
        raw(open, if place == 0 { "" } else { "," });
        text(open, name);
        raw(open, ":");
        match param {
            Param::Text(value) => text(open, value),
            Param::Number(value) => number(open, *value),
            Param::Names(names) => list(open, names),
        }
    }
    raw(open, "}");
}

fn list(open: &mut Vec<u8>, names: &[&str]) {
    raw(open, "[");
    for (place, name) in names.iter().enumerate() {
        raw(open, if place == 0 { "" } else { "," });
        text(open, name);
    }
    raw(open, "]");
}

/// Version, limits and the brace that closes the metadata.
fn metadata_tail(open: &mut Vec<u8>, limits: Option<&LimitsView>) {
    raw(open, r#""version":null,"limits":{"#);
    if let Some(limits) = limits {
        raw(open, r#""day_limit":"#);
        number_or_null(open, limits.day_limit);
        raw(open, r#","day_remaining":"#);
        number_or_null(open, limits.day_remaining);
        raw(open, r#","day_reset":"#);
        number_or_null(open, limits.day_reset);
        raw(open, r#","minute_limit":"#);
        number_or_null(open, limits.minute_limit);
        raw(open, r#","minute_remaining":"#);
        number_or_null(open, limits.minute_remaining);
        raw(open, r#","minute_reset":"#);
        number_or_null(open, limits.minute_reset);
    }
    raw(open, "}}");
}
