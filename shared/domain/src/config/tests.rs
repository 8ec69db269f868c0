//! Reading and checking documents: what is wrong is said with the path of its node and what was expected.

use std::collections::BTreeSet;

use super::document::{Syntax, from_value, parse};
use super::*;

fn problems(text: &str) -> Vec<String> {
    let secrets = BTreeSet::from([SecretName::new("known").unwrap()]);
    match parse(text, Syntax::Yaml).and_then(|config| {
        config.check(&Known { secrets: &secrets, formats: &["json", "form"], lists: &BTreeSet::new() })
    }) {
        Ok(_) => Vec::new(),
        Err(Problems(problems)) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// Each row: a document, the path that is named, and a piece of what is said.
#[test]
fn what_is_wrong_is_said_where_it_is() {
    let rule = |when: &str| {
        format!(
            "fields: [{{ name: size, type: number }}, {{ name: tier, type: choice, options: [Gold] }}, {{ name: day, type: date }}]\n\
             profiles: [{{ id: p, rules: [{{ id: r, when: {when}, then: [park] }}] }}]"
        )
    };
    let at = "profiles[0].rules[0].when";
    let rows: Vec<(String, String, &str)> = vec![
        ("[".into(), "document".into(), "no valid YAML"),
        ("sourcez: []".into(), "sourcez".into(), "unknown field `sourcez`"),
        ("account: { timezone: Mars/Base }".into(), "account.timezone".into(), "Europe/Berlin"),
        ("account: { log_days: 7 }".into(), "account.log_days".into(), "at least 30"),
        ("fields: [{ name: Size, type: number }]".into(), "fields[0].name".into(), "a-z"),
        ("fields: [{ name: email, type: text }]".into(), "fields[0].name".into(), "built-in"),
        ("fields: [{ name: a, type: text }, { name: a, type: text }]".into(), "fields[1].name".into(), "fields[0]"),
        ("fields: [{ name: a, type: choice }]".into(), "fields[0]".into(), "options"),
        ("fields: [{ name: a, type: text, options: [x] }]".into(), "fields[0].options".into(), "no options"),
        ("sources: [{ id: s, format: fax }]".into(), "sources[0].format".into(), "json, form"),
        (
            "sources: [{ id: s, format: json, verify: { bearer: { secret: unset } } }]".into(),
            "sources[0].verify".into(),
            "PUT /v1/secrets/unset",
        ),
        (
            "sources: [{ id: s, format: json, mapping: [{ from: a, to: emial }] }]".into(),
            "sources[0].mapping[0].to".into(),
            "did you mean 'email'",
        ),
        (
            "sources: [{ id: s, format: json, mapping: [{ from: a, to: email.domain }] }]".into(),
            "sources[0].mapping[0].to".into(),
            "computed",
        ),
        ("sources: [{ id: s, format: json, search_by: [size] }]".into(), "sources[0].search_by[0]".into(), "no field"),
        (
            "sources: [{ id: s, format: json, search_by: [email, phone, company] }]".into(),
            "sources[0].search_by".into(),
            "at most two",
        ),
        (
            "sources: [{ id: s, format: json, default_country: Germany }]".into(),
            "sources[0].default_country".into(),
            "ISO 3166",
        ),
        ("assignees: [{ id: A, name: A }]".into(), "assignees[0].id".into(), "a-z"),
        ("assignees: [{ id: a, name: A }, { id: a, name: B }]".into(), "assignees[1].id".into(), "assignees[0]"),
        ("assignees: [{ id: a, name: A, weight: -1 }]".into(), "assignees[0].weight".into(), "0 to 1000"),
        ("assignees: [{ id: a, name: A, email: nobody }]".into(), "assignees[0].email".into(), "no email"),
        ("assignees: [{ id: a, name: A, destinations: [x] }]".into(), "assignees[0].destinations[0]".into(), "'x'"),
        ("assignees: [{ id: a, name: A, caps: [{ period: year, limit: 1 }] }]".into(), "period".into(), "`hour`"),
        ("pools: [{ id: p, members: [x] }]".into(), "pools[0].members[0]".into(), "'x'"),
        (
            "assignees: [{ id: a, name: A }]\npools: [{ id: p, members: [a, { assignee: a, weight: 2 }] }]".into(),
            "pools[0].members[1]".into(),
            "already",
        ),
        ("pools: [{ id: p, strategy: random, members: [] }]".into(), "pools[0].strategy".into(), "`rotate`"),
        (
            "destinations: [{ id: d, channel: { webhook: { url: ftp://x } } }]".into(),
            "destinations[0].channel.webhook.url".into(),
            "https://",
        ),
        (
            "destinations: [{ id: d, channel: { webhook: { url: https://x, timeout_s: 31 } } }]".into(),
            "destinations[0].channel.webhook.timeout_s".into(),
            "1 to 30",
        ),
        ("destinations: [{ id: d, channel: { fax: {} } }]".into(), "destinations[0].channel".into(), "`webhook`"),
        ("destinations: [{ id: d, retry: [soon], channel: { email: { to: [a] } } }]".into(), "retry".into(), "5s"),
        (
            "profiles: [{ id: p, rules: [{ id: r, then: [] }] }]".into(),
            "profiles[0].rules[0].then".into(),
            "one action",
        ),
        (
            "profiles: [{ id: p, rules: [{ id: r, then: [{ pool: x }] }] }]".into(),
            "profiles[0].rules[0].then[0].pool".into(),
            "'x'",
        ),
        ("profiles: [{ id: p, default: { assign_to: x } }]".into(), "profiles[0].default[0].assign_to".into(), "'x'"),
        ("profiles: [{ id: p, default: give_up }]".into(), "profiles[0].default".into(), "do_nothing"),
        ("profiles: [{ id: p }, { id: q }]".into(), "profiles[1].entity".into(), "profiles[0]"),
        (rule("{ field: sise, op: gt, value: 1 }"), format!("{at}.field"), "did you mean 'size'"),
        (rule("{ field: size, op: gt, value: big }"), format!("{at}.value"), "needs a number"),
        (rule("{ field: company, op: gt, value: 1 }"), format!("{at}.op"), "number, date"),
        (rule("{ field: company, op: eq, value: 1 }"), format!("{at}.value"), "text in quotes"),
        (rule("{ field: size, op: contains, value: 1 }"), format!("{at}.op"), "text"),
        (rule("{ field: tier, op: eq, value: silver }"), format!("{at}.value"), "Gold"),
        (rule("{ field: day, op: lt, value: tomorrow }"), format!("{at}.value"), "2026-07-31"),
        (rule("{ field: size, op: in, value: [1, x] }"), format!("{at}.value[1]"), "number"),
        (rule("{ field: size, op: in, value: [] }"), format!("{at}.value"), "at least one"),
        (rule("{ field: size, op: in, value: 1 }"), format!("{at}.value"), "list"),
        (rule("{ field: size, op: exists, value: 1 }"), format!("{at}.value"), "no value"),
        (rule("{ field: size, op: eq }"), at.into(), "needs a value"),
        (rule("{ field: size, op: like, value: 1 }"), format!("{at}.op"), "`starts_with`"),
        (rule("{ all: [] }"), format!("{at}.all"), "at least one"),
        (
            rule("{ all: [{ field: size, op: exists }, { any: [{ not: { field: x, op: exists } }] }] }"),
            format!("{at}.all[1].any[0].not.field"),
            "no field",
        ),
        (rule("{ all: [], any: [] }"), at.into(), "exactly one of"),
        (rule("{ field: size }"), at.into(), "exactly one of"),
    ];
    for (text, path, said) in rows {
        let found = problems(&text);
        assert!(
            found.iter().any(|problem| {
                problem.split_once(": ").is_some_and(|(at, message)| at.contains(&path) && message.contains(said))
            }),
            "{text}\n wanted {path}: …{said}…\n found {found:#?}"
        );
    }
}

#[test]
fn a_document_with_several_faults_names_them_all() {
    let found = problems("pools: [{ id: p, members: [x, y] }]\nprofiles: [{ id: p, default: [{ pool: q }] }]");
    assert_eq!(found.len(), 3, "{found:#?}");
}

#[test]
fn nesting_has_a_bound() {
    let mut when = "{ field: email, op: exists }".to_owned();
    for _ in 0..DEEP {
        when = format!("{{ not: {when} }}");
    }
    let text = format!("profiles: [{{ id: p, rules: [{{ id: r, when: {when}, then: [park] }}] }}]");
    let found = problems(&text);
    assert!(found.iter().any(|problem| problem.contains("nested deeper than 16")), "{found:?}");
}
const DEEP: usize = crate::condition::DEPTH_MAX;

#[test]
fn json_and_yaml_say_the_same_and_read_back_as_they_were() {
    let yaml = r"
account: { name: Demo, timezone: Europe/Berlin, first_weekday: sunday }
fields: [{ name: size, type: number }]
sources:
  - id: web
    format: json
    verify: { hmac: { secret: known, header: X-Signature, prefix: sha256= } }
    external_id: { field: id }
    mapping: [{ from: a.b, to: size, default: 3 }]
    search_by: [email+company, phone]
    on_duplicate: flag
assignees:
  - { id: anna, name: Anna, kind: partner, weight: 0.5, timezone: Asia/Kolkata, caps: [{ period: month, limit: 5 }], destinations: [crm] }
pools: [{ id: p, members: [{ assignee: anna, weight: 2 }] }]
destinations:
  - { id: crm, channel: { webhook: { url: https://crm.example/in, secret: known } }, retry: [1s, 1h] }
  - { id: mail, channel: { email: { to: ['{{ assignee.email }}'], attachment: csv } } }
profiles:
  - id: main
    rules: [{ id: r, when: { field: size, op: gte, value: 75.5 }, then: [{ pool: p }, do_nothing], else: default }]
    default: do_nothing
";
    let config = parse(yaml, Syntax::Yaml).unwrap();
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(parse(&json, Syntax::Json).unwrap(), config);
    assert_eq!(from_value(serde_json::to_value(&config).unwrap()).unwrap(), config);
    assert_eq!(config.secrets().len(), 1);
    config.check_published().unwrap();
}

#[test]
fn the_schema_names_every_part() {
    let schema = json_schema().to_string();
    for word in ["sources", "profiles", "starts_with", "standard_webhooks", "at_most_once", "first_weekday"] {
        assert!(schema.contains(&format!("\"{word}\"")), "{word}");
    }
}
