//! What patterns mean, as PostgreSQL 15 under C.UTF-8 answers it, and that none of them stalls.

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    let regexp = Regexp::compile(pattern).unwrap_or_else(|fault| panic!("{pattern}: {fault}"));
    let mut steps = PATTERN_STEPS_MAX;
    regexp.is_match(text, &mut steps).unwrap_or_else(|spent| panic!("{pattern}: {spent}"))
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

fn likes(pattern: &str, fold: Fold, text: &str) -> bool {
    Like::compile(pattern, fold).expect("a good pattern").is_match(text)
}

/// The numbers of the lines that match, by the scan.
fn lines_of(pattern: &str, lines: &str) -> Vec<usize> {
    let regexp = Regexp::compile(pattern).expect("a good pattern");
    let mut steps = PATTERN_STEPS_MAX;
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(place) = regexp.next_match_end(lines, from, &mut steps).expect("cheap") {
        found.push(lines[..place].matches('\n').count());
        from = line_around(lines, place).1 + 1;
    }
    found
}

#[test]
fn classes_know_every_script_but_digits_only_one() {
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
fn escapes_stand_for_characters() {
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
fn notation_is_refused_with_a_reason() {
    let cases = [
        ("*a", Reason::NothingToRepeat),
        ("a**", Reason::NothingToRepeat),
        ("^*", Reason::NothingToRepeat),
        ("a{2}{3}", Reason::NothingToRepeat),
        ("(?z)a", Reason::Option),
        ("***a", Reason::Prefix),
        ("(a", Reason::Parenthesis),
        ("a)", Reason::Parenthesis),
        ("[a", Reason::OpenBracket),
        ("a{1", Reason::OpenBound),
        ("a{2,1}", Reason::Bound),
        ("a{256}", Reason::Bound),
        ("[b-a]", Reason::Range),
        ("[[:nope:]]", Reason::ClassName),
        ("[[.nope.]]", Reason::CharacterName),
        (r"\q", Reason::Escape),
        ("a\\", Reason::Escape),
        (r"\1(a)", Reason::Reference),
        (r"(a\1)", Reason::Reference),
        (r"(a)(?=\1)", Reason::Reference),
    ];
    for (pattern, wanted) in cases {
        match Regexp::compile(pattern) {
            Err(PatternFault::Notation { reason, .. }) => assert_eq!(reason, wanted, "{pattern}"),
            other => panic!("{pattern}: {other:?}"),
        }
    }
}

#[test]
fn look_around_sees_the_whole_text() {
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

/// The first division of a piece of text stands, even if another would have saved the match.
#[test]
fn captures_are_chosen_as_postgresql_chooses() {
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
fn patterns_that_multiply_are_refused() {
    for pattern in ["((a{1,255}){1,255}){1,255}", "(a{255}){255}", "(?=((a{40}){40}){40})"] {
        assert_eq!(Regexp::compile(pattern).expect_err(pattern), PatternFault::TooComplex);
    }
    assert!(Regexp::compile("(a{255}){150}").is_ok());
    let doubling: String = (1..90).map(|group| format!(r"(\{group}\{group})")).collect();
    let fault = Regexp::compile(&format!("(a){doubling}")).expect_err("too large");
    assert_eq!(fault, PatternFault::TooComplex);
    let long = "a".repeat(PATTERN_CHARS_MAX + 1);
    assert_eq!(Regexp::compile(&long).expect_err("too long"), PatternFault::TooLong);
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = |open: &str, count: usize| format!("{}{}", open.repeat(count), ")".repeat(count));
    assert!(matches(&deep("(", 500), "a"));
    assert!(matches(&deep("(?=", 250), "a"));
    assert!(matches(&deep("(a|", 250), "b"));
    assert!(matches(&format!(r"{}a{}\1", "(".repeat(490), ")".repeat(490)), "aa"));
}

#[test]
fn costly_patterns_end_in_an_answer_or_a_refusal() {
    let text = "ab".repeat(4_000) + "d";
    for pattern in ["(a|b|ab)*c", "(.*)(.*)(.*)(.*)c", r"((a*)*b)*c", ".*a.{250}c", r"(.*)(.*)\1\2c"] {
        assert!(!matches(pattern, &text), "{pattern}");
    }
    let regexp = Regexp::compile(r"^(.+)(.+)(.+)z\1\2\3$").expect("a good pattern");
    let text = format!("{}z{}", "ab".repeat(500), "d".repeat(900));
    let mut steps = 1_000_000;
    assert_eq!(regexp.is_match(&text, &mut steps), Err(StepsSpent));
    assert_eq!(steps, 0);
}

#[test]
fn like_knows_two_signs_and_an_escape() {
    assert!(likes("%ван%", Fold::Exact, "Иванов"));
    assert!(likes("_ван", Fold::Exact, "Иван"));
    assert!(likes("a%b%c", Fold::Exact, "axxbyyc"));
    assert!(likes("%_", Fold::Exact, "漢"));
    assert!(likes(r"100\%", Fold::Exact, "100%"));
    assert!(likes("a%", Fold::Exact, "a\nb"));
    assert!(!likes("%ab%ba%", Fold::Exact, "aba"));
    assert!(!likes("ван", Fold::Exact, "Иван"));
    assert!(!likes("", Fold::Exact, "a"));
    assert!(!likes("%_", Fold::Exact, ""));
    assert!(!likes("a%a", Fold::Exact, "a"));
}

#[test]
fn ilike_compares_small_letters() {
    assert!(likes("%ИВАН%", Fold::Lower, "иванов"));
    assert!(likes("ǆ_", Fold::Lower, "ǅЯ"));
    assert!(likes("k", Fold::Lower, "\u{212A}"));
    assert!(!likes("ß", Fold::Lower, "SS"));
    assert!(!likes("ς", Fold::Lower, "Σ"));
}

#[test]
fn like_refuses_a_lone_backslash() {
    assert_eq!(Like::compile("a\\", Fold::Exact).expect_err("lone"), PatternFault::LoneBackslash);
    assert!(Like::compile(r"a\\", Fold::Exact).is_ok());
}

#[test]
fn like_scans_lines() {
    let lines = "Иван\nиван\n\nСельван\nвани";
    let scan = |pattern: &str, fold: Fold| {
        let like = Like::compile(pattern, fold).expect("a good pattern");
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(place) = like.next_match_end(lines, from) {
            found.push(lines[..place].matches('\n').count());
            from = line_around(lines, place).1 + 1;
        }
        found
    };
    assert_eq!(scan("%ван%", Fold::Exact), [0, 1, 3, 4]);
    assert_eq!(scan("И%", Fold::Exact), [0]);
    assert_eq!(scan("И%", Fold::Lower), [0, 1]);
    assert_eq!(scan("", Fold::Exact), [2]);
    assert_eq!(scan("%", Fold::Lower), [0, 1, 2, 3, 4]);
    assert_eq!(scan("____", Fold::Exact), [0, 1, 4]);
}

#[test]
fn many_patterns_share_the_room_of_a_few() {
    let crowded = Room::shared_by(1_000);
    assert!(Regexp::compile_within("((a|b){0,90}){0,90}q", crowded).is_err());
    assert!(Regexp::compile("((a|b){0,90}){0,90}q").is_ok());
    // Too large for the automaton that is left, so the slower machine answers.
    let pattern = Regexp::compile_within("^\\w{0,60}x$", crowded).expect("it is not too complex");
    let mut steps = PATTERN_STEPS_MAX;
    assert_eq!(pattern.is_match("Иванx", &mut steps), Ok(true));
    assert_eq!(pattern.next_match_end("Иван\n\nПётрx\nx", 0, &mut steps), Ok(Some("Иван\n\nПётрx".len())));
}
