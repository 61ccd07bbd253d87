//! References from one schema of the document to another.

use serde_json::{Value, json};

/// The schema of this name.
pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
