//! What of a request and its answer may be kept in the log of attempts.
//!
//! A header is kept unless its name looks like that of a secret. The names that a destination's own settings fill with
//! a secret are known to the caller, who names them too: nobody can guess that `X-Buyer` holds a password.

use url::Url;

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// A name that holds one of these, in any case, holds a secret.
const TELLING: [&str; 12] =
    ["auth", "cookie", "credential", "hmac", "jwt", "key", "passw", "pwd", "secret", "session", "signature", "token"];

/// Names that look like one and are none.
const HARMLESS: [&str; 2] = ["idempotency-key", "www-authenticate"];

/// Headers as they may be kept: the same names in the same order, secret values replaced.
///
/// `secret_names` are the headers that this destination's settings fill with a secret, in any case.
pub fn headers(headers: &[(String, String)], secret_names: &[&str]) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let named = secret_names.iter().any(|secret| secret.eq_ignore_ascii_case(name));
            let value = if named || looks_secret(name) { REDACTED } else { value };
            (name.clone(), value.to_owned())
        })
        .collect()
}

/// A URL as it may be kept: without user name, password and fragment, and without the values of query parameters whose
/// names look like those of a secret. A text that is no URL is replaced as a whole.
pub fn url(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return REDACTED.to_owned();
    };
    url.set_fragment(None);
    // These two fail for a URL that has no host, and such a URL has no user either.
    if url.set_username("").is_err() || url.set_password(None).is_err() {
        return REDACTED.to_owned();
    }
    if url.query_pairs().any(|(name, _)| looks_secret(&name)) {
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(pairs.iter().map(|(name, value)| (name, if looks_secret(name) { REDACTED } else { value })));
    }
    url.into()
}

/// What [`url`] takes out of the query of a URL, decoded. A URL with a user or a password is sent nowhere.
pub fn secrets(text: &str) -> Vec<String> {
    let Ok(url) = Url::parse(text) else { return Vec::new() };
    url.query_pairs().filter(|(name, _)| looks_secret(name)).map(|(_, value)| value.into_owned()).collect()
}

/// Where a redirect points, as it may be kept: what stands behind the path may be a secret.
pub fn location(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let place = &text[..end];
    // A relative one has no host and no user.
    if Url::parse(place).is_ok() { url(place) } else { place.to_owned() }
}

fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !HARMLESS.contains(&name.as_str()) && TELLING.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str, secret_names: &[&str]) -> bool {
        let redacted = headers(&[(name.to_owned(), "value".to_owned())], secret_names);
        assert_eq!(redacted.len(), 1);
        assert_eq!(redacted[0].0, name);
        assert!(redacted[0].1 == "value" || redacted[0].1 == REDACTED);
        redacted[0].1 == "value"
    }

    #[test]
    fn secrets_are_replaced_whatever_their_case() {
        for name in [
            "authorization",
            "Authorization",
            "Proxy-Authorization",
            "X-Auth",
            "webhook-signature",
            "X-Hub-Signature-256",
            "x-api-key",
            "X-ApiKey",
            "api_key",
            "Ocp-Apim-Subscription-Key",
            "X-Access-Token",
            "X-CSRF-TOKEN",
            "client-secret",
            "Cookie",
            "Set-Cookie",
            "X-Password",
            "X-Session-Id",
        ] {
            assert!(!kept(name, &[]), "{name}");
        }
    }

    #[test]
    fn what_helps_to_understand_an_attempt_stays() {
        for name in [
            "content-type",
            "User-Agent",
            "webhook-id",
            "webhook-timestamp",
            "Idempotency-Key",
            "X-Campaign",
            "retry-after",
            "location",
            "WWW-Authenticate",
        ] {
            assert!(kept(name, &[]), "{name}");
        }
    }

    #[test]
    fn a_header_that_the_destination_fills_with_a_secret_is_replaced() {
        assert!(!kept("X-Buyer", &["x-buyer"]));
        assert!(!kept("Idempotency-Key", &["idempotency-key"]));
        assert!(kept("X-Other", &["x-buyer"]));
    }

    #[test]
    fn a_url_keeps_what_is_no_secret() {
        for (text, expected) in [
            ("https://example.com/leads?team=7", "https://example.com/leads?team=7"),
            ("https://example.com/?a=1%2B2&b", "https://example.com/?a=1%2B2&b"),
            ("https://example.com/?API_KEY=s3cret&a=1", "https://example.com/?API_KEY=%5Bredacted%5D&a=1"),
            ("https://example.com/?t%6Fken=s3cret", "https://example.com/?token=%5Bredacted%5D"),
            ("https://user:s3cret@example.com/#s3cret", "https://example.com/"),
            ("data:s3cret", REDACTED),
            ("s3cret", REDACTED),
        ] {
            assert_eq!(url(text), expected, "{text}");
            let held: Vec<String> = if expected.contains("%5B") { vec!["s3cret".to_owned()] } else { Vec::new() };
            assert_eq!(secrets(text), held, "{text}");
        }
    }
}
