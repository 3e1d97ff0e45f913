//! The order of a chain's plugins in `access`, where an entity may name plugins that it runs before or after.
use std::collections::HashMap;

use serde::Deserialize;

/// The field `ordering` of a plugin entity.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Ordering {
    before: Option<Named>,
    after: Option<Named>,
}

/// Plugin names by phase.
#[derive(Clone, Debug, Default, Deserialize)]
struct Named {
    access: Option<Vec<String>>,
}

impl Ordering {
    fn before(&self) -> &[String] {
        names(self.before.as_ref())
    }

    fn after(&self) -> &[String] {
        names(self.after.as_ref())
    }
}

fn names(named: Option<&Named>) -> &[String] {
    named.and_then(|named| named.access.as_deref()).unwrap_or_default()
}

/// Plugins that wait for one another: the first is named again at the end.
#[derive(Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<String>);

/// The positions of plugins, given in their static order, as they run in `access`; `None` is the static order.
///
/// From the highest priority down, each plugin is placed after all that it has to wait for. Names of plugins that are
/// not in the chain mean nothing.
pub fn access(plugins: &[(&str, Option<&Ordering>)]) -> Result<Option<Vec<usize>>, Cycle> {
    if plugins.iter().all(|(_, ordering)| ordering.is_none()) {
        return Ok(None);
    }
    let mut walk = Walk { plugins, waits: waits(plugins), path: Vec::new(), placed: Vec::new() };
    (0..plugins.len()).try_for_each(|plugin| walk.place(plugin))?;
    Ok(Some(walk.placed).filter(|placed| !placed.is_sorted()))
}

/// For each plugin those that must have run before it.
fn waits(plugins: &[(&str, Option<&Ordering>)]) -> Vec<Vec<usize>> {
    let position: HashMap<&str, usize> =
        plugins.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let mut waits = vec![Vec::new(); plugins.len()];
    for (at, (_, ordering)) in plugins.iter().enumerate() {
        let Some(ordering) = ordering else { continue };
        for later in ordering.before().iter().filter_map(|name| position.get(&**name)) {
            waits[*later].push(at);
        }
        waits[at].extend(ordering.after().iter().filter_map(|name| position.get(&**name)));
    }
    for all in &mut waits {
        all.sort_unstable();
    }
    waits
}

struct Walk<'a> {
    plugins: &'a [(&'a str, Option<&'a Ordering>)],
    waits: Vec<Vec<usize>>,
    path: Vec<usize>,
    placed: Vec<usize>,
}

impl Walk<'_> {
    fn place(&mut self, plugin: usize) -> Result<(), Cycle> {
        if self.placed.contains(&plugin) {
            return Ok(());
        }
        if let Some(start) = self.path.iter().position(|it| *it == plugin) {
            return Err(self.cycle(start));
        }
        self.path.push(plugin);
        for earlier in self.waits[plugin].clone() {
            self.place(earlier)?;
        }
        self.path.pop();
        self.placed.push(plugin);
        Ok(())
    }

    /// The path leads from a plugin to those that run before it; a reader wants them as they would run.
    fn cycle(&self, start: usize) -> Cycle {
        let round = self.path[start..].iter().chain([&self.path[start]]).rev();
        Cycle(round.map(|plugin| self.plugins[*plugin].0.to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Given<'a> = &'a [(&'a str, &'a str)];

    fn ordered(given: Given<'_>) -> Result<Vec<&str>, Cycle> {
        let read = |text: &str| serde_json::from_str(text).expect("an ordering or null");
        let orderings: Vec<Option<Ordering>> = given.iter().map(|(_, text)| read(text)).collect();
        let plugins: Vec<_> =
            given.iter().zip(&orderings).map(|((name, _), it)| (*name, it.as_ref())).collect();
        let order = access(&plugins)?.unwrap_or_else(|| (0..given.len()).collect());
        Ok(order.into_iter().map(|at| given[at].0).collect())
    }

    #[test]
    fn orders() {
        let none = "null";
        let table: &[(Given<'_>, &[&str])] = &[
            (&[("a", none), ("b", none)], &["a", "b"]),
            (&[("a", none), ("b", r#"{"before": {"access": ["a"]}}"#), ("c", none)], &["b", "a", "c"]),
            (&[("a", r#"{"after": {"access": ["c"]}}"#), ("b", none), ("c", none)], &["c", "a", "b"]),
            (&[("a", r#"{"after": {"access": ["absent"]}}"#), ("b", none)], &["a", "b"]),
            (&[("a", r#"{"after": null, "before": {"access": null}}"#), ("b", none)], &["a", "b"]),
            (
                &[
                    ("a", r#"{"after": {"access": ["b"]}}"#),
                    ("b", r#"{"after": {"access": ["c"]}}"#),
                    ("c", none),
                ],
                &["c", "b", "a"],
            ),
            (&[("a", none), ("b", none), ("c", r#"{"before": {"access": ["a", "b"]}}"#)], &["c", "a", "b"]),
        ];
        for (given, expected) in table {
            assert_eq!(ordered(given).as_deref(), Ok(*expected), "{given:?}");
        }
    }

    #[test]
    fn cycles() {
        let both = [("a", r#"{"after": {"access": ["b"]}}"#), ("b", r#"{"after": {"access": ["a"]}}"#)];
        assert_eq!(ordered(&both), Err(Cycle(vec!["a".into(), "b".into(), "a".into()])));
        assert_eq!(
            ordered(&[("a", r#"{"before": {"access": ["a"]}}"#)]),
            Err(Cycle(vec!["a".into(), "a".into()]))
        );
    }
}
