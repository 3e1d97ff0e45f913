//! What is said about a pattern beside it.

/// The letters that `ngx.re` has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `a`: only a match at the start.
    pub anchored: bool,
    /// `i`
    pub case_insensitive: bool,
    /// `m`: `^` and `$` match at each line.
    pub multi_line: bool,
    /// `s`: a dot matches line feeds too.
    pub dot_all: bool,
    /// `x`: blanks and comments mean nothing.
    pub extended: bool,
    /// `u`: a character is one of UTF-8, not a byte.
    pub unicode: bool,
}

impl Options {
    /// Reads the letters; others, such as `j` and `o`, mean nothing here.
    pub fn of(letters: &str) -> Self {
        let has = |letter| letters.contains(letter);
        Self {
            anchored: has('a'),
            case_insensitive: has('i'),
            multi_line: has('m'),
            dot_all: has('s'),
            extended: has('x'),
            unicode: has('u') || has('U'),
        }
    }
}
