//! Checking destinations.

use super::{Check, Names};
use crate::config::{Auth, Body, Channel, Destination, HttpMethod, Notify, Webhook};
use crate::delivery::AnswerRule;

/// Most rules that read a destination's answers.
const ANSWERS_MAX: usize = 50;
/// Most addresses that are told when something is wrong.
const NOTIFY_MAX: usize = 20;

impl Check<'_> {
    pub(super) fn destinations(&mut self, names: &Names) {
        for (index, destination) in self.config.destinations.iter().enumerate() {
            let path = format!("destinations[{index}]");
            self.how_much(destination, &path);
            self.notify(&destination.notify, &format!("{path}.notify"), names);
            let path = format!("{path}.channel.{}", destination.channel.name());
            match &destination.channel {
                Channel::Webhook(webhook) => self.webhook(webhook, &path),
                Channel::Slack(slack) => self.secret(Some(&slack.secret), format!("{path}.secret")),
                Channel::Leadsquared(settings) => self.leadsquared(settings, &path),
                Channel::Email(email) => {
                    if email.to.is_empty() {
                        self.problem(format!("{path}.to"), "the list is empty: give at least one recipient");
                    }
                }
            }
        }
    }

    /// Checks who is told when something is wrong.
    pub(super) fn notify(&mut self, notify: &Notify, path: &str, names: &Names) {
        if notify.emails.len() + notify.assignees.len() > NOTIFY_MAX {
            let at = if notify.emails.len() > NOTIFY_MAX { "emails" } else { "assignees" };
            self.problem(format!("{path}.{at}"), format!("expected at most {NOTIFY_MAX} addresses"));
        }
        for (index, id) in notify.assignees.iter().enumerate() {
            let path = format!("{path}.assignees[{index}]");
            self.named(&names.assignees, id, path.clone(), "assignees");
            let there = names.assignees.get(id).and_then(|&place| self.config.assignees.get(place));
            if there.is_some_and(|assignee| assignee.email.is_none()) {
                self.problem(path, format!("the assignee '{id}' has no email: give it one, or name an address"));
            }
        }
        for (index, email) in notify.emails.iter().enumerate() {
            if !email_address::EmailAddress::is_valid(email) || email.chars().any(char::is_control) {
                let message = format!("'{email}' is no email address, such as ops@example.com");
                self.problem(format!("{path}.emails[{index}]"), message);
            }
        }
    }

    fn how_much(&mut self, destination: &Destination, path: &str) {
        let limits = destination.limits;
        for (name, limit) in [("per_minute", limits.per_minute), ("at_once", limits.at_once)] {
            if limit == Some(0) {
                let message = "found 0, expected 1 or more: disable a destination that shall get nothing";
                self.problem(format!("{path}.limits.{name}"), message);
            }
        }
        if limits.at_once.is_some_and(|at_once| at_once > 1_000) {
            self.problem(format!("{path}.limits.at_once"), "expected at most 1000");
        }
    }

    fn webhook(&mut self, webhook: &Webhook, path: &str) {
        self.secret(webhook.secret.as_ref(), format!("{path}.secret"));
        self.url(&webhook.url, format!("{path}.url"));
        self.timeout(webhook.timeout_s, format!("{path}.timeout_s"));
        if webhook.method == HttpMethod::Get && !matches!(webhook.body, Some(Body::Form(_))) {
            self.problem(format!("{path}.body"), "a GET has no body: name what goes into the URL under 'form'");
        }
        if let Some(auth) = &webhook.auth {
            let (name, header) = match auth {
                Auth::Bearer { .. } => ("bearer", "authorization"),
                Auth::Basic { .. } => ("basic", "authorization"),
                Auth::Header { name, .. } => ("header", name.as_str()),
                Auth::Oauth2(oauth2) => {
                    self.url(&oauth2.token_url, format!("{path}.auth.oauth2.token_url"));
                    ("oauth2", "authorization")
                }
            };
            self.secret(Some(auth.secret()), format!("{path}.auth.{name}.secret"));
            if webhook.headers.keys().any(|own| own.eq_ignore_ascii_case(header)) {
                let message = format!("the header {header} is written by 'auth' too: take it out here");
                self.problem(format!("{path}.headers"), message);
            }
        }
        self.answer_rules(&webhook.answers, path);
    }

    /// Checks how long an exchange may take.
    pub(super) fn timeout(&mut self, timeout_s: u16, path: String) {
        if !(1..=30).contains(&timeout_s) {
            self.problem(path, format!("found {timeout_s} seconds, expected 1 to 30 seconds"));
        }
    }

    /// Checks the rules that read a destination's answers; `path` is that of its channel.
    pub(super) fn answer_rules(&mut self, rules: &[AnswerRule], path: &str) {
        if rules.len() > ANSWERS_MAX {
            self.problem(format!("{path}.answers"), format!("expected at most {ANSWERS_MAX} rules"));
        }
        for (index, rule) in rules.iter().enumerate() {
            for status in rule.status.iter().filter(|status| !(100..=599).contains(*status)) {
                let message = format!("found {status}, expected an HTTP status from 100 to 599");
                self.problem(format!("{path}.answers[{index}].status"), message);
            }
        }
    }

    pub(super) fn url(&mut self, url: &str, path: String) {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        if !matches!(scheme.as_deref(), Some("https" | "http")) {
            self.problem(path, format!("found '{url}', expected an address that begins with https://"));
        }
    }
}
