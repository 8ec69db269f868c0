//! What is told of the intake formats.

use serde_json::{Value, json};

use crate::services::Services;

#[tokio::test]
async fn every_format_says_what_it_needs_and_answers() {
    let services = Services::start().await;
    let answer = services.get("main-viewer", "/v1/formats").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let formats = answer.body["formats"].as_array().unwrap();
    let names: Vec<&str> = formats.iter().map(|format| format["name"].as_str().unwrap()).collect();
    assert_eq!(names, leadyard_sources::format_names());
    for format in formats {
        for told in ["title", "proof", "answer"] {
            assert!(!format[told].as_str().unwrap().is_empty(), "{told} of {format}");
        }
        let emails = format["default_mapping"]["email"].as_array().unwrap();
        assert!(emails.contains(&json!("emailaddress")), "{format}");
    }
    let named = |name: &str| formats.iter().find(|format| format["name"] == name).unwrap();
    let json = named("json");
    assert_eq!(json["settings"], json!([]));
    assert_eq!((&json["answers_challenge"], &json["answers_head"], &json["forgiving"]), (&FALSE, &FALSE, &FALSE));
    let honeypot = json!({"path": "form.honeypot", "required": false, "description": "a field that people do not see"});
    assert!(named("form")["settings"].as_array().unwrap().contains(&honeypot));
}

const FALSE: Value = Value::Bool(false);
