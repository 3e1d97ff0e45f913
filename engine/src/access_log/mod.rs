//! The access log: one line per request, written by a thread of its own.
mod format;
mod mask;
mod variable;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use format::Format;
use mask::masked;

use crate::exchange::{Exchange, Version};
use crate::http::reply::{MONTHS, civil};
use crate::log::log_file;
use crate::settings::Settings;

/// Lines gather in a worker until they are this long together, or until its next tick.
const BATCH: usize = 32 * 1024;
/// Batches that may wait for the disk; beyond that lines are dropped, never requests delayed.
const QUEUE: usize = 256;

enum Message {
    Lines(Vec<u8>),
    Reopen,
}

pub struct AccessLog {
    sender: Option<SyncSender<Message>>,
    form: Form,
    /// Arguments of queries whose values no line shows.
    masked: Vec<String>,
}

enum Form {
    Text,
    /// With these fields only; all without any.
    Json(Vec<String>),
    Chosen(Format),
}

/// What a line is about.
pub struct Line<'a> {
    exchange: &'a Exchange,
    status: u16,
    masked: &'a [String],
}

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl AccessLog {
    /// Opens `proxy_access_log`; `off` writes nothing. A second word is the name of a format.
    pub fn open(settings: &Settings) -> Result<Self, String> {
        let mut words = settings.proxy_access_log.split_whitespace();
        let (path, name) = (words.next().unwrap_or("off"), words.next());
        let (form, masked) = (Form::of(settings, name)?, settings.masked_arguments.clone());
        if path == "off" {
            return Ok(Self { sender: None, form, masked });
        }
        let path = Path::new(&settings.prefix).join(path);
        let open = move || log_file(&path);
        let file = open().map_err(|error| format!("proxy_access_log: {error}"))?;
        let (sender, receiver) = sync_channel(QUEUE);
        let body = move || write_all(&receiver, file, &open);
        thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(body)
            .map_err(|error| error.to_string())?;
        Ok(Self { sender: Some(sender), form, masked })
    }

    /// Opens the file again, after it was rotated.
    pub fn reopen(&self) {
        self.sender.iter().for_each(|sender| drop(sender.try_send(Message::Reopen)));
    }

    /// Hands over what this worker has gathered.
    pub fn flush(&self) {
        let Some(sender) = &self.sender else { return };
        let lines = LINES.take();
        if !lines.is_empty() {
            drop(sender.try_send(Message::Lines(lines)));
        }
    }
}

impl Form {
    fn of(settings: &Settings, name: Option<&str>) -> Result<Self, String> {
        let directive = settings.nginx_http_log_format.as_deref();
        if let (Some(directive), Some(name)) = (directive, name) {
            let format =
                Format::parse(directive, name).map_err(|fault| format!("nginx_http_log_format: {fault}"))?;
            if let Some(format) = format {
                return Ok(Self::Chosen(format));
            }
        }
        let json = settings.log_format == "json";
        Ok(if json { Self::Json(settings.access_log_fields.clone()) } else { Self::Text })
    }
}

fn write_all(receiver: &Receiver<Message>, mut file: File, open: &dyn Fn() -> std::io::Result<File>) {
    while let Ok(message) = receiver.recv() {
        match message {
            Message::Lines(lines) => drop(file.write_all(&lines)),
            Message::Reopen => file = open().unwrap_or(file),
        }
    }
}

/// Adds the line of one exchange.
pub fn write(log: &AccessLog, exchange: &Exchange, status: u16) {
    if log.sender.is_none() {
        return;
    }
    let line = Line { exchange, status, masked: &log.masked };
    let length = LINES.with_borrow_mut(|lines| {
        match &log.form {
            Form::Text => text_line(lines, &line),
            Form::Json(fields) => json_line(lines, &line, fields),
            Form::Chosen(format) => format.write(lines, &line),
        }
        lines.len()
    });
    if length >= BATCH {
        log.flush();
    }
}

/// nginx's combined format with Kong's addition.
fn text_line(out: &mut Vec<u8>, line: &Line<'_>) {
    let (exchange, status) = (line.exchange, line.status);
    let request = &exchange.request;
    let _ = write!(out, "{} - - [", request.client.ip().to_canonical());
    out.extend_from_slice(&local_time());
    out.extend_from_slice(b"] \"");
    line.write_request(out);
    let _ = write!(out, "\" {status} {} \"", exchange.body_sent);
    escape(
        out,
        &request.headers.get("referer").map_or(Cow::Borrowed(&b"-"[..]), |url| masked(url, line.masked)),
    );
    out.extend_from_slice(b"\" \"");
    escape(out, request.headers.get("user-agent").map_or(b"-", |value| value));
    out.extend_from_slice(b"\" kong_request_id: \"");
    out.extend_from_slice(&request.id);
    out.extend_from_slice(b"\"\n");
}

impl Line<'_> {
    /// The request line; of one that could not be read, what there was of it.
    fn write_request(&self, out: &mut Vec<u8>) {
        let request = &self.exchange.request;
        if !request.method.is_empty() {
            escape(out, &request.method);
            out.push(b' ');
        }
        escape(out, &masked(&request.target, self.masked));
        if !request.method.is_empty() {
            out.push(b' ');
            out.extend_from_slice(version(request.version));
        }
    }

    fn request(&self) -> Vec<u8> {
        let mut line = Vec::new();
        self.write_request(&mut line);
        line
    }
}

fn version(version: Version) -> &'static [u8] {
    match version {
        Version::Http10 => b"HTTP/1.0",
        Version::Http11 => b"HTTP/1.1",
        Version::Http2 => b"HTTP/2.0",
    }
}

/// The same and more as one JSON object.
fn json_line(out: &mut Vec<u8>, line: &Line<'_>, fields: &[String]) {
    let (exchange, status) = (line.exchange, line.status);
    let request = &exchange.request;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let header = |name: &str| request.headers.get(name).map(|value| text(value));
    let millis = |from: Option<Instant>, to: Option<Instant>| {
        from.zip(to).map(|(from, to)| to.saturating_duration_since(from).as_millis())
    };
    let timing = &exchange.timing;
    let mut object = serde_json::json!({
        "time": text(&local_time()),
        "client_ip": request.client.ip().to_canonical(),
        "method": text(&request.method),
        "target": text(&masked(&request.target, line.masked)),
        "host": text(&request.host),
        "http_version": request.version.number(),
        "status": status,
        "bytes_sent": exchange.sent,
        "body_bytes_sent": exchange.body_sent,
        "referer": request.headers.get("referer").map(|url| text(&masked(url, line.masked))),
        "user_agent": header("user-agent"),
        "request_id": text(&request.id),
        "route": exchange.route().map(|route| &route.id),
        "service": exchange.service.as_ref().map(|service| &service.id),
        "consumer": exchange.consumer.as_ref().map(|consumer| consumer.id()),
        "upstream": exchange.tries.last().map(|last| last.address),
        "tries": exchange.tries.len(),
        "latency": millis(Some(timing.started), timing.finished),
        "upstream_latency": millis(timing.sent, timing.head),
    });
    if let Some(object) = object.as_object_mut().filter(|_| !fields.is_empty()) {
        object.retain(|name, _| fields.iter().any(|field| field == name));
    }
    let _ = writeln!(out, "{object}");
}

/// As nginx escapes: quotes, backslashes and bytes that are not printable ASCII become `\xNN`.
fn escape(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        match byte {
            b'"' | b'\\' | 0..=31 | 127..=255 => drop(write!(out, "\\x{byte:02X}")),
            _ => out.push(*byte),
        }
    }
}

thread_local! {
    static TIME: RefCell<(u64, Vec<u8>)> = const { RefCell::new((0, Vec::new())) };
}

/// `24/Nov/2026:06:25:33 +0000`; always UTC.
fn local_time() -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    TIME.with_borrow_mut(|(second, text)| {
        if *second != now || text.is_empty() {
            let (year, month, day) = civil(now / 86400);
            let month = MONTHS[usize::from(month) - 1];
            let (hour, minute, rest) = (now / 3600 % 24, now / 60 % 60, now % 60);
            *text = format!("{day:02}/{month}/{year}:{hour:02}:{minute:02}:{rest:02} +0000").into_bytes();
            *second = now;
        }
        text.clone()
    })
}

/// `2026-11-24T06:25:33+00:00`
fn iso_time() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (year, month, day) = civil(now / 86400);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}+00:00", now / 3600 % 24, now / 60 % 60, now % 60)
}
