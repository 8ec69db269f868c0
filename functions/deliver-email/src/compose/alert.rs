//! The mail to those who are to be told that something is wrong with a destination or a source. It holds nothing of a lead, and no word of a
//! receiver.

use leadyard_domain::config::Checked;
use leadyard_domain::delivery::alert::{Alert, AlertMessage, Subject};
use leadyard_outbound::template::{Escape, TemplateError, Templates};
use leadyard_store::Tally;
use serde_json::json;

use super::{ComposeError, Mail, RECIPIENTS_MAX, checked, one_line};

const TEXT: &str = include_str!("../../templates/alert.txt");
const HTML: &str = include_str!("../../templates/alert.html");
const SUBJECT: &str = "{% if about == 'suspended' %}Suspended: {{ name }}\
                       {% elif about == 'failed' %}{{ given_up }} {{ 'event' if given_up == 1 else 'events' }} failed: {{ name }}{% else %}\
                       {% if given_up %}{{ given_up }} {{ 'delivery' if given_up == 1 else 'deliveries' }} given up{% endif %}\
                       {% if given_up and unknown %}, {% endif %}\
                       {% if unknown %}{{ unknown }} {{ 'delivery' if unknown == 1 else 'deliveries' }} that may not have arrived{% endif %}\
                       : {{ name }}{% endif %}\
                       {% if account %} ({{ account }}){% endif %}";

/// Makes the mail.
///
/// # Errors
/// An address that can't be used; there is none in a config that was checked.
pub fn alert_mail(message: &AlertMessage, tally: Tally, config: &Checked) -> Result<Mail, ComposeError> {
    let AlertMessage { subject, alert, .. } = message;
    let name = match subject {
        Subject::Destination(id) => config.destination(id).and_then(|known| known.name.clone()),
        Subject::Source(id) => config.source(id).and_then(|known| known.name.clone()),
    };
    let (why, since) = match alert {
        Alert::Suspended { why, since } => (Some(why), since),
        Alert::GivenUp | Alert::Failed => (None, &tally.since),
    };
    let context = json!({
        "about": alert.name(),
        "account": config.config().account.name,
        "id": subject.id(),
        "name": name.as_deref().unwrap_or(subject.id()),
        "why": why,
        "since": since.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        "given_up": tally.given_up,
        "unknown": tally.unknown,
    });
    let templates = Templates::new(&context);
    let render = |part, template, escape| {
        let failed = |error: TemplateError| ComposeError::Template { part, why: error.to_string() };
        templates.render(template, escape).map_err(failed)
    };
    let addresses = config.notified(subject).into_iter().take(RECIPIENTS_MAX).enumerate();
    let to = addresses.map(|(index, address)| checked(address).ok_or(ComposeError::Recipient { position: index + 1 }));
    Ok(Mail {
        to: to.collect::<Result<_, _>>()?,
        reply_to: None,
        subject: one_line(&render("subject", SUBJECT, Escape::Text)?),
        text: render("text", TEXT, Escape::Text)?,
        html: render("html", HTML, Escape::Html)?,
        file: None,
    })
}
