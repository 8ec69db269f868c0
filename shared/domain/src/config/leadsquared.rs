//! How a lead comes into a LeadSquared account: by its lead capture API, or with an activity by the API that makes both.
//!
//! What is said of LeadSquared here and where its answers are read comes from its own pages, each named as
//! `apidocs.leadsquared.com/PAGE`. What stands on none of them is marked so.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::delivery::AnswerRule;
use crate::id::SecretName;

/// The API host of accounts in Singapore, the one without a region in its name (`user-authentication`).
pub const LEADSQUARED_HOST: &str = "https://api.leadsquared.com";

/// Which attribute each field of a lead goes to where a destination does not say it: the attribute's schema name, and the
/// fields of which the first that has a value fills it.
///
/// The attributes are those of `create-a-lead`, `get-lead-by-phone` and `capture-leads-async`; that every account has the
/// `mx_` ones of an address is from memory.
pub const LEADSQUARED_FIELDS: &[(&str, &[&str])] = &[
    ("FirstName", &["first_name"]),
    ("LastName", &["last_name"]),
    ("EmailAddress", &["email"]),
    ("Phone", &["phone"]),
    ("Company", &["company"]),
    ("JobTitle", &["job_title"]),
    ("Website", &["website"]),
    ("mx_Street1", &["street"]),
    ("mx_City", &["city"]),
    ("mx_State", &["state"]),
    ("mx_Zip", &["postal_code"]),
    ("mx_Country", &["country"]),
    ("Notes", &["message"]),
    ("ProspectStage", &["stage"]),
    ("Source", &["lead_source", "utm.source"]),
    ("SourceMedium", &["utm.medium"]),
    ("SourceCampaign", &["utm.campaign"]),
    ("SourceContent", &["utm.content"]),
    ("SourceReferrerURL", &["referrer"]),
];

/// A lead in a LeadSquared account. It finds the lead that it has already, or makes a new one (`capture-lead`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leadsquared {
    /// The API host of the account's region, such as `https://api-in21.leadsquared.com`; the one without a region where none
    /// is given. LeadSquared answers 401 at another region's.
    #[serde(default = "host", skip_serializing_if = "is_general")]
    pub host: String,
    /// The name of the secret that holds the access key.
    pub access_key: SecretName,
    /// The name of the secret that holds the secret key.
    pub secret_key: SecretName,
    /// The attribute by which LeadSquared looks for the lead, such as `Phone`. Where none is given, or the lead has no value
    /// of it, LeadSquared looks by email, then by phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_by: Option<String>,
    /// Attributes by their schema names, each with a template; a pair without a value is left out. Where nothing is said,
    /// every built-in field that LeadSquared has an attribute for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// What is written over of a lead that LeadSquared has already. Not with an activity.
    #[serde(default, skip_serializing_if = "LeadUpdate::is_default")]
    pub update: LeadUpdate,
    /// An activity on the lead, made in the same call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<LeadsquaredActivity>,
    /// What answers mean, before all that docs/delivery.md says of LeadSquared's; the first that fits decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerRule>,
    /// The whole exchange including the answer's body, 1 to 30 s.
    #[serde(default = "timeout_s")]
    pub timeout_s: u16,
}

fn host() -> String {
    LEADSQUARED_HOST.to_owned()
}

fn is_general(host: &str) -> bool {
    host == LEADSQUARED_HOST
}

fn timeout_s() -> u16 {
    15
}

impl Leadsquared {
    /// The host without what may stand behind it: LeadSquared's own pages write it with and without `/v2/`.
    #[must_use]
    pub fn base(&self) -> &str {
        let host = self.host.trim_end_matches('/');
        host.strip_suffix("/v2").unwrap_or(host).trim_end_matches('/')
    }

    /// The attributes of the lead that may be sent.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        let usual = if self.fields.is_empty() { LEADSQUARED_FIELDS } else { &[] };
        self.fields.keys().map(String::as_str).chain(usual.iter().map(|(attribute, _)| *attribute))
    }
}

/// What is written over of a known lead: `LeadUpdateBehavior` of `capture-lead`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadUpdate {
    /// Everything that is sent.
    #[default]
    All,
    /// Nothing.
    None,
    /// What has no value there.
    OnlyEmptyFields,
    /// Everything but what is unique, such as email and phone.
    NotUniqueFields,
}

impl LeadUpdate {
    /// Whether it is what LeadSquared does by itself.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The value of LeadSquared's parameter.
    #[must_use]
    pub fn behavior(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::None => Some("DoNotUpdate"),
            Self::OnlyEmptyFields => Some("UpdateOnlyEmptyFields"),
            Self::NotUniqueFields => Some("DoNotUpdateUniqueFields"),
        }
    }
}

/// An activity on the lead (`create-lead-and-activity`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadsquaredActivity {
    /// The code of the activity's type in the account.
    pub event: u32,
    /// The note's template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Fields of the activity by their schema names, such as `mx_Custom_1`, each with a template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::BUILT_IN;

    fn settings(host: &str) -> Leadsquared {
        serde_json::from_value(serde_json::json!({ "host": host, "access_key": "a", "secret_key": "s" })).unwrap()
    }

    #[test]
    fn a_host_is_taken_as_leadsquared_writes_it() {
        for written in
            ["https://api.leadsquared.com", "https://api.leadsquared.com/", "https://api.leadsquared.com/v2/"]
        {
            assert_eq!(settings(written).base(), LEADSQUARED_HOST, "{written}");
        }
    }

    #[test]
    fn every_usual_attribute_is_filled_by_a_field_that_exists() {
        for (attribute, fields) in LEADSQUARED_FIELDS {
            for field in *fields {
                assert!(BUILT_IN.iter().any(|(name, _)| name == field), "{attribute}: {field}");
            }
        }
    }

    #[test]
    fn what_is_usual_is_not_written_out() {
        let short = serde_json::json!({ "access_key": "a", "secret_key": "s", "timeout_s": 15 });
        let read: Leadsquared = serde_json::from_value(short.clone()).unwrap();
        assert_eq!((read.host.as_str(), read.update.behavior()), (LEADSQUARED_HOST, None));
        assert_eq!(serde_json::to_value(&read).unwrap(), short);
    }
}
