//! Profiles that no lead reaches, and leads that no profile takes.

use std::collections::BTreeSet;

use super::view::View;
use super::{Check, Warning};
use crate::config::Behaviour;

pub(super) const UNREACHED_PROFILE: Check = Check { codes: &[UNREACHED], find: unreached };
pub(super) const UNDISTRIBUTED_ENTITY: Check = Check { codes: &[UNDISTRIBUTED], find: undistributed };

const UNREACHED: &str = "unreached_profile";
const UNDISTRIBUTED: &str = "undistributed_entity";

/// A lead goes on to the next profile of its entity only where it meets neither a rule nor a default.
fn unreached(view: &View<'_>, found: &mut Vec<Warning>) {
    for (entity, profiles) in view.by_entity() {
        let taker = profiles.iter().position(|profile| profile.takes_all());
        let Some((taker, place)) = taker.and_then(|place| Some((profiles.get(place)?, place))) else { continue };
        for profile in &profiles[place + 1..] {
            let (id, position) = (&taker.profile.id, taker.profile.position);
            let how = match taker.profile.default {
                Some(_) => "has a default",
                None => "has a rule that every lead matches",
            };
            found.push(Warning {
                code: UNREACHED,
                path: format!("profiles[{}]", profile.profile.position),
                message: format!(
                    "no lead gets here: '{id}' (profiles[{position}]) distributes '{entity}' before and {how}"
                ),
            });
        }
    }
}

fn undistributed(view: &View<'_>, found: &mut Vec<Warning>) {
    let distributed: BTreeSet<_> = view.by_entity().into_keys().collect();
    for (index, source) in view.config().sources.iter().enumerate() {
        let makes = matches!(source.behaviour, Behaviour::CreateAndUpdate | Behaviour::CreateOnly);
        if source.enabled && makes && !distributed.contains(&source.entity) {
            found.push(Warning {
                code: UNDISTRIBUTED,
                path: format!("sources[{index}].entity"),
                message: format!(
                    "no enabled profile distributes '{}': leads from '{}' go to nobody",
                    source.entity, source.id
                ),
            });
        }
    }
}
