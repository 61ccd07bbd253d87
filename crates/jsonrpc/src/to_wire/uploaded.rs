//! What became of an upload: an id or `null` for each record, and what was wrong with the others.

use super::{Reply, error_at, number, number_or_null, raw};
use crate::mnemonic::RpcError;

impl Reply {
    /// Writes the outcome of an upload as the data; `errors` have the position of their record.
    pub fn uploaded(&mut self, ids: &[Option<u64>], errors: &[(usize, RpcError)]) {
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
            error_at(&mut output.open, fault);
            raw(&mut output.open, "}");
            output.turn();
        }
        raw(&mut output.open, "]}");
    }
}
