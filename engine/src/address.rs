//! Addresses and blocks of addresses.
use std::net::IpAddr;

/// The blocks of `trusted_ips`.
#[derive(Debug, Default)]
pub struct Trusted {
    blocks: Vec<Block>,
}

impl Trusted {
    /// Parses addresses and CIDR blocks; `unix:` entries name no address and are left out.
    pub fn new(texts: &[String]) -> Result<Self, String> {
        let texts = texts.iter().filter(|text| *text != "unix:");
        let blocks = texts.map(|text| Block::parse(text).ok_or_else(|| format!("trusted_ips: {text}")));
        Ok(Self { blocks: blocks.collect::<Result<_, _>>()? })
    }

    pub fn holds(&self, address: IpAddr) -> bool {
        self.blocks.iter().any(|block| block.holds(address))
    }
}

#[derive(Clone, Copy, Debug)]
struct Block {
    bits: u128,
    mask: u128,
    is_v6: bool,
}

impl Block {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv6() { 128 } else { 32 };
        let length = length.unwrap_or(width);
        let mask = if length == 0 { 0 } else { u128::MAX.checked_shl(width.checked_sub(length)?)? };
        Some(Self { bits: bits(address) & mask, mask, is_v6: address.is_ipv6() })
    }

    fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv6() == self.is_v6 && bits(address) & self.mask == self.bits
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        let cases = [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("10.0.0.0/8", "10.255.1.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("fe80::/10", "fe80::1", true),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
        ];
        for (block, address, expected) in cases {
            let trusted = Trusted::new(&[block.to_owned()]).unwrap();
            assert_eq!(trusted.holds(address.parse().unwrap()), expected, "{block} {address}");
        }
        assert!(Trusted::new(&["10.0.0.0/33".to_owned()]).is_err());
    }
}
