//! What the function is handed: deliveries to try, and what SES tells of mails that it took
//! (<https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>).
//!
//! Both queues feed one function; a body tells which of them it comes from. Nothing here can be printed: an event holds
//! addresses.

use std::collections::BTreeMap;

use leadyard_domain::delivery::alert::AlertMessage;
use leadyard_domain::id::AccountId;
use leadyard_domain::message::DeliveryMessage;
use serde::{Deserialize, Deserializer};

use crate::tags::{self, Tags};

/// The body of one record.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Incoming {
    /// A delivery to try.
    Delivery(DeliveryMessage),
    /// Something to tell people of a destination or a source.
    Alert(AlertMessage),
    /// What SES tells, as it comes with raw message delivery.
    Event(Box<SesEvent>),
    /// The same in the envelope of SNS, from a subscription without raw message delivery.
    Enveloped(Envelope),
}

/// What SNS puts around a message.
#[derive(Deserialize)]
pub struct Envelope {
    /// The event, or another text: SES tries a topic with one when it is set up.
    #[serde(rename = "Message", deserialize_with = "inner")]
    pub event: Option<Box<SesEvent>>,
}

fn inner<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<SesEvent>>, D::Error> {
    Ok(serde_json::from_str(&String::deserialize(deserializer)?).ok())
}

/// One event of a mail.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SesEvent {
    /// `Bounce`, `Complaint`, `Delivery` and others. An identity's own notifications call it otherwise.
    #[serde(alias = "notificationType")]
    event_type: String,
    mail: SentMail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
struct SentMail {
    #[serde(default)]
    destination: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
    #[serde(default)]
    complaint_feedback_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
}

/// What an event says.
pub enum News<'a> {
    /// The mail came back for good from these addresses.
    Bounced {
        /// Why, as SES sorts it, such as `NoEmail`.
        kind: &'a str,
        /// The addresses.
        addresses: Vec<&'a str>,
    },
    /// The mail came back, and the next may go through: a mailbox is full, somebody is away.
    CameBack {
        /// Why, as SES sorts it, such as `MailboxFull`.
        kind: &'a str,
        /// How many recipients it is about.
        recipients: usize,
    },
    /// These addresses, or some of them, called the mail spam.
    Complained {
        /// The addresses.
        addresses: Vec<&'a str>,
    },
    /// The recipient's server took it.
    Arrived,
    /// Nothing that concerns a delivery.
    Nothing,
}

impl SesEvent {
    /// Which try of which delivery the mail was; `None` when it was none of ours.
    #[must_use]
    pub fn tags(&self) -> Option<Tags> {
        Tags::read(|name| self.mail.tags.get(name)?.first().map(String::as_str))
    }

    /// Whether the mail told people of a destination: it was no delivery.
    #[must_use]
    pub fn is_alert(&self) -> bool {
        self.mail.tags.contains_key("alert")
    }

    /// The tenant that the mail was tagged with; `None` when it was none of ours.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.mail.tags.get(tags::ACCOUNT)?.first()?.parse().ok()
    }

    /// How many recipients the mail had.
    #[must_use]
    pub fn recipients(&self) -> usize {
        self.mail.destination.len()
    }

    /// What it says.
    #[must_use]
    pub fn news(&self) -> News<'_> {
        match (self.event_type.as_str(), &self.bounce, &self.complaint) {
            ("Bounce", Some(bounce), _) => {
                let kind = word(&bounce.bounce_sub_type);
                match bounce.bounce_type.as_str() {
                    "Permanent" => News::Bounced { kind, addresses: addresses(&bounce.bounced_recipients) },
                    // `Transient`, and `Undetermined`, which is no reason to give an address up.
                    _ => News::CameBack { kind, recipients: bounce.bounced_recipients.len() },
                }
            }
            // Somebody took the mail out of the spam folder: the opposite of a complaint comes by the same way.
            ("Complaint", _, Some(complaint)) if complaint.complaint_feedback_type.as_deref() == Some("not-spam") => {
                News::Nothing
            }
            ("Complaint", _, Some(complaint)) => {
                News::Complained { addresses: addresses(&complaint.complained_recipients) }
            }
            ("Delivery", ..) => News::Arrived,
            _ => News::Nothing,
        }
    }
}

fn addresses(recipients: &[Recipient]) -> Vec<&str> {
    recipients.iter().map(|recipient| recipient.email_address.as_str()).collect()
}

/// A word of SES that may stand in a log: it comes from outside.
fn word(text: &str) -> &str {
    let plain = !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphabetic());
    if plain { text } else { "Undetermined" }
}
