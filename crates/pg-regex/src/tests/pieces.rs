//! Texts that are matched piece by piece.

use ringbook_testbed::queries;
use ringbook_testbed::random::{Choices, Rng, repeat_with, seeds};

use crate::*;

/// What a matcher says of a text that is cut into pieces at these places; `None` if it gives up.
fn accepts(matcher: &mut PieceMatcher, text: &str, cuts: &[usize]) -> Option<bool> {
    let mut state = matcher.start();
    for piece in [&[0], cuts, &[text.len()]].concat().windows(2) {
        match matcher.read(state, &text[piece[0]..piece[1]])? {
            PieceOutcome::Matches => return Some(true),
            PieceOutcome::Fails => return Some(false),
            PieceOutcome::Open(next) => state = next,
        }
    }
    matcher.ends(state)
}

/// Up to three places between characters, ascending.
fn cuts(rng: &mut Rng, text: &str) -> Vec<usize> {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let mut cuts: Vec<usize> = (0..rng.below(4)).filter(|_| !places.is_empty()).map(|_| rng.pick(&places)).collect();
    cuts.sort_unstable();
    cuts
}

#[test]
fn pieces_are_matched_as_the_text_that_they_make() {
    let (mut exact, mut inexact, mut given_up) = (0, 0, 0);
    for seed in seeds(400) {
        let mut rng = Rng::with_seed(seed);
        let texts: Vec<String> = (0..12)
            .map(|_| {
                let text = [queries::text(&mut rng), " ".to_owned(), queries::text(&mut rng)];
                text.concat().replace('\n', "")
            })
            .collect();
        let source = queries::regexp(&mut rng, &texts[0]);
        let (regex, like) = (Regex::new(&source), queries::like(&mut rng, &texts[0]));
        let case = rng.pick(&[Case::Sensitive, Case::Insensitive]);
        let context = |text: &str| format!("{source:?} {like:?} {case:?} {text:?} ({})", repeat_with(seed));
        let mut of_regex = regex.as_ref().ok().and_then(Regex::piece_matcher);
        let like_pattern = Like::new(&like, case);
        let mut of_like = like_pattern.as_ref().ok().and_then(Like::piece_matcher);
        for text in &texts {
            let cuts = cuts(&mut rng, text);
            if let (Ok(regex), Some(matcher)) = (&regex, &mut of_regex)
                && let Ok(expected) = regex.is_match(text, &mut StepBudget::default())
            {
                match accepts(matcher, text, &cuts) {
                    None => given_up += 1,
                    Some(accepted) if matcher.is_exact() => {
                        exact += 1;
                        assert_eq!(accepted, expected, "{}", context(text));
                    }
                    Some(accepted) => {
                        inexact += 1;
                        assert!(accepted || !expected, "{}", context(text));
                    }
                }
            }
            if let (Ok(pattern), Some(matcher)) = (&like_pattern, &mut of_like) {
                assert!(matcher.is_exact());
                assert_eq!(accepts(matcher, text, &cuts), Some(pattern.is_match(text)), "{}", context(text));
            }
        }
    }
    assert!(exact > 100 && inexact > 10, "{exact} exact, {inexact} not, {given_up} given up");
}

#[test]
fn every_kind_of_pattern_is_matched_in_pieces() {
    let texts = ["", "Иванова Анна", "Иванов Ан", "Анна Иванова Ан", "а ов Ан", "x", "van der Vaart Jan", " Ан"];
    for source in ["ов Ан", "^[^ ]+ова? Ан", "Ан$", "^Ан", "^$", "а (?=Ан)", r"\mАн", "(.).* Ан", "", "x|$", "^.*$"]
    {
        let regex = Regex::new(source).expect(source);
        let mut matcher = regex.piece_matcher().expect(source);
        for text in texts {
            let expected = regex.is_match(text, &mut StepBudget::default()).expect("short texts");
            for cut in text.char_indices().map(|(at, _)| at) {
                let accepted = accepts(&mut matcher, text, &[cut]).expect("few states");
                assert_eq!(matcher.accepts(text), Some(accepted), "{source} {text}");
                assert!(accepted == expected || (accepted && !matcher.is_exact()), "{source} {text} {cut}");
            }
        }
    }
    for source in ["", "%", "%%", "_%", "%ов Ан%", "Иванов% Ан%", "%Ан", "Ан%", "% %_", "van der%Jan", "_"]
    {
        for case in [Case::Sensitive, Case::Insensitive] {
            let like = Like::new(source, case).expect(source);
            let mut matcher = like.piece_matcher().expect(source);
            for text in texts {
                for cut in text.char_indices().map(|(at, _)| at) {
                    assert_eq!(accepts(&mut matcher, text, &[cut]), Some(like.is_match(text)), "{source} {text} {cut}");
                    assert_eq!(matcher.accepts(text), Some(like.is_match(text)), "{source} {text}");
                }
            }
        }
    }
}

#[test]
fn a_matcher_with_too_many_states_gives_up() {
    let mut matcher = Regex::new("а.{250}б").expect("a good pattern").piece_matcher().expect("a small automaton");
    let mut rng = Rng::with_seed(1);
    let mut read = || {
        let text: String = (0..400).map(|_| rng.letter("ав")).collect();
        matcher.read(matcher.start(), &text)
    };
    assert!((0..1_000).any(|_| read().is_none()));
}
