//! A Python thread state for the life of a worker thread.
use pyo3::ffi;

/// Makes this thread's Python thread state once and lets go of the interpreter. Attaching later finds the state and
/// costs a fraction of a microsecond; without it each attach would make and destroy one.
pub fn adopt() {
    // SAFETY: the interpreter runs (this module lives in it), and the thread has no thread state yet. The pair
    // leaves the state registered for the thread and the interpreter free for others.
    unsafe {
        ffi::PyGILState_Ensure();
        ffi::PyEval_SaveThread();
    }
}
