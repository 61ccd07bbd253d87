use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn book(seed: u64, contacts: u64) -> (Tables, Vec<ContactDraft>) {
    let tables = tables(seed, contacts);
    let people = people(seed, contacts, &tables).collect();
    (tables, people)
}

fn is_name(name: &str) -> bool {
    (1..=255).contains(&name.chars().count()) && name.trim() == name && !name.chars().any(char::is_control)
}

fn is_phone(phone: &str) -> bool {
    (3..=15).contains(&phone.len()) && phone.bytes().all(|byte| byte.is_ascii_digit())
}

/// Dot-separated runs of plain letters around one `@`, as a careful person writes.
fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else {
        return false;
    };
    let plain = |atom: &str, extra: &[u8]| {
        !atom.is_empty() && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte))
    };
    let label =
        |label: &str| plain(label, b"-") && !label.starts_with('-') && !label.ends_with('-') && label.len() < 64;
    local.len() <= 64
        && local.split('.').all(|atom| plain(atom, b"_+-"))
        && domain.split('.').count() >= 2
        && domain.split('.').all(label)
}

fn distinct(list: &[String]) -> bool {
    list.iter().map(|text| text.to_lowercase()).collect::<BTreeSet<_>>().len() == list.len()
}

fn full_name(draft: &ContactDraft) -> String {
    let parts = [Some(&draft.last_name), draft.first_name.as_ref(), draft.patronymic.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_same_seed_and_count_give_the_same_book() {
    assert_eq!(book(1, 1500), book(1, 1500));
    assert_ne!(book(1, 100).1, book(2, 100).1);
}

#[test]
fn a_release_keeps_the_books_of_the_release_before() {
    let (tables, people) = book(1, 300);
    let line = |draft: &ContactDraft| {
        let ContactDraft { emails, phone_numbers, organization, manager, groups, .. } = draft;
        format!("{}{emails:?}{phone_numbers:?}{organization:?}{manager:?}{groups:?}", full_name(draft))
    };
    let text = people.iter().map(line).chain(tables.organizations).collect::<String>();
    let fnv = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    assert_eq!(text.bytes().fold(0xCBF2_9CE4_8422_2325, fnv), 0x09E8_9558_4276_4265);
}

#[test]
fn every_contact_passes_the_rules_of_the_api() {
    for (seed, contacts) in [(1, 20_000), (7, 1), (8, 10), (9, 199), (10, 0)] {
        let (tables, people) = book(seed, contacts);
        assert_eq!(people.len() as u64, contacts);
        for draft in &people {
            let names = [Some(&draft.last_name), draft.first_name.as_ref(), draft.patronymic.as_ref()];
            assert!(names.into_iter().flatten().all(|name| is_name(name)), "{draft:?}");
            assert!((1..=10).contains(&draft.phone_numbers.len()) && distinct(&draft.phone_numbers), "{draft:?}");
            assert!(draft.phone_numbers.iter().all(|phone| is_phone(phone)), "{draft:?}");
            assert!(draft.emails.len() <= 10 && distinct(&draft.emails), "{draft:?}");
            assert!(draft.emails.iter().all(|email| is_email(email)), "{draft:?}");
            assert!(draft.groups.is_sorted_by(|one, two| one < two), "{draft:?}");
            assert!(draft.groups.iter().all(|&group| group < tables.groups.len()));
            assert!(draft.organization.is_none_or(|at| at < tables.organizations.len()));
            assert!(draft.manager.is_none_or(|at| at < tables.employees.len()));
        }
    }
}

#[test]
fn every_cast_passes_the_rules_of_the_api() {
    for contacts in [0, 10, 1000, 2_000_000] {
        let tables = tables(3, contacts);
        assert!(distinct(&tables.organizations) && distinct(&tables.groups));
        assert!(tables.organizations.iter().chain(&tables.groups).all(|name| is_name(name)));
        assert!(!tables.groups.iter().any(|name| name.eq_ignore_ascii_case("Blacklist")));
        for employee in &tables.employees {
            assert!(is_name(&employee.last_name) && employee.email.as_deref().is_none_or(is_email), "{employee:?}");
            assert!(employee.phone_numbers.iter().all(|phone| is_phone(phone)), "{employee:?}");
        }
    }
    let sizes = |contacts| {
        let tables = tables(1, contacts);
        (tables.organizations.len(), tables.groups.len(), tables.employees.len())
    };
    assert_eq!(sizes(10), (3, 6, 5));
    assert_eq!(sizes(1000), (16, 12, 14));
    assert_eq!(sizes(2_000_000), (20_000, 40, 300));
}

#[test]
fn a_thousand_contacts_show_every_trait() {
    for seed in 0..20 {
        let (_, people) = book(seed, 1000);
        let any =
            |what: &str, test: &dyn Fn(&ContactDraft) -> bool| assert!(people.iter().any(test), "{what}, seed {seed}");
        let holds = |from: char, to: char| {
            move |draft: &ContactDraft| full_name(draft).chars().any(|c| (from..=to).contains(&c))
        };
        any("emoji", &holds('\u{1F300}', '\u{1FAFF}'));
        any("combining mark", &holds('\u{300}', '\u{36F}'));
        any("Han", &holds('\u{4E00}', '\u{9FFF}'));
        any("Hangul", &holds('\u{AC00}', '\u{D7A3}'));
        any("Arabic", &holds('\u{600}', '\u{6FF}'));
        any("Greek", &holds('\u{370}', '\u{3FF}'));
        for sign in ['"', '\'', '’', '-', '%', '_', '\\'] {
            any("sign", &holds(sign, sign));
        }
        any("ten phones", &|draft| draft.phone_numbers.len() == 10);
        any("ten e-mails", &|draft| draft.emails.len() == 10);
        any("no e-mail", &|draft| draft.emails.is_empty());
        any("no first name", &|draft| draft.first_name.is_none());
        any("blacklisted", &|draft| draft.blacklisted);
        any("particle", &|draft| draft.last_name.starts_with(char::is_lowercase));
        let names: BTreeSet<String> = people.iter().map(full_name).collect();
        assert!(names.len() < people.len(), "a whole name occurs twice");
        assert!(names.len() > 950, "most whole names occur once");
    }
}

#[test]
fn ten_contacts_show_several_scripts() {
    for seed in 0..50 {
        let scripts: Vec<Script> = book(seed, 10).1.iter().map(|draft| Script::of(&draft.last_name)).collect();
        let kinds = [Script::Cyrillic, Script::Latin, Script::Arabic, Script::Han, Script::Other];
        assert!(kinds.iter().filter(|kind| scripts.contains(kind)).count() >= 3, "seed {seed}: {scripts:?}");
    }
}

#[test]
fn shares_and_sizes_are_those_of_a_real_book() {
    let (tables, people) = book(5, 20_000);
    let percent =
        |test: &dyn Fn(&ContactDraft) -> bool| people.iter().filter(|draft| test(draft)).count() as f64 / 200.0;
    let near = |what: &str, found: f64, low: f64, high: f64| assert!((low..=high).contains(&found), "{what}: {found}");
    near("Cyrillic", percent(&|draft| Script::of(&draft.last_name) == Script::Cyrillic), 42.0, 48.0);
    near("Latin", percent(&|draft| Script::of(&draft.last_name) == Script::Latin), 37.0, 43.0);
    near("Arabic", percent(&|draft| Script::of(&draft.last_name) == Script::Arabic), 5.0, 7.0);
    near("no first name", percent(&|draft| draft.first_name.is_none()), 6.0, 8.0);
    near("organization", percent(&|draft| draft.organization.is_some()), 63.0, 67.0);
    near("manager", percent(&|draft| draft.manager.is_some()), 53.0, 57.0);
    near("any group", percent(&|draft| !draft.groups.is_empty()), 68.0, 72.0);
    near("blacklisted", percent(&|draft| draft.blacklisted), 0.3, 0.7);
    let mean = |count: &dyn Fn(&ContactDraft) -> usize| people.iter().map(count).sum::<usize>() as f64 / 20_000.0;
    near("phones", mean(&|draft| draft.phone_numbers.len()), 1.7, 1.95);
    near("e-mails", mean(&|draft| draft.emails.len()), 0.8, 1.0);
    near("groups", mean(&|draft| draft.groups.len()), 1.0, 1.3);
    let mut staff = vec![0; tables.organizations.len()];
    people.iter().filter_map(|draft| draft.organization).for_each(|at| staff[at] += 1);
    staff.sort_unstable();
    assert!(staff[staff.len() - 1] > 20 * staff[staff.len() / 2], "a few organizations are large: {staff:?}");
    let mut phones = BTreeMap::new();
    people.iter().flat_map(|draft| &draft.phone_numbers).for_each(|phone| *phones.entry(phone).or_insert(0) += 1);
    assert!(phones.values().filter(|&&owners| owners > 1).count() > 200, "families and offices share phones");
}

#[test]
fn russian_names_agree_in_gender() {
    let (_, people) = book(11, 20_000);
    for draft in people.iter().filter(|draft| draft.patronymic.as_deref().is_some_and(|name| name.ends_with("овна")))
    {
        let wrong = ["ов", "ев", "ёв", "ский"].iter().any(|ending| draft.last_name.to_lowercase().ends_with(ending));
        assert!(!wrong, "{draft:?}");
    }
}
