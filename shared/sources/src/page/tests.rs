//! What a hosted page shows, and what becomes of what it sends.

use std::collections::BTreeSet;

use http::{HeaderMap, Method};
use leadyard_domain::config::{Known, PAGE_BYTES_MAX, PAGE_QUESTIONS_MAX, document};
use leadyard_domain::event::Intent;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::request::{Part, Request, Split};

const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

fn checked(form: Value) -> Result<Checked, String> {
    let config = json!({
        "fields": [
            {"name": "company_size", "type": "number"},
            {"name": "industry", "type": "choice", "options": ["Finance", "Trade & <Crafts>", "Other"]},
            {"name": "owns_home", "type": "boolean"},
            {"name": "services", "type": "list"},
            {"name": "start", "type": "date"},
        ],
        "sources": [{
            "id": "web", "format": "form", "form": form,
            "mapping": [{"from": "staff", "to": "company_size"}],
        }],
        "assignees": [], "destinations": [], "pools": [], "profiles": [],
    });
    let config = document::parse(&config.to_string(), document::Syntax::Json).map_err(|error| error.to_string())?;
    let (secrets, lists) = (BTreeSet::new(), BTreeSet::new());
    let known = Known { secrets: &secrets, formats: &["form"], lists: &lists };
    config.check(&known).map_err(|problems| problems.to_string())
}

fn shown(form: Value, query: &str) -> Reply {
    let config = checked(form).unwrap();
    let visit = Visit { key: KEY, query, referrer: Some("https://example.com/?a=\"b\""), nonce: "n1", at: second(100) };
    page(&config, &config.config().sources[0], &visit).unwrap()
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn stepped() -> Value {
    json!({"page": {
        "title": "Get a <quote>",
        "consent": "I agree to be called & written to",
        "steps": [
            {"title": "Your company", "questions": [
                {"field": "industry", "required": true},
                {"field": "company_size", "label": "How many people?", "help": "About", "required": true,
                 "when": {"field": "industry", "is": ["Finance"]}},
                {"field": "services", "choices": ["Roof", "Wall"]},
            ]},
            {"title": "You", "questions": [{"field": "email", "required": true}, {"field": "message"}]},
        ],
    }})
}

/// What a browser would send of a page, with some more pairs; the form was begun at second 100.
fn sent(at_s: i64, pairs: &[(&str, &str)]) -> Split {
    let config = checked(stepped()).unwrap();
    let headers: HeaderMap =
        [(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap())].into_iter().collect();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = Request {
        id: "r1",
        method: &Method::POST,
        url: &format!("https://leads.example/in/{KEY}"),
        query: "",
        headers: &headers,
        received_at: second(at_s),
        body: body.as_bytes(),
    };
    crate::format("form").unwrap().read(&config.config().sources[0], &request).unwrap()
}

fn only(split: Split) -> Part {
    match split {
        Split::Events(mut parts) if parts.len() == 1 => parts.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_are_shown_as_texts() {
    let html = shown(stepped(), "utm_source=%22%3E%3Cb%3E&email=a%40example.com&unknown=%3Cb%3E").body;
    assert!(html.contains("<h1>Get a &lt;quote&gt;</h1>") && html.contains("Trade &amp; &lt;Crafts&gt;"), "{html}");
    assert!(html.contains(r#"name="utm_source" value="&quot;&gt;&lt;b&gt;""#), "{html}");
    assert!(html.contains(r#"name="referrer" value="https://example.com/?a=&quot;b&quot;""#), "{html}");
    assert!(html.contains(r#"name="email" value="a@example.com""#), "filled in from the page's URL: {html}");
    assert!(!html.contains("<b>") && !html.contains("unknown"), "{html}");
}

#[test]
fn a_question_is_asked_as_its_type_wants_it() {
    let html = shown(stepped(), "").body;
    for part in [
        // As the source's mapping calls it, and only for some.
        r#"<input type=text inputmode=decimal id=q0-1 name="staff" value="" data-required aria-describedby=q0-1-h>"#,
        r#"<div class=q data-when="{&quot;is&quot;:[&quot;Finance&quot;],&quot;name&quot;:&quot;industry&quot;}">"#,
        r#"<fieldset><legend>Industry<span aria-hidden=true> *</span></legend>"#,
        r#"<input type=radio id=q0-0-0 name="industry" value="Finance" required>"#,
        r#"<input type=checkbox id=q0-2-1 name="services" value="Wall">"#,
        r#"<label for=q1-0>Email<span aria-hidden=true> *</span></label><input type=email id=q1-0 name="email" value="" required autocomplete="email">"#,
        r#"<textarea id=q1-1 name="message" rows=4></textarea>"#,
        r#"name=consent_text value="I agree to be called &amp; written to" required>"#,
    ] {
        assert!(html.contains(part), "{part}\nis not in\n{html}");
    }
}

#[test]
fn without_questions_it_asks_for_the_accounts_fields_and_then_who_it_is() {
    let html = shown(json!({"page": {"title": "Hello"}}), "").body;
    let place = |name: &str| html.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("{name} in {html}"));
    let asked = ["staff", "full_name", "email", "phone", "company", "message"].map(place);
    assert!(asked.is_sorted(), "{asked:?}");
    // The source has a mapping, and it does not name this one.
    assert!(!html.contains("owns_home"));
}

#[test]
fn only_its_own_script_runs_and_only_its_own_pages_frame_it() {
    let policy = |form| {
        let reply = shown(form, "");
        let policy = reply.headers.iter().find(|(name, _)| name == header::CONTENT_SECURITY_POLICY).unwrap();
        (policy.1.to_str().unwrap().to_owned(), reply.body)
    };
    let (open, html) = policy(json!({"page": {"title": "x"}}));
    let inside = |tag: &str| {
        let (begin, end) = (format!("<{tag}>"), format!("</{tag}>"));
        html.split(&begin).nth(1).unwrap().split(&end).next().unwrap().to_owned()
    };
    for tag in ["script", "style"] {
        let hash = BASE64.encode(&Sha256::digest(inside(tag).as_bytes()));
        assert!(open.contains(&format!("{tag}-src 'sha256-{hash}'")), "{open}");
    }
    assert!(open.contains("frame-ancestors *"), "{open}");
    let form = json!({"allowed_origins": ["https://a.example", "https://b.example; script-src *"],
        "thank_you_url": "https://a.example/thanks?x=1", "page": {"title": "x"}});
    let (closed, _) = policy(form);
    assert!(closed.contains("form-action 'self' https://a.example; base-uri"), "{closed}");
    assert!(closed.ends_with("frame-ancestors 'self' https://a.example"), "{closed}");
}

#[test]
fn what_is_sent_is_one_event_however_often_the_button_is_pressed() {
    let begun = posted::started(KEY, second(100));
    let pairs = [("ly_nonce", "n1"), ("ly_started", &begun), ("email", "a@example.com"), ("website_address", "")];
    let part = only(sent(130, &pairs));
    let id = part.external_id.clone().unwrap();
    assert!(id.starts_with("n1/"), "{id}");
    assert_eq!(only(sent(140, &pairs)).external_id, Some(id.clone()));
    let mended = [("ly_nonce", "n1"), ("ly_started", begun.as_str()), ("email", "b@example.com")];
    assert_ne!(only(sent(150, &mended)).external_id, Some(id), "whoever mends the answers is not forgotten");
    assert_eq!(Value::Object(part.payload), json!({"email": "a@example.com"}), "nothing of the page itself stays");
    assert_eq!(part.intent, Intent::Capture);
}

#[test]
fn a_step_that_is_left_is_kept_and_makes_no_lead() {
    let begun = posted::started(KEY, second(100));
    let pairs = [("ly_nonce", "n1"), ("ly_started", &begun), ("ly_partial", "1"), ("industry", "Finance")];
    let part = only(sent(130, &pairs));
    assert!(matches!(&part.intent, Intent::Log { reason } if reason.contains("step 1")), "{part:?}");
    assert_eq!(part.external_id, None);
    assert_eq!(Value::Object(part.payload), json!({"industry": "Finance", "form_visit": "n1"}));
}

#[test]
fn programs_are_told_from_people_by_the_trap_and_the_clock() {
    let begun = posted::started(KEY, second(100));
    let foreign = posted::started("another-key", second(100));
    // Neither makes a lead, and both can be found.
    let ignored = |at_s, pairs: &[(&str, &str)]| {
        let part = only(sent(at_s, pairs));
        assert_eq!(part.payload["email"], "a@example.com");
        matches!(part.intent, Intent::Log { .. })
    };
    assert!(ignored(101, &[("ly_started", &begun), ("email", "a@example.com")]), "a second is too fast");
    assert!(!ignored(102, &[("ly_started", &begun), ("email", "a@example.com")]));
    assert!(!ignored(99_999_999, &[("ly_started", &begun), ("email", "a@example.com")]), "slow people are people");
    // What is not ours says nothing: a lead is not lost for a time that somebody invented.
    for started in ["", "100", "100.", "100.zz", "100.00", "x.y", foreign.as_str()] {
        assert!(!ignored(100, &[("ly_started", started), ("email", "a@example.com")]), "{started}");
    }
    assert!(ignored(200, &[("ly_started", &begun), ("website_address", "spam"), ("email", "a@example.com")]));
}

#[test]
fn a_page_that_cannot_work_is_refused_with_its_place() {
    let refused = |page: Value| checked(json!({ "page": page })).unwrap_err();
    let question = |question: Value| json!({"title": "x", "steps": [{"questions": [question]}]});
    for (page, expected) in [
        (json!({"title": " "}), "page.title"),
        (json!({"title": "x", "language": "<b>"}), "page.language"),
        (question(json!({"field": "no_such"})), "page.steps[0].questions[0].field"),
        (question(json!({"field": "geo"})), "ask for its address"),
        (question(json!({"field": "email", "when": {"field": "phone", "is": ["1"]}})), "not asked before"),
        (json!({"title": "x", "steps": [{"questions": []}]}), "a step without questions"),
        (json!({"title": "x".repeat(20_000)}), "ask for less"),
    ] {
        let problems = refused(page);
        assert!(problems.contains(expected), "{problems}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a config asks for, the page it is allowed stays within its size, and nothing of a text becomes markup.
    #[test]
    fn a_page_that_is_published_is_small(
        texts in proptest::collection::vec("[a-z<>&\"' ]{0,60}", 1..PAGE_QUESTIONS_MAX),
        choices in proptest::collection::vec("[A-Z<&]{1,20}", 0..12),
        query in "[a-z=&%0-9]{0,300}",
    ) {
        const FIELDS: &[&str] = &["email", "phone", "full_name", "company", "company_size", "industry", "owns_home", "services",
            "start", "message", "street", "city", "country"];
        let questions: Vec<Value> = texts.iter().zip(FIELDS).map(|(text, field)| {
            json!({"field": field, "label": text, "help": text, "required": true, "choices": choices})
        }).collect();
        let form = json!({"page": {"title": texts[0].clone() + "x", "intro": texts[0], "consent": texts[0],
            "steps": [{"title": texts[0], "questions": questions}]}});
        if checked(form.clone()).is_ok() {
            let html = shown(form, &query).body;
            prop_assert!(html.len() <= PAGE_BYTES_MAX, "{} bytes", html.len());
            prop_assert_eq!(html.matches("<form").count(), 1);
            prop_assert_eq!(html.matches("<label").count(), html.matches("</label>").count());
        }
    }
}
