//! HTTP/1.1 messages as bytes: strict parsing of heads, framing and chunks. No input or output here.
//!
//! Stricter than nginx where leniency lets two parsers disagree (RFC 9112): bare LF or CR, folded lines, space
//! before the colon, and any doubt about where a body ends are faults. Path bytes are as tolerant as nginx's.
pub mod body;
pub mod chunked;
pub mod fault;
pub mod framing;
pub mod headers;
pub mod host;
pub mod request;
pub mod response;
pub mod scan;
pub mod unique;

pub use body::{Body, Piece};
pub use fault::Fault;
pub use framing::{Framing, request_framing, response_framing};
pub use headers::{Header, Headers};
pub use host::{Host, fold_host, host};
pub use request::{RequestHead, check_path, is_plain_name, parse_request};
pub use response::{ResponseHead, parse_response};
pub use scan::{Limits, Scanner};
pub use unique::refuse_repeated;
