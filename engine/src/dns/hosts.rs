//! The hosts file.
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::answer::{Answer, Record};

/// An answer of the hosts file never ends.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 86400);

pub struct Hosts {
    names: HashMap<String, Arc<Answer>>,
}

impl Hosts {
    pub fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| {
            tracing::warn!("dns_hostsfile {path}: {error}");
            String::new()
        });
        Self::parse(&text)
    }

    /// As Kong: one address of each family per name, IPv4 first; `localhost` is always known.
    fn parse(text: &str) -> Self {
        let mut found: HashMap<String, Vec<IpAddr>> = HashMap::new();
        for line in text.lines().map(|line| line.split('#').next().unwrap_or_default()) {
            let mut words = line.split_whitespace();
            let Some(Ok(ip)) = words.next().map(str::parse::<IpAddr>) else { continue };
            for name in words {
                let addresses = found.entry(name.to_ascii_lowercase()).or_default();
                if !addresses.iter().any(|known| known.is_ipv4() == ip.is_ipv4()) {
                    addresses.push(ip);
                }
            }
        }
        found.entry("localhost".to_owned()).or_insert_with(|| vec![IpAddr::from([127, 0, 0, 1])]);
        Self { names: found.into_iter().map(|(name, addresses)| (name, answer(&addresses))).collect() }
    }

    pub fn find(&self, name: &str) -> Option<Arc<Answer>> {
        self.names.get(name).cloned()
    }
}

fn answer(addresses: &[IpAddr]) -> Arc<Answer> {
    let v4 = addresses.iter().find(|ip| ip.is_ipv4());
    let chosen = v4.or(addresses.first()).copied();
    let kind = if v4.is_some() { "A" } else { "AAAA" };
    Answer::new(kind, chosen.into_iter().map(Record::address).collect(), FOREVER, FOREVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let hosts = Hosts::parse("# x\n::1 localhost a\n127.0.0.1 localhost # b\n10.0.0.1 A c\nnonsense d\n");
        let cases = [("localhost", Some("127.0.0.1")), ("a", Some("10.0.0.1")), ("c", Some("10.0.0.1"))];
        for (name, ip) in cases.into_iter().chain([("b", None), ("d", None)]) {
            let found = hosts.find(name).map(|answer| answer.records[0].ip.to_string());
            assert_eq!(found.as_deref(), ip, "{name}");
        }
        assert!(Hosts::parse("").find("localhost").is_some());
    }
}
