use crate::{Exceeded, Options, Pattern, lua};

fn pattern(source: &str, options: &str) -> Pattern {
    Pattern::new(source.as_bytes(), Options::of(options), 100_000)
        .unwrap_or_else(|why| panic!("{source}: {why}"))
}

/// Pattern, options, text, what matches (`None`: nothing), whether in linear time.
type Case = (&'static str, &'static str, &'static str, Option<&'static str>, bool);

const CASES: &[Case] = &[
    (r"a+b", "", "xaab", Some("aab"), true),
    (r"a+b", "a", "xaab", None, true),
    (r"a+b", "a", "aab", Some("aab"), true),
    (r"HeLLo", "i", "hello", Some("hello"), true),
    (r"(?i)hello", "", "HELLO", Some("HELLO"), true),
    (r"^b$", "m", "a\nb\nc", Some("b"), true),
    (r"a.b", "", "a\nb", None, true),
    (r"a.b", "s", "a\nb", Some("a\nb"), true),
    ("a b # c", "x", "ab", Some("ab"), true),
    ("(?x) a  + [ #] b", "", "aa b", Some("aa b"), true),
    ("((?x) a b) c", "", "ab c", Some("ab c"), true),
    // A character is a byte, unless it is said otherwise.
    ("^.$", "", "ä", None, true),
    ("^.$", "u", "ä", Some("ä"), true),
    ("ä", "", "xä", Some("ä"), true),
    ("^[ä]{2}$", "", "ä", Some("ä"), true),
    ("[ä-ü]", "u", "ö", Some("ö"), true),
    (r"\w", "", "ä", None, true),
    // What is literal in PCRE.
    (r"a{,3}", "", "a{,3}", Some("a{,3}"), true),
    (r"{a}", "", "{a}", Some("{a}"), true),
    (r"x{2}", "", "xxx", Some("xx"), true),
    (r"\<a\>", "", "<a>", Some("<a>"), true),
    (r"[]a]+", "", "]a", Some("]a"), true),
    (r"[^]a]", "", "]b", Some("b"), true),
    (r"[[a]+", "", "[a", Some("[a"), true),
    (r"[a&&b]+", "", "a&b", Some("a&b"), true),
    (r"[+--]+", "", "+,-.", Some("+,-"), true),
    (r"[\w-.]+", "", "a-.b", Some("a-.b"), true),
    (r"[a-\d]+", "", "a-1", Some("a-1"), true),
    (r"[~~a]", "", "~", Some("~"), true),
    (r"[\]\-\\]+", "", r"]-\", Some(r"]-\"), true),
    (r"[[:alpha:]_]+", "", "ab_1", Some("ab_"), true),
    (r"[[:^digit:]]", "", "1a", Some("a"), true),
    (r"\/\-\_\@\ \%\!\é", "", "/-_@ %!é", Some("/-_@ %!é"), true),
    (r"\y\i", "", "yi", Some("yi"), true),
    (r"\Qa.b*\E+", "", "a.b**", Some("a.b**"), true),
    (r"[\Q^]\E]", "", "]", Some("]"), true),
    // Escapes.
    (r"\h+", "", "a \tb", Some(" \t"), true),
    (r"\H+", "", "ab c", Some("ab"), true),
    (r"[\h]+", "", "a \tb", Some(" \t"), true),
    (r"a\Rb", "", "a\r\nb", Some("a\r\nb"), true),
    (r"\x41\x{42}\103\x", "", "ABC\0", Some("ABC\0"), true),
    (r"\cA\e\a[\b]", "", "\x01\x1b\x07\x08", Some("\x01\x1b\x07\x08"), true),
    (r"\N+", "s", "ab\nc", Some("ab"), true),
    (r"a(?#comment)b", "", "ab", Some("ab"), true),
    (r"\Aab\z", "", "ab", Some("ab"), true),
    // Groups by name.
    (r"(?<x>a)(?P<y>b)(?'z'c)", "", "abc", Some("abc"), true),
    // What only the other engine has.
    (r"a(?=b)", "", "acab", Some("a"), false),
    (r"(?<!x)a", "", "xa", None, false),
    (r"(a)\1", "", "aa", Some("aa"), false),
    (r"(?<q>['\x22]).\k<q>", "", "'a'", Some("'a'"), false),
    (r"(?P<q>a)(?P=q)\g{q}\g1\g{-1}", "", "aaaaa", Some("aaaaa"), false),
    (r"a++b", "", "aab", Some("aab"), false),
    (r"a++ab", "", "aaab", None, false),
    (r"(?:ab)?+abc", "", "abc", None, false),
    (r"[ab]*+b", "", "aab", None, false),
    (r"(a|b){2}+b", "", "abb", Some("abb"), false),
    (r"(?>a*)a", "", "aaa", None, false),
    (r"a\Z", "", "a\n", Some("a"), false),
    (r"a\Kb", "", "ab", Some("b"), false),
    (r"^(\((?:[^()]|(?1))*\))$", "", "(a(b)c)", Some("(a(b)c)"), false),
    (r"^(a)?(?(1)b|c)$", "", "ab", Some("ab"), false),
];

#[test]
fn patterns_mean_what_they_mean_in_pcre() {
    for &(source, options, text, expected, is_linear) in CASES {
        let pattern = pattern(source, options);
        let found = pattern.find(text.as_bytes(), 0).unwrap();
        let whole = found.map(|groups| groups[0].clone().unwrap());
        assert_eq!(whole.clone().map(|range| &text[range]), expected, "{source} {options} {text:?}");
        assert_eq!(pattern.is_match(text.as_bytes()), Ok(expected.is_some()), "{source}");
        assert_eq!(pattern.is_linear(), is_linear, "{source}");
    }
}

#[test]
fn bytes_are_bytes_in_both_engines() {
    for source in [&b"\xC3."[..], &b"(?=\xC3)\xC3[\xA4]"[..], &b"(?=\\xC3)..$"[..]] {
        let pattern = Pattern::new(source, Options::default(), 1000).unwrap();
        assert_eq!(pattern.find("xä".as_bytes(), 0).unwrap().unwrap()[0], Some(1..3), "{source:?}");
        assert_eq!(pattern.is_match(b"\xFF\xC3\xA4"), Ok(true));
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    for source in [
        "(",
        ")",
        "(a",
        "a)",
        "[a",
        "[",
        r"\",
        "*a",
        "a**",
        "(?<n",
        "(?<>a)",
        "(?z)",
        "[b-a]",
        "[a--b]",
        r"(?|a)",
        "(*UTF8)a",
        r"\p{L}",
        "a{3,2}",
        r"\1",
        r"\k<x>",
        r"\x{100}",
        "(?#",
        "[[:foo:]]",
        r"(\w{300}){3000}",
    ] {
        assert!(Pattern::new(source.as_bytes(), Options::default(), 1000).is_err(), "{source}");
    }
}

#[test]
fn groups_have_places_and_names() {
    for source in [r"(?<year>\d+)-(x)?(\d+)", r"(?<year>\d++)-(x)?(\d+)"] {
        let pattern = pattern(source, "");
        let found = pattern.find(b"on 2024-05", 2).unwrap().unwrap();
        assert_eq!(found, [Some(3..10), Some(3..7), None, Some(8..10)], "{source}");
        assert_eq!(pattern.names(), [(1, "year".to_owned())]);
        assert_eq!(pattern.find(b"1-1", 4), Ok(None));
    }
}

#[test]
fn steps_are_bounded() {
    let text = format!("{}!", "a".repeat(60));
    assert_eq!(pattern(r"^(\w+\s?)+bot$", "").is_match(text.as_bytes()), Ok(false));
    for source in [r"^(\w+\s?)+(?=bot)$", r"^(a|aa)+(?!x)$", r"(a*)*\1b"] {
        assert_eq!(pattern(source, "").is_match(text.as_bytes()), Err(Exceeded), "{source}");
        assert_eq!(pattern(source, "").find(text.as_bytes(), 0), Err(Exceeded), "{source}");
    }
    let long = vec![b'a'; 100_000];
    assert_eq!(pattern("(?=.*x)y", "").is_match(&long), Err(Exceeded));
}

#[test]
fn patterns_of_lua() {
    for (source, text, expected) in [
        ("b+", "abbc", Some("bb")),
        ("^b", "ab", None),
        ("^a.-c$", "abcc", Some("abcc")),
        ("%((.-)%)", "x(ab)", Some("(ab)")),
        ("[%w_-]+", "!a-_1!", Some("a-_1")),
        ("[^%s]+", "  ab ", Some("ab")),
        ("[]a]+", "x]a", Some("]a")),
        ("[a-c]?d", "xbd", Some("bd")),
        ("%bxy", "axbxyyc", Some("xbxyy")),
        ("%f[%w]%w+", " ab", Some("ab")),
        ("(a)%1", "baa", Some("aa")),
        ("a*", "b", Some("")),
        ("%%", "a%", Some("%")),
        ("()b", "ab", Some("b")),
        ("%D%d", "12a3", Some("a3")),
        ("a$b", "a$b", Some("a$b")),
    ] {
        let found = lua::Matcher::new(text.as_bytes(), source.as_bytes(), 1000).find(0).unwrap();
        assert_eq!(found.map(|found| &text[found.whole]), expected, "{source} {text}");
    }
    for source in ["%", "[a", "(a", "a)", "%f", "%1", "%b"] {
        let found = lua::Matcher::new(b"aaa", source.as_bytes(), 1000).find(0);
        assert!(matches!(found, Err(lua::Failure::Malformed(_))), "{source} {found:?}");
    }
    let text = vec![b'a'; 30_000];
    assert_eq!(lua::Matcher::new(&text, b".-.-.-.-b", 1_000_000).find(0), Err(lua::Failure::Exceeded));
    // A long set is looked through for each byte of the text.
    for (before, after) in [("", ""), ("", "+"), ("", "-$"), ("%f", "")] {
        let source = format!("{before}[{}]{after}", "b".repeat(16_000));
        let found = lua::Matcher::new(&text, source.as_bytes(), 1_000_000).find(0);
        assert_eq!(found, Err(lua::Failure::Exceeded), "{before} {after}");
    }
}

#[test]
fn replacements_of_lua() {
    for (text, source, replacement, most, expected, count) in [
        ("hello world", "o", "0", 9, "hell0 w0rld", 2),
        ("hello world", "o", "0", 1, "hell0 world", 1),
        ("abc", "%w", "%0%0", 9, "aabbcc", 3),
        ("abc", "(a)(b)", "%2%1", 9, "bac", 1),
        ("abc", "", "-", 9, "-a-b-c-", 4),
        ("abc", "b*", "x", 9, "xaxxcx", 4),
        ("aaa", "^a", "b", 9, "baa", 1),
        ("a.b", "%.", "%%", 9, "a%b", 1),
        ("ab", "()b", "%1", 9, "a2", 1),
    ] {
        let mut matcher = lua::Matcher::new(text.as_bytes(), source.as_bytes(), 1000);
        let (result, done) = lua::replaced(&mut matcher, replacement.as_bytes(), most, 100).unwrap();
        assert_eq!((String::from_utf8(result).unwrap().as_str(), done), (expected, count), "{text} {source}");
    }
    let text = vec![b'a'; 1000];
    let mut matcher = lua::Matcher::new(&text, b"a", 100_000);
    assert_eq!(lua::replaced(&mut matcher, b"aaaaaaaaaa", 1000, 5000), Err(lua::Failure::Exceeded));
    // The limit holds within one replacement: this one alone would be 10 GB.
    let mut matcher = lua::Matcher::new(&text, b".+", 100_000);
    let many = b"%0".repeat(10_000_000);
    assert_eq!(lua::replaced(&mut matcher, &many, 1000, 5000), Err(lua::Failure::Exceeded));
}
