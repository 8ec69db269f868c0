//! Names with brackets, as PHP writes nested values in a form: `fields[email][value]`, `interests[]`.

use serde_json::{Map, Value};

use super::form::add;
use crate::request::{DEPTH_MAX, Malformed, VALUES_MAX};

/// The pairs as objects and lists. A name whose brackets make no sense, or that says something else of a value than a name
/// before it, stays as it is written.
///
/// # Errors
/// There are more pairs than an event may have values.
pub(super) fn nest(pairs: Vec<(String, Value)>) -> Result<Map<String, Value>, Malformed> {
    if pairs.len() > VALUES_MAX {
        let what = format!("has {} values in all; at most {VALUES_MAX} are taken", pairs.len());
        return Err(Malformed::Event { at: "the top level".to_owned(), what });
    }
    let mut nested = Map::new();
    for (name, value) in pairs {
        let left = match segments(&name) {
            Some(path) => put(&mut nested, &path, value),
            None => Some(value),
        };
        if let Some(value) = left {
            add(&mut nested, name, value);
        }
    }
    Ok(nested.into_iter().map(|(key, value)| (key, with_lists(value))).collect())
}

/// The parts of a name with brackets; `None` when it has none, or none that fit.
fn segments(name: &str) -> Option<Vec<&str>> {
    let (first, rest) = name.split_once('[')?;
    let inner = rest.strip_suffix(']')?;
    let path: Vec<&str> = std::iter::once(first).chain(inner.split("][")).collect();
    let sound = !first.is_empty() && !path.iter().any(|part| part.contains(['[', ']']));
    (sound && path.len() < DEPTH_MAX).then_some(path)
}

/// Puts a value at its place, lists as objects with numbers for keys. Gives it back where something else stands in its way.
fn put(object: &mut Map<String, Value>, path: &[&str], value: Value) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    let key = if first.is_empty() { next_index(object) } else { (*first).to_owned() };
    if rest.is_empty() {
        return match object.get_mut(&key) {
            Some(Value::Object(_)) => Some(value),
            _ => {
                add(object, key, value);
                None
            }
        };
    }
    match object.entry(key).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(inner) => put(inner, rest, value),
        _ => Some(value),
    }
}

fn next_index(object: &Map<String, Value>) -> String {
    let free = (object.len()..).map(|index| index.to_string()).find(|index| !object.contains_key(index));
    // There is always a free one: the keys are finitely many.
    free.unwrap_or_default()
}

/// Objects whose keys are 0, 1, 2 … as lists.
fn with_lists(value: Value) -> Value {
    let Value::Object(object) = value else { return value };
    let mut object: Map<String, Value> = object.into_iter().map(|(key, value)| (key, with_lists(value))).collect();
    let is_list = !object.is_empty() && (0..object.len()).all(|index| object.contains_key(&index.to_string()));
    if !is_list {
        return object.into();
    }
    (0..object.len()).filter_map(|index| object.remove(&index.to_string())).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn nested(pairs: &[(&str, &str)]) -> Value {
        nest(pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()).unwrap().into()
    }

    #[test]
    fn brackets() {
        for (pairs, expected) in [
            (&[("a", "1"), ("b[c]", "2"), ("b[d][e]", "3")][..], json!({"a": "1", "b": {"c": "2", "d": {"e": "3"}}})),
            (&[("a[]", "1"), ("a[]", "2")], json!({"a": ["1", "2"]})),
            (&[("a[1]", "y"), ("a[0]", "x")], json!({"a": ["x", "y"]})),
            (&[("a[1]", "x"), ("a[2]", "y")], json!({"a": {"1": "x", "2": "y"}})),
            (&[("f[0][id]", "x"), ("f[1][id]", "y")], json!({"f": [{"id": "x"}, {"id": "y"}]})),
            (&[("a[b]", "1"), ("a[b]", "2")], json!({"a": {"b": ["1", "2"]}})),
            // Two names that say two things of one value: both are kept.
            (&[("a", "1"), ("a[b]", "2")], json!({"a": "1", "a[b]": "2"})),
            (&[("a[b]", "1"), ("a", "2")], json!({"a": [{"b": "1"}, "2"]})),
            (&[("a[b][c]", "1"), ("a[b]", "2")], json!({"a": {"b": {"c": "1"}}, "a[b]": "2"})),
            (
                &[("[a]", "1"), ("b[", "2"), ("c]", "3"), ("d[e]f", "4"), ("g[[h]]", "5")],
                json!({"[a]": "1", "b[": "2", "c]": "3", "d[e]f": "4", "g[[h]]": "5"}),
            ),
            (&[("ü[ö ä]", "ß")], json!({"ü": {"ö ä": "ß"}})),
        ] {
            assert_eq!(nested(pairs), expected, "{pairs:?}");
        }
        let deep = format!("a{}", "[b]".repeat(1_000));
        assert_eq!(nested(&[(&deep, "1")]), json!({ deep: "1" }));
        assert!(nest(vec![("a[]".to_owned(), json!("1")); VALUES_MAX + 1]).is_err());
    }

    fn count(value: &Value) -> usize {
        match value {
            Value::Object(object) => object.values().map(count).sum(),
            Value::Array(items) => items.iter().map(count).sum(),
            _ => 1,
        }
    }

    proptest! {
        #[test]
        fn no_value_is_lost(names in prop::collection::vec(r"[ab]|[ab](\[[ab01]?\]){1,3}|[\[\]ab]{1,5}", 0..30)) {
            let pairs: Vec<_> = names.iter().enumerate().map(|(n, name)| (name.clone(), json!(n))).collect();
            let nested = Value::from(nest(pairs).unwrap());
            prop_assert_eq!(count(&nested), names.len(), "{:?} {}", names, nested);
        }
    }
}
