//! Imports of files: parts in any order, what they would become, starting and stopping, and the report.

use axum::body::Body;
use axum::http::{Method, header};
use leadyard_domain::import::{BadRow, Import, ImportState};
use leadyard_store::ImportStep;
use serde_json::{Value, json};

use crate::seeds::account;
use crate::services::{Answer, Services, request};

const CONFIG: &str = "
account: { timezone: Europe/Berlin }
fields: [{ name: size, type: number }]
sources:
  - { id: fair, format: form, default_country: DE, lead_source: Fair, mapping: [{ from: Wie groß, to: size }] }
assignees: [{ id: anna, name: Anna }]
pools: [{ id: sales, members: [anna] }]
profiles: [{ id: inbound, default: { pool: sales } }]
";

const FILE: &str = "E-Mail;Telefon;Wie groß;Notiz\n\
    a@example.com;030 1234567;12;=cmd\n\
    b@example.com;;viel;\n\
    c@example.com;;\n\
    ;;;\n\
    d@example.com;;4;\"zwei\nZeilen\"\n";

async fn services() -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    services
}

async fn send(services: &Services, method: Method, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    let request = request(method, "main-operator", path).header(header::CONTENT_TYPE, content_type);
    services.send(request.body(body.into()).unwrap()).await
}

async fn part(services: &Services, id: &str, number: u32, bytes: impl Into<Body>) -> Answer {
    let path = format!("/v1/imports/{id}/parts/{number}");
    send(services, Method::PUT, &path, "application/octet-stream", bytes).await
}

async fn made(services: &Services, body: &Value) -> String {
    let answer = services.json(Method::POST, "main-operator", "/v1/imports", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.body["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header(header::LOCATION), format!("/v1/imports/{id}"));
    id
}

async fn post(services: &Services, id: &str, action: &str) -> Answer {
    services.post("main-operator", &format!("/v1/imports/{id}/{action}")).await
}

async fn stored(services: &Services, id: &str) -> Import {
    services.store.import(&account(), &id.parse().unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_file_in_parts_is_looked_at_and_started() {
    let services = services().await;
    let id = made(&services, &json!({ "source": "fair", "name": "Fair 2026" })).await;
    assert_eq!(post(&services, &id, "start").await.status, 409, "there is nothing to start");
    assert_eq!(services.get("main-viewer", &format!("/v1/imports/{id}/preview")).await.status, 409);

    // In Windows-1252, cut in the middle of a row; the last part first, and one twice.
    let bytes = encoded(FILE);
    let (first, second) = bytes.split_at(60);
    let answer = part(&services, &id, 2, second.to_vec()).await;
    assert_eq!((answer.status, &answer.body["missing_parts"]), (200, &json!([1])), "{answer:?}");
    let early = post(&services, &id, "start").await;
    assert_eq!(early.status, 409);
    assert!(early.detail().contains("missing: 1."), "{early:?}");
    for _ in 0..2 {
        let answer = part(&services, &id, 1, first.to_vec()).await;
        assert_eq!((answer.status, &answer.body["bytes"]), (200, &json!(bytes.len())));
    }
    assert_eq!(stored(&services, &id).await.version, 3, "the same part again changes nothing");

    let started = post(&services, &id, "start").await;
    assert_eq!((started.status, &started.body["state"]), (202, &json!("running")), "{started:?}");
    let layout = &started.body["layout"];
    assert_eq!((&layout["encoding"], &layout["delimiter"]), (&json!("windows-1252"), &json!("semicolon")));
    assert_eq!(layout["header"], json!(["E-Mail", "Telefon", "Wie groß", "Notiz"]));
    let message = json!({ "type": "import", "account": "main", "import": id, "from": 1 });
    let sent = services.sent();
    // Before it was on record, for later; and at once.
    assert_eq!((&sent[0].body, sent[0].group.as_str(), sent[0].delay_s), (&message, "main/import", Some(30)));
    assert_eq!((&sent[1].body, sent[1].group.as_str(), sent[1].delay_s), (&message, "main/import", None));
    // Asked again it is asked to go on; parts are not taken any more, but for those that are there.
    assert_eq!(post(&services, &id, "start").await.status, 202);
    assert_eq!(services.sent().len(), 3);
    assert_eq!(part(&services, &id, 1, first.to_vec()).await.status, 200);
    assert_eq!(part(&services, &id, 3, "x").await.status, 409);

    let stopped = post(&services, &id, "cancel").await;
    assert_eq!((stopped.status, &stopped.body["state"]), (200, &json!("cancelled")));
    assert_eq!(post(&services, &id, "cancel").await.status, 200);
    assert_eq!(post(&services, &id, "start").await.status, 409);
    let audited: Vec<String> = services.audited().await.into_iter().map(|(_, action, _)| action).collect();
    assert_eq!(audited, ["import.cancel", "import.start", "import.create"]);
}

/// Windows-1252 for the characters of this file.
fn encoded(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect()
}

#[tokio::test]
async fn a_preview_shows_the_rows_as_they_would_be_mapped() {
    let services = services().await;
    let id = made(&services, &json!({ "source": "fair" })).await;
    part(&services, &id, 1, FILE).await;
    let preview = services.get("main-viewer", &format!("/v1/imports/{id}/preview")).await.body;
    assert_eq!(
        (&preview["encoding"], &preview["header_row"], &preview["problems"]),
        (&json!("utf-8"), &json!(1), &json!([]))
    );
    let columns = json!([
        { "name": "E-Mail", "field": "email" },
        { "name": "Telefon", "field": "phone" },
        { "name": "Wie groß", "field": "size" },
        { "name": "Notiz", "field": null },
    ]);
    assert_eq!(preview["columns"], columns);
    let rows = preview["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["row"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 3, 4, 6]);
    let fields = json!({ "email": "a@example.com", "phone": "+49301234567", "size": 12, "lead_source": "Fair" });
    assert_eq!((&rows[0]["fields"], &rows[0]["extra"]), (&fields, &json!({ "Notiz": "=cmd" })), "{rows:?}");
    assert_eq!(rows[1]["error"]["column"], "Wie groß");
    assert!(rows[1]["error"]["reason"].as_str().unwrap().contains("a text of 4 characters"), "{rows:?}");
    assert_eq!(rows[2]["error"]["reason"], "the row has 3 columns, the header has 4 columns");
    assert_eq!(rows[3]["extra"]["Notiz"], "zwei\nZeilen");
    assert_eq!(services.sent(), [], "nothing is sent");

    // Twenty rows of a longer file; a header that is none.
    let long = std::iter::once("E-Mail\n".to_owned()).chain((0..99_999).map(|n| format!("a{n}@example.com\n")));
    part(&services, &id, 1, long.collect::<String>()).await;
    let preview = services.get("main-viewer", &format!("/v1/imports/{id}/preview")).await.body;
    assert_eq!(preview["rows"].as_array().unwrap().len(), 20);
    part(&services, &id, 1, "a,a\n1,2\n").await;
    let preview = services.get("main-viewer", &format!("/v1/imports/{id}/preview")).await.body;
    assert!(preview["problems"][0].as_str().unwrap().contains("both called \"a\""), "{preview}");
    let refused = post(&services, &id, "start").await;
    assert_eq!((refused.status, &refused.body["problems"][0]["path"]), (422, &json!("header")), "{refused:?}");
    assert_eq!(stored(&services, &id).await.state.name(), "uploading");
}

#[tokio::test]
async fn a_small_file_is_one_request_and_the_same_again_is_the_same_import() {
    let services = services().await;
    let send = async |key: &str, body: Vec<u8>| {
        let request = request(Method::POST, "main-operator", "/v1/imports?source=fair&start=true&delimiter=semicolon")
            .header(header::CONTENT_TYPE, "text/csv")
            .header("Idempotency-Key", key);
        services.send(request.body(body.into()).unwrap()).await
    };
    let first = send("one", FILE.into()).await;
    assert_eq!((first.status, &first.body["state"]), (202, &json!("running")), "{first:?}");
    let again = send("one", FILE.into()).await;
    assert_eq!((again.status, &again.body["id"]), (202, &first.body["id"]));
    let other = send("two", FILE.into()).await;
    assert_ne!(other.body["id"], first.body["id"]);
    let all = services.get("main-viewer", "/v1/imports").await.body;
    let ids: Vec<&Value> = all["imports"].as_array().unwrap().iter().map(|import| &import["id"]).collect();
    assert_eq!((ids, &all["next_cursor"]), (vec![&other.body["id"], &first.body["id"]], &Value::Null));
    // Of a file that can't be used nothing is kept.
    assert_eq!(send("three", b"a;a\n1;2\n".to_vec()).await.status, 422);
    // What lost its characters on the way is told apart from what never had them.
    let lost = send("four", "E-Mail;Name\na@example.com;J\u{fffd}rgen\n".into()).await;
    assert_eq!(lost.status, 400);
    assert!(lost.detail().contains("application/octet-stream"), "{lost:?}");
    assert_eq!(services.get("main-viewer", "/v1/imports").await.body["imports"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let services = services().await;
    for (body, status, says) in [
        (json!({ "source": "other" }), 422, "no source 'other'"),
        (json!({ "source": "NO SLUG" }), 400, "'source' does not fit"),
        (json!({ "source": "fair", "encoding": "latin" }), 400, "\"latin\" is no encoding"),
        (json!({ "source": "fair", "delimiter": ":" }), 400, "\":\" is no delimiter"),
        (json!({ "source": "fair", "name": "x".repeat(201) }), 400, "'name' is too long"),
        (json!({ "sources": "fair" }), 400, "sources"),
    ] {
        let answer = services.json(Method::POST, "main-operator", "/v1/imports", &body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    let large = vec![b'a'; 4 * 1024 * 1024 + 1];
    let answer = send(&services, Method::POST, "/v1/imports?source=fair", "text/csv", large.clone()).await;
    assert_eq!(answer.status, 413);
    assert!(answer.detail().contains("parts"), "{answer:?}");
    let id = made(&services, &json!({ "source": "fair" })).await;
    assert_eq!(part(&services, &id, 1, large).await.status, 413);
    assert_eq!(part(&services, &id, 1, "").await.status, 400);
    for number in [0, 201] {
        assert_eq!(part(&services, &id, number, "x").await.status, 404);
    }
    let unknown = "imp_00000000000000000000000000";
    for (method, path) in [
        (Method::GET, format!("/v1/imports/{unknown}")),
        (Method::GET, format!("/v1/imports/{unknown}/preview")),
        (Method::GET, format!("/v1/imports/{unknown}/report")),
        (Method::POST, format!("/v1/imports/{unknown}/start")),
        (Method::POST, format!("/v1/imports/{unknown}/cancel")),
    ] {
        let request = request(method, "main-operator", &path).body(Body::empty()).unwrap();
        assert_eq!(services.send(request).await.status, 404, "{path}");
    }
    // Another account sees nothing of it, and who may only read changes nothing.
    assert_eq!(services.get("other-admin", &format!("/v1/imports/{id}")).await.status, 404);
    assert_eq!(services.post("main-viewer", &format!("/v1/imports/{id}/cancel")).await.status, 403);
}

#[tokio::test]
async fn fifty_megabytes_are_taken_and_no_more() {
    let services = services().await;
    let id = made(&services, &json!({ "source": "fair" })).await;
    let megabytes = |count: usize| vec![b'a'; count * 1024 * 1024];
    for number in 1..=12 {
        assert_eq!(part(&services, &id, number, megabytes(4)).await.status, 200, "part {number}");
    }
    let over = part(&services, &id, 13, megabytes(3)).await;
    assert_eq!(over.status, 413);
    assert!(over.detail().contains("split it into several files"), "{over:?}");
    let full = part(&services, &id, 13, megabytes(2)).await;
    assert_eq!((full.status, &full.body["bytes"]), (200, &json!(50 * 1024 * 1024)));
}

#[tokio::test]
async fn parts_that_come_at_once_are_all_there() {
    let services = services().await;
    let id = made(&services, &json!({ "source": "fair" })).await;
    let send = async |number: u32| part(&services, &id, number, format!("{number}\n")).await.status;
    let statuses: [u16; 5] = tokio::join!(send(1), send(2), send(3), send(4), send(5)).into();
    assert_eq!(statuses, [200; 5]);
    let import = services.get("main-viewer", &format!("/v1/imports/{id}")).await.body;
    let numbers: Vec<_> = import["parts"].as_array().unwrap().iter().map(|part| part["number"].as_u64()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5].map(Some));
}

#[tokio::test]
async fn a_start_that_the_queue_did_not_take_is_welcome_again() {
    let services = services().await;
    let id = made(&services, &json!({ "source": "fair" })).await;
    part(&services, &id, 1, FILE).await;
    services.set_queue_down("leads", true);
    assert_eq!(post(&services, &id, "start").await.status, 503);
    services.set_queue_down("leads", false);
    assert_eq!(post(&services, &id, "start").await.status, 202);
    assert_eq!(services.sent().len(), 2, "once for later, and once at once");
}

#[tokio::test]
async fn a_long_report_comes_in_parts() {
    let services = services().await;
    let id = made(&services, &json!({ "source": "fair" })).await;
    let mut import = stored(&services, &id).await;
    for step in 0..8 {
        import.step = step;
        let reason = "x".repeat(500);
        let bad = (0..450).map(|row| BadRow::refused(step * 450 + row, Some("a,b"), &reason)).collect();
        let recorded = ImportStep { import: import.clone(), bad, log_days: 30, now: import.created_at };
        services.store.record_step(&recorded).await.unwrap();
        import.version += 1;
    }
    let mut path = format!("/v1/imports/{id}/report");
    let (mut text, mut parts) = (String::new(), 0);
    loop {
        let part = services.get("main-viewer", &path).await;
        assert_eq!((part.status, part.header(header::CONTENT_TYPE)), (200, "text/csv; charset=utf-8"));
        text.push_str(&part.text);
        parts += 1;
        let link = part.header(header::LINK);
        let Some(next) = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")) else { break };
        path = next.to_owned();
    }
    assert_eq!((parts, text.lines().count()), (2, 1 + 8 * 450));
    assert!(text.starts_with("row,column,reason,stage,event\n0,\"a,b\",xxx"), "{}", &text[..60]);
    assert_eq!(text.matches("row,column").count(), 1);
}

#[tokio::test]
async fn an_import_that_runs_has_somebody_to_take_its_steps() {
    let services = services().await;
    let whole = "/v1/imports?source=fair&start=true";
    // Nothing is started where nothing can be asked for.
    let id = made(&services, &json!({ "source": "fair" })).await;
    part(&services, &id, 1, FILE).await;
    services.set_queue_down("leads", true);
    assert_eq!(post(&services, &id, "start").await.status, 503);
    assert_eq!(stored(&services, &id).await.state, ImportState::Uploading);
    assert_eq!(send(&services, Method::POST, whole, "application/octet-stream", FILE).await.status, 503);
    assert_eq!(services.get("main-viewer", "/v1/imports").await.body["imports"].as_array().unwrap().len(), 1);
    services.set_queue_down("leads", false);

    // The queue goes away between the record and the message that follows: the one before it is there.
    services.queue_down_after("leads", 1);
    let started = post(&services, &id, "start").await;
    assert_eq!((started.status, &started.body["state"]), (202, &json!("running")), "{started:?}");
    services.queue_down_after("leads", 1);
    let created = send(&services, Method::POST, whole, "application/octet-stream", FILE).await;
    assert_eq!((created.status, &created.body["state"]), (202, &json!("running")), "{created:?}");
    let sent: Vec<_> = services.sent().into_iter().map(|sent| (sent.body["import"].clone(), sent.delay_s)).collect();
    assert_eq!(sent, [(json!(id), Some(30)), (created.body["id"].clone(), Some(30))]);
}
