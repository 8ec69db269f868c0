//! The hosted form in a real browser, from its first question to the lead.

use fantoccini::Locator;
use serde_json::json;

use crate::{account::Account, browser::Browser, shared::stack};

const CONFIG: &str = r#"
fields:
  - { name: industry, type: choice, options: [Finance, Trade] }
  - { name: company_size, type: number }
sources:
  - id: web
    format: form
    form:
      allowed_origins: ["https://www.example.com"]
      page:
        title: Get a quote
        consent: I agree to be called.
        keep_partial: true
        steps:
          - title: Your company
            questions:
              - { field: industry, required: true }
              - { field: company_size, label: How many people?, required: true, when: { field: industry, is: [Finance] } }
          - title: You
            questions: [{ field: full_name, required: true }, { field: email, required: true }]
assignees: [{ id: anna, name: Anna }]
profiles: [{ id: all, default: [{ assign_to: anna }] }]
"#;

const SECTION_SHOWN: &str = "return [...document.querySelectorAll('section')].findIndex(s => !s.hidden)";

#[tokio::test]
async fn a_visitor_answers_step_by_step_and_becomes_a_lead() {
    let stack = stack().await;
    let account = Account::open(&stack, "hosted-form", CONFIG).await;
    let browser = Browser::start().await;
    let url = account.published.endpoint("web").unwrap().replace("/in/", "/f/");
    browser.client.goto(&format!("{url}?utm_source=news&gclid=c1")).await.unwrap();

    // As a phone shows it: nothing is wider than the screen, and every question says what it asks.
    assert_eq!(browser.run("return document.documentElement.scrollWidth <= window.innerWidth").await, true);
    let unnamed = "return [...document.querySelectorAll('input:not([type=hidden]),select,textarea')].filter(e => !e.labels.length).map(e => e.name)";
    assert_eq!(browser.run(unnamed).await, json!([]));
    assert_eq!(browser.run(SECTION_SHOWN).await, 0);

    // What must be answered holds the step; what depends on an answer comes with it.
    let click = async |css: &str| browser.client.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
    let size_shown = "return document.querySelector('[name=company_size]').offsetParent !== null";
    assert_eq!(browser.run(size_shown).await, false);
    click(".next:not([hidden])").await;
    assert_eq!(browser.run(SECTION_SHOWN).await, 0, "the first question was not answered");
    click("input[value=Trade]").await;
    assert_eq!(browser.run(size_shown).await, false);
    click("input[value=Finance]").await;
    assert_eq!(browser.run(size_shown).await, true);
    click(".next:not([hidden])").await;
    assert_eq!(browser.run(SECTION_SHOWN).await, 0, "nor was the one that came with it");
    let type_in = async |name: &str, text: &str| {
        let css = format!("[name={name}]");
        browser.client.find(Locator::Css(&css)).await.unwrap().send_keys(text).await.unwrap();
    };
    type_in("company_size", "75").await;
    // The trap for programs that fill a form in no time is not for us.
    browser.wait("the page is as old as a person needs", "return performance.now() > 3000").await;
    click(".next:not([hidden])").await;
    assert_eq!(browser.run(SECTION_SHOWN).await, 1);
    assert_eq!(browser.run("return document.activeElement.textContent").await, "You", "a screen reader reads on there");

    // The step that was left is on record, though nothing has been sent.
    let left = account
        .wait("the step that was left is in the log", async || {
            let events = account.api.list("events", "").await?;
            Ok(events.first().map(|event| event["id"].as_str().unwrap_or_default().to_owned()))
        })
        .await;
    let left = account.settled_event(&left).await;
    assert_eq!((&left["status"], &left["payload"]["company_size"]), (&json!("unchanged"), &json!("75")), "{left}");
    assert_eq!(left["payload"].get("email"), Some(&json!("")), "{left}");

    type_in("full_name", "Zoë Łukasz").await;
    type_in("email", "zoe@example.com").await;
    click("#consent").await;
    click("button:not([type])").await;
    browser.wait("the visitor is thanked", "return document.querySelector('[role=status]') !== null").await;

    let lead = account
        .wait("the form has become a lead", async || {
            let events = account.api.list("events", "status=created").await?;
            let Some(lead) = events.first().and_then(|event| event["lead"].as_str()) else { return Ok(None) };
            account.api.find(&format!("/v1/leads/{lead}")).await
        })
        .await;
    let fields = &lead["fields"];
    for (field, value) in [
        ("industry", json!("Finance")),
        ("email", json!("zoe@example.com")),
        ("first_name", json!("Zoë")),
        ("utm.source", json!("news")),
        ("click.gclid", json!("c1")),
        ("consent.text", json!("I agree to be called.")),
    ] {
        assert_eq!(fields[field], value, "{field} in {lead}");
    }
    assert_eq!(lead["owner"], "anna", "{lead}");
    let events = account.api.list("events", "").await.unwrap();
    assert_eq!(events.len(), 2, "the step and the form, each once: {events:?}");
}
