//! Where leads come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Zone, is_true, yes};
use crate::field::FieldName;
use crate::id::{Entity, SecretName, SourceId};

/// One intake endpoint. Its URL holds a key that the API hands out once, when the source is first published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name in rules (`source.id`) and logs.
    pub id: SourceId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A disabled source answers like an unknown key: 404.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// Which platform sends: `json`, `form`, … (`GET /v1/formats` lists them).
    pub format: String,
    /// The lead type of what arrives here.
    #[serde(default = "default_entity")]
    pub entity: Entity,
    /// How a request proves where it comes from.
    #[serde(default)]
    pub verify: Verification,
    /// Where the sender's own id of an event stands. Without one, the same body within 60 s is a repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalIdFrom>,
    /// Outside fields to lead fields. Fields that no mapping names are matched by the format's usual keys, and what is
    /// left is kept under `extra`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mapping: Vec<Mapping>,
    /// The country of phone numbers without a country code, as ISO 3166 (`DE`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_country: Option<String>,
    /// The zone of times without one; the account's where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Zone>,
    /// The lead source that leads from here get; `utm.source` where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// How a known lead is found: the primary key, then the secondary.
    #[serde(default = "search_by")]
    pub search_by: Vec<SearchKey>,
    /// What may happen to leads.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// What happens to a known lead.
    #[serde(default)]
    pub on_duplicate: OnDuplicate,
    /// Which known leads count as the same lead.
    #[serde(default, skip_serializing_if = "Duplicates::is_default")]
    pub duplicates: Duplicates,
    /// What a sender that waits (`?wait=1`) is told of its lead.
    #[serde(default, skip_serializing_if = "Answers::is_default")]
    pub answers: Answers,
    /// Settings of the `form` format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<FormSettings>,
}

pub(crate) fn default_entity() -> Entity {
    Entity::new("lead").expect("a valid slug")
}

fn search_by() -> Vec<SearchKey> {
    let key = |name: &str| SearchKey(vec![FieldName::new(name).expect("a valid name")]);
    vec![key("email"), key("phone")]
}

/// How a request proves where it comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// By the secrecy of the URL alone.
    #[default]
    None,
    /// `Authorization: Bearer …` with this secret.
    Bearer(SecretRef),
    /// An HMAC over the raw body in a header.
    Hmac(HmacSettings),
    /// The Standard Webhooks headers, with a secret of the form `whsec_…`.
    StandardWebhooks(SecretRef),
    /// The way of the source's platform: `GET /v1/formats` says which one that is.
    Platform(PlatformSecrets),
}

impl Verification {
    /// The secret that it needs.
    #[must_use]
    pub fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::None => None,
            Self::Bearer(by) | Self::StandardWebhooks(by) => Some(&by.secret),
            Self::Hmac(settings) => Some(&settings.secret),
            Self::Platform(platform) => Some(&platform.secret),
        }
    }

    /// The secret by which the platform's try of the endpoint is answered.
    #[must_use]
    pub fn challenge_secret(&self) -> Option<&SecretName> {
        match self {
            Self::Platform(PlatformSecrets { challenge: Some(challenge), .. }) => Some(challenge),
            _ => self.secret(),
        }
    }
}

/// What a platform's own way of signing needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformSecrets {
    /// The name of the secret by which the platform proves itself.
    pub secret: SecretName,
    /// The name of the secret by which its try of the endpoint is answered, where it is another one (Meta's verify token).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<SecretName>,
}

/// A secret by name; its value is set through the API and never in a config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// The name under which it is kept.
    pub secret: SecretName,
}

/// An HMAC over the raw body in a header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HmacSettings {
    /// The name of the secret; its value is used as the key byte for byte.
    pub secret: SecretName,
    /// The header that holds the signature.
    pub header: String,
    /// The hash.
    #[serde(default)]
    pub algorithm: HmacAlgorithm,
    /// How the signature is written.
    #[serde(default)]
    pub encoding: HmacEncoding,
    /// What stands before the signature in the header, such as `sha256=`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

/// The hash of an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum HmacAlgorithm {
    #[default]
    Sha256,
    Sha512,
}

/// How an HMAC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum HmacEncoding {
    #[default]
    Hex,
    Base64,
}

/// Where the sender's own id of an event stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExternalIdFrom {
    /// A request header. Only for requests that hold one event.
    Header(String),
    /// A field of the event, by dotted path.
    Field(String),
}

/// One outside field and where it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The outside field, by dotted path: `contact.email`, `answers.0.text`.
    pub from: String,
    /// The lead's field.
    pub to: FieldName,
    /// Used only when the event has no value and the lead has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// The per-field switch.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
}

/// Fields that together find a lead, written `email` or `email+company`. One that is empty makes the key empty, and an
/// empty key never matches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct SearchKey(Vec<FieldName>);

impl SearchKey {
    /// The fields of the key.
    #[must_use]
    pub fn fields(&self) -> &[FieldName] {
        &self.0
    }
}

impl std::fmt::Display for SearchKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.0.iter().map(FieldName::as_str).collect();
        f.write_str(&names.join("+"))
    }
}

impl TryFrom<String> for SearchKey {
    type Error = crate::field::InvalidFieldName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.split('+').map(|name| FieldName::new(name.trim())).collect::<Result<_, _>>().map(Self)
    }
}

impl From<SearchKey> for String {
    fn from(key: SearchKey) -> String {
        key.to_string()
    }
}

/// What an event may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Create an unknown lead, update a known one.
    #[default]
    CreateAndUpdate,
    /// Create an unknown lead; a known one stays as it is.
    CreateOnly,
    /// Update a known lead; an unknown one is not created.
    UpdateOnly,
    /// Only log the event.
    Nothing,
}

/// What happens to a known lead when its event comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDuplicate {
    /// Fill the fields that are empty.
    #[default]
    Merge,
    /// Overwrite the fields that the event has.
    Update,
    /// Leave the lead as it is and mark the event for review.
    Flag,
    /// Leave the lead as it is and log the event as rejected.
    Reject,
}

/// Which known leads an event of a source is about. One that does not count stays as it is, and the event makes a new lead
/// beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Duplicates {
    /// Days since its first event after which a known lead counts no more; without it every known lead counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_days: Option<u16>,
    /// Whose leads count.
    pub scope: DuplicateScope,
}

impl Duplicates {
    /// Whether every known lead counts.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What a sender that waits (`?wait=1`) is told of its lead. Nothing but that it was taken, unless the owner allows more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// Whether the lead was accepted, and its id; or why not.
    pub outcome: bool,
    /// The `public_name` of whoever got it; only with `outcome`.
    pub assignee: bool,
}

impl Answers {
    /// Whether nothing more is told.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Whose leads count as duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateScope {
    /// Those of every source of the entity.
    #[default]
    Account,
    /// Those that came by the same source.
    Source,
    /// Nobody's: each event is a lead, and a partner who had one of the same person within its `duplicate_days` is passed
    /// over for it.
    Partner,
}

/// Settings of the `form` format.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FormSettings {
    /// Where the browser goes afterwards (303); without one the answer is 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thank_you_url: Option<String>,
    /// A field that people do not see: a form that fills it is accepted and forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub honeypot: Option<String>,
    /// The pages that may post here (`https://example.com`); empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
}
