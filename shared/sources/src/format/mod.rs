//! The formats: which platform sends, and in what shape.

mod about;
mod account_sync;
mod answers;
mod body;
mod calendly;
mod elementor;
mod form;
mod google_ads;
mod hubspot;
mod ids;
mod jotform;
mod json;
mod leadsquared;
mod linkedin;
mod meta_lead_ads;
mod nest;
mod presets;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tiktok;
mod typeform;
mod unbounce;
mod webflow;

pub(crate) use answers::OTHER_NAMES;

use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use leadyard_domain::config::Source;
use leadyard_domain::id::EventId;
use serde_json::{Map, Value};

use crate::capture::UsualKey;
use crate::fetch::Fetch;
use crate::request::{Malformed, Reply, Request, Split};
use crate::verify::Unauthentic;

pub use about::{Setting, Written};

/// Every format. A new platform is a file beside this one and a line here.
pub static FORMATS: &[Format] = &[
    account_sync::FORMAT,
    calendly::FORMAT,
    elementor::FORMAT,
    form::FORMAT,
    google_ads::FORMAT,
    presets::GOOGLE_FORMS,
    presets::GRAVITY_FORMS,
    hubspot::FORMAT,
    jotform::FORMAT,
    json::FORMAT,
    leadsquared::FORMAT,
    linkedin::FORMAT,
    meta_lead_ads::FORMAT,
    tally::FORMAT,
    tiktok::FORMAT,
    typeform::FORMAT,
    unbounce::FORMAT,
    webflow::FORMAT,
    presets::WPFORMS,
    presets::ZAPIER,
];

/// How one platform sends leads.
pub struct Format {
    /// Its name in a config.
    pub name: &'static str,
    /// What it is, in a few words, for people.
    pub title: &'static str,
    /// Proves that the request comes from where it should: over the raw bytes, in constant time.
    ///
    /// The secrets are the values under the name in the source's `verify`, more than one while a secret is changed. No
    /// value at all is a refusal, never a bypass.
    pub verify: Verify,
    /// Reads the events of a request, all or none. Ask [`Format::read`] instead, which bounds what comes out.
    split: fn(&Source, &Request<'_>) -> Result<Split, Malformed>,
    /// The answer when the events are safe; they come in the request's order.
    pub reply: fn(&Source, &[EventId]) -> Reply,
    /// Answers the `GET` by which the platform tries an endpoint, where it has one. It gets the secret that the source's
    /// `verify.challenge_secret()` names.
    pub challenge: Option<Challenge>,
    /// How a request proves itself, and which settings that needs: for people.
    pub proof: &'static str,
    /// What the sender is answered: for people.
    pub answer: &'static str,
    /// Whether the platform stops sending to an endpoint that refuses a body: what cannot be read is then answered like
    /// what can, and stands in the log as a failed event.
    pub forgiving: bool,
    /// Whether the platform tries an endpoint by `HEAD`.
    pub answers_head: bool,
    /// Keys of this platform beside those that every format knows.
    pub usual_keys: &'static [UsualKey],
    /// How the answers are fetched, where the platform sends ids only.
    pub fetch: Option<&'static Fetch>,
    /// Whether its events have other names for their fields beside (`other_names` leads from them to paths): mappings may
    /// use them, and the usual keys are looked for among them.
    pub names: bool,
    /// Settings of a source that only this format has, by their path and what they are for. See [`Format::settings`].
    pub own_settings: &'static [(&'static str, &'static str)],
    /// Writes an event as a sender would send it, where anybody may be one; `None` where only the platform is.
    pub example: Option<Example>,
}

/// What most formats are, for those that differ in some ways only: they write `..PLAIN`.
const PLAIN: Format = Format {
    name: "",
    title: "",
    verify: crate::verify::verify,
    split: |_, _| Ok(Split::Events(Vec::new())),
    reply: |_, _| reply(StatusCode::OK, "application/json", "{}".to_owned()),
    challenge: None,
    proof: "the secrecy of the URL, or what `verify` says",
    answer: "200 `{}`",
    forgiving: false,
    answers_head: false,
    usual_keys: &[],
    fetch: None,
    names: false,
    own_settings: &[],
    example: None,
};

impl Format {
    /// Reads the events of a request, all or none.
    ///
    /// # Errors
    /// The body cannot be read, or its events are too many or too large.
    pub fn read(&self, source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
        (self.split)(source, request)?.bounded()
    }
}

/// See [`Format::verify`].
pub type Verify = fn(&Source, &[&[u8]], &Request<'_>, Timestamp) -> Result<(), Unauthentic>;
/// See [`Format::example`].
pub type Example = fn(&Map<String, Value>) -> Written;
/// See [`Format::challenge`].
pub type Challenge = fn(&Source, &[&[u8]], &Request<'_>) -> Result<Reply, Unauthentic>;

/// A format by its name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The names of all formats, for the check of a config.
#[must_use]
pub fn format_names() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).collect()
}

/// An answer with a body of a media type.
fn reply(status: StatusCode, media_type: &'static str, body: String) -> Reply {
    let headers: Vec<(HeaderName, HeaderValue)> = vec![(header::CONTENT_TYPE, HeaderValue::from_static(media_type))];
    Reply { status, headers, body }
}
