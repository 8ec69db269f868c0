//! Checking destinations.

use super::Check;
use crate::config::Channel;

impl Check<'_> {
    pub(super) fn destinations(&mut self) {
        for (index, destination) in self.config.destinations.iter().enumerate() {
            let path = format!("destinations[{index}].channel.{}", destination.channel.name());
            self.secret(destination.channel.secret(), format!("{path}.secret"));
            match &destination.channel {
                Channel::Webhook(webhook) => {
                    let scheme = webhook.url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
                    if !matches!(scheme.as_deref(), Some("https" | "http")) {
                        let message = format!("found '{}', expected an address that begins with https://", webhook.url);
                        self.problem(format!("{path}.url"), message);
                    }
                    if !(1..=30).contains(&webhook.timeout_s) {
                        let message = format!("found {} seconds, expected 1 to 30 seconds", webhook.timeout_s);
                        self.problem(format!("{path}.timeout_s"), message);
                    }
                }
                Channel::Email(email) => {
                    if email.to.is_empty() {
                        self.problem(format!("{path}.to"), "the list is empty: give at least one recipient");
                    }
                }
            }
        }
    }
}
