//! Why a message is refused.

/// A refusal; the connection closes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 400, with the reason for the log.
    Bad(&'static str),
    /// 414: the request line is longer than the limit.
    LongLine,
    /// 494, nginx's own: a header line, the head, or the number of lines is over the limit.
    LargeHead,
    /// 501: a transfer coding other than chunked.
    UnknownCoding,
    /// 505: neither HTTP/1.0 nor HTTP/1.1.
    UnknownVersion,
}

impl Fault {
    pub fn status(self) -> u16 {
        match self {
            Self::Bad(_) => 400,
            Self::LongLine => 414,
            Self::LargeHead => 494,
            Self::UnknownCoding => 501,
            Self::UnknownVersion => 505,
        }
    }

    /// What the error log says.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Bad(reason) => reason,
            Self::LongLine => "the request line is too long",
            Self::LargeHead => "the header is too large",
            Self::UnknownCoding => "unknown transfer coding",
            Self::UnknownVersion => "unsupported HTTP version",
        }
    }
}
