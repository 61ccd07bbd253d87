//! Random patterns and texts: the same answers and the same rejections as PostgreSQL.
//!
//! The database is named by `RINGBOOK_TEST_POSTGRES`; `cargo xtask test` starts one. A failed round is repeated with
//! `RINGBOOK_TEST_SEED` and `RINGBOOK_TEST_ROUNDS=1`.

use pg_regex::{Case, Like, PatternError, Regex, StepBudget};
use ringbook_testbed::queries;
use ringbook_testbed::random::{Choices, Rng, repeat_with, seeds};
use ringbook_testbed::reference::{Reference, quoted};

const PATTERNS_PER_ROUND: usize = 100;

/// What PostgreSQL says of each text; `None` if it takes too long.
fn matches(
    reference: &mut Reference,
    operator: &str,
    pattern: &str,
    texts: &[String],
) -> Option<Result<Vec<bool>, String>> {
    let list: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    let query = format!(
        "SELECT text {operator} {} FROM unnest(ARRAY[{}]::text[]) WITH ORDINALITY AS t (text, at) ORDER BY at",
        quoted(pattern),
        list.join(",")
    );
    reference.booleans(&query)
}

/// The lines that a scan finds, as one answer for each line.
fn scan(lines: &[String], mut find: impl FnMut(&str, usize) -> Option<usize>) -> Vec<bool> {
    let joined = lines.join("\n");
    let mut found = vec![false; lines.len()];
    let mut from = 0;
    while let Some(place) = find(&joined, from) {
        found[joined[..place].matches('\n').count()] = true;
        from = joined[place..].find('\n').map_or(joined.len() + 1, |end| place + end + 1);
    }
    found
}

fn texts(rng: &mut Rng) -> Vec<String> {
    (0..6).map(|_| queries::text(rng)).collect()
}

#[test]
fn regular_expressions_match_as_in_postgresql() {
    let mut reference = Reference::connect();
    let mut compared = 0;
    for seed in seeds(30) {
        let mut rng = Rng::with_seed(seed);
        for _ in 0..PATTERNS_PER_ROUND {
            let texts = texts(&mut rng);
            let pattern = queries::regexp(&mut rng, &texts[0]);
            let regex = Regex::new(&pattern);
            if matches!(regex, Err(PatternError::TooLong | PatternError::TooComplex)) {
                continue;
            }
            let Some(expected) = matches(&mut reference, "~", &pattern, &texts) else { continue };
            compared += 1;
            let regex = match (regex, &expected) {
                (Ok(regex), Ok(_)) => regex,
                (Err(_), Err(_)) => continue,
                (regex, expected) => panic!("{pattern:?}: {regex:?}, PostgreSQL {expected:?}; {}", repeat_with(seed)),
            };
            let budget = &mut StepBudget::default();
            let alone = texts.iter().map(|text| regex.is_match(text, budget).expect("within the budget"));
            assert_eq!(Ok(alone.collect()), expected, "{pattern:?} on {texts:?}; {}", repeat_with(seed));
            let scanned = scan(&texts, |lines, from| regex.find_in_lines(lines, from, budget).expect("likewise"));
            assert_eq!(Ok(scanned), expected, "{pattern:?} on lines {texts:?}; {}", repeat_with(seed));
        }
    }
    assert!(compared > 0);
}

#[test]
fn like_patterns_match_as_in_postgresql() {
    let mut reference = Reference::connect();
    for seed in seeds(20) {
        let mut rng = Rng::with_seed(seed);
        for _ in 0..PATTERNS_PER_ROUND {
            let texts = texts(&mut rng);
            let pattern = queries::like(&mut rng, &texts[0]);
            let (operator, case) = rng.pick(&[("LIKE", Case::Sensitive), ("ILIKE", Case::Insensitive)]);
            let Some(expected) = matches(&mut reference, operator, &pattern, &texts) else { continue };
            let like = match (Like::new(&pattern, case), expected) {
                (Ok(like), Ok(expected)) => {
                    let alone: Vec<bool> = texts.iter().map(|text| like.is_match(text)).collect();
                    assert_eq!(alone, expected, "{operator} {pattern:?} on {texts:?}; {}", repeat_with(seed));
                    like
                }
                // PostgreSQL notices the unfinished escape only on a text that reaches it.
                (Err(PatternError::TrailingBackslash), _) => continue,
                (like, expected) => panic!("{pattern:?}: {like:?}, PostgreSQL {expected:?}; {}", repeat_with(seed)),
            };
            let scanned = scan(&texts, |lines, from| like.find_in_lines(lines, from));
            let alone: Vec<bool> = texts.iter().map(|text| like.is_match(text)).collect();
            assert_eq!(scanned, alone, "{operator} {pattern:?} on lines {texts:?}; {}", repeat_with(seed));
        }
    }
}
