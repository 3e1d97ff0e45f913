//! What an expression needs in any case: where it lies in the index.

use super::field::Field;
use super::test::{Operator, Test};
use super::tree::Expression;
use crate::entry::Paths;
use crate::header::{FieldName, HeaderRule};
use crate::host::HostPattern;

/// Necessary conditions: a request that the expression accepts fulfils each of those that are not empty.
pub(crate) struct Needs {
    pub hosts: Box<[HostPattern]>,
    pub methods: Box<[Box<[u8]>]>,
    pub headers: Box<[HeaderRule]>,
    pub paths: Paths,
}

/// An expression lies in at most so many places.
const MAX_PLACES: usize = 64;

pub(crate) fn of(expression: &Expression) -> Needs {
    let mut hosts = alternatives(expression, &host).unwrap_or_default();
    let mut paths = alternatives(expression, &path).unwrap_or_default();
    if hosts.len().max(1) * paths.len().max(1) > MAX_PLACES {
        if hosts.len() > paths.len() { hosts.clear() } else { paths.clear() }
    }
    Needs {
        hosts: hosts.into(),
        methods: alternatives(expression, &method).unwrap_or_default().into(),
        headers: header_rule(alternatives(expression, &header).unwrap_or_default()),
        paths: if paths.is_empty() { Paths::Any } else { Paths::Prefixes(paths.into()) },
    }
}

/// Conditions of which at least one must hold; `None` when the expression may hold without any.
fn alternatives<T>(expression: &Expression, of_test: &dyn Fn(&Test) -> Option<T>) -> Option<Vec<T>> {
    match expression {
        Expression::Test(test) => of_test(test).map(|need| vec![need]),
        Expression::Not(_) => None,
        Expression::Or(both) => {
            let [mut one, other] = [alternatives(&both[0], of_test)?, alternatives(&both[1], of_test)?];
            one.extend(other);
            Some(one)
        }
        Expression::And(both) => match [alternatives(&both[0], of_test), alternatives(&both[1], of_test)] {
            [Some(one), Some(other)] if other.len() < one.len() => Some(other),
            [Some(one), _] | [None, Some(one)] => Some(one),
            [None, None] => None,
        },
    }
}

fn host(test: &Test) -> Option<HostPattern> {
    if test.field != Field::Host || test.lower {
        return None;
    }
    match &test.operator {
        Operator::Equals(text) => Some(HostPattern::exact(text)),
        Operator::Starts(text) if !text.is_empty() => Some(HostPattern::prefix(text)),
        Operator::Ends(text) if !text.is_empty() => Some(HostPattern::suffix(text)),
        _ => None,
    }
}

fn path(test: &Test) -> Option<Box<[u8]>> {
    if test.field != Field::Path || test.lower {
        return None;
    }
    let prefix = match &test.operator {
        Operator::Equals(text) | Operator::Starts(text) => text.clone(),
        Operator::Matches(pattern) => pattern.literals.prefix.clone(),
        _ => return None,
    };
    (prefix.len() > 1).then_some(prefix)
}

fn method(test: &Test) -> Option<Box<[u8]>> {
    match &test.operator {
        Operator::Equals(text) if test.field == Field::Method && !test.lower => Some(text.clone()),
        _ => None,
    }
}

fn header(test: &Test) -> Option<(FieldName, Box<[u8]>)> {
    match (&test.field, &test.operator) {
        (Field::Header(name), Operator::Equals(text)) => Some((name.clone(), text.clone())),
        _ => None,
    }
}

/// Only when all alternatives are about the same header.
fn header_rule(alternatives: Vec<(FieldName, Box<[u8]>)>) -> Box<[HeaderRule]> {
    let Some((name, _)) = alternatives.first().cloned() else { return Box::default() };
    if alternatives.iter().any(|(other, _)| *other != name) {
        return Box::default();
    }
    let exact = alternatives.into_iter().map(|(_, value)| value.to_ascii_lowercase().into()).collect();
    [HeaderRule { name, exact, patterns: Box::default() }].into()
}
