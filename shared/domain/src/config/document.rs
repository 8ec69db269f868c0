//! Reading a config document.

mod node;
mod unique;

use serde_json::Value;

use super::{Config, Problem, Problems};
use node::Node;
use unique::Unique;

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// JSON.
    Json,
    /// YAML, of which JSON is a part.
    Yaml,
}

/// Most nodes of a YAML text. The longest documents have two million; the parser's own limit of 250,000 is met by
/// [`RULES_MAX`](super::RULES_MAX) rules.
const YAML_NODES_MAX: usize = 2_000_000;
/// Most nodes that aliases may repeat: a few lines of aliases of aliases are billions.
const YAML_NODES_REPEATED_MAX: usize = 100_000;

/// Reads a document and gives each node its type.
///
/// # Errors
/// The text is not of its syntax, or the first node that does not fit, with its path and what was expected.
pub fn parse(text: &str, syntax: Syntax) -> Result<Config, Problems> {
    let value = value(text, syntax).map_err(|error| {
        let name = match syntax {
            Syntax::Json => "JSON",
            Syntax::Yaml => "YAML",
        };
        Problems(vec![Problem::new("document", format!("this is no valid {name}: {error}"))])
    })?;
    from_value(value)
}

/// Reads a text of its syntax.
///
/// # Errors
/// What is wrong and where, as its parser says it.
pub fn value(text: &str, syntax: Syntax) -> Result<Value, String> {
    match syntax {
        Syntax::Json => serde_json::from_str(text).map(|Unique(value)| value).map_err(|error| error.to_string()),
        Syntax::Yaml => {
            let options = serde_saphyr::options! {
                // Only true and false are booleans: to a person, `country: NO` is Norway and a member `y` has that name.
                strict_booleans: true,
                budget: serde_saphyr::budget! { max_nodes: YAML_NODES_MAX, max_events: 2 * YAML_NODES_MAX },
                alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: YAML_NODES_REPEATED_MAX },
            };
            serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
        }
    }
}

/// Gives each node of a parsed document its type.
///
/// # Errors
/// The first node that does not fit, with its path, what was found and what was expected.
pub fn from_value(value: Value) -> Result<Config, Problems> {
    serde_path_to_error::deserialize(Node(value)).map_err(|error| {
        let path = match error.path().to_string() {
            // The document itself, or a key of it that is an empty text.
            path if path == "." || path.is_empty() => "document".to_owned(),
            path => path,
        };
        Problems(vec![Problem::new(path, error.into_inner().to_string())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RULES_MAX;

    #[test]
    fn as_many_rules_as_are_allowed_can_be_written_in_yaml() {
        let comparison = r#"{ "field": "company_size", "op": "in", "value": [1, 2, 3] }"#;
        let when = [comparison; 2].join(", ");
        let rule =
            |number| format!(r#"{{ "id": "r{number}", "when": {{ "all": [{when}] }}, "then": [{{ "pool": "a" }}] }}"#);
        let rules: Vec<String> = (0..RULES_MAX).map(rule).collect();
        let text = format!(r#"{{ "profiles": [{{ "id": "p", "rules": [{}] }}] }}"#, rules.join(",\n"));
        let config = parse(&text, Syntax::Yaml).unwrap();
        assert_eq!(config.profiles[0].rules.len(), RULES_MAX);
    }

    #[test]
    fn a_key_without_a_name_is_told_of_the_document() {
        let Problems(problems) = parse("{ \"\": 1 }", Syntax::Json).unwrap_err();
        assert_eq!(problems[0].path, "document");
        assert!(problems[0].message.contains("there is no ''"), "{}", problems[0].message);
    }

    #[test]
    fn aliases_of_aliases_are_refused() {
        let mut text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (before, name) in "abcdefgh".chars().zip("bcdefghi".chars()) {
            let aliases = vec![format!("*{before}"); 10].join(", ");
            text.push_str(&format!("{name}: &{name} [{aliases}]\n"));
        }
        let Problems(problems) = parse(&text, Syntax::Yaml).unwrap_err();
        assert!(problems[0].message.contains("alias replay limit"), "{}", problems[0].message);
    }
}
