//! Bytes in and out: streams, buffers and deadlines.
mod clock;
mod input;
mod io;
mod stream;

pub use clock::Clock;
pub use input::Input;
pub use io::Io;
pub use stream::Stream;
