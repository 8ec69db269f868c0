//! Malformed configs: each fault is told with the path of its node, what was found, what was expected, and the near name
//! where there is one.

mod actions;
mod people;
mod pools;
mod rules;
mod schedules;

use super::*;

/// A document, the path that is told, and pieces of what is said in their order.
type Row<'a> = (&'a str, &'a str, &'a [&'a str]);

fn refused(rows: &[Row<'_>]) {
    for (text, path, pieces) in rows {
        let found = problems(text);
        let fits = |problem: &String| {
            let message = problem.strip_prefix(path).and_then(|rest| rest.strip_prefix(": "));
            message.is_some_and(|message| {
                let mut rest = message;
                pieces.iter().all(|piece| match rest.split_once(piece) {
                    Some((_, after)) => {
                        rest = after;
                        true
                    }
                    None => false,
                })
            })
        };
        assert!(found.iter().any(fits), "{text}\n wanted {path}: {pieces:?}\n found {found:#?}");
    }
}

/// The same for the condition of a rule; paths are from its node on.
fn refused_conditions(rows: &[Row<'_>]) {
    for (when, path, pieces) in rows {
        let text = format!(
            "fields:\n\
             - {{ name: size, type: number }}\n\
             - {{ name: tier, type: choice, options: [Gold, Silver] }}\n\
             - {{ name: day, type: date }}\n\
             - {{ name: open, type: time }}\n\
             - {{ name: hot, type: boolean }}\n\
             profiles: [{{ id: p, rules: [{{ id: r, when: {when}, then: [park] }}] }}]"
        );
        refused(&[(&text, &format!("profiles[0].rules[0].when{path}"), pieces)]);
    }
}

#[test]
fn documents() {
    refused(&[
        ("[", "document", &["no valid YAML"]),
        ("", "document", &["found nothing", "expected a map"]),
        ("5", "document", &["found the number 5", "expected a map"]),
        ("[a]", "document", &["found a list", "expected a map"]),
        ("sourcez: []", "sourcez", &["no 'sourcez' here", "'account', 'fields', 'sources'", "did you mean 'sources'"]),
        ("colours: []", "colours", &["no 'colours' here", "'account', 'fields', 'sources'"]),
        ("sources: web", "sources", &["found the text \"web\"", "expected a list"]),
        ("sources: [web]", "sources[0]", &["found the text \"web\"", "expected a map"]),
        ("sources: [{ format: json }]", "sources[0]", &["'id' is missing"]),
    ]);
    let json = |text: &str| match parse(text, Syntax::Json) {
        Ok(_) => panic!("{text} is a config"),
        Err(Problems(problems)) => problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
    };
    assert!(json("{").iter().all(|problem| problem.starts_with("document: this is no valid JSON: EOF")));
    let twice = json(r#"{"account": {}, "pools": [{"id": "a", "members": [], "id": "b"}]}"#);
    assert!(
        twice[0].contains("the key 'id' stands twice in one map") && twice[0].contains("line 1 column"),
        "{twice:?}"
    );
    let twice = problems("account: {}\npools: [{ id: a, members: [], id: b }]");
    assert!(twice[0].starts_with("document: this is no valid YAML") && twice[0].contains("duplicate"), "{twice:?}");
    let deep = format!("{}{}", "{\"account\":".repeat(1_000), "}".repeat(1_000));
    assert!(json(&deep)[0].contains("recursion limit"), "{:?}", json(&deep));
    let deep = format!("fields: {}{}", "[".repeat(20_000), "]".repeat(20_000));
    assert!(problems(&deep)[0].starts_with("document: this is no valid YAML"), "{:?}", problems(&deep));
    let long = format!("{}: 1", "x".repeat(5_000));
    assert!(problems(&long)[0].len() < 6_000, "a message repeats a part of what was found only");
}

#[test]
fn accounts() {
    refused(&[
        (
            "account: { timezone: Europe/Berln }",
            "account.timezone",
            &["\"Europe/Berln\"", "IANA name", "did you mean 'Europe/Berlin'"],
        ),
        ("account: { timezone: New York }", "account.timezone", &["\"New York\"", "did you mean 'America/New_York'"]),
        (
            "account: { timezone: Mars/Base }",
            "account.timezone",
            &["\"Mars/Base\" is no time zone", "such as Europe/Berlin"],
        ),
        ("account: { timezone: 1 }", "account.timezone", &["found the number 1", "expected a text"]),
        ("account: { timezones: UTC }", "account.timezones", &["no 'timezones' here", "did you mean 'timezone'"]),
        ("account: { first_weekday: mon }", "account.first_weekday", &["no 'mon' here", "'monday', 'tuesday'"]),
        ("account: { first_weekday: Sunday }", "account.first_weekday", &["no 'Sunday' here", "did you mean 'sunday'"]),
        ("account: { log_days: 7 }", "account.log_days", &["found 7 days", "at least 30"]),
        ("account: { log_days: -7 }", "account.log_days", &["found the number -7", "a whole number from 0 to 65535"]),
        ("account: { log_days: 30.5 }", "account.log_days", &["found the number 30.5", "a whole number"]),
        ("account: { log_days: '90' }", "account.log_days", &["found the text \"90\"", "a whole number"]),
        ("account: []", "account", &["found a list", "expected a map"]),
    ]);
}

#[test]
fn fields() {
    refused(&[
        ("fields: [{ name: Size, type: number }]", "fields[0].name", &["\"Size\"", "a-z"]),
        ("fields: [{ name: size }]", "fields[0]", &["'type' is missing"]),
        (
            "fields: [{ name: size, type: numbr }]",
            "fields[0].type",
            &["no 'numbr' here", "'text', 'number'", "did you mean 'number'"],
        ),
        ("fields: [{ name: size, type: [number] }]", "fields[0].type", &["found a list", "'text', 'number'"]),
        (
            "fields: [{ name: size, typ: number }]",
            "fields[0].typ",
            &["no 'typ' here", "'name', 'type', 'label', 'options'", "did you mean 'type'"],
        ),
        ("fields: [{ name: email, type: text }]", "fields[0].name", &["'email' is a built-in field"]),
        ("fields: [{ name: a, type: text }, { name: a, type: text }]", "fields[1].name", &["'a' is already fields[0]"]),
        ("fields: [{ name: a, type: choice }]", "fields[0]", &["needs its 'options'"]),
        ("fields: [{ name: a, type: text, options: [x] }]", "fields[0].options", &["a text field has no options"]),
        (
            "fields: [{ name: a, type: choice, options: x }]",
            "fields[0].options",
            &["found the text \"x\"", "expected a list"],
        ),
        (
            "fields: [{ name: a, type: choice, options: [1] }]",
            "fields[0].options[0]",
            &["found the number 1", "expected a text"],
        ),
    ]);
}

#[test]
fn auto_reply() {
    let of = |channel: &str| {
        format!(
            "sources: [{{ id: s, format: json, auto_reply: thanks }}]\n\
             destinations: [{{ id: thanks, channel: {{ {channel} }} }}]"
        )
    };
    let missing = "sources: [{ id: s, format: json, auto_reply: thanks }]";
    let at = "sources[0].auto_reply";
    refused(&[
        (missing, at, &["no 'thanks' under 'destinations'"]),
        (&of("email: { to: [ops@example.com] }"), at, &["lead.fields.email"]),
        (&of("webhook: { url: \"https://crm.example.com/\" }"), at, &["by email", "'webhook'"]),
    ]);
}

#[test]
fn duplicates() {
    let of = |rest: &str| format!("sources: [{{ id: s, format: json, duplicates: {{ {rest} }} }}]");
    let rows: [(String, &str, &[&str]); 5] = [
        (of("within_days: 0"), "sources[0].duplicates.within_days", &["found 0", "1 to 3650", "leave it out"]),
        (of("within_days: 3651"), "sources[0].duplicates.within_days", &["found 3651", "1 to 3650"]),
        (of("scope: sources"), "sources[0].duplicates.scope", &["no 'sources' here", "did you mean 'source'"]),
        (of("scope: partner"), "sources[0].duplicates.scope", &["no assignee has 'duplicate_days'"]),
        (of("days: 3"), "sources[0].duplicates.days", &["no 'days' here", "'within_days'"]),
    ];
    for (text, path, pieces) in rows {
        refused(&[(&text, path, pieces)]);
    }
    let both = of("scope: partner, within_days: 3") + "\nassignees: [{ id: a, name: A, duplicate_days: 30 }]";
    refused(&[(&both, "sources[0].duplicates.within_days", &["own 'duplicate_days'", "leave this out"])]);
}

#[test]
fn answers() {
    refused(&[
        (
            "sources: [{ id: s, format: json, answers: { assignee: true } }]",
            "sources[0].answers.assignee",
            &["with the outcome only"],
        ),
        (
            "sources: [{ id: s, format: form, answers: { outcome: true } }]",
            "sources[0].answers",
            &["the format 'json'"],
        ),
        ("sources: [{ id: s, format: json, answers: { all: true } }]", "sources[0].answers.all", &["no 'all' here"]),
    ]);
}

#[test]
fn sources() {
    let of = |rest: &str| format!("sources: [{{ id: s, format: json, {rest} }}]");
    let rows: [(String, &str, &[&str]); 33] = [
        ("sources: [{ id: S, format: json }]".into(), "sources[0].id", &["\"S\" is no valid source id", "a-z"]),
        (
            "sources: [{ id: s, format: jsn }]".into(),
            "sources[0].format",
            &["no format 'jsn'", "json, form", "did you mean 'json'"],
        ),
        ("sources: [{ id: s, format: fax }]".into(), "sources[0].format", &["no format 'fax'", "json, form"]),
        (
            "sources: [{ id: s, format: json }, { id: s, format: form }]".into(),
            "sources[1].id",
            &["'s' is already the id of sources[0]"],
        ),
        (
            of("verify: { bearer: { secret: knwon } }"),
            "sources[0].verify",
            &["'knwon' has no value", "PUT /v1/secrets/knwon", "did you mean 'known'"],
        ),
        (
            of("verify: { platform: { secret: known, challenge: knwon } }"),
            "sources[0].verify.platform.challenge",
            &["'knwon' has no value"],
        ),
        (of("fetch: { forms: [a] }"), "sources[0].fetch", &["'token' is missing"]),
        (of("fetch: { token: knwon }"), "sources[0].fetch.token", &["'knwon' has no value"]),
        (
            of("fetch: { token: known, base_url: graph.example }"),
            "sources[0].fetch.base_url",
            &["begins with https://"],
        ),
        (of("fetch: { token: known, version: ../v1 }"), "sources[0].fetch.version", &["found '../v1'", "v24.0"]),
        (of("fetch: { token: known, per_second: 0 }"), "sources[0].fetch.per_second", &["found 0", "1 to 1000"]),
        (of("fetch: { token: known, forms: [a/b] }"), "sources[0].fetch.forms[0]", &["found 'a/b'"]),
        (
            of("verify: { beerer: { secret: known } }"),
            "sources[0].verify",
            &["no 'beerer' here", "'none', 'bearer'", "did you mean 'bearer'"],
        ),
        (of("verify: bearer"), "sources[0].verify.bearer", &["found 'bearer' alone", "{bearer: …}"]),
        (of("verify: { none: 1 }"), "sources[0].verify.none", &["found the number 1 under 'none'", "write just none"]),
        (
            of("verify: { bearer: {}, hmac: {} }"),
            "sources[0].verify",
            &["found 'bearer', 'hmac' at once", "expected one of 'none'"],
        ),
        (
            of("verify: { bearer: { secrt: known } }"),
            "sources[0].verify.bearer.secrt",
            &["no 'secrt' here", "did you mean 'secret'"],
        ),
        (
            of("mapping: [{ from: a, to: emial }]"),
            "sources[0].mapping[0].to",
            &["no field 'emial'", "did you mean 'email'"],
        ),
        (of("mapping: [{ from: a, to: email.domain }]"), "sources[0].mapping[0].to", &["'email.domain' is computed"]),
        (of("search_by: [sise]"), "sources[0].search_by[0]", &["no field 'sise'", "declare it"]),
        (of("search_by: [email, phone, company]"), "sources[0].search_by", &["found 3 keys", "at most two"]),
        (
            of("search_by: [email, phone], mapping: [{ from: a, to: company, unique: true }]")
                .replace("[email, phone]", "[phone, email]"),
            "sources[0].search_by",
            &["found 2 keys beside 1 unique marks", "at most two"],
        ),
        (
            of(
                "mapping: [{ from: a, to: city, unique: true }, { from: b, to: company, unique: true }, { from: c, to: email, unique: true }]",
            ),
            "sources[0].mapping",
            &["found 3 unique marks", "at most two"],
        ),
        (
            of("mapping: [{ from: a, to: city, transform: [trm] }]"),
            "sources[0].mapping[0].transform[0]",
            &["no 'trm' here", "did you mean 'trim'"],
        ),
        (
            of("mapping: [{ from: a, to: city, transform: [trim, { split: { by: '' } }] }]"),
            "sources[0].mapping[0].transform[1].split.by",
            &["is empty"],
        ),
        (
            of("mapping: [{ from: a, to: city, transform: [{ date: { format: dd.mm.yyyy } }] }]"),
            "sources[0].mapping[0].transform[0].date.format",
            &["\"dd.mm.yyyy\"", "%d/%m/%Y"],
        ),
        (
            of("mapping: [{ from: a, to: city, transform: [{ date: { format: '%d', zone: Berlin } }] }]"),
            "sources[0].mapping[0].transform[0].date.zone",
            &["\"Berlin\"", "Europe/Berlin"],
        ),
        (
            of("verify: { basic: { username: 'a:b', secret: known } }"),
            "sources[0].verify.basic.username",
            &["\"a:b\"", "without ':'"],
        ),
        (
            of("verify: { header: { header: 'x y', secret: known } }"),
            "sources[0].verify.header.header",
            &["\"x y\"", "X-Api-Key"],
        ),
        (of("hubspot: { signature: v2 }"), "sources[0].hubspot", &["settings of the format hubspot", "json"]),
        (
            of("hubspot: { url: example.com }"),
            "sources[0].hubspot.url",
            &["\"example.com\"", "https://leads.example.com/in/{key}"],
        ),
        (of("hubspot: { signature: v4 }"), "sources[0].hubspot.signature", &["no 'v4' here", "'v3'"]),
        (of("default_country: Germany"), "sources[0].default_country", &["found 'Germany'", "ISO 3166"]),
    ];
    for (text, path, pieces) in rows {
        refused(&[(&text, path, pieces)]);
    }
}
