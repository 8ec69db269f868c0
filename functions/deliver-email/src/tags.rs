//! What a mail is tagged with, so that the events about it can be told to its delivery.

use leadyard_domain::id::{AccountId, DeliveryId};

/// Which try of which delivery a mail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    /// The tenant.
    pub account: AccountId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The try, from 1; none for a mail that does not say.
    pub number: Option<u32>,
}

/// The name of the tag that holds the tenant, in every mail.
pub const ACCOUNT: &str = "account";
const DELIVERY: &str = "delivery";
const TRY: &str = "try";

impl Tags {
    /// Names and values as SES takes them: letters, digits, `-` and `_`
    /// (<https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html>).
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs =
            vec![(ACCOUNT, self.account.to_string()), (DELIVERY, self.delivery.as_str().replacen('.', "-", 1))];
        pairs.extend(self.number.map(|number| (TRY, number.to_string())));
        pairs
    }

    /// Reads them back; `None` when the mail is none of ours.
    pub fn read<'a>(tag: impl Fn(&'static str) -> Option<&'a str>) -> Option<Self> {
        let number = tag(TRY).and_then(|number| number.parse().ok());
        Some(Self { account: tag(ACCOUNT)?.parse().ok()?, delivery: read_delivery(tag(DELIVERY)?)?, number })
    }
}

/// The `.` in the id of a notice, which SES refuses, stands between two numbers, where no id has a `-`.
fn read_delivery(tag: &str) -> Option<DeliveryId> {
    let mut parts = tag.splitn(4, '_');
    let (prefix, lead, attempt, destination) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    format!("{prefix}_{lead}_{}_{destination}", attempt.replacen('-', ".", 1)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = "dlv_0123456789abcdefghjkmnpqrs_reply_thanks";

    #[test]
    fn every_id_comes_back_and_ses_takes_it() {
        for delivery in [
            "dlv_0123456789abcdefghjkmnpqrs_1_crm",
            "dlv_0123456789abcdefghjkmnpqrs_12.3_crm-mail_2",
            "dlv_0123456789abcdefghjkmnpqrs_1_1-2_x-3",
            REPLY,
        ] {
            let tags =
                Tags { account: "acme-2".parse().unwrap(), delivery: delivery.parse().unwrap(), number: Some(7) };
            let pairs = tags.pairs();
            for (_, value) in &pairs {
                assert!(value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')), "{value}");
            }
            let find = |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
            assert_eq!(Tags::read(find), Some(tags));
        }
        assert_eq!(Tags::read(|_| Some("x")), None);
        assert_eq!(Tags::read(|_| None), None);
    }
}
