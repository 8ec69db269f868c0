//! Mails as they go out.

use leadyard_domain::config::Attachment;
use serde_json::{Value, json};

use super::*;

fn context() -> Value {
    json!({
        "lead": {
            "id": "lead_1", "source": "web", "created_at": "2026-07-21T10:00:00Z",
            "fields": { "full_name": "Jane <b>Doe</b>\r\nBcc: all@example.com", "email": "jane@example.com",
                        "company_size": 12, "tags": ["hot", "eu"] },
            "extra": { "note": "=cmd()" },
        },
        "assignee": { "id": "anna", "name": "Anna", "email": "anna@example.com" },
        "assignment": { "rule": "enterprise" },
        "account": { "name": "Demo" },
    })
}

fn payload() -> Value {
    json!({ "data": { "lead": context()["lead"] } })
}

fn email(to: &[&str]) -> Email {
    Email {
        to: to.iter().map(ToString::to_string).collect(),
        subject: None,
        text: None,
        html: None,
        attachment: None,
        reply_to_lead: false,
    }
}

#[test]
fn the_default_mail_shows_every_field() {
    let mail = compose(&email(&["{{ assignee.email }}"]), &context(), &payload()).unwrap();
    assert_eq!(mail.to, ["anna@example.com"]);
    for part in ["Anna, a new lead is yours.", "company_size: 12", "tags: hot, eu", "note: =cmd()", "lead_1"] {
        assert!(mail.text.contains(part), "{part} in {}", mail.text);
    }
    assert!(mail.html.contains("Jane &lt;b&gt;Doe&lt;&#x2f;b&gt;"), "{}", mail.html);
    assert!(!mail.html.contains("<b>Doe"));
}

#[test]
fn a_notice_says_who_has_had_the_lead_since_when() {
    let mut context = context();
    context["notice"] =
        json!({ "kind": "reminder", "assigned_at": "2026-07-21T10:00:00Z", "holder": { "name": "Anna" } });
    let mail = compose(&email(&["{{ assignee.email }}"]), &context, &payload()).unwrap();
    assert!(mail.subject.starts_with("Not contacted yet: Jane"), "{}", mail.subject);
    assert!(mail.text.contains("Anna, this lead is yours since 2026-07-21T10:00:00Z"), "{}", mail.text);
    context["notice"]["kind"] = json!("escalation");
    context["assignee"] = json!({ "id": "boss", "name": "Boss", "email": "boss@example.com" });
    let mail = compose(&email(&["{{ assignee.email }}"]), &context, &payload()).unwrap();
    assert_eq!(mail.to, ["boss@example.com"]);
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("Boss, this lead was given to Anna at"), "{part}");
    }
}

#[test]
fn a_subject_is_one_line() {
    let mail = compose(&email(&["a@example.com"]), &context(), &payload()).unwrap();
    assert_eq!(mail.subject, "New lead: Jane <b>Doe</b> Bcc: all@example.com");
    let long = Email { subject: Some("x".repeat(999)), ..email(&["a@example.com"]) };
    assert_eq!(compose(&long, &context(), &payload()).unwrap().subject.len(), 200);
}

#[test]
fn addresses_are_checked() {
    for bad in ["", "anna", "{{ assignee.nothing }}", "a@example.com, b@example.com", "a@example.com\r\nBcc: b@x.io"] {
        let error = compose(&email(&["a@example.com", bad]), &context(), &payload()).unwrap_err();
        assert_eq!(error, ComposeError::Recipient { position: 2 }, "{bad}");
    }
    let many = vec!["a@example.com"; 51];
    assert_eq!(compose(&email(&many), &context(), &payload()), Err(ComposeError::TooMany(51)));
}

#[test]
fn a_bad_template_is_named_and_an_endless_one_ends() {
    let bad = Email { text: Some("{{ lead.".to_owned()), ..email(&["a@example.com"]) };
    let error = compose(&bad, &context(), &payload()).unwrap_err().to_string();
    assert!(error.contains("'text'") && error.contains("line 1"), "{error}");
    let endless = "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}";
    let endless = Email { html: Some(endless.to_owned()), ..email(&["a@example.com"]) };
    assert!(matches!(compose(&endless, &context(), &payload()), Err(ComposeError::Template { part: "html", .. })));
}

#[test]
fn an_answer_goes_to_the_lead_where_wanted() {
    let wanted = Email { reply_to_lead: true, ..email(&["a@example.com"]) };
    assert_eq!(compose(&wanted, &context(), &payload()).unwrap().reply_to.as_deref(), Some("jane@example.com"));
    assert_eq!(compose(&email(&["a@example.com"]), &context(), &payload()).unwrap().reply_to, None);
}

#[test]
fn files() {
    let with = |kind| Email { attachment: Some(kind), ..email(&["a@example.com"]) };
    let csv = compose(&with(Attachment::Csv), &context(), &payload()).unwrap().file.unwrap();
    let mut reader = csv::Reader::from_reader(csv.bytes.as_slice());
    let header = reader.headers().unwrap().clone();
    let row = reader.records().next().unwrap().unwrap();
    let value = |name: &str| &row[header.iter().position(|column| column == name).unwrap()];
    assert_eq!(value("company_size"), "12");
    assert_eq!(value("tags"), "hot, eu");
    assert_eq!(value("note"), "'=cmd()", "a formula from a stranger");
    let json = compose(&with(Attachment::Json), &context(), &payload()).unwrap().file.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&json.bytes).unwrap(), payload());
}

#[test]
fn cells_keep_numbers_and_lose_formulas() {
    for (text, safe) in
        [("+4930123", "+4930123"), ("-5.5", "-5.5"), ("+1+2", "'+1+2"), ("@x", "'@x"), ("a=b", "a=b"), ("-", "-")]
    {
        let lead = json!({ "data": { "lead": { "fields": { "x": text } } } });
        let file = File::new(Attachment::Csv, &lead);
        assert!(String::from_utf8(file.bytes).unwrap().ends_with(&format!(",{safe}\n")), "{text}");
    }
}
