//! Malformed configs: each fault is told with the path of its node, what was found, what was expected, and the near name
//! where there is one.

use super::*;
use crate::condition::DEPTH_MAX;

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
fn sources() {
    let of = |rest: &str| format!("sources: [{{ id: s, format: json, {rest} }}]");
    let rows: [(String, &str, &[&str]); 15] = [
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
        (of("default_country: Germany"), "sources[0].default_country", &["found 'Germany'", "ISO 3166"]),
    ];
    for (text, path, pieces) in rows {
        refused(&[(&text, path, pieces)]);
    }
}

#[test]
fn assignees_and_pools() {
    let a = "assignees: [{ id: anna, name: Anna }]\n";
    refused(&[
        ("assignees: [{ id: A, name: A }]", "assignees[0].id", &["\"A\" is no valid assignee id", "a-z"]),
        ("assignees: [{ id: a }]", "assignees[0]", &["'name' is missing"]),
        (
            "assignees: [{ id: a, name: A }, { id: a, name: B }]",
            "assignees[1].id",
            &["'a' is already the id of assignees[0]"],
        ),
        (
            "assignees: [{ id: a, name: A, wieght: 1 }]",
            "assignees[0].wieght",
            &["no 'wieght' here", "did you mean 'weight'"],
        ),
        ("assignees: [{ id: a, name: A, weight: -1 }]", "assignees[0].weight", &["-1 is no weight", "0 to 1000"]),
        (
            "assignees: [{ id: a, name: A, weight: heavy }]",
            "assignees[0].weight",
            &["found the text \"heavy\"", "a number"],
        ),
        (
            "assignees: [{ id: a, name: A, active: yes }]",
            "assignees[0].active",
            &["found the text \"yes\"", "true or false"],
        ),
        (
            "assignees: [{ id: a, name: A, kind: partners }]",
            "assignees[0].kind",
            &["no 'partners' here", "'user', 'partner'", "did you mean 'partner'"],
        ),
        ("assignees: [{ id: a, name: A, email: nobody }]", "assignees[0].email", &["'nobody' is no email address"]),
        (
            "assignees: [{ id: a, name: A, timezone: Berlin }]",
            "assignees[0].timezone",
            &["\"Berlin\"", "did you mean 'Europe/Berlin'"],
        ),
        (
            "assignees: [{ id: a, name: A, caps: [{ period: year, limit: 1 }] }]",
            "assignees[0].caps[0].period",
            &["no 'year' here", "'hour', 'day'"],
        ),
        (
            "assignees: [{ id: a, name: A, caps: [{ period: day, limit: -1 }] }]",
            "assignees[0].caps[0].limit",
            &["found the number -1", "a whole number from 0"],
        ),
        (
            "assignees: [{ id: a, name: A, destinations: [crn] }]\ndestinations: [{ id: crm, channel: { email: { to: [a] } } }]",
            "assignees[0].destinations[0]",
            &["no 'crn' under 'destinations'", "did you mean 'crm'"],
        ),
        (
            "assignees: [{ id: a, name: A, destinations: [crm, crm] }]\ndestinations: [{ id: crm, channel: { email: { to: [a] } } }]",
            "assignees[0].destinations[1]",
            &["'crm' is named twice"],
        ),
        (
            &format!("{a}pools: [{{ id: p, members: [ana] }}]"),
            "pools[0].members[0]",
            &["no 'ana' under 'assignees'", "did you mean 'anna'"],
        ),
        (
            &format!("{a}pools: [{{ id: p, members: [anna, {{ assignee: anna, weight: 2 }}] }}]"),
            "pools[0].members[1]",
            &["'anna' is a member already"],
        ),
        (
            &format!("{a}pools: [{{ id: p, members: [{{ assignee: anna, wieght: 2 }}] }}]"),
            "pools[0].members[0].wieght",
            &["no 'wieght' here", "did you mean 'weight'"],
        ),
        (
            &format!("{a}pools: [{{ id: p, members: [{{ assignee: anna, weight: x }}] }}]"),
            "pools[0].members[0].weight",
            &["found the text \"x\"", "a number"],
        ),
        (
            &format!("{a}pools: [{{ id: p, members: [7] }}]"),
            "pools[0].members[0]",
            &["found the number 7", "{assignee, weight, caps}"],
        ),
        ("pools: [{ id: p, members: [Anna] }]", "pools[0].members[0]", &["\"Anna\" is no valid assignee id", "a-z"]),
        ("pools: [{ id: p }]", "pools[0]", &["'members' is missing"]),
        (
            "pools: [{ id: p, members: [] }, { id: p, members: [] }]",
            "pools[1].id",
            &["'p' is already the id of pools[0]"],
        ),
        (
            "pools: [{ id: p, strategy: rotat, members: [] }]",
            "pools[0].strategy",
            &["no 'rotat' here", "'rotate'", "did you mean 'rotate'"],
        ),
        (
            "pools: [{ id: p, members: [], fallback: q1 }, { id: q, members: [] }]",
            "pools[0].fallback",
            &["no 'q1' under 'pools'"],
        ),
        ("pools: [{ id: p, members: [], fallback: p }]", "pools[0].fallback", &["in a circle (p -> p)"]),
        (
            "pools: [{ id: x, members: [], fallback: p }, { id: p, members: [], fallback: q }, { id: q, members: [], fallback: p }]",
            "pools[1].fallback",
            &["in a circle (p -> q -> p)", "end the chain"],
        ),
    ]);
}

#[test]
fn destinations() {
    let of = |channel: &str| format!("destinations: [{{ id: d, channel: {channel} }}]");
    let rows: [(String, &str, &[&str]); 10] = [
        (
            of("{ webhok: { url: 'https://x' } }"),
            "destinations[0].channel",
            &["no 'webhok' here", "'webhook', 'email'", "did you mean 'webhook'"],
        ),
        (of("{ fax: {} }"), "destinations[0].channel", &["no 'fax' here", "'webhook', 'email'"]),
        (of("webhook"), "destinations[0].channel.webhook", &["found 'webhook' alone", "{webhook: …}"]),
        (of("{ webhook: {} }"), "destinations[0].channel.webhook", &["'url' is missing"]),
        (of("{ webhook: { url: ftp://x } }"), "destinations[0].channel.webhook.url", &["found 'ftp://x'", "https://"]),
        (
            of("{ webhook: { url: 'https://x', timeout_s: 31 } }"),
            "destinations[0].channel.webhook.timeout_s",
            &["found 31", "1 to 30"],
        ),
        (
            of("{ webhook: { url: 'https://x', method: post } }"),
            "destinations[0].channel.webhook.method",
            &["no 'post' here", "'POST', 'PUT'", "did you mean 'POST'"],
        ),
        (
            of("{ webhook: { url: 'https://x', secret: unset } }"),
            "destinations[0].channel.webhook.secret",
            &["'unset' has no value"],
        ),
        (of("{ email: { to: [] } }"), "destinations[0].channel.email.to", &["empty", "at least one recipient"]),
        (
            "destinations: [{ id: d, retry: [5s, soon], channel: { email: { to: [a] } } }]".into(),
            "destinations[0].retry",
            &["\"soon\" is no wait", "5s"],
        ),
    ];
    for (text, path, pieces) in rows {
        refused(&[(&text, path, pieces)]);
    }
}

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
