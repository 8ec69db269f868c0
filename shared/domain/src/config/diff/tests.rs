use proptest::prelude::*;
use serde_json::json;

use super::*;

fn said(old: &Value, new: &Value) -> Vec<String> {
    let say = |Change { path, kind }: Change| match kind {
        ChangeKind::Added { new, to } => format!("{path} + {new}{}", to.map_or(String::new(), |to| format!(" @{to}"))),
        ChangeKind::Removed { old, from } => {
            format!("{path} - {old}{}", from.map_or(String::new(), |from| format!(" @{from}")))
        }
        ChangeKind::Changed { old, new } => format!("{path} {old} > {new}"),
        ChangeKind::Moved { from, to } => format!("{path} @{from} > @{to}"),
    };
    diff(old, new).into_iter().map(say).collect()
}

fn rules(rules: &[(&str, u32)]) -> Value {
    let rules: Vec<Value> =
        rules.iter().map(|(id, score)| json!({"id": id, "when": {"field": "score", "value": score}})).collect();
    json!({"profiles": [{"id": "inbound", "rules": rules}]})
}

#[test]
fn a_rule_is_known_by_its_id() {
    let old = rules(&[("a", 1), ("b", 2), ("c", 3), ("d", 4)]);
    // Changed where it stands.
    let changed = rules(&[("a", 1), ("b", 7), ("c", 3), ("d", 4)]);
    assert_eq!(said(&old, &changed), ["profiles[inbound].rules[b].when.value 2 > 7"]);
    // Added before all the others: nothing else has moved.
    let added = rules(&[("x", 9), ("a", 1), ("b", 2), ("c", 3), ("d", 4)]);
    let new = r#"{"id":"x","when":{"field":"score","value":9}}"#;
    assert_eq!(said(&old, &added), [format!("profiles[inbound].rules[x] + {new} @0")]);
    assert_eq!(said(&added, &old), [format!("profiles[inbound].rules[x] - {new} @0")]);
    // The last one put first, and changed.
    let moved = rules(&[("d", 5), ("a", 1), ("b", 2), ("c", 3)]);
    let expected = ["profiles[inbound].rules[d] @3 > @0", "profiles[inbound].rules[d].when.value 4 > 5"];
    assert_eq!(said(&old, &moved), expected);
}

#[test]
fn what_has_no_name_is_known_by_its_place() {
    let all = |parts: &[i32]| json!({"all": parts.iter().map(|part| json!({"value": part})).collect::<Vec<_>>()});
    assert_eq!(said(&all(&[1, 2, 3]), &all(&[1, 5, 3])), ["all[1].value 2 > 5"]);
    assert_eq!(said(&all(&[1, 2, 3]), &all(&[0, 1, 2, 3])), ["all[0] + {\"value\":0} @0"]);
    assert_eq!(said(&all(&[1, 2, 3]), &all(&[1, 3])), ["all[1] - {\"value\":2} @1"]);
    assert_eq!(said(&all(&[1, 1]), &all(&[1, 1, 1])), ["all[2] + {\"value\":1} @2"]);
    assert_eq!(said(&all(&[1, 2]), &all(&[3])), ["all[1] - {\"value\":2} @1", "all[0].value 1 > 3"]);
}

#[test]
fn texts_are_their_own_names_and_members_settle_the_rest() {
    let members = |members: Value| json!({"pools": [{"id": "sales", "members": members}]});
    let old = members(json!(["anna", "ben", {"assignee": "cara", "weight": 1}]));
    let new = members(json!(["ben", "anna", {"assignee": "cara", "weight": 2}, "dora"]));
    let expected = [
        "pools[sales].members[ben] @1 > @0",
        "pools[sales].members[cara].weight 1 > 2",
        "pools[sales].members[dora] + \"dora\" @3",
    ];
    let said_sales = said(&old, &new);
    // Either of two that changed places may be the one that moved.
    assert!(said_sales[0].contains("@1 > @0") || said_sales[0].contains("@0 > @1"), "{said_sales:?}");
    assert_eq!(said_sales[1..], expected[1..]);
    // From a bare name to one with settings.
    let weighted = members(json!([{"assignee": "anna", "weight": 1}, "ben", {"assignee": "cara", "weight": 1}]));
    assert_eq!(said(&old, &weighted), ["pools[sales].members[anna] \"anna\" > {\"assignee\":\"anna\",\"weight\":1}"]);
    // A member that came, went, or is of another kind.
    assert_eq!(
        said(&json!({"a": 1, "b": [1]}), &json!({"b": {"c": null}, "d": null})),
        ["a - 1", "b [1] > {\"c\":null}", "d + null"]
    );
    assert_eq!(said(&json!(1), &json!(2)), [" 1 > 2"]);
}

#[test]
fn two_of_one_name_are_known_by_their_places() {
    let old = json!({"mapping": [{"name": "x", "to": 1}, {"name": "x", "to": 2}]});
    let new = json!({"mapping": [{"name": "x", "to": 1}, {"name": "x", "to": 3}]});
    assert_eq!(said(&old, &new), ["mapping[1].to 2 > 3"]);
}

/// Makes the new document from the old one and the differences, as the documentation of the differences says.
fn applied(old: &Value, changes: &[(&[Step], &ChangeKind)]) -> Value {
    if let Some((_, ChangeKind::Changed { new, .. })) = changes.iter().find(|(path, _)| path.is_empty()) {
        return new.clone();
    }
    let below = |step: &Step| -> Vec<(&[Step], &ChangeKind)> {
        let of_step = changes.iter().filter(|(path, kind)| {
            path.first() == Some(step) && (path.len() > 1 || matches!(kind, ChangeKind::Changed { .. }))
        });
        of_step.map(|(path, kind)| (&path[1..], *kind)).collect()
    };
    match old {
        Value::Object(members) => {
            let mut members = members.clone();
            for (name, value) in &mut members {
                *value = applied(value, &below(&Step::Member(name.clone())));
            }
            for (path, kind) in changes.iter().filter(|(path, _)| path.len() == 1) {
                let Step::Member(name) = &path[0] else { unreachable!("an object has members") };
                match kind {
                    ChangeKind::Added { new, to: None } => drop(members.insert(name.clone(), new.clone())),
                    ChangeKind::Removed { from: None, .. } => drop(members.remove(name)),
                    _ => {}
                }
            }
            Value::Object(members)
        }
        Value::Array(things) => {
            let at = |kind: &ChangeKind| match kind {
                ChangeKind::Removed { from: Some(from), .. } | ChangeKind::Moved { from, .. } => Some(*from),
                _ => None,
            };
            let here: Vec<_> = changes.iter().filter(|(path, _)| path.len() == 1).collect();
            let gone: HashSet<usize> = here.iter().filter_map(|(_, kind)| at(kind)).collect();
            let mut left: Vec<Value> = Vec::new();
            for (place, thing) in things.iter().enumerate().filter(|(place, _)| !gone.contains(place)) {
                left.push(if names(things).is_some() { named(things, place, thing, &below) } else { thing.clone() });
            }
            let mut came: Vec<(usize, Value)> = here
                .iter()
                .filter_map(|(_, kind)| match kind {
                    ChangeKind::Added { new, to: Some(to) } => Some((*to, new.clone())),
                    ChangeKind::Moved { from, to } => Some((*to, named(things, *from, &things[*from], &below))),
                    _ => None,
                })
                .collect();
            came.sort_by_key(|(to, _)| *to);
            for (to, thing) in came {
                left.insert(to, thing);
            }
            for (place, thing) in left.iter_mut().enumerate() {
                *thing = applied(thing, &below(&Step::Place(place)));
            }
            Value::Array(left)
        }
        leaf => leaf.clone(),
    }
}

type Below<'a> = dyn Fn(&Step) -> Vec<(&'a [Step], &'a ChangeKind)> + 'a;

fn named<'a>(things: &[Value], place: usize, thing: &Value, below: &Below<'a>) -> Value {
    let names = names(things).unwrap_or_default();
    applied(thing, &below(&Step::Named(names[place].to_owned())))
}

/// A document like a config: things with names in lists, among others without.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..4).prop_map(Value::from)];
    leaf.prop_recursive(4, 40, 5, |part| {
        let name = prop::sample::select(vec!["u", "v", "w", "x", "y", "z"]);
        let things = prop::collection::vec((name.clone(), prop::option::of(part.clone())), 0..6);
        let named = things.prop_map(|things| {
            let mut seen = HashSet::new();
            let distinct = things.into_iter().filter(|(id, _)| seen.insert(*id));
            let thing = |(id, part): (&str, Option<Value>)| match part {
                Some(part) => json!({"id": id, "part": part}),
                None => json!({"id": id}),
            };
            Value::Array(distinct.map(thing).collect())
        });
        prop_oneof![
            2 => named,
            1 => prop::collection::vec(part.clone(), 0..4).prop_map(Value::Array),
            2 => prop::collection::hash_map(name, part, 0..4).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, part)| (name.to_owned(), part)).collect())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_document_does_not_differ_from_itself(document in document()) {
        prop_assert_eq!(diff(&document, &document), vec![]);
    }

    #[test]
    fn the_differences_make_the_new_document_of_the_old_one(old in document(), new in document()) {
        let changes = diff(&old, &new);
        let changes: Vec<(&[Step], &ChangeKind)> = changes.iter().map(|one| (one.path.0.as_slice(), &one.kind)).collect();
        prop_assert_eq!(applied(&old, &changes), new);
    }

    #[test]
    fn what_rises_longest_rises(order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let rise = longest_rise(&order);
        let stayed: Vec<usize> = order.iter().copied().filter(|number| rise.contains(number)).collect();
        prop_assert!(stayed.is_sorted());
        // No rise is longer, by trying all of them.
        let longest = (0_u32..1 << order.len())
            .map(|mask| order.iter().enumerate().filter(move |(at, _)| mask & (1 << at) != 0).map(|(_, number)| *number))
            .filter(|chosen| chosen.clone().is_sorted())
            .map(Iterator::count)
            .max();
        prop_assert_eq!(Some(rise.len()), longest);
    }
}
