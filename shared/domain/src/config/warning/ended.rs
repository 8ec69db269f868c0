//! Rules whose time is over.

use super::view::View;
use super::{Check, Warning};

pub(super) const CHECK: Check = Check { codes: &[CODE], find };

const CODE: &str = "ended";

fn find(view: &View<'_>, found: &mut Vec<Warning>) {
    for profile in &view.profiles {
        for (index, rule, _) in profile.rules() {
            if let Some(until) = rule.window.until.filter(|until| *until <= view.facts.now) {
                found.push(Warning {
                    code: CODE,
                    path: format!("{}.active_until", profile.rule_path(index)),
                    message: format!("the rule's time was over at {until}: it never matches again, remove it"),
                });
            }
        }
    }
}
