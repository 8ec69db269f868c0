//! Templates that the owners of destinations write, over the lead and what surrounds it.

use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, Error, Value};

/// Steps that one template may take: enough for any mail, and an endless loop ends.
const FUEL: u64 = 200_000;

/// How values stand in the text that a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// As they are.
    Text,
    /// Escaped for HTML.
    Html,
    /// As JSON: texts in quotes, so that no value ends what it stands in.
    Json,
}

/// Templates over one context.
pub struct Templates {
    environment: Environment<'static>,
    context: Value,
}

impl Templates {
    /// Templates over these values.
    #[must_use]
    pub fn new(context: &serde_json::Value) -> Self {
        Self { environment: environment(), context: Value::from(Serde(context)) }
    }

    /// Fills a template.
    ///
    /// # Errors
    /// What is wrong and where; never a value of the lead.
    pub fn render(&self, template: &str, escape: Escape) -> Result<String, TemplateError> {
        let rendered = self.environment.render_named_str(name(escape), template, &self.context);
        rendered.map_err(|error| TemplateError::of(&error, template))
    }
}

/// Whether a template can be read at all, before any lead comes.
///
/// # Errors
/// What is wrong and where.
pub fn check(template: &str, escape: Escape) -> Result<(), TemplateError> {
    let environment = environment();
    let read = environment.template_from_named_str(name(escape), template);
    read.map(|_| ()).map_err(|error| TemplateError::of(&error, template))
}

/// What is wrong with a template. The detail of an error may quote a value of the lead, so only its kind is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}", place(*line, *column))]
pub struct TemplateError {
    /// What kind of mistake it is.
    pub kind: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    pub column: Option<usize>,
}

impl TemplateError {
    fn of(error: &Error, template: &str) -> Self {
        let before = error.range().and_then(|range| template.get(..range.start));
        let column = before.map(|before| before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
        Self { kind: error.kind().to_string(), line: error.line(), column }
    }
}

fn place(line: Option<usize>, column: Option<usize>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!(" in line {line}, column {column}"),
        (Some(line), None) => format!(" in line {line}"),
        (None, _) => String::new(),
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_debug(true);
    environment.add_filter("plain", plain);
    environment
}

/// The name decides how values are escaped.
fn name(escape: Escape) -> &'static str {
    match escape {
        Escape::Text => "template.txt",
        Escape::Html => "template.html",
        Escape::Json => "template.json",
    }
}

/// A value as a person writes it: lists with commas, nested values as JSON.
fn plain(value: &Value) -> String {
    if value.kind() == ValueKind::Seq {
        let items = value.try_iter().map(|items| items.map(|item| item.to_string()).collect::<Vec<_>>());
        return items.map(|items| items.join(", ")).unwrap_or_default();
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, escape: Escape) -> Result<String, String> {
        let context = serde_json::json!({ "lead": { "fields": { "name": "A \"b\" <c>", "tags": ["x", "y"] } } });
        Templates::new(&context).render(template, escape).map_err(|error| error.to_string())
    }

    #[test]
    fn values_stand_as_the_place_asks() {
        let template = "{{ lead.fields.name }}";
        assert_eq!(render(template, Escape::Text).unwrap(), "A \"b\" <c>");
        assert_eq!(render(template, Escape::Html).unwrap(), "A &quot;b&quot; &lt;c&gt;");
        let json =
            render("{\"n\": {{ lead.fields.name }}, \"t\": {{ lead.fields.tags }}, \"x\": {{ none }}}", Escape::Json);
        let json: serde_json::Value = serde_json::from_str(&json.unwrap()).unwrap();
        assert_eq!(json, serde_json::json!({ "n": "A \"b\" <c>", "t": ["x", "y"], "x": null }));
        assert_eq!(render("{{ lead.fields.tags | plain }}", Escape::Text).unwrap(), "x, y");
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_without_a_value() {
        let error = render("ab\n  {{ lead.fields.name | nonsense }}", Escape::Text).unwrap_err();
        assert!(error.contains("in line 2, column"), "{error}");
        assert!(!error.contains("A \"b\""), "{error}");
        assert!(check("{% if %}", Escape::Text).unwrap_err().to_string().contains("in line 1"));
        assert!(
            render("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", Escape::Text)
                .is_err()
        );
    }
}
