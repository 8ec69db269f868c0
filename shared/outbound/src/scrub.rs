//! Takes secrets out of what a receiver shows of its request.
//!
//! Some receivers answer with what they were sent, as it came or as they write it: in JSON, in a URL, in HTML, in base64. A
//! secret is found in each of these forms, also where they are mixed. It is taken out of everything that is kept or shown of an
//! exchange: the log is read by people who may not see secrets.

mod form;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use data_encoding::{BASE64, BASE64URL};
use leadyard_domain::delivery::TryResult;

use crate::outcome::Sent;
use crate::redact::{self, REDACTED};
use form::{Found, Needle};

/// A form of a secret that is shorter stands in many words by chance: only where it is a word of its own it is taken out. Of a
/// text that was cut, a beginning of a secret is taken out that is as long.
const LEN_MIN: usize = 6;

/// The secrets of one exchange. Has no `Debug`: it holds them.
#[derive(Clone, Default)]
pub struct Scrub {
    /// What must stand nowhere.
    secrets: Vec<Needle>,
    /// What must not stand in answers: headers and parts of the URL that the owner wrote, and that are redacted in the request.
    headers: Vec<Needle>,
}

impl Scrub {
    /// Learns a secret: as it is, the part behind `Bearer ` or `Basic ` or the prefix of a signing secret, and all that in
    /// base64.
    pub fn secret(&mut self, secret: &str) {
        let behind = |prefix: &str| secret.get(..prefix.len()).filter(|begin| begin.eq_ignore_ascii_case(prefix));
        let part = ["bearer ", "basic ", "whsec_"].iter().find_map(|prefix| behind(prefix).map(|_| prefix.len()));
        for text in [Some(secret), part.map(|at| secret[at..].trim())].into_iter().flatten() {
            self.secrets.push(Needle::new(text));
            self.encoded(text);
        }
    }

    /// Learns a user's password as basic authentication sends it: the two together in base64, and the password.
    pub fn basic(&mut self, user: &str, password: &str) {
        self.secret(password);
        self.encoded(&format!("{user}:{password}"));
    }

    /// Learns an address that is a secret itself: whole, and its path with what follows.
    pub fn url(&mut self, url: &str) {
        self.secret(url);
        let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        if let Some(path) = path.filter(|path| path.len() > 1) {
            self.secrets.push(Needle::new(path));
            // Without the slash, too: a receiver may name a path so.
            self.secrets.push(Needle::new(path.trim_start_matches('/')));
        }
    }

    /// Learns what an owner has written into a header or a query. It may be in a lead as well, so that only answers are rid of
    /// it.
    pub fn header(&mut self, value: &str) {
        self.headers.push(Needle::new(value));
    }

    /// The same with what the URL of a request holds, of which nothing is kept of it either ([`redact::url`]).
    #[must_use]
    pub fn with_url(&self, url: &str) -> Cow<'_, Self> {
        let held = redact::secrets(url);
        if held.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut more = self.clone();
        held.iter().for_each(|value| more.header(value));
        Cow::Owned(more)
    }

    fn encoded(&mut self, text: &str) {
        for encoding in [BASE64, BASE64URL] {
            let encoded = encoding.encode(text.as_bytes());
            self.secrets.push(Needle::new(encoded.trim_end_matches('=')));
            self.secrets.push(Needle::new(&encoded));
        }
    }

    /// A text of ours without the secrets.
    #[must_use]
    pub fn text(&self, text: String) -> String {
        take_out(text, &[&self.secrets])
    }

    /// A text of the receiver's without the secrets.
    #[must_use]
    pub fn answer(&self, text: String) -> String {
        take_out(text, &[&self.secrets, &self.headers])
    }

    /// A try without the secrets.
    #[must_use]
    pub fn sent(&self, mut sent: Sent) -> Sent {
        let ours = |text: &mut String| *text = self.text(std::mem::take(text));
        let theirs = |text: &mut String| *text = self.answer(std::mem::take(text));
        let exchange = &mut sent.exchange;
        ours(&mut exchange.to);
        exchange.request_headers.iter_mut().for_each(|(_, value)| ours(value));
        ours(&mut exchange.request_body);
        exchange.response_headers.iter_mut().for_each(|(_, value)| theirs(value));
        theirs(&mut exchange.response_body);
        match &mut sent.result {
            TryResult::Delivered => {}
            TryResult::Rejected { reason }
            | TryResult::Duplicate { reason }
            | TryResult::Transient { reason, .. }
            | TryResult::Final { reason }
            | TryResult::Unknown { reason } => theirs(reason),
        }
        sent
    }
}

/// Goes through a text once, and puts a mark in place of the longest needle at each place.
fn take_out(text: String, needles: &[&[Needle]]) -> String {
    let mut kept = String::new();
    // Most of a text begins nothing.
    let mut may_begin = [false; 256];
    for byte in needles.iter().flat_map(|some| some.iter()).flat_map(Needle::first_bytes) {
        may_begin[usize::from(byte)] = true;
    }
    // What stands before `from` is in `kept`, or taken out.
    let (mut from, mut at) = (0, 0);
    while let Some(&byte) = text.as_bytes().get(at) {
        if !may_begin[usize::from(byte)] {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let found = needles.iter().flat_map(|some| some.iter()).filter_map(|needle| needle.at(&text, at)).max();
        match found {
            Some(Found { end }) if end > at => {
                kept.push_str(&text[from..at]);
                kept.push_str(REDACTED);
                (from, at) = (end, end);
            }
            _ => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if from == 0 {
        return text;
    }
    kept.push_str(&text[from..]);
    kept
}
