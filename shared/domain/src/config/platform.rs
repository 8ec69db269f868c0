//! Further settings of a source's verification and of its platform.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::SecretName;

/// `Authorization: Basic …`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicSecret {
    /// The user's name.
    pub username: String,
    /// The name of the secret that holds the password.
    pub secret: SecretName,
}

/// A header that holds the secret itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderSecret {
    /// The header, such as `X-Api-Key`.
    pub header: String,
    /// The name of the secret; the header must be its value.
    pub secret: SecretName,
}

/// Settings of the `hubspot` format.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HubspotSettings {
    /// The URL as HubSpot calls it, where a proxy or a domain of your own stands before the endpoint: HubSpot signs it.
    /// `{key}` stands for the endpoint's key, which no config holds: `https://leads.example.com/in/{key}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Which of HubSpot's signatures counts.
    pub signature: HubspotSignature,
}

impl HubspotSettings {
    /// What is wrong with the URL, if anything is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let url = self.url.as_ref()?;
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let sound = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            && !url.contains(|c: char| c.is_whitespace() || matches!(c, '#' | '?'));
        let expected = "expected an address such as https://leads.example.com/in/{key}, without '?' and '#'";
        (!sound).then(|| format!("found {url:?}, {expected}"))
    }
}

/// One of HubSpot's signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HubspotSignature {
    /// Over the body alone, and without a time: what apps that are subscribed to events send beside v3.
    V1,
    /// Over method, URL and body, without a time: what a workflow's webhook sends.
    V2,
    /// Over method, URL, body and time.
    #[default]
    V3,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_hubspot_could_call() {
        for (url, sound) in [
            ("https://leads.example.com/in/{key}", true),
            ("http://localhost:3000/in/{key}", true),
            ("https://leads.example.com", true),
            ("leads.example.com/in/{key}", false),
            ("https://", false),
            ("https:///in", false),
            ("https://x.example/in?a=1", false),
            ("https://x.example/in#a", false),
            ("https://x.example/ in", false),
            ("", false),
        ] {
            let settings = HubspotSettings { url: Some(url.to_owned()), ..HubspotSettings::default() };
            assert_eq!(settings.fault().is_none(), sound, "{url}");
        }
        assert_eq!(HubspotSettings::default().fault(), None);
    }
}
