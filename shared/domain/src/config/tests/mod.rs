//! Reading and checking documents: what is wrong is said with the path of its node and what was expected.

mod malformed;

use std::collections::BTreeSet;

use super::document::{Syntax, from_value, parse};
use super::*;

fn problems(text: &str) -> Vec<String> {
    let secrets = BTreeSet::from([SecretName::new("known").unwrap()]);
    let lists = BTreeSet::from([ListName::new("zips").unwrap()]);
    match parse(text, Syntax::Yaml)
        .and_then(|config| config.check(&Known { secrets: &secrets, formats: &["json", "form"], lists: &lists }))
    {
        Ok(_) => Vec::new(),
        Err(Problems(problems)) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_document_with_several_faults_names_them_all() {
    let found = problems("pools: [{ id: p, members: [x, y] }]\nprofiles: [{ id: p, default: [{ pool: q }] }]");
    assert_eq!(found.len(), 3, "{found:#?}");
}

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
calendars: [{ id: de, name: Germany, days: [2026-12-25, 12-26, 02-29] }]
schedules: [{ id: office, hours: { monday: [13:30-17:00, 09:00-12:30], sunday: ['22:00-24:00'] } }]
assignees:
  - { id: ben, name: Ben, schedule: office, holidays: [de], absences: [{ from: 2026-12-24, until: 2027-01-02T10:00, reason: vacation }] }
  - { id: cleo, name: Cleo, hours: { tuesday: ['00:00-24:00'] } }
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

/// What the documentation shows can be written: whole parts, and settings of a profile.
#[test]
fn the_examples_of_the_documentation_are_read() {
    let docs = include_str!("../../../../../docs/config.md");
    let blocks = docs.split("```yaml\n").skip(1).filter_map(|block| block.split_once("```").map(|(block, _)| block));
    let mut read = 0;
    for block in blocks {
        let text = match block.split_once(':').map(|(key, _)| key) {
            Some("sla" | "attempts") => format!("profiles:\n- id: p\n  {}", block.replace('\n', "\n  ")),
            Some("when" | "then") => continue,
            _ => block.to_owned(),
        };
        parse(&text, Syntax::Yaml).unwrap_or_else(|problems| panic!("{text}\n{:#?}", problems.0));
        read += 1;
    }
    assert!(read > 8, "found {read} examples");
}
