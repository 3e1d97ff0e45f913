//! Asking name servers for one name.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::name_server::TokioConnectionProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::proto::xfer::Protocol;

use super::answer::{Answer, Record};
use super::failure;
use crate::settings::Settings;

/// How names are asked for, and how long answers are kept.
pub struct Rules {
    order: Vec<RecordType>,
    valid: Option<Duration>,
    stale: Duration,
    not_found: Duration,
    error: Duration,
    resolver: TokioResolver,
}

impl Rules {
    /// Must be made where a runtime runs.
    pub fn new(settings: &Settings) -> Self {
        let seconds = |value: f64| Duration::from_secs_f64(value.clamp(0.0, 1e9));
        Self {
            order: order(&settings.dns_order),
            valid: settings.dns_valid_ttl.map(seconds),
            stale: seconds(settings.dns_stale_ttl),
            not_found: seconds(settings.dns_not_found_ttl),
            error: seconds(settings.dns_error_ttl),
            resolver: resolver(&settings.dns_resolver),
        }
    }

    /// Asks for each type in order, what answered last time first, until one has records.
    pub async fn ask(&self, name: &str, last: Option<&Answer>) -> Arc<Answer> {
        let Some(asked) = parsed(name) else {
            return Answer::missing(format!("dns client error: `{name}` is no host name"), self.not_found);
        };
        let mut failure = None;
        for kind in self.order_for(last) {
            match self.resolver.lookup(asked.clone(), kind).await {
                Ok(found) => {
                    let records = self.records(kind, &found).await;
                    if !records.is_empty() {
                        return self.answer(kind, records, &found);
                    }
                }
                Err(error) if failure::is_absence(&error) => {}
                Err(error) => failure = Some(failure::reason(&error)),
            }
        }
        let (reason, valid) = match failure {
            Some(reason) => (reason, self.error),
            None => ("dns server error: 3 name error".to_owned(), self.not_found),
        };
        match last.and_then(|last| last.renewed(self.error)) {
            Some(kept) => {
                tracing::warn!("{name}: {reason}; the last answer is kept");
                kept
            }
            None => Answer::missing(reason, valid),
        }
    }

    fn order_for(&self, last: Option<&Answer>) -> Vec<RecordType> {
        let last = last.filter(|answer| !answer.records.is_empty()).map(|answer| match answer.kind {
            "SRV" => RecordType::SRV,
            "AAAA" => RecordType::AAAA,
            _ => RecordType::A,
        });
        let rest = self.order.iter().copied().filter(|kind| Some(*kind) != last);
        last.into_iter().chain(rest).collect()
    }

    fn answer(&self, kind: RecordType, records: Vec<Record>, found: &Lookup) -> Arc<Answer> {
        let ttl = found.valid_until().saturating_duration_since(Instant::now());
        let valid = self.valid.unwrap_or_else(|| ttl.max(Duration::from_millis(500)));
        let kind = match kind {
            RecordType::SRV => "SRV",
            RecordType::AAAA => "AAAA",
            _ => "A",
        };
        Answer::new(kind, records, valid, self.stale)
    }

    async fn records(&self, kind: RecordType, found: &Lookup) -> Vec<Record> {
        if kind != RecordType::SRV {
            return addresses(found).map(Record::address).collect();
        }
        let mut records = Vec::new();
        let best = found.iter().filter_map(RData::as_srv).map(|service| service.priority()).min();
        for service in found.iter().filter_map(RData::as_srv).filter(|it| Some(it.priority()) == best) {
            let host = service.target().to_utf8().trim_end_matches('.').to_owned();
            for ip in self.hosts_of(service.target()).await {
                records.push(Record {
                    ip,
                    port: Some(service.port()),
                    weight: Some(u32::from(service.weight())),
                    host: Some(host.clone()),
                });
            }
        }
        records
    }

    async fn hosts_of(&self, host: &Name) -> Vec<IpAddr> {
        if let Ok(ip) = host.to_ascii().trim_end_matches('.').parse() {
            return vec![ip];
        }
        for kind in [RecordType::A, RecordType::AAAA] {
            if let Ok(found) = self.resolver.lookup(host.clone(), kind).await {
                return addresses(&found).collect();
            }
        }
        Vec::new()
    }
}

fn addresses(found: &Lookup) -> impl Iterator<Item = IpAddr> + '_ {
    found.iter().filter_map(RData::ip_addr)
}

/// Any text of labels is a name, as for Kong (`_` and all): the library's own reading takes host names only. What is not
/// ASCII is an international name.
fn parsed(text: &str) -> Option<Name> {
    if !text.is_ascii() {
        return Name::from_utf8(text).ok();
    }
    let labels = text.strip_suffix('.').unwrap_or(text);
    let mut name = Name::from_labels(labels.split('.').map(str::as_bytes)).ok()?;
    name.set_fqdn(labels.len() < text.len());
    Some(name)
}

/// `LAST` is always first, and a CNAME is followed by the resolver: neither is a question of its own.
fn order(words: &[String]) -> Vec<RecordType> {
    let kinds = words.iter().filter_map(|word| match word.to_ascii_uppercase().as_str() {
        "SRV" => Some(RecordType::SRV),
        "A" => Some(RecordType::A),
        "AAAA" => Some(RecordType::AAAA),
        _ => None,
    });
    kinds.collect()
}

fn resolver(servers: &[String]) -> TokioResolver {
    let (mut config, mut options) = hickory_resolver::system_conf::read_system_conf()
        .unwrap_or_else(|_| (ResolverConfig::default(), ResolverOpts::default()));
    if !servers.is_empty() {
        config = ResolverConfig::from_parts(config.domain().cloned(), config.search().to_vec(), Vec::new());
        for server in servers.iter().filter_map(|server| server_address(server)) {
            config.add_name_server(NameServerConfig::new(server, Protocol::Udp));
            config.add_name_server(NameServerConfig::new(server, Protocol::Tcp));
        }
    }
    options.cache_size = 0;
    options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
    options.timeout = options.timeout.min(Duration::from_secs(2));
    let provider = TokioConnectionProvider::default();
    let mut builder = TokioResolver::builder_with_config(config, provider);
    *builder.options_mut() = options;
    builder.build()
}

/// `ip[:port]`; brackets around an IPv6 address with a port.
fn server_address(text: &str) -> Option<SocketAddr> {
    if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, 53));
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "a".repeat(64);
        let cases = [
            ("my_service", Some("my_service")),
            ("_http._tcp.a_b.test", Some("_http._tcp.a_b.test")),
            ("trailing_.", Some("trailing_.")),
            ("odd!name.test", Some("odd\\!name.test")),
            ("b\u{fc}cher.test", Some("xn--bcher-kva.test")),
            ("a..b", None),
            ("", None),
            (&*long, None),
        ];
        for (text, expected) in cases {
            assert_eq!(parsed(text).map(|name| name.to_ascii()).as_deref(), expected, "{text}");
        }
    }
}
