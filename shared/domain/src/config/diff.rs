//! What two versions of a config differ in, node by node.
//!
//! Things that have a name (`id`, `name`, `assignee`, `pool`, or a text that is its own name) are known by it wherever they stand in
//! their list: a rule that moved is one that moved, and one that changed shows only what changed in it. What has no name,
//! such as the parts of a condition, is known by its place.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde_json::{Map, Value};

/// The members by which a thing of a list is known, in the order in which they are looked for.
const NAMES: [&str; 4] = ["id", "name", "assignee", "pool"];

/// One step from a node to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A member.
    Member(String),
    /// A thing of a list, by its name.
    Named(String),
    /// A thing of a list, by its place: of a removed one in the old list, else in the new one.
    Place(usize),
}

/// The way from the document to a node: `profiles[inbound].rules[enterprise].when.all[1].value`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Path(pub Vec<Step>);

impl Path {
    fn to(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Member(name) if index == 0 => f.write_str(name)?,
                Step::Member(name) => write!(f, ".{name}")?,
                Step::Named(name) => write!(f, "[{name}]")?,
                Step::Place(place) => write!(f, "[{place}]")?,
            }
        }
        Ok(())
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where.
    pub path: Path,
    /// What.
    pub kind: ChangeKind,
}

/// What differs at a node.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeKind {
    /// Only the new document has it.
    Added {
        /// What it is.
        new: Value,
        /// Its place in the new list, counted from 0; `None` for a member.
        to: Option<usize>,
    },
    /// Only the old document has it.
    Removed {
        /// What it was.
        old: Value,
        /// Its place in the old list, counted from 0; `None` for a member.
        from: Option<usize>,
    },
    /// Both have it, with different values.
    Changed {
        /// What it was.
        old: Value,
        /// What it is.
        new: Value,
    },
    /// A thing with a name stands elsewhere in its list than what came and went explains.
    Moved {
        /// Its place in the old list, counted from 0.
        from: usize,
        /// Its place in the new list, counted from 0.
        to: usize,
    },
}

/// What differs between two documents, in the order of the new one. Equal documents have no differences, and applied to
/// the old one they make the new one.
#[must_use]
pub fn diff(old: &Value, new: &Value) -> Vec<Change> {
    let mut diff = Diff { changes: Vec::new() };
    diff.node(&Path::default(), old, new);
    diff.changes
}

struct Diff {
    changes: Vec<Change>,
}

impl Diff {
    fn add(&mut self, path: Path, kind: ChangeKind) {
        self.changes.push(Change { path, kind });
    }

    fn node(&mut self, path: &Path, old: &Value, new: &Value) {
        match (old, new) {
            _ if old == new => {}
            (Value::Object(old), Value::Object(new)) => self.members(path, old, new),
            (Value::Array(old), Value::Array(new)) => match (names(old), names(new)) {
                (Some(old_names), Some(new_names)) => self.named(path, (old, &old_names), (new, &new_names)),
                _ => self.places(path, old, new),
            },
            _ => self.add(path.clone(), ChangeKind::Changed { old: old.clone(), new: new.clone() }),
        }
    }

    fn members(&mut self, path: &Path, old: &Map<String, Value>, new: &Map<String, Value>) {
        for (name, value) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
            let kind = ChangeKind::Removed { old: value.clone(), from: None };
            self.add(path.to(Step::Member(name.clone())), kind);
        }
        for (name, value) in new {
            let path = path.to(Step::Member(name.clone()));
            match old.get(name) {
                Some(old) => self.node(&path, old, value),
                None => self.add(path, ChangeKind::Added { new: value.clone(), to: None }),
            }
        }
    }

    fn named(&mut self, path: &Path, (old, old_names): (&[Value], &[&str]), (new, new_names): (&[Value], &[&str])) {
        let old_places: HashMap<&str, usize> = (0..).zip(old_names).map(|(place, name)| (*name, place)).collect();
        let kept: HashSet<&str> = new_names.iter().copied().filter(|name| old_places.contains_key(name)).collect();
        for (from, name) in old_names.iter().enumerate().filter(|(_, name)| !kept.contains(*name)) {
            let kind = ChangeKind::Removed { old: old[from].clone(), from: Some(from) };
            self.add(path.to(Step::Named((*name).to_owned())), kind);
        }
        let order: Vec<usize> = new_names.iter().filter_map(|name| old_places.get(name).copied()).collect();
        let stayed = longest_rise(&order);
        for (to, name) in new_names.iter().enumerate() {
            let path = path.to(Step::Named((*name).to_owned()));
            match old_places.get(name) {
                Some(&from) => {
                    if !stayed.contains(&from) {
                        self.add(path.clone(), ChangeKind::Moved { from, to });
                    }
                    self.node(&path, &old[from], &new[to]);
                }
                None => self.add(path, ChangeKind::Added { new: new[to].clone(), to: Some(to) }),
            }
        }
    }

    /// Things without names: what the lists begin and end with alike stayed, and between that one is compared with the
    /// other by its place.
    fn places(&mut self, path: &Path, old: &[Value], new: &[Value]) {
        let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        let (old_rest, new_rest) = (&old[head..], &new[head..]);
        let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
        let (old_end, new_end) = (old.len() - tail, new.len() - tail);
        for (place, old) in old.iter().enumerate().take(old_end).skip(new_end.max(head)) {
            let kind = ChangeKind::Removed { old: old.clone(), from: Some(place) };
            self.add(path.to(Step::Place(place)), kind);
        }
        for (place, new) in new.iter().enumerate().take(new_end).skip(head) {
            let path = path.to(Step::Place(place));
            match old.get(place).filter(|_| place < old_end) {
                Some(old) => self.node(&path, old, new),
                None => self.add(path, ChangeKind::Added { new: new.clone(), to: Some(place) }),
            }
        }
    }
}

/// The names of the things of a list; `None` when one has none, or two have the same.
fn names(things: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = things.iter().map(name).collect::<Option<_>>()?;
    let distinct: HashSet<&str> = names.iter().copied().collect();
    (distinct.len() == names.len()).then_some(names)
}

fn name(thing: &Value) -> Option<&str> {
    match thing {
        Value::String(text) => Some(text),
        Value::Object(members) => NAMES.iter().find_map(|name| members.get(*name)?.as_str()),
        _ => None,
    }
}

/// The longest rising part of some distinct numbers: what has to move is what is not in it.
fn longest_rise(numbers: &[usize]) -> HashSet<usize> {
    // `ends[n]`: where a rise of n + 1 numbers ends, with the least last number.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|&end| numbers[end] < *number);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    std::iter::successors(ends.last().copied(), |&index| before[index]).map(|index| numbers[index]).collect()
}

#[cfg(test)]
mod tests;
