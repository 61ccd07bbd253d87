//! Patterns that take time linear in the text, on texts that make other algorithms slow.

use ringbook_testbed::queries;
use ringbook_testbed::random::{Choices, Rng, repeat_with, seeds};

use crate::*;

/// Texts of 767 characters, the longest that a full name can be, of two letters and a few words.
fn long_names(count: usize) -> Vec<String> {
    let mut rng = Rng::with_seed(7);
    let mut letter = |at: usize| if at % 97 == 96 { ' ' } else { rng.letter("ab") };
    (0..count).map(|_| (0..767).map(&mut letter).collect()).collect()
}

#[test]
fn counted_repetitions_fit_the_default_budget_on_a_thousand_long_names() {
    // A tenth of the names, with a tenth of the budget.
    let names = long_names(101);
    let chars: Vec<Vec<char>> = names.iter().map(|name| name.chars().collect()).collect();
    // Whether a character is followed at a distance by another.
    let apart = |name: &[char], distance: usize, last: char| name.windows(distance + 1).any(|it| it[distance] == last);
    type Expected<'a> = Box<dyn Fn(&[char]) -> bool + 'a>;
    let cases: [(&str, Expected<'_>); 6] = [
        ("a.{200}c", Box::new(|_| false)),
        ("(a|b)*a(a|b){60}c", Box::new(|_| false)),
        (
            r"\ma.{200}b\M",
            Box::new(|name| {
                let word = |at: usize| name.get(at).is_some_and(|c| *c != ' ');
                (0..name.len().saturating_sub(201)).any(|at| {
                    let starts = name[at] == 'a' && (at == 0 || !word(at - 1));
                    starts && name[at + 201] == 'b' && !word(at + 202)
                })
            }),
        ),
        ("(ab|ba|aa|bb){30,60}c", Box::new(|_| false)),
        (
            "^(a|b| ){0,200}a.{100,250}a(b|a){0,90}$",
            Box::new(|name| {
                // The last part is at most 90 letters, so the second `a` is near the end or there is no space after it.
                let end = name.len();
                (0..=200).any(|first| {
                    name[first] == 'a'
                        && (first + 101..=first + 251).any(|second| {
                            name.get(second) == Some(&'a')
                                && end - second - 1 <= 90
                                && !name[second + 1..].contains(&' ')
                        })
                })
            }),
        ),
        (".{250}.{250}.{250}a", Box::new(|name| apart(name, 750, 'a'))),
    ];
    for (pattern, expected) in cases {
        let regex = Regex::new(pattern).expect(pattern);
        let mut budget = StepBudget::new(MATCH_STEPS_DEFAULT / 10);
        for (name, chars) in names.iter().zip(&chars) {
            assert_eq!(regex.is_match(name, &mut budget), Ok(expected(chars)), "{pattern} on {name}");
        }
    }
}

#[test]
fn the_bit_parallel_automaton_agrees_with_the_deterministic_one() {
    let mut compared = 0;
    for seed in seeds(12) {
        let mut rng = Rng::with_seed(seed);
        for _ in 0..100 {
            let texts: Vec<String> = (0..6).map(|_| queries::text(&mut rng)).collect();
            let pattern = queries::regexp(&mut rng, &texts[0]);
            let Ok(regex) = Regex::new(&pattern) else { continue };
            for text in &texts {
                let Some(bits) = regex.match_bits(text) else { continue };
                let alone = regex.is_match(text, &mut StepBudget::default());
                assert_eq!(alone, Ok(bits), "{pattern:?} on {text:?}; {}", repeat_with(seed));
                compared += 1;
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
}

#[test]
fn hostile_like_patterns_find_what_a_regular_expression_finds() {
    let mut texts = long_names(40);
    texts.extend((0..40).map(|n| format!("{}z{}", "y".repeat(100 + n), "ay".repeat(n))));
    for tail in ["z", "zz", "ayay", "b", "c"] {
        for (times, case) in
            [(20, Case::Sensitive), (60, Case::Insensitive), (90, Case::Sensitive), (230, Case::Sensitive)]
        {
            for unit in ["_y", "y_", "a__", "_a_b"] {
                let pattern = format!("%{}{tail}%{tail}", unit.repeat(times));
                let like = Like::new(&pattern, case).expect("a good pattern");
                let option = if case == Case::Insensitive { "(?i)" } else { "" };
                let repeated = format!("({}){{{times}}}", unit.replace('_', "."));
                let regex = Regex::new(&format!("{option}{repeated}{tail}.*{tail}$")).expect("a good pattern");
                for text in &texts {
                    let expected = regex.is_match(text, &mut StepBudget::default());
                    assert_eq!(Ok(like.is_match(text)), expected, "{pattern} on {text}");
                }
            }
        }
    }
}
