//! A request's body on disk, while it is longer than what is kept in memory.
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::client::Broken;

const PIECE: usize = 16 * 1024;

/// A file without a name, which is gone with the last who holds it.
#[derive(Clone)]
pub struct Spilled {
    file: Arc<File>,
    length: u64,
}

impl Spilled {
    pub fn new(folder: &str) -> Result<Self, Broken> {
        let file = tempfile::tempfile_in(folder).map_err(Broken::from_disk)?;
        Ok(Self { file: Arc::new(file), length: 0 })
    }

    /// Writes the bytes behind what is there, in a thread that may wait for the disk; gives the emptied buffer back.
    pub async fn append(self, mut bytes: Vec<u8>) -> Result<(Self, Vec<u8>), Broken> {
        let written = spawn_blocking(move || {
            (&*self.file).write_all(&bytes)?;
            let length = self.length + bytes.len() as u64;
            bytes.clear();
            Ok((Self { length, ..self }, bytes))
        });
        written.await.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(Broken::from_disk)
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    /// Hands the piece that starts at `at` to `sink` and moves on; false when it was the last. What was just written
    /// is in the system's memory, as a rule.
    pub fn piece(&self, at: &mut u64, sink: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
        let mut buffer = [0; PIECE];
        let length = self.file.read_at(&mut buffer, *at)?;
        if length == 0 && *at < self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        sink(&buffer[..length]);
        *at += length as u64;
        Ok(*at < self.length)
    }
}
