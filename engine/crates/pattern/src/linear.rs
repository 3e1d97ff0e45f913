//! The engine whose time grows with the text's length only.
use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use crate::{Groups, Options};

/// Bytes of a compiled pattern. A search may take time in proportion to it for each byte of the text.
const SIZE_LIMIT: usize = 1 << 20;

#[derive(Debug)]
pub struct Linear {
    regex: Regex,
    anchored: bool,
}

/// Why a pattern does not run here; when that is final it runs nowhere.
pub struct Refused {
    pub reason: String,
    pub is_final: bool,
}

impl Linear {
    pub fn new(source: &str, options: Options) -> Result<Self, Refused> {
        let config = Config::new()
            .utf8_empty(false)
            .nfa_size_limit(Some(SIZE_LIMIT))
            .hybrid_cache_capacity(4 << 20)
            .onepass(false)
            .dfa(false);
        let syntax = syntax::Config::new()
            .unicode(options.unicode)
            .utf8(false)
            .case_insensitive(options.case_insensitive)
            .multi_line(options.multi_line)
            .dot_matches_new_line(options.dot_all);
        let regex = Regex::builder()
            .configure(config)
            .syntax(syntax)
            .build(source)
            .map_err(|error| refused(&error))?;
        Ok(Self { regex, anchored: options.anchored })
    }

    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(self.input(text, 0))
    }

    pub fn find(&self, text: &[u8], start: usize) -> Option<Groups> {
        let mut found = self.regex.create_captures();
        self.regex.captures(self.input(text, start), &mut found);
        found.is_match().then(|| found.iter().map(|span| span.map(|span| span.range())).collect())
    }

    pub fn names(&self) -> Vec<(usize, String)> {
        let names = self.regex.group_info().pattern_names(regex_automata::PatternID::ZERO).enumerate();
        names.filter_map(|(number, name)| Some((number, name?.to_owned()))).collect()
    }

    fn input<'t>(&self, text: &'t [u8], start: usize) -> Input<'t> {
        let anchored = if self.anchored { Anchored::Yes } else { Anchored::No };
        Input::new(text).range(start..).anchored(anchored)
    }
}

fn refused(error: &BuildError) -> Refused {
    match error.size_limit() {
        Some(_) => Refused { reason: "the pattern is too large".to_owned(), is_final: true },
        None => Refused {
            reason: error.syntax_error().map_or_else(|| error.to_string(), last_line),
            is_final: false,
        },
    }
}

/// What is wrong, without the picture of the pattern above it.
fn last_line(error: &impl ToString) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
