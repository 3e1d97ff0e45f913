//! The chunked coding (RFC 9112, section 7).
use memchr::memchr;

use crate::Fault;
use crate::request::{TOKEN, has_control};

/// Longest size line with its extensions.
const LINE: usize = 256;
/// Bytes of all trailer lines.
const TRAILERS: usize = 8 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    Data(u64),
    /// The CRLF behind the data.
    DataEnd,
    Trailers(usize),
    Done,
}

/// What the next bytes of the input are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Not enough input; read more.
    More,
    /// Skip so many bytes: framing.
    Framing(usize),
    /// So many bytes of body.
    Data(usize),
    /// So many bytes are a trailer line with its CRLF.
    Trailer(usize),
    /// So many bytes end the message.
    End(usize),
}

/// Reads the coding without copying; the caller takes the bytes that a step names and asks again.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    state: State,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { state: State::Size }
    }
}

impl Decoder {
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    pub fn step(&mut self, input: &[u8]) -> Result<Step, Fault> {
        match self.state {
            State::Size => self.size(input),
            State::Data(left) => Ok(self.data(input, left)),
            State::DataEnd => self.data_end(input),
            State::Trailers(seen) => self.trailer(input, seen),
            State::Done => Ok(Step::End(0)),
        }
    }

    fn size(&mut self, input: &[u8]) -> Result<Step, Fault> {
        let Some(line) = line(input, LINE)? else { return Ok(Step::More) };
        self.state = match parse_size(line)? {
            0 => State::Trailers(0),
            size => State::Data(size),
        };
        Ok(Step::Framing(line.len() + 2))
    }

    fn data(&mut self, input: &[u8], left: u64) -> Step {
        if input.is_empty() {
            return Step::More;
        }
        let length = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let left = left - length as u64;
        self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
        Step::Data(length)
    }

    fn data_end(&mut self, input: &[u8]) -> Result<Step, Fault> {
        match input {
            [b'\r', b'\n', ..] => {
                self.state = State::Size;
                Ok(Step::Framing(2))
            }
            [] | [b'\r'] => Ok(Step::More),
            _ => Err(Fault::Bad("no CRLF behind a chunk")),
        }
    }

    fn trailer(&mut self, input: &[u8], seen: usize) -> Result<Step, Fault> {
        let Some(line) = line(input, TRAILERS - seen.min(TRAILERS))? else { return Ok(Step::More) };
        if line.is_empty() {
            self.state = State::Done;
            return Ok(Step::End(2));
        }
        self.state = State::Trailers(seen + line.len() + 2);
        // What is no field, or none that may stand there, goes no further.
        let length = line.len() + 2;
        Ok(if is_trailer(line) { Step::Trailer(length) } else { Step::Framing(length) })
    }
}

/// The line at the start of the input, without its CRLF.
fn line(input: &[u8], limit: usize) -> Result<Option<&[u8]>, Fault> {
    let Some(end) = memchr(b'\n', input) else {
        let full = input.len() > limit;
        return if full { Err(Fault::Bad("chunk line too long")) } else { Ok(None) };
    };
    match input[..end].split_last() {
        Some((b'\r', line)) if line.len() <= limit && !line.contains(&b'\r') => Ok(Some(line)),
        _ => Err(Fault::Bad("malformed chunk line")),
    }
}

/// Whether a line is a field that may stand behind a body: well-formed, and not about the message's own framing or its
/// connection (RFC 9110, 6.5.1).
pub fn is_trailer(line: &[u8]) -> bool {
    let length = line.iter().take_while(|byte| TOKEN[usize::from(**byte)]).count();
    let (name, value) = line.split_at(length);
    length > 0 && value.first() == Some(&b':') && !has_control(value) && !is_framing(name)
}

fn is_framing(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 13] = [
        b"content-length",
        b"transfer-encoding",
        b"content-encoding",
        b"content-type",
        b"content-range",
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"upgrade",
        b"host",
        b"te",
        b"trailer",
        b"set-cookie",
    ];
    NAMES.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// `1*HEXDIG [extensions]`.
fn parse_size(line: &[u8]) -> Result<u64, Fault> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    if digits == 0 || digits > 15 {
        return Err(Fault::Bad("malformed chunk size"));
    }
    if !extensions(&line[digits..]) {
        return Err(Fault::Bad("malformed chunk extension"));
    }
    let digit = |byte: &u8| u64::from(char::from(*byte).to_digit(16).unwrap_or(0));
    Ok(line[..digits].iter().fold(0, |sum, byte| sum * 16 + digit(byte)))
}

/// `*( ";" token [ "=" ( token / quoted-string ) ] )`, without blanks.
fn extensions(mut rest: &[u8]) -> bool {
    while let Some((b';', tail)) = rest.split_first() {
        let Some(tail) = token(tail) else { return false };
        rest = match tail.split_first() {
            Some((b'=', [b'"', quoted @ ..])) => match quoted_string(quoted) {
                Some(tail) => tail,
                None => return false,
            },
            Some((b'=', tail)) => match token(tail) {
                Some(tail) => tail,
                None => return false,
            },
            _ => tail,
        };
    }
    rest.is_empty()
}

fn token(bytes: &[u8]) -> Option<&[u8]> {
    let length = bytes.iter().take_while(|byte| TOKEN[usize::from(**byte)]).count();
    (length > 0).then(|| &bytes[length..])
}

fn quoted_string(bytes: &[u8]) -> Option<&[u8]> {
    let plain = |byte: &&u8| !matches!(**byte, 0..=8 | 10..=31 | 127 | b'"' | b'\\');
    let length = bytes.iter().take_while(plain).count();
    (bytes.get(length) == Some(&b'"')).then(|| &bytes[length + 1..])
}

/// Appends the size line of a chunk.
pub fn size_line(out: &mut Vec<u8>, length: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut shift = (usize::BITS - (length | 1).leading_zeros()).div_ceil(4) * 4;
    while shift > 0 {
        shift -= 4;
        out.push(DIGITS[(length >> shift) & 15]);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the input in pieces of `size`; gives the body and the trailer lines.
    fn decode(input: &[u8], size: usize) -> Result<(Vec<u8>, Vec<u8>, usize), Fault> {
        let (mut body, mut trailers, mut at, mut end) = (Vec::new(), Vec::new(), 0, 0);
        let mut decoder = Decoder::default();
        while !decoder.is_done() {
            match decoder.step(&input[at..end])? {
                Step::More if end == input.len() => return Err(Fault::Bad("end of input")),
                Step::More => end = input.len().min(end + size),
                Step::Framing(length) | Step::End(length) => at += length,
                Step::Data(length) => {
                    body.extend_from_slice(&input[at..at + length]);
                    at += length;
                }
                Step::Trailer(length) => {
                    trailers.extend_from_slice(&input[at..at + length]);
                    at += length;
                }
            }
        }
        Ok((body, trailers, at))
    }

    #[test]
    fn decodes_in_pieces_of_any_size() {
        let input = b"3\r\nabc\r\n0A;x=1;y=\"z\"\r\n0123456789\r\n0\r\nA: b\r\nC: d\r\n\r\nnext";
        for size in 1..input.len() {
            let (body, trailers, used) = decode(input, size).unwrap();
            assert_eq!(body, b"abc0123456789");
            assert_eq!(trailers, b"A: b\r\nC: d\r\n");
            assert_eq!(&input[used..], b"next");
        }
    }

    #[test]
    fn refuses() {
        // RFC 9112, 7.1 and 7.1.1.
        let cases: [&[u8]; 20] = [
            b"zz\r\n",
            b"\r\n",
            b" 3\r\nabc\r\n",
            b"3 \r\nabc\r\n",
            b"3\nabc\n0\n\n",
            b"-3\r\nabc\r\n",
            b"+3\r\nabc\r\n",
            b"0x3\r\nabc\r\n",
            b"3\r\nabcd\r\n",
            b"3\r\nabc\n0\r\n\r\n",
            b"3\r\nabc0\r\n\r\n",
            b"3;\r\nabc\r\n",
            b"3;=1\r\nabc\r\n",
            b"3;a=\"b\r\nabc\r\n",
            b"3;a\nb\r\nabc\r\n",
            b"3;a\rb\r\nabc\r\n",
            b"3;a b\r\nabc\r\n",
            b"1000000000000000\r\n",
            b"3, 4\r\nabc\r\n",
            b"0\r\n\n",
        ];
        for input in cases {
            let error = decode(input, 1000).expect_err(&String::from_utf8_lossy(input));
            assert_ne!(error, Fault::Bad("end of input"), "{:?}", String::from_utf8_lossy(input));
        }
    }

    #[test]
    fn trailers() {
        let cases: [(&[u8], bool); 16] = [
            (b"A: b", true),
            (b"grpc-status:0", true),
            (b"A:", true),
            (b"A: \xe4\t", true),
            (b"A", false),
            (b": b", false),
            (b"A : b", false),
            (b" A: b", false),
            (b"A b", false),
            (b"A: b\0c", false),
            (b"A: \x1b", false),
            (b"A\0: b", false),
            (b"Content-Length: 1", false),
            (b"transfer-encoding: chunked", false),
            (b"Connection: A", false),
            (b"Set-Cookie: a=b", false),
        ];
        for (line, expected) in cases {
            assert_eq!(is_trailer(line), expected, "{}", String::from_utf8_lossy(line));
            let (_, trailers, _) = decode(&[b"0\r\n", line, b"\r\n\r\n"].concat(), 1000).unwrap();
            assert_eq!(!trailers.is_empty(), expected, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn size_lines() {
        for (length, line) in [(0, "0"), (1, "1"), (15, "f"), (16, "10"), (255, "ff"), (65536, "10000")] {
            let mut out = Vec::new();
            size_line(&mut out, length);
            assert_eq!(out, format!("{line}\r\n").into_bytes());
        }
    }
}
