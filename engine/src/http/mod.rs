//! HTTP towards clients and upstreams.
pub mod body;
pub mod client;
pub mod connection;
pub mod debug;
pub mod decide;
pub mod error_page;
pub mod filter;
pub mod forward;
pub mod grpc;
pub mod http1;
pub mod http2;
pub mod proxy;
pub mod proxy_protocol;
pub mod pump;
pub mod query;
pub mod reply;
pub mod status_text;
