//! From a lead and a destination's templates to a mail. Pure: what is wrong with a template or an address comes back as
//! words for the delivery log.

mod attachment;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use email_address::EmailAddress;
use leadyard_domain::config::Email;
use minijinja::value::Serde;
use minijinja::{Environment, Value};

pub use attachment::File;

/// The subject where a destination gives none.
const SUBJECT: &str = "{% if notice %}Not contacted yet{% else %}New lead{% endif %}{% if lead.fields.full_name %}: {{ lead.fields.full_name }}\
{% elif lead.fields.last_name %}: {{ lead.fields.first_name }} {{ lead.fields.last_name }}\
{% elif lead.fields.company %}: {{ lead.fields.company }}{% endif %}";
const TEXT: &str = include_str!("../templates/lead.txt");
const HTML: &str = include_str!("../templates/lead.html");

/// SES takes 50 recipients a mail (<https://docs.aws.amazon.com/ses/latest/dg/quotas.html>).
const RECIPIENTS_MAX: usize = 50;
/// A subject longer than this is cut; a header line ends at 998 bytes (RFC 5322, 2.1.1).
const SUBJECT_CHARS_MAX: usize = 200;
/// Steps that one template may take: enough for any mail, and an endless loop ends.
const TEMPLATE_FUEL: u64 = 200_000;

/// A mail ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Checked addresses.
    pub to: Vec<String>,
    /// The lead's address, where answers shall go there.
    pub reply_to: Option<String>,
    /// One line.
    pub subject: String,
    /// The text body.
    pub text: String,
    /// The HTML body, in which values are escaped.
    pub html: String,
    /// The lead as a file.
    pub file: Option<File>,
}

/// Why no mail can be made. None of it goes better by itself: the config or the lead has to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A template that can't be rendered.
    #[error("the template of '{part}' can't be rendered: {why}")]
    Template {
        /// Which of the destination's settings.
        part: &'static str,
        /// What is wrong, with the line; never a value of the lead.
        why: String,
    },
    /// A recipient that is no address.
    #[error("recipient {position} of 'to' is no email address: give one, or a template that yields one")]
    Recipient {
        /// From 1.
        position: usize,
    },
    /// Too many recipients.
    #[error("there are {0} recipients; SES takes at most {RECIPIENTS_MAX}")]
    TooMany(usize),
}

/// Makes the mail of one delivery. `context` holds `lead`, `assignee`, `assignment`, `account` and, for
/// a notice of a service level, `notice`; `payload` is what a
/// webhook would get.
///
/// # Errors
/// A template or an address of the destination that can't be used.
pub fn compose(email: &Email, context: &serde_json::Value, payload: &serde_json::Value) -> Result<Mail, ComposeError> {
    let templates = Templates::new(context);
    let to = email
        .to
        .iter()
        .enumerate()
        .map(|(index, template)| {
            let address = templates.render("to", template, false)?;
            checked(address.trim()).ok_or(ComposeError::Recipient { position: index + 1 })
        })
        .collect::<Result<Vec<_>, _>>()?;
    if to.len() > RECIPIENTS_MAX {
        return Err(ComposeError::TooMany(to.len()));
    }
    let lead_address = context.pointer("/lead/fields/email").and_then(serde_json::Value::as_str);
    Ok(Mail {
        to,
        reply_to: lead_address.filter(|_| email.reply_to_lead).and_then(checked),
        subject: one_line(&templates.render("subject", email.subject.as_deref().unwrap_or(SUBJECT), false)?),
        text: templates.render("text", email.text.as_deref().unwrap_or(TEXT), false)?,
        html: templates.render("html", email.html.as_deref().unwrap_or(HTML), true)?,
        file: email.attachment.map(|kind| File::new(kind, payload)),
    })
}

fn checked(address: &str) -> Option<String> {
    // Control characters would end the header that the address stands in.
    let clean = !address.chars().any(char::is_control);
    EmailAddress::from_str(address).ok().filter(|_| clean).map(|address| address.email())
}

/// One header line: white space of any kind becomes a space, other control characters vanish.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(SUBJECT_CHARS_MAX).collect()
}

struct Templates {
    environment: Environment<'static>,
    context: Value,
}

impl Templates {
    fn new(context: &serde_json::Value) -> Self {
        let mut environment = Environment::new();
        environment.set_fuel(Some(TEMPLATE_FUEL));
        environment.add_filter("plain", plain);
        Self { environment, context: Value::from(Serde(context)) }
    }

    fn render(&self, part: &'static str, template: &str, html: bool) -> Result<String, ComposeError> {
        // The name decides whether values are escaped.
        let name = if html { "mail.html" } else { "mail.txt" };
        self.environment.render_named_str(name, template, &self.context).map_err(|error| {
            let line = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
            // The detail of an error may quote a value of the lead; its kind does not.
            ComposeError::Template { part, why: format!("{}{line}", error.kind()) }
        })
    }
}

/// A value as a person writes it: lists with commas, nested values as JSON.
fn plain(value: &Value) -> String {
    if value.kind() == minijinja::value::ValueKind::Seq {
        let items = value.try_iter().map(|items| items.map(|item| item.to_string()).collect::<Vec<_>>());
        return items.map(|items| items.join(", ")).unwrap_or_default();
    }
    value.to_string()
}
