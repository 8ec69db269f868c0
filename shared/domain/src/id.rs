//! Names of things, each its own type, so that two of them cannot be swapped.
//!
//! Ids that a person writes (`AccountId`, `PoolId`, …) are slugs: `[a-z0-9][a-z0-9_-]{0,63}`. Ids that the engine makes
//! (`EventId`, `LeadId`, `ActivityId`, `DeliveryId`) are derived from their input by SHA-256, never random, so that a retried step
//! arrives at the same id.
//!
//! A decision names thousands of candidates, so an id costs little to clone: a short one stands where it is used.

use std::fmt;

use data_encoding::{Encoding, Specification};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

/// The longest slug, in bytes.
pub const SLUG_BYTES_MAX: usize = 64;

/// A text that is no valid id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no valid {kind}: {expected}")]
pub struct InvalidId {
    kind: &'static str,
    text: String,
    expected: &'static str,
}

const SLUG: &str = "use 1 to 64 characters of a-z, 0-9, '-' and '_', starting with a letter or digit";

fn is_slug(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=SLUG_BYTES_MAX).contains(&bytes.len())
        && !matches!(bytes[0], b'-' | b'_')
        && bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $valid:expr, $expected:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(SmolStr);

        impl $name {
            /// Checks and wraps a text.
            ///
            /// # Errors
            /// [`InvalidId`] names the text and the shape that was expected.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidId { kind: $kind, text: text.chars().take(80).collect(), expected: $expected })
                }
            }

            /// The id as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A tenant: everything else belongs to exactly one.
    AccountId, "account id", is_slug, SLUG
);
id!(
    /// One intake endpoint of an account.
    SourceId, "source id", is_slug, SLUG
);
id!(
    /// A user or partner who can be given a lead.
    AssigneeId, "assignee id", is_slug, SLUG
);
id!(
    /// A named group of assignees with a strategy.
    PoolId, "pool id", is_slug, SLUG
);
id!(
    /// A shared line of leads whose members claim them.
    QueueId, "queue id", is_slug, SLUG
);
id!(
    /// Weekly hours that several assignees share.
    ScheduleId, "schedule id", is_slug, SLUG
);
id!(
    /// Days on which nobody who observes them works.
    CalendarId, "calendar id", is_slug, SLUG
);
id!(
    /// A distribution profile: the ordered rules of one entity.
    ProfileId, "profile id", is_slug, SLUG
);
id!(
    /// A rule of a profile.
    RuleId, "rule id", is_slug, SLUG
);
id!(
    /// Where a delivery goes.
    DestinationId, "destination id", is_slug, SLUG
);
id!(
    /// The lead type that a profile distributes, such as `mortgage`.
    Entity, "entity", is_slug, SLUG
);
id!(
    /// The name under which a secret is kept; the config holds names, never values.
    SecretName, "secret name", is_slug, SLUG
);
id!(
    /// The name by which other accounts know an account; its id where nothing else is said.
    AccountName, "account name", is_slug, SLUG
);
id!(
    /// What is done when leads change.
    AutomationId, "automation id", is_slug, SLUG
);
id!(
    /// A list of values kept beside the config, such as the ZIP codes of a territory.
    ListName, "list name", is_slug, SLUG
);
id!(
    /// What an activity is, such as `call`, `visit` or `form_submission`.
    ActivityType, "activity type", is_slug, SLUG
);
id!(
    /// One received event: `evt_` and 26 characters.
    EventId, "event id", |text| has_digest(text, "evt_"), "it is 'evt_' and 26 characters"
);
id!(
    /// One import of a file: `imp_` and 26 characters.
    ImportId, "import id", |text| has_digest(text, "imp_"), "it is 'imp_' and 26 characters"
);
id!(
    /// One backfill: `bf_` and 26 characters, of which the first 10 tell when it was begun. So ids sort by that.
    BackfillId, "backfill id", |text| has_digest(text, "bf_"), "it is 'bf_' and 26 characters"
);
id!(
    /// One lead: `lead_` and 26 characters.
    LeadId, "lead id", |text| has_digest(text, "lead_"), "it is 'lead_' and 26 characters"
);
id!(
    /// One activity: `act_` and 26 characters. Unique within its lead.
    ActivityId, "activity id", |text| has_digest(text, "act_"), "it is 'act_' and 26 characters"
);
id!(
    /// One (assignment, destination) pair: `dlv_{lead's 26 characters}_{attempt}_{destination}`; for a notice about the
    /// assignment the attempt is followed by `.` and the step of its service level. What is sent of the lead itself, whoever
    /// has it, has `reply` there (the answer to who sent it), or `v` and the version of the
    /// lead that another system is told of, or `a`, an activity's 26 characters, `v` and its version.
    ///
    /// The lead and the destination can be read off it, so a delivery is found by its id alone. It goes out as
    /// `webhook-id` on every attempt.
    DeliveryId, "delivery id", |text| split_delivery(text).is_some(),
    "it is 'dlv_', 26 characters, '_', the attempt, 'reply' or 'v' and a version, '_' and the destination"
);

/// Crockford's base 32 in lower case: no padding, no letters that are read as digits.
fn base32() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    // The alphabet is fixed and has 32 distinct symbols.
    specification.encoding().expect("a 32-symbol alphabet is a valid encoding")
}

/// The first 128 bits of a SHA-256 over length-prefixed parts, as 26 characters.
fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps ("ab", "c") apart from ("a", "bc").
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    base32().encode(&hash.finalize()[..16])
}

const DIGEST_CHARS: usize = 26;

fn is_digest(text: &str) -> bool {
    text.len() == DIGEST_CHARS && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

fn has_digest(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(is_digest)
}

/// What a delivery is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryKind {
    /// The lead, for whom an attempt gave it to.
    Assigned {
        /// The attempt, from 1.
        attempt: u32,
    },
    /// A step of the service level of an attempt.
    Notice {
        /// The attempt, from 1.
        attempt: u32,
        /// The step, from 1.
        step: u32,
    },
    /// The answer to who sent the lead.
    Reply,
    /// What another system is told of the lead.
    Push {
        /// The version that set it off, from 1.
        version: u64,
    },
    /// What another system is told of something that happened to the lead; [`DeliveryId::activity`] says of what.
    Activity {
        /// The version of the activity that set it off, from 1.
        version: u64,
    },
}

const REPLY: &str = "reply";

/// What a delivery's id tells.
struct DeliveryParts<'a> {
    lead: &'a str,
    /// What stands between the lead and the destination.
    middle: &'a str,
    kind: DeliveryKind,
    destination: &'a str,
}

fn split_delivery(text: &str) -> Option<DeliveryParts<'_>> {
    let mut parts = text.strip_prefix("dlv_")?.splitn(3, '_');
    let (lead, attempt, destination) = (parts.next()?, parts.next()?, parts.next()?);
    let count = |text: &str| text.parse().ok().filter(|&n: &u32| n > 0);
    let version = |text: &str| text.strip_prefix('v')?.parse().ok().filter(|&n: &u64| n > 0);
    let kind = match (attempt, attempt.split_once('.')) {
        (REPLY, _) => DeliveryKind::Reply,
        (text, None) if text.starts_with('v') => DeliveryKind::Push { version: version(text)? },
        (text, None) if text.starts_with('a') => {
            let (activity, told) = text.strip_prefix('a')?.split_at_checked(DIGEST_CHARS)?;
            is_digest(activity).then_some(DeliveryKind::Activity { version: version(told)? })?
        }
        (_, Some((attempt, step))) => DeliveryKind::Notice { attempt: count(attempt)?, step: count(step)? },
        (attempt, None) => DeliveryKind::Assigned { attempt: count(attempt)? },
    };
    (is_digest(lead) && is_slug(destination)).then_some(DeliveryParts { lead, middle: attempt, kind, destination })
}

impl EventId {
    /// The id of an event that the sender named itself: a repeat of the same event has the same id.
    #[must_use]
    pub fn from_external(account: &AccountId, source: &SourceId, external_id: &str) -> Self {
        let parts = [b"external", account.as_str().as_bytes(), source.as_str().as_bytes(), external_id.as_bytes()];
        Self(format!("evt_{}", digest(&parts)).into())
    }

    /// The id of an event without an external id: its body, the request that carried it and its place in that request.
    ///
    /// `request` is the gateway's request id. Repeats of such an event are found by [`body_hash`] instead.
    #[must_use]
    pub fn from_request(account: &AccountId, source: &SourceId, request: &str, index: usize, body_hash: &str) -> Self {
        let parts = [
            b"request".as_slice(),
            account.as_str().as_bytes(),
            source.as_str().as_bytes(),
            request.as_bytes(),
            &index.to_be_bytes(),
            body_hash.as_bytes(),
        ];
        Self(format!("evt_{}", digest(&parts)).into())
    }
}

impl ImportId {
    /// The import that was asked for under a name of the caller's own, or under a random one: whoever asks again under the
    /// same name means the same import.
    #[must_use]
    pub fn from_name(account: &AccountId, name: &str) -> Self {
        Self(format!("imp_{}", digest(&[b"import", account.as_str().as_bytes(), name.as_bytes()])).into())
    }
}

/// Characters of a moment in the beginning of an id: 50 bits of milliseconds.
const MOMENT_CHARS: usize = 10;

impl BackfillId {
    /// The backfill of an automation that was begun at a moment, to the millisecond.
    #[must_use]
    pub fn of(account: &AccountId, automation: &AutomationId, at: Timestamp) -> Self {
        let millis = at.as_millisecond().max(0).to_be_bytes();
        let what = digest(&[b"backfill", account.as_str().as_bytes(), automation.as_str().as_bytes(), &millis]);
        // The upper bits of the number are zero: shifted to where 10 characters of 5 bits end, they are left out.
        let bits = u64::from_be_bytes(millis) << 14;
        let moment = base32().encode(&bits.to_be_bytes());
        Self(format!("bf_{}{}", &moment[..MOMENT_CHARS], &what[..DIGEST_CHARS - MOMENT_CHARS]).into())
    }
}

impl LeadId {
    /// The lead that an event creates.
    #[must_use]
    pub fn from_event(event: &EventId) -> Self {
        Self(format!("lead_{}", digest(&[b"lead", event.as_str().as_bytes()])).into())
    }
}

impl AccountName {
    /// The name of an account for which no other is said: its id.
    #[must_use]
    pub fn of(account: &AccountId) -> Self {
        // Both are slugs.
        Self(account.0.clone())
    }
}

impl ActivityId {
    /// The id without its prefix.
    fn digest(&self) -> &str {
        self.as_str().trim_start_matches("act_")
    }

    /// The activity that its sender named itself: whoever names it again means the same one.
    #[must_use]
    pub fn from_external(account: &AccountId, external_id: &str) -> Self {
        let parts = [b"activity external".as_slice(), account.as_str().as_bytes(), external_id.as_bytes()];
        Self(format!("act_{}", digest(&parts)).into())
    }

    /// The activity that nobody named: of one type there is one of a lead at a moment, to the millisecond, which is as much as
    /// most senders tell.
    #[must_use]
    pub fn from_what(account: &AccountId, lead: &LeadId, kind: &ActivityType, at: Timestamp) -> Self {
        let parts = [
            b"activity what".as_slice(),
            account.as_str().as_bytes(),
            lead.as_str().as_bytes(),
            kind.as_str().as_bytes(),
            &at.as_millisecond().to_be_bytes(),
        ];
        Self(format!("act_{}", digest(&parts)).into())
    }

    /// The activity that another account made, by its id there.
    #[must_use]
    pub fn from_origin(account: &AccountName, id: &str) -> Self {
        let parts = [b"activity origin".as_slice(), account.as_str().as_bytes(), id.as_bytes()];
        Self(format!("act_{}", digest(&parts)).into())
    }
}

impl LeadId {
    /// The id without its prefix.
    fn digest(&self) -> &str {
        self.as_str().trim_start_matches("lead_")
    }
}

impl DeliveryId {
    /// The delivery of one attempt of a lead to one destination.
    #[must_use]
    pub fn of(lead: &LeadId, attempt: u32, destination: &DestinationId) -> Self {
        Self(format!("dlv_{}_{attempt}_{destination}", lead.digest()).into())
    }

    /// The delivery of a notice: what step `step` (from 1) of the attempt's service level tells a destination.
    #[must_use]
    pub fn of_notice(lead: &LeadId, attempt: u32, step: u32, destination: &DestinationId) -> Self {
        Self(format!("dlv_{}_{attempt}.{step}_{destination}", lead.digest()).into())
    }

    /// The delivery of the answer to who sent the lead: one a lead.
    #[must_use]
    pub fn of_reply(lead: &LeadId, destination: &DestinationId) -> Self {
        Self(format!("dlv_{}_{REPLY}_{destination}", lead.digest()).into())
    }

    /// The delivery of what another system is told of a version of the lead: one a version and destination.
    #[must_use]
    pub fn of_push(lead: &LeadId, version: u64, destination: &DestinationId) -> Self {
        Self(format!("dlv_{}_v{version}_{destination}", lead.digest()).into())
    }

    /// The delivery of what another system is told of a version of an activity.
    #[must_use]
    pub fn of_activity(lead: &LeadId, activity: &ActivityId, version: u64, destination: &DestinationId) -> Self {
        Self(format!("dlv_{}_a{}v{version}_{destination}", lead.digest(), activity.digest()).into())
    }

    /// The activity that it tells of, where it tells of one.
    #[must_use]
    pub fn activity(&self) -> Option<ActivityId> {
        let DeliveryKind::Activity { .. } = self.kind() else { return None };
        let (activity, _) = self.parts().middle.strip_prefix('a')?.split_at_checked(DIGEST_CHARS)?;
        Some(ActivityId(format!("act_{activity}").into()))
    }

    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> DeliveryKind {
        self.parts().kind
    }

    /// The lead that is delivered.
    #[must_use]
    pub fn lead(&self) -> LeadId {
        LeadId(format!("lead_{}", self.parts().lead).into())
    }

    /// The attempt of the lead's assignment, from 1; `None` for what is about nobody who has the lead.
    #[must_use]
    pub fn attempt(&self) -> Option<u32> {
        match self.kind() {
            DeliveryKind::Assigned { attempt } | DeliveryKind::Notice { attempt, .. } => Some(attempt),
            DeliveryKind::Reply | DeliveryKind::Push { .. } | DeliveryKind::Activity { .. } => None,
        }
    }

    /// The step of the service level that it tells of, from 1; `None` for everything else.
    #[must_use]
    pub fn notice(&self) -> Option<u32> {
        match self.kind() {
            DeliveryKind::Notice { step, .. } => Some(step),
            DeliveryKind::Assigned { .. }
            | DeliveryKind::Reply
            | DeliveryKind::Push { .. }
            | DeliveryKind::Activity { .. } => None,
        }
    }

    /// Where it goes.
    #[must_use]
    pub fn destination(&self) -> DestinationId {
        DestinationId(self.parts().destination.into())
    }

    fn parts(&self) -> DeliveryParts<'_> {
        split_delivery(&self.0).expect("checked when the id was made")
    }
}

/// The hash of a canonical body, as hex: how repeats are found where a source names no external id.
#[must_use]
pub fn body_hash(canonical: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(canonical))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        for good in ["a", "9", "sales-eu_1", &"x".repeat(64)] {
            assert!(PoolId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "a b", "ä", "a/b", "a#b", &"x".repeat(65)] {
            assert!(PoolId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_event_that_the_sender_names_has_one_id() {
        let (a, s) = (AccountId::new("main").unwrap(), SourceId::new("web").unwrap());
        let one = EventId::from_external(&a, &s, "42");
        assert_eq!(one, EventId::from_external(&a, &s, "42"));
        assert_ne!(one, EventId::from_external(&a, &s, "43"));
        assert_ne!(one, EventId::from_external(&a, &SourceId::new("web4").unwrap(), "2"));
        assert_eq!(EventId::new(one.as_str()), Ok(one));
    }

    #[test]
    fn backfills_sort_by_when_they_were_begun() {
        let (a, one) = (AccountId::new("a").unwrap(), AutomationId::new("one").unwrap());
        let of = |millis: i64| BackfillId::of(&a, &one, Timestamp::from_millisecond(millis).unwrap());
        let moments = [0, 1, 31, 32, 1_023, 1_024, 1_784_628_000_000, 1_784_628_000_001, 253_402_207_200_000];
        let ids: Vec<BackfillId> = moments.into_iter().map(of).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        assert_eq!(BackfillId::new(ids[6].as_str()), Ok(ids[6].clone()));
        let other = BackfillId::of(&a, &AutomationId::new("two").unwrap(), Timestamp::from_millisecond(32).unwrap());
        assert!(other != ids[3] && ids[2] < other && other < ids[4]);
        assert!(BackfillId::new("bf_1").is_err());
    }

    #[test]
    fn an_activity_is_told_by_its_name_or_by_what_it_is() {
        let (a, b) = (AccountId::new("a").unwrap(), AccountId::new("b").unwrap());
        let lead = |number: &str| LeadId::from_event(&EventId::from_external(&a, &SourceId::new("s").unwrap(), number));
        let kind = |name: &str| ActivityType::new(name).unwrap();
        let at = |micros: i64| Timestamp::from_microsecond(micros).unwrap();
        let named = ActivityId::from_external(&a, "42");
        assert_eq!(named, ActivityId::from_external(&a, "42"));
        assert_ne!(named, ActivityId::from_external(&b, "42"));
        assert_ne!(named, ActivityId::from_external(&a, "43"));
        assert_ne!(named, ActivityId::from_origin(&AccountName::of(&a), "42"));
        assert_ne!(
            ActivityId::from_origin(&AccountName::of(&b), "42"),
            ActivityId::from_origin(&AccountName::of(&a), "42")
        );
        let what = ActivityId::from_what(&a, &lead("1"), &kind("call"), at(5_000));
        assert_eq!(what, ActivityId::from_what(&a, &lead("1"), &kind("call"), at(5_999)), "of one millisecond");
        for other in [
            ActivityId::from_what(&a, &lead("1"), &kind("call"), at(6_000)),
            ActivityId::from_what(&a, &lead("1"), &kind("visit"), at(5_000)),
            ActivityId::from_what(&a, &lead("2"), &kind("call"), at(5_000)),
            ActivityId::from_what(&b, &lead("1"), &kind("call"), at(5_000)),
        ] {
            assert_ne!(what, other);
        }
        assert_eq!(ActivityId::new(what.as_str()), Ok(what));
        assert!(ActivityId::new("act_1").is_err());
    }

    #[test]
    fn a_delivery_id_tells_its_lead_and_destination() {
        let event = EventId::from_external(&AccountId::new("a").unwrap(), &SourceId::new("s").unwrap(), "1");
        let lead = LeadId::from_event(&event);
        let id = DeliveryId::of(&lead, 3, &DestinationId::new("buyer_one-crm").unwrap());
        let read: DeliveryId = id.as_str().parse().unwrap();
        assert_eq!((read.lead(), read.attempt()), (lead, Some(3)));
        assert_eq!(read.destination().as_str(), "buyer_one-crm");
        assert_eq!(read.notice(), None);
        let push = DeliveryId::of_push(&id.lead(), 7, &id.destination());
        let read: DeliveryId = push.as_str().parse().unwrap();
        assert_eq!((read.lead(), read.attempt(), read.kind()), (id.lead(), None, DeliveryKind::Push { version: 7 }));
        let activity = ActivityId::from_external(&AccountId::new("a").unwrap(), "call-1");
        let told = DeliveryId::of_activity(&id.lead(), &activity, 2, &id.destination());
        let read: DeliveryId = told.as_str().parse().unwrap();
        assert_eq!((read.kind(), read.activity()), (DeliveryKind::Activity { version: 2 }, Some(activity)));
        assert_eq!((read.lead(), read.destination(), push.activity()), (id.lead(), id.destination(), None));
        let notice = DeliveryId::of_notice(&id.lead(), 3, 2, &id.destination());
        let read: DeliveryId = notice.as_str().parse().unwrap();
        assert_eq!((read.lead(), read.attempt(), read.notice()), (id.lead(), Some(3), Some(2)));
        for bad in [
            "dlv_",
            "dlv_abc_1_x",
            &id.as_str().replace("_3_", "_0_"),
            &id.as_str().replace("_3_", "_3.0_"),
            &id.as_str().replace("_3_", "_v0_"),
            &id.as_str().replace("_3_", "_av1_"),
            "lead_x",
        ] {
            assert!(DeliveryId::new(bad).is_err(), "{bad}");
        }
    }
}
