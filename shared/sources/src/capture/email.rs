//! Email addresses.

use email_address::{EmailAddress, Options};

/// The address as it is kept: its domain in lower case, the rest as it was written. `None` when it is no address that
/// mail can be sent to over the internet.
pub(super) fn normalise(text: &str) -> Option<String> {
    // A domain needs a dot: "anna@localhost" and "anna@gmail" are slips of the keyboard.
    let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
    let address = EmailAddress::parse_with_options(text.trim(), options).ok()?;
    Some(format!("{}@{}", address.local_part(), address.domain().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("Anna.Berg@Example.COM ", Some("Anna.Berg@example.com")),
            ("a+b@sub.example.co.uk", Some("a+b@sub.example.co.uk")),
            ("jürgen@münchen.example", Some("jürgen@münchen.example")),
            ("anna@localhost", None),
            ("anna@[127.0.0.1]", None),
            ("Anna <anna@example.com>", None),
            ("anna@example.com, b@example.com", None),
            ("anna@@example.com", None),
            ("anna@example.com\r\nBcc: x@example.com", None),
            ("anna", None),
            ("@", None),
            ("", None),
        ] {
            assert_eq!(normalise(text).as_deref(), expected, "{text:?}");
        }
    }
}
