//! Rules whose leads are all taken by earlier ones.

mod index;
mod search;

use super::view::{ProfileView, View};
use super::{Check, Warning};
use crate::config::MatchMode;
use search::{Earlier, Search};

pub(super) const CHECK: Check = Check { codes: &[COVERED_BY, NOT_COMPARED], find };

const COVERED_BY: &str = "covered_by";
const NOT_COMPARED: &str = "not_compared";

/// Most rules that a message names as covering one.
const NAMED_MAX: usize = 3;

/// A lead meets the rules of its entity in the order of the profiles: one that a rule took in an earlier profile never
/// gets to a later one, and in a profile in which the first match decides, never to a later rule.
fn find(view: &View<'_>, found: &mut Vec<Warning>) {
    let mut unfinished = Vec::new();
    for profiles in view.by_entity().into_values() {
        let mut search = Search::new(&profiles);
        for profile in profiles {
            match profile.profile.match_mode {
                MatchMode::First => {
                    for (index, ..) in profile.rules() {
                        look(view, &mut search, profile, index, found);
                        search.add(profile, index);
                    }
                }
                MatchMode::All => {
                    for (index, ..) in profile.rules() {
                        look(view, &mut search, profile, index, found);
                    }
                    for (index, ..) in profile.rules() {
                        search.add(profile, index);
                    }
                }
            }
            // What follows is told as a whole: no lead gets to the next profile.
            if profile.takes_all() {
                break;
            }
        }
        unfinished.extend(search.unfinished());
    }
    if let Some(first) = unfinished.first() {
        found.push(Warning {
            code: NOT_COMPARED,
            path: first.clone(),
            message: format!(
                "the rules are too many or too complex to compare each with all before it: this one and {} more were not \
                 compared fully, and may be covered without a warning",
                unfinished.len() - 1
            ),
        });
    }
}

/// Looks for the earlier rules that take every lead of a rule.
fn look<'a>(
    view: &View<'a>,
    search: &mut Search<'_, 'a>,
    profile: &ProfileView<'a>,
    index: usize,
    found: &mut Vec<Warning>,
) {
    let Some(covering) = search.covering(view.facts.now, profile, index) else { return };
    let named = covering.iter().take(NAMED_MAX).map(|Earlier { profile, index }| {
        format!("'{}' ({})", profile.rule_name(view.config(), *index), profile.rule_path(*index))
    });
    let mut named: Vec<String> = named.collect();
    if covering.len() > NAMED_MAX {
        named.push(format!("{} more", covering.len() - NAMED_MAX));
    }
    let takes = if covering.len() == 1 { "takes" } else { "together take" };
    found.push(Warning {
        code: COVERED_BY,
        path: profile.rule_path(index),
        message: format!(
            "the rule '{}' never matches: {} {takes} every lead that it asks for before it is tried",
            profile.rule_name(view.config(), index),
            crate::trace::words::and(&named)
        ),
    });
}
