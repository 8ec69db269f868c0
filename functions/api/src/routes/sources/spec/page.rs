//! The page to hand on: one file, nothing to load, readable without a mouse, in dark and on paper.

use std::fmt::Write as _;

use leadyard_sources::page::escape;

use super::{LEADS_MAX, Spec, SpecError, SpecField};

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}\
table{border-collapse:collapse;width:100%}th,td{border:1px solid;padding:.4rem;text-align:left;vertical-align:top}\
pre{overflow:auto;border:1px solid;padding:1rem}code{overflow-wrap:anywhere}";

/// The page. Whatever comes from the config is escaped.
pub(super) fn page(spec: &Spec) -> String {
    let title = escape(&spec.title);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Sending leads: {title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Sending leads: {title}</h1>\n"
    );
    let mut section = |heading: &str, content: String| {
        // Writing to a text does not fail.
        write!(html, "<h2>{heading}</h2>\n{content}\n").unwrap_or_default();
    };
    section("Request", request(spec));
    section("Proof", format!("<p>{}</p>", escape(&spec.proof)));
    section("Fields", fields(spec));
    if let Some(example) = &spec.example {
        let intro = "<p>Put the key and the secret in, and paste it into a shell.</p>";
        section(
            "Example",
            format!(
                "{intro}\n<pre tabindex=\"0\" aria-label=\"Example request\"><code>{}</code></pre>",
                escape(example)
            ),
        );
    }
    section("Answers", answers(spec));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn request(spec: &Spec) -> String {
    let Spec { method, url, content_type, body, .. } = spec;
    format!(
        "<p><code>{method} {}</code></p>\n<p>{}</p>\n<p>Content type: <code>{}</code>. The body is {}; at most {} KiB and \
         {LEADS_MAX} leads.</p>\n<p>{}</p>",
        escape(url),
        escape(spec.key),
        escape(content_type),
        escape(body),
        spec.body_bytes_max / 1024,
        escape(&spec.external_id),
    )
}

fn fields(spec: &Spec) -> String {
    let groups: Vec<String> = spec.one_group_of.iter().map(|group| code_list(group, " and ")).collect();
    let needed = match groups.as_slice() {
        [] => "Each request is a new lead.".to_owned(),
        groups => format!("Always send {}: by it a person who asks twice is recognised.", groups.join(", or ")),
    };
    let row = |SpecField { key, label, kind, format, required, choices }: &SpecField| {
        let label = label.as_ref().map(|label| format!("<br>{}", escape(label))).unwrap_or_default();
        let choices = if choices.is_empty() { String::new() } else { format!(": {}", code_list(choices, ", ")) };
        let required = if *required { "yes" } else { "no" };
        format!(
            "<tr><th scope=\"row\"><code>{}</code>{label}</th><td>{kind}</td><td>{format}{choices}</td><td>{required}</td></tr>\n",
            escape(key)
        )
    };
    let rows: String = spec.fields.iter().map(row).collect();
    format!(
        "<p>{needed} Whatever has another name is kept as it comes.</p>\n<table>\n<thead><tr><th scope=\"col\">Name</th>\
         <th scope=\"col\">Type</th><th scope=\"col\">How it is written</th><th scope=\"col\">Required</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>"
    )
}

fn answers(spec: &Spec) -> String {
    let row = |SpecError { status, description }: &SpecError| {
        format!("<tr><th scope=\"row\">{status}</th><td>{}</td></tr>\n", escape(description))
    };
    let rows: String = spec.errors.iter().map(row).collect();
    let waiting = spec.waiting.map(|text| format!("<p>{}</p>\n", escape(text))).unwrap_or_default();
    format!(
        "<p>When all of it was taken: {}.</p>\n{waiting}<p>Other answers:</p>\n<table>\n<thead><tr><th scope=\"col\">Status</th>\
         <th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>",
        escape(spec.success)
    )
}

fn code_list(texts: &[String], between: &str) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("<code>{}</code>", escape(text))).collect();
    texts.join(between)
}
