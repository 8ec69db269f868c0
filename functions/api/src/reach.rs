//! What can be said of a config's destinations before any lead comes: may their addresses be called at all, and can their
//! templates be read. Names are not resolved here: who a name leads to may change with every delivery.

use std::collections::BTreeMap;

use leadyard_domain::config::{Auth, Body, Channel, Config, Leadsquared, Problem, Webhook};
use leadyard_outbound::address::AddressPolicy;
use leadyard_outbound::template::{self, Escape};

/// Everything that would keep a destination from ever getting a delivery, each with its place.
pub(crate) fn problems(config: &Config, policy: &AddressPolicy) -> Vec<Problem> {
    let mut look = Look { policy, problems: Vec::new() };
    for (index, destination) in config.destinations.iter().enumerate() {
        let path = format!("destinations[{index}].channel.{}", destination.channel.name());
        match &destination.channel {
            Channel::Webhook(webhook) => look.webhook(webhook, &path),
            Channel::Slack(slack) => look.template(slack.text.as_deref(), Escape::Text, format!("{path}.text")),
            Channel::Leadsquared(settings) => look.leadsquared(settings, &path),
            Channel::Email(email) => {
                for (place, to) in email.to.iter().enumerate() {
                    look.template(Some(to), Escape::Text, format!("{path}.to[{place}]"));
                }
                look.template(email.subject.as_deref(), Escape::Text, format!("{path}.subject"));
                look.template(email.text.as_deref(), Escape::Text, format!("{path}.text"));
                look.template(email.html.as_deref(), Escape::Html, format!("{path}.html"));
            }
        }
    }
    look.problems
}

struct Look<'a> {
    policy: &'a AddressPolicy,
    problems: Vec<Problem>,
}

impl Look<'_> {
    fn webhook(&mut self, webhook: &Webhook, path: &str) {
        self.url(&webhook.url, format!("{path}.url"));
        if let Some(Auth::Oauth2(oauth2)) = &webhook.auth {
            self.url(&oauth2.token_url, format!("{path}.auth.oauth2.token_url"));
        }
        match &webhook.body {
            None => {}
            Some(Body::Json(template)) => self.template(Some(template), Escape::Json, format!("{path}.body.json")),
            Some(Body::Text(text)) => {
                self.template(Some(&text.template), Escape::Text, format!("{path}.body.text.template"));
            }
            Some(Body::Fields(fields)) => self.fields(fields, &format!("{path}.body.fields")),
            Some(Body::Form(fields)) => self.fields(fields, &format!("{path}.body.form")),
        }
    }

    fn leadsquared(&mut self, settings: &Leadsquared, path: &str) {
        self.url(&settings.host, format!("{path}.host"));
        self.fields(&settings.fields, &format!("{path}.fields"));
        if let Some(activity) = &settings.activity {
            self.template(activity.note.as_deref(), Escape::Text, format!("{path}.activity.note"));
            self.fields(&activity.fields, &format!("{path}.activity.fields"));
        }
    }

    fn fields(&mut self, fields: &BTreeMap<String, String>, path: &str) {
        for (name, template) in fields {
            self.template(Some(template), Escape::Text, format!("{path}.{name}"));
        }
    }

    /// The refusal never repeats the URL: it may hold a password.
    fn url(&mut self, url: &str, path: String) {
        if let Err(refusal) = self.policy.check_url(url) {
            self.problems.push(Problem::new(path, refusal.to_string()));
        }
    }

    fn template(&mut self, template: Option<&str>, escape: Escape, path: String) {
        if let Some(Err(error)) = template.map(|template| template::check(template, escape)) {
            self.problems.push(Problem::new(path, format!("the template can't be read: {error}")));
        }
    }
}
