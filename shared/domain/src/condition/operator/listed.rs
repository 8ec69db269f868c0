//! `in_list` and `not_in_list`: membership of a list beside the config.

use super::substring::CONTAINS;
use super::{Fault, Operand, Scalar, Spec, Written};
use crate::condition::KnownLists;
use crate::id::ListName;
use crate::near;

pub(super) static IN_LIST: Spec =
    Spec { expects: "it looks up text, email, phone, choice and list fields", read, test: listed, ..CONTAINS };

pub(super) static NOT_IN_LIST: Spec =
    Spec { when_missing: true, test: |value, operand| !listed(value, operand), ..IN_LIST };

fn read(written: &Written<'_>) -> Result<Operand, Fault> {
    let text = written.text("the name of a list")?;
    let unknown =
        |hint: String| Fault::value(format!("there is no list '{text}': upload it with PUT /v1/lists/{{name}}{hint}"));
    let name = ListName::new(text).map_err(|error| Fault::value(error.to_string()))?;
    let set = match written.scope.lists {
        KnownLists::Names(names) if names.contains(&name) => None,
        KnownLists::Names(names) => return Err(unknown(near::hint(text, names.iter().map(ListName::as_str)))),
        KnownLists::Loaded(lists) => {
            Some(lists.get(&name, written.case).ok_or_else(|| unknown(String::new()))?.clone())
        }
    };
    Ok(Operand::List { name, set })
}

fn listed(value: &Scalar, operand: &Operand) -> bool {
    let Operand::List { set: Some(set), .. } = operand else { return false };
    match value {
        Scalar::Text(text) => set.contains(text),
        Scalar::List(items) => items.iter().any(|item| set.contains(item)),
        _ => false,
    }
}
