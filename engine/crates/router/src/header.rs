//! Header conditions of a route.

use std::sync::Arc;

use crate::pattern::{Pattern, with_lower};
use crate::request::Headers;
use crate::spec::Flavor;

/// One header that a route asks for, and the values that will do. Values compare without case.
#[derive(Clone, Debug)]
pub(crate) struct HeaderRule {
    pub name: FieldName,
    pub exact: Box<[Box<[u8]>]>,
    pub patterns: Box<[Arc<Pattern>]>,
}

/// A name with an underscore falls back to the one with a hyphen when the request has no such field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FieldName {
    first: Box<str>,
    second: Option<Box<str>>,
}

impl HeaderRule {
    pub fn parse(name: &str, values: &[String], flavor: Flavor) -> Result<Self, String> {
        let mut exact = Vec::new();
        let mut patterns = Vec::new();
        for value in values {
            match value.strip_prefix("~*") {
                // Only a single value may be a pattern there; it compares as text too.
                Some(source) if flavor == Flavor::Traditional => {
                    exact.push(value.to_ascii_lowercase().into_bytes().into());
                    if values.len() == 1 {
                        patterns.push(Arc::new(Pattern::anywhere(source, flavor)?));
                    }
                }
                Some(source) => {
                    patterns.push(Arc::new(Pattern::anywhere(&source.to_ascii_lowercase(), flavor)?));
                }
                None => exact.push(value.to_ascii_lowercase().into_bytes().into()),
            }
        }
        Ok(Self { name: FieldName::new(name, flavor), exact: exact.into(), patterns: patterns.into() })
    }

    /// Whether one of the request's values will do.
    pub fn matches(&self, headers: &dyn Headers) -> bool {
        self.name.any(headers, &mut |value| self.accepts(value))
    }

    fn accepts(&self, value: &[u8]) -> bool {
        self.exact.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
            || !self.patterns.is_empty()
                && with_lower(value, |value| self.patterns.iter().any(|pattern| pattern.is_match(value)))
    }
}

impl FieldName {
    pub fn new(name: &str, flavor: Flavor) -> Self {
        let name = name.to_ascii_lowercase();
        let hyphened = name.replace('_', "-");
        if flavor == Flavor::Traditional {
            return Self { second: (hyphened != name).then(|| hyphened.into()), first: name.into() };
        }
        // The compatible flavours cannot tell the two apart: the underscored field is looked up first.
        let underscored = name.replace('-', "_");
        Self { second: (hyphened != underscored).then(|| hyphened.into()), first: underscored.into() }
    }

    /// Whether `test` holds for one of the values that the request has under this name.
    pub fn any(&self, headers: &dyn Headers, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let Some(second) = &self.second else { return headers.any(&self.first, test) };
        let mut present = false;
        let found = headers.any(&self.first, &mut |value| {
            present = true;
            test(value)
        });
        found || !present && headers.any(second, test)
    }
}
