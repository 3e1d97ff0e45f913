//! Reading a body piece by piece out of a buffer.
use crate::chunked::{Decoder, Step};
use crate::{Fault, Framing};

/// Where a body stands.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Length(u64),
    Chunked(Decoder),
    Close,
    Done,
}

/// What the next bytes of the buffer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Read more.
    More,
    /// So many bytes are framing; skip them.
    Skip(usize),
    /// So many bytes are body.
    Data(usize),
    /// So many bytes are a trailer line.
    Trailer(usize),
    End,
}

impl Body {
    pub fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::Empty | Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Decoder::default()),
            Framing::Close => State::Close,
        };
        Self { state }
    }

    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// The next piece of `input`; the caller uses up the bytes that it names.
    pub fn next(&mut self, input: &[u8]) -> Result<Piece, Fault> {
        match &mut self.state {
            State::Done => Ok(Piece::End),
            State::Length(_) | State::Close if input.is_empty() => Ok(Piece::More),
            State::Close => Ok(Piece::Data(input.len())),
            State::Length(left) => {
                let length = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                *left -= length as u64;
                if *left == 0 {
                    self.state = State::Done;
                }
                Ok(Piece::Data(length))
            }
            State::Chunked(decoder) => {
                let piece = match decoder.step(input)? {
                    Step::More => Piece::More,
                    Step::Framing(length) | Step::End(length) => Piece::Skip(length),
                    Step::Data(length) => Piece::Data(length),
                    Step::Trailer(length) => Piece::Trailer(length),
                };
                if decoder.is_done() {
                    self.state = State::Done;
                }
                Ok(piece)
            }
        }
    }

    /// The connection ended; `false` when the body is cut off by that.
    pub fn ended(&mut self) -> bool {
        if matches!(self.state, State::Close) {
            self.state = State::Done;
        }
        self.is_done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_length() {
        let mut body = Body::new(Framing::Length(5));
        assert_eq!(body.next(b""), Ok(Piece::More));
        assert_eq!(body.next(b"abc"), Ok(Piece::Data(3)));
        assert!(!body.ended());
        assert_eq!(body.next(b"dexx"), Ok(Piece::Data(2)));
        assert_eq!(body.next(b"xx"), Ok(Piece::End));
    }

    #[test]
    fn until_close() {
        let mut body = Body::new(Framing::Close);
        assert_eq!(body.next(b"abc"), Ok(Piece::Data(3)));
        assert!(body.ended());
        assert_eq!(body.next(b""), Ok(Piece::End));
    }
}
