//! One predicate: a field, an operator, a constant.

use std::borrow::Cow;
use std::sync::Arc;

use atc_router::ast::{BinaryOperator, Predicate, Value};

use super::field::Field;
use super::tree::Subject;
use crate::pattern::Pattern;
use crate::spec::Flavor;

#[derive(Debug)]
pub(crate) struct Test {
    pub field: Field,
    /// The value is compared in lower case.
    pub lower: bool,
    /// One of the values must fit, not all of them.
    any: bool,
    pub operator: Operator,
}

#[derive(Debug)]
pub(crate) enum Operator {
    Equals(Box<[u8]>),
    Differs(Box<[u8]>),
    Starts(Box<[u8]>),
    Ends(Box<[u8]>),
    Contains(Box<[u8]>),
    Matches(Arc<Pattern>),
    /// Numbers: which orderings against the constant fit.
    Compares {
        less: bool,
        equal: bool,
        greater: bool,
        with: i64,
    },
    /// About addresses, which HTTP routes cannot ask for.
    Never,
}

impl Test {
    pub fn compile(predicate: &Predicate) -> Result<Self, String> {
        let (lower, any) = predicate.lhs.get_transformations();
        let field = Field::parse(&predicate.lhs.var_name);
        Ok(Self { field, lower, any, operator: operator(&predicate.op, &predicate.rhs)? })
    }

    /// Without any value it does not hold.
    pub fn holds(&self, subject: &Subject<'_>) -> bool {
        if let Operator::Compares { .. } = self.operator {
            return self.field.number(subject).is_some_and(|value| self.operator.fits_number(value));
        }
        let (mut seen, mut fitting) = (false, 0);
        let mut missed = false;
        self.field.texts(subject, &mut |value| {
            seen = true;
            let fits = self.fits(value);
            fitting += usize::from(fits);
            missed |= !fits;
            fits == self.any
        });
        if self.any { fitting > 0 } else { seen && !missed }
    }

    fn fits(&self, value: &[u8]) -> bool {
        if self.lower { self.operator.fits(&lowered(value)) } else { self.operator.fits(value) }
    }

    /// The bytes of the path that a fitting test takes, as Kong counts them for stripping.
    pub fn taken(&self, path: &[u8]) -> Option<usize> {
        if self.field != Field::Path {
            return None;
        }
        match &self.operator {
            Operator::Equals(text) | Operator::Starts(text) | Operator::Ends(text) => Some(text.len()),
            Operator::Matches(pattern) => pattern.find(path).map(|found| found.len()),
            _ => None,
        }
    }
}

/// Unicode lower case, as the language has it.
fn lowered(value: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(value) {
        Ok(text) if text.chars().any(char::is_uppercase) => Cow::Owned(text.to_lowercase().into_bytes()),
        _ => Cow::Borrowed(value),
    }
}

impl Operator {
    fn fits(&self, value: &[u8]) -> bool {
        match self {
            Self::Equals(text) => value == &**text,
            Self::Differs(text) => value != &**text,
            Self::Starts(text) => value.starts_with(text),
            Self::Ends(text) => value.ends_with(text),
            Self::Contains(text) => {
                text.is_empty() || value.windows(text.len()).any(|window| window == &**text)
            }
            Self::Matches(pattern) => pattern.is_match(value),
            Self::Compares { .. } | Self::Never => false,
        }
    }

    fn fits_number(&self, value: i64) -> bool {
        let Self::Compares { less, equal, greater, with } = self else { return false };
        match value.cmp(with) {
            std::cmp::Ordering::Less => *less,
            std::cmp::Ordering::Equal => *equal,
            std::cmp::Ordering::Greater => *greater,
        }
    }
}

fn operator(operator: &BinaryOperator, value: &Value) -> Result<Operator, String> {
    let compares = |less, equal, greater, with| Operator::Compares { less, equal, greater, with };
    Ok(match (operator, value) {
        (BinaryOperator::Equals, Value::String(text)) => Operator::Equals(text.as_bytes().into()),
        (BinaryOperator::NotEquals, Value::String(text)) => Operator::Differs(text.as_bytes().into()),
        (BinaryOperator::Prefix, Value::String(text)) => Operator::Starts(text.as_bytes().into()),
        (BinaryOperator::Postfix, Value::String(text)) => Operator::Ends(text.as_bytes().into()),
        (BinaryOperator::Contains, Value::String(text)) => Operator::Contains(text.as_bytes().into()),
        (BinaryOperator::Regex, Value::Regex(regex)) => {
            Operator::Matches(Arc::new(Pattern::anywhere(regex.as_str(), Flavor::Expressions)?))
        }
        (BinaryOperator::Equals, Value::Int(with)) => compares(false, true, false, *with),
        (BinaryOperator::NotEquals, Value::Int(with)) => compares(true, false, true, *with),
        (BinaryOperator::Greater, Value::Int(with)) => compares(false, false, true, *with),
        (BinaryOperator::GreaterOrEqual, Value::Int(with)) => compares(false, true, true, *with),
        (BinaryOperator::Less, Value::Int(with)) => compares(true, false, false, *with),
        (BinaryOperator::LessOrEqual, Value::Int(with)) => compares(true, true, false, *with),
        _ => Operator::Never,
    })
}
