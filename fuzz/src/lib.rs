//! What is fuzzed: the config parser, the evaluator, and what requests go through. A panic, an answer that differs from the plain one, or an input
//! that takes seconds is a finding.

mod document;
mod generate;
mod intake;
mod oracle;

pub use document::config;
pub use intake::{split, verify};

use arbitrary::Unstructured;
use leadyard_domain::condition::Subject;
use leadyard_domain::config::document::from_value;
use leadyard_domain::sample::SampleLead;

use oracle::{NOW, Oracle, Typed};

/// A random config and random leads, both made of the bytes' choices.
pub fn evaluator(choices: &[u8]) {
    match try_evaluator(&mut Unstructured::new(choices)) {
        // Too few bytes for another choice, or no text where one was to be: there is nothing to try.
        Ok(()) | Err(_) => {}
    }
}

fn try_evaluator(u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let document = generate::document(u)?;
    let Ok(config) = from_value(document) else { return Ok(()) };
    let Ok(oracle) = Oracle::new(config) else { return Ok(()) };
    while !u.is_empty() {
        let lead: SampleLead = serde_json::from_value(generate::lead(u)?).expect("a lead is made by its form");
        let mut problems = Vec::new();
        let Some(sample) = lead.read(oracle.config(), NOW, "lead", &mut problems) else { continue };
        let zone = oracle.config().config().account.timezone.time_zone();
        let subject = sample.subject(zone);
        oracle.try_lead(&subject, Typed::AsDeclared);
        if u.ratio(1, 4)? {
            let mut lead = subject.lead.clone();
            generate::retype(u, &mut lead)?;
            oracle.try_lead(&Subject { lead: &lead, ..subject }, Typed::Otherwise);
        }
    }
    Ok(())
}
