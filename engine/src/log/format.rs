//! One line per event: nginx's form, or JSON.
use std::fmt::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::http::reply::civil;

/// `2026/11/24 06:41:10 [warn] 31645#0: message, upstream: 127.0.0.1:80`
pub struct Format {
    pub json: bool,
}

impl<S, N> FormatEvent<S, N> for Format
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = Text::default();
        event.record(&mut text);
        let level = name(*event.metadata().level());
        if self.json {
            let mut line = serde_json::json!({
                "time": time('-', 'T') + "Z",
                "level": level,
                "pid": std::process::id(),
                "message": text.message,
            });
            for (name, value) in text.fields {
                line[name] = value.into();
            }
            return writeln!(out, "{line}");
        }
        let (time, pid) = (time('/', ' '), std::process::id());
        write!(out, "{time} [{level}] {pid}#0: {}", text.message)?;
        text.fields.iter().try_for_each(|(name, value)| write!(out, ", {name}: {value}"))?;
        writeln!(out)
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        _ => "debug",
    }
}

fn time(dash: char, space: char) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (year, month, day) = civil(now / 86400);
    let (hour, minute, second) = (now / 3600 % 24, now / 60 % 60, now % 60);
    format!("{year:04}{dash}{month:02}{dash}{day:02}{space}{hour:02}:{minute:02}:{second:02}")
}

#[derive(Default)]
struct Text {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => drop(write!(self.message, "{value:?}")),
            other => self.fields.push((other, format!("{value:?}"))),
        }
    }
}
