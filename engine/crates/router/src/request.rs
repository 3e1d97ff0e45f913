//! What the router looks at in a request. Everything is borrowed; nothing is copied.

/// The protocol that the client spoke to the gateway (after `PROXY` and TLS, before `X-Forwarded-Proto`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// The port that a host without one means.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Access to the request's header fields.
pub trait Headers {
    /// Whether `test` holds for one of the values of the field `name` (given in lower case; field
    /// names compare without case). Values are visited in the order received, one per field line.
    fn any(&self, name: &str, test: &mut dyn FnMut(&[u8]) -> bool) -> bool;
}

/// Pairs of name and value, in the order received.
impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn any(&self, name: &str, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let mut fields =
            self.iter().filter(|(field, _)| field.as_ref().eq_ignore_ascii_case(name.as_bytes()));
        fields.any(|(_, value)| test(value.as_ref()))
    }
}

/// One request, as the router sees it.
pub struct Request<'a> {
    /// As received; methods are case-sensitive.
    pub method: &'a [u8],
    /// The `Host` field or `:authority` as received, with its port if it had one; compared with case, as Kong does.
    pub host: Option<&'a [u8]>,
    /// The path without query, once through [`crate::normalize_path`].
    pub path: &'a [u8],
    /// What follows the first `?`, undecoded; only expressions look at it.
    pub query: &'a [u8],
    pub scheme: Scheme,
    /// The server name of the TLS handshake.
    pub sni: Option<&'a [u8]>,
    pub headers: &'a (dyn Headers + 'a),
}
