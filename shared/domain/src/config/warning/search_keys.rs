//! Keys to search by that many leads share.

use super::view::View;
use super::{Check, Warning};
use crate::config::{FieldTable, SearchKey};
use crate::field::{FieldName, FieldType};

pub(super) const CHECK: Check = Check { codes: &[CODE], find };

const CODE: &str = "shared_search_key";

/// Built-in texts that say something of a lead and name nobody.
const SHARED: [&str; 8] =
    ["city", "state", "country", "postal_code", "stage", "lead_source", "first_name", "utm.source"];

fn find(view: &View<'_>, found: &mut Vec<Warning>) {
    let table = view.checked.fields();
    for (index, source) in view.config().sources.iter().enumerate() {
        for (at, key) in source.search_by.iter().enumerate() {
            if is_shared(key, table) {
                let message = format!(
                    "many leads have the same '{key}', and a key leads to one lead: events of others would change that \
                     one. Search by what one person or company has alone, such as email or phone"
                );
                found.push(Warning { code: CODE, path: format!("sources[{index}].search_by[{at}]"), message });
            }
        }
        for (at, mapping) in source.mapping.iter().enumerate() {
            if mapping.unique && mapping.enabled && names_nobody(&mapping.to, table) {
                let message = format!(
                    "many leads have the same '{}', and a unique field leads to one lead: events of others would change \
                     that one. Leave 'unique' out here",
                    mapping.to
                );
                found.push(Warning { code: CODE, path: format!("sources[{index}].mapping[{at}].unique"), message });
            }
        }
    }
}

/// Whether none of a key's fields tells one lead from another.
fn is_shared(key: &SearchKey, table: &FieldTable) -> bool {
    key.fields().iter().all(|field| names_nobody(field, table))
}

fn names_nobody(field: &FieldName, table: &FieldTable) -> bool {
    let of_few = table.get(field).is_some_and(|info| matches!(info.kind, FieldType::Boolean | FieldType::Choice));
    of_few || SHARED.contains(&field.as_str())
}
