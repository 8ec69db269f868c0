//! A file with good and bad rows, in Windows-1252: from the upload to the leads and the report.

use leadyard_tests::client::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::account::Account;
use crate::shared::stack;

const CONFIG: &str = "
fields: [{ name: company_size, type: number }]
sources: [{ id: fair, format: form, mapping: [{ from: Größe, to: company_size }] }]
assignees: [{ id: anna, name: Anna, destinations: [crm] }]
destinations: [{ id: crm, channel: { webhook: { url: 'RECEIVER/hook' } } }]
profiles: [{ id: all, default: [{ assign_to: anna }] }]
";

const FILE: &str = "E-Mail;Name;Größe\n\
    import-1@example.com;Jürgen Groß;12\n\
    import-2@example.com;Anna;viele\n\
    \n\
    import-3@example.com;\"Groß; Anna\";7\n\
    import-4@example.com\n";

#[tokio::test]
async fn the_good_rows_become_leads_and_the_report_has_the_bad_ones() {
    let stack = stack().await;
    let account = Account::open(&stack, "imports", CONFIG).await;
    // Every character of the file is one byte in Windows-1252.
    let bytes: Vec<u8> = FILE.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect();
    let (first, second) = bytes.split_at(70);
    let made = account.api.request(Method::POST, "/v1/imports").json(&json!({ "source": "fair" }));
    let made = Answer::to(made).await.unwrap().accepted("POST /v1/imports").unwrap();
    let path = format!("/v1/imports/{}", made["id"].as_str().unwrap());
    for (number, part) in [(2, second), (1, first)] {
        let request = account.api.request(Method::PUT, &format!("{path}/parts/{number}"));
        let request = request.header("content-type", "application/octet-stream").body(part.to_vec());
        Answer::to(request).await.unwrap().accepted("PUT a part").unwrap();
    }
    let preview = account.api.get(&format!("{path}/preview")).await.unwrap();
    assert_eq!((&preview["encoding"], &preview["delimiter"]), (&json!("windows-1252"), &json!("semicolon")));
    assert_eq!(preview["rows"][0]["fields"]["full_name"], "Jürgen Groß", "{preview}");
    assert_eq!(account.api.post(&format!("{path}/start")).await.unwrap().status, 202);

    let done = account
        .wait("the import is done", async || {
            Ok(Some(account.api.get(&path).await?).filter(|import| import["state"] == "done"))
        })
        .await;
    let count = |name: &str| done["progress"][name].as_u64();
    let counts = ["rows_read", "refused", "taken", "created", "failed"].map(count);
    assert_eq!(counts, [4, 2, 2, 2, 0].map(Some), "{done}");

    let report =
        account.api.request(Method::GET, &format!("{path}/report")).send().await.unwrap().text().await.unwrap();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), 3, "{report}");
    assert!(lines[1].starts_with("3,Größe,") && lines[1].ends_with(",refused,"), "{report}");
    assert!(lines[2].starts_with("6,,") && lines[2].contains("1 column, the header has 3 columns"), "{report}");

    let events: Vec<Value> = account.api.list("events", "").await.unwrap();
    assert_eq!(events.len(), 2, "{events:?}");
    for event in &events {
        let lead = account.delivered(event["lead"].as_str().unwrap()).await;
        assert_eq!(lead["deliveries"][0]["status"], "delivered", "{lead}");
    }
}
