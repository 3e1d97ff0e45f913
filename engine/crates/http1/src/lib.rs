//! HTTP/1.1 messages as bytes: strict parsing of heads, framing and chunks. No input or output here.
pub mod headers;

pub use headers::{Header, Headers};
