//! The route index: which route serves a request.
//!
//! ```
//! use gopura_router::{Flavor, Request, RouteSpec, Router, Scheme, normalize_path};
//!
//! let route = RouteSpec { id: "r".into(), paths: vec!["/api".into()], strip_path: true, ..Default::default() };
//! let router = Router::build(vec![route], Flavor::TraditionalCompatible).unwrap();
//! let path = normalize_path(b"/api/v1/../v2");
//! let headers: Vec<(&str, &str)> = vec![("accept", "*/*")];
//! let found = router
//!     .find(&Request {
//!         method: b"GET",
//!         host: Some(b"example.com"),
//!         path: &path,
//!         query: b"",
//!         scheme: Scheme::Http,
//!         sni: None,
//!         headers: &headers,
//!     })
//!     .unwrap();
//! let mut upstream = Vec::new();
//! found.upstream_path(&mut upstream, &path, b"/base");
//! assert_eq!((found.slot, upstream.as_slice()), (0, &b"/base/v2"[..]));
//! ```

mod census;
mod entry;
mod expression;
mod header;
mod host;
mod index;
mod literals;
mod matched;
mod normalize;
mod pattern;
mod rank;
mod request;
mod router;
mod spec;
mod upstream;

pub use matched::{Match, Verdict};
pub use normalize::{escape_path, normalize_path};
pub use pattern::Capture;
pub use request::{Headers, Request, Scheme};
pub use router::{Change, Router};
pub use spec::{BuildError, Flavor, PathHandling, RouteSpec, Terms, Warning};
