//! Reads a pattern as PCRE does and writes it so that both engines mean the same by it.
//!
//! Each of these is read otherwise by them: possessive quantifiers, braces and brackets that are literal, `\h`, `\v`, `\<`,
//! `(?R)`, quotations, control characters, comments.
use crate::Options;
use crate::escape::Escaped;

pub struct Reader<'s> {
    source: &'s [u8],
    pub at: usize,
    pub out: String,
    pub unicode: bool,
    pub extended: bool,
    /// Where in `out` the last atom begins, which a quantifier belongs to.
    last: Option<usize>,
    /// Where the groups begin that are open, and whether blanks meant nothing before them.
    open: Vec<(usize, bool)>,
}

/// The pattern in the syntax that both engines have.
pub fn read(source: &[u8], options: Options) -> Result<String, String> {
    let mut reader = Reader {
        source,
        at: 0,
        out: String::with_capacity(source.len() * 2),
        unicode: options.unicode,
        extended: options.extended,
        last: None,
        open: Vec::new(),
    };
    while let Some(code) = reader.next_char() {
        reader.part(code)?;
    }
    if reader.open.is_empty() { Ok(reader.out) } else { Err("a group is not closed".to_owned()) }
}

impl<'s> Reader<'s> {
    fn part(&mut self, code: u32) -> Result<(), String> {
        match u8::try_from(code).unwrap_or(b'\x80') {
            b'\\' => self.escape(),
            b'(' => self.group(),
            b')' => self.close(),
            b'[' => {
                let begin = self.out.len();
                self.class()?;
                self.last = Some(begin);
                Ok(())
            }
            b'|' => {
                self.out.push('|');
                self.last = None;
                Ok(())
            }
            b'*' | b'+' | b'?' => self.quantifier(1),
            b'{' => match self.interval() {
                Some(length) => self.quantifier(length),
                None => self.character(code),
            },
            byte @ (b'^' | b'$' | b'.') => {
                self.atom(char::from(byte).encode_utf8(&mut [0; 4]));
                Ok(())
            }
            b'#' if self.extended => {
                let comment = self.rest().iter().take_while(|byte| **byte != b'\n').count();
                self.skip(comment);
                Ok(())
            }
            byte if self.extended && (byte.is_ascii_whitespace() || byte == 0x0B) => Ok(()),
            _ => self.character(code),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the other parts")]
    fn character(&mut self, code: u32) -> Result<(), String> {
        self.last = Some(self.out.len());
        self.literal(code);
        Ok(())
    }

    pub fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes something that a quantifier may follow.
    pub fn atom(&mut self, text: &str) {
        self.last = Some(self.out.len());
        self.put(text);
    }

    /// Writes the beginning of a group.
    pub fn open(&mut self, text: &str) {
        self.open.push((self.out.len(), self.extended));
        self.put(text);
        self.last = None;
    }

    fn close(&mut self) -> Result<(), String> {
        let (begin, extended) = self.open.pop().ok_or("a parenthesis that closes nothing")?;
        self.out.push(')');
        self.last = Some(begin);
        self.extended = extended;
        Ok(())
    }

    /// The length of `{1}`, `{1,}` or `{1,2}`; other braces are literal.
    fn interval(&self) -> Option<usize> {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = self.rest();
        let mut length = digits(rest);
        if length == 0 {
            return None;
        }
        if rest.get(length) == Some(&b',') {
            length += 1;
            length += digits(&rest[length..]);
        }
        (rest.get(length) == Some(&b'}')).then_some(length + 2)
    }

    /// Writes a quantifier of that length, which begins one byte back; one that gives nothing back makes its atom atomic.
    fn quantifier(&mut self, length: usize) -> Result<(), String> {
        let begin = self.last.ok_or("nothing to repeat")?;
        self.at -= 1;
        let text = String::from_utf8_lossy(self.skip(length)).into_owned();
        if let Some((least, most)) = text.trim_matches(['{', '}']).split_once(',') {
            let numbers = least.parse::<u32>().ok().zip(most.parse::<u32>().ok());
            if numbers.is_some_and(|(least, most)| least > most) {
                return Err(format!("{text} is out of order"));
            }
        }
        self.put(&text);
        if self.take(b"+") {
            self.out.insert_str(begin, "(?>");
            self.out.push(')');
        } else if self.take(b"?") {
            self.out.push('?');
        }
        self.last = None;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let begin = self.out.len();
        match self.rest().first().copied().unwrap_or_default() {
            b'Q' => {
                self.skip(1);
                for byte in self.quoted() {
                    self.character(u32::from(*byte))?;
                }
                return Ok(());
            }
            b'E' => {
                self.skip(1);
                return Ok(());
            }
            letter @ (b'b' | b'B' | b'A' | b'z' | b'Z' | b'G' | b'K') => {
                self.skip(1);
                self.out.push('\\');
                self.out.push(char::from(letter));
            }
            b'R' => {
                self.skip(1);
                self.put(r"(?:\r\n|[\n\x0B\x0C\r\x85])");
            }
            b'N' => {
                self.skip(1);
                self.put(r"[^\n]");
            }
            letter @ (b'p' | b'P' | b'X' | b'C') => {
                return Err(format!("\\{} is not supported", char::from(letter)));
            }
            b'k' | b'g' => return self.back_reference(),
            b'1'..=b'9' => {
                if let Some(length) = self.is_reference() {
                    let number = String::from_utf8_lossy(self.skip(length)).into_owned();
                    self.put(&format!("(?:\\{number})"));
                } else {
                    self.characters()?;
                }
            }
            _ => self.characters()?,
        }
        self.last = Some(begin);
        Ok(())
    }

    fn characters(&mut self) -> Result<(), String> {
        match self.escaped()? {
            Escaped::Char(code) => self.literal(code),
            Escaped::Set(set) => self.put(&format!("[{set}]")),
        }
        Ok(())
    }

    /// How many digits name a group: `\11` is a character unless there are eleven groups.
    fn is_reference(&self) -> Option<usize> {
        let length = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number: usize = std::str::from_utf8(&self.rest()[..length]).ok()?.parse().ok()?;
        let groups = self.source.split(|byte| *byte == b'(').count() - 1;
        (number < 10 || number <= groups).then_some(length)
    }

    /// `\k<name>`, `\k{name}`, `\g{1}`, `\g1`; `\g<name>` calls the group.
    fn back_reference(&mut self) -> Result<(), String> {
        let is_call = self.take(b"g<") || self.take(b"g'");
        if is_call {
            let end = if self.source[self.at - 1] == b'<' { b'>' } else { b'\'' };
            return self.reference(r"\g<", end);
        }
        self.skip(1);
        for (begin, end) in [(b"<", b'>'), (b"{", b'}'), (b"'", b'\'')] {
            if self.take(begin) {
                return self.reference(r"\k<", end);
            }
        }
        let length = self.rest().iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
        let number = String::from_utf8_lossy(self.skip(length)).into_owned();
        self.atom(&format!(r"\k<{number}>"));
        Ok(())
    }

    // The text ------------------------------------------------------------------------------------------------------

    pub fn rest(&self) -> &'s [u8] {
        &self.source[self.at..]
    }

    /// Takes so many bytes.
    pub fn skip(&mut self, count: usize) -> &'s [u8] {
        let taken = &self.rest()[..count];
        self.at += count;
        taken
    }

    /// Takes these bytes when they are next.
    pub fn take(&mut self, bytes: &[u8]) -> bool {
        let is_next = self.rest().starts_with(bytes);
        if is_next {
            self.at += bytes.len();
        }
        is_next
    }

    /// Takes what is before the next byte of this kind, and that too.
    pub fn up_to(&mut self, end: u8) -> Option<&'s [u8]> {
        let length = self.rest().iter().position(|byte| *byte == end)?;
        let taken = self.skip(length);
        self.skip(1);
        Some(taken)
    }

    /// What stands between `\Q` and `\E`.
    pub fn quoted(&mut self) -> &'s [u8] {
        let rest = self.rest();
        let length = rest.windows(2).position(|pair| pair == br"\E").unwrap_or(rest.len());
        let taken = self.skip(length);
        self.take(br"\E");
        taken
    }

    /// One character: a byte, or with `u` one of UTF-8.
    pub fn next_char(&mut self) -> Option<u32> {
        let first = *self.rest().first()?;
        if !self.unicode || first < 0x80 {
            self.at += 1;
            return Some(u32::from(first));
        }
        let length = self.rest().len().min(4);
        let chunk = self.rest()[..length].utf8_chunks().next()?;
        let found = chunk.valid().chars().next();
        self.at += found.map_or(1, char::len_utf8);
        Some(found.map_or(u32::from(first), u32::from))
    }
}
