//! The settings that the engine obeys, by their kong.conf names.
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::http::path::EncodedSlashes;

/// One listening address with its sockets: one per worker with `reuseport`, else one for all.
#[derive(Clone, Debug, Deserialize)]
pub struct Listener {
    pub fds: Vec<i32>,
    #[serde(default)]
    pub ssl: bool,
    #[serde(default)]
    pub http2: bool,
    #[serde(default)]
    pub proxy_protocol: bool,
}

/// Unknown keys are other processes' settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub workers: usize,
    /// What Server and Via say: `gopura/VERSION`.
    pub server: String,
    pub listeners: Vec<Listener>,
    pub status_listeners: Vec<Listener>,
    /// Paths of certificate chain and key, in PEM.
    pub default_certificates: Vec<(String, String)>,
    /// The name of the database, for the status API.
    pub database: String,
    pub router_flavor: String,
    pub port_maps: Vec<String>,
    pub headers: Vec<String>,
    pub headers_upstream: Vec<String>,
    pub trusted_ips: Vec<String>,
    pub real_ip_header: String,
    pub real_ip_recursive: String,
    pub encoded_slashes: EncodedSlashes,
    pub error_default_type: String,
    pub error_template_html: Option<String>,
    pub error_template_json: Option<String>,
    pub error_template_xml: Option<String>,
    pub error_template_plain: Option<String>,
    pub allow_debug_header: bool,
    pub request_debug: bool,
    pub request_debug_token: Option<String>,
    pub lua_max_req_headers: usize,
    pub lua_max_resp_headers: usize,
    pub lua_max_uri_args: usize,
    pub lua_max_post_args: usize,
    pub lua_ssl_trusted_certificate: Vec<String>,
    pub lua_ssl_verify_depth: usize,
    pub ssl_cipher_suite: String,
    pub ssl_protocols: String,
    pub ssl_ciphers: Option<String>,
    pub ssl_prefer_server_ciphers: String,
    pub ssl_session_tickets: String,
    pub ssl_session_timeout: Time,
    pub ssl_session_cache_size: Size,
    pub client_ssl: bool,
    pub client_ssl_cert: Option<String>,
    pub client_ssl_cert_key: Option<String>,
    /// Offer HTTP/2 to upstreams over TLS.
    pub upstream_http2: bool,
    pub upstream_keepalive_pool_size: usize,
    pub upstream_keepalive_max_requests: u32,
    /// Seconds.
    pub upstream_keepalive_idle_timeout: f64,
    pub dns_resolver: Vec<String>,
    pub dns_hostsfile: Option<String>,
    pub dns_order: Vec<String>,
    /// Seconds, as are the next three.
    pub dns_valid_ttl: Option<f64>,
    pub dns_stale_ttl: f64,
    pub dns_not_found_ttl: f64,
    pub dns_error_ttl: f64,
    pub dns_cache_size: usize,
    pub log_level: String,
    /// `text` or `json`, for both logs.
    pub log_format: String,
    pub proxy_access_log: String,
    /// Fields of JSON lines in the access log; all without any.
    pub access_log_fields: Vec<String>,
    pub masked_arguments: Vec<String>,
    pub proxy_error_log: String,
    /// Folder that relative log paths start from, and where long bodies of requests are kept.
    pub prefix: String,
    /// Connections that one worker serves at a time; `auto` sets no limit.
    pub nginx_events_worker_connections: String,
    pub nginx_http_client_max_body_size: Size,
    pub nginx_http_client_body_buffer_size: Size,
    pub nginx_http_client_header_timeout: Time,
    pub nginx_http_client_body_timeout: Time,
    pub nginx_http_send_timeout: Time,
    pub nginx_http_keepalive_timeout: Time,
    pub nginx_http_keepalive_requests: u32,
    pub nginx_http_large_client_header_buffers: String,
    pub nginx_http_charset: String,
    pub nginx_http_log_format: Option<String>,
    pub nginx_http_ignore_invalid_headers: String,
    pub nginx_http_add_header: Option<String>,
    /// `on` verifies upstreams whose service does not say `tls_verify`.
    pub nginx_http_proxy_ssl_verify: String,
    pub nginx_http_proxy_ssl_verify_depth: usize,
    /// Where there is none `lua_ssl_trusted_certificate` counts.
    pub nginx_http_proxy_ssl_trusted_certificate: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Self {
            workers: 1,
            server: concat!("gopura/", env!("CARGO_PKG_VERSION")).to_owned(),
            listeners: Vec::new(),
            status_listeners: Vec::new(),
            default_certificates: Vec::new(),
            database: "sqlite".to_owned(),
            router_flavor: "traditional_compatible".to_owned(),
            port_maps: Vec::new(),
            headers: words(&["server_tokens", "latency_tokens", "X-Kong-Request-Id"]),
            headers_upstream: words(&["X-Kong-Request-Id"]),
            trusted_ips: Vec::new(),
            real_ip_header: "X-Real-IP".to_owned(),
            real_ip_recursive: "off".to_owned(),
            encoded_slashes: EncodedSlashes::Allow,
            error_default_type: "text/plain".to_owned(),
            error_template_html: None,
            error_template_json: None,
            error_template_xml: None,
            error_template_plain: None,
            allow_debug_header: false,
            request_debug: true,
            request_debug_token: None,
            lua_max_req_headers: 100,
            lua_max_resp_headers: 100,
            lua_max_uri_args: 100,
            lua_max_post_args: 100,
            lua_ssl_trusted_certificate: words(&["system"]),
            lua_ssl_verify_depth: 1,
            ssl_cipher_suite: "intermediate".to_owned(),
            ssl_protocols: "TLSv1.2 TLSv1.3".to_owned(),
            ssl_ciphers: None,
            ssl_prefer_server_ciphers: "on".to_owned(),
            ssl_session_tickets: "on".to_owned(),
            ssl_session_timeout: Time(Duration::from_secs(86_400)),
            ssl_session_cache_size: Size(10 << 20),
            client_ssl: false,
            client_ssl_cert: None,
            client_ssl_cert_key: None,
            upstream_http2: true,
            upstream_keepalive_pool_size: 512,
            upstream_keepalive_max_requests: 1000,
            upstream_keepalive_idle_timeout: 60.0,
            dns_resolver: Vec::new(),
            dns_hostsfile: None,
            dns_order: words(&["LAST", "SRV", "A", "CNAME"]),
            dns_valid_ttl: None,
            dns_stale_ttl: 4.0,
            dns_not_found_ttl: 30.0,
            dns_error_ttl: 1.0,
            dns_cache_size: 10_000,
            log_level: "notice".to_owned(),
            log_format: "text".to_owned(),
            proxy_access_log: "off".to_owned(),
            access_log_fields: Vec::new(),
            masked_arguments: Vec::new(),
            proxy_error_log: "/dev/stderr".to_owned(),
            prefix: ".".to_owned(),
            nginx_events_worker_connections: "auto".to_owned(),
            nginx_http_client_max_body_size: Size(0),
            nginx_http_client_body_buffer_size: Size(8 << 10),
            nginx_http_client_header_timeout: Time(Duration::from_secs(60)),
            nginx_http_client_body_timeout: Time(Duration::from_secs(60)),
            nginx_http_send_timeout: Time(Duration::from_secs(60)),
            nginx_http_keepalive_timeout: Time(Duration::from_secs(75)),
            nginx_http_keepalive_requests: 1000,
            nginx_http_large_client_header_buffers: "4 8k".to_owned(),
            nginx_http_charset: "UTF-8".to_owned(),
            nginx_http_log_format: None,
            nginx_http_ignore_invalid_headers: "on".to_owned(),
            nginx_http_add_header: None,
            nginx_http_proxy_ssl_verify: "off".to_owned(),
            nginx_http_proxy_ssl_verify_depth: 1,
            nginx_http_proxy_ssl_trusted_certificate: None,
        }
    }
}

/// Bytes, in nginx's notation.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub u64);

/// A time, in nginx's notation; a bare number is seconds.
#[derive(Clone, Copy, Debug)]
pub struct Time(pub Duration);

impl Size {
    /// `8k`, `10m`, `1g`, `512`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let shift = match &text[digits.len()..] {
            "" => 0,
            "k" | "K" => 10,
            "m" | "M" => 20,
            "g" | "G" => 30,
            _ => return None,
        };
        Some(Self(digits.parse::<u64>().ok()?.checked_mul(1 << shift)?))
    }
}

impl Time {
    /// `500ms`, `60s`, `1h30m`, `60`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut total = Duration::ZERO;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            let amount: u64 = rest[..digits].parse().ok()?;
            let unit_end = rest[digits..].find(|letter: char| letter.is_ascii_digit());
            let end = unit_end.map_or(rest.len(), |length| digits + length);
            total += Duration::from_millis(amount.checked_mul(unit(&rest[digits..end])?)?);
            rest = &rest[end..];
        }
        Some(Self(total))
    }
}

/// Milliseconds of a unit.
fn unit(name: &str) -> Option<u64> {
    const DAY: u64 = 86_400_000;
    Some(match name {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY,
        "w" => 7 * DAY,
        "M" => 30 * DAY,
        "y" => 365 * DAY,
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(u64),
    Text(String),
}

impl Amount {
    fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Amount::deserialize(input)?.text();
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("not a size: {text}")))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Amount::deserialize(input)?.text();
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("not a time: {text}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times() {
        for (text, bytes) in [("0", 0), ("8k", 8192), ("10m", 10 << 20), ("1G", 1 << 30)] {
            assert_eq!(Size::parse(text).map(|size| size.0), Some(bytes), "{text}");
        }
        for (text, millis) in [("60", 60_000), ("500ms", 500), ("1h30m", 5_400_000), ("1d", 86_400_000)] {
            assert_eq!(Time::parse(text).map(|time| time.0.as_millis()), Some(millis), "{text}");
        }
        assert!(Size::parse("k").is_none() && Size::parse("1x").is_none());
        assert!(Time::parse("x").is_none() && Time::parse("1q").is_none());
    }
}
