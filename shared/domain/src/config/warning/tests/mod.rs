//! Each code with a config that earns it and one that nearly does.

mod conditions;
mod random;
mod speed;

use std::collections::BTreeSet;

use super::*;
use crate::config::document::{Syntax, parse};
use crate::config::{Known, Mapping};
use crate::field::BUILT_IN;
use crate::id::SecretName;

/// The warnings of a config in YAML, on 2026-07-15, with the lists `zips` and `vips` and sources that fill what is
/// built in and what they map.
fn warned(text: &str) -> Vec<Warning> {
    let lists: BTreeSet<ListName> = ["zips", "vips"].map(|name| ListName::new(name).unwrap()).into();
    let secrets = ["website-signing", "crm-signing"].map(|name| SecretName::new(name).unwrap()).into();
    let known = Known { secrets: &secrets, formats: &["json", "form"], lists: &lists };
    let checked = parse(text, Syntax::Yaml).and_then(|config| config.check(&known));
    let checked = checked.unwrap_or_else(|problems| panic!("{text}\n{:#?}", problems.0));
    let fills = |source: &Source, field: &FieldName| {
        let built_in = BUILT_IN.iter().any(|(name, _)| *name == field.as_str());
        built_in || source.mapping.iter().any(|Mapping { to, .. }| to == field)
    };
    let now = "2026-07-15T12:00:00Z".parse().unwrap();
    warnings(&checked, &Facts { now, lists: &lists, fills: &fills })
}

/// The warnings but for lists that are not used, which only some configs are about.
fn told(text: &str) -> Vec<String> {
    let warned = warned(text).into_iter().filter(|warning| warning.code != "unused_list");
    warned.map(|warning| format!("{} {}: {}", warning.code, warning.path, warning.message)).collect()
}

#[test]
fn a_config_in_which_everything_has_its_place() {
    let text = r"
fields: [{ name: size, type: number }]
sources: [{ id: web, format: json, mapping: [{ from: employees, to: size }] }]
assignees:
  - { id: anna, name: Anna, destinations: [crm] }
  - { id: ben, name: Ben, destinations: [crm] }
  - { id: away, name: Away, active: false }
pools:
  - { id: sales, members: [anna, away], fallback: night }
  - { id: night, members: [ben] }
destinations: [{ id: crm, channel: { webhook: { url: 'https://crm.example' } } }]
profiles:
  - id: zips
    rules:
      - { id: near, when: { field: postal_code, op: in_list, value: zips }, then: [{ pool: sales }] }
      - { id: vips, when: { field: email.domain, op: in_list, value: vips }, then: [{ assign_to: anna }] }
  - id: main
    rules:
      - { id: big, when: { field: size, op: gt, value: 500 }, then: [{ assign_to: ben }] }
      - { id: summer, active_from: 2026-07-01, active_until: 2026-08-01, then: [{ pool: sales }] }
      - { id: mail, when: { field: email, op: exists }, then: [{ pool: sales }] }
    default: [{ pool: sales }]
";
    assert_eq!(warned(text), []);
}

#[test]
fn the_demo_is_as_it_is_meant() {
    let told = told(include_str!("../../../../../../events/demo-config.yaml"));
    assert_eq!(told, [""; 0]);
}

/// Each row: a config, and the warnings that it earns, as the beginning of each.
#[test]
fn each_code_at_its_node() {
    let base = "assignees: [{ id: anna, name: Anna, destinations: [crm] }]\n\
         destinations: [{ id: crm, channel: { webhook: { url: 'https://crm.example' } } }]\n";
    let profile = |profile: &str| format!("{base}profiles: [{profile}]");
    let to_anna = "then: [{ assign_to: anna }]";
    let rows: Vec<(String, Vec<&str>)> = vec![
        // Nothing is wrong.
        (profile(&format!("{{ id: p, rules: [{{ id: r, {to_anna} }}] }}")), vec![]),
        // Keys.
        (
            "sources: [{ id: web, format: json, search_by: [email, city] }]".to_owned(),
            vec!["undistributed_entity", "shared_search_key sources[0].search_by[1]: many leads have the same 'city'"],
        ),
        (
            "sources: [{ id: web, format: json, search_by: [company+city], mapping: [{ from: s, to: stage, unique: true }] }]"
                .to_owned(),
            vec!["undistributed_entity", "shared_search_key sources[0].mapping[0].unique: many leads have the same 'stage'"],
        ),
        // Time.
        (
            profile(&format!("{{ id: p, default: park, rules: [{{ id: r, active_until: 2026-07-15, {to_anna} }}] }}")),
            vec!["ended profiles[0].rules[0].active_until: the rule's time was over at 2026-07-15T00:00:00Z"],
        ),
        (
            profile(&format!("{{ id: p, default: park, rules: [{{ id: r, active_until: 2026-07-16, {to_anna} }}] }}")),
            vec![],
        ),
        // Defaults.
        (
            profile(&format!("{{ id: p, rules: [{{ id: r, when: {{ field: email, op: exists }}, {to_anna} }}] }}")),
            vec!["no_default profiles[0]: 'p' has no 'default', and no profile of 'lead' follows"],
        ),
        (
            profile(&format!(
                "{{ id: p, rules: [{{ id: r, when: {{ field: email, op: exists }}, {to_anna} }}] }}, {{ id: q, default: do_nothing }}"
            )),
            vec![],
        ),
        (
            profile("{ id: p, default: [{ assign_to: anna }] }, { id: off, enabled: false }, { id: q, default: park }"),
            vec!["unreached_profile profiles[2]: no lead gets here: 'p' (profiles[0]) distributes 'lead' before and has a default"],
        ),
        (
            profile(&format!("{{ id: p, rules: [{{ id: r, {to_anna} }}] }}, {{ id: q, default: park }}")),
            vec!["unreached_profile profiles[1]: no lead gets here: 'p' (profiles[0]) distributes 'lead' before and has a rule"],
        ),
        (
            profile("{ id: p, default: [{ assign_to: anna }] }, { id: q, entity: loan, default: park }"),
            vec![],
        ),
        // Entities.
        (
            format!(
                "{}\nsources: [{{ id: web, format: json, entity: loan }}, {{ id: off, format: json, entity: car, enabled: false }}, \
                 {{ id: log, format: json, entity: car, behaviour: nothing }}]",
                profile("{ id: p, default: [{ assign_to: anna }] }")
            ),
            vec!["undistributed_entity sources[0].entity: no enabled profile distributes 'loan'"],
        ),
        // Pools.
        (
            format!("{}\npools: [{{ id: none, members: [] }}]", profile("{ id: p, default: [{ pool: none }, { assign_to: anna }] }")),
            vec!["empty_pool pools[0].members: the pool 'none' has no members: nobody gets a lead from it"],
        ),
        (
            "assignees: [{ id: off, name: Off, active: false }, { id: zero, name: Zero, weight: 0, destinations: [crm] }]\n\
             destinations: [{ id: crm, channel: { webhook: { url: 'https://crm.example' } } }]\n\
             pools: [{ id: one, members: [off], fallback: two }, { id: two, members: [off, zero] }, { id: three, members: [{ assignee: zero, weight: 1 }] }]\n\
             profiles: [{ id: p, default: [{ pool: one }, { pool: three }] }]"
                .to_owned(),
            vec![
                "empty_pool pools[0].members: the pool 'one' has only members that are switched off: every lead goes on to 'two'",
                "empty_pool pools[1].members: the pool 'two' has no active member of a weight above 0: nobody",
            ],
        ),
        (
            "assignees: [{ id: off, name: Off, active: false }]\n\
             pools: [{ id: outer, members: [{ pool: in }, { pool: none }] }, { id: in, members: [off] }, { id: none, members: [] }, \
             { id: mixed, members: [off, { pool: in }] }, { id: zero, members: [{ pool: in, weight: 0 }, off] }]\n\
             profiles: [{ id: p, default: [{ pool: outer }, { pool: mixed }, { pool: zero }] }]"
                .to_owned(),
            vec![
                "empty_pool pools[0].members: the pool 'outer' has only pools of which nobody can be picked: nobody",
                "empty_pool pools[1].members: the pool 'in' has only members that are switched off: nobody",
                "empty_pool pools[2].members: the pool 'none' has no members: nobody",
                "empty_pool pools[3].members: the pool 'mixed' has only members that are switched off and pools of which nobody",
                "empty_pool pools[4].members: the pool 'zero' has only members that are switched off and pools of which nobody",
            ],
        ),
        // Queues: whoever stands in a pool may claim, also with weight 0.
        (
            "assignees: [{ id: off, name: Off, active: false }, { id: on, name: On, weight: 0, destinations: [crm] }]\n\
             destinations: [{ id: crm, channel: { webhook: { url: 'https://crm.example' } } }]\n\
             pools: [{ id: in, members: [on, off] }, { id: out, members: [{ pool: in }] }, { id: away, members: [off] }]\n\
             queues: [{ id: one, members: [off], pools: [out] }, { id: two, members: [off], pools: [away] }, { id: three, members: [on] }]\n\
             profiles: [{ id: p, attempts: { at_most: 2, then: [{ queue: one }] }, default: { queue: two } }]"
                .to_owned(),
            vec![
                "empty_pool pools[0].members",
                "empty_pool pools[1].members",
                "empty_pool pools[2].members",
                "empty_queue queues[1]: all who may claim from the queue 'two' are switched off: its leads wait",
                "unused_queue queues[2]: no rule or default of an enabled profile puts leads into the queue 'three'",
            ],
        ),
        // Who is asked when a lead was offered too often, or told when it is late, is used.
        (
            format!(
                "{base}pools: [{{ id: last, members: [anna] }}]\nprofiles: [{{ id: p, default: park, attempts: {{ at_most: 1, then: [{{ pool: last }}] }} }}]"
            ),
            vec![],
        ),
        (
            profile("{ id: p, default: park, sla: { steps: [{ after: 1h, do: { escalate: anna } }] } }"),
            vec![],
        ),
        // Destinations.
        (
            "assignees: [{ id: a, name: A }, { id: b, name: B, destinations: [off] }, { id: c, name: C, active: false }]\n\
             destinations: [{ id: off, enabled: false, channel: { webhook: { url: 'https://crm.example' } } }]\n\
             pools: [{ id: one, members: [b, c] }]\n\
             profiles: [{ id: p, rules: [{ id: r, then: [{ assign_to: a }, { pool: one }] }] }]"
                .to_owned(),
            vec![
                "no_destination assignees[0].destinations: 'a' can be given leads (profiles[0].rules[0].then[0]) and has no destination",
                "no_destination assignees[1].destinations: 'b' can be given leads (profiles[0].rules[0].then[1]) and has only disabled",
            ],
        ),
        // Things that nothing uses.
        (
            "calendars: [{ id: de }, { id: fr }]\n\
             schedules: [{ id: day, hours: {} }, { id: late, hours: {} }]\n\
             assignees: [{ id: a, name: A, schedule: late }, { id: b, name: B, holidays: [de] }]\n\
             destinations: [{ id: crm, channel: { webhook: { url: 'https://crm.example' } } }]\n\
             pools: [{ id: one, members: [b] }]\n\
             profiles: [{ id: p, default: park }, { id: off, enabled: false, default: [{ pool: one }] }]"
                .to_owned(),
            vec![
                "unused_pool pools[0]: no rule or default of an enabled profile gives leads to the pool 'one'",
                "unused_assignee assignees[0]: 'a' is in no pool",
                "unused_schedule schedules[0]: no assignee has the schedule 'day'",
                "unused_calendar calendars[1]: no assignee has the calendar 'fr'",
                "unused_destination destinations[0]: no assignee, source or automation delivers to the destination 'crm'",
            ],
        ),
        // Fields: told once, not for what is derived, and not where nothing makes such leads.
        (
            format!(
                "{}\nfields: [{{ name: size, type: number }}, {{ name: tier, type: text }}]\n\
                 sources: [{{ id: web, format: json, mapping: [{{ from: a, to: tier }}] }}]",
                profile(&format!(
                    "{{ id: p, default: park, rules: [{{ id: r, when: {{ all: [{{ field: tier, op: exists }}, {{ not: {{ field: size, op: eq, value: 1 }} }}] }}, {to_anna} }}, \
                     {{ id: s, when: {{ any: [{{ field: size, op: eq, value: 2 }}, {{ field: lead.is_new, op: eq, value: true }}] }}, {to_anna} }}] }}, \
                     {{ id: q, entity: loan, default: park, rules: [{{ id: r, when: {{ field: size, op: eq, value: 1 }}, {to_anna} }}] }}"
                ))
            ),
            vec!["field_not_filled profiles[0].rules[0].when.all[1].not.field: no enabled source of 'lead' maps anything to 'size'"],
        ),
    ];
    for (text, wanted) in rows {
        let told = told(&text);
        let fits =
            told.len() == wanted.len() && told.iter().zip(&wanted).all(|(told, wanted)| told.starts_with(wanted));
        assert!(fits, "{text}\n wanted {wanted:#?}\n told {told:#?}");
    }
}

#[test]
fn lists_that_nothing_names() {
    let text = "profiles: [{ id: p, default: park }, { id: off, enabled: false, rules: \
                [{ id: r, when: { field: state, op: not_in_list, value: zips }, then: [park] }] }]";
    let warned = warned(text);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert_eq!(warned[0].to_string(), "lists.vips: no rule looks anything up in the list 'vips' (unused_list)");
}

#[test]
fn of_many_alike_the_first_are_told_and_the_rest_counted() {
    let pools: Vec<String> = (0..250).map(|number| format!("{{ id: p{number}, members: [] }}")).collect();
    let warned = warned(&format!("pools: [{}]", pools.join(", ")));
    let of = |code: &str| warned.iter().filter(|warning| warning.code == code).collect::<Vec<_>>();
    for code in ["empty_pool", "unused_pool"] {
        let told = of(code);
        assert_eq!(told.len(), WARNINGS_OF_A_CODE_MAX);
        assert!(told[99].message.ends_with("; 150 more of this kind are not listed"), "{}", told[99].message);
        assert!(!told[98].message.contains("not listed"));
    }
}

#[test]
fn every_code_is_documented_and_told_by_one_check() {
    let docs = include_str!("../../../../../../docs/config.md");
    let mut seen = BTreeSet::new();
    for code in codes() {
        assert!(seen.insert(code), "{code} stands twice");
        assert!(docs.contains(&format!("`{code}`")), "docs/config.md, section Warnings, lacks {code}");
    }
}
