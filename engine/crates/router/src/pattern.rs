//! Regular expressions of paths and header values.

use std::ops::Range;

use crate::literals::Literals;
use crate::spec::Flavor;

/// A compiled pattern. `regex` runs in linear time; what only PCRE has (look-around, back references,
/// possessive quantifiers) falls back to a backtracking engine with a step limit.
#[derive(Debug)]
pub(crate) struct Pattern {
    engine: Engine,
    pub literals: Literals,
}

#[derive(Debug)]
enum Engine {
    Linear(regex::bytes::Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

/// Kong's limit for PCRE is 10,000 match calls; ours counts smaller steps.
const BACKTRACK_LIMIT: usize = 100_000;

impl Pattern {
    /// A route's path, without its `~`, anchored at the start.
    pub fn path(source: &str, flavor: Flavor) -> Result<Self, String> {
        // Kong's compatible flavour anchors by a plain `^` in front, which binds to the first alternative only.
        let anchored = match flavor {
            Flavor::Traditional => format!("^(?:{source})"),
            _ => format!("^{source}"),
        };
        Self::compile(&anchored, flavor)
    }

    /// A header's value, found anywhere in it.
    pub fn header(source: &str, flavor: Flavor) -> Result<Self, String> {
        Self::compile(source, flavor)
    }

    fn compile(source: &str, flavor: Flavor) -> Result<Self, String> {
        let unicode = flavor != Flavor::Traditional;
        match regex::bytes::RegexBuilder::new(source).unicode(unicode).build() {
            Ok(regex) => Ok(Self { engine: Engine::Linear(regex), literals: Literals::of(source, unicode) }),
            Err(refused) => fancy_regex::RegexBuilder::new(source)
                .backtrack_limit(BACKTRACK_LIMIT)
                .build()
                .map(|regex| Self {
                    engine: Engine::Backtracking(Box::new(regex)),
                    literals: Literals::default(),
                })
                .map_err(|_| refused.to_string()),
        }
    }

    /// Whether it needed the backtracking engine.
    pub fn is_backtracking(&self) -> bool {
        matches!(self.engine, Engine::Backtracking(_))
    }

    pub fn is_match(&self, text: &[u8]) -> bool {
        match &self.engine {
            Engine::Linear(regex) => regex.is_match(text),
            Engine::Backtracking(regex) => {
                std::str::from_utf8(text).is_ok_and(|text| regex.is_match(text).unwrap_or(false))
            }
        }
    }

    /// Where the leftmost match lies.
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        match &self.engine {
            Engine::Linear(regex) => regex.find(text).map(|found| found.range()),
            Engine::Backtracking(regex) => {
                let found = regex.find(std::str::from_utf8(text).ok()?).ok()??;
                Some(found.start()..found.end())
            }
        }
    }

    /// The groups that took part in the leftmost match, the whole match left out.
    pub fn captures<'s, 't>(&'s self, text: &'t [u8]) -> Vec<Capture<'s, 't>> {
        let capture = |number, name, range: Range<usize>| Capture { number, name, value: &text[range] };
        match &self.engine {
            Engine::Linear(regex) => {
                let Some(found) = regex.captures(text) else { return Vec::new() };
                let names = regex.capture_names().enumerate().skip(1);
                names
                    .filter_map(|(number, name)| Some(capture(number, name, found.get(number)?.range())))
                    .collect()
            }
            Engine::Backtracking(regex) => {
                let Ok(string) = std::str::from_utf8(text) else { return Vec::new() };
                let Ok(Some(found)) = regex.captures(string) else { return Vec::new() };
                let names = regex.capture_names().enumerate().skip(1);
                names
                    .filter_map(|(number, name)| Some(capture(number, name, found.get(number)?.range())))
                    .collect()
            }
        }
    }
}

/// One group of a regex path and the part of the request's path that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture<'r, 'p> {
    /// From 1.
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
