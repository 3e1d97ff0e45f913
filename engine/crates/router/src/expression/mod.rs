//! The `expressions` flavour: routes that say what they want in a language.
//!
//! `atc-router` (Kong's own) parses and checks an expression; it is evaluated here, on the request itself. What an
//! expression needs in any case of host, path, method or header decides where it lies in the index, so that only
//! expressions that have a chance are evaluated.

mod field;
mod needs;
mod query;
mod test;
mod tree;

use std::sync::{Arc, OnceLock};

use atc_router::ast::Type;
use atc_router::parser::parse;
use atc_router::schema::Schema;
use atc_router::semantics::Validate;

use crate::entry::{Conditions, Entry};
use crate::rank::Rank;
use crate::spec::{Flavor, RouteSpec, Terms};
pub(crate) use tree::{Expression, Subject, Taken};

/// The fields of Kong 3.5. Those about addresses exist for stream routes; to HTTP they are unknown values.
fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema = Schema::default();
        for field in [
            "net.protocol",
            "tls.sni",
            "http.method",
            "http.host",
            "http.path",
            "http.headers.*",
            "http.queries.*",
        ] {
            schema.add_field(field, Type::String);
        }
        for field in ["net.port", "net.src.port", "net.dst.port"] {
            schema.add_field(field, Type::Int);
        }
        for field in ["net.src.ip", "net.dst.ip"] {
            schema.add_field(field, Type::IpAddr);
        }
        schema
    })
}

/// Makes the entry of a route that has an expression.
pub(crate) fn compile(route: &RouteSpec, slot: u32) -> Result<Vec<Arc<Entry>>, String> {
    let source = route.expression.as_deref().ok_or("the route has no expression")?;
    let parsed = parse(&with_protocols(source, route)).map_err(|error| error.to_string())?;
    parsed.validate(schema())?;
    let expression = Expression::compile(&parsed)?;
    let needs = needs::of(&expression);
    let asked = Conditions {
        hosts: needs.hosts,
        methods: needs.methods,
        headers: needs.headers,
        snis: Box::default(),
        paths: needs.paths,
        expression: Some(Box::new(expression)),
    };
    let rank = Rank::new(route, &[], None, Flavor::Expressions);
    Ok(vec![Arc::new(Entry::new(slot, Terms::of(route), rank, asked))])
}

/// Adds the route's protocols to its expression; not for a route of HTTPS alone, which meets HTTP with a redirect.
fn with_protocols(source: &str, route: &RouteSpec) -> String {
    let schemes: Vec<String> = route
        .protocols
        .iter()
        .map(|protocol| match protocol.as_str() {
            "grpc" => "http",
            "grpcs" => "https",
            same => same,
        })
        .map(|scheme| format!("net.protocol == \"{scheme}\""))
        .collect();
    match route.protocols.as_slice() {
        [] => source.to_owned(),
        [only] if only == "https" => source.to_owned(),
        _ => format!("{source} && ({})", schemes.join(" || ")),
    }
}
