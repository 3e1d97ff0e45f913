//! The last good snapshot on disk.
//!
//! First line: `gopura-snapshot 1 <version> <hash> <sha256 of the rest>`; the rest is a full message.
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Snapshot;
use super::message::hex;

/// Writes beside `path`, syncs, keeps the old file as `<path>.previous` and renames.
pub fn save(snapshot: &Snapshot, path: &Path) -> io::Result<()> {
    let body = encode(snapshot);
    let sum = hex(&Sha256::digest(&body));
    let temporary = beside(path, "new");
    let mut file = File::create(&temporary)?;
    writeln!(file, "gopura-snapshot 1 {} {} {sum}", snapshot.version, snapshot.hash)?;
    file.write_all(&body)?;
    file.sync_all()?;
    keep_previous(path)?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// A second name for the old file, so that there is a good file at every moment.
fn keep_previous(path: &Path) -> io::Result<()> {
    let previous = beside(path, "previous");
    if !path.exists() {
        return Ok(());
    }
    match fs::remove_file(&previous) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::hard_link(path, &previous),
    }
}

/// Reads the message of a saved snapshot; `None` when there is no file.
pub fn load(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = bytes.get(end + 1..).unwrap_or_default();
    let words: Vec<&str> = head.split(' ').collect();
    match words[..] {
        ["gopura-snapshot", "1", _, _, sum] if sum == hex(&Sha256::digest(body)) => Ok(Some(body.to_vec())),
        ["gopura-snapshot", "1", ..] => Err(format!("{}: the checksum is wrong", path.display())),
        _ => Err(format!("{}: not a snapshot", path.display())),
    }
}

fn encode(snapshot: &Snapshot) -> Vec<u8> {
    let mut out = format!(
        r#"{{"type":"snapshot","version":{},"hash":"{}","entities":{{"#,
        snapshot.version, snapshot.hash
    )
    .into_bytes();
    for (at, (kind, table)) in snapshot.tables.kinds().enumerate() {
        out.extend_from_slice(if at == 0 { b"\"" } else { b",\"" });
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\":[");
        for (at, entity) in table.rows.values().enumerate() {
            out.extend_from_slice(if at == 0 { b"" } else { b"," });
            out.extend_from_slice(entity.json.get().as_bytes());
        }
        out.push(b']');
    }
    out.extend_from_slice(b"}}");
    out
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
