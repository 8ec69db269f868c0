//! Where leads come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::notify::Notify;
use super::platform::{BasicSecret, HeaderSecret, HubspotSettings};
use super::sync::SyncSettings;
use super::transform::Transform;
use super::{FormPage, Zone, is_true, yes};
use crate::field::FieldName;
use crate::id::{DestinationId, Entity, SecretName, SourceId};

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
    /// The destination, of channel `email`, that answers who sent a new lead: its recipient is a template such as
    /// `{{ lead.fields.email }}`. Once a lead; not for rows of files, and not for who left no email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_reply: Option<DestinationId>,
    /// What is done with what another account tells, where the sender is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncSettings>,
    /// Settings of the `form` format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<FormSettings>,
    /// Where the answers of a lead are fetched, for platforms that send ids only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<FetchSettings>,
    /// Settings of the `hubspot` format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hubspot: Option<HubspotSettings>,
    /// Who is told by email when its events fail, at most once an hour. Nobody where none is given: what `account.notify`
    /// says is about destinations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<Notify>,
    /// Who may see and change it over the API; by the role of the key alone where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
}

/// Most keys by which a source finds leads: the primary and the secondary.
pub const SEARCH_KEYS_MAX: usize = 2;

impl Source {
    /// Every secret that it names.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        let challenge = match &self.verify {
            Verification::Platform(platform) => platform.challenge.as_ref(),
            _ => None,
        };
        let token = self.fetch.as_ref().map(|fetch| &fetch.token);
        [self.verify.secret(), challenge, token].into_iter().flatten()
    }

    /// The keys by which a known lead is found: the fields that its mapping marks as unique, each by itself, then those of
    /// `search_by`; the first [`SEARCH_KEYS_MAX`].
    #[must_use]
    pub fn search_keys(&self) -> Vec<SearchKey> {
        let marked = self.mapping.iter().filter(|mapping| mapping.unique && mapping.enabled);
        let marked = marked.map(|mapping| SearchKey(vec![mapping.to.clone()]));
        let mut keys: Vec<SearchKey> = Vec::new();
        for key in marked.chain(self.search_by.iter().cloned()) {
            if keys.len() < SEARCH_KEYS_MAX && !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// Whether `search_by` is what it is where nothing is said.
    pub(crate) fn searches_as_usual(&self) -> bool {
        self.search_by == search_by()
    }
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
    /// By the secrecy of the URL alone. Formats whose platform signs take nobody in then; see `url`.
    #[default]
    None,
    /// `Authorization: Bearer …` with this secret.
    Bearer(SecretRef),
    /// `Authorization: Basic …` with this name and the secret as the password.
    Basic(BasicSecret),
    /// A header that holds the secret, such as `X-Api-Key`.
    Header(HeaderSecret),
    /// An HMAC over the raw body in a header.
    Hmac(HmacSettings),
    /// The Standard Webhooks headers, with a secret of the form `whsec_…`.
    StandardWebhooks(SecretRef),
    /// The way of the source's platform: `GET /v1/formats` says which one that is.
    Platform(PlatformSecrets),
    /// By the secrecy of the URL alone, on purpose: also where the platform could sign and is not set up to.
    Url,
}

impl Verification {
    /// The secret that it needs.
    #[must_use]
    pub fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::None | Self::Url => None,
            Self::Basic(by) => Some(&by.secret),
            Self::Header(by) => Some(&by.secret),
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
    /// What is done to the value before it gets its field's type, in this order. Not done to the default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transform: Vec<Transform>,
    /// The field's value belongs to one lead: it is searched by before what `search_by` says.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
}

/// For `skip_serializing_if`, which hands over a reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !*value
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
    /// The pages that may post here (`https://example.com`); empty means all. A hosted page always may, and may be shown in
    /// a frame of these pages and no others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
    /// A form to be hosted with the source, at `GET /f/{key}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<FormPage>,
}

/// Where the answers of a lead are fetched, for platforms that send ids only (`meta_lead_ads`, `linkedin`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FetchSettings {
    /// The name of the secret that holds the platform's access token.
    pub token: SecretName,
    /// Where the platform's API is; the platform's own address where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The version of the platform's API, as its own documents write it; the one that this program knows where none is
    /// given. Platforms switch old versions off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Most requests a second, 1 to 1,000.
    #[serde(default = "per_second", skip_serializing_if = "is_per_second")]
    pub per_second: u32,
    /// What is looked through for leads that never arrived: ids of forms at Meta, URNs of ad accounts and organisations
    /// at LinkedIn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<String>,
}

/// Well below what any platform allows, and far more than leads come in.
fn per_second() -> u32 {
    10
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_per_second(value: &u32) -> bool {
    *value == per_second()
}
