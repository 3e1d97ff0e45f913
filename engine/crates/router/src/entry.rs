//! One route, or one part of a route, ready to be matched.

use std::sync::Arc;

use crate::expression::{self, Expression, Subject};
use crate::header::HeaderRule;
use crate::host::{Authority, HostPattern};
use crate::pattern::Pattern;
use crate::rank::{PathGroup, Rank};
use crate::request::{Request, Scheme};
use crate::spec::{Flavor, RouteSpec, Terms};

/// What all paths of an entry are.
#[derive(Clone, Debug)]
pub(crate) enum Paths {
    Any,
    Prefixes(Box<[Box<[u8]>]>),
    Patterns(Box<[Arc<Pattern>]>),
}

/// What an entry asks of a request.
#[derive(Debug)]
pub(crate) struct Conditions {
    pub hosts: Box<[HostPattern]>,
    pub methods: Box<[Box<[u8]>]>,
    pub headers: Box<[HeaderRule]>,
    pub snis: Box<[Box<[u8]>]>,
    pub paths: Paths,
    /// When set it decides alone; the other conditions are what it needs in any case.
    pub expression: Option<Box<Expression>>,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            hosts: Box::default(),
            methods: Box::default(),
            headers: Box::default(),
            snis: Box::default(),
            paths: Paths::Any,
            expression: None,
        }
    }
}

/// How much of a path an entry takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Takes {
    /// So many bytes; `None` without paths.
    Prefix(Option<u32>),
    /// What its regexes or its expression find.
    Found,
}

/// What every match reads comes first, so that it lies in one line of memory.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Entry {
    pub slot: u32,
    /// Nothing is asked for but host and path.
    is_open: bool,
    pub takes: Takes,
    pub route: Terms,
    pub rank: Rank,
    pub asked: Conditions,
}

impl Entry {
    /// `is_open` and `takes` follow from the conditions.
    pub fn new(slot: u32, route: Terms, rank: Rank, asked: Conditions) -> Self {
        let takes = match (&asked.expression, &asked.paths) {
            (None, Paths::Any) => Takes::Prefix(None),
            (None, Paths::Prefixes(prefixes)) => {
                Takes::Prefix(prefixes.first().and_then(|prefix| u32::try_from(prefix.len()).ok()))
            }
            _ => Takes::Found,
        };
        let is_open = asked.methods.is_empty()
            && asked.headers.is_empty()
            && asked.snis.is_empty()
            && asked.expression.is_none();
        Self { slot, is_open, takes, route, rank, asked }
    }

    /// Everything but host and path.
    pub fn rest_matches(&self, request: &Request<'_>, host: Option<&Authority<'_>>) -> bool {
        if self.is_open {
            return true;
        }
        if let Some(expression) = &self.asked.expression {
            return expression.holds(Subject { request, host });
        }
        self.method_matches(request.method)
            && self.sni_matches(request)
            && self.asked.headers.iter().all(|rule| rule.matches(request.headers))
    }

    /// The same place in the order, with other conditions.
    pub fn asking(&self, asked: Conditions) -> Self {
        Self::new(self.slot, self.route.clone(), self.rank, asked)
    }

    /// What operators should know.
    pub fn warning(&self) -> Option<&'static str> {
        let is_slow = |patterns: &[Arc<Pattern>]| patterns.iter().any(|pattern| pattern.is_backtracking());
        match (&self.asked.expression, &self.asked.paths) {
            (Some(expression), _) if expression.asks_for_streams() => Some(
                "the expression asks for a field that only stream routes have; such a predicate never holds",
            ),
            (None, Paths::Patterns(patterns)) if is_slow(patterns) => {
                Some("a path needs a backtracking regex engine; matching it is slower and bounded")
            }
            _ => None,
        }
    }

    fn method_matches(&self, method: &[u8]) -> bool {
        self.asked.methods.is_empty() || self.asked.methods.iter().any(|wanted| **wanted == *method)
    }

    /// Plain HTTP has no server name, and is not refused for that.
    fn sni_matches(&self, request: &Request<'_>) -> bool {
        self.asked.snis.is_empty()
            || request.scheme == Scheme::Http
            || request.sni.is_some_and(|name| self.asked.snis.iter().any(|wanted| **wanted == *name))
    }
}

/// Splits a route by its hosts and paths into entries that each have one priority.
pub(crate) fn compile(route: &RouteSpec, slot: u32, flavor: Flavor) -> Result<Vec<Arc<Entry>>, String> {
    if flavor == Flavor::Expressions {
        return expression::compile(route, slot);
    }
    let is_blank = route.hosts.is_empty()
        && route.headers.is_empty()
        && route.paths.is_empty()
        && route.methods.is_empty()
        && route.snis.is_empty();
    if is_blank {
        return Err("could not categorize route".to_owned());
    }
    let headers = header_rules(route, flavor)?;
    let paths = path_groups(route, flavor)?;
    let snis: Box<[_]> = route.snis.iter().map(|name| without_last_dot(name).into()).collect();
    let methods: Box<[_]> = route.methods.iter().map(|method| method.as_bytes().into()).collect();
    let terms = Terms::of(route);
    let entry = |hosts: &[HostPattern], (group, paths): &Group| {
        let asked = Conditions {
            hosts: hosts.into(),
            methods: methods.clone(),
            headers: headers.clone(),
            snis: snis.clone(),
            paths: paths.clone(),
            expression: None,
        };
        Arc::new(Entry::new(slot, terms.clone(), Rank::new(route, hosts, *group, flavor), asked))
    };
    let groups = host_groups(route, flavor);
    Ok(groups.iter().flat_map(|hosts| paths.iter().map(|paths| entry(hosts, paths))).collect())
}

/// The `traditional` flavour prefers plain hosts with a port to those without: they become entries of their own.
fn host_groups(route: &RouteSpec, flavor: Flavor) -> Vec<Vec<HostPattern>> {
    let hosts: Vec<_> = route.hosts.iter().map(|host| HostPattern::parse(host, flavor)).collect();
    if flavor != Flavor::Traditional {
        return vec![hosts];
    }
    let (with_port, others): (Vec<_>, Vec<_>) =
        hosts.into_iter().partition(|host| !host.is_wildcard() && host.port.is_some());
    if with_port.is_empty() || others.is_empty() {
        return vec![[with_port, others].concat()];
    }
    vec![with_port, others]
}

fn header_rules(route: &RouteSpec, flavor: Flavor) -> Result<Box<[HeaderRule]>, String> {
    let fields = route.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
    fields.map(|(name, values)| HeaderRule::parse(name, values, flavor)).collect()
}

/// The last dot of a fully qualified name is no part of what clients send.
fn without_last_dot(name: &str) -> &[u8] {
    let stripped = if name.len() > 1 { name.strip_suffix('.') } else { None };
    stripped.unwrap_or(name).as_bytes()
}

type Group = (Option<PathGroup>, Paths);

fn path_groups(route: &RouteSpec, flavor: Flavor) -> Result<Vec<Group>, String> {
    if route.paths.is_empty() {
        return Ok(vec![(None, Paths::Any)]);
    }
    let mut regexes: Vec<&str> = Vec::new();
    let mut prefixes: Vec<&str> = Vec::new();
    for path in &route.paths {
        match path.strip_prefix('~') {
            Some(source) => regexes.push(source),
            None => prefixes.push(path),
        }
    }
    prefixes.sort_by_key(|prefix| prefix.len());
    let mut sources: Vec<(bool, Vec<&str>)> = Vec::new();
    if flavor == Flavor::Traditional {
        sources.extend(regexes.into_iter().map(|regex| (true, vec![regex])));
    } else if !regexes.is_empty() {
        sources.push((true, regexes));
    }
    sources
        .extend(prefixes.chunk_by(|one, other| one.len() == other.len()).map(|same| (false, same.to_vec())));
    let is_split = route.paths.len() > 1;
    (0..)
        .zip(sources)
        .map(|(part, (is_regex, sources))| group(part, is_regex, &sources, is_split, flavor))
        .collect()
}

fn group(
    part: u32,
    is_regex: bool,
    sources: &[&str],
    is_split: bool,
    flavor: Flavor,
) -> Result<Group, String> {
    let length = if is_regex { 0 } else { sources[0].len() };
    let paths = if is_regex {
        let patterns: Result<_, _> =
            sources.iter().map(|source| Pattern::path(source, flavor).map(Arc::new)).collect();
        Paths::Patterns(patterns?)
    } else {
        Paths::Prefixes(sources.iter().map(|source| source.as_bytes().into()).collect())
    };
    Ok((Some(PathGroup { is_regex, length, is_split, part }), paths))
}
