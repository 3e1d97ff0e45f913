//! The values that an expression can ask for.

use super::query;
use super::tree::Subject;
use crate::header::FieldName;
use crate::pattern::with_lower;
use crate::request::Scheme;
use crate::spec::Flavor;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Protocol,
    Sni,
    Method,
    Host,
    Path,
    /// The values in lower case.
    Header(FieldName),
    /// The decoded values of an argument.
    Query(Box<str>),
    Port,
    /// A field of stream routes: it has no value here.
    Unknown,
}

impl Field {
    pub fn parse(name: &str) -> Self {
        match name {
            "net.protocol" => Self::Protocol,
            "tls.sni" => Self::Sni,
            "http.method" => Self::Method,
            "http.host" => Self::Host,
            "http.path" => Self::Path,
            "net.port" => Self::Port,
            _ => match (name.strip_prefix("http.headers."), name.strip_prefix("http.queries.")) {
                (Some(header), _) => Self::Header(FieldName::new(header, Flavor::Expressions)),
                (_, Some(argument)) => Self::Query(argument.into()),
                _ => Self::Unknown,
            },
        }
    }

    /// Calls `test` with each value of a text field until it says that it has seen enough.
    pub fn texts(&self, subject: &Subject<'_>, test: &mut dyn FnMut(&[u8]) -> bool) {
        let request = subject.request;
        let one = match self {
            Self::Protocol if request.scheme == Scheme::Http => Some(&b"http"[..]),
            Self::Protocol => Some(&b"https"[..]),
            Self::Sni => request.sni,
            Self::Method => Some(request.method),
            Self::Host => subject.host.map(|host| host.name),
            Self::Path => Some(request.path),
            Self::Header(name) => {
                name.any(request.headers, &mut |value| with_lower(value, |value| test(value)));
                None
            }
            Self::Query(name) => {
                query::values(request.query, name.as_bytes(), test);
                None
            }
            Self::Port | Self::Unknown => None,
        };
        if let Some(value) = one {
            test(value);
        }
    }

    /// The value of a field that is a number.
    pub fn number(&self, subject: &Subject<'_>) -> Option<i64> {
        match self {
            Self::Port => subject.host?.explicit.map(i64::from),
            _ => None,
        }
    }
}
