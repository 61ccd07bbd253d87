//! The texts of the client area: none is missing in a language, none is unused, and all languages have the same places for
//! values.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Languages with the plural forms that `Intl.PluralRules` asks for.
const LANGUAGES: [(&str, &[&str]); 3] =
    [("en", &["one", "other"]), ("ru", &["one", "few", "many", "other"]), ("de", &["one", "other"])];
/// Beginnings of keys that are put together from what the server says or from a setting.
const COMPOSED: [&str; 4] = ["error.", "reason.", "rights.", "theme."];

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/js")
}

/// The texts of a language by key, as they are written.
fn texts(language: &str) -> BTreeMap<String, String> {
    let file = scripts().join("texts").join(format!("{language}.js"));
    let source = fs::read_to_string(file).expect("texts");
    let mut found = BTreeMap::new();
    for line in source.lines() {
        let entry = line.strip_prefix("  \"").and_then(|rest| rest.split_once("\": "));
        if let Some((key, text)) = entry {
            let earlier = found.insert(key.to_owned(), text.trim_end_matches(',').to_owned());
            assert_eq!(earlier, None, "{language} has {key} twice");
        }
    }
    assert!(found.len() > 250, "{language} has {} texts", found.len());
    found
}

/// The places for values in a text.
fn places(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
    parts.map(|(name, _)| name).filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).collect()
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("texts") {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "js") {
            found.push(fs::read_to_string(path).expect("UTF-8"));
        }
    }
}

#[test]
fn languages_have_the_same_texts() {
    let english = texts("en");
    for (language, forms) in LANGUAGES {
        let texts = texts(language);
        let keys = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<BTreeSet<_>>();
        let differing: Vec<String> = keys(&english).symmetric_difference(&keys(&texts)).cloned().collect();
        assert!(differing.is_empty(), "{language} lacks or has too many of: {differing:?}");
        for (key, text) in &texts {
            let wanted = places(&english[key]);
            assert!(places(text).is_subset(&wanted) || wanted.is_empty(), "{language} {key}: {text}");
            if text.starts_with('{') {
                let missing: Vec<&&str> = forms.iter().filter(|form| !text.contains(&format!("{form}: "))).collect();
                assert!(missing.is_empty(), "{language} {key} lacks the forms {missing:?}");
            }
        }
    }
}

#[test]
fn every_text_is_used() {
    let mut code = Vec::new();
    sources(&scripts(), &mut code);
    let code = code.concat();
    let is_composed = |key: &str| COMPOSED.iter().any(|start| key.starts_with(start));
    let unused: Vec<String> =
        texts("en").into_keys().filter(|key| !is_composed(key) && !code.contains(&format!("\"{key}\""))).collect();
    assert!(unused.is_empty(), "{unused:?}");
    let called = code.split("t(\"").skip(1).filter_map(|part| part.split_once('"')).map(|(key, _)| key);
    let known = texts("en");
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
    let looks_like_a_key = |key: &&str| key.contains('.') && key.len() > 2 && key.chars().all(is_letter);
    let missing: BTreeSet<&str> = called.filter(looks_like_a_key).filter(|key| !known.contains_key(*key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
