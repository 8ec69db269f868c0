//! How an event is told from another, and from its own repeat.

use leadyard_domain::event::Identity;
use leadyard_domain::id::{AccountId, EventId, SourceId};

use crate::request::Part;

/// The id of an event and how its repeats are recognised.
///
/// `request` is the gateway's id of the request, `index` the event's place in it.
#[must_use]
pub fn identify(
    account: &AccountId,
    source: &SourceId,
    request: &str,
    index: usize,
    part: &Part,
) -> (EventId, Identity) {
    if let Some(id) = &part.external_id {
        return (EventId::from_external(account, source, id), Identity::External(id.clone()));
    }
    let hash = part.content_hash();
    (EventId::from_request(account, source, request, index, &hash), Identity::Body(hash))
}

#[cfg(test)]
mod tests {
    use leadyard_domain::event::Intent;

    use super::*;

    fn identified(json: &str, external_id: Option<&str>, request: &str, index: usize) -> (EventId, Identity) {
        let payload = serde_json::from_str(json).unwrap();
        let part = Part { payload, external_id: external_id.map(str::to_owned), intent: Intent::Capture };
        let (account, source) = (AccountId::new("main").unwrap(), SourceId::new("web").unwrap());
        identify(&account, &source, request, index, &part)
    }

    #[test]
    fn the_senders_id_is_the_identity_whatever_else_differs() {
        let one = identified(r#"{"a":1}"#, Some("42"), "r1", 0);
        assert_eq!(one, identified(r#"{"a":2}"#, Some("42"), "r2", 7));
        assert_ne!(one.0, identified(r#"{"a":1}"#, Some("43"), "r1", 0).0);
        assert_eq!(one.1, Identity::External("42".to_owned()));
    }

    #[test]
    fn without_one_the_canonical_body_is() {
        let one = identified(r#"{"b": {"y":1, "x":2}, "a":1}"#, None, "r1", 0);
        let same = identified(r#"{"a":1,"b":{"x":2,"y":1}}"#, None, "r1", 0);
        assert_eq!(one, same);
        assert_ne!(one.1, identified(r#"{"a":1,"b":{"x":2,"y":"1"}}"#, None, "r1", 0).1);
        // Two requests, or two places in one, are two events with one body: evaluate tells repeats by time.
        for (request, index) in [("r2", 0), ("r1", 1)] {
            let other = identified(r#"{"a":1,"b":{"x":2,"y":1}}"#, None, request, index);
            assert!(other.0 != one.0 && other.1 == one.1);
        }
    }
}
