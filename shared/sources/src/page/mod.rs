//! The hosted form: one page that needs nothing else, and that works without its script too.
//!
//! It is made from the source's [`FormPage`] and posts to the source's own endpoint, like any other form. With it go, in
//! fields that begin with `ly_`: a nonce, by which a second click is the same event; when the page was made, by which
//! programs that fill it in no time are told from people; and, of a step that is left, that it is only a part.

mod default;
mod html;
mod posted;
mod question;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use data_encoding::BASE64;
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use leadyard_domain::config::{Checked, FormPage, FormSettings, FormStep, Source};
use sha2::{Digest as _, Sha256};

pub use self::html::escape;
use crate::request::Reply;

pub(crate) use posted::{Posted, host_of, taken_out};

/// The script: steps, questions that depend on others, parts that are kept. Without it all questions stand there at once.
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// Parameters of the page's URL that say where a visitor comes from; they go with the form.
const ATTRIBUTION: &[&str] = &[
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "gclid",
    "gbraid",
    "wbraid",
    "fbclid",
    "msclkid",
    "ttclid",
    "li_fat_id",
];

/// Longest value that is taken from the page's URL.
const PARAMETER_BYTES_MAX: usize = 256;

/// One visit of the page.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The endpoint's key, the last part of the page's URL.
    pub key: &'a str,
    /// What follows `?` in it.
    pub query: &'a str,
    /// The page that led here, or that shows it in a frame.
    pub referrer: Option<&'a str>,
    /// 128 random bits as text, another one each time.
    pub nonce: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// The page of a source; `None` where it has none.
#[must_use]
pub fn page(config: &Checked, source: &Source, visit: &Visit<'_>) -> Option<Reply> {
    let settings = source.form.as_ref()?;
    let page = settings.page.as_ref()?;
    let steps = match page.steps.as_slice() {
        [] => default::steps(config, source),
        steps => steps.to_vec(),
    };
    let parameters: Vec<(String, String)> = form_parameters(visit.query);
    let many = steps.len() > 1;
    let mut body = format!("<h1>{}</h1>", escape(&page.title));
    if let Some(intro) = &page.intro {
        body.push_str(&format!("<p>{}</p>", escape(intro)));
    }
    let partial = if page.keeps_partial() { " data-partial" } else { "" };
    body.push_str(&format!(
        "<form method=post action=\"../in/{}\" enctype=application/x-www-form-urlencoded{partial}>",
        escape(visit.key)
    ));
    hidden(&mut body, settings, visit, &parameters, &steps);
    if many {
        body.push_str("<p class=at aria-live=polite></p>");
    }
    let last = steps.len().saturating_sub(1);
    for (at, step) in steps.iter().enumerate() {
        body.push_str("<section>");
        if let Some(title) = &step.title {
            body.push_str(&format!("<h2 tabindex=-1>{}</h2>", escape(title)));
        }
        for (number, question) in step.questions.iter().enumerate() {
            body.push_str(&question::render(config, source, question, &format!("q{at}-{number}"), &parameters));
        }
        if at == last
            && let Some(consent) = &page.consent
        {
            body.push_str(&format!(
                "<p class=box><input type=checkbox id=consent name=consent_text value=\"{}\" required><label for=consent>{}</label></p>",
                escape(consent), escape(consent)
            ));
        }
        body.push_str("<p class=go>");
        if at > 0 {
            body.push_str(&format!("<button type=button class=back hidden>{}</button>", escape(&page.buttons.back)));
        }
        if at < last {
            body.push_str(&format!("<button type=button class=next hidden>{}</button>", escape(&page.buttons.next)));
        } else {
            body.push_str(&format!("<button>{}</button>", escape(&page.buttons.send)));
        }
        body.push_str("</p></section>");
    }
    body.push_str("</form>");
    body.push_str(&format!("<script>{SCRIPT}</script>"));
    Some(document(settings, page, &body))
}

/// What a visitor sees who has sent the page; `None` where the source has none, or a page of its own for that.
#[must_use]
pub(crate) fn thanks(settings: &FormSettings) -> Option<Reply> {
    let page = settings.page.as_ref()?;
    Some(document(settings, page, &format!("<h1 role=status>{}</h1>", escape(&page.thanks))))
}

/// The fields that nobody sees.
fn hidden(
    body: &mut String,
    settings: &FormSettings,
    visit: &Visit<'_>,
    parameters: &[(String, String)],
    steps: &[FormStep],
) {
    let mut field = |name: &str, value: &str| {
        body.push_str(&format!("<input type=hidden name=\"{}\" value=\"{}\">", escape(name), escape(value)));
    };
    field(posted::NONCE, visit.nonce);
    field(posted::STARTED, &posted::started(visit.key, visit.at));
    let asked =
        |name: &str| steps.iter().flat_map(|step| &step.questions).any(|question| question.field.as_str() == name);
    for (name, value) in parameters.iter().filter(|(name, _)| ATTRIBUTION.contains(&name.as_str()) && !asked(name)) {
        field(name, value);
    }
    if let Some(referrer) = visit.referrer.filter(|referrer| referrer.len() <= PARAMETER_BYTES_MAX) {
        field("referrer", referrer);
    }
    // Out of sight and out of the tab order, but no `display: none`, which programs look for.
    body.push_str(&format!(
        "<p class=hp aria-hidden=true><label>Leave this empty<input name=\"{}\" tabindex=-1 autocomplete=off></label></p>",
        escape(honeypot(settings).unwrap_or_default())
    ));
}

/// The field that people do not see: the source's own, or that of its page.
#[must_use]
pub fn honeypot(settings: &FormSettings) -> Option<&str> {
    settings.honeypot.as_deref().or(settings.page.as_ref().map(|_| "website_address"))
}

/// The parameters of a URL, of each the first; what is too long is left out.
fn form_parameters(query: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name.len() + value.len() <= PARAMETER_BYTES_MAX && !found.iter().any(|(known, _)| *known == name) {
            found.push((name.into_owned(), value.into_owned()));
        }
    }
    found
}

fn document(settings: &FormSettings, page: &FormPage, body: &str) -> Reply {
    let html = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\"><meta name=robots content=noindex><title>{}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>",
        escape(&page.language),
        escape(&page.title)
    );
    let mut headers: Vec<(HeaderName, HeaderValue)> = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        // Each visit has a nonce of its own.
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
    .into();
    // Origins of a config that no header can hold are left out: less is allowed then.
    if let Ok(policy) = HeaderValue::from_str(&policy(settings)) {
        headers.push((header::CONTENT_SECURITY_POLICY, policy));
    }
    Reply { status: StatusCode::OK, headers, body: html }
}

/// Only this page's own script and style run; it posts to us, and where the source sends visitors afterwards.
fn policy(settings: &FormSettings) -> String {
    static HASHES: LazyLock<[String; 2]> = LazyLock::new(|| {
        [SCRIPT, STYLE].map(|text| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text.as_bytes()))))
    });
    let [script, style] = &*HASHES;
    let fit = |origin: &&str| !origin.contains([';', ',', ' ', '\'', '"']) && origin.is_ascii();
    let after = settings.thank_you_url.as_deref().map(posted::origin_of).filter(fit).unwrap_or_default();
    let frames: Vec<&str> = settings.allowed_origins.iter().map(String::as_str).filter(fit).collect();
    let frames =
        if settings.allowed_origins.is_empty() { "*".to_owned() } else { format!("'self' {}", frames.join(" ")) };
    format!(
        "default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; form-action 'self' {after}; base-uri 'none'; frame-ancestors {frames}"
    )
}
