//! One question in HTML, asked as its field's type wants it.

use leadyard_domain::config::{Checked, Question, Source};
use leadyard_domain::field::{FieldName, FieldType};
use serde_json::json;

use super::html::escape;

/// Choices up to here are all shown; more are folded into a list.
const SHOWN_MAX: usize = 6;

/// What browsers fill in by themselves, and which keyboard a phone shows (HTML, autofill field names).
const AUTOCOMPLETE: &[(&str, &str)] = &[
    ("email", "email"),
    ("phone", "tel"),
    ("first_name", "given-name"),
    ("last_name", "family-name"),
    ("full_name", "name"),
    ("company", "organization"),
    ("job_title", "organization-title"),
    ("website", "url"),
    ("street", "street-address"),
    ("city", "address-level2"),
    ("state", "address-level1"),
    ("postal_code", "postal-code"),
    ("country", "country-name"),
];

/// A question with its label, hint and input; `id` is unique in the page. What the page's URL says of it is filled in.
pub(super) fn render(
    config: &Checked,
    source: &Source,
    question: &Question,
    id: &str,
    parameters: &[(String, String)],
) -> String {
    let name = input_name(source, &question.field);
    let filled = parameters.iter().find(|(parameter, _)| *parameter == name).map_or("", |(_, value)| value.as_str());
    let info = config.fields().get(&question.field);
    let kind = info.map_or(FieldType::Text, |info| info.kind);
    let choices = match question.choices.as_slice() {
        [] => info.map_or(&[][..], |info| &info.options),
        own => own,
    };
    let label = question.label.clone().unwrap_or_else(|| readable(&question.field));
    // Without the script a question that depends on another always stands there, and is for some visitors only.
    let required = match (question.required, &question.when) {
        (true, None) => " required",
        (true, Some(_)) => " data-required",
        (false, _) => "",
    };
    let asked = Asked { id, name: &name, filled, required, label: &label, help: question.help.as_deref() };
    let inside = match kind {
        FieldType::Boolean if choices.is_empty() => asked.yes_or_no(),
        FieldType::List if !choices.is_empty() => asked.group("checkbox", choices),
        _ if (1..=SHOWN_MAX).contains(&choices.len()) => asked.group("radio", choices),
        _ if !choices.is_empty() => asked.select(choices),
        _ => asked.line(kind, &question.field),
    };
    let when = question.when.as_ref().map_or(String::new(), |when| {
        let on = json!({ "name": input_name(source, &when.field), "is": when.is });
        format!(" data-when=\"{}\"", escape(&on.to_string()))
    });
    format!("<div class=q{when}>{inside}</div>")
}

/// As the source calls it: its mapping is what reads the answer.
pub(super) fn input_name(source: &Source, field: &FieldName) -> String {
    let mapping = source.mapping.iter().find(|mapping| mapping.enabled && mapping.to == *field);
    mapping.map_or_else(|| field.to_string(), |mapping| mapping.from.clone())
}

/// `company_size` as people write it.
fn readable(field: &FieldName) -> String {
    let words = field.as_str().replace(['_', '.'], " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

struct Asked<'a> {
    id: &'a str,
    name: &'a str,
    filled: &'a str,
    required: &'a str,
    label: &'a str,
    help: Option<&'a str>,
}

impl Asked<'_> {
    fn line(&self, kind: FieldType, field: &FieldName) -> String {
        let Self { id, required, .. } = self;
        let (name, filled) = (escape(self.name), escape(self.filled));
        let auto = AUTOCOMPLETE.iter().find(|(known, _)| field.as_str() == *known);
        let auto = auto.map_or(String::new(), |(_, token)| format!(" autocomplete=\"{token}\""));
        let (help, by) = self.help();
        let label = self.label();
        if field.as_str() == "message" {
            return format!("{label}<textarea id={id} name=\"{name}\" rows=4{required}{by}>{filled}</textarea>{help}");
        }
        let input = match kind {
            FieldType::Email => "email",
            FieldType::Phone => "tel",
            FieldType::Number => "text inputmode=decimal",
            FieldType::Date => "date",
            FieldType::Datetime => "datetime-local",
            FieldType::Time => "time",
            _ => "text",
        };
        format!("{label}<input type={input} id={id} name=\"{name}\" value=\"{filled}\"{required}{auto}{by}>{help}")
    }

    fn select(&self, choices: &[String]) -> String {
        let Self { id, required, .. } = self;
        let (help, by) = self.help();
        let options: String = choices
            .iter()
            .map(|choice| {
                let selected = if choice == self.filled { " selected" } else { "" };
                format!("<option{selected}>{}</option>", escape(choice))
            })
            .collect();
        let (label, name) = (self.label(), escape(self.name));
        format!(
            "{label}<select id={id} name=\"{name}\"{required}{by}><option value=\"\"></option>{options}</select>{help}"
        )
    }

    /// Choices that are all shown: one of them, or several.
    fn group(&self, kind: &str, choices: &[String]) -> String {
        let (help, by) = self.help();
        // Of check boxes `required` would mean each one.
        let required = if kind == "radio" { self.required } else { "" };
        let name = escape(self.name);
        let one = |(at, choice): (usize, &String)| {
            let checked = if choice == self.filled { " checked" } else { "" };
            format!(
                "<p class=box><input type={kind} id={id}-{at} name=\"{name}\" value=\"{}\"{required}{checked}><label for={id}-{at}>{}</label></p>",
                escape(choice),
                escape(choice),
                id = self.id,
            )
        };
        let boxes: String = choices.iter().enumerate().map(one).collect();
        format!("<fieldset{by}><legend>{}{}</legend>{boxes}</fieldset>{help}", escape(self.label), self.mark())
    }

    fn yes_or_no(&self) -> String {
        let Self { id, required, .. } = self;
        let (help, by) = self.help();
        let checked = if self.filled == "true" { " checked" } else { "" };
        format!(
            "<p class=box><input type=checkbox id={id} name=\"{}\" value=true{required}{checked}{by}><label for={id}>{}{}</label></p>{help}",
            escape(self.name),
            escape(self.label),
            self.mark()
        )
    }

    fn label(&self) -> String {
        format!("<label for={}>{}{}</label>", self.id, escape(self.label), self.mark())
    }

    fn mark(&self) -> &'static str {
        if self.required.is_empty() { "" } else { "<span aria-hidden=true> *</span>" }
    }

    /// The hint, and what ties an input to it.
    fn help(&self) -> (String, String) {
        let Some(help) = self.help else { return Default::default() };
        let id = self.id;
        (format!("<p class=help id={id}-h>{}</p>", escape(help)), format!(" aria-describedby={id}-h"))
    }
}
