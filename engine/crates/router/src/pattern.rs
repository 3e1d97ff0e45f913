//! Regular expressions of paths and header values.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::Input;
use regex_automata::meta::{Config, Regex};
use regex_automata::util::syntax;

use crate::literals::Literals;
use crate::spec::Flavor;

/// A pattern, read at once and compiled when it is first needed: among thousands of them most wait long.
///
/// It runs in linear time; what only PCRE has (look-around, back references, possessive quantifiers) falls back to a
/// backtracking engine with a step limit.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: Box<str>,
    /// Classes like `\w` are those of Unicode.
    unicode: bool,
    /// For text that is ASCII only, where both kinds of classes are the same: hundreds of times smaller. `None` in it:
    /// the source cannot be read so.
    ascii: OnceLock<Option<Regex>>,
    whole: OnceLock<Option<Regex>>,
    backtracking: Option<Box<fancy_regex::Regex>>,
    pub literals: Literals,
}

/// Kong's limit for PCRE is 10,000 match calls; ours counts smaller steps.
const BACKTRACK_LIMIT: usize = 100_000;
/// Bytes of a compiled pattern; as in the `regex` crate.
const SIZE_LIMIT: usize = 10 << 20;

impl Pattern {
    /// A route's path, without its `~`, anchored at the start.
    pub fn path(source: &str, flavor: Flavor) -> Result<Self, String> {
        // Kong's compatible flavour anchors by a plain `^` in front, which binds to the first alternative only.
        let anchored = match flavor {
            Flavor::Traditional => format!("^(?:{source})"),
            _ => format!("^{source}"),
        };
        Self::new(&anchored, flavor)
    }

    /// A pattern that may match anywhere.
    pub fn anywhere(source: &str, flavor: Flavor) -> Result<Self, String> {
        Self::new(source, flavor)
    }

    fn new(source: &str, flavor: Flavor) -> Result<Self, String> {
        let unicode = flavor != Flavor::Traditional;
        let (literals, backtracking) = match Literals::of(source, unicode) {
            Ok(literals) => (literals, None),
            Err(refused) => {
                let fallback =
                    fancy_regex::RegexBuilder::new(source).backtrack_limit(BACKTRACK_LIMIT).build();
                (Literals::default(), Some(Box::new(fallback.map_err(|_| refused)?)))
            }
        };
        let (ascii, whole) = (OnceLock::new(), OnceLock::new());
        let pattern = Self { source: source.into(), unicode, ascii, whole, backtracking, literals };
        // Only counted repetitions can grow beyond the limit.
        if pattern.backtracking.is_none() && source.contains('{') && pattern.regex(b"\xff").is_none() {
            return Err(format!("the compiled pattern exceeds {SIZE_LIMIT} bytes"));
        }
        Ok(pattern)
    }

    /// Whether it needs the backtracking engine.
    pub fn is_backtracking(&self) -> bool {
        self.backtracking.is_some()
    }

    /// The engine for this text.
    fn regex(&self, text: &[u8]) -> Option<&Regex> {
        let compile = |unicode| compile(&self.source, unicode);
        let ascii = || self.ascii.get_or_init(|| compile(false)).as_ref();
        if !self.unicode || text.is_ascii() {
            return ascii().or_else(|| self.whole.get_or_init(|| compile(self.unicode)).as_ref());
        }
        self.whole.get_or_init(|| compile(true)).as_ref()
    }

    pub fn is_match(&self, text: &[u8]) -> bool {
        match &self.backtracking {
            None => self.regex(text).is_some_and(|regex| regex.is_match(text)),
            Some(regex) => std::str::from_utf8(text).is_ok_and(|text| regex.is_match(text).unwrap_or(false)),
        }
    }

    /// Where the leftmost match lies.
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        match &self.backtracking {
            None => self.regex(text)?.search(&Input::new(text)).map(|found| found.range()),
            Some(regex) => {
                let found = regex.find(std::str::from_utf8(text).ok()?).ok()??;
                Some(found.start()..found.end())
            }
        }
    }

    /// The groups that took part in the leftmost match, after the whole match; nothing when no group did.
    pub fn captures<'s, 't>(&'s self, text: &'t [u8]) -> Vec<Capture<'s, 't>> {
        let found = match &self.backtracking {
            None => self.linear_captures(text),
            Some(regex) => backtracking_captures(regex, text),
        };
        found.filter(|groups| groups.len() > 1).unwrap_or_default()
    }

    fn linear_captures<'s, 't>(&'s self, text: &'t [u8]) -> Option<Vec<Capture<'s, 't>>> {
        let regex = self.regex(text)?;
        let mut found = regex.create_captures();
        regex.captures(text, &mut found);
        let names = regex.group_info().pattern_names(found.pattern()?).enumerate();
        let capture =
            |(number, name)| Some(Capture { number, name, value: &text[found.get_group(number)?.range()] });
        Some(names.filter_map(capture).collect())
    }
}

fn backtracking_captures<'s, 't>(
    regex: &'s fancy_regex::Regex,
    text: &'t [u8],
) -> Option<Vec<Capture<'s, 't>>> {
    let found = regex.captures(std::str::from_utf8(text).ok()?).ok()??;
    let names = regex.capture_names().enumerate();
    let capture = |(number, name)| Some(Capture { number, name, value: &text[found.get(number)?.range()] });
    Some(names.filter_map(capture).collect())
}

/// Without the engines that take long to build and gain little on text as short as a path.
fn compile(source: &str, unicode: bool) -> Option<Regex> {
    let config = Config::new().utf8_empty(false).nfa_size_limit(Some(SIZE_LIMIT)).onepass(false).dfa(false);
    let syntax = syntax::Config::new().unicode(unicode).utf8(false);
    Regex::builder().configure(config).syntax(syntax).build(source).ok()
}

/// One group of a regex path and the part of the request's path that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture<'r, 'p> {
    /// 0 for the whole match.
    pub number: usize,
    pub name: Option<&'r str>,
    pub value: &'p [u8],
}

/// Calls `use_it` with `text` in ASCII lower case; allocates only for long values with upper-case letters.
pub(crate) fn with_lower<R>(text: &[u8], use_it: impl FnOnce(&[u8]) -> R) -> R {
    let mut buffer = [0; 128];
    if !text.iter().any(u8::is_ascii_uppercase) {
        use_it(text)
    } else if let Some(buffer) = buffer.get_mut(..text.len()) {
        buffer.copy_from_slice(text);
        buffer.make_ascii_lowercase();
        use_it(buffer)
    } else {
        use_it(&text.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;
    use crate::spec::Flavor;

    #[test]
    fn classes_are_unicode_where_kong_has_them_so() {
        for (source, text, unicode, bytes) in [
            (r"/\w+$", "/abc", true, true),
            (r"/\w+$", "/äbc", true, false),
            (r"/\d$", "/٣", true, false),
            (r"/[äö]$", "/ä", true, true),
            (r"/\p{L}$", "/x", true, true),
            ("/.$", "/ä", true, false),
            ("/(?i)Ä$", "/ä", true, false),
            ("/ä$", "/ä", true, true),
        ] {
            for (flavor, expected) in [(Flavor::TraditionalCompatible, unicode), (Flavor::Traditional, bytes)]
            {
                let pattern = Pattern::path(source, flavor).unwrap();
                assert_eq!(pattern.is_match(text.as_bytes()), expected, "{flavor:?} {source} {text}");
            }
        }
    }

    #[test]
    fn too_big_is_refused() {
        assert!(Pattern::path(r"/(\w{500}){500}", Flavor::TraditionalCompatible).is_err());
        assert!(Pattern::path(r"/\w{3}-\d{2,4}", Flavor::TraditionalCompatible).is_ok());
    }
}
