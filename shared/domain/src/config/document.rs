//! Reading a config document.

mod node;

use serde_json::Value;

use super::{Config, Problem, Problems};
use node::Node;

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// JSON.
    Json,
    /// YAML, of which JSON is a part.
    Yaml,
}

/// Reads a document and gives each node its type.
///
/// # Errors
/// The text is not of its syntax, or the first node that does not fit, with its path and what was expected.
pub fn parse(text: &str, syntax: Syntax) -> Result<Config, Problems> {
    let value: Value = match syntax {
        Syntax::Json => serde_json::from_str(text).map_err(|error| whole(format!("this is no valid JSON: {error}")))?,
        Syntax::Yaml => {
            // Only true and false are booleans: to a person, `country: NO` is Norway and a member `y` has that name.
            let options = serde_saphyr::options! { strict_booleans: true };
            serde_saphyr::from_str_with_options(text, options)
                .map_err(|error| whole(format!("this is no valid YAML: {error}")))?
        }
    };
    from_value(value)
}

/// Gives each node of a parsed document its type.
///
/// # Errors
/// The first node that does not fit, with its path, what was found and what was expected.
pub fn from_value(value: Value) -> Result<Config, Problems> {
    serde_path_to_error::deserialize(Node(value)).map_err(|error| {
        let path = match error.path().to_string() {
            path if path == "." => "document".to_owned(),
            path => path,
        };
        Problems(vec![Problem::new(path, error.into_inner().to_string())])
    })
}

fn whole(message: String) -> Problems {
    Problems(vec![Problem::new("document", message)])
}
