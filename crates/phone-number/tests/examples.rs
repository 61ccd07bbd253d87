//! The example numbers of libphonenumber, in every form in which they are written.

use phone_number::{Country, DIGITS_MAX, INTERNAL_DIGITS_MAX, NumberRule};

const EXAMPLES: &str = include_str!("examples.txt");

struct Example {
    country: &'static str,
    code: &'static str,
    trunk_prefix: &'static str,
    national: &'static str,
}

/// The examples of countries, but for numbers as short as internal ones.
fn examples() -> impl Iterator<Item = Example> {
    let lines = EXAMPLES.lines().filter(|line| !line.starts_with('#'));
    let examples = lines.map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        Example { country: columns[0], code: columns[1], trunk_prefix: columns[2], national: columns[4] }
    });
    examples.filter(|example| {
        example.country != "001"
            && example.national.len() > INTERNAL_DIGITS_MAX
            && example.code.len() + example.national.len() <= DIGITS_MAX
    })
}

fn read(rule: NumberRule, text: &str) -> String {
    rule.read(text).expect("a number").as_str().to_owned()
}

fn rule(country: &str) -> NumberRule {
    NumberRule::new(Some(country), None, None).expect("a country")
}

#[test]
fn every_form_of_an_example_is_the_same_number() {
    let (mut count, mut wrong) = (0, Vec::new());
    for Example { country, code, trunk_prefix, national } in examples() {
        let international = format!("{code}{national}");
        let mut forms = vec![format!("+{international}"), international.clone()];
        // Numbers of one kind of these countries are dialled without the prefix, or with another one. Long numbers of
        // countries without a prefix may be those of other countries.
        let is_exception = matches!((country, national), ("CO", "3211234567") | ("IL", _))
            || (trunk_prefix.is_empty() && national.len() > 10);
        if !is_exception {
            forms.push(format!("{trunk_prefix}{national}"));
        }
        for form in forms {
            count += 1;
            if read(rule(country), &form) != international {
                wrong.push(format!("{country} {form}: {}", read(rule(country), &form)));
            }
        }
    }
    assert!(count > 3_000, "{count}");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What the rule has made of a number is that number again, so that clients may send back what they were answered with.
#[test]
fn the_rule_is_idempotent() {
    let homes: Vec<NumberRule> =
        ["RU", "DE", "US", "GB", "IT", "FR", "BR", "AU", "JP", "HU", "FI", "AR"].map(rule).to_vec();
    let mut rng = fastrand::Rng::with_seed(7);
    for Example { country, code, trunk_prefix, national } in examples() {
        let own = rule(country);
        for form in [format!("+{code}{national}"), format!("{trunk_prefix}{national}"), national.to_owned()] {
            let once = read(own, &form);
            assert_eq!(read(own, &once), once, "{country} {form}");
            // A number that the country completes is not changed once more.
            let home = homes[rng.usize(..homes.len())];
            let digits = read(home, &form);
            if digits != form.trim_start_matches('+') {
                assert_eq!(read(home, &digits), digits, "{:?} {form}", home.country());
            }
        }
    }
}

#[test]
fn random_texts_become_digits_or_are_refused() {
    let mut rng = fastrand::Rng::with_seed(11);
    let signs: Vec<char> = "0123456789+-() ./\u{a0}\u{2011}\u{660}tel:ab".chars().collect();
    for _ in 0..20_000 {
        let text: String = (0..rng.usize(..24)).map(|_| signs[rng.usize(..signs.len())]).collect();
        for rule in [NumberRule::NONE, rule("DE"), rule("RU"), rule("AR"), rule("JP")] {
            if let Ok(digits) = rule.read(&text) {
                assert!((3..=15).contains(&digits.len()) && !digits.is_empty(), "{text}");
                assert!(digits.as_str().bytes().all(|byte| byte.is_ascii_digit()), "{text}");
            }
        }
    }
}

#[test]
fn countries_of_the_examples_are_known() {
    for Example { country, code, .. } in examples() {
        assert_eq!(Country::of(country).map(Country::calling_code), Some(code));
    }
}

/// Nothing but examples of mobile numbers is a mobile number, and all of those are, but for some countries in which they
/// share their ranges with fixed lines.
#[test]
fn mobile_numbers_are_told_from_others() {
    let lines = EXAMPLES.lines().filter(|line| !line.starts_with('#'));
    let (mut mobile, mut shared) = (0, Vec::new());
    for line in lines {
        let [country, code, _, kind, national] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let Some(rule) = NumberRule::new(Some(country), None, None).ok().filter(|_| country != "001") else { continue };
        let digits = format!("{code}{national}");
        match (kind, rule.is_mobile(&digits)) {
            ("mobile", true) => mobile += 1,
            ("mobile", false) => shared.push(country),
            (_, is_mobile) => assert!(!is_mobile, "{line}"),
        }
        assert!(digits.len() >= 11 || !NumberRule::NONE.is_mobile(&digits), "{line}: too short to have its code");
    }
    assert!(mobile > 200, "{mobile}");
    let expected = ["US", "CA", "DO", "GU", "MP", "PR", "VI", "MX", "CL", "FM"];
    assert_eq!(shared, expected, "countries whose mobile numbers are not told from others");
    for (digits, is_mobile) in [("79161234567", true), ("74951234567", false), ("491701234567", true), ("101", false)] {
        assert_eq!(NumberRule::NONE.is_mobile(digits), is_mobile, "{digits}");
    }
}
