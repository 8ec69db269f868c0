//! The names that an event gives its fields beside their own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use leadyard_domain::config::Source;
use serde_json::{Map, Value};

use crate::format::OTHER_NAMES;
use crate::{format, path};

/// Other names and the paths that they lead to.
#[derive(Debug, Default)]
pub(super) struct Names {
    paths: BTreeMap<String, String>,
    by_path: BTreeMap<String, Vec<String>>,
}

impl Names {
    /// Takes an event's other names apart from the event, where its format has them.
    pub(super) fn apart<'a>(source: &Source, payload: &'a Map<String, Value>) -> (Cow<'a, Map<String, Value>>, Self) {
        let has_names = format(&source.format).is_some_and(|format| format.names);
        if !has_names || !payload.contains_key(OTHER_NAMES) {
            return (Cow::Borrowed(payload), Self::default());
        }
        let mut payload = payload.clone();
        let mut names = Self::default();
        if let Some(Value::Object(others)) = payload.remove(OTHER_NAMES) {
            for (name, at) in others {
                if let Value::String(at) = at {
                    names.by_path.entry(at.clone()).or_default().push(name.clone());
                    names.paths.insert(name, at);
                }
            }
        }
        (Cow::Owned(payload), names)
    }

    /// The value at a path or under another name of it, with its path.
    pub(super) fn find<'a>(&'a self, payload: &'a Map<String, Value>, from: &'a str) -> Option<(&'a str, &'a Value)> {
        let at = self.path(payload, from);
        Some((at, path::get(payload, at)?))
    }

    /// The path that is meant: what stands there comes before what is only called so.
    pub(super) fn path<'a>(&'a self, payload: &Map<String, Value>, from: &'a str) -> &'a str {
        if path::get(payload, from).is_some() {
            return from;
        }
        self.paths.get(from).map_or(from, String::as_str)
    }

    /// The other names of a path.
    pub(super) fn of(&self, path: &str) -> impl Iterator<Item = &str> {
        self.by_path.get(path).into_iter().flatten().map(String::as_str)
    }
}
