//! Domains at which anybody gets a mailbox.

use std::sync::LazyLock;

/// One a line, in lower case, sorted by bytes: the large free providers and what consumer internet access comes with.
static DOMAINS: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("free_mail_domains.txt").lines().collect());

/// Whether anybody gets a mailbox at a domain, so that it tells nothing of a company. Subdomains are others.
pub(super) fn is_free(domain: &str) -> bool {
    DOMAINS.binary_search(&domain.trim().to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        for (domain, free) in [
            ("gmail.com", true),
            ("GMAIL.com", true),
            ("126.com", true),
            ("zonnet.nl", true),
            ("example.com", false),
            ("mail.gmail.com", false),
            ("gmail.co", false),
            ("", false),
        ] {
            assert_eq!(is_free(domain), free, "{domain}");
        }
    }

    #[test]
    fn the_file_is_sorted_and_clean() {
        assert!(DOMAINS.is_sorted_by(|left, right| left < right), "sort it by bytes, each domain once");
        for domain in DOMAINS.iter() {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
            assert!(domain.bytes().all(plain) && domain.contains('.'), "{domain}");
        }
    }
}
