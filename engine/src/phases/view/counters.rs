//! Counting in windows of the calendar (UTC), in this process, for plugins that limit.
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use gopura_http1::Headers as Lines;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::Exchange;
use crate::http::reply::civil;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Period {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

impl Period {
    const ALL: [(&'static str, Self); 6] = [
        ("second", Self::Second),
        ("minute", Self::Minute),
        ("hour", Self::Hour),
        ("day", Self::Day),
        ("month", Self::Month),
        ("year", Self::Year),
    ];

    fn named(name: &str) -> PyResult<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, period)| *period);
        found.ok_or_else(|| PyValueError::new_err(format!("there is no period {name}")))
    }

    /// Seconds; months count as 30 days, years as 365.
    fn length(self) -> u64 {
        [1, 60, 3600, 86_400, 2_592_000, 31_536_000][self as usize]
    }

    /// When the window that `now` lies in began.
    fn start(self, now: u64) -> u64 {
        let day = now / 86_400;
        match self {
            Self::Second | Self::Minute | Self::Hour | Self::Day => now - now % self.length(),
            Self::Month => (day + 1 - u64::from(civil(day).2)) * 86_400,
            Self::Year => days_before(civil(day).0) * 86_400,
        }
    }
}

/// Days from 1970 to the first of January of a year.
fn days_before(year: u64) -> u64 {
    let leap_years = |before: u64| before / 4 - before / 100 + before / 400;
    365 * (year - 1970) + leap_years(year - 1) - leap_years(1969)
}

struct Limit {
    period: Period,
    most: f64,
    most_name: Bytes,
    remaining_name: Bytes,
    shown: Bytes,
}

/// The limits of one configuration, with the headers that tell them.
#[pyclass(frozen, module = "gopura._engine")]
pub struct Limits {
    limits: Vec<Limit>,
    tell: bool,
}

#[pymethods]
impl Limits {
    /// `limits`: pairs of period and limit; `tell`: whether clients are told in headers.
    #[new]
    #[pyo3(signature = (limits, tell=false))]
    fn new(limits: Vec<(String, f64)>, tell: bool) -> PyResult<Self> {
        let limit = |(name, most): (String, f64)| {
            let period = Period::named(&name)?;
            let title = name[..1].to_uppercase() + &name[1..];
            Ok(Limit {
                period,
                most,
                most_name: format!("X-RateLimit-Limit-{title}").into(),
                remaining_name: format!("X-RateLimit-Remaining-{title}").into(),
                shown: number(most),
            })
        };
        Ok(Self { limits: limits.into_iter().map(limit).collect::<PyResult<_>>()?, tell })
    }
}

#[derive(Clone, Copy, Default)]
struct Count {
    start: u64,
    value: i64,
}

type Counts = HashMap<Box<str>, Box<[Count]>>;

/// Counters by key. Reading and counting is one step: never more than the limit passes.
#[pyclass(frozen, module = "gopura._engine")]
#[derive(Default)]
pub struct Counters(Mutex<Counts>);

impl Counters {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the counts of a key, those of windows that are over at zero.
    fn with<T>(&self, key: &str, limits: &Limits, now: u64, work: impl FnOnce(&mut [Count]) -> T) -> T {
        let mut counts = self.lock();
        if counts.get(key).is_none_or(|counts| counts.len() != limits.limits.len()) {
            counts.insert(key.into(), vec![Count::default(); limits.limits.len()].into());
        }
        let counts = counts.get_mut(key).map_or(&mut [][..], |counts| counts);
        for (count, limit) in counts.iter_mut().zip(&limits.limits) {
            let start = limit.period.start(now);
            if count.start != start {
                *count = Count { start, value: 0 };
            }
        }
        work(counts)
    }
}

#[pymethods]
impl Counters {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Counts one in every window unless one of them is used up, and tells the client in the response's headers.
    /// False: the limit is reached.
    #[pyo3(signature = (exchange, key, limits, now=None))]
    fn hit(&self, exchange: &Exchange, key: &str, limits: &Limits, now: Option<u64>) -> PyResult<bool> {
        let now = now.unwrap_or_else(seconds);
        let (before, passes) = self.with(key, limits, now, |counts| {
            let before = remaining(counts, limits);
            let passes = before.iter().all(|left| *left > 0.0);
            for count in counts.iter_mut() {
                count.value += i64::from(passes);
            }
            (before, passes)
        });
        if limits.tell {
            exchange.response_lines(|lines| tell(lines, limits, &before, passes, now))?;
        }
        Ok(passes)
    }

    /// What is left in each window, in the order of the limits.
    #[pyo3(signature = (key, limits, now=None))]
    fn remaining(&self, key: &str, limits: &Limits, now: Option<u64>) -> Vec<f64> {
        self.with(key, limits, now.unwrap_or_else(seconds), |counts| remaining(counts, limits))
    }

    /// Counts so many in every window, whatever is left.
    #[pyo3(signature = (key, limits, value, now=None))]
    fn add(&self, key: &str, limits: &Limits, value: i64, now: Option<u64>) {
        let more = |counts: &mut [Count]| counts.iter_mut().for_each(|count| count.value += value);
        self.with(key, limits, now.unwrap_or_else(seconds), more);
    }

    /// Drops keys whose windows are all over.
    #[pyo3(signature = (now=None))]
    fn forget(&self, now: Option<u64>) {
        let now = now.unwrap_or_else(seconds);
        let over = |count: &Count| Period::ALL.iter().all(|(_, period)| period.start(now) != count.start);
        self.lock().retain(|_, counts| !counts.iter().all(over));
    }

    fn __len__(&self) -> usize {
        self.lock().len()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn remaining(counts: &[Count], limits: &Limits) -> Vec<f64> {
    counts.iter().zip(&limits.limits).map(|(count, limit)| limit.most - count.value as f64).collect()
}

/// The general headers are of the window with the least left, the longest of equals.
fn tell(lines: &mut Lines, limits: &Limits, before: &[f64], passes: bool, now: u64) {
    let mut scarcest: Option<(f64, &Limit)> = None;
    for (limit, left) in limits.limits.iter().zip(before) {
        let left = if passes || *left <= 0.0 { left - 1.0 } else { *left }.max(0.0);
        lines.set(limit.most_name.clone(), limit.shown.clone());
        lines.set(limit.remaining_name.clone(), number(left));
        if scarcest.is_none_or(|(least, _)| left <= least) {
            scarcest = Some((left, limit));
        }
    }
    let Some((left, limit)) = scarcest else { return };
    let age = now - limit.period.start(now);
    let reset = number_of(limit.period.length().saturating_sub(age).max(1));
    lines.set("RateLimit-Limit", limit.shown.clone());
    lines.set("RateLimit-Remaining", number(left));
    lines.set("RateLimit-Reset", reset.clone());
    if !passes {
        lines.set("Retry-After", reset);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a whole number")]
fn number(value: f64) -> Bytes {
    if (0.0..9e15).contains(&value) && value.fract() == 0.0 {
        return number_of(value as u64);
    }
    // Fractions as Lua shows them: 14 digits, so that 2.3 - 1 is 1.3.
    format!("{value:.13e}").parse::<f64>().unwrap_or(value).to_string().into()
}

fn number_of(value: u64) -> Bytes {
    Bytes::copy_from_slice(itoa::Buffer::new().format(value).as_bytes())
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs())
}

#[cfg(test)]
mod tests {
    use super::Period;

    #[test]
    fn windows_follow_the_calendar() {
        let now = 1_709_210_096; // 2024-02-29T12:34:56Z
        let starts = Period::ALL.map(|(_, period)| period.start(now));
        assert_eq!(starts, [now, 1_709_210_040, 1_709_208_000, 1_709_164_800, 1_706_745_600, 1_704_067_200]);
        assert_eq!(Period::Year.start(1_798_761_599), 1_767_225_600); // 2026-12-31T23:59:59Z
    }
}
