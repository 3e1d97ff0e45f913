//! Expressions as trees of predicates.

use atc_router::ast::{self, LogicalExpression};

use super::field::Field;
use super::test::{Operator, Test};
use crate::host::Authority;
use crate::pattern::Pattern;
use crate::request::Request;

#[derive(Debug)]
pub(crate) enum Expression {
    And(Box<[Expression; 2]>),
    Or(Box<[Expression; 2]>),
    Not(Box<Expression>),
    Test(Box<Test>),
}

/// What expressions are evaluated on.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'r> {
    pub request: &'r Request<'r>,
    pub host: Option<&'r Authority<'r>>,
}

/// What a matching expression says about the path.
#[derive(Clone, Copy, Default)]
pub(crate) struct Taken<'e> {
    pub length: Option<usize>,
    pub pattern: Option<&'e Pattern>,
}

impl Expression {
    pub fn compile(parsed: &ast::Expression) -> Result<Self, String> {
        Ok(match parsed {
            ast::Expression::Predicate(predicate) => Self::Test(Box::new(Test::compile(predicate)?)),
            ast::Expression::Logical(logical) => match &**logical {
                LogicalExpression::And(one, other) => {
                    Self::And(Box::new([Self::compile(one)?, Self::compile(other)?]))
                }
                LogicalExpression::Or(one, other) => {
                    Self::Or(Box::new([Self::compile(one)?, Self::compile(other)?]))
                }
                LogicalExpression::Not(inner) => Self::Not(Box::new(Self::compile(inner)?)),
            },
        })
    }

    /// Whether a predicate is about a field that HTTP requests do not have.
    pub fn asks_for_streams(&self) -> bool {
        match self {
            Self::And(both) | Self::Or(both) => both.iter().any(Self::asks_for_streams),
            Self::Not(inner) => inner.asks_for_streams(),
            Self::Test(test) => test.field == Field::Unknown,
        }
    }

    pub fn holds(&self, subject: Subject<'_>) -> bool {
        match self {
            Self::And(both) => both.iter().all(|part| part.holds(subject)),
            Self::Or(both) => both.iter().any(|part| part.holds(subject)),
            Self::Not(inner) => !inner.holds(subject),
            Self::Test(test) => test.holds(&subject),
        }
    }

    /// Evaluates once more, noting what the last fitting predicate on the path took, also one inside of a
    /// part that does not hold in the end: so does Kong.
    pub fn taken<'e>(&'e self, subject: Subject<'_>, taken: &mut Taken<'e>) -> bool {
        match self {
            Self::And(both) => both.iter().all(|part| part.taken(subject, taken)),
            Self::Or(both) => both.iter().any(|part| part.taken(subject, taken)),
            Self::Not(inner) => !inner.taken(subject, taken),
            Self::Test(test) => {
                let holds = test.holds(&subject);
                if let Some(length) = holds.then(|| test.taken(subject.request.path)).flatten() {
                    taken.length = Some(length);
                    if let Operator::Matches(pattern) = &test.operator {
                        taken.pattern = Some(pattern);
                    }
                }
                holds
            }
        }
    }
}
