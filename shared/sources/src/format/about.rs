//! What there is to tell people about a format.

use http::{HeaderMap, Method};
use jiff::Timestamp;
use leadyard_domain::config::{Source, Verification};

use super::Format;
use crate::capture::USUAL_KEYS;
use crate::request::Request;
use crate::verify::Unauthentic;

/// A setting of a source that a format has a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Where it stands in the source: `verify.platform.secret`.
    pub path: &'static str,
    /// Whether no event is taken without it.
    pub required: bool,
    /// What it is for, in a few words.
    pub what: &'static str,
}

/// An event as a sender would send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The header `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Format {
    /// The settings of a source that this format needs or has a use for, the needed ones first.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        let signs = self.signs();
        if signs {
            let what = "the name of the secret by which the platform proves itself";
            settings.push(Setting { path: "verify.platform.secret", required: true, what });
        }
        if self.challenge.is_some() && signs {
            let what =
                "the name of the secret that answers the platform's try of the endpoint, where it is another one";
            settings.push(Setting { path: "verify.platform.challenge", required: false, what });
        }
        let own = self.own_settings.iter();
        settings.extend(own.map(|&(path, what)| Setting { path, required: false, what }));
        settings
    }

    /// Whether the platform proves itself in a way of its own. Told by what it refuses, so that the two cannot part.
    #[must_use]
    pub fn signs(&self) -> bool {
        let probe = serde_json::from_value(serde_json::json!({ "id": "probe", "format": self.name }));
        let Ok(source): Result<Source, _> = probe else { return false };
        debug_assert_eq!(source.verify, Verification::None, "the default proves nothing");
        self.needs_platform(&source)
    }

    /// Whether a source of this format lets nobody in because its `verify` is not the platform's own way, and no other one
    /// that this platform can go.
    #[must_use]
    pub fn needs_platform(&self, source: &Source) -> bool {
        let verified = probe(&Method::POST, |request| (self.verify)(source, &[], request, Timestamp::UNIX_EPOCH));
        verified == Err(Unauthentic::NoPlatformSecret)
    }

    /// Whether `verify: url` is enough where the owner says so.
    #[must_use]
    pub fn takes_url(&self) -> bool {
        let source = serde_json::from_value(serde_json::json!({ "id": "probe", "format": self.name, "verify": "url" }));
        source.is_ok_and(|source: Source| !self.needs_platform(&source))
    }

    /// Whether a source of this format cannot answer the platform's try of the endpoint, for want of
    /// `verify.platform.challenge`.
    #[must_use]
    pub fn needs_challenge(&self, source: &Source) -> bool {
        let Some(challenge) = self.challenge else { return false };
        let answered = probe(&Method::GET, |request| challenge(source, &[b"probe"], request));
        answered == Err(Unauthentic::NoChallengeSecret)
    }

    /// Which outside names fill which field without any mapping: those of the platform first. Names are compared without
    /// case and without anything that is no letter or digit; of a field's names the first that has a value counts.
    pub fn default_mapping(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut mapping: Vec<(&str, Vec<&str>)> = Vec::new();
        for (field, names) in self.usual_keys.iter().chain(USUAL_KEYS) {
            match mapping.iter_mut().find(|(known, _)| known == field) {
                Some((_, known)) => known.extend(names.iter().copied()),
                None => mapping.push((field, names.to_vec())),
            }
        }
        mapping
    }
}

/// Asks about a request that nobody sent.
fn probe<T>(method: &Method, ask: impl FnOnce(&Request<'_>) -> T) -> T {
    let headers = HeaderMap::new();
    ask(&Request {
        id: "",
        method,
        url: "",
        query: "",
        headers: &headers,
        received_at: Timestamp::UNIX_EPOCH,
        body: b"{}",
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{FORMATS, PLAIN, format};
    use super::*;
    use crate::request::Split;

    const SIGNED: Format = Format {
        name: "signed",
        verify: |source, secrets, _, _| crate::verify::platform(source, secrets).map(|_| ()),
        challenge: Some(|_, _, _| Err(Unauthentic::NoSecret)),
        usual_keys: &[("email", &["mailbox"]), ("score", &["points"])],
        ..PLAIN
    };

    #[test]
    fn a_format_that_signs_needs_its_secret() {
        let required = |format: &Format| {
            let needed: Vec<_> = format.settings().into_iter().filter(|its| its.required).map(|its| its.path).collect();
            needed
        };
        assert_eq!(required(&SIGNED), ["verify.platform.secret"]);
        assert_eq!(SIGNED.settings()[1].path, "verify.platform.challenge");
        let json = format("json").unwrap();
        assert!(required(json).is_empty() && json.settings().is_empty());
        assert_eq!(format("form").unwrap().settings().len(), 3);
    }

    #[test]
    fn the_names_of_the_platform_come_first() {
        let mapping = SIGNED.default_mapping();
        assert_eq!(mapping[0].1[..2], ["mailbox", "email"]);
        assert!(mapping.contains(&("score", vec!["points"])));
    }

    #[test]
    fn examples_are_read_by_their_own_format() {
        let event = json!({"email": "anna@example.com", "topics": ["a", "b"], "message": "1 & 2 = 3?"});
        let event = event.as_object().unwrap();
        for format in FORMATS {
            let Some(example) = format.example else { continue };
            let Written { content_type, body } = example(event);
            let source: Source = serde_json::from_value(json!({"id": "web", "format": format.name})).unwrap();
            let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, content_type.parse().unwrap())]);
            let method = Method::POST;
            let request = Request {
                id: "1",
                method: &method,
                url: "",
                query: "",
                headers: &headers,
                received_at: Timestamp::UNIX_EPOCH,
                body: body.as_bytes(),
            };
            let Split::Events(parts) = (format.split)(&source, &request).unwrap() else { panic!("{}", format.name) };
            assert_eq!(Value::Object(parts[0].payload.clone()), json!(event), "{}", format.name);
        }
    }
}
