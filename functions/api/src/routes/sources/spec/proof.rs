//! How a supplier proves itself: in words, and as the lines of a shell that make the headers.

use leadyard_domain::config::{HmacAlgorithm, HmacEncoding, HmacSettings, Verification};
use leadyard_sources::Format;

/// How a request proves where it comes from.
pub(super) enum Proof {
    /// By the URL alone.
    Url,
    /// By a bearer token.
    Bearer,
    /// By a name and a password.
    Basic(String),
    /// By a header that holds the secret.
    Header(String),
    /// By an HMAC over the body.
    Hmac(HmacSettings),
    /// By the headers of Standard Webhooks.
    StandardWebhooks,
    /// As the platform does.
    Platform(&'static str),
}

impl Proof {
    pub(super) fn of(verify: &Verification, format: &Format) -> Self {
        match verify {
            Verification::None | Verification::Url => Self::Url,
            Verification::Bearer(_) => Self::Bearer,
            Verification::Basic(by) => Self::Basic(by.username.clone()),
            Verification::Header(by) => Self::Header(by.header.clone()),
            Verification::Hmac(settings) => Self::Hmac(settings.clone()),
            Verification::StandardWebhooks(_) => Self::StandardWebhooks,
            Verification::Platform(_) => Self::Platform(format.proof),
        }
    }

    pub(super) fn words(&self) -> String {
        let secret = "with the secret that you were given";
        match self {
            Self::Url => "The URL is the proof: keep it secret. Nothing has to be signed.".to_owned(),
            Self::Bearer => {
                "The header Authorization holds the word Bearer, a space, and the token that you were given.".to_owned()
            }
            Self::Basic(name) => {
                format!(
                    "The header Authorization holds Basic authentication: the name {name}, and the password that you were given."
                )
            }
            Self::Header(header) => format!("The header {header} holds the secret that you were given."),
            Self::Hmac(HmacSettings { header, algorithm, encoding, prefix, .. }) => {
                let before = if prefix.is_empty() { String::new() } else { format!("{prefix} and then ") };
                format!(
                    "The header {header} holds {before}the HMAC-{} of the body, byte for byte as it is sent, {secret} as the \
                     key, in {}.",
                    match algorithm {
                        HmacAlgorithm::Sha256 => "SHA-256",
                        HmacAlgorithm::Sha512 => "SHA-512",
                    },
                    match encoding {
                        HmacEncoding::Hex => "hexadecimal",
                        HmacEncoding::Base64 => "base64",
                    },
                )
            }
            Self::StandardWebhooks => format!(
                "As Standard Webhooks has it (standardwebhooks.com): webhook-id, webhook-timestamp in seconds and not more than \
                 5 minutes off, and webhook-signature, {secret}."
            ),
            Self::Platform(proof) => format!("The platform proves itself: {proof}."),
        }
    }

    /// Lines that set what the headers need, from `BODY` and `SECRET`.
    pub(super) fn lines(&self) -> String {
        match self {
            Self::Url | Self::Platform(_) => String::new(),
            Self::Bearer => "SECRET='the token that you were given'\n".to_owned(),
            Self::Header(_) => "SECRET='the secret that you were given'\n".to_owned(),
            Self::Basic(name) => format!(
                "SECRET='the password that you were given'\n\
                 LOGIN=$(printf %s \"{}:$SECRET\" | openssl base64 -A)\n",
                in_double_quotes(name)
            ),
            Self::Hmac(HmacSettings { algorithm, encoding, .. }) => {
                let hash = match algorithm {
                    HmacAlgorithm::Sha256 => "sha256",
                    HmacAlgorithm::Sha512 => "sha512",
                };
                let write = match encoding {
                    HmacEncoding::Hex => "od -An -v -tx1 | tr -d ' \\n'",
                    HmacEncoding::Base64 => "openssl base64 -A",
                };
                format!(
                    "SECRET='the secret that you were given'\n\
                     SIGNATURE=$(printf %s \"$BODY\" | openssl dgst -{hash} -hmac \"$SECRET\" -binary | {write})\n"
                )
            }
            Self::StandardWebhooks => "SECRET='the secret that you were given'\n\
                 ID=\"lead-$(date +%s)\"\n\
                 TIME=$(date +%s)\n\
                 KEY=$(printf %s \"${SECRET#whsec_}\" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')\n\
                 SIGNATURE=$(printf %s \"$ID.$TIME.$BODY\" | openssl dgst -sha256 -mac HMAC -macopt \"hexkey:$KEY\" -binary | openssl base64 -A)\n"
                .to_owned(),
        }
    }

    /// The headers, by name, as a shell reads them within double quotes.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        match self {
            Self::Url | Self::Platform(_) => Vec::new(),
            Self::Bearer => vec![header("Authorization", "Bearer $SECRET")],
            Self::Basic(_) => vec![header("Authorization", "Basic $LOGIN")],
            Self::Header(name) => vec![header(name, "$SECRET")],
            Self::Hmac(HmacSettings { header: name, prefix, .. }) => {
                vec![(name.clone(), format!("{}$SIGNATURE", in_double_quotes(prefix)))]
            }
            Self::StandardWebhooks => vec![
                header("webhook-id", "$ID"),
                header("webhook-timestamp", "$TIME"),
                header("webhook-signature", "v1,$SIGNATURE"),
            ],
        }
    }
}

/// A text as a shell leaves it alone within double quotes.
fn in_double_quotes(text: &str) -> String {
    let special = |c: char| matches!(c, '\\' | '"' | '$' | '`');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
