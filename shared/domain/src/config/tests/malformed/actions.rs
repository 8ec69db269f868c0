//! Actions, queues, service levels and attempts.

use super::*;
use crate::config::{ACTIONS_MAX, ATTEMPTS_MAX, STEPS_MAX};

const BASE: &str =
    "fields: [{ name: size, type: number }, { name: rep, type: text }, { name: kind, type: choice, options: [a] }, \
                    { name: tags, type: list }]
assignees: [{ id: anna, name: A }]
pools: [{ id: sales, members: [anna] }]
queues: [{ id: calls, members: [anna] }]
";

fn rule(rest: &str) -> String {
    format!("{BASE}profiles: [{{ id: p, rules: [{{ id: r, {rest} }}] }}]")
}

#[test]
fn actions() {
    let then = |action: &str| rule(&format!("then: [{action}]"));
    let path = |rest: &str| format!("profiles[0].rules[0].then[0]{rest}");
    let rows: [(&str, &str, &[&str]); 23] = [
        ("{ pool: { id: sale } }", ".pool", &["no 'sale' under 'pools'", "did you mean 'sales'"]),
        ("{ pool: { over_cap: next } }", ".pool", &["'id' is missing"]),
        (
            "{ pool: { id: sales, over_cap: nxt } }",
            ".pool.over_cap",
            &["no 'nxt' here", "'next', 'else', 'park'", "did you mean 'next'"],
        ),
        ("{ pool: { id: sales, overcap: park } }", ".pool.overcap", &["no 'overcap' here", "did you mean 'over_cap'"]),
        ("{ pool: [sales] }", ".pool", &["found a list", "an id, or {id, over_cap}"]),
        ("{ pool: 7 }", ".pool", &["found the number 7", "an id, or {id, over_cap}"]),
        ("{ pool: Sales }", ".pool", &["\"Sales\" is no valid pool id"]),
        ("{ pool: { id: Sales } }", ".pool.id", &["\"Sales\" is no valid pool id"]),
        ("{ assign_to: { id: ana } }", ".assign_to", &["no 'ana' under 'assignees'", "did you mean 'anna'"]),
        (
            "{ assign_to: { id: anna, over_cap: [] } }",
            ".assign_to.over_cap",
            &["found a list", "'next', 'else', 'park'"],
        ),
        ("{ queue: call }", ".queue", &["no 'call' under 'queues'", "did you mean 'calls'"]),
        ("{ queue: { id: calls } }", ".queue", &["found a map", "expected"]),
        ("queue", ".queue", &["found 'queue' alone", "{queue: …}"]),
        ("{ keep_owner: true }", ".keep_owner", &["found true under 'keep_owner'", "write just keep_owner"]),
        ("keep_owners", "", &["no 'keep_owners' here", "did you mean 'keep_owner'"]),
        ("named", ".named", &["found 'named' alone", "{named: …}"]),
        ("{ named: rap }", ".named", &["no field 'rap'", "did you mean 'rep'"]),
        ("{ named: lead.owner }", ".named", &["'lead.owner' is computed", "a field of the lead"]),
        ("{ named: size }", ".named", &["'size' is a number field", "text, email or choice"]),
        ("{ named: tags }", ".named", &["'tags' is a list field", "text, email or choice"]),
        ("{ named: phone }", ".named", &["'phone' is a phone field", "text, email or choice"]),
        ("{ pool: sales, queue: calls }", "", &["found 'pool', 'queue' at once"]),
        ("{ assign: anna }", "", &["no 'assign' here", "'pool', 'assign_to', 'queue', 'keep_owner', 'named', 'park'"]),
    ];
    for (action, rest, pieces) in rows {
        refused(&[(&then(action), &path(rest), pieces)]);
    }
    for good in ["{ named: rep }", "{ named: email }", "{ named: kind }", "keep_owner", "{ queue: calls }"] {
        assert_eq!(problems(&then(good)), [""; 0], "{good}");
    }
    let many = ["park"; ACTIONS_MAX + 1].join(", ");
    for (text, path) in [
        (rule(&format!("then: [{many}]")), "profiles[0].rules[0].then"),
        (
            rule(&format!("then: [park], attempts: {{ at_most: 1, then: [{many}] }}")),
            "profiles[0].rules[0].attempts.then",
        ),
        (format!("profiles: [{{ id: p, default: [{many}] }}]"), "profiles[0].default"),
        (format!("profiles: [{{ id: p, attempts: {{ at_most: 1, then: [{many}] }} }}]"), "profiles[0].attempts.then"),
    ] {
        refused(&[(&text, path, &["found 51 actions", "at most 50"])]);
    }
}

#[test]
fn queues() {
    let of = |rest: &str| {
        format!(
            "assignees: [{{ id: anna, name: A }}]\npools: [{{ id: sales, members: [anna] }}]\nqueues: [{{ id: q, {rest} }}]"
        )
    };
    let rows: [(&str, &str, &[&str]); 6] = [
        ("members: []", "queues[0]", &["nobody may claim from it", "'members'", "'pools'"]),
        ("members: [ana]", "queues[0].members[0]", &["no 'ana' under 'assignees'", "did you mean 'anna'"]),
        ("pools: [sale]", "queues[0].pools[0]", &["no 'sale' under 'pools'", "did you mean 'sales'"]),
        ("members: anna", "queues[0].members", &["found the text \"anna\"", "expected a list"]),
        ("member: [anna]", "queues[0].member", &["no 'member' here", "did you mean 'members'"]),
        ("members: [{ assignee: anna }]", "queues[0].members[0]", &["found a map", "expected a text"]),
    ];
    for (rest, path, pieces) in rows {
        refused(&[(&of(rest), path, pieces)]);
    }
    refused(&[
        (
            "assignees: [{ id: a, name: A }]\nqueues: [{ id: q, members: [a] }, { id: q, members: [a] }]",
            "queues[1].id",
            &["'q' is already the id of queues[0]"],
        ),
        (
            &format!("queues: [{{ id: q, name: {}, members: [] }}]", "x".repeat(201)),
            "queues[0].name",
            &["found 201 characters", "at most 200"],
        ),
    ]);
}

#[test]
fn service_levels_and_attempts() {
    let sla = |rest: &str| rule(&format!("then: [park], sla: {{ {rest} }}"));
    let path = |rest: &str| format!("profiles[0].rules[0].sla{rest}");
    let rows: [(&str, &str, &[&str]); 17] = [
        ("clock: wall", "", &["'steps' is missing"]),
        ("steps: []", ".steps", &["the list is empty", "at least one step"]),
        ("clock: work, steps: []", ".clock", &["no 'work' here", "'wall', 'working'"]),
        ("steps: [{ do: remind }]", ".steps[0]", &["'after' is missing"]),
        ("steps: [{ after: 15m }]", ".steps[0]", &["'do' is missing"]),
        ("steps: [{ after: 15, do: remind }]", ".steps[0].after", &["found the number 15", "a text"]),
        ("steps: [{ after: '15', do: remind }]", ".steps[0].after", &["'15' is no time", "write 15m, 1h30m or 2d"]),
        ("steps: [{ after: 30s, do: remind }]", ".steps[0].after", &["'30s' is no time", "from a minute to 90 days"]),
        ("steps: [{ after: 91d, do: remind }]", ".steps[0].after", &["'91d' is no time", "from a minute to 90 days"]),
        ("steps: [{ after: -5m, do: remind }]", ".steps[0].after", &["'-5m' is no time"]),
        ("steps: [{ after: 1m, do: remnd }]", ".steps[0].do", &["no 'remnd' here", "did you mean 'remind'"]),
        ("steps: [{ after: 1m, do: escalate }]", ".steps[0].do.escalate", &["found 'escalate' alone", "{escalate: …}"]),
        ("steps: [{ after: 1m, do: { escalate: ana } }]", ".steps[0].do.escalate", &["no 'ana' under 'assignees'"]),
        ("steps: [{ after: 1m, do: { remind: anna } }]", ".steps[0].do.remind", &["write just remind"]),
        (
            "steps: [{ after: 1h, do: remind }, { after: 60m, do: reassign }]",
            ".steps[1].after",
            &["1h is not later than the step before, 1h", "put them in order"],
        ),
        (
            "steps: [{ after: 1d, do: remind }, { after: 2h, do: reassign }]",
            ".steps[1].after",
            &["2h is not later than the step before, 1d"],
        ),
        ("after: 15m", ".after", &["no 'after' here"]),
    ];
    for (rest, end, pieces) in rows {
        refused(&[(&sla(rest), &path(end), pieces)]);
    }
    let steps: Vec<String> = (1..=STEPS_MAX + 1).map(|n| format!("{{ after: {n}m, do: remind }}")).collect();
    refused(&[(&sla(&format!("steps: [{}]", steps.join(", "))), &path(".steps"), &["found 11 steps", "at most 10"])]);
    refused(&[(
        "profiles: [{ id: p, sla: { steps: [{ after: 1m, do: { escalate: x } }] } }]",
        "profiles[0].sla.steps[0].do.escalate",
        &["no 'x' under 'assignees'"],
    )]);
    for (profile, end, pieces) in [
        ("attempts: { at_most: 0 }", ".at_most", &["found 0", "from 1 to 50"][..]),
        ("attempts: { at_most: 51 }", ".at_most", &["found 51", "from 1 to 50"]),
        ("attempts: { at_most: 256 }", ".at_most", &["found the number 256", "0 to 255"]),
        ("attempts: {}", "", &["'at_most' is missing"]),
        ("attempts: 3", "", &["found the number 3", "expected a map"]),
        ("attempts: { at_most: 1, then: [{ pool: x }] }", ".then[0].pool", &["no 'x' under 'pools'"]),
        ("attempts: { at_most: 1, then: park }", ".then", &["found the text \"park\"", "expected a list"]),
    ] {
        refused(&[
            (&format!("profiles: [{{ id: p, {profile} }}]"), &format!("profiles[0].attempts{end}"), pieces),
            (&rule(&format!("then: [park], {profile}")), &format!("profiles[0].rules[0].attempts{end}"), pieces),
        ]);
    }
    assert_eq!(ATTEMPTS_MAX, 50);
    refused(&[(
        "profiles: [{ id: p, redistribute: allways }]",
        "profiles[0].redistribute",
        &["no 'allways' here", "'never', 'closed', 'always'", "did you mean 'always'"],
    )]);
}

#[test]
fn accounts_of_value() {
    let stages: Vec<String> = (0..101).map(|n| format!("s{n}")).collect();
    refused(&[
        (
            &format!("account: {{ closed_stages: [{}] }}", stages.join(", ")),
            "account.closed_stages",
            &["found 101 stages", "at most 100"],
        ),
        ("account: { closed_stages: won }", "account.closed_stages", &["found the text \"won\"", "expected a list"]),
        ("account: { value_field: worth }", "account.value_field", &["no field 'worth'", "declare it"]),
        ("account: { value_field: company }", "account.value_field", &["'company' is no number field"]),
        (
            "account: { value_field: lead.duplicate_count }",
            "account.value_field",
            &["'lead.duplicate_count' is no number field of a lead"],
        ),
    ]);
}
