//! Character classes: what is literal in PCRE's is not set arithmetic in ours.
use crate::escape::Escaped;
use crate::syntax::Reader;

const NAMES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

impl Reader<'_> {
    /// Reads a class; `self.at` is behind its bracket.
    pub fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.take(b"^") {
            self.out.push('^');
        }
        let mut is_first = true;
        while is_first || !self.take(b"]") {
            self.item()?;
            is_first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// One character, a range or a set.
    fn item(&mut self) -> Result<(), String> {
        if let Some(name) = self.posix()? {
            self.put(&name);
            return Ok(());
        }
        if self.take(br"\Q") {
            for byte in self.quoted() {
                self.literal(u32::from(*byte));
            }
            return Ok(());
        }
        let first = self.member()?;
        let Escaped::Char(low) = first else {
            if let Escaped::Set(set) = first {
                self.put(set);
            }
            return Ok(());
        };
        self.literal(low);
        let before = self.at;
        if !self.take(b"-") || self.rest().starts_with(b"]") || self.posix()?.is_some() {
            self.at = before;
            return Ok(());
        }
        match self.member()? {
            Escaped::Char(high) if low <= high => {
                self.out.push('-');
                self.literal(high);
            }
            Escaped::Char(_) => return Err("a range out of order in a class".to_owned()),
            Escaped::Set(_) => self.at = before, // the hyphen is one
        }
        Ok(())
    }

    fn member(&mut self) -> Result<Escaped, String> {
        if !self.take(b"\\") {
            return Ok(Escaped::Char(self.next_char().ok_or("a class without its end")?));
        }
        if self.take(b"b") { Ok(Escaped::Char(0x08)) } else { self.escaped() }
    }

    /// A name such as `[:alpha:]` or `[:^alpha:]`.
    fn posix(&mut self) -> Result<Option<String>, String> {
        let Some(inside) = self.rest().strip_prefix(b"[:") else { return Ok(None) };
        let length = inside.iter().take_while(|byte| byte.is_ascii_lowercase() || **byte == b'^').count();
        if !inside[length..].starts_with(b":]") {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(self.skip(length + 4)).into_owned();
        let name = text.trim_matches(['[', ']', ':']).trim_start_matches('^');
        if NAMES.contains(&name) { Ok(Some(text)) } else { Err(format!("{text} is no class")) }
    }
}
