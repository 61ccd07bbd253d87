//! What became of an upload: an id or `null` for each record, and what was wrong with the others.

use ringbook_book::runner::INLINE;

use super::{Reply, error_at, number, number_or_null, raw};
use crate::mnemonic::RpcError;

/// What an answer has for each record sent that was refused, without the value that was sent: an estimate.
pub const UPLOAD_ERROR_BYTES: usize = 512;

impl Reply {
    /// Writes the outcome of an upload as the data; `errors` have the position of their record. The records are uploaded
    /// already, so that the answer is never refused: past `values_bytes_max` errors come without the values sent.
    pub fn uploaded(&mut self, ids: &[Option<u64>], errors: &[(usize, RpcError)], values_bytes_max: usize) {
        let output = &mut self.output;
        raw(&mut output.open, r#"{"ids":["#);
        for (place, id) in ids.iter().enumerate() {
            raw(&mut output.open, if place == 0 { "" } else { "," });
            number_or_null(&mut output.open, *id);
        }
        raw(&mut output.open, r#"],"errors":["#);
        for (place, (index, fault)) in errors.iter().enumerate() {
            raw(&mut output.open, if place == 0 { r#"{"index":"# } else { r#",{"index":"# });
            number(&mut output.open, *index as u64);
            raw(&mut output.open, ",");
            let shows_value = output.bytes() < values_bytes_max;
            error_at(&mut output.open, fault, shows_value);
            raw(&mut output.open, "}");
            output.go_on(&INLINE);
        }
        raw(&mut output.open, "]}");
    }
}
