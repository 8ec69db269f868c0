//! Addresses that no mail goes to any more, because mails to them bounced for good or were complained about. Providers judge
//! a sender by how often that happens, so one who goes on sending soon reaches nobody.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, body_hash};

/// A hash of an email address: by it a suppressed address is found without keeping the address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddressHash(String);

impl AddressHash {
    /// The hash of an address, however it is written: with a name before it, in capitals, with spaces around; `None` when
    /// the text is no address.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        let address = match address.rsplit_once('<') {
            Some((_name, rest)) => rest.split_once('>')?.0,
            None => address,
        };
        // The case of a mailbox's name hardly ever matters, and a mail to somebody who complained always does.
        let address = address.trim().to_lowercase();
        let (mailbox, domain) = address.rsplit_once('@')?;
        let clean = !address.chars().any(|c| c.is_whitespace() || c.is_control());
        (clean && !mailbox.is_empty() && !domain.is_empty()).then(|| Self(body_hash(address.as_bytes())))
    }

    /// The SHA-256 as hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why no mail goes to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// A mail came back for good: there is no such mailbox.
    Bounce,
    /// Whoever reads it said that a mail was spam.
    Complaint,
}

impl SuppressionReason {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Bounce, Self::Complaint];

    /// The reason as the API writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
        }
    }
}

/// Since when and why no mail goes to an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Why.
    pub reason: SuppressionReason,
    /// When that was heard of.
    pub at: Timestamp,
    /// The delivery whose mail it was; none for a mail that told people of a destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        let plain = AddressHash::of("anna@example.com").unwrap();
        for written in [" Anna@Example.COM ", "\"Anna <3\" <anna@example.com>", "<anna@example.com>"] {
            assert_eq!(AddressHash::of(written).as_ref(), Some(&plain), "{written}");
        }
        assert_eq!(plain.as_str().len(), 64);
        assert_ne!(AddressHash::of("anna@example.org"), Some(plain));
    }

    #[test]
    fn what_is_no_address_has_no_hash() {
        for text in ["", "anna", "@example.com", "anna@", "an na@example.com", "<anna@example.com"] {
            assert_eq!(AddressHash::of(text), None, "{text:?}");
        }
    }
}
