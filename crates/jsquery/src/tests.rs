//! Examples of the language, with the answers of the extension.

mod tree;

use self::tree::{Digits, Groups, Phones, Tree};
use crate::{DESCENT_STEPS_MAX, JsQuery, JsQueryErrorKind, NESTING_LEVELS_MAX, PackedDigits, QUERY_BYTES_MAX};

fn parsed(query: &str) -> JsQuery {
    JsQuery::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"))
}

fn rejected(query: &str) -> JsQueryErrorKind {
    match JsQuery::parse(query) {
        Ok(_) => panic!("{query} is accepted"),
        Err(error) => error.kind().clone(),
    }
}

/// `json` satisfies all of `queries`.
fn holds(json: &str, queries: &[&str]) {
    let tree = Tree::read(json);
    for query in queries {
        assert!(parsed(query).matches(&tree), "{query} on {json}");
    }
}

/// `json` satisfies none of `queries`.
fn fails(json: &str, queries: &[&str]) {
    let tree = Tree::read(json);
    for query in queries {
        assert!(!parsed(query).matches(&tree), "{query} on {json}");
    }
}

#[test]
fn telephone_numbers() {
    let json = r#"["74950237547", "7495"]"#;
    holds(
        json,
        &[
            r#"# = "74950237547""#,
            r##"# IN ("1", "7495")"##,
            r#"#1 = "7495""#,
            "@# > 1",
            "@# = 2.0",
            "#:($ IS STRING)",
            r#"$ @> ["7495"]"#,
            r#"$ && ["1", "7495"]"#,
            r#"$ <@ ["7495", "74950237547", "1"]"#,
            r#"$ = ["74950237547", "7495"]"#,
            r#"* = "7495""#,
        ],
    );
    fails(
        json,
        &[
            "# = 7495",
            "#2 = *",
            r#"$ @> ["7495", "1"]"#,
            r#"$ <@ ["7495"]"#,
            r#"$ = ["7495", "74950237547"]"#,
            r#"$ = "7495""#,
            "# > 1",
            "$ > 1",
        ],
    );
}

#[test]
fn groups() {
    let json = r#"[{"group_id": 1, "group_name": "VIP"}, {"group_id": 8, "group_name": "x y"}]"#;
    holds(
        json,
        &[
            "#.group_id IN (3, 8)",
            "#.group_name = VIP",
            r#"#(group_id = 1 AND group_name = "VIP")"#,
            "#.?(group_id = 8).group_name = \"x y\"",
            "#:.group_id > 0",
            "#.% = 8",
            "*.group_id = 1",
            "#.@# = 2",
            "#1.group_id IS NUMERIC",
            "NOT #.group_id = 2",
            "#.group_id = 1 AND #.group_id = 8",
        ],
    );
    fails(
        json,
        &[
            r#"#(group_id = 1 AND group_name = "x y")"#,
            "#.group_id = \"1\"",
            "group_id = 1",
            "#.missing = *",
            "#: (group_id = 1)",
            "#.missing = null",
        ],
    );
}

#[test]
fn empty_containers() {
    holds("[]", &["#", "#:", "#: = 1", "#:.a = 1", "$ <@ [1]", "@# = 0", "* IS ARRAY", "NOT # = 1"]);
    fails("[]", &["# = *", "#0", "%", "$ && [1]", "$ = [1]"]);
    holds("{}", &["%", "%: = 1", "@# = 0", "*: IS OBJECT"]);
    fails("{}", &["#", "#: = 1", "% = *"]);
}

#[test]
fn any_and_every_nested_value() {
    let json = r#"[[1, {"a": 2}], 3]"#;
    holds(json, &["* = 1", "* = 2", "* = 3", "*.a = 2", "*.a", "#.*.# = 1", "*.* = 2"]);
    fails(json, &["*: IS ARRAY", "* = 4", "*: > 0", "*.b"]);
    holds("[1, 2]", &["*:($ IS ARRAY OR $ > 0)", "*:.*:(NOT $ IS STRING)"]);
}

#[test]
fn numbers_compare_exactly() {
    holds("[5]", &["# = 5.0", "# = 50e-1", "# = .05E+2", "# < 5.5", "# > 4.9999", "# <= +5"]);
    fails("[5]", &["# = 5.5", "# < 5", "# IN (5.1, \"5\")", "# > 1e30", "$ @> [5, 5.5]"]);
    holds("[-5]", &["# > -5.5", "# < -4.5", "# > -1e131071", "# = -0.5e1"]);
    holds("[9223372036854775807]", &["# < 9223372036854775808", "# = 9223372036854775807"]);
    holds("[0]", &["# = -0", "# > -1e-16383", "# = 0e1000000000"]);
    for query in ["# = 1e131072", "# = 1e-16384", "# = 1e99999999999999999999", "# < 0e-16384"] {
        assert_eq!(rejected(query), JsQueryErrorKind::NumberOutOfRange, "{query}");
    }
}

#[test]
fn types_never_mix() {
    let json = r#"[null, true, "null", "true", "TRUE", "array"]"#;
    holds(
        json,
        &["#0 = null", "#1 = true", r#"#2 = "null""#, "#4 = TRUE", "#5 = array", "#1 IS BOOLEAN", "$ @> [null, true]"],
    );
    fails(json, &["#2 = null", "#3 = true", "#0 = NULL", "#0 IS STRING", "#4 = true", "#5 = Array"]);
    fails("[[1], {}]", &["# = 1", "# IN (1)", "$ <@ [1]", "$ = [1, 2]", "$ = [1]"]);
}

#[test]
fn few_steps_apply_to_a_scalar_at_the_root() {
    holds("5", &["$ = 5", "* = 5", "* IS NUMERIC", "@# IS NUMERIC", "$.$ > 4", "?($ = 5)", "*"]);
    fails("5", &["*: = 5", "# = 5", "@# = 1", "$ @> [5]", "# ", "a = 5"]);
    holds("5", &["*:.$ = 5"]);
}

#[test]
fn length_is_compared_and_nothing_else() {
    holds(r#"[1, 2, 3]"#, &["@# IN (1, 3)", "@#($ > 1 AND NOT $ = 4)", "@#.$ = 3", "@# IS ARRAY"]);
    fails(r#"["a"]"#, &[r#"@# = "1""#, "@# = [1]", "@# @> [1]", "#.@# = 1", "@# IS NUMERIC"]);
    for query in ["@#.a = 1", "@# = *", "@#(a)", "@#.?(# = 1)", "a.@#.# > 1"] {
        assert_eq!(rejected(query), JsQueryErrorKind::LengthNotLast, "{query}");
    }
}

#[test]
fn a_path_with_nothing_to_check_is_rejected() {
    assert_eq!(rejected("#.@#"), JsQueryErrorKind::NothingToCheck("@#"));
    assert_eq!(rejected("NOT a.*:"), JsQueryErrorKind::NothingToCheck("*:"));
}

#[test]
fn keywords_are_keys_too() {
    let json = r#"{"NOT": 1, "in": {"not": "is"}, "AND": true, "5": "five", "1.5": 0}"#;
    holds(
        json,
        &[
            "NOT = 1",
            "NOT < 2",
            "NOT IN (1)",
            "NOT IS NUMERIC",
            "NOT /*-- index */ = 1",
            "in.not = is",
            "in(not = is)",
            "AND = true AND AND = true",
            "5 = five",
            "1.5 = 0",
            "NOT NOT NOT = 1",
            "NOT is = 1",
            "NOT in = 1",
        ],
    );
    fails(json, &["NOT NOT = 1", "NOT in", "NOT.a = 1", "and = true"]);
}

#[test]
fn priorities() {
    holds(
        r#"{"a": 1}"#,
        &["a = 1 OR b = 1 AND c = 1", "NOT b = 1 OR a = 2", "NOT a = 2 AND a = 1", "NOT (a = 2 OR b = 1) AND a"],
    );
    fails(r#"{"a": 1}"#, &["(a = 1 OR b = 1) AND c = 1", "NOT (a = 1 OR b = 1)"]);
}

#[test]
fn words_and_their_escapes() {
    let json = r#"{"a-b": 1, "ключ": 2, "a/b": 3, "12ab": 4, "in": 5, "x
y": 6, "😀": 7, "": 8}"#;
    holds(
        json,
        &[
            "a-b = 1",
            "ключ = 2",
            r#""\u043a\u043bюч" = 2"#,
            "a/b = 3",
            "12ab = 4",
            r"\u0069n = 5",
            r#""x\ny" = 6"#,
            "\"x\ny\" = 6",
            r#""\ud83d\ude00" = 7"#,
            r#""\ud83d" = 8"#,
        ],
    );
    assert_eq!(rejected(r#""\ude00" = 1"#), JsQueryErrorKind::BrokenSurrogatePair);
    assert_eq!(rejected(r#""\u0000" = 1"#), JsQueryErrorKind::ZeroEscape);
    assert_eq!(rejected(r#""a\/b" = 1"#), JsQueryErrorKind::BadEscape);
    assert_eq!(rejected(r#""\u12" = 1"#), JsQueryErrorKind::BadUnicodeEscape);
    assert_eq!(rejected(r#""abc"#), JsQueryErrorKind::OpenQuote);
    assert_eq!(rejected("a = \0"), JsQueryErrorKind::ZeroCharacter);
}

#[test]
fn spaces_comments_and_hints() {
    holds(
        r#"{"a": 5}"#,
        &[
            "\ta\n= /* five */ 5\r",
            "a < = 5",
            "a/**/=5",
            "a /*-- index */ = 5",
            "a /*--NoIndexes*/ IN (5)",
            "a /*-- other */ = /*--*/ 5",
            "a / = 5",
            "(a /***/ = 5)",
        ],
    );
    for query in [
        "/*-- index */ a = 5",
        "a = /*-- index */ 5",
        "a /*-- index */ (b = 5)",
        "a /*-- index */ AND b",
        "a /*--index*//*--index*/ = 5",
        "NOT/**/ a",
    ] {
        assert!(matches!(rejected(query), JsQueryErrorKind::Unexpected { .. }), "{query}");
    }
    assert_eq!(rejected("a = 5 /* x"), JsQueryErrorKind::OpenComment);
    assert_eq!(rejected(" /a = 5"), JsQueryErrorKind::StraySlash);
    assert_eq!(rejected(" /* nothing */ "), JsQueryErrorKind::Empty);
}

#[test]
fn invalid_syntax_is_rejected() {
    for query in [
        "NOT",
        "a.",
        "a b",
        "a = b.c",
        "(a) = 1",
        "a(b)(c)",
        "a(b).c",
        "a ?(b)",
        "a.(b)",
        "a.5 = 1",
        "#1.5",
        "#-1",
        "# = []",
        "a IN ()",
        "a < \"b\"",
        "a > x",
        "a IS NULL",
        "a != 1",
        "a = [1, [2]]",
        "a | b",
        "{\"a\": 1}",
        "a = 1 OR",
        "NOT in (a = 1)",
        "$:",
        "(a",
        "a)",
        "a = 1 b = 2",
    ] {
        assert!(matches!(rejected(query), JsQueryErrorKind::Unexpected { .. }), "{query}");
    }
    assert_eq!(rejected("#2147483648 = 1"), JsQueryErrorKind::IndexTooLarge);
}

#[test]
fn an_error_has_a_position() {
    let error = JsQuery::parse("\"ключ\" = ]").expect_err("no value");
    assert_eq!(error.position(), 10);
    let text = error.to_string();
    assert_eq!(text, "expected a value, \"*\" or \"[\", found \"]\" at character 10");
    let text = JsQuery::parse("a AND").expect_err("no operand").to_string();
    assert!(text.contains("found end of query at character 6"), "{text}");
}

#[test]
fn bounds_are_enforced() {
    let nested = |levels| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    assert!(JsQuery::parse(&nested(NESTING_LEVELS_MAX)).is_ok());
    assert_eq!(rejected(&nested(NESTING_LEVELS_MAX + 1)), JsQueryErrorKind::TooDeep);
    assert_eq!(rejected(&"?(".repeat(30_000)), JsQueryErrorKind::TooDeep);
    let descents = |steps| format!("{}a", "*.*:.".repeat(steps / 2));
    assert!(JsQuery::parse(&descents(DESCENT_STEPS_MAX)).is_ok());
    assert_eq!(rejected(&descents(DESCENT_STEPS_MAX + 2)), JsQueryErrorKind::TooManyDescents);
    assert_eq!(rejected(&"a".repeat(QUERY_BYTES_MAX + 1)), JsQueryErrorKind::TooLong);
}

#[test]
fn long_flat_queries_need_no_stack() {
    let tree = Tree::read(r#"["x"]"#);
    for query in [
        format!("{}$", "$.".repeat(30_000)),
        format!("{}# = \"x\"", "NOT ".repeat(16_000)),
        format!("# = \"x\"{}", " AND $".repeat(10_000)),
        format!("# = \"y\"{} OR # = \"x\"", " OR a".repeat(10_000)),
        format!("{}$", "*.".repeat(30_000)),
        format!("{}$", "?($).".repeat(12_000)),
        format!("{}$", "?(#).$.".repeat(9_000)),
    ] {
        assert!(parsed(&query).matches(&tree), "{}…", &query[..40]);
    }
}

#[test]
fn large_sets() {
    let list = |range: std::ops::Range<i32>| range.map(|n| format!("{n}, \"{n}\"")).collect::<Vec<_>>().join(", ");
    let array = format!("[{}]", list(0..200));
    holds(
        &array,
        &[
            &format!("$ @> [{}]", list(0..200)),
            &format!("$ <@ [{}, null]", list(0..200)),
            &format!("$ = [{}]", list(0..200)),
            &format!("# IN ({})", list(199..300)),
        ],
    );
    fails(
        &array,
        &[
            &format!("$ @> [{}]", list(0..201)),
            &format!("$ <@ [{}]", list(1..200)),
            &format!("$ && [{}]", list(200..400)),
        ],
    );
}

#[test]
fn views_over_plain_memory() {
    let phones = Phones::All(&[74_950_237_547, 7495]);
    assert!(parsed(r#"# = "7495" AND @# = 2"#).matches(phones));
    assert!(!parsed("# = \"749\"").matches(phones));
    let groups = Groups::All(&[(1, "VIP"), (8, "x")]);
    assert!(parsed("#(group_id = 8 AND group_name = x)").matches(groups));
    assert!(!parsed("#.% = 3").matches(groups));
}

#[test]
fn required_strings_are_found() {
    for (query, strings, exact) in [
        (r#"# = "x""#, &["x"][..], true),
        (r#"# IN ("b", 5, "a", "b")"#, &["a", "b"], true),
        (r#"$ && ["b", "a"]"#, &["a", "b"], true),
        (r#"$ @> ["x"]"#, &["x"], true),
        (r#"* = "x""#, &["x"], true),
        (r##"# = "a" OR $.#($ = "b")"##, &["a", "b"], true),
        (r#"$ @> ["x", "y"]"#, &["x"], false),
        (r#"$ = ["y", "x"]"#, &["y"], false),
        (r#"#1 = "x""#, &["x"], false),
        (r##"#.?($ IS STRING) = "x""##, &["x"], false),
        (r##"#.?($ = "y").$ IS STRING"##, &["y"], false),
        (r##"# = "x" AND NOT # = "y""##, &["x"], false),
        ("# = 5", &[], true),
        ("#.group_id = 5", &[], true),
    ] {
        let query = parsed(query);
        let known = query.required_strings().expect("a set is known");
        assert_eq!(known, strings);
        assert_eq!(query.is_membership(), exact);
    }
}

#[test]
fn no_strings_are_required_in_vain() {
    for query in [
        r#"NOT # = "x""#,
        r#"#: = "x""#,
        r#"$ <@ ["x"]"#,
        "@# > 1",
        "# = *",
        "$",
        r##"# = "x" OR @# = 0"##,
        "#:($ IS STRING)",
    ] {
        assert_eq!(parsed(query).required_strings(), None, "{query}");
        assert!(!parsed(query).is_membership(), "{query}");
    }
}

#[test]
fn queries_about_an_element_can_be_asked_of_each_element() {
    let elements = [
        r#"{"group_id": 4, "group_name": "VIP"}"#,
        r#"{"group_id": 5, "group_name": "Partners"}"#,
        r#"{"group_id": 6}"#,
        r#""x""#,
        "[4]",
    ];
    let lists: Vec<Vec<&str>> = (0..1 << elements.len())
        .map(|bits| elements.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, it)| *it).collect())
        .collect();
    let satisfies = |query: &JsQuery, list: &[&str]| query.matches(&Tree::read(&format!("[{}]", list.join(","))));
    for (query, expected) in [
        ("#.group_id = 4", true),
        ("$.#.group_id IN (4, 6)", true),
        (r#"#(group_name = "Partners" AND group_id > 1)"#, true),
        (r#"#(group_name = "Partners" OR group_id = 6)"#, true),
        (r##"#.group_id = 4 OR # = "x""##, true),
        ("#(NOT group_id = 4)", true),
        ("#.#: = 4", true),
        ("#(@# > 1)", true),
        ("#.group_id = 4 AND #.group_id = 5", false),
        ("NOT #.group_id = 4", false),
        ("#:.group_id = 4", false),
        ("#0.group_id = 4", false),
        ("*.group_id = 4", false),
        ("@# > 1", false),
        ("?(@# > 1).#.group_id = 4", false),
        (r##"# = "x" OR @# = 0"##, false),
    ] {
        let query_text = query;
        let query = parsed(query);
        assert_eq!(query.is_about_an_element(), expected, "{query_text}");
        let by_element = |list: &Vec<&str>| list.iter().any(|element| satisfies(&query, &[element]));
        let agrees = lists.iter().all(|list| satisfies(&query, list) == by_element(list));
        assert!(agrees || !expected, "{query_text}");
    }
}

#[test]
fn queries_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<JsQuery>();
}

#[test]
fn packed_digits_equal_the_strings_that_they_pack() {
    let values = [PackedDigits::pack("007"), PackedDigits::pack("12")].map(|packed| packed.expect("digits"));
    let array = Digits::All(&values);
    assert!(parsed(r##"# = "007" AND # IN ("9", "12") AND $ @> ["12", "007"]"##).matches(array));
    assert!(!parsed(r##"# = "7" OR # = 12 OR # = "1007""##).matches(array));
    assert!(parsed("#:($ IS STRING)").matches(array));
}
