//! Host patterns: plain, `*.suffix` and `prefix.*`, each with or without a port.

use crate::request::Scheme;
use crate::spec::Flavor;

/// The request's host, split once.
#[derive(Clone, Copy)]
pub(crate) struct Authority<'a> {
    pub name: &'a [u8],
    /// The port written in the request.
    pub explicit: Option<u16>,
    /// That, or the scheme's.
    pub effective: u16,
}

impl<'a> Authority<'a> {
    /// `host` as received. The `traditional` flavour peels brackets and an empty port off.
    pub fn parse(host: &'a [u8], scheme: Scheme, flavor: Flavor) -> Self {
        let (name, explicit) = split_port(host, flavor);
        Self { name, explicit, effective: explicit.unwrap_or(scheme.default_port()) }
    }
}

fn split_port(host: &[u8], flavor: Flavor) -> (&[u8], Option<u16>) {
    let traditional = flavor == Flavor::Traditional;
    if traditional && host.starts_with(b"[") {
        let Some(end) = host.iter().position(|byte| *byte == b']') else { return (host, None) };
        return match &host[end + 1..] {
            [] | [b':'] => (&host[1..end], None),
            [b':', port @ ..] if port_number(port).is_some() => (&host[1..end], port_number(port)),
            _ => (host, None),
        };
    }
    let Some(colon) = host.iter().position(|byte| *byte == b':') else { return (host, None) };
    match &host[colon + 1..] {
        [] if traditional => (&host[..colon], None),
        port => port_number(port).map_or((host, None), |port| (&host[..colon], Some(port))),
    }
}

fn port_number(digits: &[u8]) -> Option<u16> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Where the fixed text of a pattern stands in the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    Exact,
    /// `*.example.com`: the host ends with the text.
    Suffix,
    /// `example.*`: the host begins with the text.
    Prefix,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPattern {
    pub shape: Shape,
    pub text: Box<[u8]>,
    pub port: Option<u16>,
    /// The port may be the scheme's, not only one written in the request.
    default_port_counts: bool,
    /// The star stands for at least one byte.
    star_is_something: bool,
}

impl HostPattern {
    pub fn parse(host: &str, flavor: Flavor) -> Self {
        let (name, port) = split_port(host.as_bytes(), flavor);
        let (shape, text) = match name {
            [b'*', rest @ ..] => (Shape::Suffix, rest),
            [rest @ .., b'*'] => (Shape::Prefix, rest),
            _ => (Shape::Exact, name),
        };
        let traditional = flavor == Flavor::Traditional;
        Self {
            shape,
            text: text.into(),
            port,
            default_port_counts: traditional && shape != Shape::Exact,
            star_is_something: traditional
                && (shape == Shape::Suffix || shape == Shape::Prefix && port.is_some()),
        }
    }

    /// That host and no other, with any port.
    pub fn exact(text: &[u8]) -> Self {
        Self::any_port(Shape::Exact, text)
    }

    /// Hosts that begin so.
    pub fn prefix(text: &[u8]) -> Self {
        Self::any_port(Shape::Prefix, text)
    }

    /// Hosts that end so.
    pub fn suffix(text: &[u8]) -> Self {
        Self::any_port(Shape::Suffix, text)
    }

    fn any_port(shape: Shape, text: &[u8]) -> Self {
        Self { shape, text: text.into(), port: None, default_port_counts: false, star_is_something: false }
    }

    pub fn is_wildcard(&self) -> bool {
        self.shape != Shape::Exact
    }

    /// Whether a host that has the text in its place is accepted whatever else it has.
    pub fn is_only_text(&self) -> bool {
        self.port.is_none() && !self.star_is_something
    }

    /// What is left to check when the text is known to stand in its place.
    pub fn rest_fits(&self, host: &Authority<'_>) -> bool {
        let port_fits = self.port.is_none_or(|port| {
            host.explicit == Some(port) || self.default_port_counts && host.effective == port
        });
        port_fits && !(self.star_is_something && host.name.len() == self.text.len())
    }
}
