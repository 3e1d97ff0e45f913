//! Finding the end of a head while it arrives, with limits on its size.
use memchr::memchr;

use crate::Fault;

/// Bounds on one head. The defaults are nginx's `large_client_header_buffers 4 8k`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one line.
    pub line: usize,
    /// Bytes of the whole head.
    pub head: usize,
    /// Number of header lines.
    pub lines: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 8 * 1024, head: 32 * 1024, lines: 1000 }
    }
}

/// Looks for the empty line; keeps its place between reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scanner {
    /// Where the current line starts.
    line: usize,
    lines: usize,
}

impl Scanner {
    /// `buffer` is everything received since the first byte of the head. Gives the length of the head with its
    /// empty line once it is complete.
    pub fn advance(&mut self, buffer: &[u8], limits: &Limits) -> Result<Option<usize>, Fault> {
        while let Some(length) = memchr(b'\n', &buffer[self.line..]) {
            if length == 0 || buffer[self.line + length - 1] != b'\r' {
                return Err(Fault::Bad("bare LF"));
            }
            self.check(length + 1, limits)?;
            self.line += length + 1;
            if length == 1 {
                return Ok(Some(self.line));
            }
            self.lines += 1;
        }
        self.check(buffer.len() - self.line, limits)?;
        Ok(None)
    }

    fn check(&self, length: usize, limits: &Limits) -> Result<(), Fault> {
        if length > limits.line {
            return Err(if self.lines == 0 { Fault::LongLine } else { Fault::LargeHead });
        }
        if self.line + length > limits.head || self.lines > limits.lines {
            return Err(Fault::LargeHead);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits { line: 20, head: 40, lines: 2 };

    #[test]
    fn finds_the_empty_line_in_pieces() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
        let mut scanner = Scanner::default();
        for end in 0..27 {
            assert_eq!(scanner.advance(&head[..end], &SMALL), Ok(None), "{end}");
        }
        assert_eq!(scanner.advance(head, &SMALL), Ok(Some(27)));
    }

    #[test]
    fn limits_and_bare_line_feeds() {
        let cases: [(&[u8], Fault); 6] = [
            (b"GET /\n", Fault::Bad("bare LF")),
            (b"\n", Fault::Bad("bare LF")),
            (b"GET /01234567890123456", Fault::LongLine),
            (b"GET /\r\nA: 01234567890123456789", Fault::LargeHead),
            (b"GET /\r\nA: 0123456789\r\nB: 0123456789\r\nC: 0", Fault::LargeHead),
            (b"G\r\nA:1\r\nB:1\r\nC:1\r\nD:1\r\n", Fault::LargeHead),
        ];
        for (head, fault) in cases {
            assert_eq!(Scanner::default().advance(head, &SMALL), Err(fault), "{head:?}");
        }
    }
}
