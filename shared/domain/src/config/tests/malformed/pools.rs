//! Pools in pools, strategies, and what assignees can be given.

use super::*;
use crate::config::{POOL_CANDIDATES_MAX, POOL_DEPTH_MAX};

#[test]
fn members() {
    let of = |member: &str| {
        format!(
            "assignees: [{{ id: anna, name: A }}]\npools: [{{ id: p, members: [{member}] }}, {{ id: q, members: [anna] }}]"
        )
    };
    let at = "pools[0].members[0]";
    let rows: [(&str, &str, &[&str]); 10] = [
        ("{ weight: 1 }", "", &["neither 'assignee' nor 'pool'", "an assignee or a pool"]),
        ("{ assignee: anna, pool: q }", "", &["both 'assignee' and 'pool'", "an assignee or a pool"]),
        ("{ pool: qq }", ".pool", &["no 'qq' under 'pools'"]),
        (
            "{ pool: q, caps: [{ period: day, limit: 1 }] }",
            ".caps",
            &["no caps of its own", "give them to its members"],
        ),
        ("{ assignee: anna, tier: 0 }", ".tier", &["found 0", "tiers begin with 1"]),
        ("{ pool: q, tier: 0 }", ".tier", &["found 0", "tiers begin with 1"]),
        ("{ assignee: anna, tier: 256 }", ".tier", &["found the number 256", "0 to 255"]),
        ("{ assignee: anna, price: -1 }", ".price", &["found the number -1", "a decimal of 0 or more"]),
        ("{ assignee: anna, price: cheap }", ".price", &["found the text \"cheap\"", "a decimal of 0 or more"]),
        ("{ pool: q, weight: -1 }", ".weight", &["-1 is no weight"]),
    ];
    for (member, end, pieces) in rows {
        refused(&[(&of(member), &format!("{at}{end}"), pieces)]);
    }
    refused(&[(&of("{ pool: q }, { pool: q }"), "pools[0].members[1]", &["'pool:q' is a member already"])]);
    for strategy in ["least_loded", "prioriti", "highest", "lowest"] {
        let text = format!("pools: [{{ id: p, strategy: {strategy}, members: [] }}]");
        refused(&[(&text, "pools[0].strategy", &["'rotate', 'least_loaded', 'priority', 'highest_price'"])]);
    }
}

/// What is said of circles: the paths.
fn told(text: &str, about: &str) -> Vec<String> {
    let told = problems(text).into_iter().filter(|problem| problem.contains(about));
    told.filter_map(|problem| problem.split_once(": ").map(|(path, _)| path.to_owned())).collect()
}

#[test]
fn circles_and_depth() {
    let circle = "pools:
  - { id: outside, members: [{ pool: a }] }
  - { id: a, members: [{ pool: b }] }
  - { id: b, members: [{ pool: inside }, { pool: a }] }
  - { id: inside, members: [] }
  - { id: self, members: [{ pool: self }] }";
    let paths = ["pools[1].members", "pools[2].members", "pools[4].members"];
    assert_eq!(told(circle, "stands in itself"), paths, "and none of those that only hold one, or are held");
    refused(&[(circle, "pools[4].members", &["take one of them out"])]);

    let chain = |deep: usize| {
        let inner: Vec<String> =
            (1..deep).map(|n| format!("{{ id: p{n}, members: [{{ pool: p{} }}] }}", n + 1)).collect();
        format!("pools: [{}, {{ id: p{deep}, members: [] }}]", inner.join(", "))
    };
    assert_eq!(problems(&chain(POOL_DEPTH_MAX)), [""; 0]);
    let deep = chain(POOL_DEPTH_MAX + 1);
    assert_eq!(told(&deep, "9 deep in each other here, expected at most 8"), ["pools[0].members"]);
}

/// Each level holds every pool of the next: within the depth, and without end for whoever looks at all of them.
#[test]
fn pools_that_multiply() {
    let level = |level: usize| {
        let inner: Vec<String> = (0..10).map(|n| format!("{{ pool: l{}-{n} }}", level + 1)).collect();
        let inner = if level == 6 { String::new() } else { inner.join(", ") };
        (0..10).map(|n| format!("{{ id: l{level}-{n}, members: [{inner}] }}")).collect::<Vec<_>>().join(", ")
    };
    let text = format!("pools: [{}]", (0..=6).map(level).collect::<Vec<_>>().join(", "));
    refused(&[(&text, "pools[0].members", &["found 1111110 members", &format!("at most {POOL_CANDIDATES_MAX}")])]);
    assert_eq!(told(&text, "each as often as it stands there").len(), 20, "the two outermost levels");
}

#[test]
fn loads_that_can_not_be_compared() {
    let of = |pools: &str| {
        format!(
            "account: {{ value_field: worth }}\nfields: [{{ name: worth, type: number }}]
assignees:
  - {{ id: with, name: W, capacity: {{ leads: 5 }} }}
  - {{ id: too, name: T, capacity: {{ leads: 9, value: 3 }} }}
  - {{ id: without, name: O }}
  - {{ id: value, name: V, capacity: {{ value: 5 }} }}
pools: [{pools}]"
        )
    };
    let pieces: &[&str] = &["least_loaded can't compare 'with'", "'without'", "to all members or to none"];
    for bad in [
        "{ id: p, strategy: least_loaded, members: [with, without] }",
        "{ id: p, strategy: least_loaded, members: [without, too, with] }",
        // A team counts as all of its members.
        "{ id: p, strategy: least_loaded, members: [with, { pool: q }] }, { id: q, members: [without] }",
        "{ id: p, strategy: least_loaded, members: [{ pool: q }] }, { id: q, members: [without, with] }",
    ] {
        refused(&[(&of(bad), "pools[0].strategy", pieces)]);
    }
    for good in [
        "{ id: p, strategy: least_loaded, members: [with, too] }",
        "{ id: p, strategy: least_loaded, members: [without, value] }",
        "{ id: p, members: [with, without] }",
        "{ id: p, strategy: least_loaded, members: [with, { pool: q }] }, { id: q, members: [too] }",
    ] {
        assert_eq!(problems(&of(good)), [""; 0], "{good}");
    }
}

#[test]
fn what_assignees_can_be_given() {
    let of = |rest: &str| format!("assignees: [{{ id: a, name: A, {rest} }}]");
    let rows: [(&str, &str, &[&str]); 17] = [
        ("capacity: {}", "capacity", &["it limits nothing", "'leads', 'value' or both"]),
        ("capacity: 5", "capacity", &["found the number 5", "expected a map"]),
        ("capacity: { lead: 5 }", "capacity.lead", &["no 'lead' here", "did you mean 'leads'"]),
        ("capacity: { leads: -1 }", "capacity.leads", &["found the number -1", "a whole number from 0"]),
        ("capacity: { value: 5 }", "capacity.value", &["what a lead is worth", "account.value_field"]),
        ("capacity: { leads: 1, value: 5 }", "capacity.value", &["what a lead is worth", "account.value_field"]),
        ("target: { period: day, leads: 0 }", "target.leads", &["found 0", "at least 1"]),
        ("target: { leads: 1 }", "target", &["'period' is missing"]),
        ("target: { period: year, leads: 1 }", "target.period", &["no 'year' here", "'hour', 'day'"]),
        ("tier: 0", "tier", &["found 0", "tiers begin with 1"]),
        ("price: -0.01", "price", &["found the number -0.01", "a decimal of 0 or more"]),
        ("price: [1]", "price", &["found a list", "a decimal of 0 or more"]),
        ("duplicate_days: 3651", "duplicate_days", &["found 3651", "at most 3650 days"]),
        ("return_days: 3651", "return_days", &["found 3651", "at most 3650 days"]),
        ("return_days: two", "return_days", &["found the text \"two\"", "a whole number"]),
        ("filter: { field: sise, op: exists }", "filter.field", &["no field 'sise'"]),
        ("filter: { all: [{ field: city, op: gt, value: 1 }] }", "filter.all[0].op", &["'gt' can't compare"]),
    ];
    for (rest, end, pieces) in rows {
        refused(&[(&of(rest), &format!("assignees[0].{end}"), pieces)]);
    }
    refused(&[
        (
            "assignees: [{ id: a, name: A, external_id: x }, { id: b, name: B }, { id: c, name: C, external_id: x }]",
            "assignees[2].external_id",
            &["assignees[0] has the same", "would name both"],
        ),
        (
            &of(&format!("external_id: {}", "x".repeat(201))),
            "assignees[0].external_id",
            &["found 201 characters", "at most 200"],
        ),
    ]);
}
