//! Profiles, rules and conditions, and the sizes of everything.

use super::{refused, refused_conditions};
use crate::condition::DEPTH_MAX;
use crate::config::{ASSIGNEES_MAX, OPTIONS_MAX, RULES_MAX, TEXT_CHARS_MAX};

#[test]
fn profiles_and_rules() {
    let rule = |rest: &str| {
        format!("pools: [{{ id: sales, members: [] }}]\nprofiles: [{{ id: p, rules: [{{ id: r, {rest} }}] }}]")
    };
    let rows: [(String, &str, &[&str]); 18] = [
        (rule("then: []"), "profiles[0].rules[0].then", &["the list is empty", "at least one action"]),
        (rule("when: { field: email, op: exists }"), "profiles[0].rules[0]", &["'then' is missing"]),
        (
            rule("then: [{ pool: sale }]"),
            "profiles[0].rules[0].then[0].pool",
            &["no 'sale' under 'pools'", "did you mean 'sales'"],
        ),
        (rule("then: [{ assign_to: ana }]"), "profiles[0].rules[0].then[0].assign_to", &["no 'ana' under 'assignees'"]),
        (
            rule("then: [{ assignto: ana }]"),
            "profiles[0].rules[0].then[0]",
            &["no 'assignto' here", "did you mean 'assign_to'"],
        ),
        (rule("then: [pool]"), "profiles[0].rules[0].then[0].pool", &["found 'pool' alone", "{pool: …}"]),
        (
            rule("then: [{ park: true }]"),
            "profiles[0].rules[0].then[0].park",
            &["found true under 'park'", "write just park"],
        ),
        (rule("then: park"), "profiles[0].rules[0].then", &["found the text \"park\"", "expected a list"]),
        (
            rule("then: [park], else: defualt"),
            "profiles[0].rules[0].else",
            &["no 'defualt' here", "did you mean 'default'"],
        ),
        (rule("then: [park], wen: {}"), "profiles[0].rules[0].wen", &["no 'wen' here", "did you mean 'when'"]),
        (
            rule("then: [park], active_from: tomorrow"),
            "profiles[0].rules[0].active_from",
            &["'tomorrow' is no day or time", "2026-07-31"],
        ),
        (
            rule("then: [park], active_from: 2026-08-01, active_until: 2026-07-01"),
            "profiles[0].rules[0].active_until",
            &["2026-07-01", "before it begins"],
        ),
        (
            "profiles: [{ id: p, match: firs }]".into(),
            "profiles[0].match",
            &["no 'firs' here", "'first', 'all'", "did you mean 'first'"],
        ),
        ("profiles: [{ id: p }, { id: p }]".into(), "profiles[1].id", &["'p' is already the id of profiles[0]"]),
        (
            "profiles: [{ id: p, rules: [{ id: r, then: [park] }, { id: r, then: [park] }] }]".into(),
            "profiles[0].rules[1].id",
            &["'r' is already the id of profiles[0].rules[0]"],
        ),
        (
            "profiles: [{ id: p, default: prak }]".into(),
            "profiles[0].default",
            &["no 'prak' here", "did you mean 'park'"],
        ),
        (
            "profiles: [{ id: p, default: [park, { assign_to: x }] }]".into(),
            "profiles[0].default[1].assign_to",
            &["no 'x'"],
        ),
        (
            "profiles: [{ id: p, default: 3 }]".into(),
            "profiles[0].default",
            &["found the number 3", "an action such as do_nothing"],
        ),
    ];
    for (text, path, pieces) in rows {
        refused(&[(&text, path, pieces)]);
    }
}

#[test]
fn conditions() {
    refused_conditions(&[
        ("{ field: sise, op: gt, value: 1 }", ".field", &["no field 'sise'", "did you mean 'size'"]),
        ("{ field: Size, op: gt, value: 1 }", ".field", &["\"Size\" is no field name"]),
        ("{ field: size, op: greater, value: 1 }", ".op", &["'greater'", "`gt`", "`starts_with`"]),
        ("{ field: city, op: start_with, value: x }", ".op", &["'start_with'", "did you mean 'starts_with'"]),
        ("{ field: size, ops: gt, value: 1 }", ".ops", &["no 'ops' here", "did you mean 'op'"]),
        ("{ field: size, op: gt, value: big }", ".value", &["\"big\" does not fit", "needs a number"]),
        ("{ field: size, op: gt, value: [1] }", ".value", &["[1] does not fit", "needs a number"]),
        ("{ field: hot, op: eq, value: 'true' }", ".value", &["\"true\" does not fit", "true or false"]),
        (
            "{ field: company, op: gt, value: 1 }",
            ".op",
            &["'gt' can't compare the text field 'company'", "number, date"],
        ),
        ("{ field: company, op: eq, value: 1 }", ".value", &["1 does not fit", "text in quotes"]),
        ("{ field: size, op: contains, value: 1 }", ".op", &["'contains' can't compare the number field", "text"]),
        (
            "{ field: tier, op: eq, value: Sliver }",
            ".value",
            &["\"Sliver\" does not fit", "Gold, Silver", "did you mean 'Silver'"],
        ),
        ("{ field: day, op: lt, value: tomorrow }", ".value", &["\"tomorrow\" does not fit", "2026-07-31"]),
        ("{ field: open, op: lt, value: '25:00' }", ".value", &["\"25:00\" does not fit", "a time of day"]),
        ("{ field: size, op: in, value: [1, x] }", ".value[1]", &["\"x\" does not fit", "number"]),
        ("{ field: size, op: in, value: [] }", ".value", &["empty", "at least one"]),
        ("{ field: size, op: in, value: 1 }", ".value", &["1 does not fit", "list of values"]),
        ("{ field: size, op: between, value: [2, 1] }", ".value", &["2 is more than 1", "swap"]),
        ("{ field: size, op: between, value: [1, 2, 3] }", ".value", &["3 values", "two values"]),
        ("{ field: size, op: exists, value: 1 }", ".value", &["'exists' takes no value"]),
        ("{ field: size, op: eq }", "", &["'eq' needs a value"]),
        (
            "{ field: state, op: in_list, value: zip }",
            ".value",
            &["no list 'zip'", "PUT /v1/lists", "did you mean 'zips'"],
        ),
        ("{ field: state, op: in_list, value: [zips] }", ".value", &["[\"zips\"] does not fit", "name of a list"]),
        ("{ field: state, op: matches, value: '(' }", ".value", &["regular expression"]),
        ("{ field: state, op: matches, value: '(\\w{50}){50}' }", ".value", &["too large"]),
        (
            "{ field: geo, op: within_km, value: { lat: 91, lon: 1, km: 1 } }",
            ".value.lat",
            &["91 does not fit", "-90 to 90"],
        ),
        (
            "{ field: geo, op: within_km, value: { lat: 1, lon: 1, miles: 1 } }",
            ".value.miles",
            &["'miles' is unknown here", "km"],
        ),
        ("{ field: size, op: gt, value: 1, case: loose }", ".case", &["no 'loose' here", "'fold', 'exact'"]),
        ("{ all: [] }", ".all", &["empty", "at least one"]),
        ("{ all: { field: size, op: exists } }", ".all", &["found a map", "expected a list"]),
        (
            "{ all: [{ field: size, op: exists }, { any: [{ not: { field: x, op: exists } }] }] }",
            ".all[1].any[0].not.field",
            &["no field 'x'"],
        ),
        ("{ all: [], any: [] }", "", &["exactly one of 'all', 'any', 'not'"]),
        ("{ field: size }", "", &["exactly one of"]),
        ("{ al: [] }", ".al", &["no 'al' here", "did you mean 'all'"]),
        ("[]", "", &["found a list", "expected a map"]),
    ]);
    let mut when = "{ field: email, op: exists }".to_owned();
    for _ in 0..DEPTH_MAX {
        when = format!("{{ not: {when} }}");
    }
    refused_conditions(&[(&when, &".not".repeat(DEPTH_MAX), &["nested deeper than 16"])]);
}

#[test]
fn sizes() {
    let rules: Vec<String> =
        (0..=RULES_MAX).map(|number| format!("{{\"id\":\"r{number}\",\"then\":[\"park\"]}}")).collect();
    let assignees: Vec<String> =
        (0..=ASSIGNEES_MAX).map(|number| format!("{{\"id\":\"a{number}\",\"name\":\"A\"}}")).collect();
    let options = vec!["x"; OPTIONS_MAX + 1].join(", ");
    let (id, field, name) = ("x".repeat(65), "x".repeat(65), "ä".repeat(TEXT_CHARS_MAX + 1));
    let pattern = "x".repeat(1_001);
    refused(&[
        (
            &format!("{{\"profiles\":[{{\"id\":\"p\",\"rules\":[{}]}}]}}", rules.join(",")),
            "profiles",
            &["found 10001 rules", "at most 10000"],
        ),
        (
            &format!("{{\"assignees\":[{}]}}", assignees.join(",")),
            "assignees",
            &["found 5001 assignees", "at most 5000"],
        ),
        (
            &format!("fields: [{{ name: a, type: choice, options: [{options}] }}]"),
            "fields[0].options",
            &["found 1001 options", "at most 1000"],
        ),
        (&format!("pools: [{{ id: {id}, members: [] }}]"), "pools[0].id", &["no valid pool id", "1 to 64 characters"]),
        (&format!("fields: [{{ name: {field}, type: text }}]"), "fields[0].name", &["at most 64 characters"]),
        (&format!("account: {{ name: {name} }}"), "account.name", &["found 201 characters", "at most 200"]),
        (
            &format!("assignees: [{{ id: a, name: {name} }}]"),
            "assignees[0].name",
            &["found 201 characters", "at most 200"],
        ),
        (
            &format!("profiles: [{{ id: p, rules: [{{ id: r, name: {name}, then: [park] }}] }}]"),
            "profiles[0].rules[0].name",
            &["found 201"],
        ),
    ]);
    let values = vec!["1"; 10_001].join(", ");
    refused_conditions(&[
        (&format!("{{ field: state, op: matches, value: {pattern} }}"), ".value", &["1001 characters", "at most 1000"]),
        (
            &format!("{{ field: size, op: in, value: [{values}] }}"),
            ".value",
            &["found 10001 values", "at most 10000", "in_list"],
        ),
        // A message repeats the beginning of what was found.
        (
            &format!("{{ field: size, op: gt, value: [{values}] }}"),
            ".value",
            &["[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1… does not fit"],
        ),
    ]);
}
