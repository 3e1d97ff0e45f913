//! The head of a response, as HTTP/1.1 bytes.
use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gopura_http1::{Framing, Header};

use super::status_text::reason;
use crate::exchange::{Exchange, Response};

/// Appends status line and headers. The gateway's own framing replaces whatever `headers` say.
pub fn write_head(out: &mut Vec<u8>, exchange: &Exchange, framing: Framing, keep: bool) {
    let Some(response) = &exchange.response else { return };
    write_status_line(out, exchange, response.status);
    let mut has_date = false;
    for line in &response.headers {
        match kind(line) {
            Kind::Date => has_date = true,
            Kind::Length if keeps_length(exchange, response, framing) => {}
            Kind::Framing | Kind::Length => continue,
            Kind::Other => {}
        }
        write_line(out, &line.name, &line.value);
    }
    if !has_date {
        write_line(out, b"Date", &date());
    }
    write_framing(out, framing);
    write_connection(out, response.status, keep);
    out.extend_from_slice(b"\r\n");
}

enum Kind {
    Date,
    /// Connection, Keep-Alive and Transfer-Encoding belong to one connection only.
    Framing,
    Length,
    Other,
}

fn kind(line: &Header) -> Kind {
    let name = &line.name;
    match name.len() {
        4 if name.eq_ignore_ascii_case(b"date") => Kind::Date,
        10 if name.eq_ignore_ascii_case(b"connection") || name.eq_ignore_ascii_case(b"keep-alive") => {
            Kind::Framing
        }
        17 if name.eq_ignore_ascii_case(b"transfer-encoding") => Kind::Framing,
        14 if name.eq_ignore_ascii_case(b"content-length") => Kind::Length,
        _ => Kind::Other,
    }
}

/// An answer without a body tells the length that the body would have: to HEAD, and 304.
pub fn keeps_length(exchange: &Exchange, response: &Response, framing: Framing) -> bool {
    framing == Framing::Empty && (exchange.request.method == "HEAD" || response.status == 304)
}

fn write_status_line(out: &mut Vec<u8>, exchange: &Exchange, status: u16) {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
    out.push(b' ');
    match &exchange.upstream {
        Some((from_upstream, reason)) if *from_upstream == status => out.extend_from_slice(reason),
        _ => out.extend_from_slice(reason(status).as_bytes()),
    }
    out.extend_from_slice(b"\r\n");
}

pub fn write_line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// The framing of a response with this status: some never have a body, whatever a plugin made of them (RFC 9110, 6.4.1).
pub fn framing(status: u16, wanted: Framing) -> Framing {
    if matches!(status, 100..=199 | 204 | 304) { Framing::Empty } else { wanted }
}

fn write_framing(out: &mut Vec<u8>, framing: Framing) {
    match framing {
        Framing::Length(length) => {
            write_line(out, b"Content-Length", itoa::Buffer::new().format(length).as_bytes());
        }
        Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Framing::Empty | Framing::Close => {}
    }
}

fn write_connection(out: &mut Vec<u8>, status: u16, keep: bool) {
    out.extend_from_slice(match (status, keep) {
        (101, _) => b"Connection: upgrade\r\n".as_slice(),
        (426, true) => b"Connection: Upgrade\r\n",
        (_, true) => b"Connection: keep-alive\r\n",
        (_, false) => b"Connection: close\r\n",
    });
}

thread_local! {
    static DATE: RefCell<(u64, [u8; 29])> = const { RefCell::new((0, [0; 29])) };
}

/// Now, as in a Date header; made once a second.
pub fn date() -> [u8; 29] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    DATE.with_borrow_mut(|(second, text)| {
        if *second != now {
            (*second, *text) = (now, format_date(now));
        }
        *text
    })
}

/// RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn format_date(seconds: u64) -> [u8; 29] {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let (days, second) = (seconds / 86400, seconds % 86400);
    let (year, month, day) = civil(days);
    let weekday = DAYS[usize::try_from(days % 7).unwrap_or(0)];
    let text = format!(
        "{weekday}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        MONTHS[usize::from(month) - 1],
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    text.as_bytes().try_into().unwrap_or([b' '; 29])
}

pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Year, month and day of a number of days since 1970-01-01 (the Gregorian calendar in eras of 400 years).
pub fn civil(days: u64) -> (u64, u8, u8) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let cases = [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        ];
        for (seconds, text) in cases {
            assert_eq!(String::from_utf8_lossy(&format_date(seconds)), text);
        }
    }
}
