//! What is told of conditions: contradictions, and rules whose leads others take.

use super::{told, warned};

const HEAD: &str = "
fields:
  - { name: size, type: number }
  - { name: hot, type: boolean }
  - { name: tags, type: list }
  - { name: day, type: date }
  - { name: open, type: time }
  - { name: tier, type: choice, options: [Gold, Silver] }
profiles:
";

/// The codes and paths of what is told of the rules of one profile, each given as its condition, without their beginning.
fn of_rules(rules: &[&str]) -> Vec<String> {
    of_profiles("first", &[rules])
}

fn of_profiles(mode: &str, profiles: &[&[&str]]) -> Vec<String> {
    let mut text = HEAD.to_owned();
    for (number, rules) in profiles.iter().enumerate() {
        text += &format!("  - {{ id: p{number}, match: {mode}, rules: [");
        for (at, rule) in rules.iter().enumerate() {
            let when = if rule.is_empty() { String::new() } else { format!("when: {rule}, ") };
            // A rule with more than a condition.
            let when = when.replace("when: +", "");
            text += &format!("{{ id: r{at}, {when}then: [park] }}, ");
        }
        text += "] }\n";
    }
    let conditions = ["never_matches", "never_holds", "always_holds", "covered_by", "not_compared"];
    let warned = warned(&text).into_iter().filter(|warning| conditions.contains(&warning.code));
    warned.map(|warning| format!("{} {}", warning.code, warning.path.replace("profiles[0].rules", ""))).collect()
}

#[test]
fn comparisons_that_cannot_hold_at_once() {
    let contradictions: &[&[&str]] = &[
        &["{ field: size, op: gt, value: 10 }", "{ field: size, op: lt, value: 5 }"],
        &["{ field: size, op: gt, value: 10 }", "{ field: size, op: lte, value: 10 }"],
        &["{ field: size, op: between, value: [1, 3] }", "{ field: size, op: in, value: [0, 4] }"],
        &["{ field: size, op: eq, value: 75 }", "{ field: size, op: ne, value: '75.0' }"],
        &[
            "{ field: size, op: in, value: [1, 2] }",
            "{ field: size, op: gt, value: 1 }",
            "{ field: size, op: lt, value: 2 }",
        ],
        &["{ field: day, op: gt, value: 2026-07-02 }", "{ field: day, op: lt, value: 2026-07-01 }"],
        &["{ field: open, op: between, value: ['22:00', '06:00'] }", "{ field: open, op: eq, value: '12:00' }"],
        &["{ field: state, op: eq, value: CA }", "{ field: state, op: eq, value: TX }"],
        &["{ field: state, op: eq, value: CA }", "{ field: state, op: not_in, value: [ca, ny] }"],
        &["{ field: state, op: in, value: [CA, NY] }", "{ field: state, op: starts_with, value: T }"],
        &["{ field: state, op: eq, value: CA, case: exact }", "{ field: state, op: eq, value: TX }"],
        &["{ field: state, op: eq, value: CA, case: exact }", "{ field: state, op: eq, value: ca, case: exact }"],
        &["{ field: state, op: exists }", "{ field: state, op: missing }"],
        &["{ field: state, op: eq, value: Berlin, case: exact }", "{ field: state, op: matches, value: '^x' }"],
        &["{ field: state, op: starts_with, value: ab }", "{ field: state, op: starts_with, value: ac }"],
        &[
            "{ field: state, op: ends_with, value: ab }",
            "{ field: state, op: ends_with, value: b }",
            "{ field: state, op: not_contains, value: ab }",
        ],
        &["{ field: state, op: contains, value: abc }", "{ not: { field: state, op: contains, value: b } }"],
        &[
            "{ field: state, op: eq, value: berlin }",
            "{ field: state, op: matches, value: '^B', case: exact }",
            "{ field: state, op: eq, value: x, case: exact }",
        ],
        &["{ field: state, op: in_list, value: zips }", "{ field: state, op: not_in_list, value: zips }"],
        &["{ field: hot, op: eq, value: true }", "{ field: hot, op: eq, value: false }"],
        &["{ field: hot, op: ne, value: true }", "{ field: hot, op: ne, value: false }", "{ field: hot, op: exists }"],
        &["{ field: tier, op: eq, value: Gold }", "{ field: tier, op: eq, value: Silver }"],
        &["{ field: tags, op: eq, value: a }", "{ field: tags, op: not_contains, value: A }"],
        &[
            "{ field: tags, op: in, value: [a, b] }",
            "{ field: tags, op: ne, value: a }",
            "{ field: tags, op: ne, value: b }",
        ],
        &[
            "{ field: geo, op: within_km, value: { lat: 52.5, lon: 13.4, km: 50 } }",
            "{ field: geo, op: within_km, value: { lat: 48.1, lon: 11.5, km: 50 } }",
        ],
        &[
            "{ field: received.weekday, op: eq, value: monday }",
            "{ field: received.weekday, op: in, value: [saturday, sunday] }",
        ],
    ];
    for parts in contradictions {
        let all = format!("{{ all: [{}] }}", parts.join(", "));
        assert_eq!(of_rules(&[&all]), ["never_matches [0].when.all"], "{all}");
        // Turned round twice it is the same.
        let opposites: Vec<String> = parts.iter().map(|part| format!("{{ not: {part} }}")).collect();
        let not_any = format!("{{ not: {{ any: [{}] }} }}", opposites.join(", "));
        assert_eq!(of_rules(&[&not_any]), ["never_matches [0].when.not.any"], "{not_any}");
        let part = format!("{{ any: [{{ field: email, op: exists }}, {all}] }}");
        assert_eq!(of_rules(&[&part]), ["never_holds [0].when.any[1].all"], "{part}");
    }
}

#[test]
fn comparisons_that_may_hold_at_once() {
    let fine: &[&[&str]] = &[
        &["{ field: size, op: gte, value: 10 }", "{ field: size, op: lte, value: 10 }"],
        &["{ field: size, op: ne, value: 1 }", "{ field: size, op: missing }"],
        &["{ field: open, op: between, value: ['22:00', '06:00'] }", "{ field: open, op: eq, value: '23:00' }"],
        &["{ field: state, op: eq, value: CA }", "{ field: state, op: eq, value: ca, case: exact }"],
        &["{ field: state, op: starts_with, value: a }", "{ field: state, op: starts_with, value: ab }"],
        &["{ field: state, op: starts_with, value: a }", "{ field: state, op: ends_with, value: b }"],
        &["{ field: state, op: starts_with, value: ab }", "{ field: state, op: starts_with, value: AC, case: exact }"],
        &["{ field: state, op: in_list, value: zips }", "{ field: state, op: not_in_list, value: vips }"],
        &["{ field: state, op: eq, value: x }", "{ field: state, op: in_list, value: zips }"],
        &["{ field: state, op: in_list, value: zips }", "{ field: state, op: not_in_list, value: zips, case: exact }"],
        &["{ field: hot, op: ne, value: true }", "{ field: hot, op: ne, value: false }"],
        &["{ field: tags, op: eq, value: a }", "{ field: tags, op: eq, value: b }"],
        &["{ field: tags, op: in, value: [a, b] }", "{ field: tags, op: ne, value: a }"],
        &["{ field: tags, op: contains, value: ab }", "{ field: tags, op: not_contains, value: b }"],
        &["{ field: state, op: eq, value: a }", "{ field: city, op: eq, value: b }"],
        &[
            "{ field: geo, op: within_km, value: { lat: 52.5, lon: 13.4, km: 50 } }",
            "{ field: geo, op: within_km, value: { lat: 53, lon: 13.4, km: 50 } }",
        ],
    ];
    for parts in fine {
        let all = format!("{{ all: [{}] }}", parts.join(", "));
        assert_eq!(of_rules(&[&all]), [""; 0], "{all}");
    }
}

#[test]
fn what_always_holds() {
    let always = [
        "{ any: [{ field: state, op: exists }, { field: state, op: missing }] }",
        "{ any: [{ field: state, op: eq, value: a }, { field: state, op: ne, value: a }] }",
        "{ any: [{ field: size, op: gt, value: 5 }, { not: { field: size, op: gt, value: 5 } }] }",
        "{ any: [{ field: size, op: gt, value: 5 }, { field: size, op: lte, value: 5 }, { field: size, op: missing }] }",
        "{ not: { all: [{ field: state, op: eq, value: a }, { field: state, op: eq, value: b }] } }",
    ];
    for when in always {
        let told = of_rules(&[when]);
        assert!(told.contains(&"always_holds [0].when".to_owned()), "{when} {told:?}");
    }
    let sometimes = [
        "{ field: state, op: exists }",
        "{ any: [{ field: size, op: gt, value: 5 }, { field: size, op: lte, value: 5 }] }",
        "{ any: [{ field: hot, op: eq, value: true }, { field: hot, op: eq, value: false }] }",
    ];
    for when in sometimes {
        assert_eq!(of_rules(&[when]), [""; 0], "{when}");
    }
}

/// Each row: the earlier conditions, and a later one that they cover.
#[test]
fn rules_whose_leads_earlier_ones_take() {
    let rows: &[(&[&str], &str)] = &[
        (&[""], "{ field: state, op: eq, value: CA }"),
        (&[""], ""),
        (
            &["{ any: [{ field: state, op: exists }, { field: state, op: missing }] }"],
            "{ field: size, op: eq, value: 1 }",
        ),
        (&["{ field: size, op: gt, value: 10 }"], "{ field: size, op: gt, value: 10.5 }"),
        (&["{ field: size, op: gte, value: 10 }"], "{ field: size, op: in, value: [10, 20] }"),
        (&["{ field: size, op: ne, value: 1 }"], "{ field: size, op: missing }"),
        (
            &["{ field: size, op: between, value: [1, 9] }"],
            "{ all: [{ field: size, op: gt, value: 1 }, { field: size, op: lt, value: 2 }, { field: state, op: exists }] }",
        ),
        (&["{ field: state, op: exists }"], "{ field: state, op: contains, value: x }"),
        (&["{ field: state, op: exists }"], "{ field: state, op: eq, value: x, case: exact }"),
        (&["{ field: state, op: in, value: [CA, TX] }"], "{ field: state, op: eq, value: tx }"),
        (&["{ field: state, op: eq, value: ca }"], "{ field: state, op: eq, value: Ca, case: exact }"),
        (&["{ field: state, op: ne, value: ca }"], "{ field: state, op: in, value: [tx, ny] }"),
        (&["{ field: state, op: not_in, value: [a, b] }"], "{ field: state, op: not_in, value: [a, b, c] }"),
        (
            &["{ field: postal_code, op: starts_with, value: '94' }"],
            "{ field: postal_code, op: starts_with, value: '941' }",
        ),
        (
            &["{ field: postal_code, op: starts_with, value: '94' }"],
            "{ field: postal_code, op: in, value: ['94105', '94110'] }",
        ),
        (&["{ field: postal_code, op: contains, value: '4' }"], "{ field: postal_code, op: starts_with, value: '94' }"),
        (&["{ field: company, op: ends_with, value: gmbh }"], "{ field: company, op: ends_with, value: ' GmbH' }"),
        (
            &["{ field: company, op: matches, value: '^a' }"],
            "{ all: [{ field: company, op: matches, value: '^a' }, { field: size, op: exists }] }",
        ),
        (
            &["{ field: state, op: in_list, value: zips }"],
            "{ all: [{ field: state, op: in_list, value: zips }, { field: size, op: exists }] }",
        ),
        (&["{ field: tags, op: in, value: [a, b] }"], "{ field: tags, op: contains, value: a }"),
        (
            &["{ field: tags, op: eq, value: b }"],
            "{ all: [{ field: tags, op: in, value: [a, b] }, { field: tags, op: ne, value: a }] }",
        ),
        (
            &["{ field: geo, op: within_km, value: { lat: 52.5, lon: 13.4, km: 100 } }"],
            "{ field: geo, op: within_km, value: { lat: 52.6, lon: 13.4, km: 50 } }",
        ),
        // Trees.
        (
            &["{ field: state, op: eq, value: a }"],
            "{ all: [{ field: state, op: eq, value: a }, { field: size, op: gt, value: 1 }] }",
        ),
        (
            &["{ any: [{ field: state, op: eq, value: a }, { field: size, op: gt, value: 1 }] }"],
            "{ field: size, op: eq, value: 2 }",
        ),
        (
            &["{ all: [{ field: state, op: exists }, { not: { field: state, op: eq, value: a } }] }"],
            "{ field: state, op: eq, value: b }",
        ),
        (
            &["{ any: [{ field: state, op: eq, value: a }, { field: state, op: eq, value: b }] }"],
            "{ field: state, op: in, value: [a, b] }",
        ),
        (
            &["{ not: { all: [{ field: state, op: eq, value: a }, { field: size, op: eq, value: 1 }] } }"],
            "{ field: size, op: eq, value: 2 }",
        ),
        // Together.
        (
            &["{ field: state, op: eq, value: CA }", "{ field: state, op: eq, value: TX }"],
            "{ field: state, op: in, value: [CA, TX] }",
        ),
        (
            &["{ field: hot, op: eq, value: true }", "{ field: hot, op: eq, value: false }"],
            "{ all: [{ field: hot, op: exists }, { field: size, op: eq, value: 1 }] }",
        ),
        (
            &["{ field: state, op: eq, value: a }", "{ field: size, op: gt, value: 1 }"],
            "{ any: [{ field: state, op: eq, value: a }, { field: size, op: gt, value: 2 }] }",
        ),
    ];
    for (earlier, later) in rows {
        let rules: Vec<&str> = earlier.iter().copied().chain([*later]).collect();
        let told = of_rules(&rules);
        assert!(told.contains(&format!("covered_by [{}]", earlier.len())), "{rules:?} {told:?}");
    }
}

#[test]
fn rules_that_get_leads_of_their_own() {
    let rows: &[(&[&str], &str)] = &[
        (&["{ field: state, op: exists }"], "{ field: state, op: ne, value: a }"),
        (&["{ field: state, op: exists }"], ""),
        (&["{ field: size, op: gt, value: 10 }"], "{ field: size, op: gte, value: 10 }"),
        (&["{ field: size, op: lt, value: 10 }"], "{ not: { field: size, op: gte, value: 10 } }"),
        (&["{ field: state, op: eq, value: Ca, case: exact }"], "{ field: state, op: eq, value: ca }"),
        (&["{ field: state, op: in, value: [a, b] }"], "{ field: state, op: in, value: [a, c] }"),
        (&["{ field: tags, op: ne, value: a }"], "{ field: tags, op: eq, value: b }"),
        (&["{ field: state, op: starts_with, value: ab }"], "{ field: state, op: starts_with, value: a }"),
        (&["{ field: state, op: in_list, value: zips }"], "{ field: state, op: in_list, value: vips }"),
        (
            &["{ all: [{ field: state, op: eq, value: a }, { field: size, op: gt, value: 1 }] }"],
            "{ field: state, op: eq, value: a }",
        ),
        (
            &["{ field: geo, op: within_km, value: { lat: 52.5, lon: 13.4, km: 50 } }"],
            "{ field: geo, op: within_km, value: { lat: 52.6, lon: 13.4, km: 50 } }",
        ),
        (
            &["{ all: [{ field: state, op: exists }, { field: size, op: gt, value: 1 }] }"],
            "{ all: [{ field: state, op: eq, value: a }, { field: size, op: lt, value: 1 }] }",
        ),
        // Only a rule that holds whenever the later one does.
        (&["+active_until: 2026-08-01"], "{ field: state, op: exists }"),
        (&["+active_until: 2026-08-01, when: { field: state, op: exists }"], "{ field: state, op: eq, value: a }"),
        (&["+active_from: 2026-07-20"], "+active_until: 2026-08-01"),
    ];
    for (earlier, later) in rows {
        let rules: Vec<&str> = earlier.iter().copied().chain([*later]).collect();
        assert_eq!(of_rules(&rules), [""; 0], "{rules:?}");
    }
    let same_time = "+active_from: 2026-07-20, active_until: 2026-08-01";
    assert_eq!(of_rules(&[same_time, same_time]), ["covered_by [1]"]);
    let (wide, narrow) = ("when: { field: state, op: exists }", "when: { field: state, op: eq, value: a }");
    let (wide, narrow) = (format!("+active_until: 2026-09-01, {wide}"), format!("{same_time}, {narrow}"));
    assert_eq!(of_rules(&[&wide, &narrow]), ["covered_by [1]"]);
}

#[test]
fn the_match_mode_and_the_order_of_profiles_count() {
    let two = ["{ field: state, op: exists }", "{ field: state, op: eq, value: a }"];
    assert_eq!(of_profiles("first", &[&two]), ["covered_by [1]"]);
    assert_eq!(of_profiles("all", &[&two]), [""; 0], "every rule that matches decides");
    for mode in ["first", "all"] {
        assert_eq!(of_profiles(mode, &[&two[..1], &two[1..]]), ["covered_by profiles[1].rules[0]"], "{mode}");
        assert_eq!(of_profiles(mode, &[&two[1..], &two[..1]]), [""; 0], "{mode}");
    }
}

#[test]
fn messages_name_the_rules_and_say_what_clashes() {
    let rules = "  - id: p
    default: park
    rules:
      - { id: ca, name: California, when: { field: state, op: eq, value: CA }, then: [park] }
      - { id: tx, when: { field: state, op: eq, value: TX }, then: [park] }
      - { id: both, name: The south, when: { field: state, op: in, value: [CA, TX] }, then: [park] }
      - { id: tx2, when: { all: [{ field: state, op: eq, value: TX }, { field: size, op: exists }] }, then: [park] }
      - { id: no, when: { all: [{ field: size, op: gt, value: 10 }, { field: size, op: lt, value: 5 }] }, then: [park] }
";
    assert_eq!(
        told(&format!("{HEAD}{rules}")),
        [
            "never_matches profiles[0].rules[4].when.all: this asks of size for more than 10 and for less than 5 at once, so \
             the rule never matches",
            "covered_by profiles[0].rules[2]: the rule 'The south' never matches: 'California' (profiles[0].rules[0]) and \
             'tx' (profiles[0].rules[1]) together take every lead that it asks for before it is tried",
            "covered_by profiles[0].rules[3]: the rule 'tx2' never matches: 'tx' (profiles[0].rules[1]) takes every lead \
             that it asks for before it is tried",
        ]
    );
}
