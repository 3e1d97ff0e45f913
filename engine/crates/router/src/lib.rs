//! The route index: which route serves a request.
