//! A lead travels: webhook, decision, deliveries, and what the API tells of it.

use leadyard_tests::{client::Answer, receiver::signature};
use serde_json::{Value, json};

use crate::{
    account::{Account, SIGNING_SECRET},
    shared::stack,
};

const CONFIG: &str = r#"
fields:
  - { name: company_size, type: number }
sources:
  - id: web
    format: json
    verify: { hmac: { secret: hmac, header: x-signature, prefix: "sha256=" } }
    external_id: { field: id }
    default_country: DE
    mapping:
      - { from: contact.mail, to: email }
      - { from: contact.phone, to: phone }
      - { from: employees, to: company_size }
  - id: page
    format: form
    form: { thank_you_url: "https://example.com/thanks" }
assignees:
  - { id: erika, name: Erika Lang, email: erika@reps.example, destinations: [crm, mail] }
  - { id: ben, name: Ben Vogel, email: ben@reps.example, destinations: [mail] }
pools:
  - { id: sales, members: [ben] }
destinations:
  - { id: crm, channel: { webhook: { url: "RECEIVER/crm", secret: signing } } }
  - id: mail
    channel: { email: { to: ["{{ assignee.email }}"], subject: "Lead {{ lead.id }}", attachment: csv } }
profiles:
  - id: all
    rules:
      - { id: large, when: { field: company_size, op: gt, value: 500 }, then: [{ assign_to: erika }] }
    default: [{ pool: sales }]
"#;

/// The mail with this subject.
async fn mail(account: &Account<'_>, subject: &str) -> Value {
    let look = async || {
        let mails = account.api.stack().emails().await?;
        Ok(mails.into_iter().find(|mail| mail["Subject"] == subject))
    };
    account.wait(&format!("a mail '{subject}'"), look).await
}

#[tokio::test]
async fn a_signed_lead_is_assigned_delivered_and_told_of() {
    let stack = stack().await;
    let account = Account::open(&stack, "travel-json", CONFIG).await;
    let event = account
        .event(&json!({
            "id": "a-1",
            "contact": { "mail": "Kim@Example.COM", "phone": "030 1234567" },
            "employees": "750",
            "colour": "blue",
        }))
        .await;
    assert_eq!((&event["status"], &event["external_id"]), (&json!("created"), &json!("a-1")));
    let lead = account.delivered(event["lead"].as_str().unwrap()).await;

    // The lead: captured, normalised, assigned.
    assert_eq!(lead["fields"], json!({ "email": "Kim@example.com", "phone": "+49301234567", "company_size": 750 }));
    assert_eq!(lead["extra"]["colour"], "blue");
    assert_eq!((&lead["owner"], &lead["standing"]["state"]), (&json!("erika"), &json!("assigned")));
    let assignment = &lead["assignments"][0];
    assert_eq!((&assignment["rule"], &assignment["assignee"]), (&json!("large"), &json!("erika")));
    assert_eq!(assignment["config_version"], account.published.version);
    assert_eq!(assignment["explanation"][1], "Rule \"large\" matched.");
    assert_eq!(assignment["trace"]["rules"][0]["rule"], "large");

    // The webhook: once, signed, with the delivery's id, and saying the same.
    let requests = account.receiver.requests_to("/crm");
    assert_eq!(requests.len(), 1);
    assert_eq!(signature::verify(SIGNING_SECRET, &requests[0]), Ok(()));
    let delivery = |destination: &str| {
        let deliveries = lead["deliveries"].as_array().unwrap();
        deliveries.iter().find(|delivery| delivery["destination"] == destination).unwrap().clone()
    };
    let (crm, by_mail) = (delivery("crm"), delivery("mail"));
    assert_eq!((&crm["status"], &by_mail["status"]), (&json!("delivered"), &json!("delivered")), "{lead}");
    assert_eq!(requests[0].webhook_id(), crm["id"].as_str());
    assert_eq!(requests[0].header("idempotency-key"), crm["id"].as_str());
    let body = requests[0].json();
    assert_eq!(body["type"], "lead.assigned");
    assert_eq!(body["data"]["lead"]["id"], lead["id"]);
    assert_eq!(body["data"]["lead"]["fields"], lead["fields"]);
    assert_eq!(body["data"]["assignee"]["name"], "Erika Lang");
    assert_eq!(crm["attempts"][0]["response"]["status"], 200);

    // The mail.
    let mail = mail(&account, &format!("Lead {}", lead["id"].as_str().unwrap())).await;
    assert_eq!(mail["To"], json!(["erika@reps.example"]), "{mail}");
    assert!(mail["BodyText"].as_str().unwrap().contains("Kim@example.com"));

    // The logs.
    let delivered = account.api.list("deliveries", "status=delivered").await.unwrap();
    assert_eq!(delivered.len(), 2);
    let created = account.api.list("events", "status=created").await.unwrap();
    assert_eq!(created.iter().map(|row| &row["id"]).collect::<Vec<_>>(), [&event["id"]]);

    // A key of another account sees none of it.
    let stranger = Account::open(&stack, "travel-stranger", "{}").await;
    for path in
        [format!("/v1/leads/{}", lead["id"].as_str().unwrap()), format!("/v1/events/{}", event["id"].as_str().unwrap())]
    {
        assert_eq!(stranger.api.find(&path).await.unwrap(), None, "{path}");
    }
}

#[tokio::test]
async fn a_form_sends_the_browser_on_and_its_lead_travels_too() {
    let stack = stack().await;
    let account = Account::open(&stack, "travel-form", CONFIG).await;
    let request = stack
        .http()
        .post(account.published.endpoint("page").unwrap())
        .header("content-type", "application/x-www-form-urlencoded")
        .body("E-Mail=kim%40example.com&name=Kim+Lee&message=Hello");
    let answer = Answer::to(request).await.unwrap();
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("https://example.com/thanks")));

    let listed = async || Ok(account.api.list("events", "").await?.into_iter().next());
    let event = account.wait("the event is in the log", listed).await;
    let lead = account.delivered(event["lead"].as_str().unwrap()).await;
    let fields = &lead["fields"];
    assert_eq!((&fields["email"], &fields["full_name"]), (&json!("kim@example.com"), &json!("Kim Lee")));
    assert_eq!(fields["message"], "Hello");
    assert_eq!((&lead["owner"], &lead["assignments"][0]["pool"]), (&json!("ben"), &json!("sales")));
    assert_eq!(lead["assignments"][0]["rule"], Value::Null);
    assert_eq!(lead["deliveries"][0]["status"], "delivered", "{lead}");
    let mail = mail(&account, &format!("Lead {}", lead["id"].as_str().unwrap())).await;
    assert_eq!(mail["To"], json!(["ben@reps.example"]));
}

#[tokio::test]
async fn the_same_event_twice_is_one_lead_with_one_delivery() {
    let stack = stack().await;
    let account = Account::open(&stack, "travel-twice", CONFIG).await;
    let body = json!({ "id": "a-1", "contact": { "mail": "kim@example.com" }, "employees": 900 });
    let first = account.event(&body).await;
    let lead = account.delivered(first["lead"].as_str().unwrap()).await;
    let again = account.event(&body).await;
    assert_eq!((&again["id"], &again["lead"]), (&first["id"], &first["lead"]));
    // Another event of the same person meets the lead and asks for no second owner.
    let other =
        account.event(&json!({ "id": "a-2", "contact": { "mail": "kim@example.com" }, "employees": 900 })).await;
    assert_eq!(other["lead"], first["lead"]);
    assert_ne!(other["status"], "created");
    let after = account.delivered(lead["id"].as_str().unwrap()).await;
    assert_eq!(after["assignments"].as_array().map(Vec::len), Some(1));
    assert_eq!(after["duplicate_count"], 1);
    assert_eq!(account.receiver.count(), 1);
}
