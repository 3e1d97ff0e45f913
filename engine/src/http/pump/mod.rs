//! Moves bodies between client and upstream, both ways at once.
mod download;
mod head;
mod upload;

use std::io;

use gopura_http1::Fault;

pub use download::Download;
pub use head::poll_head;
pub use upload::Upload;

use super::client::Broken;

/// Why an upstream gave no usable response.
#[derive(Debug)]
pub enum Failure {
    /// It closed or reset the connection.
    Closed,
    TimedOut,
    Invalid(Fault),
    /// Not its fault: the client's side broke.
    Client(Broken),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut { Self::TimedOut } else { Self::Closed }
    }
}
