//! The error log: severity levels of nginx, changed while running.
mod format;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::Level;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt};

static LEVEL: OnceLock<Handle<LevelFilter, Registry>> = OnceLock::new();
static TARGET: Mutex<Option<(PathBuf, Option<File>)>> = Mutex::new(None);

/// Starts the process's log; later engines of the same process only set the level and the file.
pub fn start(settings: &crate::settings::Settings) -> Result<(), String> {
    let path = settings.proxy_error_log.split_whitespace().next().unwrap_or("/dev/stderr");
    open(&Path::new(&settings.prefix).join(path))?;
    let level = level(&settings.log_level)?;
    if let Some(handle) = LEVEL.get() {
        return handle.modify(|current| *current = level).map_err(|error| error.to_string());
    }
    let (filter, handle) = reload::Layer::new(level);
    let format = format::Format { json: settings.log_format == "json" };
    let lines = fmt::layer().with_writer(|| Lines).with_ansi(false).event_format(format);
    if tracing_subscriber::registry().with(filter).with(lines).try_init().is_ok() {
        let _ = LEVEL.set(handle);
    }
    Ok(())
}

pub fn set_level(name: &str) -> Result<(), String> {
    let level = level(name)?;
    let Some(handle) = LEVEL.get() else { return Ok(()) };
    handle.modify(|current| *current = level).map_err(|error| error.to_string())
}

/// Opens the file again, after it was rotated.
pub fn reopen() {
    let path = TARGET.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|target| target.0.clone());
    if let Some(error) = path.and_then(|path| open(&path).err()) {
        tracing::error!("{error}");
    }
}

fn open(path: &Path) -> Result<(), String> {
    let file = match path.to_str() {
        Some("/dev/stderr" | "/dev/stdout") => None,
        _ => Some(log_file(path).map_err(|error| format!("proxy_error_log {}: {error}", path.display()))?),
    };
    *TARGET.lock().unwrap_or_else(PoisonError::into_inner) = Some((path.to_owned(), file));
    Ok(())
}

/// Opens a log. The process's own streams are not opened by their names: that is for who owns the terminal or pipe, and
/// this process may run as somebody else.
pub fn log_file(path: &Path) -> io::Result<File> {
    let place = fs::read_link(path).unwrap_or_else(|_| path.to_owned());
    let stream = match place.to_str() {
        Some("/dev/stdout") => io::stdout().as_fd().try_clone_to_owned(),
        Some("/dev/stderr") => io::stderr().as_fd().try_clone_to_owned(),
        _ => return OpenOptions::new().create(true).append(true).open(path),
    };
    stream.map(File::from)
}

/// nginx's eight levels on five of ours.
fn level(name: &str) -> Result<LevelFilter, String> {
    let level = match name {
        "debug" => Level::DEBUG,
        "info" => Level::INFO,
        "notice" | "warn" => Level::WARN,
        "error" | "crit" | "alert" | "emerg" => Level::ERROR,
        _ => return Err(format!("not a log level: {name}")),
    };
    Ok(LevelFilter::from_level(level))
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match &mut *TARGET.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((_, Some(file))) => file.write_all(line)?,
            _ => io::stderr().write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
