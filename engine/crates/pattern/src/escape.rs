//! What follows a backslash, inside of classes and outside.
use crate::syntax::Reader;

/// One character, or a set of them as it stands in a class.
pub enum Escaped {
    Char(u32),
    Set(&'static str),
}

impl Reader<'_> {
    /// Reads an escape that stands for characters; `self.at` is behind the backslash.
    pub fn escaped(&mut self) -> Result<Escaped, String> {
        let letter = self.next_char().ok_or("a backslash at the end")?;
        Ok(match u8::try_from(letter).unwrap_or(b'\x80') {
            b'd' => Escaped::Set(r"\d"),
            b'D' => Escaped::Set(r"\D"),
            b'w' => Escaped::Set(r"\w"),
            b'W' => Escaped::Set(r"\W"),
            b's' => Escaped::Set(r"\s"),
            b'S' => Escaped::Set(r"\S"),
            b'h' => Escaped::Set(r"\t\x20\xA0"),
            b'H' => Escaped::Set(r"[^\t\x20\xA0]"),
            b'v' => Escaped::Set(r"\n\x0B\x0C\r\x85"),
            b'V' => Escaped::Set(r"[^\n\x0B\x0C\r\x85]"),
            b'n' => Escaped::Char(0x0A),
            b'r' => Escaped::Char(0x0D),
            b't' => Escaped::Char(0x09),
            b'f' => Escaped::Char(0x0C),
            b'e' => Escaped::Char(0x1B),
            b'a' => Escaped::Char(0x07),
            b'c' => Escaped::Char(self.control()?),
            b'x' => Escaped::Char(self.hexadecimal()?),
            digit @ b'0'..=b'7' => Escaped::Char(self.octal(u32::from(digit - b'0'))),
            // PCRE takes letters that mean nothing as themselves.
            _ => Escaped::Char(letter),
        })
    }

    fn control(&mut self) -> Result<u32, String> {
        let letter = self.next_char().filter(|letter| *letter < 0x80).ok_or(r"\c without a letter")?;
        let upper = if (0x61..=0x7A).contains(&letter) { letter - 32 } else { letter };
        Ok(upper ^ 0x40)
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let digits = if self.take(b"{") {
            self.up_to(b'}').ok_or(r"\x{ without its end")?
        } else {
            let count = self.rest().iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
            self.skip(count)
        };
        let digits = std::str::from_utf8(digits).unwrap_or("?");
        let code = if digits.is_empty() { Ok(0) } else { u32::from_str_radix(digits, 16) };
        let highest = if self.unicode { 0x10_FFFF } else { 0xFF };
        code.ok().filter(|code| *code <= highest).ok_or_else(|| format!(r"\x{{{digits}}} is no character"))
    }

    fn octal(&mut self, first: u32) -> u32 {
        let count = self.rest().iter().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        self.skip(count).iter().fold(first, |code, digit| code * 8 + u32::from(digit - b'0')) & 0xFF
    }

    /// What stands for one character in both engines.
    pub fn literal(&mut self, code: u32) {
        match u8::try_from(code) {
            Ok(byte) if byte.is_ascii_alphanumeric() || byte == b'_' => self.out.push(char::from(byte)),
            Ok(byte) if byte.is_ascii() || !self.unicode => self.put(&format!(r"\x{byte:02X}")),
            _ => self.put(&format!(r"\x{{{code:X}}}")),
        }
    }
}
