//! Lists: what they hold, who names them, and what meets whom.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::seeds::account;
use crate::services::{Answer, Services, request};

/// A config whose rule looks in the list `zips`.
pub const NAMING: &str = "
account: { timezone: Europe/Berlin }
sources: [{ id: web, format: json }]
assignees: [{ id: anna, name: Anna }]
pools: [{ id: sales, members: [anna] }]
profiles:
  - id: inbound
    rules: [{ id: near, when: { field: postal_code, op: in_list, value: zips }, then: [{ pool: sales }] }]
    default: do_nothing
";

pub async fn set(services: &Services, list: &str, lines: &str) -> Answer {
    services.lines(Method::PUT, &format!("/v1/lists/{list}"), lines.to_owned()).await
}

async fn entries(services: &Services, list: &str) -> String {
    let answer = services.get("main-viewer", &format!("/v1/lists/{list}/entries")).await;
    assert_eq!((answer.status, answer.header(header::CONTENT_TYPE)), (200, "text/plain; charset=utf-8"));
    answer.text
}

async fn version(services: &Services) -> Value {
    services.get("main-viewer", "/v1/config/versions?limit=1").await.body["versions"][0].clone()
}

#[tokio::test]
async fn a_list_that_no_rule_names_stands_alone() {
    let services = Services::start().await;
    let made = set(&services, "zips", "80331\n10115 \n\n80331").await;
    assert_eq!(made.status, 200, "{made:?}");
    // printf '10115\n80331\n' | sha256sum
    let expected = json!({
        "name": "zips", "revision": "9b85a1f091f58d68", "entries": 2, "bytes": 12, "changed": true, "version": null, "warnings": []
    });
    assert_eq!(made.body, expected);
    assert_eq!(entries(&services, "zips").await, "10115\n80331\n");

    // The same again, in another form.
    let again = services.json(Method::PUT, "main-admin", "/v1/lists/zips", &json!(["10115", "80331"])).await;
    assert_eq!((&again.body["changed"], &again.body["revision"]), (&json!(false), &made.body["revision"]));

    let more = services.lines(Method::POST, "/v1/lists/zips/entries", "20095\n10115").await;
    assert_eq!((&more.body["entries"], &more.body["changed"]), (&json!(3), &json!(true)), "{more:?}");
    let less = services.lines(Method::DELETE, "/v1/lists/zips/entries", "10115\n99999").await;
    assert_eq!((less.status, &less.body["entries"]), (200, &json!(2)), "{less:?}");
    assert_eq!(entries(&services, "zips").await, "20095\n80331\n");
    // Adding begins a list.
    assert_eq!(services.lines(Method::POST, "/v1/lists/plz/entries", "1").await.body["entries"], 1);

    let all = services.get("main-viewer", "/v1/lists").await.body;
    assert_eq!(all["lists"].as_array().unwrap().iter().map(|list| &list["name"]).collect::<Vec<_>>(), ["plz", "zips"]);
    let one = services.get("main-viewer", "/v1/lists/zips").await.body;
    assert_eq!(
        (&one["in_force"], &one["rules"], &one["updated_by"]),
        (&json!(false), &json!([]), &json!("main admin"))
    );
    assert_eq!(services.get("main-viewer", "/v1/config").await.status, 404, "nothing was published");

    let audit = services.store.list_audit(&account(), 10, None).await.unwrap().rows;
    assert!(audit.iter().all(|entry| entry.action == "list.set" && entry.by == "main admin"), "{audit:?}");
    assert_eq!(audit.len(), 4);
    // Another account sees none of it.
    assert_eq!(services.get("other-admin", "/v1/lists").await.body["lists"], json!([]));
    for path in ["/v1/lists/zips", "/v1/lists/zips/entries"] {
        assert_eq!(services.get("other-admin", path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_list_that_a_rule_names_moves_with_a_version() {
    let services = Services::start().await;
    let unknown = services.publish(NAMING, None).await;
    assert_eq!(unknown.status, 422, "{unknown:?}");
    assert!(unknown.body["problems"][0]["message"].as_str().unwrap().contains("zips"), "{unknown:?}");

    let first = set(&services, "zips", "10115").await;
    assert_eq!(services.publish(NAMING, None).await.status, 200);
    let one = services.get("main-viewer", "/v1/lists/zips").await.body;
    assert_eq!((&one["in_force"], &one["rules"]), (&json!(true), &json!([{ "profile": "inbound", "rule": "near" }])));

    let second = set(&services, "zips", "80331").await;
    assert_eq!((second.status, &second.body["version"]), (200, &json!(2)), "{second:?}");
    let version = version(&services).await;
    assert_eq!((&version["version"], &version["in_force"]), (&json!(2), &json!(true)));
    assert_eq!((&version["cause"], &version["changed_list"]), (&json!("list"), &json!("zips")));
    assert_eq!(version["lists"], json!([{ "name": "zips", "revision": second.body["revision"], "entries": 1 }]));
    // The same document, and the same entries again publish nothing.
    let (old, new) = (document(&services, 1).await, document(&services, 2).await);
    assert_eq!(old, new);
    assert_eq!(set(&services, "zips", "80331").await.body["version"], Value::Null);
    // What version 1 looked in is still to be seen.
    let path = format!("/v1/lists/zips/entries?revision={}", first.body["revision"].as_str().unwrap());
    assert_eq!(services.get("main-viewer", &path).await.text, "10115\n");

    let kept =
        services.send(request(Method::DELETE, "main-admin", "/v1/lists/zips").body(Body::empty()).unwrap()).await;
    assert_eq!(kept.status, 409);
    assert!(kept.detail().contains("inbound/near"), "{kept:?}");
    services.publish("account: {}", None).await;
    let gone =
        services.send(request(Method::DELETE, "main-admin", "/v1/lists/zips").body(Body::empty()).unwrap()).await;
    assert_eq!(gone.status, 204, "{gone:?}");
    assert_eq!(services.get("main-viewer", "/v1/lists/zips").await.status, 404);
    assert_eq!(services.get("main-viewer", "/v1/lists/zips/entries").await.status, 404);
}

async fn document(services: &Services, version: u64) -> Value {
    services.get("main-viewer", &format!("/v1/config/versions/{version}")).await.body["document"].clone()
}

#[tokio::test]
async fn of_two_uploads_at_once_none_is_lost_unseen() {
    let services = Services::start().await;
    set(&services, "zips", "1").await;
    for naming in [false, true] {
        if naming {
            assert_eq!(services.publish(NAMING, None).await.status, 200);
        }
        let add = async |entry: &str| services.lines(Method::POST, "/v1/lists/zips/entries", entry.to_owned()).await;
        let names: Vec<String> = (0..4).map(|number| format!("{naming}-{number}")).collect();
        let answers = tokio::join!(add(&names[0]), add(&names[1]), add(&names[2]), add(&names[3]));
        let answers: [Answer; 4] = answers.into();
        let held = entries(&services, "zips").await;
        for (name, answer) in names.iter().zip(&answers) {
            assert!([200, 409].contains(&answer.status), "{answer:?}");
            assert_eq!(held.lines().any(|entry| entry == name), answer.status == 200, "{held} {answer:?}");
        }
        assert!(answers.iter().any(|answer| answer.status == 200) && answers.iter().any(|answer| answer.status == 409));
    }
    // What is current and what is pinned are one.
    let one = services.get("main-viewer", "/v1/lists/zips").await.body;
    assert_eq!(version(&services).await["lists"][0]["revision"], one["revision"]);
}

/// Different lists do not get into each other's way, though one item says what is current of all of them.
#[tokio::test]
async fn uploads_of_different_lists_all_go_through() {
    let services = Services::start().await;
    let set = async |list: &str| set(&services, list, "1").await.status;
    let statuses: [u16; 4] = tokio::join!(set("a"), set("b"), set("c"), set("d")).into();
    assert_eq!(statuses, [200; 4]);
    assert_eq!(services.get("main-viewer", "/v1/lists").await.body["lists"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn an_upload_and_a_publish_at_once_leave_nothing_half() {
    let services = Services::start().await;
    let mut published = false;
    for round in 1..=6 {
        set(&services, "zips", &format!("before-{round}")).await;
        let lines = format!("after-{round}");
        let (upload, publish) = tokio::join!(set(&services, "zips", &lines), services.publish(NAMING, None));
        assert!(upload.status == 200 && [200, 409].contains(&publish.status), "{upload:?} {publish:?}");
        published |= publish.status == 200;
        if published {
            // Whichever was first: the config in force looks in what the list holds.
            let one = services.get("main-viewer", "/v1/lists/zips").await.body;
            assert_eq!(one["revision"], upload.body["revision"]);
            assert_eq!(version(&services).await["lists"][0]["revision"], upload.body["revision"], "round {round}");
        }
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let services = Services::start().await;
    let long = "x".repeat(256);
    let put = async |content_type: &str, encoding: &str, body: Vec<u8>| {
        let request = request(Method::PUT, "main-admin", "/v1/lists/zips")
            .header(header::CONTENT_TYPE, content_type)
            .header(header::CONTENT_ENCODING, encoding);
        services.send(request.body(Body::from(body)).unwrap()).await
    };
    for (content_type, encoding, body, status, says) in [
        ("text/plain", "identity", format!("ok\n{long}").into_bytes(), 422, "cannot be entries"),
        ("text/plain", "identity", b" \n".to_vec(), 422, "no entry"),
        ("text/plain", "identity", b"a\n\xff".to_vec(), 400, "line 2"),
        ("text/plain", "gzip", b"a".to_vec(), 400, "gzip"),
        ("text/plain", "br", b"a".to_vec(), 415, "gzip"),
        ("text/html", "identity", b"a".to_vec(), 415, "text/csv"),
        ("application/json", "identity", b"[1]".to_vec(), 400, "array of strings"),
        ("text/plain", "identity", vec![b'a'; 4 * 1024 * 1024 + 1], 413, "4 MiB"),
    ] {
        let answer = put(content_type, encoding, body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    let named = put("text/plain", "identity", format!("ok\n{long}").into_bytes()).await;
    assert_eq!(named.body["problems"][0]["path"], "line 2");
    assert_eq!(set(&services, "NO%20SLUG", "a").await.status, 404);
    assert_eq!(services.lines(Method::DELETE, "/v1/lists/zips/entries", "a").await.status, 404);
    assert_eq!(services.get("main-viewer", "/v1/lists").await.body["lists"], json!([]), "nothing was kept");

    set(&services, "zips", "1\n2").await;
    let emptied = services.lines(Method::DELETE, "/v1/lists/zips/entries", "1\n2").await;
    assert_eq!(emptied.status, 422);
    assert!(emptied.detail().contains("would be empty"), "{emptied:?}");
    assert_eq!(entries(&services, "zips").await, "1\n2\n");
}

/// A packed body of more than a part, read back part by part.
#[tokio::test]
async fn a_long_list_comes_in_parts() {
    let services = Services::start().await;
    let lines: String = (0..300_000).map(|number| format!("entry/{number:06} +&\n")).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, lines.as_bytes()).unwrap();
    let request = request(Method::PUT, "main-admin", "/v1/lists/long")
        .header(header::CONTENT_TYPE, "text/plain")
        .header(header::CONTENT_ENCODING, "gzip");
    let made = services.send(request.body(Body::from(packed.finish().unwrap())).unwrap()).await;
    assert_eq!((made.status, &made.body["entries"]), (200, &json!(300_000)), "{made:?}");

    let mut path = "/v1/lists/long/entries".to_owned();
    let mut read = String::new();
    let mut parts = 0;
    loop {
        let part = services.get("main-viewer", &path).await;
        assert_eq!(part.status, 200);
        assert!(part.text.len() <= 2 * 1024 * 1024);
        read.push_str(&part.text);
        parts += 1;
        let link = part.header(header::LINK);
        let Some(next) = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")) else { break };
        path = next.to_owned();
        // What is read on is the same content, whatever the list holds meanwhile.
        set(&services, "long", &format!("other-{parts}")).await;
    }
    assert_eq!(parts, 3);
    assert!(read == lines, "{} bytes of {}", read.len(), lines.len());

    for (query, status) in [("revision=x", 400), ("revision=0123456789abcdef", 404), ("page=2", 400)] {
        assert_eq!(
            services.get("main-viewer", &format!("/v1/lists/long/entries?{query}")).await.status,
            status,
            "{query}"
        );
    }
}
