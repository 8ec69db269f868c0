//! Any bytes as a config document.

use leadyard_domain::config::document::{Syntax, from_value, parse};
use leadyard_domain::config::{Config, Problems};
use leadyard_domain::routing_test;

use crate::oracle::{self, Oracle, Typed};

/// Does what publishing does, short of storing, and what a stored config goes through.
pub fn config(bytes: &[u8]) {
    // The API refuses what is no UTF-8 before it reads on.
    let Ok(text) = str::from_utf8(bytes) else { return };
    for syntax in [Syntax::Yaml, Syntax::Json] {
        match parse(text, syntax) {
            Ok(config) => publish(config),
            Err(problems) => told(&problems),
        }
    }
}

fn publish(config: Config) {
    // What is stored is the document as JSON, with every default written out: it must mean the same.
    let stored = serde_json::to_value(&config).expect("a config is JSON");
    let again = from_value(stored).expect("what was written can be read");
    assert_eq!(again, config, "what is stored is another config");

    match config.clone().check_published() {
        Ok(_) => {}
        Err(problems) => told(&problems),
    }
    let oracle = match Oracle::new(config) {
        Ok(oracle) => oracle,
        Err(problems) => return told(&problems),
    };
    for problem in routing_test::failures(oracle.rules(), oracle::NOW) {
        assert!(!problem.to_string().is_empty());
    }
    for test in &oracle.config().config().tests {
        let mut problems = Vec::new();
        if let Some(sample) = test.lead.read(oracle.config(), oracle::NOW, "lead", &mut problems) {
            let zone = oracle.config().config().account.timezone.time_zone();
            oracle.try_lead(&sample.subject(zone), Typed::AsDeclared);
        }
    }
}

/// A refusal says where and what.
fn told(problems: &Problems) {
    assert!(!problems.0.is_empty(), "refused without a reason");
    for problem in &problems.0 {
        assert!(!problem.path.is_empty() && !problem.message.is_empty(), "{problem:?}");
    }
}
