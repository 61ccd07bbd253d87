//! Answers of PostgreSQL 15 with the locale C.UTF-8, limits, and use by several threads.

use crate::line_scan::line_around;
use crate::*;

mod linear;
mod pieces;

fn matches(pattern: &str, text: &str) -> bool {
    let regex = Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let mut budget = StepBudget::default();
    regex.is_match(text, &mut budget).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

fn all_match(cases: &[(&str, &str)]) {
    for (pattern, text) in cases {
        assert!(matches(pattern, text), "{pattern} should match {text:?}");
    }
}

fn none_match(cases: &[(&str, &str)]) {
    for (pattern, text) in cases {
        assert!(!matches(pattern, text), "{pattern} should not match {text:?}");
    }
}

fn likes(pattern: &str, case: Case, text: &str) -> bool {
    Like::new(pattern, case).expect("a good pattern").is_match(text)
}

/// The numbers of the matching lines.
fn lines_of(pattern: &str, lines: &str) -> Vec<usize> {
    let regex = Regex::new(pattern).expect("a good pattern");
    let mut budget = StepBudget::default();
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(place) = regex.find_in_lines(lines, from, &mut budget).expect("within the budget") {
        found.push(lines[..place].matches('\n').count());
        from = line_around(lines, place).1 + 1;
    }
    found
}

#[test]
fn classes_include_every_script_but_digits_only_ascii() {
    all_match(&[
        (r"^\w+$", "Ёлка_٣漢"),
        ("^[[:alpha:]]+$", "Àлح漢٣"),
        ("^[[:upper:]]+$", "ЯÉǅ"),
        ("^[[:lower:]]$", "ª"),
        (r"^\d+$", "0189"),
        ("[[:space:]]", "a\u{2003}b"),
        ("[[:word:]]", "_"),
        (r"^[^\w]$", "\u{301}"),
    ]);
    none_match(&[(r"\d", "٣"), (r"\w", "\u{301}"), ("[[:space:]]", "\u{A0}"), ("[[:alpha:]]", "1-_")]);
}

#[test]
fn case_is_ignored_one_character_at_a_time() {
    all_match(&[("(?i)ИВАН", "иван"), ("(?i)[а-я]", "Я"), ("(?i)[[:upper:]]", "я"), ("(?i)\u{212A}", "k")]);
    none_match(&[("(?i)k", "\u{212A}"), ("(?i)ß", "ss"), ("(?i)ǅ", "ǅ"), ("(?i)i", "İ"), ("(?ic)a", "A")]);
}

#[test]
fn options_are_read_only_at_the_start() {
    all_match(&[
        ("(?x)a b # comment\n c", "abc"),
        ("(?x)a\u{2003}b", "ab"),
        ("(?n)^b$", "a\nb\nc"),
        ("(?w)a.b", "a\nb"),
        ("(?q)a.(b", "xa.(b"),
        ("***=(?i)", "(?i)"),
        ("***:(?i)A", "a"),
        (r"(?b)\(a*\)\1\{2\}", "aaa"),
        ("(?b)*a+", "*a+"),
        ("(?e)a)", "a)"),
    ]);
    none_match(&[("^b$", "a\nb\nc"), ("(?p)a.b", "a\nb"), ("(?p)^b", "a\nb"), ("(?n)[^x]", "\n")]);
    all_match(&[(r"(?n)\W", "\n"), (".", "\n"), ("a$", "a")]);
    none_match(&[("a$", "a\n")]);
}

#[test]
fn words_begin_and_end() {
    all_match(&[
        (r"\mиван\M", "пётр иван"),
        ("[[:<:]]a[[:>:]]", "b a"),
        (r"\Y", ""),
        (r"\yMary\y", "x Mary!"),
        (r"^\y\w", "я"),
    ]);
    none_match(&[(r"\mиван\M", "ивановна"), (r"\y", "- -"), (r"a\M", "a1")]);
}

#[test]
fn escapes_denote_characters() {
    all_match(&[
        (r"\u0431\x61\U00000431\141", "бaбa"),
        (r"^\B\e\cA$", "\\\u{1B}\u{1}"),
        (r"[\]\-a]{3}", "]-a"),
        ("[[.hyphen.][=б=]]{2}", "-б"),
        ("[]a]", "]"),
        ("a{,2}", "a{,2}"),
    ]);
}

#[test]
fn invalid_syntax_is_rejected_with_its_kind() {
    let cases = [
        ("*a", SyntaxErrorKind::NothingToRepeat),
        ("a**", SyntaxErrorKind::NothingToRepeat),
        ("^*", SyntaxErrorKind::NothingToRepeat),
        ("a{2}{3}", SyntaxErrorKind::NothingToRepeat),
        ("(?z)a", SyntaxErrorKind::Option),
        ("***a", SyntaxErrorKind::Prefix),
        ("(a", SyntaxErrorKind::Parenthesis),
        ("a)", SyntaxErrorKind::Parenthesis),
        ("[a", SyntaxErrorKind::OpenBracket),
        ("a{1", SyntaxErrorKind::OpenBound),
        ("a{2,1}", SyntaxErrorKind::Bound),
        ("a{256}", SyntaxErrorKind::Bound),
        ("[b-a]", SyntaxErrorKind::Range),
        ("[[:nope:]]", SyntaxErrorKind::ClassName),
        ("[[.nope.]]", SyntaxErrorKind::CharacterName),
        (r"\q", SyntaxErrorKind::Escape),
        ("a\\", SyntaxErrorKind::Escape),
        (r"\1(a)", SyntaxErrorKind::Reference),
        (r"(a\1)", SyntaxErrorKind::Reference),
        (r"(a)(?=\1)", SyntaxErrorKind::Reference),
    ];
    for (pattern, wanted) in cases {
        match Regex::new(pattern) {
            Err(PatternError::Syntax { kind, .. }) => assert_eq!(kind, wanted, "{pattern}"),
            other => panic!("{pattern}: {other:?}"),
        }
    }
}

#[test]
fn look_around_applies_to_the_whole_text() {
    all_match(&[
        ("(?<=а )Пётр(?=ович)", "Анна Пётрович"),
        ("^(?!.*Иван)", "Анна"),
        ("(?<!x)b", "ab"),
        ("(?<=^|,)b", "a,b"),
        ("(?=(a|b)+c)a", "abac"),
        ("(?<!(?<=a)b)c", "bc"),
    ]);
    none_match(&[("^(?!.*Иван)", "Анна Иванова"), ("(?<!a)b", "ab"), ("(?<!(?<=a)b)c", "abc")]);
}

#[test]
fn back_references_repeat_what_was_captured() {
    all_match(&[
        (r"^(.+)\1$", "иваниван"),
        (r"(?i)(я)\1", "яЯ"),
        (r"(a*)*\1b", "aaab"),
        (r"()*\1", ""),
        (r"^(?:(a)|b)*\1$", "aabaa"),
        (r"(.)(.)\2\1", "xabbay"),
        (r"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10", "abcdefghijj"),
        (r"(a)\10", "a\u{8}"),
    ]);
    none_match(&[(r"(.)\1", "abab"), (r"(a)|\1", "b"), (r"(a){0}\1", "aa"), (r"^(a)?\1*b$", "b")]);
}

/// The first division of a range of text is kept, even if only another would match.
#[test]
fn captures_are_chosen_as_by_postgresql() {
    assert!(matches(r"^(?:(a)b|a(b))\1$", "aba"));
    assert!(!matches(r"^(?:(a)b|a(b))\2$", "abb"));
}

#[test]
fn a_scan_treats_every_line_as_a_text() {
    let lines = "Иванов Пётр\n\nпетров иван\nИван\nov$\nИванова";
    assert_eq!(lines_of("Иван", lines), [0, 3, 5]);
    assert_eq!(lines_of("^Иван$", lines), [3]);
    assert_eq!(lines_of("ва$", lines), [5]);
    assert_eq!(lines_of("(?i)иван", lines), [0, 2, 3, 5]);
    assert_eq!(lines_of(r"\mИван\M", lines), [3]);
    assert_eq!(lines_of("^$", lines), [1]);
    assert_eq!(lines_of(r"[^a]\s", lines), [0, 2]);
    assert_eq!(lines_of(r"(.)\1", lines), Vec::<usize>::new());
    assert_eq!(lines_of("(?<!^)в", lines), [0, 2, 3, 5]);
    assert_eq!(lines_of(r"р\nп|р.*п", lines), Vec::<usize>::new());
}

#[test]
fn a_scan_and_a_text_agree() {
    let texts = ["", "a", "ab ba", "Иван", "abab", "b\u{301}a", "漢 字"];
    let lines = texts.join("\n");
    let anchored =
        ["^ab", "a$b", "b^a", "^^a", "a$$", "^a$", "^ab$", "(^ab)", "(ba)$", "$a", "a$a", "(a$)b", "^(Ив)ан$"];
    let others = ["a|b", "^a", "b$", r"\Ma?$", "(?=b)", r"(a|b)\1?", r"(ab)\1", "[^a]$", "", "$^", "x*", "^", "$"];
    for pattern in anchored.into_iter().chain(others) {
        let alone = (0..texts.len()).filter(|at| matches(pattern, texts[*at]));
        assert_eq!(lines_of(pattern, &lines), alone.collect::<Vec<_>>(), "{pattern}");
    }
}

#[test]
fn patterns_whose_repetitions_multiply_are_rejected() {
    for pattern in ["((a{1,255}){1,255}){1,255}", "(a{255}){255}", "(?=((a{40}){40}){40})"] {
        assert_eq!(Regex::new(pattern).expect_err(pattern), PatternError::TooComplex);
    }
    assert!(Regex::new("(a{255}){150}").is_ok());
    let doubling: String = (1..90).map(|group| format!(r"(\{group}\{group})")).collect();
    let error = Regex::new(&format!("(a){doubling}")).expect_err("too large");
    assert_eq!(error, PatternError::TooComplex);
    let long = "a".repeat(PATTERN_CHARS_MAX + 1);
    assert_eq!(Regex::new(&long).expect_err("too long"), PatternError::TooLong);
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let deep = |open: &str, count: usize| format!("{}{}", open.repeat(count), ")".repeat(count));
    assert!(matches(&deep("(", 500), "a"));
    assert!(matches(&deep("(?=", 250), "a"));
    assert!(matches(&deep("(a|", 250), "b"));
    assert!(matches(&format!(r"{}a{}\1", "(".repeat(490), ")".repeat(490)), "aa"));
}

#[test]
fn expensive_patterns_end_in_a_result_or_an_error() {
    let text = "ab".repeat(4_000) + "d";
    for pattern in ["(a|b|ab)*c", "(.*)(.*)(.*)(.*)c", r"((a*)*b)*c", ".*a.{250}c", r"(.*)(.*)\1\2c"] {
        assert!(!matches(pattern, &text), "{pattern}");
    }
    let regex = Regex::new(r"^(.+)(.+)(.+)z\1\2\3$").expect("a good pattern");
    let text = format!("{}z{}", "ab".repeat(500), "d".repeat(900));
    let mut budget = StepBudget::new(1_000_000);
    assert_eq!(regex.is_match(&text, &mut budget), Err(StepLimitError));
    assert_eq!(budget.remaining(), 0);
}

#[test]
fn like_has_two_wildcards_and_an_escape() {
    assert!(likes("%ван%", Case::Sensitive, "Иванов"));
    assert!(likes("_ван", Case::Sensitive, "Иван"));
    assert!(likes("a%b%c", Case::Sensitive, "axxbyyc"));
    assert!(likes("%_", Case::Sensitive, "漢"));
    assert!(likes(r"100\%", Case::Sensitive, "100%"));
    assert!(likes("a%", Case::Sensitive, "a\nb"));
    assert!(!likes("%ab%ba%", Case::Sensitive, "aba"));
    assert!(!likes("ван", Case::Sensitive, "Иван"));
    assert!(!likes("", Case::Sensitive, "a"));
    assert!(!likes("%_", Case::Sensitive, ""));
    assert!(!likes("a%a", Case::Sensitive, "a"));
}

#[test]
fn ilike_compares_lower_case() {
    assert!(likes("%ИВАН%", Case::Insensitive, "иванов"));
    assert!(likes("ǆ_", Case::Insensitive, "ǅЯ"));
    assert!(likes("k", Case::Insensitive, "\u{212A}"));
    assert!(!likes("ß", Case::Insensitive, "SS"));
    assert!(!likes("ς", Case::Insensitive, "Σ"));
}

#[test]
fn like_rejects_a_trailing_backslash() {
    assert_eq!(Like::new("a\\", Case::Sensitive).expect_err("trailing"), PatternError::TrailingBackslash);
    assert!(Like::new(r"a\\", Case::Sensitive).is_ok());
}

#[test]
fn like_scans_lines() {
    let lines = "Иван\nиван\n\nСельван\nвани";
    let scan = |pattern: &str, case: Case| {
        let like = Like::new(pattern, case).expect("a good pattern");
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(place) = like.find_in_lines(lines, from) {
            found.push(lines[..place].matches('\n').count());
            from = line_around(lines, place).1 + 1;
        }
        found
    };
    assert_eq!(scan("%ван%", Case::Sensitive), [0, 1, 3, 4]);
    assert_eq!(scan("И%", Case::Sensitive), [0]);
    assert_eq!(scan("И%", Case::Insensitive), [0, 1]);
    assert_eq!(scan("", Case::Sensitive), [2]);
    assert_eq!(scan("%", Case::Insensitive), [0, 1, 2, 3, 4]);
    assert_eq!(scan("____", Case::Sensitive), [0, 1, 4]);
}

#[test]
fn many_patterns_share_the_size_of_a_few() {
    let small = SizeBudget::shared_by(1_000);
    assert!(Regex::with_size_budget("((a|b){0,90}){0,90}q", small).is_err());
    assert!(Regex::new("((a|b){0,90}){0,90}q").is_ok());
    // Too large for the DFA of the scanner, so every line is verified.
    let pattern = Regex::with_size_budget("^\\w{0,60}x$", small).expect("it is not too complex");
    let mut budget = StepBudget::default();
    assert_eq!(pattern.is_match("Иванx", &mut budget), Ok(true));
    assert_eq!(pattern.find_in_lines("Иван\n\nПётрx\nx", 0, &mut budget), Ok(Some("Иван\n\nПётрx".len())));
}

#[test]
fn a_fresh_pattern_gives_the_answers_and_takes_the_steps_of_a_new_one() {
    let text = "Пётр Иван, Иван Пётр";
    // A literal, an automaton, word boundaries, counted repetitions, look-ahead, back-references.
    for pattern in ["Иван", "(?i)[ип]ван", r"\mИван\M", "И.{1,40}П", "Иван(?= П)", r"(Иван).*\1"]
    {
        let used = Regex::new(pattern).expect("a good pattern");
        let steps = |regex: &Regex| {
            let mut budget = StepBudget::default();
            let found = (0..3).map(|_| regex.is_match(text, &mut budget)).collect::<Result<Vec<bool>, _>>();
            (found.expect("few steps"), budget.remaining())
        };
        let expected = steps(&used);
        assert_eq!(expected.0, [true; 3], "{pattern}");
        assert_eq!(steps(&used.fresh()), expected, "{pattern}");
        assert_eq!(used.fresh().idle_matchers(), 0, "{pattern}");
        assert_eq!((used.fresh().bytes(), used.fresh().required()), (used.bytes(), used.required()), "{pattern}");
    }
    for (pattern, case) in [("%иван", Case::Insensitive), ("%И___, %", Case::Sensitive)] {
        let used = Like::new(pattern, case).expect("a good pattern");
        assert_eq!(used.fresh().is_match(text), used.is_match(text), "{pattern}");
        assert_eq!(used.fresh().find_in_lines(text, 0), used.find_in_lines(text, 0), "{pattern}");
        assert_eq!(used.fresh().bytes(), used.bytes(), "{pattern}");
    }
}

#[test]
fn threads_do_not_wait_for_each_other() {
    // The verifier is needed for the look-ahead. A match inside a match could not finish if there were only one.
    let regex = Regex::new("Иван(?! П)").expect("a good pattern");
    let nested = regex.with_matcher(|| regex.is_match("Пётр Иван", &mut StepBudget::default()));
    assert_eq!(nested, Ok(true));
    assert_eq!(regex.idle_matchers(), 2);
}

#[test]
fn threads_get_the_answers_of_a_single_one() {
    let texts: Vec<String> = (0..2_000).map(|n| format!("{} {n} {}", "ab".repeat(n % 7), n * n)).collect();
    for pattern in [r"\m(\d)\d*\1\M", r"(?<=ab )\d+(?! 4)", r"b\y *\y"] {
        let regex = Regex::new(pattern).expect("a good pattern");
        let find = |regex: &Regex| -> Vec<bool> {
            let mut budget = StepBudget::default();
            texts.iter().map(|text| regex.is_match(text, &mut budget).expect("within the budget")).collect()
        };
        let alone = find(&Regex::new(pattern).expect("a good pattern"));
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| find(&regex))).collect();
            for worker in workers {
                assert_eq!(worker.join().expect("no panic"), alone, "{pattern}");
            }
        });
        assert!((1..=4).contains(&regex.idle_matchers()));
    }
}

/// Whether a text fulfils a condition.
fn fulfils(text: &str, required: &Required) -> bool {
    let lower: String = text.chars().map(crate::lower_char).collect();
    let line = format!("\n{lower}\n");
    match required {
        Required::Nothing => true,
        Required::Literal(literal) => line.contains(literal.as_str()),
        Required::WordStart(literal) => {
            let places = line.match_indices(literal.as_str()).map(|(at, _)| &line[..at]);
            places.filter_map(|before| before.chars().next_back()).any(|before| !crate::is_word_char(before))
        }
        Required::All(conditions) => conditions.iter().all(|condition| fulfils(text, condition)),
        Required::Any(conditions) => conditions.iter().any(|condition| fulfils(text, condition)),
    }
}

#[test]
fn what_a_pattern_requires_is_in_every_text_that_matches() {
    let texts = [
        "",
        "a",
        "Ab",
        "abab",
        "Иванов Иван",
        "ИВАНОВА Анна",
        "van der Vaart",
        "x1",
        "bulb",
        "bb",
        "ab cd ef",
        "Ёж",
        "1 2",
        "aaaa",
    ];
    let patterns = [
        "^a",
        "b$",
        "^$",
        "(a|b)+b",
        "[Ии]ван",
        "(?i)иванова? ан",
        "^[^ ]+ова? Ан",
        "(^|x)[0-9]",
        "a{2,4}",
        "(ab){2}",
        "(ab|cd) (ef|gh)?",
        "\\mder\\M",
        "\\mA|\\mder",
        "[va]?\\m(a|И)b?",
        "\\y[abИ]+ (x|А)",
        "(?i)^ё",
        "(b)ul\\1",
        "a(?=b)b",
        "(?!x)a",
        "x?",
        "(a|b|c|d|e|f|1|2|3|x|v|w){3}",
        ".a.",
        "[[:alpha:]]+ .*n",
        "Иванов|Анна|^van",
        "(a|)b",
        "(^a|b$)",
        "a$b",
    ];
    for pattern in patterns {
        let regex = Regex::new(pattern).expect(pattern);
        for text in texts {
            if regex.is_match(text, &mut StepBudget::default()).expect("short texts") {
                assert!(fulfils(text, regex.required()), "{pattern} {text}: {:?}", regex.required());
            }
        }
    }
    let likes = ["%ван%", "ив%", "%ова%ан%", "_b%", "ab", "%", "%b", "van d_r%t", "%\\%%"];
    for (pattern, case) in likes.iter().flat_map(|like| [(like, Case::Sensitive), (like, Case::Insensitive)]) {
        let like = Like::new(pattern, case).expect(pattern);
        for text in texts.iter().filter(|text| like.is_match(text)) {
            assert!(fulfils(text, like.required()), "{pattern} {text}: {:?}", like.required());
        }
    }
    let literal = |text: &str| Required::Literal(text.to_owned());
    let required = |pattern: &str| Regex::new(pattern).expect(pattern).required().clone();
    assert_eq!(required("(?i)SMITH"), Required::Any(vec![literal("smith")]));
    assert_eq!(required("^Ив"), Required::All(vec![Required::Any(vec![literal("\nив")])]));
    assert_eq!(required("ова? Ан"), Required::Any(vec![literal("ов ан"), literal("ова ан")]));
    assert_eq!(required(r"\mMar"), Required::All(vec![Required::Any(vec![Required::WordStart("mar".to_owned())])]));
    assert_eq!(required(".*"), Required::Nothing);
    assert_eq!(
        Like::new("Ив%Ан", Case::Sensitive).expect("a pattern").required(),
        &Required::All(vec![literal("\nив"), literal("ан\n")])
    );
}
