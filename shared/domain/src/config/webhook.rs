//! How a webhook is called: address, body, authentication, and what the receiver's answers mean.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::delivery::AnswerRule;
use crate::id::SecretName;

/// An HTTPS request with the lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to: https, or http where the deployment allows it.
    pub url: String,
    /// The method; POST where none is given. GET has no body: its fields go into the URL.
    #[serde(default)]
    pub method: HttpMethod,
    /// What is sent; where nothing is said, the lead as JSON in the shape that docs/delivery.md shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The name of the secret that signs the request by Standard Webhooks. Without one the request is not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretName>,
    /// How we prove to the receiver who we are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// Further headers. No secrets: the config is readable by every key of the account.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What answers mean, where a status does not say it; the first that fits decides. Without one that fits, 2xx is
    /// delivered, and what else is tried again or given up follows from the status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerRule>,
    /// The whole exchange including the answer's body, 1 to 30 s.
    #[serde(default = "timeout_s")]
    pub timeout_s: u16,
}

fn timeout_s() -> u16 {
    15
}

/// A request method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum HttpMethod {
    #[default]
    Post,
    Put,
    Get,
}

/// What is sent instead of the lead as JSON. Templates see `lead`, `assignee`, `assignment`, `account` and `delivery`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A JSON document as a template: each value that it fills in stands there as JSON, texts with their quotes.
    Json(String),
    /// Any text as a template, with its content type.
    Text(TextBody),
    /// A flat JSON object: each name with a template. One that is nothing but `{{ … }}` keeps the type of its value.
    Fields(BTreeMap<String, String>),
    /// The same as a form, `application/x-www-form-urlencoded`; of a GET the query.
    Form(BTreeMap<String, String>),
}

/// A body of any type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextBody {
    /// Such as `application/xml`.
    pub content_type: String,
    /// The template; values are written as they are, or escaped where the content type is HTML or XML.
    pub template: String,
}

/// How we prove to the receiver who we are. Secrets stand here by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// `Authorization: Bearer` and the secret.
    Bearer {
        /// The secret's name.
        secret: SecretName,
    },
    /// `Authorization: Basic` with user name and secret.
    Basic {
        /// The user name.
        user: String,
        /// The name of the password's secret.
        secret: SecretName,
    },
    /// A header with the secret.
    Header {
        /// The header.
        name: String,
        /// The secret's name.
        secret: SecretName,
    },
    /// A token from the receiver's authorisation server (OAuth 2.0 client credentials, RFC 6749, 4.4), kept until shortly
    /// before it ends.
    Oauth2(Oauth2),
}

/// Where the token comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth2 {
    /// The token endpoint: https, or http where the deployment allows it.
    pub token_url: String,
    /// The client's id.
    pub client_id: String,
    /// The name of the client secret's secret.
    pub secret: SecretName,
    /// The scopes, with spaces between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The audience, which some servers ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

impl Auth {
    /// The secret that it needs.
    #[must_use]
    pub fn secret(&self) -> &SecretName {
        match self {
            Self::Bearer { secret } | Self::Basic { secret, .. } | Self::Header { secret, .. } => secret,
            Self::Oauth2(oauth2) => &oauth2.secret,
        }
    }
}

/// A message in a Slack channel, by an incoming webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    /// The name of the secret that holds the incoming webhook's URL: whoever knows it can post.
    pub secret: SecretName,
    /// The message's template in Slack's mrkdwn; one with the lead's fields where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
