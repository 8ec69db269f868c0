//! Whether the settings of a config's sources go with their formats: what is said here would otherwise be noticed only when
//! no lead comes.

use leadyard_domain::config::{Config, Problem, Source, Verification};
use leadyard_sources::{Format, format, page};

/// The format by which another account tells of its leads.
const ACCOUNT_SYNC: &str = "account_sync";

/// Everything that would keep a source's format from working, each with its place.
pub(crate) fn problems(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, source) in config.sources.iter().enumerate() {
        // The check of the config has refused formats that nobody knows.
        let Some(format) = format(&source.format) else { continue };
        let mut look = Look { source, format, path: format!("sources[{index}]"), problems: &mut problems };
        look.verify();
        look.fetch();
        look.form();
    }
    problems
}

struct Look<'a> {
    source: &'a Source,
    format: &'static Format,
    path: String,
    problems: &'a mut Vec<Problem>,
}

impl Look<'_> {
    fn problem(&mut self, at: &str, message: String) {
        self.problems.push(Problem::new(format!("{}.{at}", self.path), message));
    }

    fn verify(&mut self) {
        let Self { source, format, .. } = *self;
        let name = format.name;
        let is_platform = matches!(source.verify, Verification::Platform(_));
        if name == ACCOUNT_SYNC && matches!(source.verify, Verification::None) {
            let message = format!(
                "whoever learns the address could change and erase leads: it is proved by {}. Set the secret and name it \
                 here, or take the risk on purpose with `verify: url`",
                format.proof
            );
            self.problem("verify", message);
        }
        if is_platform && !format.signs() {
            let message = format!(
                "{name} has no signature of its own, so nobody could be let in: it is proved by {}",
                format.proof
            );
            self.problem("verify", message);
        } else if format.needs_platform(source) {
            let others = match source.verify {
                // Those that take another way say so by taking this one.
                Verification::None if format.takes_url() => {
                    ". Where the platform is not set up to sign, choose another way on purpose: a header, or `verify: url`"
                }
                _ => "",
            };
            let message = format!(
                "nobody could be let in: {name} is proved by {}. Set the secret and name it here{others}",
                format.proof
            );
            self.problem("verify", message);
        } else if is_platform && format.needs_challenge(source) {
            let message = format!(
                "is missing: {name} tries the endpoint with a word of its own before it sends anything; set a secret that \
                 holds the word and name it here"
            );
            self.problem("verify.platform.challenge", message);
        }
    }

    fn fetch(&mut self) {
        let name = self.format.name;
        match (self.format.fetch, &self.source.fetch) {
            (Some(_), None) => {
                let message = format!(
                    "is missing: {name} sends ids only; set the platform's access token as a secret and name it as \
                     `fetch: {{ token: NAME }}`"
                );
                self.problem("fetch", message);
            }
            (None, Some(_)) => {
                let message = format!("{name} sends its answers with the event, and nothing is fetched: remove it");
                self.problem("fetch", message);
            }
            _ => {}
        }
    }

    fn form(&mut self) {
        let source = self.source;
        let Some(form) = &source.form else { return };
        if form.page.is_some() {
            if self.format.name != "form" {
                let name = self.format.name;
                let message = format!("a hosted page posts a form, and this source reads {name}: use `format: form`");
                self.problem("form.page", message);
            } else if !matches!(source.verify, Verification::None | Verification::Url) {
                let message = "no browser can prove itself so, and the source has a hosted page: use `verify: none`, and \
                               another source for senders that can";
                self.problem("verify", message.to_owned());
            }
        }
        if self.format.name != "form" {
            return;
        }
        let Some(honeypot) = page::honeypot(form) else { return };
        for (index, mapping) in source.mapping.iter().enumerate() {
            if mapping.enabled && mapping.from == honeypot {
                let message = format!(
                    "'{honeypot}' is the honeypot: who fills it is taken for a program and makes no lead. Give the honeypot \
                     another name (`form.honeypot`), or map another field"
                );
                self.problem(&format!("mapping[{index}].from"), message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(source: &Value) -> Vec<(String, String)> {
        let mut source = source.clone();
        source["id"] = json!("web");
        let config = leadyard_domain::config::document::from_value(json!({ "sources": [source] })).unwrap();
        problems(&config).into_iter().map(|problem| (problem.path, problem.message)).collect()
    }

    #[test]
    fn what_keeps_a_format_from_working_is_told_with_its_place() {
        let platform = json!({"platform": {"secret": "s"}});
        let page = json!({"title": "T", "steps": [{"questions": [{"field": "email"}]}]});
        let map = |from: &str| json!([{"from": from, "to": "company"}]);
        for (source, path, says) in [
            (json!({"format": "typeform"}), "verify", "`verify: url`"),
            (json!({"format": "typeform", "verify": "none"}), "verify", "nobody could be let in"),
            (json!({"format": "tiktok"}), "verify", "`TikTok-Signature`"),
            (json!({"format": "tiktok", "verify": "url"}), "verify", "nobody could be let in"),
            (json!({"format": "google_ads", "verify": {"bearer": {"secret": "s"}}}), "verify", "google_key"),
            (json!({"format": "json", "verify": platform}), "verify", "no signature of its own"),
            (json!({"format": "jotform", "verify": platform}), "verify", "no signature of its own"),
            (json!({"format": "linkedin", "verify": platform}), "fetch", "sends ids only"),
            (json!({"format": "json", "fetch": {"token": "t"}}), "fetch", "remove it"),
            (json!({"format": "account_sync"}), "verify", "`verify: url`"),
            (
                json!({"format": "meta_lead_ads", "verify": platform, "fetch": {"token": "t"}}),
                "verify.platform.challenge",
                "is missing",
            ),
            (json!({"format": "json", "form": {"page": page}}), "form.page", "`format: form`"),
            (
                json!({"format": "form", "form": {"page": page}, "verify": {"bearer": {"secret": "s"}}}),
                "verify",
                "no browser",
            ),
            (
                json!({"format": "form", "form": {"honeypot": "hp"}, "mapping": map("hp")}),
                "mapping[0].from",
                "honeypot",
            ),
            (
                json!({"format": "form", "form": {"page": page}, "mapping": map("website_address")}),
                "mapping[0].from",
                "hone",
            ),
        ] {
            let found = found(&source);
            assert_eq!(found.len(), 1, "{source}: {found:?}");
            assert_eq!(found[0].0, format!("sources[0].{path}"), "{source}");
            assert!(found[0].1.contains(says), "{source}: {}", found[0].1);
        }
        let nothing_set = found(&json!({"format": "meta_lead_ads"}));
        assert_eq!(
            nothing_set.iter().map(|(path, _)| &**path).collect::<Vec<_>>(),
            ["sources[0].verify", "sources[0].fetch"]
        );
        assert!(!nothing_set[0].1.contains("`verify: url`"), "Meta takes no other way: {nothing_set:?}");
    }

    #[test]
    fn what_works_is_left_alone() {
        let platform = json!({"platform": {"secret": "s"}});
        let page = json!({"title": "T", "steps": [{"questions": [{"field": "email"}]}]});
        let mut sources = vec![
            json!({"format": "meta_lead_ads", "verify": {"platform": {"secret": "s", "challenge": "c"}}, "fetch": {"token": "t"}}),
            json!({"format": "linkedin", "verify": platform, "fetch": {"token": "t"}}),
            json!({"format": "form", "form": {"page": page, "honeypot": "hp"}, "verify": "url"}),
            json!({"format": "form", "form": {"honeypot": "hp"}, "verify": {"bearer": {"secret": "s"}}}),
            json!({"format": "json", "mapping": [{"from": "hp", "to": "company"}], "form": {"honeypot": "hp"}}),
            json!({"format": "form", "form": {"honeypot": "hp"}, "mapping": [{"from": "hp", "to": "company", "enabled": false}]}),
        ];
        for format in leadyard_sources::FORMATS.iter().filter(|format| format.fetch.is_none()) {
            if format.name == ACCOUNT_SYNC {
                let signed = json!({"standard_webhooks": {"secret": "s"}});
                sources.push(json!({"format": format.name, "verify": signed}));
            } else if format.signs() {
                sources.push(json!({"format": format.name, "verify": platform}));
            } else {
                sources.push(json!({"format": format.name}));
            }
        }
        let hmac = json!({"hmac": {"secret": "s", "header": "X-Signature"}});
        for format in ["typeform", "tally", "webflow", "hubspot", "calendly"] {
            let header = json!({"header": {"header": "X-Key", "secret": "s"}});
            let basic = json!({"basic": {"username": "u", "secret": "s"}});
            for verify in [json!("url"), json!({"bearer": {"secret": "s"}}), basic, header, hmac.clone()] {
                sources.push(json!({"format": format, "verify": verify}));
            }
        }
        for source in sources {
            assert_eq!(found(&source), [], "{source}");
        }
    }
}
