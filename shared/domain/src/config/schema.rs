//! The JSON Schema of the config document, for editors and the API's own description.

use super::Config;

/// The JSON Schema (2020-12) of [`Config`].
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Config);
    schema.insert("title".to_owned(), "Leadyard config".into());
    schema.to_value()
}
