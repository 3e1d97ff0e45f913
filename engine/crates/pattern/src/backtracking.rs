//! The engine for what only PCRE has, with a bound on its steps.
use fancy_regex::{BytesMode, Error, Regex, RegexBuilder, RegexInput};

use crate::{Exceeded, Groups, Options};

/// Bytes of text that it looks at: each step back may read all of it.
const TEXT_LIMIT: usize = 32 << 10;
const PROGRAM_LIMIT: usize = 10_000;

#[derive(Debug)]
pub struct Backtracking {
    regex: Regex,
    anchored: bool,
}

impl Backtracking {
    pub fn new(source: &str, options: Options, limit: usize) -> Result<Self, String> {
        let mode = if options.unicode { BytesMode::UnicodeBytes } else { BytesMode::Ascii };
        let regex = RegexBuilder::new(source)
            .bytes_mode(mode)
            .case_insensitive(options.case_insensitive)
            .multi_line(options.multi_line)
            .dot_matches_new_line(options.dot_all)
            .backtrack_limit(limit)
            .max_prog_size(PROGRAM_LIMIT)
            .delegate_size_limit(1 << 20)
            .optimize(false) // what it rewrites has matched other texts than were meant
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { regex, anchored: options.anchored })
    }

    pub fn is_match(&self, text: &[u8]) -> Result<bool, Exceeded> {
        self.regex.is_match_input(self.input(text, 0)?).map_err(exceeded)
    }

    pub fn find(&self, text: &[u8], start: usize) -> Result<Option<Groups>, Exceeded> {
        let found = self.regex.captures_input(self.input(text, start)?).map_err(exceeded)?;
        Ok(found.map(|groups| groups.iter().map(|group| Some(group?.range())).collect()))
    }

    pub fn names(&self) -> Vec<(usize, String)> {
        let names = self.regex.capture_names().enumerate();
        names.filter_map(|(number, name)| Some((number, name?.to_owned()))).collect()
    }

    fn input<'t>(&self, text: &'t [u8], start: usize) -> Result<RegexInput<'t, [u8]>, Exceeded> {
        if text.len() > TEXT_LIMIT {
            return Err(Exceeded);
        }
        Ok(RegexInput::new(text).from_pos(start).anchored(self.anchored))
    }
}

/// All that can happen while it runs is that a bound is met.
fn exceeded(_error: Error) -> Exceeded {
    Exceeded
}
