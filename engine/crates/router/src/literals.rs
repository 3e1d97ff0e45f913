//! Bytes that a text must contain for a regex to match: what an index can be built on.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};

/// Nothing is known where a part is empty.
#[derive(Debug, Default)]
pub(crate) struct Literals {
    /// Every match starts the text, with these bytes.
    pub prefix: Box<[u8]>,
    /// These bytes follow somewhere after the prefix.
    pub inner: Box<[u8]>,
}

/// Shorter ones tell too little: a slash is in every path.
const MIN_INNER: usize = 2;

impl Literals {
    /// Reads a pattern; an error says what is wrong with it.
    pub fn of(source: &str, unicode: bool) -> Result<Self, String> {
        let parsed = ParserBuilder::new().unicode(unicode).utf8(false).build().parse(source);
        Ok(Self::read(&parsed.map_err(|error| error.to_string())?))
    }

    fn read(hir: &Hir) -> Self {
        let HirKind::Concat(parts) = hir.kind() else { return Self::default() };
        let [start, parts @ ..] = parts.as_slice() else { return Self::default() };
        if !matches!(start.kind(), HirKind::Look(Look::Start)) {
            return Self::default();
        }
        match parts.split_first().map(|(first, rest)| (first.kind(), rest)) {
            Some((HirKind::Literal(first), rest)) => {
                Self { prefix: first.0.clone(), inner: longest(rest).into() }
            }
            _ => Self { prefix: Box::default(), inner: longest(parts).into() },
        }
    }
}

/// The longest literal that all texts matched by these parts contain; the last one of several.
fn longest(parts: &[Hir]) -> &[u8] {
    let literals = parts.iter().map(required).filter(|literal| literal.len() >= MIN_INNER);
    literals.max_by_key(|literal| literal.len()).unwrap_or_default()
}

fn required(part: &Hir) -> &[u8] {
    match part.kind() {
        HirKind::Literal(literal) => &literal.0,
        HirKind::Capture(group) => required(&group.sub),
        HirKind::Repetition(repeated) if repeated.min > 0 => required(&repeated.sub),
        HirKind::Concat(parts) => longest(parts),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::Literals;

    #[test]
    fn literals_of_patterns() {
        for (source, prefix, inner) in [
            ("^/a/b", "/a/b", ""),
            ("^/users/[0-9]+/posts/(?<id>\\d+)$", "/users/", "/posts/"),
            ("^/a/(?:x|y)/long/(b/longest)", "/a/", "b/longest"),
            ("^/a/(b/c)+d", "/a/", "b/c"),
            ("^/a/(b/c)*d", "/a/", ""),
            ("^/a?/b", "/", "/b"),
            ("^/(?i)case", "/", ""),
            ("^/a|/b", "", ""),
            ("^(?:/a|/b)", "", ""),
            ("^(?:/a/.*/bc)", "/a/", "/bc"),
            ("/a", "", ""),
            ("^", "", ""),
        ] {
            let found = Literals::of(source, true).unwrap();
            assert_eq!((&*found.prefix, &*found.inner), (prefix.as_bytes(), inner.as_bytes()), "{source}");
        }
    }
}
