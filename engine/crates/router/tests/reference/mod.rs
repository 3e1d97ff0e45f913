//! Kong's rules one by one, without any index: slow, and plain enough to be compared with Kong's by eye.

mod compatible;
mod traditional;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use gopura_router::{Flavor, Request, RouteSpec, Scheme};
use regex::Regex;

/// A request that owns its parts.
#[derive(Clone, Debug)]
pub struct Owned {
    pub method: String,
    pub host: Option<String>,
    pub path: String,
    pub https: bool,
    pub sni: Option<String>,
    pub headers: Vec<(String, String)>,
}

impl Owned {
    pub fn borrow(&self) -> Request<'_> {
        Request {
            method: self.method.as_bytes(),
            host: self.host.as_deref().map(str::as_bytes),
            path: self.path.as_bytes(),
            query: b"",
            scheme: if self.https { Scheme::Https } else { Scheme::Http },
            sni: self.sni.as_deref().map(str::as_bytes),
            headers: &self.headers,
        }
    }

    /// The values of a header in lower case; a name with `_` also finds the field with `-` when there is none.
    fn values(&self, name: &str) -> Vec<String> {
        let get = |name: &str| -> Vec<String> {
            let fields = self.headers.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
            fields.map(|(_, value)| value.to_ascii_lowercase()).collect()
        };
        let values = get(name);
        if values.is_empty() { get(&name.replace('_', "-")) } else { values }
    }
}

/// Routes in the order in which they are tried.
pub enum Reference<'r> {
    Traditional(Vec<traditional::Part<'r>>),
    Compatible(Vec<compatible::Part<'r>>),
}

impl<'r> Reference<'r> {
    pub fn new(routes: &'r [RouteSpec], flavor: Flavor) -> Self {
        match flavor {
            Flavor::Traditional => Self::Traditional(traditional::parts(routes)),
            _ => Self::Compatible(compatible::parts(routes)),
        }
    }

    /// The route that serves the request, and how much of the path it matched.
    pub fn find(&self, request: &Owned) -> Option<(&'r RouteSpec, Option<usize>)> {
        match self {
            Self::Traditional(parts) => traditional::find(parts, request),
            Self::Compatible(parts) => compatible::find(parts, request),
        }
    }
}

/// Compiles each pattern once.
fn regex(source: &str) -> Rc<Regex> {
    thread_local!(static KNOWN: RefCell<HashMap<String, Rc<Regex>>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| {
        let compile = || Rc::new(Regex::new(source).unwrap());
        Rc::clone(known.entry(source.to_owned()).or_insert_with(compile))
    })
}
