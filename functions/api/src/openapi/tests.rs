//! The document holds together, and the one in `docs/` is the one that is served.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use super::*;

/// `UPDATE_OPENAPI=1 cargo test -p api openapi` writes it anew.
#[test]
fn the_document_in_docs_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let generated = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "docs/openapi.json is not what the code generates: run `UPDATE_OPENAPI=1 cargo test -p api openapi`"
    );
}

#[test]
fn it_is_openapi_3_1() {
    let document: Value = serde_json::from_str(&DOCUMENT).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document["components"]["securitySchemes"][KEY]["scheme"], "bearer");
}

fn references(node: &Value, found: &mut BTreeSet<String>) {
    match node {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => drop(found.insert(target.clone())),
                    _ => references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.contains("#/components/schemas/Config") && found.contains("#/components/schemas/ConfigRule"));
    for target in found {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
    }
}

#[test]
fn no_part_of_the_config_takes_the_name_of_a_view() {
    let views = described().into_openapi().components.unwrap().schemas;
    let schema = config::json_schema();
    // The one part that has a place holder of its own.
    let source = SourceDocument::name();
    let parts = schema["$defs"].as_object().unwrap().keys();
    for part in parts.filter(|part| format!("Config{part}") != source) {
        assert!(!views.contains_key(&format!("Config{part}")), "{part}");
    }
    // The place holder was replaced.
    assert_eq!(document()["components"]["schemas"]["Config"]["properties"], {
        let mut properties = schema["properties"].clone();
        move_references(&mut properties);
        properties
    });
    assert!(document()["components"]["schemas"][source.as_ref()]["properties"]["mapping"].is_object());
}

#[test]
fn every_operation_says_who_may_ask_and_how_it_is_refused() {
    let mut document = document();
    let tags: BTreeSet<String> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect();
    let mut ids = BTreeSet::new();
    let mut public = BTreeSet::new();
    for operation in operations(&mut document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{id}");
        assert!(operation["summary"].is_string(), "{id}");
        match operation["security"][0][KEY][0].as_str() {
            Some(role) => {
                assert!(["viewer", "operator", "admin"].contains(&role), "{id}");
                assert!(operation["responses"]["401"].is_object() && operation["responses"]["403"].is_object(), "{id}");
            }
            None => drop(public.insert(id.to_owned())),
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let refusal = response["content"][problem::MEDIA_TYPE].is_object();
            assert_eq!(refusal, status.as_str() >= "400", "{id} {status}");
            assert!(!response["description"].as_str().unwrap().is_empty(), "{id} {status}");
        }
    }
    assert_eq!(public, BTreeSet::from(["config_schema".to_owned(), "openapi".to_owned()]));
}
