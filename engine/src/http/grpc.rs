//! Answers to gRPC calls: in headers, without a body.
use std::fmt::Write;

use bytes::Bytes;
use gopura_http1::Headers;

use crate::exchange::{Request, Response, Source, Version};

/// Whether the client speaks gRPC, and so reads no body that says what is wrong.
pub fn is_call(request: &Request) -> bool {
    request.version == Version::Http2
        && request.headers.get("content-type").is_some_and(|value| is_grpc(value))
}

pub fn is_grpc(media: &[u8]) -> bool {
    media.starts_with(b"application/grpc")
}

/// The answer with an HTTP status; without a message it is the name of gRPC's own status.
pub fn answer(status: u16, message: Option<Bytes>, mut headers: Headers, source: Source) -> Response {
    if let Some(message) = message {
        headers.set("grpc-message", one_line(&message));
    }
    complete(&mut headers, status);
    if !headers.contains("content-type") {
        headers.append("Content-Type", "application/grpc");
    }
    Response { status, headers, body: Some(Bytes::new()), source }
}

/// Adds what gRPC clients look for, where a plugin has not said it.
pub fn complete(headers: &mut Headers, status: u16) {
    if headers.contains("grpc-status") {
        return;
    }
    let (code, name) = status_of(status);
    headers.append("grpc-status", code);
    if !headers.contains("grpc-message") {
        headers.append("grpc-message", name);
    }
}

/// gRPC's status for an HTTP one, with its name.
fn status_of(status: u16) -> (&'static str, &'static str) {
    match status {
        401 => ("16", "Unauthenticated"),
        403 => ("7", "PermissionDenied"),
        404 => ("5", "NotFound"),
        409 => ("6", "AlreadyExists"),
        429 => ("8", "ResourceExhausted"),
        499 => ("1", "Canceled"),
        501 => ("12", "Unimplemented"),
        503 => ("14", "Unavailable"),
        504 => ("4", "DeadlineExceeded"),
        200..=299 => ("0", "OK"),
        400..=499 => ("3", "InvalidArgument"),
        500..=599 => ("13", "Internal"),
        _ => ("2", "Unknown"),
    }
}

/// What a header cannot carry is escaped (gRPC over HTTP/2, "Percent-Encoded").
fn one_line(text: &[u8]) -> Bytes {
    let mut line = String::with_capacity(text.len());
    for byte in text {
        match byte {
            b'%' | ..b' ' | 0x7f.. => {
                write!(line, "%{byte:02X}").expect("a string takes all that is written");
            }
            _ => line.push(char::from(*byte)),
        }
    }
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, message: Option<&'static str>) -> (String, String) {
        let answer = answer(status, message.map(Bytes::from), Headers::default(), Source::Exit);
        let text = |name| {
            String::from_utf8_lossy(&answer.headers.get(name).cloned().unwrap_or_default()).into_owned()
        };
        (text("grpc-status"), text("grpc-message"))
    }

    #[test]
    fn statuses_and_messages() {
        let cases = [
            (200, None, "0", "OK"),
            (404, None, "5", "NotFound"),
            (418, None, "3", "InvalidArgument"),
            (429, Some("slow down"), "8", "slow down"),
            (502, Some("a\nb 100%"), "13", "a%0Ab 100%25"),
        ];
        for (status, message, code, shown) in cases {
            assert_eq!(told(status, message), (code.to_owned(), shown.to_owned()));
        }
    }
}
