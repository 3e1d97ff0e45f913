//! What nginx's `log_format` calls a variable.
use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gopura_http1::Headers;

use super::mask::masked;
use super::{Line, iso_time, local_time, version};
use crate::exchange::Try;

type Value<'a> = Option<Cow<'a, [u8]>>;

#[derive(Debug)]
pub enum Variable {
    /// A header of the request, or of the response, by its name.
    Http(String),
    SentHttp(String),
    Argument(String),
    Cookie(String),
    Named(&'static str),
}

const NAMES: [&str; 49] = [
    "args",
    "body_bytes_sent",
    "bytes_sent",
    "client_ip",
    "consumer_id",
    "consumer_username",
    "content_length",
    "content_type",
    "host",
    "http_host",
    "kong_request_id",
    "msec",
    "pid",
    "query_string",
    "realip_remote_addr",
    "realip_remote_port",
    "remote_addr",
    "remote_port",
    "remote_user",
    "request",
    "request_id",
    "request_length",
    "request_method",
    "request_time",
    "request_uri",
    "route_id",
    "route_name",
    "scheme",
    "sent_bytes",
    "server_addr",
    "server_name",
    "server_port",
    "server_protocol",
    "service_id",
    "service_name",
    "ssl_server_name",
    "status",
    "time_iso8601",
    "time_local",
    "tries",
    "upstream_addr",
    "upstream_connect_time",
    "upstream_header_time",
    "upstream_host",
    "upstream_http_host",
    "upstream_response_time",
    "upstream_status",
    "uri",
    "https",
];

impl Variable {
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(known) = NAMES.iter().find(|known| **known == name) {
            return Some(Self::Named(known));
        }
        let header = |name: &str| name.replace('_', "-");
        let of = |prefix: &str| name.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        (of("sent_http_").map(|rest| Self::SentHttp(header(rest))))
            .or_else(|| of("upstream_http_").map(|rest| Self::SentHttp(header(rest))))
            .or_else(|| of("http_").map(|rest| Self::Http(header(rest))))
            .or_else(|| of("arg_").map(|rest| Self::Argument(rest.to_owned())))
            .or_else(|| of("cookie_").map(|rest| Self::Cookie(rest.to_owned())))
    }

    pub fn value<'a>(&self, line: &Line<'a>) -> Value<'a> {
        let exchange = line.exchange;
        match self {
            Self::Http(name) if name == "referer" => {
                header(&exchange.request.headers, name).map(|value| hide(value, line))
            }
            Self::Http(name) => header(&exchange.request.headers, name),
            Self::SentHttp(name) => {
                exchange.response.as_ref().and_then(|response| header(&response.headers, name))
            }
            Self::Argument(name) => argument(line, name),
            Self::Cookie(name) => cookie(line, name),
            Self::Named(name) => named(name, line),
        }
    }
}

fn header<'a>(headers: &'a Headers, name: &str) -> Value<'a> {
    let mut values = headers.iter().filter(|line| line.is(name)).map(|line| &line.value[..]);
    let first = values.next()?;
    let more: Vec<_> = values.collect();
    Some(if more.is_empty() {
        Cow::Borrowed(first)
    } else {
        Cow::Owned([&[first], &more[..]].concat().join(&b", "[..]))
    })
}

fn hide<'a>(url: Cow<'a, [u8]>, line: &Line<'a>) -> Cow<'a, [u8]> {
    match masked(&url, line.masked) {
        Cow::Borrowed(_) => url,
        Cow::Owned(masked) => Cow::Owned(masked),
    }
}

fn query<'a>(line: &Line<'a>) -> Value<'a> {
    let target = masked(&line.exchange.request.target, line.masked);
    let mark = memchr::memchr(b'?', &target)?;
    Some(match target {
        Cow::Borrowed(target) => Cow::Borrowed(&target[mark + 1..]),
        Cow::Owned(target) => Cow::Owned(target[mark + 1..].to_vec()),
    })
}

fn argument<'a>(line: &Line<'a>, name: &str) -> Value<'a> {
    let query = query(line)?;
    let found = query.split(|byte| *byte == b'&').find_map(|pair| {
        let equals = memchr::memchr(b'=', pair)?;
        pair[..equals].eq_ignore_ascii_case(name.as_bytes()).then(|| pair[equals + 1..].to_vec())
    });
    found.map(Cow::Owned)
}

fn cookie<'a>(line: &Line<'a>, name: &str) -> Value<'a> {
    let cookies = line.exchange.request.headers.iter().filter(|line| line.is("cookie"));
    let mut pairs = cookies.flat_map(|line| line.value.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let found = pairs.find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    found.map(Cow::Borrowed)
}

fn named<'a>(name: &str, line: &Line<'a>) -> Value<'a> {
    let exchange = line.exchange;
    let request = &exchange.request;
    let bytes = |value: &'a [u8]| (!value.is_empty()).then_some(Cow::Borrowed(value));
    let text = |value: String| Some(Cow::Owned(value.into_bytes()));
    match name {
        "status" => text(format!("{:03}", line.status)),
        "request" => Some(Cow::Owned(line.request())),
        "request_method" => bytes(&request.method),
        "request_uri" => Some(masked(&request.target, line.masked)),
        "uri" => bytes(&request.path),
        "args" | "query_string" => query(line),
        "scheme" => bytes(request.scheme.as_str().as_bytes()),
        "https" => (request.scheme.as_str() == "https").then_some(Cow::Borrowed(b"on")),
        "host" | "server_name" => bytes(&request.host),
        "http_host" => bytes(&request.authority),
        "server_protocol" => bytes(version(request.version)),
        "content_type" | "content_length" => header(&request.headers, &name.replace('_', "-")),
        "request_id" | "kong_request_id" => bytes(&request.id),
        "remote_addr" | "client_ip" => text(request.client.ip().to_canonical().to_string()),
        "remote_port" => text(request.client.port().to_string()),
        "realip_remote_addr" => text(request.peer.ip().to_canonical().to_string()),
        "realip_remote_port" => text(request.peer.port().to_string()),
        "server_addr" => text(request.local.ip().to_canonical().to_string()),
        "server_port" => text(request.port.to_string()),
        "ssl_server_name" => request.sni.as_ref().and_then(|sni| text(sni.to_string())),
        "time_local" => Some(Cow::Owned(local_time())),
        "time_iso8601" => text(iso_time()),
        "msec" => text(seconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())),
        "pid" => text(std::process::id().to_string()),
        "body_bytes_sent" => text(exchange.body_sent.to_string()),
        "bytes_sent" | "sent_bytes" => text(exchange.sent.to_string()),
        "request_length" => text(exchange.received.to_string()),
        "request_time" => text(seconds(between(Some(exchange.timing.started), exchange.timing.finished)?)),
        _ => matched(name, line).or_else(|| upstream(name, line)),
    }
}

/// What the request met: route, service and consumer.
fn matched<'a>(name: &str, line: &Line<'a>) -> Value<'a> {
    let exchange = line.exchange;
    let (route, service) = (exchange.route(), exchange.service.as_ref());
    let found = match name {
        "route_id" => route.map(|route| route.id.to_string()),
        "route_name" => route.and_then(|route| route.name.as_deref().map(ToOwned::to_owned)),
        "service_id" => service.map(|service| service.id.to_string()),
        "service_name" => service.and_then(|service| service.name.as_deref().map(ToOwned::to_owned)),
        "consumer_id" => exchange.consumer.as_ref().map(|consumer| consumer.id().to_owned()),
        "consumer_username" => {
            exchange.consumer.as_ref().and_then(|it| it.text("username").map(|name| name.to_string()))
        }
        _ => None,
    };
    found.map(|found| Cow::Owned(found.into_bytes()))
}

/// What became of it there; several tries are told one after the other.
fn upstream<'a>(name: &str, line: &Line<'a>) -> Value<'a> {
    let exchange = line.exchange;
    let (timing, tries) = (&exchange.timing, &exchange.tries);
    if tries.is_empty() {
        return None;
    }
    let each = |of: &dyn Fn(&Try) -> String| Some(tries.iter().map(of).collect::<Vec<_>>().join(", "));
    let found = match name {
        "tries" => Some(tries.len().to_string()),
        "upstream_addr" => each(&|one| one.address.to_string()),
        "upstream_status" => each(&|one| match (one.failure, &exchange.upstream) {
            (None, Some((status, _))) => status.to_string(),
            _ => "502".to_owned(),
        }),
        "upstream_host" | "upstream_http_host" => {
            Some(String::from_utf8_lossy(&exchange.outgoing.host).into_owned())
        }
        "upstream_connect_time" => {
            each(&|one| one.connected.map_or("-".to_owned(), |millis| seconds(Duration::from_millis(millis))))
        }
        "upstream_header_time" => between(timing.balanced, timing.head).map(seconds),
        "upstream_response_time" => between(timing.balanced, timing.head.and(timing.finished)).map(seconds),
        _ => None,
    };
    found.map(|found| Cow::Owned(found.into_bytes()))
}

fn between(from: Option<Instant>, to: Option<Instant>) -> Option<Duration> {
    Some(to?.saturating_duration_since(from?))
}

/// With milliseconds.
fn seconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}
