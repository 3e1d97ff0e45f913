//! The last good snapshot on disk.
//!
//! First line: `gopura-snapshot 1 <version> <hash> <sha256 of the rest>`; the rest is a full message.
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Snapshot;
use super::message::hex;

/// Writes beside `path`, syncs, keeps the old file as `<path>.previous` and renames.
pub fn save(snapshot: &Snapshot, path: &Path) -> io::Result<()> {
    let temporary = beside(path, "new");
    let mut file = File::create(&temporary)?;
    let head = |sum: &str| format!("gopura-snapshot 1 {} {} {sum}\n", snapshot.version, snapshot.hash);
    file.write_all(head(&hex(&[0; 32])).as_bytes())?;
    let mut body = Summed { file: BufWriter::with_capacity(1 << 16, file), digest: Sha256::new() };
    write(snapshot, &mut body)?;
    let sum = hex(&body.digest.finalize());
    let mut file = body.file.into_inner()?;
    file.rewind()?;
    file.write_all(head(&sum).as_bytes())?;
    file.sync_all()?;
    keep_previous(path)?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// A file whose checksum is taken as it is written.
struct Summed {
    file: BufWriter<File>,
    digest: Sha256,
}

impl Summed {
    fn put(&mut self, part: &str) -> io::Result<()> {
        self.digest.update(part);
        self.file.write_all(part.as_bytes())
    }
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
    let mut bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    bytes.drain(..bytes.len().min(end + 1));
    let words: Vec<&str> = head.split(' ').collect();
    match words[..] {
        ["gopura-snapshot", "1", _, _, sum] if sum == hex(&Sha256::digest(&bytes)) => Ok(Some(bytes)),
        ["gopura-snapshot", "1", ..] => Err(format!("{}: the checksum is wrong", path.display())),
        _ => Err(format!("{}: not a snapshot", path.display())),
    }
}

fn write(snapshot: &Snapshot, out: &mut Summed) -> io::Result<()> {
    let Snapshot { version, hash, .. } = snapshot;
    out.put(&format!(r#"{{"type":"snapshot","version":{version},"hash":"{hash}","entities":{{"#))?;
    for (at, (kind, table)) in snapshot.tables.kinds().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        out.put(&format!(r#"{comma}"{kind}":["#))?;
        for (at, row) in table.rows().enumerate() {
            out.put(if at == 0 { "" } else { "," })?;
            out.put(row.json())?;
        }
        out.put("]")?;
    }
    out.put("}}")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
