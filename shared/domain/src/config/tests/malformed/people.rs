//! Assignees, pools and destinations.

use super::refused;

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
fn leadsquared_accounts() {
    let of = |rest: &str| {
        format!(
            "destinations: [{{ id: d, channel: {{ leadsquared: {{ access_key: known, secret_key: known, {rest} }} }} }}]"
        )
    };
    let at = "destinations[0].channel.leadsquared";
    let keys = "destinations: [{ id: d, channel: { leadsquared: { access_key: none, secret_key: unset } } }]";
    refused(&[
        (keys, &format!("{at}.access_key"), &["'none' has no value"]),
        (keys, &format!("{at}.secret_key"), &["'unset' has no value"]),
        (
            "destinations: [{ id: d, channel: { leadsquared: { access_key: known } } }]",
            at,
            &["'secret_key' is missing"],
        ),
    ]);
    let many: Vec<String> = (0..201).map(|number| format!("mx_{number}: x")).collect();
    let many = format!("fields: {{ {} }}", many.join(", "));
    for (rest, path, pieces) in [
        ("host: api-in21.leadsquared.com", "host", &["begins with https://"][..]),
        ("host: 'https://api.leadsquared.com/v2/LeadManagement.svc?accessKey=a'", "host", &["API host alone"]),
        ("host: 'https://api.leadsquared.com?accessKey=a'", "host", &["API host alone"]),
        ("timeout_s: 0", "timeout_s", &["found 0", "1 to 30"]),
        ("answers: [{ status: [7], then: accepted }]", "answers[0].status", &["found 7"]),
        ("search_by: mx_Id", "search_by", &["'mx_Id' is not among the attributes"]),
        ("search_by: Phon", "search_by", &["did you mean 'Phone'"]),
        ("search_by: Phone, fields: { EmailAddress: x }", "search_by", &["'Phone' is not among"]),
        ("fields: { 'First Name': x }", "fields.First Name", &["schema name"]),
        ("fields: { '': x }", "fields.", &["schema name"]),
        ("fields: { SearchBy: Phone }", "fields.SearchBy", &["'search_by'"]),
        (&many, "fields", &["at most 200"]),
        ("update: some", "update", &["no 'some' here", "'all', 'none'"]),
        ("update: none, activity: { event: 201 }", "update", &["without an activity only"]),
        ("activity: { event: 0 }", "activity.event", &["found 0", "activity type"]),
        ("activity: {}", "activity", &["'event' is missing"]),
        ("activity: { event: 201, fields: { mx-1: x } }", "activity.fields.mx-1", &["schema name"]),
    ] {
        refused(&[(&of(rest), &format!("{at}.{path}"), pieces)]);
    }
    let found = super::super::problems(&of("host: 'https://api.leadsquared.com?accessKey=s3cret'"));
    assert!(!found.iter().any(|problem| problem.contains("s3cret")), "{found:?}");
    for good in [
        "",
        "search_by: phone, update: only_empty_fields",
        "host: 'https://api-in21.leadsquared.com/v2/', search_by: ProspectId, fields: { ProspectID: x, mx_City: y }",
        "activity: { event: 201, note: x, fields: { mx_Custom_1: y } }",
    ] {
        assert_eq!(super::super::problems(&of(good)), Vec::<String>::new(), "{good}");
    }
}

#[test]
fn who_is_to_be_told_has_an_address() {
    let many = vec!["a@example.com"; 21].join(", ");
    refused(&[
        ("account: { notify: { emails: [nobody] } }", "account.notify.emails[0]", &["'nobody' is no email address"]),
        (
            "destinations: [{ id: d, channel: { email: { to: [a@example.com] } }, notify: { emails: [a@example.com, b@] } }]",
            "destinations[0].notify.emails[1]",
            &["'b@' is no email address"],
        ),
        (&format!("account: {{ notify: {{ emails: [{many}] }} }}"), "account.notify.emails", &["at most 20"]),
        (
            "assignees: [{ id: anna, name: Anna, email: a@example.com }]\n\
             sources: [{ id: s, format: json, notify: { emails: [nobody], assignees: [anna, ana] } }]",
            "sources[0].notify.assignees[1]",
            &["no 'ana' under 'assignees'", "did you mean 'anna'"],
        ),
        (
            "assignees: [{ id: anna, name: Anna }]\naccount: { notify: { assignees: [anna] } }",
            "account.notify.assignees[0]",
            &["'anna' has no email"],
        ),
        (
            &format!("account: {{ notify: {{ emails: [{}], assignees: [a] }} }}", &many[15..]),
            "account.notify.assignees",
            &["at most 20"],
        ),
    ]);
}
