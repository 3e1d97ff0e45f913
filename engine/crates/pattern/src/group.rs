//! What follows an opening parenthesis.
use crate::syntax::Reader;

/// Those that mean the same in both.
const ALIKE: [&str; 6] = ["?:", "?=", "?!", "?>", "?<=", "?<!"];

impl Reader<'_> {
    /// Reads the beginning of a group; `self.at` is behind the parenthesis.
    pub fn group(&mut self) -> Result<(), String> {
        if self.rest().starts_with(b"*") {
            return Err("verbs such as (*UTF8) are not supported".to_owned());
        }
        if !self.rest().starts_with(b"?") {
            self.open("(");
            return Ok(());
        }
        if let Some(kind) = ALIKE.iter().find(|kind| self.take(kind.as_bytes())) {
            self.open(&format!("({kind}"));
            return Ok(());
        }
        self.skip(1);
        if self.take(b"#") {
            return self.up_to(b')').map(drop).ok_or("a comment without its end".to_owned());
        }
        if self.take(b"(") {
            return self.condition();
        }
        if self.take(b"P=") {
            return self.reference(r"\k<", b')');
        }
        if self.take(b"P>") || self.take(b"&") {
            return self.reference(r"\g<", b')');
        }
        if self.take(b"R)") {
            self.atom(r"\g<0>");
            return Ok(());
        }
        let digits = self.rest().strip_prefix(b"+").or(self.rest().strip_prefix(b"-")).unwrap_or(self.rest());
        if digits.first().is_some_and(u8::is_ascii_digit) {
            return self.reference(r"\g<", b')');
        }
        if self.take(b"P<") || self.take(b"<") {
            return self.named(b'>');
        }
        if self.take(b"'") {
            return self.named(b'\'');
        }
        self.flags()
    }

    fn named(&mut self, end: u8) -> Result<(), String> {
        let name = self.name(end)?;
        self.open(&format!("(?P<{name}>"));
        Ok(())
    }

    fn condition(&mut self) -> Result<(), String> {
        let text = self.up_to(b')').ok_or("a condition without its end")?;
        let name: Vec<u8> = text.iter().copied().filter(|byte| !b"<>'".contains(byte)).collect();
        let name = String::from_utf8(name).unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err("conditions on anything but groups are not supported".to_owned());
        }
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        self.open(&if is_number { format!("(?({name})") } else { format!("(?(<{name}>)") });
        Ok(())
    }

    /// A reference to a group by name or number, as one atom.
    pub fn reference(&mut self, how: &str, end: u8) -> Result<(), String> {
        let name = self.name(end)?;
        self.atom(&format!("{how}{name}>"));
        Ok(())
    }

    fn name(&mut self, end: u8) -> Result<String, String> {
        let name = self.up_to(end).unwrap_or_default();
        let is_fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"_+-".contains(byte);
        if name.is_empty() || !name.iter().all(is_fine) {
            return Err(
                "a group's name is missing or has other characters than A-Z, a-z, 0-9 and _".to_owned()
            );
        }
        Ok(String::from_utf8_lossy(name).into_owned())
    }

    /// `(?i)`, which holds to the end of the group around it, or `(?i:`, a group.
    fn flags(&mut self) -> Result<(), String> {
        let (mut kept, mut extended, mut on) = (String::new(), self.extended, true);
        loop {
            match self.next_char().and_then(char::from_u32) {
                Some('x') => extended = on,
                Some(flag @ ('i' | 'm' | 's' | 'U')) => kept.push(flag),
                Some('J') => {}
                Some('-') if on => {
                    on = false;
                    kept.push('-');
                }
                Some(end @ (')' | ':')) => {
                    let kept = kept.trim_end_matches('-');
                    if end == ':' {
                        self.open(&format!("(?{kept}:"));
                    } else if !kept.is_empty() {
                        self.put(&format!("(?{kept})"));
                    }
                    self.extended = extended;
                    return Ok(());
                }
                _ => return Err("a group of an unknown kind".to_owned()),
            }
        }
    }
}
