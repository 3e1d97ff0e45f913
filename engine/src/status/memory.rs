//! How much memory the status API tells of, in the units that are asked for.
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// Digits after the point, at most: more say nothing.
const MOST_DIGITS: usize = 99;

/// What was measured last, in bytes: this process, and the machine in use and in all.
#[derive(Default)]
pub struct Memory {
    process: AtomicU64,
    used: AtomicU64,
    total: AtomicU64,
}

impl Memory {
    pub fn set(&self, process: u64, used: u64, total: u64) {
        self.process.store(process, Ordering::Relaxed);
        self.used.store(used, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    pub fn json(&self, unit: &Unit) -> Value {
        let text = |size: &AtomicU64| unit.text(size.load(Ordering::Relaxed));
        json!({
            "workers_lua_vms": [{ "pid": std::process::id(), "http_allocated_gc": text(&self.process) }],
            "lua_shared_dicts": { "kong": { "allocated_slabs": text(&self.used), "capacity": text(&self.total) } },
        })
    }
}

/// The arguments `unit` and `scale`.
#[derive(Debug, PartialEq)]
pub struct Unit {
    name: &'static str,
    power: u32,
    digits: usize,
}

impl Unit {
    /// What a query asks for; the error is what the client is told.
    pub fn of(query: &str) -> Result<Self, String> {
        let argument = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|pair| pair.0 == name)
                .map(|pair| pair.1)
        };
        let unit = argument("unit").unwrap_or("m");
        let (name, power) = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => ("B", 0),
            "k" => ("KiB", 1),
            "m" => ("MiB", 2),
            "g" => ("GiB", 3),
            _ => return Err(format!("invalid unit '{unit}' (expected 'k/K', 'm/M', or 'g/G')")),
        };
        let scale = argument("scale").and_then(|text| text.parse().ok()).unwrap_or(2_i64);
        match usize::try_from(scale) {
            Ok(digits) => Ok(Self { name, power, digits: digits.min(MOST_DIGITS) }),
            Err(_) if scale > 0 => Ok(Self { name, power, digits: MOST_DIGITS }),
            Err(_) => Err("scale must be equal or greater than 0".to_owned()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes of memory are far below 2^52")]
    fn text(&self, size: u64) -> Value {
        match self.power {
            0 => size.into(),
            power => {
                let value = size as f64 / f64::from(1 << (10 * power));
                format!("{value:.*} {}", self.digits, self.name).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let cases = [
            ("", Ok("1.50 MiB")),
            ("unit=k", Ok("1536.00 KiB")),
            ("unit=K&scale=0", Ok("1536 KiB")),
            ("a=b&unit=g&scale=4", Ok("0.0015 GiB")),
            ("scale=x", Ok("1.50 MiB")),
            ("unit=x", Err("invalid unit 'x' (expected 'k/K', 'm/M', or 'g/G')")),
            ("scale=-1", Err("scale must be equal or greater than 0")),
        ];
        for (query, expected) in cases {
            let found = Unit::of(query).map(|unit| unit.text(3 << 19));
            assert_eq!(found, expected.map(Value::from).map_err(str::to_owned), "{query}");
        }
        assert_eq!(Unit::of("unit=b").map(|unit| unit.text(7)), Ok(7.into()));
        let long = Unit::of("scale=999999999999").map(|unit| unit.text(1).to_string().len());
        assert!(long.is_ok_and(|length| length < 120));
    }
}
