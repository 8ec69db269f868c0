//! Dotted paths into an event: `contact.email`, `answers.0.text`.

use serde_json::{Map, Value};

/// The value at a path. A key that itself has dots is found too; the longest key wins.
pub(crate) fn get<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    // From the right, so that with keys "a" and "a.b" the path "a.b.c" is read below "a.b".
    path.rmatch_indices('.').find_map(|(dot, _)| below(object.get(&path[..dot])?, &path[dot + 1..]))
}

fn below<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    match value {
        Value::Object(object) => get(object, path),
        Value::Array(items) => {
            let (index, rest) = path.split_once('.').map_or((path, None), |(index, rest)| (index, Some(rest)));
            let item = items.get(index.parse::<usize>().ok()?)?;
            rest.map_or(Some(item), |rest| below(item, rest))
        }
        _ => None,
    }
}

/// Takes the value at a path out of an event; objects that are empty then go with it. An item of an array stays, for
/// the others would move.
pub(crate) fn remove(object: &mut Map<String, Value>, path: &str) {
    if object.remove(path).is_some() {
        return;
    }
    for (dot, _) in path.rmatch_indices('.') {
        let (key, rest) = (&path[..dot], &path[dot + 1..]);
        match object.get_mut(key) {
            Some(Value::Object(inner)) if get(inner, rest).is_some() => {
                remove(inner, rest);
                if inner.is_empty() {
                    object.remove(key);
                }
                return;
            }
            Some(Value::Array(items)) => return remove_in_array(items, rest),
            _ => {}
        }
    }
}

fn remove_in_array(items: &mut [Value], path: &str) {
    let Some((index, rest)) = path.split_once('.') else { return };
    match index.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
        Some(Value::Object(inner)) => remove(inner, rest),
        Some(Value::Array(inner)) => remove_in_array(inner, rest),
        _ => {}
    }
}

/// Every value that is not an object, with its path; arrays count as one value. In the order of their paths' keys.
pub(crate) fn leaves(object: &Map<String, Value>) -> Vec<(String, &Value)> {
    fn walk<'a>(prefix: &str, object: &'a Map<String, Value>, found: &mut Vec<(String, &'a Value)>) {
        for (key, value) in object {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                Value::Object(inner) => walk(&path, inner, found),
                _ => found.push((path, value)),
            }
        }
    }
    let mut found = Vec::new();
    walk("", object, &mut found);
    found
}

/// How many values there are, at any depth.
pub(crate) fn count(object: &Map<String, Value>) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Object(inner) => 1 + count(inner),
            Value::Array(items) => 1 + items.iter().map(of).sum::<usize>(),
            _ => 1,
        }
    }
    object.values().map(of).sum()
}

/// The first key of more than `bytes_max` bytes, at any depth of objects: its beginning and its size.
pub(crate) fn key_longer_than(object: &Map<String, Value>, bytes_max: usize) -> Option<(String, usize)> {
    object.iter().find_map(|(key, value)| match value {
        _ if key.len() > bytes_max => Some((key.chars().take(SHOWN_CHARS).collect(), key.len())),
        Value::Object(inner) => key_longer_than(inner, bytes_max),
        _ => None,
    })
}

/// The first text or key of more than `bytes_max` bytes, at any depth: its path and its size.
pub(crate) fn longer_than(object: &Map<String, Value>, bytes_max: usize) -> Option<(String, usize)> {
    fn in_value(value: &Value, bytes_max: usize) -> Option<(String, usize)> {
        match value {
            Value::String(text) => (text.len() > bytes_max).then_some((String::new(), text.len())),
            Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
                let (below, bytes) = in_value(item, bytes_max)?;
                Some((format!(".{index}{below}"), bytes))
            }),
            Value::Object(inner) => {
                let (below, bytes) = longer_than(inner, bytes_max)?;
                Some((format!(".{below}"), bytes))
            }
            _ => None,
        }
    }
    object.iter().find_map(|(key, value)| {
        if key.len() > bytes_max {
            return Some((key.chars().take(SHOWN_CHARS).collect(), key.len()));
        }
        let (below, bytes) = in_value(value, bytes_max)?;
        Some((format!("{key}{below}").chars().take(SHOWN_CHARS).collect(), bytes))
    })
}

/// Most characters of a path that an error shows.
const SHOWN_CHARS: usize = 120;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Map<String, Value> {
        let event = json!({
            "email": 1, "contact": {"email": 2, "a.b": {"c": 3}}, "utm.source": 4,
            "answers": [{"text": 5, "more": [6, 7]}, "plain"], "a": {"b": 8}, "a.b": 9,
        });
        event.as_object().unwrap().clone()
    }

    #[test]
    fn paths_lead_into_objects_arrays_and_keys_with_dots() {
        for (path, expected) in [
            ("email", json!(1)),
            ("contact.email", json!(2)),
            ("contact.a.b.c", json!(3)),
            ("utm.source", json!(4)),
            ("answers.0.text", json!(5)),
            ("answers.0.more.1", json!(7)),
            ("answers.1", json!("plain")),
            ("a.b", json!(9)),
        ] {
            assert_eq!(get(&event(), path), Some(&expected), "{path}");
        }
        for path in ["", ".", "contact.", "answers.2", "answers.-1", "answers.x", "email.x", "answers.1.0", "none"] {
            assert_eq!(get(&event(), path), None, "{path}");
        }
    }

    #[test]
    fn what_is_taken_leaves_no_empty_objects() {
        let mut event = event();
        for path in ["contact.a.b.c", "contact.email", "answers.0.text", "answers.1", "a.b", "a.b", "none.at.all"] {
            remove(&mut event, path);
        }
        let left = json!({"email": 1, "utm.source": 4, "answers": [{"more": [6, 7]}, "plain"]});
        assert_eq!(Value::Object(event), left);
    }

    #[test]
    fn a_long_text_is_found_at_any_depth() {
        let event = json!({"a": "xx", "b": {"c": [{"d": "xxxx"}, "xxx"]}, "keys_too": 123_456});
        let find = |bytes_max| longer_than(event.as_object().unwrap(), bytes_max);
        assert_eq!(find(3), Some(("b.c.0.d".into(), 4)));
        assert_eq!(find(4), Some(("keys_too".into(), 8)));
        assert_eq!(find(8), None);
    }
}
