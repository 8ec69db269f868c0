//! A LeadSquared account that does what its pages say: keys in headers, pairs of attribute and value, a lead that is found
//! or made, an activity on it, errors by exception, a limit of calls. For a [`Receiver`](crate::Receiver) to answer with.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::receiver::{Answered, Came};

/// The attributes that an account has from the beginning, as far as anybody here sends them.
const ATTRIBUTES: [&str; 21] = [
    "ProspectID",
    "FirstName",
    "LastName",
    "EmailAddress",
    "Phone",
    "Company",
    "JobTitle",
    "Website",
    "mx_Street1",
    "mx_City",
    "mx_State",
    "mx_Zip",
    "mx_Country",
    "Notes",
    "ProspectStage",
    "Source",
    "SourceMedium",
    "SourceCampaign",
    "SourceContent",
    "SourceReferrerURL",
    "Score",
];
/// Attributes of which no two leads have the same value.
const UNIQUE: [&str; 2] = ["EmailAddress", "Phone"];

/// An account.
#[derive(Clone, Default)]
pub struct Leadsquared(Arc<Mutex<State>>);

/// A lead's attributes.
type Attributes = BTreeMap<String, String>;

#[derive(Default)]
struct State {
    access: String,
    secret: String,
    leads: Vec<Attributes>,
    activities: Vec<(usize, Value)>,
    events: Vec<u64>,
    refuse: u32,
}

/// What the API says instead of success: a status, an exception and its message.
struct Refused(u16, &'static str, String);

impl Leadsquared {
    /// An account with these keys and one activity type, 201.
    #[must_use]
    pub fn new(access: &str, secret: &str) -> Self {
        let state =
            State { access: access.to_owned(), secret: secret.to_owned(), events: vec![201], ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Its leads, the oldest first.
    pub fn leads(&self) -> Vec<BTreeMap<String, String>> {
        self.state(|state| state.leads.clone())
    }

    /// Its activities: the place of the lead, and the activity as it was sent.
    pub fn activities(&self) -> Vec<(usize, Value)> {
        self.state(|state| state.activities.clone())
    }

    /// A lead that somebody entered by hand.
    pub fn enter(&self, lead: &[(&str, &str)]) {
        let lead = lead.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.state(|state| state.leads.push(lead));
    }

    /// So many further calls are too many.
    pub fn refuse(&self, calls: u32) {
        self.state(|state| state.refuse = calls);
    }

    /// What a receiver answers with.
    pub fn script(&self) -> impl FnMut(&Came) -> Answered + Send + use<> {
        let account = self.clone();
        move |came| account.state(|state| state.answer(came))
    }

    fn state<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn answer(&mut self, came: &Came) -> Answered {
        let (status, body) = match self.call(came) {
            Ok(message) => (200, json!({ "Status": "Success", "Message": message })),
            Err(Refused(status, exception, message)) => {
                (status, json!({ "Status": "Error", "ExceptionType": exception, "ExceptionMessage": message }))
            }
        };
        Answered::With(status, vec![("content-type", "application/json".to_owned())], body.to_string())
    }

    fn call(&mut self, came: &Came) -> Result<Value, Refused> {
        let key = |name: &str| came.header(name).unwrap_or_default();
        if key("x-lsq-accesskey") != self.access || key("x-lsq-secretkey") != self.secret {
            let message = format!("Invalid keys {} {}", key("x-lsq-accesskey"), key("x-lsq-secretkey"));
            return Err(Refused(401, "MXUnAuthorizedAccessException", message));
        }
        if self.refuse > 0 {
            self.refuse -= 1;
            let message = "API calls exceeded the limit of 25 in 5 second(s)".to_owned();
            return Err(Refused(429, "MXAPIRateLimitExceededException", message));
        }
        let malformed = || Refused(400, "MXInvalidInputException", "Invalid JSON".to_owned());
        if came.header("content-type") != Some("application/json") {
            return Err(malformed());
        }
        let body: Value = serde_json::from_str(&came.body).map_err(|_| malformed())?;
        let target = came.what.strip_prefix("POST ").unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let lead = match path {
            "/v2/LeadManagement.svc/Lead.Capture" => return self.put(&body, query).map(|lead| id(lead.0, lead.1)),
            "/v2/ProspectActivity.svc/CreateCustom" => &body["LeadDetails"],
            _ => return Err(Refused(404, "MXNotFoundException", "The API could not be found".to_owned())),
        };
        let activity = &body["Activity"];
        if !activity["ActivityEvent"].as_u64().is_some_and(|event| self.events.contains(&event)) {
            let message = "Event Code is invalid or empty".to_owned();
            return Err(Refused(500, "MXInvalidActivityException", message));
        }
        let (place, created) = self.put(lead, query)?;
        self.activities.push((place, activity.clone()));
        Ok(id(place, created))
    }

    /// Finds the lead or makes it; answers its place and whether it is new.
    fn put(&mut self, pairs: &Value, query: &str) -> Result<(usize, bool), Refused> {
        let invalid = |message: String| Refused(500, "MXInvalidInputException", message);
        let pairs = pairs.as_array().ok_or_else(|| invalid("Invalid Input! Parameter Name: lead".to_owned()))?;
        let mut lead = Attributes::new();
        let mut by = None;
        for pair in pairs {
            let (Some(name), Some(value)) = (pair["Attribute"].as_str(), pair["Value"].as_str()) else {
                return Err(invalid("Invalid Input! Parameter Name: Attribute".to_owned()));
            };
            if name == "SearchBy" {
                by = Some(value.to_owned());
            } else if ATTRIBUTES.contains(&name) {
                lead.insert(name.to_owned(), value.to_owned());
            } else {
                let message = format!("Attribute(s) does not exist - {name}.");
                return Err(Refused(500, "MXUnknownAttributeException", message));
            }
        }
        let with = |state: &Self, name: &str| {
            let value = lead.get(name)?;
            state.leads.iter().position(|known| known.get(name) == Some(value))
        };
        let found = match &by {
            Some(by) if !lead.contains_key(by) => return Err(invalid("Invalid SearchBy value provided".to_owned())),
            Some(by) => with(self, by),
            None => UNIQUE.iter().find_map(|name| with(self, name)),
        };
        for name in UNIQUE {
            if with(self, name).is_some_and(|other| Some(other) != found) {
                let message = format!("Duplicate entry '{}' for key 'UQ_Prospect_Base_{name}'", lead[name]);
                return Err(Refused(500, "MXDuplicateEntryException", message));
            }
        }
        let Some(place) = found else {
            self.leads.push(lead);
            return Ok((self.leads.len() - 1, true));
        };
        for (name, value) in lead {
            let keeps = match query {
                "LeadUpdateBehavior=DoNotUpdate" => true,
                "LeadUpdateBehavior=UpdateOnlyEmptyFields" => self.leads[place].contains_key(&name),
                "LeadUpdateBehavior=DoNotUpdateUniqueFields" => UNIQUE.contains(&name.as_str()),
                _ => false,
            };
            if !keeps {
                self.leads[place].insert(name, value);
            }
        }
        Ok((place, false))
    }
}

fn id(place: usize, created: bool) -> Value {
    let id = format!("00000000-0000-4000-8000-{place:012}");
    json!({ "Id": id, "RelatedId": id, "IsCreated": created })
}
