//! The answer of the router.

use crate::entry::{Entry, Paths, Takes};
use crate::expression::{Subject, Taken};
use crate::pattern::{Capture, Pattern};
use crate::spec::{Flavor, PathHandling, Terms};
use crate::upstream::{join, sanitize_postfix};

/// The route that serves a request, and how much of its path it matched.
pub struct Match<'r> {
    /// The route's dense number: stable while the route exists, also over [`crate::Router::update`]; may be
    /// given to another route after its removal. Keep what belongs to routes in a `Vec` by slot.
    pub slot: usize,
    pub route: &'r Terms,
    /// Bytes of the path that the route's own path matched; `None` when the route has no paths.
    pub matched_path: Option<usize>,
    /// The regex that matched the path.
    pub(crate) pattern: Option<&'r Pattern>,
    pub(crate) flavor: Flavor,
}

/// What the route's `protocols` say to a request that matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Proceed,
    /// An HTTPS route met by plain HTTP: redirect to `https://` with this status (301, 302, 307, 308).
    Redirect(u16),
    /// The same with status 426 "Please use HTTPS protocol", `Upgrade: TLS/1.2, HTTP/1.1`.
    UseHttps,
    /// A gRPC request over HTTP/1: 426 "Please use HTTP2 protocol", `Upgrade: HTTP/2`.
    UseHttp2,
    /// A gRPC route met by something else: 415 "Non-gRPC request matched gRPC route".
    NotGrpc,
    /// A gRPCS route met over plain HTTP: 200 with `grpc-status: 1`, "gRPC request matched gRPCs route".
    UseGrpcs,
}

impl Match<'_> {
    /// The prefix that is stripped, for `X-Forwarded-Prefix` (which Kong leaves out when it is `/`).
    pub fn prefix<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        let length = self.matched_path.filter(|_| self.route.strip_path)?;
        Some(&path[..length])
    }

    /// Appends the path for the upstream to `out`, not yet escaped (see [`crate::escape_path`]) and without query.
    /// `path` is the request's normalised path, `service_path` the service's `path` or `/`.
    pub fn upstream_path(&self, out: &mut Vec<u8>, path: &[u8], service_path: &[u8]) {
        let strip = self.route.strip_path;
        let handling = match self.flavor {
            Flavor::Traditional => self.route.path_handling,
            _ => PathHandling::V0,
        };
        let postfix = match self.prefix(path) {
            Some(prefix) => sanitize_postfix(&path[prefix.len()..]),
            None => sanitize_postfix(path.get(1..).unwrap_or_default()),
        };
        join(out, handling, strip, service_path, path, postfix);
    }

    /// The capture groups of the matched regex path; empty for other paths. Computed when asked for.
    pub fn captures<'p>(&self, path: &'p [u8]) -> Vec<Capture<'_, 'p>> {
        self.pattern.map(|pattern| pattern.captures(path)).unwrap_or_default()
    }

    /// Compares the route's protocols with the request. `https` is what the client used as far as trusted
    /// proxies say (`X-Forwarded-Proto`).
    pub fn verdict(&self, https: bool, over_http2: bool, content_type: Option<&[u8]>) -> Verdict {
        let route = self.route;
        if route.speaks("https") && !route.speaks("http") && !https {
            return match route.https_redirect_status_code {
                Some(status @ (301 | 302 | 307 | 308)) => Verdict::Redirect(status),
                _ => Verdict::UseHttps,
            };
        }
        if !route.speaks("grpc") && !route.speaks("grpcs") {
            return Verdict::Proceed;
        }
        let is_grpc = content_type.is_some_and(|value| value.starts_with(b"application/grpc"));
        match (is_grpc, over_http2) {
            (false, _) => Verdict::NotGrpc,
            (true, false) => Verdict::UseHttp2,
            (true, true) if !route.speaks("grpc") && !https => Verdict::UseGrpcs,
            (true, true) => Verdict::Proceed,
        }
    }
}

/// What the entry that serves a request says about its path.
pub(crate) fn taken<'e>(entry: &'e Entry, subject: Subject<'_>) -> Taken<'e> {
    let path = subject.request.path;
    let mut taken = Taken::default();
    if let Takes::Prefix(length) = entry.takes {
        taken.length = length.map(|length| length as usize);
        return taken;
    }
    match (&entry.asked.expression, &entry.asked.paths) {
        (Some(expression), _) => _ = expression.taken(subject, &mut taken),
        (None, Paths::Any | Paths::Prefixes(_)) => {}
        (None, Paths::Patterns(patterns)) => {
            let found = patterns.iter().find_map(|pattern| Some((pattern, pattern.find(path)?)));
            taken.length = found.as_ref().map(|(_, range)| range.len());
            taken.pattern = found.map(|(pattern, _)| &**pattern);
        }
    }
    taken
}
