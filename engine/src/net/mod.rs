//! Bytes in and out: streams, buffers and deadlines.
mod clock;
mod input;
mod io;
mod rewind;
mod stream;

pub use clock::Clock;
pub use input::Input;
pub use io::Io;
pub use rewind::Rewind;
pub use stream::Stream;
