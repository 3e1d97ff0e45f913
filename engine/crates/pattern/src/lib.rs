//! Regular expressions of configurations that meet text of requests: PCRE's syntax and meaning, in bounded time.
//!
//! What can be runs in linear time; what only PCRE has (look-around, back references, possessive quantifiers, recursion)
//! runs on a backtracking engine that gives up after a number of steps. As in PCRE without its UTF mode a character is a
//! byte, unless the option `u` says otherwise. One difference: `$` means the very end, not also before a last line feed.
mod backtracking;
mod class;
mod escape;
mod group;
mod linear;
pub mod lua;
mod options;
mod syntax;

use std::ops::Range;

use backtracking::Backtracking;
use linear::Linear;
pub use options::Options;

/// Where the whole match and then each group lies; `None` for a group that took no part.
pub type Groups = Vec<Option<Range<usize>>>;

/// Matching took more steps than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded;

#[derive(Debug)]
enum Engine {
    Linear(Linear),
    Backtracking(Box<Backtracking>),
}

/// One compiled pattern.
#[derive(Debug)]
pub struct Pattern(Engine);

impl Pattern {
    /// Compiles; the backtracking engine, where it is needed, goes back `limit` times in one search at most.
    pub fn new(source: &[u8], options: Options, limit: usize) -> Result<Self, String> {
        let source = syntax::read(source, options)?;
        match Linear::new(&source, options) {
            Ok(linear) => Ok(Self(Engine::Linear(linear))),
            Err(refused) if refused.is_final => Err(refused.reason),
            Err(refused) => Backtracking::new(&source, options, limit)
                .map(|engine| Self(Engine::Backtracking(Box::new(engine))))
                .map_err(|reason| format!("{}; {reason}", refused.reason)),
        }
    }

    /// Whether the time that a search takes grows with the text's length only.
    pub fn is_linear(&self) -> bool {
        matches!(self.0, Engine::Linear(_))
    }

    /// Whether there is a match anywhere.
    pub fn is_match(&self, text: &[u8]) -> Result<bool, Exceeded> {
        match &self.0 {
            Engine::Linear(engine) => Ok(engine.is_match(text)),
            Engine::Backtracking(engine) => engine.is_match(text),
        }
    }

    /// The first match that begins at `start` or later; at `start` itself with the option `a`.
    pub fn find(&self, text: &[u8], start: usize) -> Result<Option<Groups>, Exceeded> {
        if start > text.len() {
            return Ok(None);
        }
        match &self.0 {
            Engine::Linear(engine) => Ok(engine.find(text, start)),
            Engine::Backtracking(engine) => engine.find(text, start),
        }
    }

    /// The names of the groups by their numbers.
    pub fn names(&self) -> Vec<(usize, String)> {
        match &self.0 {
            Engine::Linear(engine) => engine.names(),
            Engine::Backtracking(engine) => engine.names(),
        }
    }
}

#[cfg(test)]
mod tests;
