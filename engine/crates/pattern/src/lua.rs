//! Lua's own patterns (Lua 5.1 manual, 5.4.1), with a bound on steps: theirs go back without one.
use std::ops::Range;

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Malformed(&'static str),
    Exceeded,
}

/// What a group took: a part of the text, or with `()` a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    Open(usize),
    Part(usize, usize),
    Place(usize),
}

/// One match, and its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub whole: Range<usize>,
    pub captures: Vec<Capture>,
}

const MOST_CAPTURES: usize = 32;
/// As deep as items of a pattern may lie in each other.
const DEPTH: usize = 200;

/// Goes through a text, one match after the other.
pub struct Matcher<'a> {
    text: &'a [u8],
    pattern: &'a [u8],
    captures: Vec<Capture>,
    depth: usize,
    /// Steps that are left.
    pub steps: u64,
}

type Place = Result<Option<usize>, Failure>;

impl<'a> Matcher<'a> {
    pub fn new(text: &'a [u8], pattern: &'a [u8], steps: u64) -> Self {
        Self { text, pattern, captures: Vec::new(), depth: 0, steps }
    }

    /// The first match that begins at `start` or later; with a `^` in front, at `start` itself.
    pub fn find(&mut self, start: usize) -> Result<Option<Found>, Failure> {
        let is_anchored = self.pattern.first() == Some(&b'^');
        self.find_from(start, usize::from(is_anchored), is_anchored)
    }

    /// Likewise, with the pattern from `first` on.
    pub fn find_from(
        &mut self,
        start: usize,
        first: usize,
        is_anchored: bool,
    ) -> Result<Option<Found>, Failure> {
        for begin in start..=self.text.len() {
            self.captures.clear();
            self.depth = 0;
            if let Some(end) = self.at(begin, first)? {
                if self.captures.iter().any(|capture| matches!(capture, Capture::Open(_))) {
                    return Err(Failure::Malformed("unfinished capture"));
                }
                return Ok(Some(Found { whole: begin..end, captures: self.captures.clone() }));
            }
            if is_anchored {
                break;
            }
        }
        Ok(None)
    }

    fn at(&mut self, s: usize, p: usize) -> Place {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Failure::Malformed("pattern too complex"));
        }
        let end = self.items(s, p);
        self.depth -= 1;
        end
    }

    fn items(&mut self, mut s: usize, mut p: usize) -> Place {
        loop {
            self.step()?;
            match (self.pattern.get(p), self.pattern.get(p + 1)) {
                (None, _) => return Ok(Some(s)),
                (Some(b'('), Some(b')')) => return self.open(Capture::Place(s), s, p + 2),
                (Some(b'('), _) => return self.open(Capture::Open(s), s, p + 1),
                (Some(b')'), _) => return self.close(s, p + 1),
                (Some(b'%'), Some(b'b')) => match self.balanced(s, p + 2)? {
                    Some(end) => (s, p) = (end, p + 4),
                    None => return Ok(None),
                },
                (Some(b'%'), Some(b'f')) => {
                    p += 2;
                    if self.pattern.get(p) != Some(&b'[') {
                        return Err(Failure::Malformed("missing '[' after '%f' in pattern"));
                    }
                    let end = self.class_end(p)?;
                    self.charge(end - p)?;
                    let before = if s == 0 { 0 } else { self.text[s - 1] };
                    let next = self.text.get(s).copied().unwrap_or(0);
                    if self.in_set(before, p, end - 1) || !self.in_set(next, p, end - 1) {
                        return Ok(None);
                    }
                    p = end;
                }
                (Some(b'%'), Some(digit)) if digit.is_ascii_digit() => match self.same(s, *digit)? {
                    Some(end) => (s, p) = (end, p + 2),
                    None => return Ok(None),
                },
                (Some(b'$'), None) => return Ok((s == self.text.len()).then_some(s)),
                _ => {
                    let end = self.class_end(p)?;
                    self.charge(end - p)?;
                    let fits = self.single(s, p, end);
                    match self.pattern.get(end) {
                        Some(b'?') => {
                            if fits && let Some(found) = self.at(s + 1, end + 1)? {
                                return Ok(Some(found));
                            }
                            p = end + 1;
                        }
                        Some(b'*') => return self.most(s, p, end),
                        Some(b'+') => return if fits { self.most(s + 1, p, end) } else { Ok(None) },
                        Some(b'-') => return self.least(s, p, end),
                        _ if fits => (s, p) = (s + 1, end),
                        _ => return Ok(None),
                    }
                }
            }
        }
    }

    fn step(&mut self) -> Result<(), Failure> {
        self.steps = self.steps.checked_sub(1).ok_or(Failure::Exceeded)?;
        Ok(())
    }

    /// Counts bytes that are looked through on top of a step, such as those of a set.
    fn charge(&mut self, bytes: usize) -> Result<(), Failure> {
        self.steps = self.steps.checked_sub(bytes as u64 / 16).ok_or(Failure::Exceeded)?;
        Ok(())
    }

    /// As many as there are, then fewer and fewer.
    fn most(&mut self, s: usize, p: usize, end: usize) -> Place {
        let mut count = 0;
        while self.single(s + count, p, end) {
            self.step()?;
            self.charge(end - p)?;
            count += 1;
        }
        loop {
            if let Some(found) = self.at(s + count, end + 1)? {
                return Ok(Some(found));
            }
            if count == 0 {
                return Ok(None);
            }
            count -= 1;
        }
    }

    /// As few as possible, then more and more.
    fn least(&mut self, mut s: usize, p: usize, end: usize) -> Place {
        loop {
            if let Some(found) = self.at(s, end + 1)? {
                return Ok(Some(found));
            }
            self.charge(end - p)?;
            if !self.single(s, p, end) {
                return Ok(None);
            }
            s += 1;
        }
    }

    fn open(&mut self, capture: Capture, s: usize, p: usize) -> Place {
        if self.captures.len() == MOST_CAPTURES {
            return Err(Failure::Malformed("too many captures"));
        }
        let count = self.captures.len();
        self.captures.push(capture);
        let found = self.at(s, p)?;
        if found.is_none() {
            self.captures.truncate(count);
        }
        Ok(found)
    }

    fn close(&mut self, s: usize, p: usize) -> Place {
        let open = self.captures.iter().rposition(|capture| matches!(capture, Capture::Open(_)));
        let at = open.ok_or(Failure::Malformed("invalid pattern capture"))?;
        let before = self.captures[at];
        if let Capture::Open(begin) = before {
            self.captures[at] = Capture::Part(begin, s);
        }
        let found = self.at(s, p)?;
        if found.is_none() {
            self.captures[at] = before;
        }
        Ok(found)
    }

    fn balanced(&mut self, s: usize, p: usize) -> Place {
        let (Some(&open), Some(&close)) = (self.pattern.get(p), self.pattern.get(p + 1)) else {
            return Err(Failure::Malformed("unbalanced pattern"));
        };
        if self.text.get(s) != Some(&open) {
            return Ok(None);
        }
        let mut depth = 1;
        for at in s + 1..self.text.len() {
            self.step()?;
            if self.text[at] == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(Some(at + 1));
                }
            } else if self.text[at] == open {
                depth += 1;
            }
        }
        Ok(None)
    }

    /// What an earlier group took, again.
    fn same(&mut self, s: usize, digit: u8) -> Place {
        let number = usize::from(digit.wrapping_sub(b'1'));
        let Some(&Capture::Part(begin, end)) = self.captures.get(number) else {
            return Err(Failure::Malformed("invalid capture index"));
        };
        self.charge(end - begin)?;
        Ok(self.text[s..].starts_with(&self.text[begin..end]).then_some(s + end - begin))
    }

    /// Where the class that begins at `p` ends.
    fn class_end(&self, mut p: usize) -> Result<usize, Failure> {
        let first = self.pattern[p];
        p += 1;
        if first == b'%' {
            return if p < self.pattern.len() {
                Ok(p + 1)
            } else {
                Err(Failure::Malformed("malformed pattern (ends with '%')"))
            };
        }
        if first != b'[' {
            return Ok(p);
        }
        if self.pattern.get(p) == Some(&b'^') {
            p += 1;
        }
        loop {
            let Some(&byte) = self.pattern.get(p) else {
                return Err(Failure::Malformed("malformed pattern (missing ']')"));
            };
            p += if byte == b'%' { 2 } else { 1 };
            if self.pattern.get(p) == Some(&b']') {
                return Ok(p + 1);
            }
        }
    }

    fn single(&self, s: usize, p: usize, end: usize) -> bool {
        let Some(&byte) = self.text.get(s) else { return false };
        match self.pattern[p] {
            b'.' => true,
            b'%' => in_class(byte, self.pattern[p + 1]),
            b'[' => self.in_set(byte, p, end - 1),
            literal => literal == byte,
        }
    }

    /// Whether a byte is in the set that begins at `p` and whose bracket closes at `end`.
    fn in_set(&self, byte: u8, mut p: usize, end: usize) -> bool {
        let is_other = self.pattern.get(p + 1) == Some(&b'^');
        p += 1 + usize::from(is_other);
        while p < end {
            if self.pattern[p] == b'%' {
                if p + 1 < end && in_class(byte, self.pattern[p + 1]) {
                    return !is_other;
                }
                p += 2;
            } else if p + 2 < end && self.pattern[p + 1] == b'-' {
                if (self.pattern[p]..=self.pattern[p + 2]).contains(&byte) {
                    return !is_other;
                }
                p += 3;
            } else {
                if self.pattern[p] == byte {
                    return !is_other;
                }
                p += 1;
            }
        }
        is_other
    }
}

fn in_class(byte: u8, class: u8) -> bool {
    let is_in = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'g' => byte.is_ascii_graphic(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => byte.is_ascii_whitespace() || byte == 0x0B,
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return class == byte,
    };
    is_in != class.is_ascii_uppercase()
}

/// Replaces what matches, `most` times at most, as `string.gsub` does with a text; how often it did.
pub fn replaced(
    matcher: &mut Matcher<'_>,
    replacement: &[u8],
    most: usize,
    limit: usize,
) -> Result<(Vec<u8>, usize), Failure> {
    let text = matcher.text;
    let is_anchored = matcher.pattern.first() == Some(&b'^');
    let (mut result, mut at, mut count) = (Vec::new(), 0, 0);
    while count < most && at <= text.len() {
        let Some(found) = matcher.find_from(at, usize::from(is_anchored), is_anchored)? else { break };
        result.extend_from_slice(&text[at..found.whole.start]);
        fill(&mut result, text, &found, replacement, limit)?;
        count += 1;
        at = found.whole.end;
        if found.whole.is_empty() {
            result.extend(text.get(at));
            at += 1;
        }
        if result.len() > limit {
            return Err(Failure::Exceeded);
        }
        if is_anchored {
            break;
        }
    }
    result.extend_from_slice(text.get(at..).unwrap_or_default());
    Ok((result, count))
}

fn fill(
    result: &mut Vec<u8>,
    text: &[u8],
    found: &Found,
    replacement: &[u8],
    limit: usize,
) -> Result<(), Failure> {
    let mut bytes = replacement.iter();
    while let Some(&byte) = bytes.next() {
        match (byte, (byte == b'%').then(|| bytes.next()).flatten()) {
            (b'%', Some(digit @ b'0'..=b'9')) => {
                let number = usize::from(digit - b'0');
                let whole = Capture::Part(found.whole.start, found.whole.end);
                let capture = match found.captures.get(number.wrapping_sub(1)) {
                    Some(capture) => *capture,
                    None if number == 0 || (number == 1 && found.captures.is_empty()) => whole,
                    None => return Err(Failure::Malformed("invalid capture index")),
                };
                match capture {
                    Capture::Part(begin, end) => result.extend_from_slice(&text[begin..end]),
                    Capture::Place(at) | Capture::Open(at) => {
                        result.extend_from_slice((at + 1).to_string().as_bytes());
                    }
                }
            }
            (b'%', Some(&escaped)) => result.push(escaped),
            (b'%', None) => result.push(0),
            (byte, _) => result.push(byte),
        }
        if result.len() > limit {
            return Err(Failure::Exceeded);
        }
    }
    Ok(())
}
