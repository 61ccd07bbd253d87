//! `docs/errors.md` and `docs/methods.md`, written from the tables that run the methods.
//!
//! A test compares the files with what is written here; with `RINGBOOK_BLESS=1` it writes them.

use std::fmt::Write;

use ringbook_book::query::field::Field;

use super::discovery;
use super::method::{Method, Need, Parameter, ResultKind, Spec};
use super::mnemonic::{ALLOWED_NAMES_MAX, Mnemonic};

/// Every error: code, message, when it occurs, what to do next, what `params` holds.
pub fn errors() -> String {
    let mut text = format!(
        "# Errors\n\nEvery failed call answers with `error.code`, `error.message` and `error.data`. Decide by \
         `error.data.mnemonic`; a code stands for a group of them. `field` is the dotted path of the offending \
         parameter, `value` what was sent there (never a token or a password), `params` the placeholders of the message \
         and more: `reason` in plain English, bounds as `min` and `max`, and `allowed`, at most {ALLOWED_NAMES_MAX} \
         names that are known in this place. A member of `params` in brackets is there only in some cases.\n\n\
         This file is written from the table of mnemonics (`crates/jsonrpc/src/mnemonic.rs`); to write it again: \
         `RINGBOOK_BLESS=1 cargo test -p ringbook-jsonrpc documents`.\n"
    );
    for mnemonic in Mnemonic::ALL {
        let guidance = mnemonic.guidance();
        let params: Vec<String> = guidance.params.iter().map(|name| format!("`{name}`")).collect();
        push(&mut text, format_args!("\n## `{}` ({})\n\n", mnemonic.text(), mnemonic.code()));
        push(&mut text, format_args!("> {}\n\n", mnemonic.message()));
        push(&mut text, format_args!("- When: {}\n- Next: {}\n", guidance.when, guidance.next));
        if !params.is_empty() {
            push(&mut text, format_args!("- `params`: {}\n", params.join(", ")));
        }
    }
    text
}

/// Every method: who may call it, its parameters, the fields of its records.
pub fn methods() -> String {
    let mut text = "# Methods\n\nEvery method with its parameters. `rpc.discover` answers the same as an OpenRPC \
        document. How to ask is explained in [queries.md](queries.md), how to change in [changing.md](changing.md), \
        errors are in [errors.md](errors.md).\n\n\
        Required: *yes*; *for agents*; *no* (null counts as absent); *keeps* (absent: the value stays, null clears it); \
        *keeps, not null* (absent: the value stays, null is refused).\n\n\
        This file is written from the table of methods (`crates/jsonrpc/src/method/table.rs`); to write it again: \
        `RINGBOOK_BLESS=1 cargo test -p ringbook-jsonrpc documents`.\n"
        .to_owned();
    for method in Method::ALL {
        method_section(&mut text, method.spec());
    }
    text
}

fn method_section(text: &mut String, spec: &Spec) {
    push(text, format_args!("\n## {}\n\n{}\n", spec.name, discovery::description(spec)));
    if spec.all_parameters().next().is_some() {
        push(text, format_args!("\n| parameter | type | required | default | bounds | |\n|---|---|---|---|---|---|\n"));
        spec.all_parameters().for_each(|parameter| parameter_row(text, parameter));
    }
    if let ResultKind::Records(fields) | ResultKind::Changes(fields) = spec.answer {
        push(text, format_args!("\n| field | filter | sort | |\n|---|---|---|---|\n"));
        fields.iter().for_each(|field| field_row(text, field));
    }
}

fn parameter_row(text: &mut String, parameter: &Parameter) {
    let required = match parameter.need {
        Need::Required => "yes",
        Need::RequiredForAgents => "for agents",
        Need::Optional => "no",
        Need::Clearable => "keeps",
        Need::Lasting => "keeps, not null",
    };
    let Parameter { name, form, about, .. } = parameter;
    let (default, bounds) = (form.default_text().unwrap_or_default(), form.bounds_text().unwrap_or_default());
    let kind = form.type_text();
    push(text, format_args!("| `{name}` | {kind} | {required} | {default} | {bounds} | {about} |\n"));
}

fn field_row(text: &mut String, field: &Field) {
    let yes = |is_so: bool| if is_so { "yes" } else { "" };
    let (name, filter, sort, about) = (field.name, yes(field.filterable), yes(field.sortable), field.about);
    push(text, format_args!("| `{name}` | {filter} | {sort} | {about} |\n"));
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("writing into a string does not fail");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn documents_are_what_the_tables_say() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        for (name, written) in [("errors.md", super::errors()), ("methods.md", super::methods())] {
            let path = docs.join(name);
            if std::env::var_os("RINGBOOK_BLESS").is_some() {
                std::fs::write(&path, &written).expect("written");
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(kept == written, "docs/{name} is stale: RINGBOOK_BLESS=1 cargo test -p ringbook-jsonrpc documents");
        }
    }
}
