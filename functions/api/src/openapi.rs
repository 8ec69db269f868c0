//! The OpenAPI document: the handlers' descriptions, the config's JSON Schema, and what every route has in common.

use std::sync::LazyLock;

use leadyard_domain::config;
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::problem;
use crate::router::described;

/// The name of the security scheme. Its scopes, as OpenAPI 3.1 allows for such a scheme, are the least role.
const KEY: &str = "api_key";

/// The document as it is served. Built with the first request for it: no other request needs it.
pub static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The whole document.
///
/// # Panics
/// Never: the description has string keys and finite numbers only.
#[must_use]
pub fn document() -> Value {
    let described = described().into_openapi();
    let mut document = serde_json::to_value(described).expect("the description has string keys and finite numbers");
    add_config_schema(&mut document);
    for operation in operations(&mut document) {
        add_refusals(operation);
    }
    document
}

/// What the document begins with; the routes add themselves.
pub(crate) fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Leadyard")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Configure and operate lead distribution: publish a config, read leads, pools and logs, claim and reassign leads, \
             replay and retry.\n\n\
             A request carries an API key as a bearer token. The key belongs to one account, which is all that the \
             request can read or change, and has a role: viewer, operator or admin, each with what the ones before it \
             may do. The security requirement of an operation names the least role.\n\n\
             Every refusal is a problem document (RFC 9457, `application/problem+json`).",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key: `Authorization: Bearer <key>`. The scopes of a requirement are the least role."))
        .build();
    let mut components = Components::new();
    components.add_security_scheme(KEY, SecurityScheme::Http(scheme));
    components.schemas.insert(
        problem::ProblemDocument::name().into_owned(),
        RefOr::T(match problem::ProblemDocument::schema() {
            RefOr::T(schema) => schema,
            RefOr::Ref(_) => Schema::default(),
        }),
    );
    let mut collected = Vec::new();
    problem::ProblemDocument::schemas(&mut collected);
    components.schemas.extend(collected);
    let tag = |name: &str, description: &str| TagBuilder::new().name(name).description(Some(description)).build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .tags(Some([
            tag("config", "What the account does: one document, published whole."),
            tag("lists", "Values that rules look in, such as the ZIP codes of a territory."),
            tag("secrets", "What the config names and never holds."),
            tag("sources", "Where leads come in."),
            tag("leads", "Who asked for something, who has it, and why."),
            tag("queues", "Leads that wait until a member claims them."),
            tag("pools", "How leads are shared, and who is next."),
            tag("assignees", "Who can be given a lead, and whether it can now."),
            tag("partners", "What buyers owe for their leads."),
            tag("automations", "What others are told when leads change."),
            tag("imports", "Leads from tables in files."),
            tag("events", "The log of what was received."),
            tag("deliveries", "The log of what was sent."),
            tag("destinations", "Where leads go."),
            tag("suppressions", "Addresses that no mail goes to any more."),
            tag("meta", "About this API."),
        ]))
        .build()
}

/// The config document, in the places where the API's description needs a type for it.
pub struct ConfigDocument;

impl PartialSchema for ConfigDocument {
    /// A place holder: [`document`] puts the schema of the config itself here.
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::AnyValue).into()
    }
}

impl ToSchema for ConfigDocument {
    fn name() -> std::borrow::Cow<'static, str> {
        "Config".into()
    }
}

/// A source of the config document; like [`ConfigDocument`] a place holder.
pub struct SourceDocument;

impl PartialSchema for SourceDocument {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::AnyValue).into()
    }
}

impl ToSchema for SourceDocument {
    fn name() -> std::borrow::Cow<'static, str> {
        "ConfigSource".into()
    }
}

/// Puts the config's JSON Schema among the components. Its parts get a prefix, so that they cannot meet a view's name.
fn add_config_schema(document: &mut Value) {
    let mut schema = config::json_schema();
    let Some(root) = schema.as_object_mut() else { return };
    // The document as a whole has the same dialect.
    root.remove("$schema");
    let parts = root.remove("$defs");
    let parts = parts.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let schemas = &mut document["components"]["schemas"];
    for (name, mut part) in parts {
        move_references(&mut part);
        schemas[format!("Config{name}")] = part;
    }
    move_references(&mut schema);
    schemas["Config"] = schema;
}

fn move_references(node: &mut Value) {
    match node {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        *target = target.replace("#/$defs/", "#/components/schemas/Config");
                    }
                    _ => move_references(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(move_references),
        _ => {}
    }
}

/// Every operation of a document.
fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut).filter_map(Value::as_object_mut)
}

/// What every operation can answer besides its own refusals, and the body that each refusal has.
fn add_refusals(operation: &mut Map<String, Value>) {
    let needs_key = operation.get("security").is_some_and(|security| security.to_string().contains(KEY));
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    let mut refusal = |status: &str, description: &str| {
        responses.entry(status).or_insert_with(|| json!({ "description": description }));
    };
    if needs_key {
        refusal("401", "No API key, or one that nobody knows.");
        refusal("403", "The key's role is too small.");
        refusal("500", "Something is broken here; the function's log has the cause.");
        refusal("503", "A service behind the API is away; the same request may pass in a moment.");
    }
    for (status, response) in responses {
        if status.as_str() >= "400" {
            response["content"] =
                json!({ problem::MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/ProblemDocument" } } });
        }
    }
}

#[cfg(test)]
mod tests;
